"""The keys of a file of settings: the arguments of constructs and value objects, by their names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from constructs_lib._cdk.props.fields import (
    BindingResource,
    Evaluated,
    Field,
    bare,
    evaluated,
    fields,
    is_list,
    is_map,
    is_record,
    meanings,
    members,
)
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.gateway.existing import ExistingGateway
from constructs_lib.operations import Operation, Operations
from constructs_lib.policy import Document
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.stack.settings.props import Props

RENAMED: Mapping[type, Mapping[str, str]] = {
    OutsideFunctionApp: {"id": "existing"},
    ExistingGateway: {"name": "existing"},
}
"""Props whose key has another name: it tells what exists from what is made."""

LEFT_OUT: Mapping[type, Mapping[str, str]] = {
    Operation: {"source": "where the operation was read, which is no part of it"},
    ExistingRegistration: {"grants": "always empty: it is there for the type of a new one"},
}
"""Why an argument of a value object has no key. One that takes resources only has none either."""

_NO_DATA = (Document, Operations)
"""Records that are read from files of their own."""


@cache
def keys(owner: Any) -> Mapping[str, tuple[str, Field]]:
    """Return the keys of a section: the name of the argument that each stands for, and its field.

    Args:
        owner: A dataclass, or a subclass of `Props`.
    """
    construct: type = getattr(owner, "construct", owner)
    found = fields(owner) if construct is owner else _props(owner)
    renamed = RENAMED.get(construct, {})
    left_out = {name for base in construct.__mro__ for name in LEFT_OUT.get(base, ())}
    result: dict[str, tuple[str, Field]] = {}
    for name, field in found.items():
        kind = writable(field.kind)
        if kind is not None and name not in left_out:
            result[renamed.get(name, name)] = (name, replace(field, kind=kind))
    return result


def _props(owner: type[Props[Any]]) -> dict[str, Field]:
    described = meanings(owner.described_by.__doc__)
    found = {
        name: replace(field, meaning=field.meaning or described.get(name, ""))
        for name, field in fields(owner.construct).items()
        if name not in owner.left_out
    }
    said = meanings(owner.__doc__)
    names = vars(sys.modules[owner.__module__])
    for name, annotation in inspect.get_annotations(owner).items():
        default = getattr(owner, name, inspect.Parameter.empty)
        required = default is inspect.Parameter.empty
        meaning = said.get(name) or found[name].meaning
        found[name] = Field(evaluated(annotation, names), required, default, meaning)
    return found


def writable(kind: Evaluated) -> Evaluated | None:
    """Return what can be written of a kind in a file; None if nothing can."""
    found = [each for each in members(kind) if _is_data(each)]
    return Union[tuple(found)] if set(found) - {type(None)} else None  # noqa: UP007 - computed


def _is_data(kind: Evaluated) -> bool:
    kind, _ = bare(kind)
    if is_list(kind):
        return writable(get_args(kind)[0]) is not None
    if is_map(kind):
        return writable(get_args(kind)[1]) is not None
    if get_origin(kind) in (Literal, tuple):
        return True
    if not isinstance(kind, type) or issubclass(kind, BindingResource):
        return False
    plain = kind in (str, int, float, bool, Path, type(None))
    return plain or is_section(kind)


def is_section(kind: Evaluated) -> bool:
    """Tell whether a kind is written as a mapping with keys of its own."""
    if not isinstance(kind, type):
        return False
    return issubclass(kind, Props) or (is_record(kind) and kind not in _NO_DATA)
