"""Who calls what, and what each of them gets: callers against targets, link by link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

from constructs_lib._core.rules import Rule
from constructs_lib.access import easy_auth, entra, network
from constructs_lib.access.allow_lists import AllowList, allow_list
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision, settle
from constructs_lib.access.entra import Token, any_same
from constructs_lib.access.imagined import FORGED, OTHER_CLIENT
from constructs_lib.access.links import (
    ELSEWHERE,
    ApiLink,
    AppLink,
    GatewayLink,
    IdentityLink,
    RegistrationLink,
    key,
)
from constructs_lib.access.mcp import server_of, serves
from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.access.policy_flow import (
    Forwarder,
    Forwarding,
    TokenRequest,
    Way,
    key_names,
)
from constructs_lib.access.records import Caller, CallerKind, Identity, Status
from constructs_lib.access.routes import Route, doubted, host_unknown, place_of, route_of
from constructs_lib.access.terraform.body import LATER, Body
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, join, same, text_of


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

# The headers of subscription keys that API Management takes out before it calls a tool's operation.
_TAKEN_OUT = ("ocp-apim-subscription-key", "api-key")

UNVALIDATED = "the policy validates no token, so that any text passes for one"
_PLAINLY = "Check who calls with validate-azure-ad-token or validate-jwt, so that it is known here"
_BY_ENTRA = (
    "Check the client's token of Entra with validate-azure-ad-token before "
    "authentication-managed-identity"
)

# Services that every tenant has a service principal of.
_MICROSOFTS = re.compile(
    r"https://([\w-]+\.)*(azure\.(com|net|us|cn)|windows\.net|microsoft\.com)(/|$)", re.IGNORECASE
)
_TOKEN_HOLDERS: tuple[tuple[CallerKind, str], ...] = (
    ("application", "another application or managed identity of the tenant"),
    ("application-with-role", "another application that has a role"),
    ("user", "a user of the tenant"),
    ("foreign", "an application of another tenant"),
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

    # Where APIs lead ----------------------------------------------------------------------------

    def _resource(self, api: ApiLink, address: str | None) -> Resource | None:
        return place_of(self.chain, api, address)

    def document(self, policy: Resource, gateway: GatewayLink) -> PolicyDocument:
        """A policy as it was read."""
        return self._forwarder.document(policy, gateway)

    def policy_of(self, route: Route) -> Resource | None:
        """The policy that gets the route's token, or else the innermost one."""
        token = route.way.token
        return self._resource(route.api, token.address if token else route.way.address)

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

    def backend_of(self, route: Route) -> Resource | None:
        """The backend entity that the route names."""
        if route.way.backend_id is None:
            return None
        return route.api.gateway.backends.get(key(route.way.backend_id))

    # Everybody but the gateway ------------------------------------------------------------------

    def _outsiders(self, app: AppLink) -> Iterator[Call]:
        hidden = easy_auth.unseen(app)
        if hidden is not None:
            yield self._call("anonymous", "anybody without a token", app, [hidden])
            return
        before = [*easy_auth.stopped(app), *_before(network.to_the_internet(app))]
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
        function = self.chain.keyed.get((app.resource.stack, app.address))
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
        for kind, label in _TOKEN_HOLDERS:
            with_token = [
                [*self._held(app, each, kind, label, before)] for each in self._accepted(app)
            ]
            # Whoever gets further without a token sends none.
            yield self._call(
                kind, label, app, max(*with_token, bare, key=partial(self._openness, app))
            )
        yield from self._listed(app, before, bare)
        yield from self._strangers(app, before)
        yield from self._gateway_identities(app)

    def _accepted(self, app: AppLink) -> list[RegistrationLink | None]:
        """The registrations whose tokens an app takes: its own, and those of further audiences."""
        found: list[RegistrationLink | None] = [app.registration]
        audiences = app.directory.values("allowed_audiences") if app.directory else []
        for audience in audiences if app.registration is not None else ():
            link = self.chain.registration_of_resource(audience)
            if link is None:
                own = join(["api://", app.registration.client_id]) if app.registration else None
                if same(audience, own):
                    continue
                text = text_of(audience)
                link = RegistrationLink(ELSEWHERE + text, text, app.resource.stack, audience, None)
            if link not in found:
                found.append(link)
        return found

    def _held(
        self,
        app: AppLink,
        registration: RegistrationLink | None,
        kind: CallerKind,
        label: str,
        before: Sequence[Decision],
    ) -> Iterator[Decision]:
        """What somebody meets who asks for a token of a registration."""
        foreign, user = kind == "foreign", kind == "user"
        # Whoever signs in at the app has a token of the registration's own client.
        own = user and app.registration is not None and registration is app.registration
        clients = (app.registration.client_id,) if own and app.registration else ()
        token = Token(version=None, audience=None, client_ids=clients, foreign=foreign, user=user)
        # Another issuer knows nothing of the registration's assignments.
        if registration is not None and not easy_auth.issuer(app).outside:
            yield from entra.issue(
                self.chain,
                registration,
                (),
                who=label,
                refused=401,
                has_role=kind in ("application-with-role", "foreign"),
            )
            if foreign and registration.multi_tenant is False:
                yield Decision.closed(
                    401,
                    f"Entra issues tokens for {registration.name} in its own tenant only",
                    registration.resource,
                    attribute="sign_in_audience",
                )
            token = token._replace(
                version=registration.token_version,
                audience=entra.audience(registration, registration.client_id),
            )
        yield from before
        yield from easy_auth.easy_auth(app, token)

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
            # Where it calls from is not in the configuration.
            passed = [each._replace(verdict="unknown", status="unknown") for each in before]
            with_token = [
                self._known(app, each, label, (client_id,), object_ids, passed)
                for each in self._accepted(app)
                if each is not None
            ]
            yield self._call(
                "listed-application",
                f"{label} (on the allow-list)",
                app,
                max(*with_token, bare, key=partial(self._openness, app)),
                trusted=True,
                detail=name,
            )

    def _known(
        self,
        app: AppLink,
        registration: RegistrationLink,
        who: str,
        client_ids: Sequence[Value] | None,
        object_ids: Sequence[Value] | None,
        before: Sequence[Decision],
    ) -> list[Decision]:
        """What somebody meets with a token of a registration, whose ids are known."""
        token = Token(
            version=registration.token_version,
            audience=entra.audience(registration, registration.client_id),
            client_ids=client_ids,
            object_ids=object_ids,
        )
        return [
            *entra.issue(self.chain, registration, object_ids, who=who, refused=401),
            *before,
            *easy_auth.easy_auth(app, token),
        ]

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
                for identity in (self._identity(route)[0],)
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
                    *_before(network.to_gateway(app, gateway, self.chain)),
                ]
                clients, objects = identity.client_ids or None, identity.object_ids or None
                with_token = [
                    self._known(app, each, identity.record.name, clients, objects, before)
                    for each in self._accepted(app)
                    if each is not None
                ]
                decisions = max(with_token, key=partial(self._openness, app))
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
                    max(decisions, bare, key=partial(self._openness, app)),
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
            outcomes = [self._through(route, app) for route in routes]
            worst = min(outcomes, key=partial(self._openness, app))
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
            without = [
                [
                    *self.key_demanded(route),
                    *self._with_own(route, app, outcome),
                    *self._no_key(route),
                ]
                for route, outcome in zip(routes, outcomes, strict=True)
            ]
            keyless = f"the gateway through {api.name} without a subscription key"
            tokenless = f"anybody without a token through {api.name}"
            yield self._call(
                "gateway-without-key",
                tokenless if api in self._server_apis else keyless,
                app,
                max(without, key=partial(self._openness, app)),
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
            min(outcomes, key=partial(self._openness, app)),
            trusted=True,
            address=api.address,
            detail=api.address,
        )
        others = [
            self._of_other_client(route, self._with_own(route, app, outcome))
            for route, outcome in zip(routes, outcomes, strict=True)
        ]
        yield self._call(
            "mcp-other-client",
            f"an MCP client through {api.name} that is not on its list",
            app,
            max(others, key=partial(self._openness, app)),
            address=api.address,
            detail=api.address,
        )

    def _of_other_client(self, route: Route, outcome: list[Decision]) -> list[Decision]:
        """What becomes of a client whose id the policy does not list."""
        policy = self._resource(route.api, route.way.address)
        lets = route.way.lets(FORGED, OTHER_CLIENT)
        if lets is False:
            reason = "the policy lists the clients that may call"
            return [Decision.closed(401, reason, policy, "xml_content"), *outcome]
        if lets is not True:
            return [*outcome, Decision.unknown(lets, policy, "xml_content")]
        forged = route.way.lets(FORGED) is True
        reason = UNVALIDATED if forged else "the policy does not say which clients may call"
        return [*outcome, Decision.open(reason, policy, "xml_content", "SF603")]

    def key_demanded(self, route: Route) -> list[Decision]:
        """What stops a caller who has no subscription key, if anything does."""
        api, way = route.api, route.way
        if api.resource is None:
            return [
                Decision.unknown(
                    f"{api.name} is managed elsewhere, so whether it demands a subscription "
                    "key is not known here"
                )
            ]
        demanded = self._keys_demanded(api, api.resource)
        if all(value is True for value in demanded.values()):
            reason = f"{api.name} demands a subscription key"
            return [Decision.closed(401, reason, api.resource, "subscription_required")]
        policy = self._resource(api, way.address)
        if way.checked is not None:
            reason = f"the policy checks who calls ({way.checked})"
            return [Decision.closed(401, reason, policy, "xml_content")]
        if False not in demanded.values():
            doubtful = next(each for each, value in demanded.items() if value is not True)
            reason = f"whether {api.name} demands a subscription key is not known here"
            return [Decision.unknown(reason, doubtful, "subscription_required")]
        return (
            []
            if way.doubtful is None
            else [Decision.unknown(way.doubtful, policy, "xml_content")._replace(fix=_PLAINLY)]
        )

    def _keys_demanded(self, api: ApiLink, resource: Resource) -> dict[Resource | None, Value]:
        """What the API and each of its products say of `subscription_required`."""
        bodies = {resource: self.chain.configuration.body(resource), **self._products(api)}
        demanded: dict[Resource | None, Value] = {
            each: body.value("subscription_required", True if each.shows else "unknown")
            for each, body in bodies.items()
        }
        for each, body in self._products(api).items():
            if demanded[each] is False and isinstance(body.value("published"), Term):
                demanded[each] = "unknown"
        if not api.gateway.products.keys() >= set(api.products):
            demanded[self._resource(api, None)] = "unknown"
        return demanded

    def called_without_key(self, api: ApiLink | None) -> list[Decision]:
        """What becomes of the call of a tool, which carries no subscription key."""
        if api is None or api.resource is None:
            return []
        demanded = self._keys_demanded(api, api.resource)
        if False in demanded.values():
            return []
        place = next(each for each, value in demanded.items() if value is not False)
        header = key_names(self.chain.configuration, api)[0].lower()
        if all(value is True for value in demanded.values()) and header in _TAKEN_OUT:
            reason = f"{api.name} demands a subscription key, and calls of tools carry none"
            return [Decision.closed(401, reason, place, "subscription_required", "SF614")]
        reason = f"whether calls of tools carry the subscription key of {api.name} is not known"
        return [Decision.unknown(f"{reason} here", place, "subscription_required")]

    def _no_key(self, route: Route) -> list[Decision]:
        """What lets a caller without a key in, when everything else does."""
        if route.api in self._server_apis:
            policy = self._resource(route.api, route.way.address)
            reason = f"the policy of {route.api.name} does not check who calls"
            return [Decision.open(reason, policy, "xml_content", "SF501")._replace(fix=_BY_ENTRA)]
        product = self.open_product(route.api)
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

    def open_product(self, api: ApiLink) -> Resource | None:
        """A product that lets callers in without a subscription."""
        for resource, body in self._products(api).items():
            published = not isinstance(body.value("published"), Term)
            if published and body.value("subscription_required", True) is False:
                return resource
        return None

    def _products(self, api: ApiLink) -> dict[Resource, Body]:
        """The products that serve an API.

        One that is not published serves nobody (Learn, "Create and publish a product").
        """
        found = (api.gateway.products.get(product) for product in api.products)
        bodies = {each: self.chain.configuration.body(each) for each in found if each is not None}
        return {
            each: body
            for each, body in bodies.items()
            if not each.managed or body.value("published") is not False
        }

    def _through(self, route: Route, app: AppLink) -> list[Decision]:
        """The gateway's request, link by link."""
        route = self._as_sent(route)
        way = route.way
        hidden = easy_auth.unseen(app)
        if hidden is not None:
            return [hidden]
        decisions = self._on_the_way(route)
        if way.token is None:
            return decisions if way.unknown else [*decisions, *self._without_token(route, app)]
        identity, problem, issued = self._token(route)
        token = Token(
            version=None,
            audience=None,
            client_ids=(identity.client_ids or None) if identity else None,
            object_ids=(identity.object_ids or None) if identity else None,
        )
        registration = route.registration
        if registration is not None:
            token = token._replace(
                version=registration.token_version,
                audience=entra.audience(registration, way.token.resource),
            )
        decisions += [*_before(problem), *self._resource_problem(route, app), *issued]
        return [*decisions, *self._at_door(route, app), *easy_auth.easy_auth(app, token)]

    def _on_the_way(self, route: Route) -> list[Decision]:
        """What may keep a request from being sent, whatever token it then carries."""
        api, way = route.api, route.way
        decisions: list[Decision] = []
        if route.problem is not None and route.problem.verdict == "unknown":
            decisions.append(route.problem)
        if way.unknown is not None:
            policy = self._resource(api, way.address)
            decisions.append(Decision.unknown(way.unknown, policy, "xml_content"))
        elif way.failing is not None:
            policy = self._resource(api, way.address)
            decisions.append(Decision.unknown(way.failing, policy, "xml_content"))
        decisions += self.called_without_key(way.called)
        decisions += self._earlier_tokens(route)
        return decisions

    def _token(self, route: Route) -> tuple[IdentityLink | None, Decision | None, list[Decision]]:
        """Whose token a policy gets, what is wrong with that, and whether Entra issues it."""
        ignored = route.way.token is not None and route.way.token.ignore_error
        refused: Literal[401, 500] = 401 if ignored else 500
        identity, problem = self._identity(route, refused)
        if route.registration is None:
            return identity, problem, []
        who = identity.record.name if identity else route.api.gateway.name
        ids = (identity.object_ids or None) if identity else None
        issued = entra.issue(self.chain, route.registration, ids, who=who, refused=refused)
        return identity, problem, issued

    def _as_sent(self, route: Route) -> Route:
        """The route of a request that goes on though Entra refuses its token."""
        if route.way.token is None or not route.way.token.ignore_error:
            return route
        _, problem, issued = self._token(route)
        for each in (*_before(problem), *issued):
            if each.verdict == "closed":
                return self._as_sent(self._refused(route, route.way.token, each))
        return route

    def _refused(self, route: Route, token: TokenRequest, refusal: Decision) -> Route:
        before = token.instead
        registration = self.chain.registration_of_resource(before.resource) if before else None
        replaced = None if token.callers else (token.address, refusal.reason)
        way = route.way._replace(token=before, replaced=replaced)
        return route._replace(way=way, registration=registration, refusal=refusal)

    def _at_door(self, route: Route, app: AppLink) -> list[Decision]:
        """What the gateway's request meets before Easy Auth."""
        return [
            *_before(network.to_gateway(app, route.api.gateway, self.chain)),
            *easy_auth.stopped(app),
            *easy_auth.certificate(app, sent=self._sends_certificate(route)),
        ]

    def _earlier_tokens(self, route: Route) -> Iterator[Decision]:
        """Whether Entra issues the tokens that the policies get besides the one that is sent.

        A refusal ends the call, whatever becomes of the token (Learn, "Authenticate with managed
        identity": `ignore-error`).
        """
        for token in route.way.asked:
            if token == route.way.token:
                continue
            earlier = route._replace(way=route.way._replace(token=token))
            identity, problem = self._identity(earlier)
            yield from _before(problem)
            registration = self.chain.registration_of_resource(token.resource)
            named = text_of(token.resource)
            if registration is not None:
                ids = (identity.object_ids or None) if identity else None
                who = identity.record.name if identity else route.api.gateway.name
                yield from entra.issue(self.chain, registration, ids, who=who, refused=500)
            elif not _MICROSOFTS.match(named):
                reason = f"whether Entra issues a token for {named} is not known here"
                policy = self._resource(route.api, token.address)
                yield Decision.unknown(reason, policy, "xml_content")

    def _without_token(self, route: Route, app: AppLink) -> list[Decision]:
        """What becomes of a request without a token of the gateway's, and why there is none."""
        api, way = route.api, route.way
        address, reason = way.replaced or (
            way.address,
            f"no policy of {api.name} gets a token of the gateway's identity",
        )
        policy = self._resource(api, address)
        rule = "SF302" if way.replaced else "SF301"
        refusal = route.refusal or Decision.closed(401, reason, policy, "xml_content", rule)
        return [
            *(
                refusal._replace(status=each.status)
                if each.verdict == "closed"
                else each._replace(rule=refusal.rule)
                for each in easy_auth.easy_auth(app, None)
            ),
            *self._at_door(route, app),
        ]

    def _with_own(self, route: Route, app: AppLink, outcome: list[Decision]) -> list[Decision]:
        """What a request comes to at best whose caller may send a token of its own."""
        route = self._as_sent(route)
        if not route.way.authorized_by_caller or easy_auth.unseen(app) is not None:
            return outcome
        before = [*self._on_the_way(route), *self._at_door(route, app)]
        with_token = [
            [*self._held(app, each, kind, label, before)]
            for kind, label in _TOKEN_HOLDERS
            for each in self._accepted(app)
        ]
        return max(outcome, *with_token, key=partial(self._openness, app))

    def _sends_certificate(self, route: Route) -> bool:
        backend = self.backend_of(route)
        credentials = backend and self.chain.configuration.body(backend).block("credentials")
        return route.way.certificate or bool(credentials and credentials.values("certificate"))

    def _resource_problem(self, route: Route, app: AppLink) -> list[Decision]:
        """Whether the token is for what the app expects."""
        token, api = route.way.token, route.api
        if token is None or app.registration is None:
            return []
        policy = self._resource(api, token.address)
        expected = app.registration
        if route.registration in self._accepted(app):
            return []
        agreed: bool | None
        if route.registration is not None:
            known = route.registration.managed and expected.managed
            agreed = False if known else any_same((token.resource,), (expected.client_id,))
            named = route.registration.name
        else:
            audiences = app.directory.values("allowed_audiences") if app.directory else []
            accepted = (expected.client_id, *expected.uris, *audiences)
            agreed = any_same((token.resource,), accepted)
            named = text_of(token.resource)
            if agreed is False and not expected.managed and "://" in named:
                agreed = None
        if agreed:
            return []
        if agreed is None:
            return [
                Decision.unknown(
                    f"whether {named} is what {app.name} expects is not known here",
                    policy,
                    attribute="xml_content",
                )
            ]
        return self._unexpected(route, app, token, named)

    def _unexpected(
        self, route: Route, app: AppLink, token: TokenRequest, named: str
    ) -> list[Decision]:
        """What becomes of a request with a token for something else than the app expects."""
        policy = self._resource(route.api, token.address)
        principals = self.chain.principals
        wrong = principals.with_object_id(token.resource) or principals.with_client_id(
            token.resource
        )
        whose = f", an id of {wrong.name}" if wrong and route.registration is None else ""
        issued = route.registration is not None or bool(_MICROSOFTS.match(named))
        expected = app.registration.name if app.registration else "another one"
        closed = Decision.closed(
            401 if issued or token.ignore_error else 500,
            f"the policy gets a token for {named}{whose}, but {app.name} expects {expected}",
            policy,
            attribute="xml_content",
            rule="SF305",
        )
        # Where Entra issues the token, Easy Auth takes the request for one without a token.
        passed = settle(easy_auth.easy_auth(app, None)).verdict
        if issued:
            return [closed] if passed == "closed" else []
        refused: list[Decision] = [closed]
        if token.ignore_error:
            refused = self._through(self._refused(route, token, closed), app)
        ended = settle(refused).verdict
        if ended == passed or wrong is not None:
            return [closed] if ended == "closed" else []
        reason = f"whether Entra issues a token for {named} is not known here"
        return [Decision.unknown(reason, policy, "xml_content")]

    def _identity(
        self, route: Route, refused: Status = 500
    ) -> tuple[IdentityLink | None, Decision | None]:
        """The identity that a policy uses, and what is wrong with its choice."""
        gateway, way = route.api.gateway, route.way
        if way.token is None:
            return None, None
        if way.token.client_id is None:
            if gateway.system is not None or not gateway.complete:
                return gateway.system, None
            reason = (
                f"the policy has no client-id, and {gateway.name} has no system-assigned identity"
            )
            return None, Decision.closed(refused, reason, gateway.resource, "identity", "SF303")
        # Whatever the gateway holds, the token would be of the identity that the policy names.
        principal = self.chain.principals.with_client_id(way.token.client_id)
        named = principal.name if principal else text_of(way.token.client_id)
        meant = _meant(named, way.token.client_id, principal.object_ids if principal else ())
        # Of a text that is known only after apply nobody can say that it is another identity's.
        doubtful = not gateway.complete or same(way.token.client_id, way.token.client_id) is None
        for identity in gateway.users:
            agreed = any_same((way.token.client_id,), identity.client_ids or None)
            if agreed:
                return identity, None
            if agreed is None and principal is not None and principal.address is not None:
                # The client id is not known, but which resource it is of may rule it out.
                agreed = self._attached(identity, gateway.stack, principal.address)
            doubtful = doubtful or agreed is None
        policy = self.policy_of(route)
        if doubtful:
            reason = f"whether {named} is an identity of {gateway.name} is not known here"
            return meant, Decision.unknown(reason, policy, "xml_content", "SF304")
        reason = f"{gateway.name} does not hold the identity {named}, the policy's client-id"
        return meant, Decision.closed(refused, reason, policy, "xml_content", "SF304")

    def _attached(self, identity: IdentityLink, stack: str, address: str) -> bool | None:
        resource = self.chain.configuration.resource(stack, address)
        if resource is None or identity.id is None:
            return None
        return same(self.chain.configuration.attribute(resource, "id"), identity.id)

    # Allow-lists --------------------------------------------------------------------------------

    def allow_list(self, app: AppLink) -> AllowList:
        """The entries of an app's allow-lists, those of a gateway's identities set apart."""
        found = self._listings.get(app)
        if found is None:
            used = [
                identity
                for route in self._by_app.get(app, ())
                if (identity := self._identity(route)[0]) is not None
            ]
            found = self._listings[app] = allow_list(app, self.chain, used)
        return found

    # Policies that are known only after apply ---------------------------------------------------

    def _unread_policies(self) -> Iterator[Call]:
        """What can be told of the gateway's calls by what an unread policy is computed from."""
        routed = {route.api for route in self.routes if route.app is not None}
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
                named = [each for each in clients if each != value]
                # What it does not mention may be written out in it.
                token = TokenRequest(value, named[0] if named else LATER, api.address, False)
                way = Way(token=token, unknown=unread.reason, address=policy and policy.address)
                for app in self.waiting.get(registration, ()) if registration else ():
                    reached.setdefault(app, Route(api, way, None, app, None, registration))
            if not reached:
                # A policy that names the identity alone may call whoever lets that one in.
                way = Way(unknown=unread.reason, address=policy and policy.address)
                for app in self.chain.apps.values():
                    listed = app.directory.values("allowed_applications") if app.directory else []
                    if any_same(listed, clients):
                        reached[app] = Route(api, way, None, app, None, None)
            for app, route in reached.items():
                yield self._call(
                    "gateway",
                    f"the gateway through {api.name}",
                    app,
                    [unread, *self._through(route, app)],
                    trusted=True,
                    address=api.address,
                    detail=api.address,
                )

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
                    self.policy_of(route),
                    attribute="xml_content",
                )
                yield self._call(
                    "gateway",
                    f"the gateway through {route.api.name}",
                    app,
                    [unread, *self._through(route, app)],
                    trusted=True,
                    address=route.api.address,
                    detail=route.api.address,
                )

    def _openness(self, app: AppLink, decisions: Sequence[Decision]) -> int:
        """How far somebody gets, for all that is known."""
        verdict = settle(self._all_certain(app, decisions)).verdict
        return ("closed", "unknown", "open").index(verdict)

    def _all_certain(self, app: AppLink, decisions: Sequence[Decision]) -> Sequence[Decision]:
        if not self.chain.doubts:
            return decisions
        return [self._certain(app, each) for each in decisions]

    def _certain(self, app: AppLink, decision: Decision) -> Decision:
        """A decision, unless something may change what it rests on."""
        if decision.verdict == "unknown":
            return decision
        doubts = self.chain.doubts
        doubt = doubts.on(decision.resource, decision.attribute)
        if doubt is None and decision.verdict == "open" and decision.resource is not app.resource:
            doubt = doubts.on(app.resource, "auth_settings_v2")
        if doubt is None:
            return decision
        return doubted(decision.resource, decision.attribute, doubt)

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
        decisions = self._all_certain(app, decisions)
        said = said and self._all_certain(app, said)
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


def _before(decision: Decision | None) -> list[Decision]:
    """A link that may have nothing to say."""
    return [] if decision is None else [decision]


def _meant(name: str, client_id: Value, object_ids: Sequence[Value]) -> IdentityLink:
    record = Identity(
        name=name,
        kind="user-assigned",
        client_id=text_of(client_id),
        object_id=text_of(object_ids[0]) if object_ids else "unknown",
    )
    return IdentityLink(record, (client_id,), tuple(object_ids))
