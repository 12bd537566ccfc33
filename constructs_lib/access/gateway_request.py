"""The gateway's own request: the token that its policy gets, whose it is, and what it meets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal

from constructs_lib.access import easy_auth, entra, network, subscription_keys
from constructs_lib.access.certainty import openness
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision, if_any, settle
from constructs_lib.access.entra import Token, any_same
from constructs_lib.access.links import AppLink, IdentityLink, RegistrationLink
from constructs_lib.access.policy_flow import TokenRequest
from constructs_lib.access.records import Identity, Status
from constructs_lib.access.routes import Route, backend_of, place_of, policy_of
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Value, same, text_of
from constructs_lib.access.token_holders import (
    TOKEN_HOLDERS,
    accepted_registrations,
    met_by_unnamed,
)

# Services that every tenant has a service principal of.
_MICROSOFTS = re.compile(
    r"https://([\w-]+\.)*(azure\.(com|net|us|cn)|windows\.net|microsoft\.com)(/|$)", re.IGNORECASE
)


def through(chain: Chain, route: Route, app: AppLink) -> list[Decision]:
    """The gateway's request, link by link."""
    route = _as_sent(chain, route)
    way = route.way
    hidden = easy_auth.unseen(app)
    if hidden is not None:
        return [hidden]
    decisions = _on_the_way(chain, route)
    if way.token is None:
        return decisions if way.unknown else [*decisions, *_without_token(chain, route, app)]
    identity, problem, issued = _token(chain, route)
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
    decisions += [
        *_held(route, identity),
        *if_any(problem),
        *_resource_problem(chain, route, app),
        *issued,
    ]
    return [*decisions, *_at_door(chain, route, app), *easy_auth.easy_auth(app, token)]


def with_own(chain: Chain, route: Route, app: AppLink, outcome: list[Decision]) -> list[Decision]:
    """What a request comes to at best whose caller may send a token of its own."""
    route = _as_sent(chain, route)
    if not route.way.authorized_by_caller or easy_auth.unseen(app) is not None:
        return outcome
    before = [*_on_the_way(chain, route), *_at_door(chain, route, app)]
    with_token = [
        [*met_by_unnamed(chain, app, each, kind, label, before)]
        for kind, label in TOKEN_HOLDERS
        for each in accepted_registrations(chain, app)
    ]
    return max(outcome, *with_token, key=partial(openness, chain, app))


def _on_the_way(chain: Chain, route: Route) -> list[Decision]:
    """What may keep a request from being sent, whatever token it then carries."""
    api, way = route.api, route.way
    decisions: list[Decision] = []
    if route.problem is not None and route.problem.verdict == "unknown":
        decisions.append(route.problem)
    if way.unknown is not None:
        policy = place_of(chain, api, way.address)
        decisions.append(Decision.unknown(way.unknown, policy, "xml_content"))
    elif way.failing is not None:
        policy = place_of(chain, api, way.address)
        decisions.append(Decision.unknown(way.failing, policy, "xml_content"))
    backend = backend_of(route)
    if backend is not None and way.token is not None and _authorizes(chain, backend):
        reason = "whether the token or what stands in the backend's credentials is sent as "
        reason += "Authorization is not known here"
        decisions.append(Decision.unknown(reason, backend, "credentials"))
    decisions += subscription_keys.called_without_key(chain, way.called)
    decisions += _earlier_tokens(chain, route)
    return decisions


def _authorizes(chain: Chain, backend: Resource) -> bool:
    """Whether the credentials of a backend put something into `Authorization`."""
    credentials = chain.configuration.body(backend).block("credentials")
    if credentials is None:
        return False
    header = credentials.value("header")
    names = {name.lower() for name in header} if isinstance(header, dict) else set[str]()
    return "authorization" in names or credentials.block("authorization") is not None


