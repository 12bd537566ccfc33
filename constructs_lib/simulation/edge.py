"""The gateway's own steps before the policies: API, operation, key and product of a call."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from constructs_lib.access.links import key
from constructs_lib.simulation import model
from constructs_lib.simulation.http import HttpUrl
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall
    from constructs_lib.simulation.model import Service, SimulatedApi, SimulatedOperation

_REVISION = re.compile(r";rev=(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """An API, and the path below it."""

    api: SimulatedApi
    rest: str


def find_api(service: Service, call: SimulatedCall) -> Found | None:
    """The API of a request: that of the longest path, in the version and revision asked for.

    Raises:
        CallStoppedError: If it may be one whose path is not known.
    """
    path = call.original_url.decoded_path()
    revision = _REVISION.search(path)
    path = _REVISION.sub("", path)
    found: Found | None = None
    for api in service.apis:
        facts = api.facts
        own = revision.group(1) == facts.revision if revision else facts.is_current_revision
        rest = _below(path, facts.path) if own and api.link.resource is not None else None
        rest = _version(api, rest, call) if rest is not None else None
        if rest is not None and (
            found is None or len(path) - len(rest) > len(path) - len(found.rest)
        ):
            found = Found(api, rest)
    unknown = next((each for each in service.apis if each.problem), None)
    if found is None and unknown is not None and unknown.problem is not None:
        raise CallStoppedError(unknown.problem)
    return found


def _below(path: str, prefix: str) -> str | None:
    """What follows a path's beginning, if it begins so."""
    front = f"/{prefix}" if prefix else ""
    if not path.lower().startswith(front.lower()):
        return None
    rest = path[len(front) :]
    return rest if not rest or rest.startswith("/") else None


def _version(api: SimulatedApi, rest: str, call: SimulatedCall) -> str | None:
    version = api.facts.version
    if api.scheme == "Header":
        sent = call.request.headers.get(api.version_name) or ""
    elif api.scheme == "Query":
        sent = next(iter(call.original_url.parameter(api.version_name)), "")
    elif api.scheme == "Segment" and version:
        return _below(rest, version)
    else:
        return rest
    return rest if sent.lower() == version.lower() else None


def find_operation(
    api: SimulatedApi, method: str, rest: str
) -> tuple[SimulatedOperation, dict[str, str]] | None:
    """The operation that a request is of, with the values of its template's parameters."""
    best: tuple[SimulatedOperation, dict[str, str]] | None = None
    for each in api.operations:
        if each.facts.method.upper() not in (method.upper(), "*"):
            continue
        match = each.pattern.fullmatch(rest if rest.startswith("/") else f"/{rest}")
        if match and (best is None or each.rank > best[0].rank):
            best = each, model.parameters(match)
    return best


def not_found() -> PolicyFailedError:
    """That no API or no operation fits."""
    return PolicyFailedError(
        "Unable to match incoming request to an operation.",
        source="configuration",
        reason="OperationNotFound",
        response=refusal(404, "Resource not found"),
    )


def enter_api(call: SimulatedCall, found: Found) -> None:
    """Have the call be of an API: from now on its URL is the backend's."""
    api = found.api
    call.api, call.facts.api = api, api.facts
    call.path = found.rest
    if call.key is not None:
        call.request.headers.set(api.facts.key_header, call.key)
    if api.service_url:
        try:
            base = HttpUrl.parse(api.service_url)
        except ValueError as error:
            raise CallStoppedError(f"the service URL of {api.facts.id}: {error}") from None
        api.facts.service_url = base
        call.move(base)
    else:
        call.repath(found.rest)


def check_key(call: SimulatedCall) -> None:
    """Find the subscription and the product of a call.

    Raises:
        PolicyFailedError: If a key is missing or wrong.
    """
    api = call.api
    if api is None:
        return
    facts = api.facts
    sent = call.request.headers.get(facts.key_header)
    if sent is None:
        sent = next(iter(call.original_url.parameter(facts.key_query)), None)
    products = [each for each in api.products if each in call.service.products]
    if not sent:
        # One that is not published serves nobody (Learn, "Create and publish a product").
        opened = [
            each
            for each in products
            if not call.service.products[each].subscription_required
            and call.service.products[each].state == "Published"
        ]
        if api.key_required and not opened:
            raise _unauthorized(call, api, "missing")
        _enter_product(call, opened[0] if opened else None)
        return
    call.trace.hide(sent)
    subscription = call.service.subscription_of(sent)
    if subscription is None or not subscription.active or not _opens(subscription, api):
        raise _unauthorized(call, api, "invalid")
    call.facts.subscription = replace(subscription.facts, key=sent)
    _enter_product(call, subscription.product)
    call.trace.add(
        "authorization", f"The key is of the subscription {subscription.facts.name}.", "key"
    )


def _enter_product(call: SimulatedCall, product: object) -> None:
    call.product = product
    if product is not None:
        call.facts.product = call.service.products.get(product)


def _opens(subscription: model.SimulatedSubscription, api: SimulatedApi) -> bool:
    if subscription.product is not None:
        return subscription.product in api.products
    return subscription.api is None or key(subscription.api) == key(api.facts.id)


def _unauthorized(call: SimulatedCall, api: SimulatedApi, how: str) -> PolicyFailedError:
    hint = {
        "missing": "Make sure to include subscription key when making requests to {} API.",
        "invalid": "Make sure to provide a valid key for an active subscription.",
    }[how]
    told = f"Access denied due to {how} subscription key. {hint}"
    answer = refusal(401, told.format("an"))
    answer.reason = "Access Denied"
    url = call.original_url
    answer.headers.set(
        "WWW-Authenticate",
        f'AzureApiManagementKey realm="https://{url.authority}/{api.facts.path}",'
        f'name="{api.facts.key_header}",type="header"',
    )
    call.trace.add("authorization", told.format("this"), "key", f"key.{how}")
    reason = {"missing": "SubscriptionKeyNotFound", "invalid": "SubscriptionKeyInvalid"}[how]
    return PolicyFailedError(
        told.format("this"), source="authorization", reason=reason, response=answer
    )
