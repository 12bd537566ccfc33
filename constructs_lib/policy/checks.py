"""Checks documents: against the reference of policies, and for what goes wrong between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address as address
from typing import Literal, NoReturn

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding, Severity
from constructs_lib.policy.composition import fixed, sections
from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import (
    DATA_SOURCES,
    AnyDocument,
    Document,
    Element,
    Fragment,
    Node,
    Place,
)
from constructs_lib.policy.reference import (
    DEFAULT_DIMENSIONS,
    MOST_DIMENSIONS,
    POLICIES,
    UNCHANGING_HEADERS,
)
from constructs_lib.policy.rules import RULES
from constructs_lib.policy.specification import (
    Attribute,
    ElementSpecification,
    Gateway,
    Policy,
)
from constructs_lib.policy.undefined import Known, similar, undefined
from constructs_lib.policy.values import Template, shortened
from constructs_lib.policy.writer import write

Scope = Literal["global", "workspace", "product", "api", "operation", "fragment", "resolver"]

LARGEST_FRAGMENT = 512 * 1024
"""How many bytes a fragment may have: Learn, "Reuse policy configurations", "Limitations"."""

_KINDS: dict[str, tuple[Callable[[str], float], str]] = {
    "integer": (int, "a whole number"),
    "number": (float, "a number"),
}
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "address": (address, "an IP address, such as `203.0.113.7`"),
    "moment": (
        lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ"),
        "a date and time in UTC, such as `2026-01-31T00:00:00Z`",
    ),
    "http": (
        lambda text: _HTTP.fullmatch(text) or _refuse(),
        "an address as `http://host:port`: a proxy is reached by HTTP only",
    ),
}
_HTTP = re.compile(r"http://[^\s/]+/?", re.IGNORECASE)
_BODY = re.compile(r"\{[{%][^}]*\bbody\b")
# azurerm takes spaces away before it undoes entities, so they may stand in between.
_ENTITY = re.compile(r"&\s*(?:q\s*u\s*o\s*t|g\s*t|l\s*t|a\s*m\s*p)\s*;")
_LATE_EXPRESSION = re.compile(r"@[({]")
_AUTHORIZATION = re.compile(r"Headers\b[^;]{0,200}?[\"']authorization[\"']", re.IGNORECASE)
_TOKEN_POLICY = "authentication-managed-identity"  # noqa: S105 - the name of a policy
_FRAGMENT = "include-fragment"


def check(
    document: AnyDocument,
    *,
    scope: Scope = "api",
    sku: str | None = None,
    known: Known | None = None,
) -> list[Finding]:
    """Return what is wrong with a document, in its order.

    Args:
        document: The document; of a `Fragment` or a `Resolver` the scope does not matter.
        scope: Where the document is to stand.
        sku: SKU of the gateway, such as `Developer_1`; what it runs is not checked without.
        known: What there is to refer to.
    """
    checker = _Checker(document, scope, _gateway(sku), known or Known())
    checker.run()
    return checker.findings


def _gateway(sku: str | None) -> Gateway | None:
    name = (sku or "").partition("_")[0].lower()
    if not name or "$" in name:
        return None
    return "consumption" if name == "consumption" else "v2" if name.endswith("v2") else "classic"


class _Checker:
    def __init__(
        self,
        document: AnyDocument,
        scope: Scope,
        gateway: Gateway | None,
        known: Known,
    ) -> None:
        self.document = document
        self.scope: Scope = scope
        if not isinstance(document, Document):
            self.scope = "fragment" if isinstance(document, Fragment) else "resolver"
        self.gateway = gateway
        self.known = known
        self.findings: list[Finding] = []
        self.token_policy: Element | None = None

    def run(self) -> None:
        if isinstance(self.document, Fragment):
            self.fragment(self.document)
        for section, nodes in sections(self.document).items():
            place = next((node.place for node in nodes if not isinstance(node, str)), None)
            if isinstance(self.document, Document):
                self.section(section, nodes, place or self.document.place)
                self.policies(nodes, section, place or self.document.place)
            else:
                self.policies(nodes, None, place or self.document.place)
        if isinstance(self.document, Document):
            self.partners(self.document)

    def fragment(self, fragment: Fragment) -> None:
        """Check the limits of a fragment."""
        size = fragment.size
        if size is None:
            with suppress(InputError):  # what cannot be written is refused when it is
                size = len(write(fragment).encode())
        if size is not None and size > LARGEST_FRAGMENT:
            self.report(
                "SFP107",
                fragment.place,
                f"the fragment has {size:,} bytes, but may have {LARGEST_FRAGMENT:,}",
                "divide it into several, which a document includes one after the other",
            )

    def partners(self, document: Document) -> None:
        """Check that what is stored in a cache is looked up, and the other way round."""
        inside = {
            name: [each for node in nodes for each in _within(node)]
            for name, nodes in document.sections().items()
        }
        for elements in inside.values():
            for element in elements:
                policy = POLICIES.get(element.name)
                if policy is None or policy.partner is None:
                    continue
                name, section = policy.partner
                there = {each.name for each in inside[section]}
                if not there & {name, _FRAGMENT} and not _templates(document.sections()[section]):
                    self.report(
                        "SFP409",
                        element.place,
                        f"<{element.name}> does nothing without <{name}>, which is not in "
                        f"<{section}>",
                        f"add <{name}> to <{section}>, unless a wider scope has it",
                        severity="warning",
                    )

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

    def section(self, section: str, nodes: Sequence[Node], place: Place | None) -> None:
        policies = [node for node in nodes if isinstance(node, Element)]
        if section == "backend" and len(policies) > 1:
            self.report(
                "SFP401",
                policies[1].place,
                "<backend> holds more than one policy",
                "put them into one that holds others, such as <retry>, or into <inbound>",
            )
        if isinstance(self.document, Document) and section in self.document.absent and not nodes:
            self.report(
                "SFP402",
                self.document.place,
                f"there is no section <{section}>",
                "write it, with <base /> in it to keep what wider scopes say",
                severity="warning",
            )
            return
        forwarded = section == "backend" and _contains(policies, "forward-request")
        based = forwarded or _contains(policies, "base") or _templates(nodes)
        if self.scope != "global" and not based:
            lost = "requests are not forwarded" if section == "backend" else "is dropped here"
            what = "" if section == "backend" else "what wider scopes say "
            self.report(
                "SFP402",
                place,
                f"<{section}> has no <base />: {what}{lost}",
                "put <base /> first in the section",
                severity="warning",
            )

    def policies(self, nodes: Sequence[Node], section: str | None, place: Place | None) -> None:
        count: Counter[str] = Counter()
        for node in nodes:
            if isinstance(node, Element):
                count[node.name] += 1
                self.policy(node, section)
                policy = POLICIES.get(node.name)
                if policy and policy.once and count[node.name] == 2:
                    self.report(
                        "SFP105",
                        node.place,
                        f"<{node.name}> stands twice, but may once in a {policy.once}",
                        "leave one of them",
                    )
            elif isinstance(node, str) and not isinstance(node, Template):
                self.report("SFP305", place, "text stands between policies", "make it a comment")

    def policy(self, element: Element, section: str | None) -> None:
        policy = POLICIES.get(element.name)
        if policy is None:
            self.report(
                "SFP101",
                element.place,
                f"there is no policy <{element.name[:60]}>",
                similar(element.name, POLICIES, "<{}>"),
            )
            return
        if isinstance(self.document, Fragment):
            self.in_fragment(element)
        if section is not None:
            self.standing(element, policy, section)
        elif element.name in DATA_SOURCES and self.scope == "fragment":
            self.resolvers_only(element, "a fragment")
        if self.gateway and policy.gateways and self.gateway not in policy.gateways:
            self.report(
                "SFP104",
                element.place,
                f"<{element.name}> does not run on the {self.gateway} gateway",
                f"it runs on: {', '.join(policy.gateways)}",
                # What the v2 tiers can do still changes from month to month.
                severity="warning" if self.gateway == "v2" else "error",
            )
        self.element(element, policy.element, section)

    def in_fragment(self, element: Element) -> None:
        """Check for what cannot stand in a fragment: Learn, "Reuse policy configurations"."""
        if element.name in ("base", _FRAGMENT):
            nested = element.name == _FRAGMENT
            self.report(
                "SFP106",
                element.place,
                f"a fragment cannot hold <{element.name}>",
                "include each fragment from the document"
                if nested
                else "leave it to the document that includes the fragment",
            )
        elif element.name == "cache-lookup":
            self.report(
                "SFP106",
                element.place,
                "<cache-lookup> is not supported in a fragment",
                "put it into the document that includes the fragment",
                severity="warning",
            )

    def standing(self, element: Element, policy: Policy, section: str) -> None:
        if not policy.sections:
            self.resolvers_only(element, f"<{section}>")
            return
        if section not in policy.sections:
            disputed = section in policy.disputed
            self.report(
                "SFP102",
                element.place,
                f"<{element.name}> cannot stand in <{section}>"
                + (" by its page, though Microsoft's toolkit puts it there" if disputed else ""),
                f"move it to {_or([f'<{name}>' for name in policy.sections])}",
                severity="warning" if disputed else "error",
            )
        if self.scope not in policy.scopes:
            self.report(
                "SFP103",
                element.place,
                f"<{element.name}> cannot be used at {self.scope} scope",
                f"use it at {_or(policy.scopes)} scope",
            )

    def resolvers_only(self, element: Element, where: str) -> None:
        self.report(
            "SFP102",
            element.place,
            f"<{element.name}> belongs to a GraphQL resolver, not to {where}",
            "move it to the resolver's own policy",
        )

    def element(
        self,
        element: Element,
        specification: ElementSpecification,
        section: str | None,
        *,
        expression: bool = True,
    ) -> None:
        self.attributes(element, specification)
        self.references(element)
        self.authorization(element)
        if specification.policies:
            self.policies(element.children, section, element.place)
        elif specification.anything:
            self.data(element)
        else:
            self.text(element, specification, expression=expression)
            self.children(element, specification, section)
        self.particular(element, section)

    def particular(self, element: Element, section: str | None) -> None:
        """Check what holds for one policy alone."""
        name = element.name
        if name in ("set-header", "set-query-parameter"):
            self.deleted(element)
        if name == "set-header":
            self.header(element, section)
        elif name == "retry":
            self.retry(element)
        elif name == "return-response":
            self.response(element)
        elif name == "address-range":
            self.range(element)
        elif any(element.elements("dimension")):
            self.dimensions(element)

    def attributes(self, element: Element, specification: ElementSpecification) -> None:
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
        name = specification.name
        children = {child.name for child in specification.children}

        def quoted(keys: Sequence[str]) -> list[str]:
            return [f"<{key}>" if key in children else f"`{key}`" for key in keys]

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
                if len(given) < fewest and not _templates(element.children):
                    self.report(
                        "SFP206", element.place, f"<{name}> needs {_or(quoted(group))}", "add one"
                    )
                elif most is not None and len(given) > most:
                    self.report(
                        "SFP206",
                        places[given[1]],
                        f"<{name}> takes only one of {_or(quoted(given))}",
                        "leave one of them",
                        attribute=given[1],
                    )
        for group in specification.together:
            given = [key for key in group if key in element.attributes]
            missing = [key for key in group if key not in element.attributes]
            if given and missing:
                self.report(
                    "SFP206",
                    element.place,
                    f"<{name}> takes `{given[0]}` only together with {_or(quoted(missing))}",
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

    def value(self, element: Element, attribute: Attribute, value: str) -> None:
        where = f"`{attribute.name}` of <{element.name}>"
        self.written(element, where, value, attribute.name)
        if is_expression(value) and not attribute.expression:
            self.no_expression(element, where, attribute.name, tolerated=attribute.tolerated)
        if not fixed(value):
            return
        if attribute.values and value not in attribute.values:
            self.report(
                "SFP203",
                element.place,
                f"{where} cannot be {shortened(value)}",
                f"write {_or(_ticked(attribute.values))}",
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
        self, element: Element, where: str, kind: str, value: str, attribute: str | None
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
            )

    def number(self, element: Element, attribute: Attribute, value: str) -> None:
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
        text, said = specification.text, element.text
        where = f"<{element.name}>"
        if text is None:
            if said and not _templates(element.children):
                self.report("SFP305", element.place, f"{where} holds text", "remove it")
            return
        if not said:
            if text.required:
                self.report("SFP305", element.place, f"{where} is empty", "write its text")
            return
        where = f"the text of {where}"
        self.written(element, where, said, None)
        if is_expression(said) and not (expression and text.expression):
            self.no_expression(element, where, None, tolerated=text.tolerated)
        elif fixed(said) and text.kind in _FORMS:
            self.form(element, where, text.kind, said, None)

    def children(
        self, element: Element, specification: ElementSpecification, section: str | None
    ) -> None:
        allowed = {child.name: child for child in specification.children}
        order = {name: index for index, name in enumerate(allowed)}
        count: Counter[str] = Counter()
        latest = ""
        # Branches exclude each other, and a request in a policy has a token of its own.
        before = after = self.token_policy
        for inner in element.elements():
            self.token_policy = before
            child = allowed.get(inner.name)
            if child is None:
                self.report(
                    "SFP301",
                    inner.place,
                    f"<{inner.name}> cannot stand in <{element.name}>",
                    similar(inner.name, allowed, "<{}>"),
                )
                continue
            count[inner.name] += 1
            if child.maximum is not None and count[inner.name] == child.maximum + 1:
                self.report(
                    "SFP303",
                    inner.place,
                    f"<{element.name}> takes at most {child.maximum} <{inner.name}>",
                    "leave out the others",
                )
            if specification.any_order or inner.name == _FRAGMENT:
                pass  # what a fragment brings may belong anywhere
            elif latest and order[inner.name] < order[latest]:
                self.report(
                    "SFP304",
                    inner.place,
                    f"<{inner.name}> stands after <{latest}>",
                    f"write the elements in this order: {', '.join(allowed)}",
                    severity="warning",
                )
            else:
                latest = inner.name
            inside = child.element or POLICIES[inner.name].element
            self.element(inner, inside, section, expression=child.expression)
            if inner.name != _TOKEN_POLICY:
                after = after or self.token_policy
        self.token_policy = after
        # A fragment or a template may bring what is missing.
        if not any(element.elements(_FRAGMENT)) and not _templates(element.children):
            self.missing(element, specification, count)

    def missing(
        self, element: Element, specification: ElementSpecification, count: Counter[str]
    ) -> None:
        for child in specification.children:
            if specification.text and specification.text.instead == child.name and element.text:
                continue
            if count[child.name] < child.minimum:
                self.report(
                    "SFP302",
                    element.place,
                    f"<{element.name}> needs {'an' if child.minimum == 1 else child.minimum}"
                    f" element <{child.name}>",
                    f"add <{child.name}>",
                )
        attributes = {each.name: each for each in specification.attributes}
        for needed in specification.needed:
            key = needed.attribute
            value = element.attributes.get(key, attributes[key].default)
            judged = value in attributes[key].values and value not in needed.unless
            if judged and not count[needed.child]:
                self.report(
                    "SFP302",
                    element.place,
                    f"<{element.name}> needs an element <{needed.child}>",
                    f'add <{needed.child}>, or write {key}="{needed.unless[0]}"',
                )

    def deleted(self, element: Element) -> None:
        if element.attributes.get("exists-action") == "delete" and any(element.elements("value")):
            self.report(
                "SFP301",
                element.place,
                f"<{element.name}> deletes and has a <value>",
                "remove the <value>",
                severity="warning",
            )

    def header(self, element: Element, section: str | None) -> None:
        """Check for headers that API Management keeps: Learn, set-header, "Limitations"."""
        name = element.attributes.get("name", "")
        deleted = element.attributes.get("exists-action") == "delete"
        problem = ""
        if name.lower() in UNCHANGING_HEADERS:
            problem = "cannot be appended, overridden or deleted"
        elif deleted and name.lower() == "server" and section not in ("inbound", "backend"):
            problem = "cannot be deleted from responses"
        elif deleted and name.lower() == "x-forwarded-for":
            problem = "keeps the address of the caller when it is deleted"
        if problem:
            self.report(
                "SFP208",
                element.place,
                f"the header {shortened(name)} {problem}",
                "remove this <set-header>",
                attribute="name",
                severity="warning",
            )

    def retry(self, element: Element) -> None:
        for inner in element.elements("wait"):
            self.report(
                "SFP301",
                inner.place,
                "<wait> cannot stand in <retry>",
                "move it out of <retry>",
                severity="warning",
            )

    def response(self, element: Element) -> None:
        """Check for templates that read a body: in a response that is made anew it is empty."""
        for body in element.elements("set-body"):
            liquid = body.attributes.get("template", "").lower() == "liquid"
            if liquid and _BODY.search(body.text):
                self.report(
                    "SFP410",
                    body.place,
                    "the template reads the body, which is empty in <return-response>",
                    "put the value into a variable before, or write an expression",
                    severity="warning",
                )

    def range(self, element: Element) -> None:
        """Check that a range of addresses has any."""
        ends = [element.attributes.get(name, "") for name in ("from", "to")]
        if not all(map(fixed, ends)):
            return
        try:
            first, last = (address(end.strip()) for end in ends)
        except ValueError:
            return  # reported already
        if first.version != last.version or int(first) > int(last):
            self.report(
                "SFP206",
                element.place,
                f"there is no address from {first} to {last}",
                "write the lower address first, both of the same version of IP",
                attribute="to",
            )

    def dimensions(self, element: Element) -> None:
        """Check the dimensions of a metric."""
        known = {name.lower() for name in DEFAULT_DIMENSIONS}
        others: list[Element] = []
        for dimension in element.elements("dimension"):
            name = dimension.attributes.get("name", "")
            if not name or not fixed(name) or name.lower() in known:
                continue
            others.append(dimension)
            if "value" not in dimension.attributes:
                self.report(
                    "SFP202",
                    dimension.place,
                    f"the dimension {shortened(name)} needs the attribute `value`",
                    f"add value=…, or use one that API Management knows: "
                    f"{', '.join(sorted(DEFAULT_DIMENSIONS))}",
                )
        if len(others) > MOST_DIMENSIONS:
            self.report(
                "SFP303",
                others[MOST_DIMENSIONS].place,
                f"<{element.name}> takes at most {MOST_DIMENSIONS} dimensions of your own by its "
                "page",
                "leave out the others",
                severity="warning",
            )

    def references(self, element: Element) -> None:
        for missing in undefined(element, self.known):
            self.report(
                missing.rule.id,
                element.place,
                f"nothing defines the {missing.what}",
                missing.fix or "define it",
                attribute=missing.attribute,
            )

    def authorization(self, element: Element) -> None:
        """Check what becomes of the Authorization header of the caller."""
        attributes = element.attributes
        if element.name == _TOKEN_POLICY:
            if attributes.get("ignore-error", "").lower() == "true":
                self.report(
                    "SFP404",
                    element.place,
                    f"<{_TOKEN_POLICY}> goes on if there is no token: the backend then gets the "
                    "caller's own Authorization header, or none",
                    'write ignore-error="false"',
                    attribute="ignore-error",
                    severity="warning",
                )
            if "output-token-variable-name" not in attributes and self.token_policy is None:
                self.token_policy = element
            return
        if self.token_policy is None:
            return
        line = f" (line {self.token_policy.place.line})" if self.token_policy.place else ""
        if _validates_authorization(element):
            self.report(
                "SFP403",
                element.place,
                f"<{element.name}> checks the gateway's own token, not the caller's: "
                f"<{_TOKEN_POLICY}>{line} has replaced it",
                f"put <{element.name}> before <{_TOKEN_POLICY}>",
            )
        elif any(
            is_expression(value) and _AUTHORIZATION.search(value)
            for value in (*attributes.values(), element.text)
        ):
            self.report(
                "SFP403",
                element.place,
                f"<{element.name}> reads the Authorization header after <{_TOKEN_POLICY}>{line} "
                "has replaced it",
                f"read it before <{_TOKEN_POLICY}>, into a variable",
                severity="warning",
            )


def _validates_authorization(element: Element) -> bool:
    attributes = element.attributes
    if element.name not in ("validate-jwt", "validate-azure-ad-token", "check-header"):
        return False
    if element.name == "check-header":
        return attributes.get("name", "").lower() == "authorization"
    token = attributes.get("token-value")
    if token is not None:
        return bool(_AUTHORIZATION.search(token))
    default = "Authorization" if element.name == "validate-azure-ad-token" else ""
    if "query-parameter-name" in attributes:
        default = ""
    return attributes.get("header-name", default).lower() == "authorization"


def _refuse() -> NoReturn:
    raise ValueError


def _within(node: Node) -> Iterator[Element]:
    """Yield an element and all that stand in it."""
    if isinstance(node, Element):
        yield node
        for child in node.children:
            yield from _within(child)


def _templates(nodes: Sequence[Node]) -> bool:
    """Tell whether Terraform has yet to put something between the elements."""
    return any(isinstance(node, Template) for node in nodes)


def _contains(nodes: Sequence[Node], name: str) -> bool:
    return any(
        isinstance(node, Element) and (node.name == name or _contains(node.children, name))
        for node in nodes
    )


def _ticked(names: Collection[str]) -> list[str]:
    return [f"`{name}`" for name in names]


def _or(names: Collection[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
