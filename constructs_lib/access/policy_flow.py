"""Where an API sends its requests, and with which token: its policies through all scopes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from constructs_lib._core.errors import InputError
from constructs_lib.access.links import ApiLink, Chain, GatewayLink, host_of, key
from constructs_lib.access.terraform.configuration import Configuration, Resource
from constructs_lib.access.terraform.expressions import (
    Opaque,
    Reference,
    Term,
    Value,
    join,
    references_in,
    text_of,
)
from constructs_lib.policy.model import Document, Element, Fragment, Node
from constructs_lib.policy.reader import read
from constructs_lib.policy.values import Expression

# A policy that branches more often than this is answered with "unknown".
_MAXIMUM_WAYS = 64
_MAXIMUM_FRAGMENTS = 8

_TOKEN_CHECKS = frozenset({"validate-jwt", "validate-azure-ad-token"})
_REQUESTS = frozenset({"send-request", "send-one-way-request"})
# Who reads what stands in a statement, before the backend has answered and afterwards.
_TOLD = {
    "log-to-eventhub": "an event hub",
    "return-response": "whoever calls",
    "trace": "the traces",
}
_TOLD_AFTERWARDS = {"set-body": "whoever calls", "set-header": "whoever calls", **_TOLD}
_REPLACED = "the policy replaces the gateway's token after getting it"
_CONTAINERS = frozenset({"retry", "limit-concurrency", "wait"})


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token that a policy gets from the gateway's identity.

    Attributes:
        resource: What it asks for: client id or App ID URI of an application.
        client_id: Which user-assigned identity; None is the system-assigned one.
        address: The policy that gets it.
        ignore_error: Whether the request goes on without it when Entra refuses.
    """

    resource: Value
    client_id: Value | None
    address: str
    ignore_error: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A token in a variable.

    Attributes:
        name: The variable.
        token: The token.
        bearer: Whether "Bearer " stands before it already.
    """

    name: str
    token: TokenRequest
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class Leak:
    """A token or the subscription key that leaves otherwise than in the backend's request.

    Attributes:
        address: The policy that gives it away.
        token: The token; None is the key.
        to: Who gets it: a host, or in words.
        host: Whether it is a host.
    """

    address: str
    token: TokenRequest | None
    to: str
    host: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a request may take through the policies.

    Attributes:
        backend_id: The backend entity that it is sent to.
        url: The URL that it is sent to, when there is no backend entity.
        backend_address: Which resource says so.
        token: What it carries in `Authorization`; None is nothing of the gateway's.
        replaced: The policy that keeps the token out of `Authorization`, and how.
        variables: Tokens that were put in variables.
        headers: Names of headers that are deleted, in lower case.
        queries: Names of query parameters that are deleted.
        copies: Names of headers that the subscription key was copied into, in lower case.
        certificate: Whether a client certificate is sent.
        checked: The policy statement that demands proof of who the caller is.
        unknown: Why parts of the policies are not known.
        address: The innermost policy.
    """

    backend_id: Value | None = None
    url: Value | None = None
    backend_address: str | None = None
    token: TokenRequest | None = None
    replaced: tuple[str, str] | None = None
    variables: tuple[Held, ...] = ()
    headers: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()
    certificate: bool = False
    checked: str | None = None
    unknown: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What an API does with requests.

    Attributes:
        ways: Every way that reaches a backend, by the operation's address or the API's.
        problems: What keeps a policy from being read or from forwarding: address, what is wrong.
        mentions: What policies are computed from whose text is known only after apply.
        leaks: What the policies give away.
    """

    ways: tuple[Way, ...]
    problems: tuple[tuple[str, str], ...]
    mentions: tuple[Reference, ...]
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, slots=True)
class _Policy:
    address: str
    root: Document | Fragment | None
    parts: tuple[Reference | Opaque, ...]
    problem: str | None = None
    mentions: tuple[Reference, ...] = ()


_Section = Literal["inbound", "backend", "outbound", "on-error"]


def key_names(configuration: Configuration, api: ApiLink) -> tuple[str, str]:
    """The header and the query parameter of an API's subscription key."""
    header, query = "Ocp-Apim-Subscription-Key", "subscription-key"
    body = configuration.body(api.resource) if api.resource is not None else None
    names = body.block("subscription_key_parameter_names") if body is not None else None
    if names is None:
        return header, query
    return text_of(names.value("header", header)), text_of(names.value("query", query))


