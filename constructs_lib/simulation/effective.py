"""What runs for a request: the policies of all scopes, spliced at `<base />`, ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from constructs_lib._core.errors import InputError
from constructs_lib.access.links import ApiLink, GatewayLink, key
from constructs_lib.access.policy_document import PolicySection, section_of
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import text_of
from constructs_lib.policy.model import Document, Element, Fragment, Node
from constructs_lib.policy.reader import read
from constructs_lib.simulation.call import PolicyStep
from constructs_lib.simulation.known import KnownValues, NotKnownError
from constructs_lib.simulation.model import SimulatedApi, SimulatedOperation
from constructs_lib.simulation.policies import POLICIES
from constructs_lib.simulation.policy_statements import (
    HOLE,
    RefusedError,
    Statement,
    Surroundings,
    step_of,
)

SECTIONS: tuple[PolicySection, ...] = ("inbound", "backend", "outbound", "on-error")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps of each section.

    Attributes:
        problem: Why it cannot be run; then it has no steps.
    """

    inbound: list[PolicyStep] = field(default_factory=list[PolicyStep])
    backend: list[PolicyStep] = field(default_factory=list[PolicyStep])
    outbound: list[PolicyStep] = field(default_factory=list[PolicyStep])
    on_error: list[PolicyStep] = field(default_factory=list[PolicyStep])
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The text of a policy, read; `missing` is what is not known in it."""

    root: Document | Fragment
    missing: tuple[NotKnownError, ...]


class UnreadableError(Exception):
    """A policy's text is not known, or API Management would refuse it."""


_NO_POLICY = PolicyText(
    Document(inbound=[], backend=[Element("forward-request")], outbound=[], on_error=[]), ()
)
"""The global policy of a service that has none of its own."""