def _token(
    chain: Chain, route: Route
) -> tuple[IdentityLink | None, Decision | None, list[Decision]]:
    """Whose token a policy gets, what is wrong with that, and whether Entra issues it."""
    ignored = route.way.token is not None and route.way.token.ignore_error
    refused: Literal[401, 500] = 401 if ignored else 500
    identity, problem = identity_of(chain, route, refused)
    if route.registration is None:
        return identity, problem, []
    who = identity.record.name if identity else route.api.gateway.name
    ids = (identity.object_ids or None) if identity else None
    issued = entra.issue(chain, route.registration, ids, who=who, refused=refused)
    return identity, problem, [*issued, *_of_other_tenant(chain, route, route.registration)]


def _of_other_tenant(
    chain: Chain, route: Route, registration: RegistrationLink
) -> Iterator[Decision]:
    """A doubt where the gateway's provider and the registration's are told different tenants.

    Managed identities get tokens of the tenant of their subscription only.
    """
    gateway, application = route.api.gateway.resource, registration.resource
    if gateway is None or application is None:
        return
    tenants = [
        chain.configuration.tenant_of(each.stack, each.provider or kind)
        for each, kind in ((gateway, "azurerm"), (application, "azuread"))
    ]
    if all(isinstance(each, str) for each in tenants) and same(*tenants) is False:
        reason = f"whether {gateway.address} is in the tenant of {registration.name} is not known "
        reason += "here, as their providers are told different tenants"
        yield Decision.unknown(reason, gateway, "identity")


def _as_sent(chain: Chain, route: Route) -> Route:
    """The route of a request that goes on though Entra refuses its token."""
    if route.way.token is None or not route.way.token.ignore_error:
        return route
    _, problem, issued = _token(chain, route)
    for each in (*if_any(problem), *issued):
        if each.verdict == "closed":
            return _as_sent(chain, _refused(chain, route, route.way.token, each))
    return route


def _refused(chain: Chain, route: Route, token: TokenRequest, refusal: Decision) -> Route:
    before = token.instead
    registration = chain.registration_of_resource(before.resource) if before else None
    replaced = None if token.callers else (token.address, refusal.reason)
    way = route.way._replace(token=before, replaced=replaced)
    return route._replace(way=way, registration=registration, refusal=refusal)


def _at_door(chain: Chain, route: Route, app: AppLink) -> list[Decision]:
    """What the gateway's request meets before Easy Auth."""
    return [
        *if_any(network.to_gateway(app, route.api.gateway, chain)),
        *easy_auth.stopped(app),
        *easy_auth.certificate(app, sent=_sends_certificate(chain, route)),
    ]


def _earlier_tokens(chain: Chain, route: Route) -> Iterator[Decision]:
    """Whether Entra issues the tokens that the policies get besides the one that is sent.

    A refusal ends the call, whatever becomes of the token (Learn, "Authenticate with managed
    identity": `ignore-error`).
    """
    for token in route.way.asked:
        if token == route.way.token:
            continue
        earlier = route._replace(way=route.way._replace(token=token))
        identity, problem = identity_of(chain, earlier)
        yield from if_any(problem)
        registration = chain.registration_of_resource(token.resource)
        named = text_of(token.resource)
        if registration is not None:
            ids = (identity.object_ids or None) if identity else None
            who = identity.record.name if identity else route.api.gateway.name
            yield from entra.issue(chain, registration, ids, who=who, refused=500)
        elif not _MICROSOFTS.match(named):
            reason = f"whether Entra issues a token for {named} is not known here"
            policy = place_of(chain, route.api, token.address)
            yield Decision.unknown(reason, policy, "xml_content")


def _without_token(chain: Chain, route: Route, app: AppLink) -> list[Decision]:
    """What becomes of a request without a token of the gateway's, and why there is none."""
    api, way = route.api, route.way
    address, reason = way.replaced or (
        way.address,
        f"no policy of {api.name} gets a token of the gateway's identity",
    )
    policy = place_of(chain, api, address)
    rule = "SF302" if way.replaced else "SF301"
    refusal = route.refusal or Decision.closed(401, reason, policy, "xml_content", rule)
    return [
        *(
            refusal._replace(status=each.status)
            if each.verdict == "closed"
            else each._replace(rule=refusal.rule)
            for each in easy_auth.easy_auth(app, None)
        ),
        *_at_door(chain, route, app),
    ]


