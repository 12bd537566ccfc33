"""A policy as a tree, of which parts may be known only after apply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Literal

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.values import (
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
# What is read alike whatever its letters and digits are, and what stands for it in a form. Comments
# are kept as they are.
_NAME = re.compile(r'<!--.*?-->|(?<==")(?P<name>[\w.-]+)(?=")', re.ASCII | re.DOTALL)
_MARK = re.compile("\ue012(\\d+)\ue013")


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


def read_document(address: str, text: Value, reader: PolicyReader) -> PolicyDocument:
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
        root = reader.read("".join(pieces))
    except InputError as error:
        return PolicyDocument(address, None, problem=f"the policy cannot be read: {error}")
    return PolicyDocument(address, root, tuple(kept))


class PolicyReader:
    """Reads the texts of policies; those of one form, which differ in names alone, are read once.

    The policies of an estate are alike, and reading them would take longer than all else.
    """

    def __init__(self) -> None:
        self._forms: dict[str, Document | Fragment | None] = {}

    def read(self, text: str) -> Document | Fragment:
        """Read a text.

        Raises:
            InputError: If API Management would not understand it, with line and column.
        """
        names: list[str] = []

        def mark(found: re.Match[str]) -> str:
            if found["name"] is None:
                return found[0]
            names.append(found["name"])
            return f"\ue012{len(names) - 1}\ue013"

        form = _NAME.sub(mark, text)
        if form not in self._forms:
            self._forms[form] = None
            return read(text)
        root = self._forms[form] = self._forms[form] or read(form)
        if isinstance(root, Fragment):
            return read(text)
        inbound, backend, outbound, on_error = (
            _filled(section, names) for section in root.sections().values()
        )
        return replace(root, inbound=inbound, backend=backend, outbound=outbound, on_error=on_error)


def _filled(nodes: Sequence[Node], names: Sequence[str]) -> list[Node]:
    """Nodes of a form with the names of a text."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Element):
            node = copy(node)
            node.attributes = {
                name: _with_names(value, names) for name, value in node.attributes.items()
            }
            node.children = _filled(node.children, names)
        elif isinstance(node, str):
            node = _with_names(node, names)
        found.append(node)
    return found


def _with_names(text: str, names: Sequence[str]) -> str:
    if "\ue012" not in text:
        return text
    return type(text)(_MARK.sub(lambda mark: names[int(mark[1])], text))


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
