"""A policy as a tree, of which parts may be known only after apply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.expressions import (
    Opaque,
    Reference,
    Term,
    Value,
    join,
    references_in,
)
from constructs_lib.policy.composition import elements
from constructs_lib.policy.model import Document, Element, Fragment, Node
from constructs_lib.policy.reader import read

PolicySection = Literal["inbound", "backend", "outbound", "on-error"]

HOLE = "\ue010"
"""Begins what stands in a policy's text for something that is not literal."""

_HOLE = re.compile("\ue010(\\d+)\ue011")


@dataclass(frozen=True, slots=True, eq=False)
class PolicyDocument:
    """A policy of one scope, or a fragment.

    Attributes:
        address: Its resource.
        root: What it says; None where it cannot be read.
        parts: What is not literal in it, by the number of its hole.
        problem: Why it cannot be read.
        mentions: What it is computed from, when its text is known only after apply.
        doubt: Why it may say something else than what is written.
    """

    address: str
    root: Document | Fragment | None
    parts: tuple[Reference | Opaque, ...] = ()
    problem: str | None = None
    mentions: tuple[Reference, ...] = ()
    doubt: str | None = None

    @property
    def texts(self) -> Iterator[str]:
        """Every attribute and text in it, in the order of the elements."""
        for each in elements(self.root) if self.root is not None else ():
            yield from each.attributes.values()
            if each.text:
                yield each.text

    def value(self, text: str) -> Value:
        """A piece of its text, with what was not literal put back."""
        pieces: list[Value] = []
        for position, piece in enumerate(_HOLE.split(text)):
            pieces.append(Term((self.parts[int(piece)],)) if position % 2 else piece)
        return join(pieces)


def read_document(address: str, text: Value) -> PolicyDocument:
    """Read a policy; what is not literal stands in it as private-use characters meanwhile."""
    if text is None:
        problem = "the policy's text is linked or written by azapi, so it is not read here"
        return PolicyDocument(address, None, problem=problem)
    parts = text.parts if isinstance(text, Term) else (text,)
    if isinstance(text, Term) and not any(isinstance(part, str) for part in text.parts):
        texts = [part.text for part in text.parts if isinstance(part, Opaque)]
        unread = next((each.strip("()") for each in texts if " is not read: " in each), None)
        problem = unread or "the policy's text is known only after apply"
        return PolicyDocument(address, None, problem=problem, mentions=references_in(text))
    kept: list[Reference | Opaque] = []
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, (Reference, Opaque)):
            pieces.append(f"{HOLE}{len(kept)}\ue011")
            kept.append(part)
        else:
            pieces.append(re.sub("[\ue000-\uf8ff]", "", str(part)))
    try:
        root = read("".join(pieces))
    except InputError as error:
        return PolicyDocument(address, None, problem=f"the policy cannot be read: {error}")
    return PolicyDocument(address, root, tuple(kept))


def section_of(root: Document | Fragment, name: PolicySection) -> list[Node]:
    """The statements of a section; a fragment has the same for all of them."""
    if isinstance(root, Fragment):
        return root.policies
    if name in root.absent:
        # Requests are forwarded even so; every scope's policy may leave sections out.
        return [Element("base")]
    return {
        "inbound": root.inbound,
        "backend": root.backend,
        "outbound": root.outbound,
        "on-error": root.on_error,
    }[name]


def names_in(nodes: Sequence[Node]) -> Iterator[str]:
    """The names of all elements."""
    for node in nodes:
        if isinstance(node, Element):
            yield node.name
            yield from names_in(node.children)


def texts_in(element: Element) -> Iterator[str]:
    """Every attribute and text in an element."""
    yield from element.attributes.values()
    if element.text:
        yield element.text
    for each in element.elements():
        yield from texts_in(each)
