"""What the builders of policies are made of."""

from __future__ import annotations

from collections.abc import Iterable

from constructs_lib.policy.model import Element, Node, element
from constructs_lib.policy.values import Value, text

Texts = Value | Iterable[Value]
"""One text or several."""


def elements_of(name: str, values: Texts) -> list[Node]:
    """Return an element with each of the texts.

    Raises:
        InputError: As `Element`.
    """
    given: Iterable[Value] = [values] if isinstance(values, (str, int, float)) else values
    return [Element(name, {}, [text(value)]) for value in given]


def wrapped(
    name: str, children: Iterable[Node], attributes: dict[str, Value | None] | None = None
) -> list[Node]:
    """Return an element around children, if there are any.

    Raises:
        InputError: As `Element`.
    """
    inside = list(children)
    return [element(name, attributes or {}, inside)] if inside else []


def content_of(content: Value | None) -> list[Node]:
    """Return the text in an element that may have none.

    Raises:
        InputError: If it would run as an expression.
    """
    return [] if content is None else [text(content)]
