"""Who calls what, and what each of them gets: callers against targets, link by link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from constructs_lib._core.rules import Rule
from constructs_lib.access import easy_auth, entra, gateway_request, network, subscription_keys
from constructs_lib.access.allow_lists import AllowList, allow_list
from constructs_lib.access.azapi_sites import at
from constructs_lib.access.certainty import all_certain, openness
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision, if_any, settle
from constructs_lib.access.entra import Token, any_same
from constructs_lib.access.imagined import FORGED, OTHER_CLIENT
from constructs_lib.access.links import (
    ApiLink,
    AppLink,
    GatewayLink,
    RegistrationLink,
)
from constructs_lib.access.mcp import server_of, serves
from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.access.policy_flow import (
    Forwarder,
    Forwarding,
    TokenRequest,
    Way,
)
from constructs_lib.access.records import Caller, CallerKind
from constructs_lib.access.routes import Route, place_of, policy_of, route_of
from constructs_lib.access.terraform.body import LATER
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import (
    Opaque,
    Reference,
    Term,
    references_in,
    text_of,
)
from constructs_lib.access.token_holders import (
    TOKEN_HOLDERS,
    accepted_registrations,
    met_by_named,
    met_by_unnamed,
)
from constructs_lib.access.urls import host_unknown


class Call(NamedTuple):
    """One caller's call of one target.

    Attributes:
        caller: Who calls.
        app: What is called.
        decision: What became of it.
        decisions: Everything that the links said, in the order of the chain.
    """

    caller: Caller
    app: AppLink
    decision: Decision
    decisions: tuple[Decision, ...]


# The rules of callers whom Easy Auth lets in by its lists, as it was told to.
_NO_RULE: dict[CallerKind, str] = {"gateway-identity": "SF506", "user": "SF204"}

UNVALIDATED = "the policy validates no token, so that any text passes for one"
_BY_ENTRA = (
    "Check the client's token of Entra with validate-azure-ad-token before "
    "authentication-managed-identity"
)


class Calls:
    """All calls of a chain.

    Attributes:
        routes: Where each API leads.
        forwardings: What the policies of each API say.
        waiting: The apps that expect tokens for a registration.
        calls: One for each caller and target.
        undefined: What policies name that nothing defines, as the rules of it find it once.
        servers: The MCP servers that gateways publish.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._forwarder = Forwarder(chain)
        self._many_stacks = len({stack for stack, _ in chain.configuration.modules}) > 1
        self.forwardings: list[tuple[ApiLink, Forwarding]] = []
        self.routes: list[Route] = []
        self.calls: list[Call] = []
        self.undefined: list[tuple[Rule, Resource, str, str, str]] | None = None
        self._by_app: dict[AppLink, list[Route]] = {}
        self.waiting: dict[RegistrationLink | None, list[AppLink]] = {}
        self._families: set[AppLink] | None = None
        self._anywhere = False
        self._listings: dict[AppLink, AllowList] = {}
        self._callers: dict[AppLink, dict[str, GatewayLink]] | None = None
        for app in chain.apps.values():
            if app.registration is not None:
                self.waiting.setdefault(app.registration, []).append(app)
        by_api: dict[ApiLink, list[Route]] = {}
        for gateway in chain.gateways:
            for api in gateway.apis.values():
                forwarding = self._forwarder.forwarding(api)
                self.forwardings.append((api, forwarding))
                for way in forwarding.ways:
                    route = route_of(self.chain, api, way)
                    self.routes.append(route)
                    by_api.setdefault(api, []).append(route)
                    if route.app is not None:
                        self._by_app.setdefault(route.app, []).append(route)
        self._note_keys_that_are_read()
        self.servers = [
            server
            for api, _ in self.forwardings
            if (server := server_of(chain, api, by_api.get(api, [])))
        ]
        self._server_apis = {server.api for server in self.servers}
        for app in chain.apps.values():
            self.calls.extend(self._outsiders(app))
            self.calls.extend(self._gateway_calls(app))
        self.calls.extend(self._unread_policies())
        self.calls.extend(self._unknown_backends())
        self.calls.extend(self._workspaces())

    # Where APIs lead ----------------------------------------------------------------------------

    def document(self, policy: Resource, gateway: GatewayLink) -> PolicyDocument:
        """A policy as it was read."""
        return self._forwarder.document(policy, gateway)

    def _note_keys_that_are_read(self) -> None:
        """Find apps whose keys the configuration reads, and that a policy known later may call."""
        for _, forwarding in self.forwardings:
            for app in self._mentioned(forwarding.mentions):
                place = app.resource.stack, app.address
                if place in self.chain.host_keys:
                    self.chain.keyed.setdefault(place, self.chain.host_keys[place])

    def gateways_of(self, app: AppLink) -> list[GatewayLink]:
        """The gateways that call an app; all of them, where none is known to."""
        if self._callers is None:
            self._callers = {}
            gateways = {
                api.address: gateway
                for gateway in self.chain.gateways
                for api in gateway.apis.values()
            }
            for call in self.calls:
                gateway = gateways.get(call.caller.address or "")
                if gateway is not None:
                    self._callers.setdefault(call.app, {})[gateway.address] = gateway
        calling = self._callers.get(app)
        return list(calling.values()) if calling else self.chain.gateways

    def is_called(self, app: AppLink) -> bool:
        """Whether a gateway calls an app or one of its slots, or may for all that is known.

        Where no API is in the configuration at all, the gateway is in another one.
        """
        if self._families is None:
            self._families = {
                route.app.slot_of or route.app for route in self.routes if route.app is not None
            }
            self._anywhere = not self.routes or any(
                route.app is None
                and bool(route.way.unknown or route.problem or host_unknown(route.url))
                for route in self.routes
            )
        return self._anywhere or (app.slot_of or app) in self._families

    # Everybody but the gateway ------------------------------------------------------------------

    def _outsiders(self, app: AppLink) -> Iterator[Call]:
        hidden = easy_auth.unseen(app)
        if hidden is not None:
            yield self._call("anonymous", "anybody without a token", app, [hidden])
            return
        before = [*easy_auth.stopped(app), *if_any(network.to_the_internet(app))]
        without_token = easy_auth.easy_auth(app, None)
        keyless = [*self._host_decides(app), *before]
        bare = [*keyless, *without_token]
        yield self._call("anonymous", "anybody without a token", app, bare)
        yield self._call(
            "function-key", "a holder of only a function key", app, [*before, *without_token]
        )
        if self._serves_mcp(app):
            label = "a holder of the system or master key"
            yield self._call("host-key", label, app, [*before, *without_token])
        yield from self._token_holders(app, keyless, bare)
        over_http = [*before, easy_auth.https(app)]
        yield self._call("plain-http", "anybody over plain HTTP", app, over_http)
        label = "a holder of the FTP or SCM publishing credentials"
        yield self._call("publishing", label, app, [easy_auth.publishing(app)])
        for path, attribute in easy_auth.excluded_paths(app):
            decision = Decision.open(
                f"Easy Auth does not check {text_of(path)}",
                app.resource,
                attribute=attribute,
                rule="SF113",
            )
            yield self._call(
                "excluded-path",
                f"anybody on {text_of(path)}",
                app,
                [*keyless, decision],
                detail=text_of(path),
            )

    def _serves_mcp(self, app: AppLink) -> bool:
        """Whether an app is an MCP server, by its settings or by who leads to it."""
        routes = self._by_app.get(app, ())
        return serves(app) or any(route.api in self._server_apis for route in routes)

    def _host_decides(self, app: AppLink) -> list[Decision]:
        """That the Functions host may demand a key of a request that Easy Auth lets through."""
        function = self.chain.keyed.get((app.resource.stack, app.address)) or next(
            (
                place_of(self.chain, route.api, route.way.keyed)
                for route in self._by_app.get(app, ())
                if route.way.keyed is not None
            ),
            None,
        )
        if function is None:
            return []
        return [
            Decision.unknown(
                f"the Functions host of {app.name} may demand a key, which each function's "
                "authLevel decides",
                function,
                attribute=None,
            )
        ]

    def _token_holders(
        self, app: AppLink, before: Sequence[Decision], bare: Sequence[Decision]
    ) -> Iterator[Call]:
        for kind, label in TOKEN_HOLDERS:
            with_token = [
                [*met_by_unnamed(self.chain, app, each, kind, label, before)]
                for each in accepted_registrations(self.chain, app)
            ]
            # Whoever gets further without a token sends none.
            yield self._call(
                kind, label, app, max(*with_token, bare, key=partial(openness, self.chain, app))
            )
        yield from self._listed(app, before, bare)
        yield from self._strangers(app, before)
        yield from self._gateway_identities(app)

    def _listed(
        self, app: AppLink, before: Sequence[Decision], bare: Sequence[Decision]
    ) -> Iterator[Call]:
        """Applications on the allow-list that are no gateway's."""
        registration = app.registration
        if registration is None or app.directory is None:
            return
        for client_id, object_ids in self.allow_list(app).further:
            name = text_of(client_id)
            principal = self.chain.principals.with_client_id(client_id)
            label = principal.name if principal else name
            if label == text_of(LATER):
                label = "an application that is known only after apply"
            elif label.startswith("("):
                label = "an application that is not known here"
            # Where it calls from is not in the configuration.
            passed = [each._replace(verdict="unknown", status="unknown") for each in before]
            with_token = [
                met_by_named(self.chain, app, each, label, (client_id,), object_ids, passed)
                for each in accepted_registrations(self.chain, app)
                if each is not None
            ]
            yield self._call(
                "listed-application",
                f"{label} (on the allow-list)",
                app,
                max(*with_token, bare, key=partial(openness, self.chain, app)),
                trusted=True,
                detail=name,
            )

    def _strangers(self, app: AppLink, before: Sequence[Decision]) -> Iterator[Call]:
        """Object ids that are let in through the registration's own client."""
        registration = app.registration
        if registration is None:
            return
        for object_id in self.allow_list(app).strangers:
            name = text_of(object_id)
            token = Token(
                version=registration.token_version,
                audience=entra.audience(registration, registration.client_id),
                client_ids=(registration.client_id,),
                object_ids=(object_id,),
            )
            passed = [each._replace(verdict="unknown", status="unknown") for each in before]
            yield self._call(
                "listed-application",
                f"{name}, signed in through {registration.name} (on the allow-list)",
                app,
                [*passed, *easy_auth.easy_auth(app, token)],
                trusted=True,
                detail=name,
            )

    def _gateway_identities(self, app: AppLink) -> Iterator[Call]:
        """Each identity of a gateway that calls the app, in the hands of any of its policies."""
        registration = app.registration
        routes = self._by_app.get(app, [])
        for gateway in dict.fromkeys(route.api.gateway for route in routes):
            used = [
                identity
                for route in routes
                if route.api.gateway is gateway
                for identity in (gateway_request.identity_of(self.chain, route)[0],)
                if identity is not None
            ]
            # Which identity a policy uses that is not read cannot be told.
            unread = any(
                route.way.unknown is not None and route.way.token is None
                for route in routes
                if route.api.gateway is gateway
            )
            for identity in gateway.identities:
                own = identity in used or unread
                if registration is None or (not own and not gateway.complete):
                    # Nobody knows whether a gateway that is managed elsewhere has this one.
                    continue
                before = [
                    *easy_auth.stopped(app),
                    *if_any(network.to_gateway(app, gateway, self.chain)),
                ]
                clients, objects = identity.client_ids or None, identity.object_ids or None
                with_token = [
                    met_by_named(
                        self.chain, app, each, identity.record.name, clients, objects, before
                    )
                    for each in accepted_registrations(self.chain, app)
                    if each is not None
                ]
                decisions = max(with_token, key=partial(openness, self.chain, app))
                # Where no policy gets a token, the identity that is let in is the one that is
                # meant.
                own = own or (not used and settle(decisions).verdict == "open")
                # Whoever gets further without a token sends none.
                bare = [*self._host_decides(app), *before, *easy_auth.easy_auth(app, None)]
                yield self._call(
                    "gateway-policy" if own else "gateway-identity",
                    f"any policy of {gateway.name} with {identity.record.name}"
                    if own
                    else f"another identity of {gateway.name}: {identity.record.name}",
                    app,
                    max(decisions, bare, key=partial(openness, self.chain, app)),
                    trusted=own,
                    address=identity.record.address or gateway.address,
                    detail=f"{gateway.address}:{identity.record.name}",
                )

    # The gateway --------------------------------------------------------------------------------

    def _gateway_calls(self, app: AppLink) -> Iterator[Call]:
        by_api: dict[ApiLink, list[Route]] = {}
        for route in self._by_app.get(app, ()):
            by_api.setdefault(route.api, []).append(route)
        for routes in by_api.values():
            api = routes[0].api
            outcomes = [gateway_request.through(self.chain, route, app) for route in routes]
            worst = min(outcomes, key=partial(openness, self.chain, app))
            everything = [decision for outcome in outcomes for decision in outcome]
            yield self._call(
                "gateway",
                f"the gateway through {api.name}",
                app,
                worst,
                said=everything,
                trusted=True,
                address=api.address,
                detail=api.address,
            )
            if api in self._server_apis:
                yield from self._clients(api, app, routes, outcomes)
            yield self._keyless(api, app, routes, outcomes)

    def _keyless(
        self,
        api: ApiLink,
        app: AppLink,
        routes: Sequence[Route],
        outcomes: Sequence[list[Decision]],
    ) -> Call:
        """The call of somebody who has no subscription key."""
        pairs = list(zip(routes, outcomes, strict=True))
        without = [
            [
                *subscription_keys.key_demanded(self.chain, route),
                *gateway_request.with_own(self.chain, route, app, outcome),
                *self._no_key(route),
            ]
            for route, outcome in [each for each in pairs if not each[0].way.subscribed] or pairs
        ]
        keyless = f"the gateway through {api.name} without a subscription key"
        tokenless = f"anybody without a token through {api.name}"
        return self._call(
            "gateway-without-key",
            tokenless if api in self._server_apis else keyless,
            app,
            max(without, key=partial(openness, self.chain, app)),
            address=api.address,
            detail=api.address,
        )

    def _clients(
        self, api: ApiLink, app: AppLink, routes: list[Route], outcomes: list[list[Decision]]
    ) -> Iterator[Call]:
        """The clients of an MCP server: those that are on the policy's list, and the others."""
        yield self._call(
            "mcp-client",
            f"an MCP client with a user's token through {api.name}",
            app,
            min(outcomes, key=partial(openness, self.chain, app)),
            trusted=True,
            address=api.address,
            detail=api.address,
        )
        others = [
            self._of_other_client(route, gateway_request.with_own(self.chain, route, app, outcome))
            for route, outcome in zip(routes, outcomes, strict=True)
        ]
        yield self._call(
            "mcp-other-client",
            f"an MCP client through {api.name} that is not on its list",
            app,
            max(others, key=partial(openness, self.chain, app)),
            address=api.address,
            detail=api.address,
        )

    def _of_other_client(self, route: Route, outcome: list[Decision]) -> list[Decision]:
        """What becomes of a client whose id the policy does not list."""
        policy = place_of(self.chain, route.api, route.way.address)
        lets = route.way.lets(FORGED, OTHER_CLIENT)
        if lets is False:
            reason = "the policy lists the clients that may call"
            return [Decision.closed(401, reason, policy, "xml_content"), *outcome]
        if lets is not True:
            return [*outcome, Decision.unknown(lets, policy, "xml_content")]
        forged = route.way.lets(FORGED) is True
        reason = UNVALIDATED if forged else "the policy does not say which clients may call"
        return [*outcome, Decision.open(reason, policy, "xml_content", "SF603")]

    def _no_key(self, route: Route) -> list[Decision]:
        """What lets a caller without a key in, when everything else does."""
        if route.api in self._server_apis:
            policy = place_of(self.chain, route.api, route.way.address)
            reason = f"the policy of {route.api.name} does not check who calls"
            return [Decision.open(reason, policy, "xml_content", "SF501")._replace(fix=_BY_ENTRA)]
        product = subscription_keys.open_product(self.chain, route.api)
        what = f"the product of {route.api.name}" if product else route.api.name
        return [
            Decision.open(
                f"{what} does not demand a subscription key, and its policy does not check who "
                "calls",
                product or route.api.resource,
                attribute="subscription_required",
                rule="SF501",
            )
        ]

    # Allow-lists --------------------------------------------------------------------------------

    def allow_list(self, app: AppLink) -> AllowList:
        """The entries of an app's allow-lists, those of a gateway's identities set apart."""
        found = self._listings.get(app)
        if found is None:
            used = [
                identity
                for route in self._by_app.get(app, ())
                if (identity := gateway_request.identity_of(self.chain, route)[0]) is not None
            ]
            found = self._listings[app] = allow_list(app, self.chain, used)
        return found

    # Policies that are known only after apply ---------------------------------------------------

    def _unread_policies(self) -> Iterator[Call]:
        """What can be told of the gateway's calls by what an unread policy is computed from."""
        routed = {route.api for route in self.routes if route.app is not None}
        named: set[AppLink] = set()
        for api, forwarding in self.forwardings:
            if not forwarding.mentions or api in routed:
                continue
            values = [Term((mention,)) for mention in forwarding.mentions]
            policy = api.policy or api.resource
            unread = Decision.unknown(
                "the policy's text is known only after apply; it mentions "
                + ", ".join(text_of(value) for value in values),
                policy,
                attribute="xml_content",
            )
            clients = [each for each in values if self.chain.principals.with_client_id(each)]
            reached: dict[AppLink, Route] = {}
            for value in values:
                registration = self.chain.registration_of_resource(value)
                others = [each for each in clients if each != value]
                # What it does not mention may be written out in it.
                token = TokenRequest(value, others[0] if others else LATER, api.address, False)
                way = Way(token=token, unknown=unread.reason, address=policy and policy.address)
                for app in self.waiting.get(registration, ()) if registration else ():
                    reached.setdefault(app, Route(api, way, None, app, None, registration))
            for app in self._mentioned(forwarding.mentions):
                way = Way(unknown=unread.reason, address=policy and policy.address)
                reached.setdefault(app, Route(api, way, None, app, None, None))
            if not reached:
                # A policy that names the identity alone may call whoever lets that one in.
                way = Way(unknown=unread.reason, address=policy and policy.address)
                for app in self.chain.apps.values():
                    listed = app.directory.values("allowed_applications") if app.directory else []
                    if any_same(listed, clients):
                        reached[app] = Route(api, way, None, app, None, None)
            yield from self._perhaps_called(unread, reached)
            named.update(reached)
        yield from self._unread_at_all(routed, named)

    def _unread_at_all(self, routed: set[ApiLink], named: set[AppLink]) -> Iterator[Call]:
        """What can be told of policies that are not read by the backends that no other names.

        Args:
            routed: The APIs of which it is known where they lead.
            named: The apps that policies mention which are known later.
        """
        told: set[tuple[ApiLink, AppLink]] = set()
        left: dict[GatewayLink, list[AppLink]] = {}
        for route in self.routes:
            api, way = route.api, route.way
            if (
                route.url is not None
                or way.unknown is None
                or api in routed
                or way.token is not None
            ):
                continue
            if api.gateway not in left:
                backends = api.gateway.backends.values()
                places = [Reference(one.stack, one.address, (), created=True) for one in backends]
                left[api.gateway] = [
                    app
                    for app in self._mentioned(places)
                    if app not in self._by_app and app not in named
                ]
            reached = {app: route for app in left[api.gateway] if (api, app) not in told}
            told.update((api, app) for app in reached)
            policy = place_of(self.chain, api, way.address)
            unread = Decision.unknown(way.unknown, policy, attribute="xml_content")
            yield from self._perhaps_called(unread, reached)

    def _perhaps_called(self, unread: Decision, reached: Mapping[AppLink, Route]) -> Iterator[Call]:
        """The gateway's calls of apps that a policy which is not read may lead to."""
        for app, route in reached.items():
            api = route.api
            outcome = [unread, *gateway_request.through(self.chain, route, app)]
            yield self._call(
                "gateway",
                f"the gateway through {api.name}",
                app,
                outcome,
                trusted=True,
                address=api.address,
                detail=api.address,
            )
            yield self._keyless(api, app, [route], [outcome])

    def _mentioned(self, mentions: Sequence[Reference]) -> Iterator[AppLink]:
        """The apps that a policy may send to, as it mentions them, or backends that lead there."""
        chain = self.chain
        for mention in mentions:
            resource = chain.configuration.resource(mention.stack, mention.address)
            if resource is not None and resource.type == "azurerm_api_management_backend":
                url = chain.configuration.attribute(resource, "url")
                app = chain.app_at(url) or chain.app_perhaps_at(url)
            else:
                app = chain.app_perhaps_at(Term((Opaque("", (mention,), known=False),)))
            if app is not None:
                yield app

    def _unknown_backends(self) -> Iterator[Call]:
        """APIs with a token for an app whose backend is managed elsewhere or computed."""
        answered = {(route.api, route.app) for route in self.routes if route.app is not None}
        for route in self.routes:
            elsewhere = route.problem is not None and route.problem.verdict == "unknown"
            elsewhere = elsewhere or (route.url is None and route.way.unknown is not None)
            if route.app is not None or not (elsewhere or host_unknown(route.url)):
                continue
            for app in self.waiting.get(route.registration, ()):
                if (route.api, app) in answered:
                    continue
                answered.add((route.api, app))
                unread = Decision.unknown(
                    "where the policy sends the request is not known here",
                    policy_of(self.chain, route),
                    attribute="xml_content",
                )
                yield self._call(
                    "gateway",
                    f"the gateway through {route.api.name}",
                    app,
                    [unread, *gateway_request.through(self.chain, route, app)],
                    trusted=True,
                    address=route.api.address,
                    detail=route.api.address,
                )

    def _workspaces(self) -> Iterator[Call]:
        """The calls from workspaces of a gateway, whose APIs and policies are not followed."""
        chain = self.chain
        for each, properties in chain.azapi.workspaces:
            url = at(properties, "serviceUrl") or at(properties, "url")
            app = chain.app_at(url) or chain.app_perhaps_at(url)
            places = [(one.stack, one.address) for one in references_in(properties)]
            apps = [app] if app is not None else [chain.apps[p] for p in places if p in chain.apps]
            for app in dict.fromkeys(apps):
                reason = "APIs and policies in workspaces are not followed here"
                unread = Decision.unknown(reason, each, attribute="body")
                yield self._call(
                    "gateway",
                    f"the gateway through {each.address}, in a workspace",
                    app,
                    [unread],
                    trusted=True,
                    address=each.address,
                    detail=each.address,
                )
                yield self._call(
                    "gateway-without-key",
                    f"the gateway through {each.address}, in a workspace, without a key",
                    app,
                    [unread],
                    address=each.address,
                    detail=each.address,
                )

    def _call(
        self,
        kind: CallerKind,
        label: str,
        app: AppLink,
        decisions: Sequence[Decision],
        *,
        said: Sequence[Decision] | None = None,
        trusted: bool = False,
        address: str | None = None,
        detail: str = "",
    ) -> Call:
        decisions = all_certain(self.chain, app, decisions)
        said = said and all_certain(self.chain, app, said)
        stack = f"{app.resource.stack}/" if self._many_stacks and detail else ""
        caller = Caller(
            id=f"{kind}:{stack}{detail}" if detail else kind,
            kind=kind,
            label=label,
            trusted=trusted,
            address=address,
        )
        decision = settle(decisions)
        if decision.verdict == "open" and decision.rule is None and kind in _NO_RULE:
            decision = decision._replace(rule=_NO_RULE[kind])
        return Call(caller, app, decision, tuple(decisions if said is None else said))
