"""Constant expressions of JavaScript, TypeScript, C# and Java: what they are and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

ConstantKind = Literal[
    "text", "word", "list", "spread", "object", "name", "call", "join", "function", "opaque"
]


@dataclass(frozen=True)
class Expr:
    """An expression.

    Attributes:
        kind: Its form. `join` is a sum or an interpolated string, `word` one of `true`, `false`,
            `null` and `undefined` or a number, `opaque` anything that has no constant value.
        start: Offset of its first byte.
        text: The text of a `text`, `word` or `name` (with its dots), or what a `call` calls.
        items: The elements, summands or arguments by position; of an `object`, what is spread
            into it; of a `function`, what it returns; of a `spread`, the list that it spreads.
        fields: The members of an object that come after what is spread into it, or the arguments
            by name.
    """

    kind: ConstantKind
    start: int
    text: str = ""
    items: tuple[Expr, ...] = ()
    fields: Mapping[str, Expr] = field(default_factory=dict["str", "Expr"])


class NotConstant(ValueError):
    """An expression's value cannot be told without running the program.

    Args:
        node: The expression.
    """

    def __init__(self, node: Expr) -> None:
        self.node = node
        super().__init__("not a constant")


Lookup = Callable[[str], "Expr | None"]
"""Finds what a dotted name stands for, if it is a constant."""


def joined(parts: list[Expr], start: int) -> Expr:
    """Return the parts of a string or sum as one expression."""
    if not parts:
        return Expr("text", start)
    return parts[0] if len(parts) == 1 else Expr("join", start, items=tuple(parts))


def resolve(node: Expr, lookup: Lookup, depth: int = 0) -> Expr:
    """Follow names to what they stand for.

    Raises:
        NotConstant: A name stands for nothing that is known, or for itself.
    """
    while node.kind == "name" and depth < 20:
        found = lookup(node.text)
        if found is None:
            raise NotConstant(node)
        node, depth = found, depth + 1
    return node


def text_of(node: Expr, lookup: Lookup) -> str:
    """Return the text that an expression means.

    Raises:
        NotConstant: It is no constant text.
    """
    value = resolve(node, lookup)
    if value.kind == "text":
        return value.text
    if value.kind == "join":
        try:
            parts = [_part_of(item, lookup) for item in value.items]
            if any(text is not None for text, _ in parts):  # or it is a sum of numbers
                return "".join(number if text is None else text for text, number in parts)
        except RecursionError:
            raise NotConstant(node) from None
    if value.kind == "call" and value.text == "nameof" and len(value.items) == 1:
        return value.items[0].text.rpartition(".")[2]
    raise NotConstant(node)


def _part_of(node: Expr, lookup: Lookup) -> tuple[str | None, str]:
    """Return what a part of a text says: as text, None if it is a number, and as a number."""
    value = resolve(node, lookup)
    if value.kind == "word" and re.fullmatch("0|[1-9][0-9]{0,14}", value.text):
        return None, value.text
    return text_of(value, lookup), ""


def member(node: Expr, key: str, lookup: Lookup) -> Expr | None:
    """Return a member of an object, those that are spread into it included; None without one.

    Raises:
        NotConstant: It is no object, or what is spread into it is not known.
    """
    value = resolve(node, lookup)
    if value.kind != "object":
        raise NotConstant(node)
    if key in value.fields:
        return value.fields[key]
    for spread in reversed(value.items):
        found = member(spread, key, lookup)
        if found is not None:
            return found
    return None


def is_function(node: Expr, lookup: Lookup) -> bool:
    """Whether an expression is certainly a function, or a call of one that returns functions."""
    try:
        value = resolve(node, lookup)
        if value.kind == "call" and value.text.endswith(".bind"):
            return True
        if value.kind == "call":
            value = resolve(Expr("name", value.start, value.text), lookup)
            return (
                value.kind == "function"
                and bool(value.items)
                and all(is_function(result, lookup) for result in value.items)
            )
    except (NotConstant, RecursionError):
        return False
    return value.kind == "function"


def elements(node: Expr, lookup: Lookup) -> Iterator[Expr]:
    """Yield the elements of a list, or the node itself where it is none.

    Raises:
        NotConstant: Something that is no list is spread into it.
    """
    value = resolve(node, lookup)
    for item in value.items if value.kind == "list" else (node,):
        if item.kind != "spread":
            yield item
        elif resolve(item.items[0], lookup).kind == "list":
            yield from elements(item.items[0], lookup)
        else:
            raise NotConstant(item.items[0])