class Forwarder:
    """Reads policies, each once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._documents: dict[tuple[str, str], _Policy] = {}

    def forwarding(self, api: ApiLink) -> Forwarding:
        """What an API does with requests, over all of its operations."""
        ways: dict[Way, None] = {}
        problems: dict[tuple[str, str], None] = {}
        mentions: dict[Reference, None] = {}
        leaks: dict[Leak, None] = {}
        own = [self.document(api.policy, api.gateway)] if api.policy else []
        # Operations without a policy of their own all behave like the API.
        operations: list[_Policy | None] = [
            self.document(each, api.gateway) for each in api.operation_policies.values()
        ]
        if not api.operations or any(name not in api.operation_policies for name in api.operations):
            operations.insert(0, None)
        outer: list[_Policy] = []
        if api.gateway.policy:
            outer.append(self.document(api.gateway.policy, api.gateway))
        products: list[_Policy | None] = [
            self.document(api.gateway.product_policies[product], api.gateway)
            for product in api.products
            if product in api.gateway.product_policies
        ]
        products.append(None)
        for operation in operations:
            for product in products:
                scopes = [
                    *([operation] if operation else []),
                    *own,
                    *([product] if product else []),
                    *outer,
                ]
                problems.update(
                    ((each.address, each.problem), None) for each in scopes if each.problem
                )
                mentions.update((mention, None) for each in scopes for mention in each.mentions)
                found = self._ways(scopes, api, leaks)
                ways.update((way, None) for way in found)
                if scopes and not found and not any(each.problem for each in scopes):
                    problems[scopes[0].address, "the request is answered without the backend"] = (
                        None
                    )
        return Forwarding(tuple(ways), tuple(problems), tuple(mentions), tuple(leaks))

    def document(self, policy: Resource, gateway: GatewayLink) -> _Policy:
        """A policy document, with named values put in."""
        found = self._documents.get((policy.stack, policy.address))
        if found is None:
            body = self.chain.configuration.body(policy)
            attribute = "value" if policy.type.endswith("_fragment") else "xml_content"
            text = body.value(attribute)
            found = _read(policy.address, self._with_named_values(text, gateway))
            self._documents[policy.stack, policy.address] = found
        return found

    def _with_named_values(self, text: Value, gateway: GatewayLink) -> Value:
        parts = text.parts if isinstance(text, Term) else (text,)
        if not any(isinstance(part, str) and "{{" in part for part in parts):
            return text
        pieces: list[Value] = []
        for part in parts:
            if not isinstance(part, str):
                pieces.append(Term((part,)) if isinstance(part, (Reference, Opaque)) else part)
                continue
            for position, piece in enumerate(re.split(r"\{\{\s*([\w.-]+)\s*\}\}", part)):
                pieces.append(self._named_value(piece, gateway) if position % 2 else piece)
        return join(pieces)

    def _named_value(self, name: str, gateway: GatewayLink) -> Value:
        resource = gateway.named_values.get(name.lower())
        if resource is None:
            return Term((Opaque("{{" + name + "}}", known=resource is not None),))
        value = self.chain.configuration.body(resource).value("value")
        return Term((Opaque("{{" + name + "}}", known=False),)) if value is None else value

    def _ways(self, scopes: Sequence[_Policy], api: ApiLink, leaks: dict[Leak, None]) -> list[Way]:
        configuration = self.chain.configuration
        start = Way(address=scopes[0].address if scopes else api.address)
        if api.resource is not None:
            url = configuration.body(api.resource).value("service_url")
            if url is not None:
                start = replace(start, url=url, backend_address=api.address)
        if not scopes and api.resource is None:
            start = replace(start, unknown="the API's policy is managed elsewhere")
        walk = _Walk(self, api, leaks)
        ways = walk.section("inbound", scopes, [start])
        forwarded = walk.section("backend", scopes, ways)
        # What becomes of the answer changes no request, but can give away what was in one.
        walk.section("outbound", scopes, forwarded)
        walk.section("on-error", scopes, forwarded)
        return forwarded if walk.forwards(scopes) else []


def _read(address: str, text: Value) -> _Policy:
    """Read a policy; what is not literal stands in it as private-use characters meanwhile."""
    if text is None:
        problem = "the policy's text is linked or written by azapi, so it is not read here"
        return _Policy(address, None, (), problem)
    parts = text.parts if isinstance(text, Term) else (text,)
    if isinstance(text, Term) and all(isinstance(part, Opaque) for part in text.parts):
        problem = "the policy's text is known only after apply"
        return _Policy(address, None, (), problem, references_in(text))
    kept: list[Reference | Opaque] = []
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, (Reference, Opaque)):
            pieces.append(f"\ue010{len(kept)}\ue011")
            kept.append(part)
        else:
            pieces.append(re.sub("[\ue000-\uf8ff]", "", str(part)))
    try:
        root = read("".join(pieces))
    except InputError as error:
        return _Policy(address, None, (), f"the policy cannot be read: {error}")
    return _Policy(address, root, tuple(kept))


class _Walk:
    """Follows requests through the statements of a section."""

    def __init__(self, forwarder: Forwarder, api: ApiLink, leaks: dict[Leak, None]) -> None:
        self.forwarder = forwarder
        self.gateway = api.gateway
        self.key = key_names(forwarder.chain.configuration, api)[0].strip().lower()
        self.leaks = leaks

    def section(self, name: _Section, scopes: Sequence[_Policy], ways: list[Way]) -> list[Way]:
        """The ways on after one section, `<base />` being the next scope outwards."""
        for position, document in enumerate(scopes):
            if document.root is None:
                reason = document.problem
                return [replace(way, unknown=way.unknown or reason) for way in ways]
            return self._statements(
                _section(document.root, name), document, scopes[position + 1 :], name, ways, 0
            )
        return ways

    def forwards(self, scopes: Sequence[_Policy]) -> bool:
        """Whether the backend section sends the request on."""
        for document in scopes:
            if document.root is None:
                return True
            tags = set(_names(_section(document.root, "backend")))
            if tags & {"forward-request", "include-fragment", "proxy"}:
                return True
            if "base" not in tags:
                return False
        return True

    def _statements(
        self,
        statements: Sequence[Node],
        document: _Policy,
        outer: Sequence[_Policy],
        section: _Section,
        ways: list[Way],
        depth: int,
    ) -> list[Way]:
        if depth > _MAXIMUM_FRAGMENTS:
            return [replace(way, unknown="the policy is nested too deeply") for way in ways]
        for statement in statements:
            if not isinstance(statement, Element):
                if isinstance(statement, str) and "\ue010" in statement:
                    reason = "a part of the policy is known only after apply"
                    ways = [replace(way, unknown=way.unknown or reason) for way in ways]
                continue
            tag = statement.name
            for way in ways:
                self._watch(statement, document, section, way)
            if tag == "base":
                ways = self.section(section, outer, ways)
            elif tag == "choose":
                branches: list[Way] = []
                for branch in statement.elements():
                    branches += self._statements(
                        branch.children, document, outer, section, ways, depth + 1
                    )
                if not any(statement.elements("otherwise")):
                    branches += ways
                ways = list(dict.fromkeys(branches))
                if len(ways) > _MAXIMUM_WAYS:
                    reason = "the policy branches too often"
                    ways = [replace(way, unknown=reason) for way in ways[:_MAXIMUM_WAYS]]
            elif tag in _CONTAINERS:
                ways = self._statements(
                    statement.children, document, outer, section, ways, depth + 1
                )
            elif tag == "include-fragment":
                ways = self._fragment(statement, document, outer, section, ways, depth)
            elif tag in ("return-response", "mock-response"):
                ways = []
            else:
                ways = [self._statement(statement, document, way) for way in ways]
        return ways

    def _fragment(
        self,
        statement: Element,
        document: _Policy,
        outer: Sequence[_Policy],
        section: _Section,
        ways: list[Way],
        depth: int,
    ) -> list[Way]:
        name = _value(statement.attributes.get("fragment-id", ""), document)
        resource = self.gateway.fragments.get(key(name))
        if resource is None:
            reason = (
                f"policy fragment {statement.attributes.get('fragment-id')} is managed elsewhere"
            )
            return [replace(way, unknown=way.unknown or reason) for way in ways]
        fragment = self.forwarder.document(resource, self.gateway)
        if fragment.root is None:
            return [replace(way, unknown=way.unknown or fragment.problem) for way in ways]
        policies = _section(fragment.root, section)
        return self._statements(policies, fragment, outer, section, ways, depth + 1)

    def _statement(self, statement: Element, document: _Policy, way: Way) -> Way:
        tag, address = statement.name, document.address
        if tag == "set-backend-service":
            backend, url = (
                statement.attributes.get("backend-id"),
                statement.attributes.get("base-url"),
            )
            if backend is not None:
                value = _value(backend, document)
                return replace(way, backend_id=value, backend_address=address)
            # A backend entity of an outer scope can be replaced by another entity only (Learn,
            # "Set backend service").
            if url is not None and way.backend_id is None:
                return replace(way, url=_value(url, document), backend_address=address)
            return way
        if tag == "authentication-managed-identity":
            client = statement.attributes.get("client-id")
            token = TokenRequest(
                _value(statement.attributes.get("resource", ""), document),
                None if client is None else _value(client, document),
                address,
                statement.attributes.get("ignore-error", "false").strip().lower() == "true",
            )
            variable = statement.attributes.get("output-token-variable-name")
            if variable:
                return _holding(way, variable, (token, False))
            return replace(way, token=token, replaced=None)
        if tag == "authentication-basic":
            return replace(way, token=None, replaced=(address, _REPLACED))
        if tag == "authentication-certificate":
            return replace(way, certificate=True)
        if _demands_proof(statement, way):
            return replace(way, checked=tag)
        if tag == "set-variable":
            text = statement.attributes.get("value", "")
            return _holding(way, statement.attributes.get("name", ""), _token_in(text, way))
        if tag == "set-header":
            return self._header(statement, address, way)
        if tag == "set-query-parameter" and statement.attributes.get("exists-action") == "delete":
            return replace(
                way, queries=way.queries | {statement.attributes.get("name", "").lower()}
            )
        return way

    def _header(self, statement: Element, address: str, way: Way) -> Way:
        name = statement.attributes.get("name", "").strip().lower()
        action = statement.attributes.get("exists-action", "override")
        text = " ".join(each.text for each in statement.elements("value"))
        if name == "authorization":
            return _authorization(action, text, address, way)
        if action == "delete":
            return replace(way, headers=way.headers | {name}, copies=way.copies - {name})
        if name != self.key and self._gives_key(text, way):
            return replace(way, copies=way.copies | {name})
        return replace(way, copies=way.copies - {name}) if action == "override" else way

    def _gives_key(self, text: str, way: Way) -> bool:
        """Whether an expression takes the subscription key out of its header."""
        taken = _taken(r"Request\.Headers", self.key)
        return self.key not in way.headers and taken.search(text) is not None

    def _watch(self, statement: Element, document: _Policy, section: _Section, way: Way) -> None:
        """Note what a statement gives away."""
        if statement.name in _REQUESTS:
            self._request(statement, document, way)
            return
        told = _TOLD if section in ("inbound", "backend") else _TOLD_AFTERWARDS
        to = told.get(statement.name)
        found = _token_in(_texts(statement), way) if to else None
        if to and found:
            self.leaks[Leak(document.address, found[0], to, host=False)] = None

    def _request(self, statement: Element, document: _Policy, way: Way) -> None:
        """Note what a request to a host gives away that is surely not one of ours."""
        url = next((_value(each.text, document) for each in statement.elements("set-url")), None)
        host = host_of(url)
        computed = not isinstance(host, str) or re.search("[@({]", host)
        if not isinstance(host, str) or computed or self.forwarder.chain.app_at(url) is not None:
            return
        copied = statement.attributes.get("mode", "new").strip().lower() == "copy"
        sent = way if copied else Way(variables=way.variables)
        for each in statement.elements():
            sent = self._statement(each, document, sent)
        text = _texts(statement)
        found = _token_in(text, way)
        token = found[0] if found else sent.token
        if token is not None:
            self.leaks[Leak(document.address, token, host, host=True)] = None
        if (copied and self.key not in sent.headers) or self._gives_key(text, way):
            self.leaks[Leak(document.address, None, host, host=True)] = None


def _authorization(action: str, text: str, address: str, way: Way) -> Way:
    """The way on after a set-header of `Authorization`."""
    if action == "skip" and "authorization" not in way.headers:
        # Whatever is there stays: the token, or what the caller sent.
        kept = "the policy leaves the caller's own Authorization header in place of the token"
        return way if way.token is not None else replace(way, replaced=(address, kept))
    if action == "delete":
        headers = way.headers | {"authorization"}
        return replace(way, token=None, replaced=(address, _REPLACED), headers=headers)
    way = replace(way, headers=way.headers - {"authorization"})
    token, bearer = _token_in(text, way) or (None, False)
    if token is None or action == "append":
        return replace(way, token=None, replaced=(address, _REPLACED))
    if not bearer:
        bare = 'the policy sends the token without "Bearer " in front of it'
        return replace(way, token=None, replaced=(address, bare))
    return replace(way, token=token, replaced=None)


def _demands_proof(statement: Element, way: Way) -> bool:
    """Whether a statement checks who calls, which the gateway's own token does not tell."""
    attributes = statement.attributes
    if statement.name == "validate-client-certificate":
        return attributes.get("ignore-error", "false").strip().lower() != "true"
    if statement.name not in _TOKEN_CHECKS:
        return False
    if attributes.get("require-signed-tokens", "true").strip().lower() == "false":
        return False
    if "token-value" in attributes:
        return _token_in(attributes["token-value"], way) is None
    if "query-parameter-name" in attributes or way.token is None:
        return True
    return attributes.get("header-name", "Authorization").strip().lower() != "authorization"


