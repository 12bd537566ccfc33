"""What the type of a variable adds to its value: the defaults of optional attributes.

Source: Terraform's documentation, "Type Constraints", "Optional Object Type Attributes".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from constructs_lib.access.terraform.body import LATER
from constructs_lib.access.terraform.expressions import evaluate
from constructs_lib.access.terraform.values import Value


@dataclass(frozen=True, slots=True)
class _Type:
    """A type: of the attributes of an object, or of the items of a list or map.

    `default` is what an attribute that is left out has.
    """

    attributes: dict[str, _Type] = field(default_factory=dict[str, "_Type"])
    items: _Type | None = None
    default: Value = None


def with_defaults(value: Value, constraint: str) -> Value:
    """A value as a variable has it whose type is written so."""
    if "optional" not in constraint or not isinstance(value, (dict, list)):
        return value
    found = _parsed(constraint)
    return LATER if found is None else _completed(value, found)


def _completed(value: Value, of: _Type) -> Value:
    if isinstance(value, list):
        return [_completed(each, of.items) for each in value] if of.items else value
    if not isinstance(value, dict):
        return value
    if of.items is not None:
        return {name: _completed(each, of.items) for name, each in value.items()}
    completed = dict(value)
    for name, inner in of.attributes.items():
        given = value.get(name)
        completed[name] = _completed(inner.default if given is None else given, inner)
    return completed


@lru_cache(maxsize=1024)
def _parsed(constraint: str) -> _Type | None:
    """A type as it is written; None where it cannot be read."""
    known: dict[str, Callable[..., Any]] = {"object": _object, "optional": _optional, "tuple": _any}
    known |= dict.fromkeys(("list", "map", "set"), _several)
    found: Any = evaluate(f"${{{constraint}}}", _any, None, known)
    return found if isinstance(found, _Type) else None


def _any(_: Any) -> Any:
    return _Type()


def _several(items: _Type) -> _Type:
    return _Type(items=items)


def _object(attributes: dict[str, _Type]) -> _Type:
    return _Type(dict(attributes))


def _optional(of: _Type, default: Value = None) -> _Type:
    return _Type(of.attributes, of.items, default)
