"""The values of policy expressions, and what operators and methods of C# make of them.

Source: Learn, "API Management policy expressions", the types and methods that are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from constructs_lib.access.imagined import OTHER, SENT_TOKEN
from constructs_lib.access.policy_document import HOLE

Value: TypeAlias = Any
"""A text, number, truth, null or list of C#, a record of it, or `Unknown`."""


class Unknown(Enum):
    """What stands for a value that is not known.

    Attributes:
        FREE: Something else in the request or at the gateway decides, so it may be anything.
        UNCLEAR: What the expression does is not understood.
        THROWN: The expression fails, and the request with it.
    """

    FREE = "free"
    UNCLEAR = "unclear"
    THROWN = "thrown"


FREE, UNCLEAR, THROWN = Unknown.FREE, Unknown.UNCLEAR, Unknown.THROWN


class ThrownError(Exception):
    """C# would throw."""


class NotUnderstoodError(Exception):
    """Something is not understood."""


@dataclass(frozen=True, slots=True)
class Path:
    """A member of `context`, or a name that stands for a type of C#."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """The name of a claim of which nothing is known; it is none of those in `known`."""

    known: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A lambda of one parameter."""

    call: Callable[[Value], Value]


def opposite(value: Value) -> Value:
    """`!` before a value."""
    if isinstance(value, bool):
        return not value
    return value if isinstance(value, Unknown) else UNCLEAR


def known(values: Sequence[Value], read: Callable[[], Value]) -> Value:
    """What is made of values, if they all are known."""
    for unknown in (UNCLEAR, THROWN, FREE):
        if any(each is unknown for each in values):
            return unknown
    return read()


def _later(one: str, other: str) -> bool:
    """Whether what texts have in common is known only after apply.

    No text of a policy is that of the imagined request, and what Terraform puts in is not empty.
    """
    texts = (one, other)
    imagined = any(OTHER in each or SENT_TOKEN in each or not each for each in texts)
    return not imagined and any(HOLE in each for each in texts)


def equal(one: Value, other: Value) -> Value:
    """`==` between two values."""
    if isinstance(other, Rest):
        one, other = other, one
    if isinstance(one, Rest):
        return False if isinstance(other, str) and other in one.known else FREE
    for unknown in (UNCLEAR, THROWN, FREE):
        if one is unknown or other is unknown:
            return unknown
    if one is None or other is None:
        return one is other
    if type(one) is not type(other) or not isinstance(one, (str, bool, int)):
        return UNCLEAR
    if isinstance(one, str) and one != other and _later(one, other):
        return UNCLEAR
    return one == other


def _any(found: Sequence[Value], *, wanted: bool = True) -> Value:
    """Whether one of several truths is `wanted`."""
    for each in (wanted, UNCLEAR, THROWN, FREE):
        if any(one is each for one in found):
            return each
    return not wanted


_Static = Callable[[list[Value]], Value]
_Method = Callable[[Any, list[Value]], Value]


def _compared(compare: Callable[[str, str], bool]) -> _Method:
    """A method that compares two texts, with or without regard to case."""

    def call(one: Any, given: list[Value]) -> Value:
        other, *how = given
        if not isinstance(one, str) or not isinstance(other, str):
            return UNCLEAR
        if how and isinstance(how[0], Path) and how[0].path[-1].endswith("IgnoreCase"):
            one, other = one.lower(), other.lower()
        found = compare(one, other)
        return UNCLEAR if not found and _later(one, other) else found

    return call


def _split(text: str, given: list[Value]) -> Value:
    listed = _flat(given[:1]) if given else ()
    marks = [one for one in listed if isinstance(one, str)]
    parts = [text]
    for mark in marks or (" ",):
        parts = [part for each in parts for part in each.split(mark)]
    options = [one.path[-1] for one in given if isinstance(one, Path)]
    return tuple(one for one in parts if one or "RemoveEmptyEntries" not in options)


