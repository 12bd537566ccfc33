"""Which subscription keys an API and its products demand of callers, and of tools' calls."""

from __future__ import annotations

from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision
from constructs_lib.access.links import ApiLink
from constructs_lib.access.policy_flow import key_names
from constructs_lib.access.routes import Route, place_of
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value

# The headers of subscription keys that API Management takes out before it calls a tool's operation.
_TAKEN_OUT = ("ocp-apim-subscription-key", "api-key")

_PLAINLY = "Check who calls with validate-azure-ad-token or validate-jwt, so that it is known here"


def key_demanded(chain: Chain, route: Route) -> list[Decision]:
    """What stops a caller who has no subscription key, if anything does."""
    api, way = route.api, route.way
    if api.resource is None:
        return [
            Decision.unknown(
                f"{api.name} is managed elsewhere, so whether it demands a subscription "
                "key is not known here"
            )
        ]
    demanded = _keys_demanded(chain, api, api.resource)
    if all(value is True for value in demanded.values()):
        reason = f"{api.name} demands a subscription key"
        return [Decision.closed(401, reason, api.resource, "subscription_required")]
    policy = place_of(chain, api, way.address)
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


def called_without_key(chain: Chain, api: ApiLink | None) -> list[Decision]:
    """What becomes of the call of a tool, which carries no subscription key."""
    if api is None or api.resource is None:
        return []
    demanded = _keys_demanded(chain, api, api.resource)
    if False in demanded.values():
        return []
    place = next(each for each, value in demanded.items() if value is not False)
    header = key_names(chain.configuration, api)[0].lower()
    if all(value is True for value in demanded.values()) and header in _TAKEN_OUT:
        reason = f"{api.name} demands a subscription key, and calls of tools carry none"
        return [Decision.closed(401, reason, place, "subscription_required", "SF614")]
    reason = f"whether calls of tools carry the subscription key of {api.name} is not known"
    return [Decision.unknown(f"{reason} here", place, "subscription_required")]


def open_product(chain: Chain, api: ApiLink) -> Resource | None:
    """A product that lets callers in without a subscription."""
    for resource, body in _products(chain, api).items():
        published = not isinstance(body.value("published"), Term)
        if published and body.value("subscription_required", True) is False:
            return resource
    return None


def _keys_demanded(chain: Chain, api: ApiLink, resource: Resource) -> dict[Resource | None, Value]:
    """What the API and each of its products say of `subscription_required`."""
    bodies = {resource: chain.configuration.body(resource), **_products(chain, api)}
    demanded: dict[Resource | None, Value] = {
        each: body.value("subscription_required", True if each.shows else "unknown")
        for each, body in bodies.items()
    }
    for each, body in _products(chain, api).items():
        if demanded[each] is False and isinstance(body.value("published"), Term):
            demanded[each] = "unknown"
    if not api.gateway.products.keys() >= set(api.products):
        demanded[place_of(chain, api, None)] = "unknown"
    return demanded


def _products(chain: Chain, api: ApiLink) -> dict[Resource, Body]:
    """The products that serve an API.

    One that is not published serves nobody (Learn, "Create and publish a product").
    """
    found = (api.gateway.products.get(product) for product in api.products)
    bodies = {each: chain.configuration.body(each) for each in found if each is not None}
    return {
        each: body
        for each, body in bodies.items()
        if not each.managed or body.value("published") is not False
    }
