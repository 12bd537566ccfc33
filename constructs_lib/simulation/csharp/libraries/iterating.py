"""Going through collections: their items, the order of these, and which of them are equal.

Source: Learn, .NET API reference of System.Collections.Generic: order and messages of exceptions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from constructs_lib.simulation.csharp.errors import BudgetExceeded, NotSimulated
from constructs_lib.simulation.csharp.libraries.json_tokens import JObject, JToken
from constructs_lib.simulation.csharp.operators import comparison, hash_key
from constructs_lib.simulation.csharp.values import (
    Array,
    Byte,
    Bytes,
    Char,
    Dictionary,
    HashSet,
    List,
    Pair,
    Queue,
    Sequence,
    Stack,
    Thing,
    full_name,
    invalid_operation,
    narrow,
)

_MAXIMUM = 10_000_000


def iterate(value: Any) -> Iterator[Any]:
    """The items of a collection."""
    kind = type(value)
    if kind is Sequence:
        return value.start()
    if kind in (Array, List):
        return _guarded(value) if kind is List else iter(value)
    if kind is str:
        return map(Char, map(ord, narrow(value)))
    if kind is Bytes:
        return map(Byte, value)
    if isinstance(value, Dictionary):
        return iter([Pair(key, item) for key, item in value.items.values()])
    if kind is HashSet:
        return iter(list(value.items.values()))
    if kind is JObject:
        return iter([Pair(each.name, each.value) for each in value.children()])
    if isinstance(value, JToken):
        return iter(value.children())
    if kind is Queue:
        return iter(list(value))
    if kind is Stack:
        return iter(value[::-1])
    raise NotSimulated(f"going through {full_name(value)}")


def _guarded(items: List) -> Iterator[Any]:
    """The items of a list, which must not change meanwhile."""
    version = items.version
    for each in list(items):
        if items.version != version:
            raise invalid_operation(
                "Collection was modified; enumeration operation may not execute."
            )
        yield each


_COLLECTIONS = (Sequence, Array, List, str, Bytes, Dictionary, HashSet, JToken, Queue, Stack)


def is_enumerable(value: Any) -> bool:
    """Whether a value can be gone through."""
    return isinstance(value, _COLLECTIONS)


def compare(left: Any, right: Any) -> int:
    """`Comparer<T>.Default`: texts as in the invariant culture, null first."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and isinstance(right, str):
        return compare_texts(left, right)
    if isinstance(left, bool) and isinstance(right, bool):
        return left - right
    if isinstance(left, JToken):
        return compare(getattr(left, "value", None), getattr(right, "value", None))
    return comparison(">")(left, right) - comparison("<")(left, right)


def compare_texts(left: str, right: str) -> int:
    """Two texts in the order of the invariant culture: letters first, small before capital."""
    one, other = _collated(left), _collated(right)
    return (one > other) - (one < other)


def _collated(text: str) -> tuple[Any, ...]:
    kinds = [((2 if each.isalpha() else 1 if each.isdigit() else 0), each.lower()) for each in text]
    return kinds, [each.isupper() for each in text]


def fold_of(comparer: Any, value: Any) -> Any:
    """What stands for a value where a comparer decides which are equal."""
    function = folding(comparer)
    return function(value) if function and value is not None else hash_key(value)


def folding(comparer: Any) -> Callable[[Any], Any] | None:
    """What a StringComparer makes equal; None: nothing."""
    if isinstance(comparer, Thing) and "IgnoreCase" in comparer.members.get("name", ""):
        return lambda value: value.upper() if isinstance(value, str) else value
    return None


def element_of(source: Any) -> str:
    """The type of a collection's items."""
    if isinstance(source, (Array, HashSet)):
        return source.element
    return "byte" if isinstance(source, Bytes) else "char" if isinstance(source, str) else "object"


def listed(run: Any, items: Iterable[Any]) -> list[Any]:
    """The items in a list, within the run's budget.

    Raises:
        BudgetExceeded: If there are too many.
    """
    found: list[Any] = []
    for each in items:
        found.append(each)
        if not len(found) % 1024:
            run.grow(1024)
            run.step()
        if len(found) > _MAXIMUM:
            raise BudgetExceeded("it makes a collection of more than 10,000,000 items")
    return found