def _chosen(*, last: bool, default: bool) -> _Method:
    """A method that takes the first or the last of a list, or of those that meet a condition."""

    def call(items: Any, given: list[Value]) -> Value:
        for each in reversed(items) if last else items:
            met = given[0].call(each) if given else True
            if met is True:
                return each
            if met is not False:
                return met if isinstance(met, Unknown) else UNCLEAR
        if default:
            return None
        raise ThrownError

    return call


def _where(items: Sequence[Value], which: Callable[[Value], Value]) -> Value:
    found = [(each, which(each)) for each in items]
    for unknown in (UNCLEAR, THROWN, FREE):
        if any(met is unknown for _, met in found):
            return unknown
    return tuple(each for each, met in found if met is True)


def _flat(items: Sequence[Value]) -> tuple[Value, ...]:
    found: list[Value] = []
    for each in items:
        found += each if isinstance(each, tuple) else [each]
    return tuple(found)


def _contains(items: Any, given: list[Value]) -> Value:
    item, *how = given
    if not how:
        return _any([equal(each, item) for each in items])
    same = OF_TEXTS["Equals"]
    return _any([known((each, item), lambda one=each: same(one, [item, *how])) for each in items])


def _counted(items: Any, given: list[Value]) -> Value:
    found = _where(items, given[0].call) if given else items
    return found if isinstance(found, Unknown) else len(found)


def _boolean(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower(), UNCLEAR)


OPERATORS: dict[str, Callable[[Any, Any], Value]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
OF_TEXTS: dict[str, _Method] = {
    "Contains": _compared(lambda one, other: other in one),
    "StartsWith": _compared(lambda one, other: one.startswith(other)),
    "EndsWith": _compared(lambda one, other: one.endswith(other)),
    "Equals": _compared(lambda one, other: one == other),
    "IndexOf": lambda one, given: UNCLEAR if _later(one, given[0]) else one.find(*given),
    "Split": _split,
    "Trim": lambda text, given: text.strip("".join(given) or None),
    "TrimEnd": lambda text, given: text.rstrip("".join(given) or None),
    "TrimStart": lambda text, given: text.lstrip("".join(given) or None),
    "ToLower": lambda text, _: text.lower(),
    "ToLowerInvariant": lambda text, _: text.lower(),
    "ToUpper": lambda text, _: text.upper(),
    "ToUpperInvariant": lambda text, _: text.upper(),
    "Replace": lambda text, given: text.replace(*given) if given[0] else UNCLEAR,
    "Substring": lambda text, given: text[given[0] :][slice(*given[1:] or (None,))],
}
OF_LISTS: dict[str, _Method] = {
    "Any": lambda items, given: (
        _any([given[0].call(one) for one in items]) if given else bool(items)
    ),
    "All": lambda items, given: _any([given[0].call(one) for one in items], wanted=False),
    "Contains": _contains,
    "Count": _counted,
    "First": _chosen(last=False, default=False),
    "FirstOrDefault": _chosen(last=False, default=True),
    "Last": _chosen(last=True, default=False),
    "LastOrDefault": _chosen(last=True, default=True),
    "Where": lambda items, given: _where(items, given[0].call),
    "Select": lambda items, given: tuple(given[0].call(one) for one in items),
    "SelectMany": lambda items, given: _flat([given[0].call(one) for one in items]),
    "Intersect": lambda items, given: _where(items, lambda one: _contains(given[0], [one])),
    "Except": lambda items, given: _where(items, lambda one: opposite(_contains(given[0], [one]))),
}
STATIC: dict[tuple[str, str], _Static] = {
    ("string", "IsNullOrEmpty"): lambda given: not given[0],
    ("string", "IsNullOrWhiteSpace"): lambda given: not (given[0] or "").strip(),
    ("string", "Equals"): lambda given: OF_TEXTS["Equals"](given[0], given[1:]),
    ("string", "Join"): lambda given: given[0].join(given[1]),
    ("array", "IndexOf"): lambda given: given[0].index(given[1]) if given[1] in given[0] else -1,
    ("convert", "ToBoolean"): lambda given: _boolean(given[0]),
    ("boolean", "Parse"): lambda given: _boolean(given[0]),
    ("bool", "Parse"): lambda given: _boolean(given[0]),
}
