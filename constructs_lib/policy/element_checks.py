"""Checks one element's attributes and text against the reference of policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from ipaddress import ip_address as address
from typing import Literal, NoReturn

from constructs_lib._core.findings import Finding, Severity
from constructs_lib.policy.composition import fixed
from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import (
    AnyDocument,
    Document,
    Element,
    Fragment,
    Node,
    Place,
)
from constructs_lib.policy.rules import RULES
from constructs_lib.policy.specification import (
    Attribute,
    ElementSpecification,
    GatewayKind,
)
from constructs_lib.policy.undefined import Known, similar
from constructs_lib.policy.values import Template, shortened

CheckScope = Literal["global", "workspace", "product", "api", "operation", "fragment", "resolver"]
_KINDS: dict[str, tuple[Callable[[str], float], str]] = {
    "integer": (int, "a whole number"),
    "number": (float, "a number"),
}
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "address": (address, "an IP address, such as `203.0.113.7`"),
    "moment": (
        lambda text: datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else _refuse(),
        "a date and time in UTC, such as `2026-01-31T00:00:00Z`",
    ),
    "http": (
        lambda text: _HTTP.fullmatch(text) or _refuse(),
        "an address as `http://host:port`: a proxy is reached by HTTP only",
    ),
    "origin": (
        lambda text: _ORIGIN.fullmatch(text) or _refuse(),
        "`*`, or scheme and host, such as `https://www.contoso.com`",
    ),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_HTTP = re.compile(r"http://[^\s/]+/?", re.IGNORECASE)
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s\"']+", re.IGNORECASE)
# azurerm takes spaces away before it undoes entities, so they may stand in between.
_ENTITY = re.compile(r"&\s*(?:q\s*u\s*o\s*t|g\s*t|l\s*t|a\s*m\s*p)\s*;")
_LATE_EXPRESSION = re.compile(r"@[({]")


class ElementChecker:
    """Finds what is wrong in the attributes and the text of elements."""

    def __init__(
        self,
        document: AnyDocument,
        scope: CheckScope,
        gateway: GatewayKind | None,
        known: Known,
    ) -> None:
        self.document = document
        self.scope: CheckScope = scope
        if not isinstance(document, Document):
            self.scope = "fragment" if isinstance(document, Fragment) else "resolver"
        self.gateway = gateway
        self.known = known
        self.findings: list[Finding] = []
        self.token_policy: Element | None = None

    def report(
        self,
        rule: str,
        place: Place | None,
        message: str,
        fix: str = "",
        *,
        attribute: str | None = None,
        severity: Severity | None = None,
    ) -> None:
        """Note a finding, at an attribute's place if that is known."""
        line, column = (place.line, place.column) if place else (None, None)
        if place and attribute and attribute in place.attributes:
            line, column = place.attributes[attribute]
        self.findings.append(
            Finding.of(
                RULES[rule],
                message,
                fix=fix,
                severity=severity,
                path=self.document.path,
                line=line,
                column=column,
            )
        )

    def attributes(self, element: Element, specification: ElementSpecification) -> None:
        """Check the attributes that are there, and those that are missing."""
        known = {attribute.name: attribute for attribute in specification.attributes}
        name = specification.name
        for key, value in element.attributes.items():
            attribute = known.get(key)
            if attribute is not None:
                self.value(element, attribute, value)
            elif key != "id":  # every policy may carry an id, which API Management ignores
                self.report(
                    "SFP201",
                    element.place,
                    f"<{name}> has no attribute `{key}`",
                    similar(key, known, "`{}`"),
                    attribute=key,
                )
        for attribute in specification.attributes:
            value = element.attributes.get(attribute.name)
            severity: Severity = "warning" if attribute.tolerated else "error"
            if attribute.required and value is None:
                self.report(
                    "SFP202",
                    element.place,
                    f"<{name}> needs the attribute `{attribute.name}`",
                    f"add {attribute.name}=…: {attribute.summary}",
                    severity=severity,
                )
            elif value == "" and attribute.kind == "text" and not attribute.values:
                self.empty(element, specification, attribute)
        self.groups(element, specification)

    def empty(
        self, element: Element, specification: ElementSpecification, attribute: Attribute
    ) -> None:
        """Check an attribute without a value."""
        groups = (*specification.exactly_one, *specification.at_least_one)
        needed = attribute.required and not attribute.empty
        if needed or any(attribute.name in group for group in groups):
            self.report(
                "SFP202",
                element.place,
                f"`{attribute.name}` of <{specification.name}> is empty",
                f"write a value: {attribute.summary}",
                attribute=attribute.name,
                severity="error" if needed and not attribute.tolerated else "warning",
            )

    def groups(self, element: Element, specification: ElementSpecification) -> None:
        """Check attributes and elements that go together or exclude each other."""
        self._counted(element, specification)
        name = specification.name
        for group in specification.together:
            given = [key for key in group if key in element.attributes]
            missing = [key for key in group if key not in element.attributes]
            if given and missing:
                others = either([f"`{key}`" for key in missing])
                self.report(
                    "SFP206",
                    element.place,
                    f"<{name}> takes `{given[0]}` only together with {others}",
                    f"add {missing[0]}=…",
                    attribute=given[0],
                )

        for first, second in specification.along:
            if first in element.attributes and second not in element.attributes:
                self.report(
                    "SFP206",
                    element.place,
                    f"`{first}` of <{name}> does nothing without `{second}`",
                    f"add {second}=…, or leave {first}=… out",
                    attribute=first,
                    severity="warning",
                )

    def _counted(self, element: Element, specification: ElementSpecification) -> None:
        """Check attributes and elements of which one, at least one or at most one is given."""
        name = specification.name
        children = {child.name for child in specification.children}

        def quoted(keys: Sequence[str]) -> str:
            return either([f"<{key}>" if key in children else f"`{key}`" for key in keys])

        for groups, fewest, most in (
            (specification.exactly_one, 1, 1),
            (specification.at_least_one, 1, None),
            (specification.at_most_one, 0, 1),
        ):
            for group in groups:
                places: dict[str, Place | None] = {}
                for key in group:
                    inner = next(element.elements(key), None)
                    if inner or key in element.attributes:
                        places[key] = inner.place if inner else element.place
                given = list(places)
                if len(given) < fewest and not holds_templates(element.children):
                    message = f"<{name}> needs {quoted(group)}"
                    self.report("SFP206", element.place, message, "add one")
                elif most is not None and len(given) > most:
                    self.report(
                        "SFP206",
                        places[given[1]],
                        f"<{name}> takes only one of {quoted(given)}",
                        "keep one of them",
                        attribute=given[1],
                    )

    def value(self, element: Element, attribute: Attribute, value: str) -> None:
        """Check one attribute's value."""
        where = f"`{attribute.name}` of <{element.name}>"
        self.written(element, where, value, attribute.name)
        if is_expression(value) and not attribute.expression:
            self.no_expression(element, where, attribute.name, tolerated=attribute.disputed)
        if not fixed(value):
            return
        if attribute.values and value not in attribute.values:
            self.report(
                "SFP203",
                element.place,
                f"{where} cannot be {shortened(value)}",
                f"write {either(ticked(attribute.values))}",
                attribute=attribute.name,
            )
        elif attribute.kind == "boolean" and value.lower() not in ("true", "false"):
            self.report(
                "SFP204",
                element.place,
                f"{where} cannot be {shortened(value)}",
                "write `true` or `false`" + (" or an expression" if attribute.expression else ""),
                attribute=attribute.name,
            )
        elif attribute.kind in _KINDS:
            self.number(element, attribute, value)
        elif attribute.kind in _FORMS:
            self.form(element, where, attribute.kind, value, attribute.name)

    def no_expression(
        self, element: Element, where: str, attribute: str | None, *, tolerated: bool
    ) -> None:
        """Report an expression where API Management takes none."""
        self.report(
            "SFP205",
            element.place,
            f"an expression in {where} may not be run: Microsoft's own documents disagree"
            if tolerated
            else f"{where} takes no expression",
            "write a fixed value, a named value or a Terraform reference",
            attribute=attribute,
            severity="warning" if tolerated else "error",
        )

    def form(
        self,
        element: Element,
        where: str,
        kind: str,
        value: str,
        attribute: str | None,
        *,
        tolerated: bool = False,
    ) -> None:
        """Check a value that has a form of its own, such as an address."""
        read, what = _FORMS[kind]
        try:
            read(value.strip())
        except ValueError:
            self.report(
                "SFP204",
                element.place,
                f"{where} cannot be {shortened(value)}",
                f"write {what}",
                attribute=attribute,
                severity="warning" if tolerated else "error",
            )

    def number(self, element: Element, attribute: Attribute, value: str) -> None:
        """Check a number and its range."""
        convert, what = _KINDS[attribute.kind]
        try:
            number = convert(value)
        except ValueError:
            number = None
        low, high = attribute.minimum, attribute.maximum
        too_low = number is not None and low is not None and number < low
        too_low = too_low and not (attribute.zero and number == 0)
        too_high = number is not None and high is not None and not number <= high
        if number is None or too_low or too_high:
            limits = [
                *([f"at least {low:.15g}"] if low is not None else []),
                *([f"at most {high:.15g}"] if high is not None else []),
                *(["or 0"] if attribute.zero else []),
            ]
            self.report(
                "SFP204",
                element.place,
                f"`{attribute.name}` of <{element.name}> cannot be {shortened(value)}",
                f"write {', '.join([what, *limits])}",
                attribute=attribute.name,
            )

    def written(self, element: Element, where: str, value: str, attribute: str | None) -> None:
        """Check for what depends on how a value is written."""
        if not is_expression(value) and _LATE_EXPRESSION.search(value):
            self.report(
                "SFP207",
                element.place,
                f"the expression in {where} stands after other text and is not run",
                "make the whole value an expression that joins the texts",
                attribute=attribute,
                severity="warning",
            )
        self.entities(element, where, value, attribute)

    def entities(self, element: Element, where: str, value: str, attribute: str | None) -> None:
        """Check for entities that azurerm undoes when it compares."""
        # Of a fragment azurerm compares the XML, and undoes nothing.
        if _ENTITY.search(value) and not isinstance(self.document, Fragment):
            self.report(
                "SFP408",
                element.place,
                f"{where} spells out `&…;`, which azurerm takes for a change in every plan",
                'in an expression, write "\\u0026" for the `&`',
                attribute=attribute,
                severity="warning",
            )

    def data(self, element: Element) -> None:
        """Check what is the user's own data for what azurerm makes of it."""
        self.entities(element, f"the text of <{element.name}>", element.text, None)
        for inner in element.elements():
            for key, value in inner.attributes.items():
                self.entities(inner, f"`{key}` of <{inner.name}>", value, key)
            self.data(inner)

    def text(
        self, element: Element, specification: ElementSpecification, *, expression: bool
    ) -> None:
        """Check the text of an element."""
        text, said = specification.text, element.text
        where = f"<{element.name}>"
        if text is None:
            if said and not holds_templates(element.children):
                self.report("SFP305", element.place, f"{where} holds text", "remove it")
            return
        if not said:
            if text.required and not any(key in element.attributes for key in text.unless):
                self.report("SFP305", element.place, f"{where} is empty", "write its text")
            return
        where = f"the text of {where}"
        self.written(element, where, said, None)
        if is_expression(said) and not (expression and text.expression):
            self.no_expression(element, where, None, tolerated=text.tolerated)
        elif fixed(said) and text.kind in _FORMS:
            self.form(element, where, text.kind, said, None, tolerated=text.tolerated)


def _refuse() -> NoReturn:
    raise ValueError


def holds_templates(nodes: Sequence[Node]) -> bool:
    """Tell whether Terraform has yet to put something between the elements."""
    return any(isinstance(node, Template) for node in nodes)


def ticked(names: Collection[str]) -> list[str]:
    """Return names as code."""
    return [f"`{name}`" for name in names]


def either(names: Collection[str]) -> str:
    """Return names as a choice: `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
