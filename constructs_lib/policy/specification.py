"""What is known of a policy: the records that `reference` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SectionName = Literal["inbound", "backend", "outbound", "on-error"]
ScopeName = Literal["global", "workspace", "product", "api", "operation", "resolver"]
GatewayKind = Literal["classic", "v2", "consumption", "self-hosted", "workspace"]
ValueKind = Literal["text", "integer", "number", "boolean", "address", "moment", "http", "origin"]
"""What a value is: text, a number, `true` or `false`, an IP address, a time of day in UTC, an
address that starts with `http://`, or an origin of CORS."""


@dataclass(frozen=True)
class Attribute:
    """An attribute of an element.

    Attributes:
        name: Its name.
        summary: What it is for, in one sentence.
        kind: What its value must be once expressions are evaluated.
        required: Whether the element is refused without it.
        values: The values that are allowed; any if empty.
        default: What holds if it is left out.
        minimum: The smallest number.
        maximum: The greatest number.
        zero: Whether 0 is allowed although it is less than the smallest number.
        expression: Whether a policy expression may stand there.
        named_value: Whether a named value may.
        empty: Whether it may be empty although it is required.
        tolerated: Whether Microsoft's own documents leave it out although its page asks for it.
            Then that is a warning.
        disputed: Whether they have an expression there although its page allows none. Likewise.
    """

    name: str
    summary: str
    kind: ValueKind = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    default: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    zero: bool = False
    expression: bool = False
    named_value: bool = True
    empty: bool = False
    tolerated: bool = False
    disputed: bool = False


@dataclass(frozen=True)
class TextContent:
    """The text of an element.

    Attributes:
        required: Whether the element is refused without it.
        expression: Whether it may be a policy expression.
        kind: What it must be once expressions are evaluated.
        tolerated: Whether Microsoft's own documents disagree about that. Then it is a warning.
        instead: The element that is not needed if there is text.
        unless: The attributes of which each makes text unnecessary.
    """

    required: bool = False
    expression: bool = True
    kind: ValueKind = "text"
    tolerated: bool = False
    instead: str | None = None
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Child:
    """An element that may stand in another.

    Attributes:
        name: Its name.
        element: What it is; None if it is the policy of that name.
        minimum: How many there must be.
        maximum: How many there may be; None if that is not limited.
        expression: Whether its text may be an expression where it stands here.
    """

    name: str
    element: ElementSpecification | None = None
    minimum: int = 0
    maximum: int | None = None
    expression: bool = True


@dataclass(frozen=True)
class Needed:
    """An element that is needed unless an attribute says otherwise.

    Attributes:
        child: Its name.
        attribute: The attribute.
        unless: The values of the attribute with which it is not needed.
        tolerated: Whether Microsoft's own documents leave it out. Then that is a warning.
    """

    child: str
    attribute: str
    unless: tuple[str, ...]
    tolerated: bool = False


@dataclass(frozen=True)
class ElementSpecification:
    """An element: its attributes and what may stand in it.

    Attributes:
        name: Its name.
        summary: What it does, in one sentence.
        attributes: Its attributes, in the order of its page.
        children: The elements in it, in the order in which they must stand.
        any_order: Whether they may stand in any other order too.
        needed: Those of them that are needed unless an attribute says otherwise.
        text: The text in it; None if no text may stand there.
        policies: Whether any policy of the section may stand in it.
        anything: Whether its content is data of the user's that is not looked at.
        exactly_one: Groups of attributes or elements of which exactly one is needed.
        at_least_one: Groups of attributes or elements of which one or more are needed.
        at_most_one: Groups of attributes or elements that exclude each other.
        together: Groups of attributes that are given together or not at all.
        along: Attributes that mean nothing without another one: each with that one.
        builder: The name of its typed builder, if it has one.
    """

    name: str
    summary: str
    attributes: tuple[Attribute, ...] = ()
    children: tuple[Child, ...] = ()
    any_order: bool = False
    needed: tuple[Needed, ...] = ()
    text: TextContent | None = None
    policies: bool = False
    anything: bool = False
    exactly_one: tuple[tuple[str, ...], ...] = ()
    at_least_one: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    along: tuple[tuple[str, str], ...] = ()
    builder: str | None = None


@dataclass(frozen=True)
class Policy:
    """A policy of the reference.

    Attributes:
        element: The element that it is written as.
        sections: The sections in which it may stand; none for a policy of GraphQL resolvers.
        disputed: Sections that Learn does not name, but Microsoft's policy toolkit has.
        scopes: The scopes at which it may be used.
        gateways: The gateways that run it.
        once: Where it may stand only once: in a section or in the document.
        partner: The policy without which it does nothing, and the section of that.
        url: Its page.
    """

    element: ElementSpecification
    sections: tuple[SectionName, ...]
    disputed: tuple[SectionName, ...] = ()
    scopes: tuple[ScopeName, ...] = ()
    gateways: tuple[GatewayKind, ...] = ()
    once: Literal["section", "document"] | None = None
    partner: tuple[str, SectionName] | None = None
    url: str = ""

    @property
    def name(self) -> str:
        """The name of its element."""
        return self.element.name
