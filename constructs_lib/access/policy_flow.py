"""Where an API sends its requests, and with which token: its policies through all scopes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from constructs_lib.access.chain import Chain
from constructs_lib.access.links import ApiLink, GatewayLink, ToolLink
from constructs_lib.access.policy_document import PolicyDocument, PolicyReader, read_document
from constructs_lib.access.policy_walk import Walk
from constructs_lib.access.policy_way import Leak, TokenRequest, Way
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Opaque, Reference, Term, Value, join, text_of
from constructs_lib.policy.composition import elements

__all__ = ["Forwarder", "Forwarding", "Leak", "TokenRequest", "Way", "key_names"]


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
        self._documents: dict[tuple[str, str], PolicyDocument] = {}
        self._reader = PolicyReader()

    def forwarding(self, api: ApiLink) -> Forwarding:
        """What an API does with requests, over all of its operations or tools."""
        own = self._forwarding(api)
        if not api.tools:
            return own
        parts = [own]
        ways: dict[Way, None] = {}
        for tool in dict.fromkeys(api.tools):
            if tool.api is None or tool.api.tools:
                reason = f"which operation a tool of {api.name} calls is not known here"
                found = [way._replace(unknown=way.unknown or reason) for way in own.ways]
            else:
                part = self._forwarding(tool.api, own.ways, tool)
                parts.append(part)
                found = part.ways
            ways.update((way, None) for way in found)
        problems, mentions, leaks = (
            tuple(dict.fromkeys(each for part in parts for each in getattr(part, name)))
            for name in ("problems", "mentions", "leaks")
        )
        return Forwarding(tuple(ways), problems, mentions, leaks)

    def _forwarding(
        self, api: ApiLink, before: Sequence[Way] | None = None, tool: ToolLink | None = None
    ) -> Forwarding:
        """What an API does with requests, or with those that an API of the type `mcp` lets through.

        Args:
            api: The API.
            before: What that one makes of them; None for requests of callers.
            tool: The tool that they are calls of.
        """
        ways: dict[Way, None] = {}
        problems: dict[tuple[str, str], None] = {}
        mentions: dict[Reference, None] = {}
        leaks: dict[Leak, None] = {}
        own = [self.document(api.policy, api.gateway)] if api.policy else []
        # Operations without a policy of their own all behave like the API.
        operations: list[PolicyDocument | None] = [
            self.document(each, api.gateway) for each in api.operation_policies.values()
        ]
        if not api.operations or any(name not in api.operation_policies for name in api.operations):
            operations.insert(0, None)
        if tool is not None and tool.operation in api.operations:
            policy = api.operation_policies.get(tool.operation)
            operations = [self.document(policy, api.gateway) if policy else None]
        outer: list[PolicyDocument] = []
        if api.gateway.policy:
            outer.append(self.document(api.gateway.policy, api.gateway))
        products: list[PolicyDocument | None] = [
            self.document(api.gateway.product_policies[product], api.gateway)
            for product in api.products
            if product in api.gateway.product_policies
        ]
        products.append(None)
        open_products = tool is None and self._open_products(api)
        answered: str | None = None
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
                found = self._ways(scopes, api, leaks, before)
                if product is None and open_products:
                    found = [
                        each if each in ways else each._replace(subscribed=True) for each in found
                    ]
                ways.update((way, None) for way in found)
                forwards = scopes and _calls_a_backend(scopes)
                if forwards and not found and not any(each.problem for each in scopes):
                    answered = scopes[0].address
        if answered is not None and not ways and (own or not self._has_no_backend(api)):
            # An operation that answers by itself is no fault, as long as another one forwards.
            problems[answered, "the request is answered without the backend"] = None
        return Forwarding(tuple(ways), tuple(problems), tuple(mentions), tuple(leaks))

    def _open_products(self, api: ApiLink) -> bool:
        """Tell whether policies of products see every request without a subscription key.

        API Management handles such a request in the context of the open product of the API, if
        it has one (Learn, "Subscriptions in Azure API Management").
        """
        gateway, doubts, sure = api.gateway, self.chain.doubts, False
        for name in api.products:
            product, policy = gateway.products.get(name), gateway.product_policies.get(name)
            if product is None:
                return False
            body = self.chain.configuration.body(product)
            demanded = body.value("subscription_required", True if product.shows else None)
            doubted = any(
                doubts.on(product, each) for each in ("subscription_required", "published")
            )
            if demanded is True and not doubted:
                continue
            if policy is None or doubted or doubts.on(policy, "xml_content"):
                return False
            if any(self.chain.configuration.perhaps(each) for each in (product, policy)):
                return False
            published = body.value("published") is True and name not in api.products_perhaps
            sure = sure or (demanded is False and published)
        return sure

    def _has_no_backend(self, api: ApiLink) -> bool:
        """Tell whether an API names no backend, as one that only tells something by itself."""
        if api.resource is None:
            return False
        return self.chain.configuration.body(api.resource).value("service_url", None) is None

    def document(self, policy: Resource, gateway: GatewayLink) -> PolicyDocument:
        """A policy document, with named values put in."""
        found = self._documents.get((policy.stack, policy.address))
        if found is None:
            body = self.chain.configuration.body(policy)
            attribute = "value" if policy.type.endswith("_fragment") else "xml_content"
            text = self._with_named_values(body.value(attribute), gateway)
            found = read_document(policy.address, text, self._reader)
            if self.chain.configuration.perhaps(policy):
                found = replace(found, doubt=f"whether {policy.address} is made is not known here")
            doubt = self.chain.doubts.on(policy, attribute)
            if doubt is not None:
                found = replace(found, doubt=doubt.reason)
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
                if position % 2 and piece.startswith(("body.", "context.")):
                    pieces.append("{{" + piece + "}}")  # Liquid writes what it means so, too.
                    continue
                pieces.append(self._named_value(piece, gateway) if position % 2 else piece)
        return join(pieces)

    def _named_value(self, name: str, gateway: GatewayLink) -> Value:
        resource = gateway.named_values.get(name.lower())
        if resource is None:
            return Term((Opaque("{{" + name + "}}", known=resource is not None),))
        value = self.chain.configuration.body(resource).value("value")
        return Term((Opaque("{{" + name + "}}", known=False),)) if value is None else value

    def _ways(
        self,
        scopes: Sequence[PolicyDocument],
        api: ApiLink,
        leaks: dict[Leak, None],
        before: Sequence[Way] | None,
    ) -> list[Way]:
        configuration = self.chain.configuration
        start = Way(address=scopes[0].address if scopes else api.address)
        if api.resource is not None:
            url = configuration.body(api.resource).value("service_url")
            if url is None:
                url = self._imported(api.resource)
            if isinstance(url, (list, dict)):
                url = Term((Opaque(text_of(url), known=False),))  # It is no URL.
            if url is not None:
                start = start._replace(url=url, backend_address=api.address)
            backend = self.chain.azapi.backends.get((api.resource.stack, api.address))
            if backend is not None:
                start = start._replace(backend_id=backend, backend_address=api.address)
            doubt = self.chain.doubts.on(api.resource, None)
            if doubt is not None:
                start = start._replace(unknown=doubt.reason)
        if not scopes and api.resource is None:
            start = start._replace(unknown="the API's policy is managed elsewhere")
        names = key_names(configuration, api)
        walk = Walk(self.chain, api, names, lambda each: self.document(each, api.gateway), leaks)
        starts = [start] if before is None else [_called(way, start, api) for way in before]
        ways = walk.section("inbound", scopes, starts)
        answered = walk.section("backend", scopes, ways)
        # What refuses after the request was sent on keeps nothing from the backend.
        unread = [way for way in answered if way.unknown is not None]
        forwarded = list(dict.fromkeys([*walk.forwarded, *unread])) or answered
        # What becomes of the answer changes no request, but can give away what was in one.
        walk.section("outbound", scopes, forwarded)
        walk.section("on-error", scopes, forwarded)
        if before is not None:
            # The answer of an operation becomes that of a tool as a whole, whoever forwards it.
            streams = all(way.streams for way in before)
            forwarded = [way._replace(streams=streams) for way in forwarded]
        return [*(forwarded if walk.forwards(scopes) else []), *walk.sent]

    def _imported(self, api: Resource) -> Value:
        """The first server that an imported document names, which becomes the service URL."""
        block = self.chain.configuration.body(api).block("import")
        if block is None:
            return None
        content, form = block.value("content_value"), text_of(block.value("content_format"))
        if isinstance(content, str) and form in ("openapi", "openapi+json", "swagger-json"):
            server = _server(content)
            if server is not None:
                return server
            if server is None and "servers" not in content and "host" not in content:
                return None
        return Term((Opaque("(the servers of the imported document)", known=False),))


def _called(way: Way, start: Way, api: ApiLink) -> Way:
    """A request as an API gets it from one of the type `mcp`, whose policy it has passed."""
    return way._replace(
        url=start.url,
        backend_id=start.backend_id,
        backend_address=start.backend_address,
        unknown=way.unknown or start.unknown,
        called=api,
    )


def _calls_a_backend(scopes: Sequence[PolicyDocument]) -> bool:
    """Whether policies say to whom to send requests; those that only answer are no mistake."""
    roots = [each.root for each in scopes if each.root is not None]
    names = {each.name for root in roots for each in elements(root)}
    answers = names & {"return-response", "mock-response"}
    return not answers or bool(names & {"set-backend-service", "authentication-managed-identity"})


def _server(content: str) -> str | None:
    """The first server of an OpenAPI document, or the host of one of version 2."""
    try:
        document: Any = json.loads(content)
    except ValueError:
        found = re.search(r"^servers:\s*\n\s*-\s*url:\s*['\"]?([^\s'\"]+)", content, re.MULTILINE)
        return found[1] if found and "://" in found[1] else None
    if not isinstance(document, dict):
        return None
    described = cast("dict[str, Any]", document)
    servers = described.get("servers")
    if isinstance(servers, list) and servers and isinstance(servers[0], dict):
        url = cast("dict[str, Any]", servers[0]).get("url")
        return url if isinstance(url, str) and "://" in url else None
    host = described.get("host")
    if isinstance(host, str):
        schemes = described.get("schemes")
        listed = cast("list[Any]", schemes) if isinstance(schemes, list) else []
        scheme = str(listed[0]) if listed else "https"
        return f"{scheme}://{host}{described.get('basePath', '')}"
    return None