class Policies:
    """The policies of a service.

    Args:
        configuration: Where their texts stand.
        known: What values come to.
        gateway: The service.

    Attributes:
        named_values: Named values by their names in lower case.
        secrets: Those of them that are never to be shown.
    """

    def __init__(
        self, configuration: Configuration, known: KnownValues, gateway: GatewayLink
    ) -> None:
        self._configuration = configuration
        self._known = known
        self._gateway = gateway
        self._texts: dict[tuple[str, str], PolicyText] = {}
        self._pipelines: dict[tuple[int, int, object], Pipeline] = {}
        self.named_values: Mapping[str, str | NotKnownError] = {
            str(name): self._named_value(resource)
            for name, resource in gateway.named_values.items()
        } | {name.lower(): value for name, value in known.given.items()}
        self.secrets = self._hidden()

    def _hidden(self) -> list[str]:
        found: list[str] = []
        for name, resource in self._gateway.named_values.items():
            value = self.named_values.get(str(name))
            secret = self._configuration.body(resource).value("secret") is True
            if secret and isinstance(value, str) and value:
                found.append(value)
        return found

    def pipeline(
        self,
        api: SimulatedApi | None,
        operation: SimulatedOperation | None = None,
        product: object = None,
    ) -> Pipeline:
        """What runs for an operation, as a product has it."""
        place = (id(api), id(operation), product)
        found = self._pipelines.get(place)
        if found is None:
            found = self._pipelines[place] = self._compiled(api, operation, product)
        return found

    def _compiled(
        self, api: SimulatedApi | None, operation: SimulatedOperation | None, product: object
    ) -> Pipeline:
        try:
            scopes = self._scopes(api, operation, product)
            sections = {name: self._section(name, scopes) for name in SECTIONS}
        except UnreadableError as error:
            return Pipeline(problem=str(error))
        return Pipeline(
            sections["inbound"],
            sections["backend"],
            sections["outbound"],
            sections["on-error"],
        )

    def _scopes(
        self, api: SimulatedApi | None, operation: SimulatedOperation | None, product: object
    ) -> list[tuple[str, str, PolicyText]]:
        """The policies from the widest scope on: the scope, the policy's address, its text."""
        link: ApiLink | None = api.link if api else None
        found: list[tuple[str, str, PolicyText]] = [("global", "the service", _NO_POLICY)]
        for scope, policy in (
            ("global", self._gateway.policy),
            ("product", self._gateway.product_policies.get(product) if product else None),
            ("api", link.policy if link else None),
            ("operation", operation.policy if operation else None),
        ):
            if policy is not None:
                found = [] if scope == "global" else found
                found.append((scope, policy.address, self._text(policy)))
        return found

    def _section(
        self, name: PolicySection, scopes: Sequence[tuple[str, str, PolicyText]]
    ) -> list[PolicyStep]:
        steps: list[PolicyStep] = []
        for position, (scope, address, text) in enumerate(scopes):
            around = Surroundings(scope, name, self.named_values, POLICIES, text.missing)
            nodes = section_of(text.root, name)
            try:
                steps = self._spliced(nodes, around, steps if position else [])
            except RefusedError as error:
                raise UnreadableError(
                    f"API Management would refuse the policy {address}: {error}"
                ) from None
        return steps

    def _spliced(
        self, nodes: Sequence[Node], around: Surroundings, base: list[PolicyStep]
    ) -> list[PolicyStep]:
        steps: list[PolicyStep] = []
        section = Element(around.section)
        section.children = self._with_fragments(nodes, around)
        for statement in Statement(section, around, "").children():
            if statement.name == "base":
                steps += base
            else:
                steps.append(step_of(statement))
        return steps

    def _with_fragments(self, nodes: Sequence[Node], around: Surroundings) -> list[Node]:
        """The nodes with the policies of fragments in the place of what includes them."""
        found: list[Node] = []
        for node in nodes:
            if not isinstance(node, Element):
                found.append(node)
            elif node.name == "include-fragment":
                found += self._fragment(node, around)
            elif any(isinstance(child, Element) for child in node.children):
                copy = replace(node, children=[])
                copy.children = self._with_fragments(node.children, around)
                found.append(copy)
            else:
                found.append(node)
        return found

    def _fragment(self, node: Element, around: Surroundings) -> list[Node]:
        name = Statement(node, around, "").literal("fragment-id")
        resource = self._gateway.fragments.get(key(name))
        if resource is None:
            raise UnreadableError(f"the fragment {name} is not in the configuration")
        text = self._text(resource)
        if text.missing:
            raise UnreadableError(f"{resource.address}: {text.missing[0]}")
        policies = section_of(text.root, "inbound")
        return [each for each in policies if isinstance(each, Element)]

    def _text(self, policy: Resource) -> PolicyText:
        found = self._texts.get((policy.stack, policy.address))
        if found is None:
            found = self._texts[policy.stack, policy.address] = self._read(policy)
        return found

    def _read(self, policy: Resource) -> PolicyText:
        attribute = "value" if policy.type.endswith("_fragment") else "xml_content"
        value = self._configuration.body(policy).value(attribute)
        if value is None:
            raise UnreadableError(f"the text of {policy.address} is linked, so it is not read")
        missing: list[NotKnownError] = []
        written = ""
        for piece in self._known.pieces(value):
            if isinstance(piece, NotKnownError):
                written += f"{HOLE}{len(missing)}\ue011"
                missing.append(piece)
            else:
                written += piece
        if written.startswith(HOLE):
            raise UnreadableError(f"the text of {policy.address}: {missing[0]}")
        try:
            return PolicyText(read(written, policy.address), tuple(missing))
        except InputError as error:
            raise UnreadableError(f"API Management would refuse the policy: {error}") from None

    def _named_value(self, resource: Resource) -> str | NotKnownError:
        name = text_of(self._configuration.attribute(resource, "display_name"))
        if name in self._known.given:
            return self._known.given[name]
        value = self._configuration.body(resource).value("value")
        what = f"the named value {name}"
        if value is None:
            return NotKnownError(what, name)
        try:
            return self._known.text(value, what)
        except NotKnownError:
            return NotKnownError(what, name)
