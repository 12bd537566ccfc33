"""Where APIs lead: each way of their policies, to an app, another host or nowhere."""

from __future__ import annotations

from typing import NamedTuple

from constructs_lib.access.certainty import doubted
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision
from constructs_lib.access.defined import defined_in
from constructs_lib.access.links import ApiLink, AppLink, RegistrationLink, key
from constructs_lib.access.policy_way import Way
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import (
    Value,
    join,
    same,
    text_of,
)
from constructs_lib.access.urls import host_of


class Route(NamedTuple):
    """One way of an API to a target, or to nowhere.

    Attributes:
        api: The API.
        way: How its policies send the request.
        url: Where to; None when no backend says.
        app: The function app or slot that this leads to; None is another host or unknown.
        problem: Why it leads nowhere.
        registration: What the token is for.
        refusal: Why Entra issues no token, where the request goes on all the same.
    """

    api: ApiLink
    way: Way
    url: Value | None
    app: AppLink | None
    problem: Decision | None
    registration: RegistrationLink | None
    refusal: Decision | None = None


def route_of(chain: Chain, api: ApiLink, way: Way) -> Route:
    """Where a way of an API leads."""
    url, problem = way.url, None
    gateway = api.gateway
    if way.backend_id is not None:
        backend = gateway.backends.get(key(way.backend_id))
        doubt = chain.doubts.on(backend, "url")
        if backend is not None:
            url = chain.configuration.attribute(backend, "url")
            problem = doubted(backend, "url", doubt) if doubt is not None else None
        else:
            url = None
            known = defined_in(chain, gateway).backends is not None
            missing = isinstance(way.backend_id, str) and known
            problem = Decision(
                verdict="closed" if missing else "unknown",
                status=500 if missing else "unknown",
                reason=f"the backend {text_of(way.backend_id)} is not in the configuration",
                resource=place_of(chain, api, way.backend_address),
                attribute="xml_content",
                rule="SFP406",
            )
    app = None
    if way.host is not None and url is not None and same(way.host, host_of(url)) is not True:
        # App Service's front ends tell apps apart by the header, whatever the address.
        url = join(["https://", way.host, "/"])
    if way.chosen is not None:
        url = None
        problem = Decision.unknown(
            "the caller names the host that the request is sent to",
            place_of(chain, api, way.chosen),
            attribute="xml_content",
            rule="SF319",
        )
    if url is not None:
        app = chain.app_at(url)
        perhaps = chain.app_perhaps_at(url) if app is None else None
        if perhaps is not None:
            app, problem = perhaps, _not_surely(chain, api, way, url, perhaps)
    registration = None
    if way.token is not None:
        registration = chain.registration_of_resource(way.token.resource)
    return Route(api, way, url, app, problem, registration)


def _not_surely(chain: Chain, api: ApiLink, way: Way, url: Value, app: AppLink) -> Decision:
    backend = api.gateway.backends.get(key(way.backend_id)) if way.backend_id else None
    told = text_of(url)
    what = "the URL that requests are sent to" if told.startswith("(") else told
    place = backend or place_of(chain, api, way.backend_address)
    attributes = {"azurerm_api_management_backend": "url"}
    attributes["azurerm_api_management_api"] = "service_url"
    return Decision.unknown(
        f"whether {what} leads to {app.name} is not known here",
        place,
        attribute=attributes.get(place.type if place else "", "xml_content"),
    )


def place_of(chain: Chain, api: ApiLink, address: str | None) -> Resource | None:
    """The resource at an address of an API's stack, or else the API's own."""
    stack = api.resource.stack if api.resource else api.gateway.stack
    return chain.configuration.resource(stack, address or api.address) or api.resource


def policy_of(chain: Chain, route: Route) -> Resource | None:
    """The policy that gets the route's token, or else the innermost one."""
    token = route.way.token
    return place_of(chain, route.api, token.address if token else route.way.address)


def backend_of(route: Route) -> Resource | None:
    """The backend entity that the route names."""
    if route.way.backend_id is None:
        return None
    return route.api.gateway.backends.get(key(route.way.backend_id))
