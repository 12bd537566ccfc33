"""Terraform's functions and operators, as far as wiring is written with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

from constructs_lib.access.terraform.values import Term, Value, join


class Unreadable(Exception):
    """The expression is not one that this reader follows."""


def truth(value: Value) -> bool:
    """Whether a condition holds: true or false, or text that says so."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Unreadable


def _literal(value: Value) -> Value:
    """A value that is known in all its parts."""
    if isinstance(value, Term):
        raise Unreadable
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            _literal(item)
    return value


def _equal(one: Value, other: Value) -> bool:
    # To Terraform, values of two types are never equal; to Python, True is 1.
    same_type = isinstance(one, bool) is isinstance(other, bool)
    return _literal(one) == _literal(other) and same_type


OPERATORS: tuple[dict[str, Callable[[Value, Value], Value]], ...] = (
    {"||": lambda one, other: truth(one) or truth(other)},
    {"&&": lambda one, other: truth(one) and truth(other)},
    {"==": _equal, "!=": lambda one, other: not _equal(one, other)},
)
"""By how strongly they bind, the weakest first."""


def _known_text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _format(template: Value, *arguments: Value) -> Value:
    pieces = re.split(r"(%%|%[sdv])", _known_text(template))
    if any("%" in piece for piece in pieces[::2]):
        raise ValueError
    given = list(arguments)
    values = [
        "%" if piece == "%%" else given.pop(0) if piece.startswith("%") else piece
        for piece in pieces
    ]
    return join(values)


def _join(separator: Value, *lists: Value) -> Value:
    items = [item for each in lists for item in _flat(each)]
    values: list[Value] = []
    for item in items:
        values += [separator, item] if values else [item]
    return join(values)


def _flat(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _concat(*lists: Value) -> Value:
    return [item for each in lists for item in _flat(each)]


def _compact(values: Value) -> Value:
    return [item for item in _flat(values) if item not in (None, "")]


def _coalesce(*values: Value) -> Value:
    return next(value for value in values if value not in (None, ""))


def _replace(text: Value, old: Value, new: Value) -> Value:
    old = _known_text(old)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise ValueError  # Terraform takes it for a regular expression, of another flavour.
    return _known_text(text).replace(old, _known_text(new))


def _element(values: Value, index: Value) -> Value:
    if not isinstance(index, int):
        raise TypeError
    return _flat(values)[index % len(_flat(values))]


def _one(values: Value) -> Value:
    if isinstance(values, Term):
        return values
    items = _flat(values)
    if len(items) > 1:
        raise ValueError
    return items[0] if items else None


def _same(value: Value) -> Value:
    return value


def _tobool(value: Value) -> Value:
    if isinstance(value, (bool, Term)) or value is None:
        return value
    return {"true": True, "false": False}[_known_text(value)]


def _distinct(values: Value) -> Value:
    items: list[Value] = []
    for item in _flat(values):
        if item not in items:
            items.append(item)
    return items


def _merge(*maps: Value) -> Value:
    found: dict[str, Value] = {}
    for each in maps:
        if each is not None:
            if not isinstance(each, dict):
                raise TypeError
            found |= each
    return found


def _lookup(entries: Value, name: Value, *default: Value) -> Value:
    if not isinstance(entries, dict):
        raise TypeError
    return entries.get(_known_text(name), *default) if default else entries[_known_text(name)]


def _contains(values: Value, value: Value) -> Value:
    return any(_equal(each, value) for each in _flat(values))


def _all_true(values: Value) -> Value:
    items = _flat(values)
    return False not in [_decided(each) for each in items] and all(map(truth, items))


def _any_true(values: Value) -> Value:
    items = _flat(values)
    return True in [_decided(each) for each in items] or any(map(truth, items))


def _decided(value: Value) -> bool | None:
    """A condition as far as it is known."""
    return None if isinstance(value, Term) else truth(value)


def _flatten(values: Value) -> Value:
    found: list[Value] = []
    for item in _flat(values):
        found += _flat(_flatten(item)) if isinstance(item, list) else [_sized(item)]
    return found


def _sized(value: Value) -> Value:
    """A value that surely is no list: what is computed may be one."""
    if isinstance(value, Term) and not all(isinstance(part, str) for part in value.parts[:1]):
        raise TypeError
    return value


def _length(value: Value) -> Value:
    if not isinstance(value, (str, list, dict)):
        raise TypeError
    return len(value)


def _split(separator: Value, text: Value) -> Value:
    return list(_known_text(text).split(_known_text(separator)))


def _try(first: Value, *_: Value) -> Value:
    # What is null or computed may be an error, which leads on to the next.
    if first is None or isinstance(first, Term):
        raise ValueError
    return first


def _jsondecode(text: Value) -> Value:
    return cast("Value", json.loads(_known_text(text)))


def _text_function(function: Callable[..., str]) -> Callable[..., Value]:
    return lambda *arguments: function(*[_known_text(argument) for argument in arguments])


def _lower(value: Value) -> Value:
    # Ids and host names compare without case, so a reference stays what it is.
    return value if isinstance(value, Term) else _known_text(value).lower()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "alltrue": _all_true,
    "anytrue": _any_true,
    "coalesce": _coalesce,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    # The value is kept: what takes JSON text apart wants what stands in it.
    "jsonencode": _same,
    "jsondecode": _jsondecode,
    "length": _length,
    "lookup": _lookup,
    "lower": _lower,
    "merge": _merge,
    "nonsensitive": _same,
    "one": _one,
    "replace": _replace,
    "sensitive": _same,
    "split": _split,
    "tobool": _tobool,
    "tolist": _same,
    "tomap": _same,
    "toset": _same,
    "tostring": _same,
    "trimprefix": _text_function(str.removeprefix),
    "trimspace": _text_function(str.strip),
    "trimsuffix": _text_function(str.removesuffix),
    "try": _try,
    "upper": _text_function(str.upper),
}