def _sends_certificate(chain: Chain, route: Route) -> bool:
    backend = backend_of(route)
    credentials = backend and chain.configuration.body(backend).block("credentials")
    return route.way.certificate or bool(credentials and credentials.values("certificate"))


def _resource_problem(chain: Chain, route: Route, app: AppLink) -> list[Decision]:
    """Whether the token is for what the app expects."""
    token, api = route.way.token, route.api
    if token is None or app.registration is None:
        return []
    policy = place_of(chain, api, token.address)
    expected = app.registration
    if route.registration in accepted_registrations(chain, app):
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
                f"whether a token for {named} is what {app.name} expects is not known here",
                policy,
                attribute="xml_content",
            )
        ]
    return _unexpected(chain, route, app, token, named)


def _unexpected(
    chain: Chain, route: Route, app: AppLink, token: TokenRequest, named: str
) -> list[Decision]:
    """What becomes of a request with a token for something else than the app expects."""
    policy = place_of(chain, route.api, token.address)
    principals = chain.principals
    wrong = principals.with_object_id(token.resource) or principals.with_client_id(token.resource)
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
        refused = through(chain, _refused(chain, route, token, closed), app)
    ended = settle(refused).verdict
    if ended == passed or wrong is not None:
        return [closed] if ended == "closed" else []
    reason = f"whether Entra issues a token for {named} is not known here"
    return [Decision.unknown(reason, policy, "xml_content")]


def identity_of(
    chain: Chain, route: Route, refused: Status = 500
) -> tuple[IdentityLink | None, Decision | None]:
    """The identity that a policy uses, and what is wrong with its choice."""
    gateway, way = route.api.gateway, route.way
    if way.token is None:
        return None, None
    if way.token.client_id is None:
        if gateway.system is not None or not gateway.complete:
            return gateway.system, None
        reason = f"the policy has no client-id, and {gateway.name} has no system-assigned identity"
        return None, Decision.closed(refused, reason, gateway.resource, "identity", "SF303")
    # Whatever the gateway holds, the token would be of the identity that the policy names.
    principal = chain.principals.with_client_id(way.token.client_id)
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
            agreed = _attached(chain, identity, gateway.stack, principal.address)
        doubtful = doubtful or agreed is None
    policy = policy_of(chain, route)
    if doubtful:
        reason = f"whether {named} is an identity of {gateway.name} is not known here"
        return meant, Decision.unknown(reason, policy, "xml_content", "SF304")
    reason = f"{gateway.name} does not hold the identity {named}, the policy's client-id"
    return meant, Decision.closed(refused, reason, policy, "xml_content", "SF304")


def _held(route: Route, identity: IdentityLink | None) -> list[Decision]:
    """What lets an identity of the gateway be used, unless what is written is not applied."""
    holder = route.api.gateway.resource
    if identity is None or holder is None:
        return []
    return [Decision.open(f"{route.api.gateway.name} holds the identity", holder, "identity")]


def _attached(chain: Chain, identity: IdentityLink, stack: str, address: str) -> bool | None:
    resource = chain.configuration.resource(stack, address)
    if resource is None or identity.id is None:
        return None
    return same(chain.configuration.attribute(resource, "id"), identity.id)


def _meant(name: str, client_id: Value, object_ids: Sequence[Value]) -> IdentityLink:
    record = Identity(
        name=name,
        kind="user-assigned",
        client_id=text_of(client_id),
        object_id=text_of(object_ids[0]) if object_ids else "unknown",
    )
    return IdentityLink(record, (client_id,), tuple(object_ids))
