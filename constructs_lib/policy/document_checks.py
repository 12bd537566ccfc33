"""Checks documents: against the reference of policies, and for what goes wrong between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address as address

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.policy.composition import fixed, sections
from constructs_lib.policy.element_checks import (
    CheckScope,
    ElementChecker,
    either,
    holds_templates,
    ticked,
)
from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import (
    DATA_SOURCES,
    SECTIONS,
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
from constructs_lib.policy.specification import (
    ElementSpecification,
    GatewayKind,
    Policy,
)
from constructs_lib.policy.undefined import Known, similar, undefined
from constructs_lib.policy.values import Template, shortened
from constructs_lib.policy.writer import write

SOAP_TYPES = ("application/soap+xml", "text/xml")
"""Content types of SOAP 1.2 and 1.1: Learn, validate-content."""

LARGEST_FRAGMENT = 512 * 1024
"""How many bytes a fragment may have: Learn, "Reuse policy configurations", "Limitations"."""
_NAME = re.compile(r"[\w.-]+")
_BODY = re.compile(r"\{[{%][^}]*\bbody\b")
_AUTHORIZATION = re.compile(r"Headers\b[^;]{0,200}?[\"']authorization[\"']", re.IGNORECASE)
_TOKEN_POLICY = "authentication-managed-identity"  # noqa: S105 - the name of a policy
_FRAGMENT = "include-fragment"


def check(
    document: AnyDocument,
    *,
    scope: CheckScope = "api",
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


def _gateway(sku: str | None) -> GatewayKind | None:
    name = (sku or "").partition("_")[0].lower()
    if not name or "$" in name:
        return None
    return "consumption" if name == "consumption" else "v2" if name.endswith("v2") else "classic"


class _Checker(ElementChecker):
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
                nodes = document.sections()[section]
                if not there & {name, _FRAGMENT} and not holds_templates(nodes):
                    self.report(
                        "SFP409",
                        element.place,
                        f"<{element.name}> does nothing without <{name}>, which is not in "
                        f"<{section}>",
                        f"add <{name}> to <{section}>, unless a wider scope has it",
                        severity="warning",
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
        based = forwarded or _contains(policies, "base") or holds_templates(nodes)
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
                        "keep one of them",
                    )
            elif isinstance(node, str) and not isinstance(node, Template):
                self.report("SFP305", place, "text stands between policies", "make it a comment")

    def policy(self, element: Element, section: str | None) -> None:
        policy = POLICIES.get(element.name)
        if isinstance(self.document, Fragment) and (policy or element.name in SECTIONS):
            self.in_fragment(element)
        if policy is None and element.name in SECTIONS and isinstance(self.document, Fragment):
            return
        if policy is None:
            self.report(
                "SFP101",
                element.place,
                f"there is no policy <{element.name[:60]}>",
                similar(element.name, POLICIES, "<{}>"),
            )
            return
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
        if element.name in ("base", _FRAGMENT, *SECTIONS):
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
                f"move it to {either([f'<{name}>' for name in policy.sections])}",
                severity="warning" if disputed else "error",
            )
        if self.scope not in policy.scopes:
            self.report(
                "SFP103",
                element.place,
                f"<{element.name}> cannot be used at {self.scope} scope",
                f"use it at {either(policy.scopes)} scope",
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
        elif name == "allowed-origins":
            self.origins(element)
        elif name == "publish-to-dapr":
            self.topic(element)
        elif name == "xsl-transform":
            self.stylesheet(element)
        elif name == "content":
            self.schema(element)
        elif any(element.elements("dimension")):
            self.dimensions(element)

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
        if not any(element.elements(_FRAGMENT)) and not holds_templates(element.children):
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
                    severity="warning" if needed.tolerated else "error",
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

    def origins(self, element: Element) -> None:
        """Check for `*` next to other origins: Learn, cors, "Elements"."""
        origins = list(element.elements("origin"))
        every = next((origin for origin in origins if origin.text == "*"), None)
        if every and len(origins) > 1:
            self.report(
                "SFP206",
                every.place,
                "<allowed-origins> takes `*` alone, or origins that are named",
                "keep `*`, or the others",
                severity="warning",
            )

    def topic(self, element: Element) -> None:
        """Check that a topic names its component: Learn, publish-to-dapr."""
        topic = element.attributes.get("topic", "")
        if _NAME.fullmatch(topic) and "pubsub-name" not in element.attributes:
            self.report(
                "SFP206",
                element.place,
                f"`topic` of <{element.name}> names no component",
                "add pubsub-name=…, or write the topic as `component/topic`",
                attribute="topic",
                severity="warning",
            )

    def stylesheet(self, element: Element) -> None:
        """Check that there is a style sheet: Learn, xsl-transform, "Elements"."""
        inner = [each for each in element.elements() if each.name != "parameter"]
        if not inner and not element.text:
            self.report(
                "SFP302",
                element.place,
                f"<{element.name}> needs an element <xsl:stylesheet>",
                "add <xsl:stylesheet>",
            )

    def schema(self, element: Element) -> None:
        """Check what is validated as what: Learn, validate-content, "content attributes"."""
        given = element.attributes
        engine, kind = given.get("validate-as"), given.get("type", SOAP_TYPES[0])
        problem = attribute = ""
        if engine == "soap" and fixed(kind) and kind.lower() not in SOAP_TYPES:
            problem, attribute = f"`type` is not {either(ticked(SOAP_TYPES))}", "type"
        elif engine in ("xml", "soap") and "schema-ref" in given:
            problem, attribute = "`schema-ref` is for JSON schemas only", "schema-ref"
        if problem:
            self.report(
                "SFP206",
                element.place,
                f"<{element.name}> validates as `{engine}`, but {problem}",
                "write what the engine takes, or validate as `json`",
                attribute=attribute,
                severity="warning",
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


def _within(node: Node) -> Iterator[Element]:
    """Yield an element and all that stand in it."""
    if isinstance(node, Element):
        yield node
        for child in node.children:
            yield from _within(child)


def _contains(nodes: Sequence[Node], name: str) -> bool:
    return any(
        isinstance(node, Element) and (node.name == name or _contains(node.children, name))
        for node in nodes
    )
