"""Says where an actual value differs from what a test expects of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class Containing:
    """Expects a list that holds, in any order, an item like each of these; more may be in it."""

    items: Sequence[Any]

    def __init__(self, *items: Any) -> None:
        if not items:
            raise ValueError("Containing() expects nothing")
        object.__setattr__(self, "items", items)


@dataclass(frozen=True)
class Satisfying:
    """Expects a value of which `test` is true; `text` says so in a failure."""

    test: Callable[[Any], bool]
    text: str


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Yield a line for each place where `actual` is not as `expected`.

    A mapping expects its keys, and more may be there; a list expects the same items in the same
    order; `None` expects that there is nothing, as in Terraform. A mapping also matches a list
    that holds one mapping, which is how Terraform JSON may write a block. An empty mapping expects
    that the block is there.
    """
    here = path or "value"
    if isinstance(expected, Satisfying):
        if not expected.test(actual):
            yield f"{here}: expected {expected.text}, is {show(actual)}"
    elif isinstance(expected, Containing):
        yield from _not_contained(expected, actual, here)
    elif isinstance(expected, Mapping):
        yield from _of_mapping(cast("Mapping[str, Any]", expected), actual, path)
    elif isinstance(expected, (list, tuple)):
        yield from _of_list(cast("Sequence[Any]", expected), actual, here)
    elif isinstance(expected, bool) or isinstance(actual, bool):
        if expected is not actual:
            yield f"{here}: expected {show(expected)}, is {show(actual)}"
    elif expected != actual:
        yield f"{here}: expected {show(expected)}, is {show(actual)}"


def show(value: Any) -> str:
    """Return a value as it stands in Terraform JSON; nothing as `absent`."""
    if value is None:
        return "absent"
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return repr(value)


def _of_mapping(expected: Mapping[str, Any], actual: Any, path: str) -> Iterator[str]:
    blocks = cast("list[Any]", actual) if isinstance(actual, list) else [actual]
    if len(blocks) != 1 or not isinstance(blocks[0], Mapping):
        yield f"{path or 'value'}: expected a block, is {show(actual)}"
        return
    block = cast("Mapping[str, Any]", blocks[0])
    for key, value in expected.items():
        yield from differences(value, block.get(key), f"{path}.{key}" if path else key)


def _of_list(expected: Sequence[Any], actual: Any, here: str) -> Iterator[str]:
    if not isinstance(actual, list):
        yield f"{here}: expected a list, is {show(actual)}"
        return
    items = cast("list[Any]", actual)
    if len(items) != len(expected):
        yield f"{here}: expected {len(expected)} items, is {show(items)}"
        return
    for index, (one, other) in enumerate(zip(expected, items, strict=True)):
        yield from differences(one, other, f"{here}[{index}]")


def _not_contained(expected: Containing, actual: Any, here: str) -> Iterator[str]:
    if not isinstance(actual, list):
        yield f"{here}: expected a list, is {show(actual)}"
        return
    left = list(cast("list[Any]", actual))
    for item in expected.items:
        found = next((other for other in left if not any(differences(item, other))), None)
        if found is None:
            yield f"{here}: expected an item like {show(item)}, is {show(actual)}"
        else:
            left.remove(found)