def _taken(what: str, name: str) -> re.Pattern[str]:
    """Where an expression takes the value of a variable or of a header of the request."""
    call = r"(?:\.GetValueOrDefault(?:<[\w.]+>)?\s*\(|\[)"
    return re.compile(rf'\b{what}\s*{call}\s*"{re.escape(name)}"', re.IGNORECASE)


def _token_in(text: str, way: Way) -> tuple[TokenRequest, bool] | None:
    """The gateway's token that an expression gives, and whether with "Bearer " in front."""
    if ".AsJwt(" in text:
        return None  # What is read out of a token is not the token.
    for held in way.variables:
        taken = _taken("Variables", held.name)
        if taken.search(text):
            rest = taken.sub("", text)
            # What is known only after apply may be the word.
            return held.token, held.bearer or "bearer" in rest.lower() or "\ue010" in rest
    if way.token is not None and _taken(r"Request\.Headers", "Authorization").search(text):
        return way.token, True
    return None


def _holding(way: Way, name: str, found: tuple[TokenRequest, bool] | None) -> Way:
    """The way on after a variable was given a token, or anything else."""
    others = tuple(held for held in way.variables if held.name != name)
    return replace(way, variables=(*others, Held(name, *found)) if found else others)


def _section(root: Document | Fragment, name: _Section) -> list[Node]:
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


def _names(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Element):
            yield node.name
            yield from _names(node.children)


def _texts(element: Element) -> str:
    """All that stands in an element, with its attributes."""
    inner = (_texts(each) for each in element.elements())
    return "\n".join((*element.attributes.values(), element.text, *inner))


def _value(text: str, document: _Policy) -> Value:
    """An attribute of a policy, with what was not literal put back."""
    if isinstance(text, Expression):
        return Term((Opaque(text, known=False),))
    return join(list(_pieces(text, document)))


def _pieces(text: str, document: _Policy) -> Iterator[Value]:
    for position, piece in enumerate(re.split("\ue010(\\d+)\ue011", text)):
        if position % 2:
            yield Term((document.parts[int(piece)],))
        else:
            yield piece
