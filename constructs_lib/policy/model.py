"""Policy documents: elements in the four sections, fragments, and resolvers of GraphQL.

Everything is a plain list or dictionary that may be changed at any time. Two documents are equal
if they say the same; where something was read from does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Union

from constructs_lib._core.errors import InputError
from constructs_lib.policy.terraform import as_template
from constructs_lib.policy.values import Template, Value, text, xml_characters

SECTIONS = ("inbound", "backend", "outbound", "on-error")
PAYLOADS = frozenset({"set-body", "xsl-transform"})
"""Elements whose content is data of the caller's, in which every space counts."""

DATA_SOURCES = frozenset({"http-data-source", "sql-data-source", "cosmosdb-data-source"})
"""Policies that are the root of a document of their own: the policy of a GraphQL resolver."""

MAXIMUM_DEPTH = 100
SPACE = " \t\r\n"
"""What XML takes for white space: other spaces, such as U+00A0, are text."""

_NAME = re.compile(r"[A-Za-z_][\w.:-]*\Z", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where something was read.

    Attributes:
        line: Line, counted from 1.
        column: Column, counted from 1.
        attributes: Line and column of each attribute of an element.
    """

    line: int
    column: int
    attributes: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])


@dataclass
class Comment:
    """An XML comment. What XML, Terraform or azurerm would take for more is set apart by spaces.

    Attributes:
        text: What it says.
        place: Where it was read.
        kept: Whether it stays as it is, because its file is being formatted.
        instruction: Whether it is a processing instruction of such a file, or its XML declaration;
            nobody else gets to see these.
    """

    text: str
    place: Place | None = field(default=None, compare=False, repr=False)
    kept: bool = field(default=False, compare=False, repr=False)
    instruction: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.kept:
            self.text = self.text if self.instruction else self.text.strip()
            return
        plain = re.sub(r"-(?=-)", "- ", xml_characters(self.text))
        self.text = re.sub(r"([$%](?=\{)|&(?=[#\w]))", r"\1 ", plain).strip()


Node = Union["Element", Comment, str]
"""What stands in an element: elements, comments and text."""


@dataclass
class Element:
    """A policy, or an element inside of one.

    Attributes:
        name: The element's name, for example `set-header`.
        attributes: Its attributes; the order does not matter.
        children: What stands in it.
        place: Where it was read.
        verbatim: Whether every space in it counts; always so in `PAYLOADS`.

    Raises:
        InputError: If a name is none, or plain text would run as an expression.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    children: list[Node] = field(default_factory=list[Node])
    place: Place | None = field(default=None, compare=False, repr=False)
    verbatim: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in (self.name, *self.attributes):
            check_name(name)
        if self.attributes:
            self.attributes = {name: text(value) for name, value in self.attributes.items()}
        if not self.children:
            return
        self.children = _merged(self.children)
        payload = self.name in PAYLOADS and any(
            child.strip(SPACE) for child in self.children if isinstance(child, str)
        )
        if not (payload or self.verbatim):
            self.children = [
                child if not isinstance(child, str) else _stripped(child)
                for child in self.children
                if not isinstance(child, str) or child.strip(SPACE)
            ]

    def elements(self, name: str | None = None) -> Iterator[Element]:
        """Yield the child elements, or those called `name`."""
        for child in self.children:
            if isinstance(child, Element) and name in (None, child.name):
                yield child

    @property
    def text(self) -> str:
        """The text that stands in the element."""
        texts = [child for child in self.children if isinstance(child, str)]
        return texts[0] if len(texts) == 1 else "".join(texts)


def element(
    name: str, attributes: Mapping[str, Value | None], children: Iterable[Node] = ()
) -> Element:
    """Return an element with those attributes that have a value.

    Raises:
        InputError: As `Element`.
    """
    given = {key: text(value) for key, value in attributes.items() if value is not None}
    return Element(name, given, list(children))


def check_name(name: str) -> None:
    """Refuse what cannot be the name of an element or attribute.

    Raises:
        InputError: If it is not a name of XML.
    """
    if not _NAME.match(name):
        raise InputError(f"{name!r} is not a name", fix="use letters, digits, `-`, `_`, `.`, `:`")


def _merged(children: Iterable[Node]) -> list[Node]:
    merged: list[Node] = []
    for child in children:
        if not isinstance(child, str):
            merged.append(child)
            continue
        child = text(child)
        before = merged[-1] if merged else None
        if not isinstance(before, str):
            merged.append(child)
        elif isinstance(before, Template) or isinstance(child, Template):
            merged[-1] = Template(as_template(before) + as_template(child))
        else:
            merged[-1] = text(str.__add__(before, child))
    return merged


def _stripped(value: str) -> str:
    return type(value)(value.strip(SPACE)) if value[0] in SPACE or value[-1] in SPACE else value


def _base() -> list[Element | Comment | str]:
    return [Element("base")]


Section = list[Node]
"""The policies of a section, in order. Text is refused by `check`, except a `Template`."""


@dataclass
class Document:
    """The policy of one scope; a section that is left out holds `<base />`.

    Attributes:
        inbound: What runs before the request is forwarded.
        backend: What forwards it.
        outbound: What runs before the answer is returned.
        on_error: What runs when a policy fails.
        comments: Comments before the root (an empty key), before each section (its name) and after
            the last one (`end`).
        absent: Sections that a document read from text does not have at all.
        order: The order of the sections in a file, which `policy format` keeps.
        path: What the document was read from, for messages.
    """

    inbound: Section = field(default_factory=_base)
    backend: Section = field(default_factory=_base)
    outbound: Section = field(default_factory=_base)
    on_error: Section = field(default_factory=_base)
    comments: dict[str, list[Comment]] = field(default_factory=dict[str, list[Comment]])
    absent: frozenset[str] = frozenset()
    order: tuple[str, ...] = field(default=SECTIONS, compare=False, repr=False)
    path: str | None = field(default=None, compare=False, repr=False)
    place: Place | None = field(default=None, compare=False, repr=False)

    def sections(self) -> dict[str, Section]:
        """Return the sections by the names of their elements."""
        return {
            "inbound": self.inbound,
            "backend": self.backend,
            "outbound": self.outbound,
            "on-error": self.on_error,
        }


@dataclass
class Fragment:
    """A policy fragment: policies that documents include by the fragment's id.

    Attributes:
        policies: The policies, in order.
        comments: Comments before the root, under an empty key.
        path: What the fragment was read from, for messages.
        size: How many bytes it has, if it was read.
    """

    policies: Section = field(default_factory=Section)
    comments: dict[str, list[Comment]] = field(default_factory=dict[str, list[Comment]])
    path: str | None = field(default=None, compare=False, repr=False)
    place: Place | None = field(default=None, compare=False, repr=False)
    size: int | None = field(default=None, compare=False, repr=False)


@dataclass
class Resolver:
    """The policy of a GraphQL resolver: a data source, such as `<http-data-source>`.

    Attributes:
        source: The data source.
        comments: Comments before it, under an empty key.
        path: What it was read from, for messages.
    """

    source: Element
    comments: dict[str, list[Comment]] = field(default_factory=dict[str, list[Comment]])
    path: str | None = field(default=None, compare=False, repr=False)
    place: Place | None = field(default=None, compare=False, repr=False)


AnyDocument = Document | Fragment | Resolver
"""Everything that API Management keeps as a policy of its own."""
