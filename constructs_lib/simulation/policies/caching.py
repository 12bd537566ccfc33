"""The cache: of responses, and of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.simulation.policy_statements import Run, Statement, text_of
from constructs_lib.simulation.signals import CachedError

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

_OVERHEAD = 200
"""Bytes that an entry takes besides what it holds."""


def cache_lookup(policy: Statement) -> Run:
    """A response that was kept for the same URL and whatever else it varies by."""
    private = policy.boolean("allow-private-response-caching", default=False)
    by_developer = policy.boolean("vary-by-developer", default=False)
    by_groups = policy.boolean("vary-by-developer-groups", default=False)
    headers = policy.texts("vary-by-header")
    queries = policy.texts("vary-by-query-parameter")

    def run(call: SimulatedCall) -> None:
        request, url = call.request, call.original_url
        if request.method != "GET":
            call.trace.add("cache-lookup", "Only GET requests are cached.", "cache-lookup")
            return
        if "Authorization" in request.headers and not private(call):
            told = "Requests with an Authorization header are not cached."
            call.trace.add("cache-lookup", told, "cache-lookup")
            return
        names = {name.strip().lower() for each in queries(call) for name in each.split(";")}
        query = [pair for pair in url.pairs() if not names or pair[0].lower() in names]
        varied = [request.headers.get(each) for each in headers(call)]
        user = call.facts.user
        call.cache_key = (
            *(url.host, url.path, tuple(sorted(query)), tuple(varied)),
            (user.id if user and by_developer(call) else None),
            tuple(each.id for each in user.groups) if user and by_groups(call) else None,
        )
        found = call.gateway.responses.get(call.cache_key)
        if found is None:
            call.trace.add("cache-lookup", "Cache lookup resulted in a miss.", "cache-lookup")
            return
        call.response = found.copy()
        call.trace.add(
            "cache-lookup",
            "Cache lookup resulted in a hit.",
            "cache-lookup",
            "cache-lookup.outbound",
        )
        raise CachedError

    return run


def cache_store(policy: Statement) -> Run:
    """Keeps the response for the next request of the same kind."""
    duration = policy.number("duration")
    attributes = policy.element.attributes
    whatever = policy.boolean("cache-response", default=False)

    def run(call: SimulatedCall) -> None:
        response = call.response
        keep = whatever(call) if "cache-response" in attributes else None
        if call.cache_key is None or response is None or keep is False:
            call.trace.add("cache-store", "The response is not kept.", "cache-store")
            return
        if keep is None and response.status != 200:
            call.trace.add("cache-store", "Only 200 responses are kept.", "cache-store")
            return
        size = len(response.content) + sum(len(n) + len(v) for n, v in response.headers)
        call.gateway.responses.set(
            call.cache_key, response.copy(), duration(call), size + _OVERHEAD
        )
        call.trace.add(
            "cache-store", f"The response is kept for {duration(call):g} seconds.", "cache-store"
        )

    return run


def cache_lookup_value(policy: Statement) -> Run:
    """A value that was kept; a miss leaves the variable alone."""
    key, variable = policy.text("key"), policy.literal("variable-name")
    default, has_default = policy.value("default-value"), policy.has("default-value")

    def run(call: SimulatedCall) -> None:
        found = call.gateway.cache.get(key(call))
        if found is not None:
            call.variables[variable] = found[0]
        elif has_default:
            call.variables[variable] = default(call)
        told = "hit" if found is not None else "miss"
        call.trace.add(
            "cache-lookup-value", f"Cache lookup resulted in a {told}.", "cache-lookup-value"
        )

    return run


def cache_store_value(policy: Statement) -> Run:
    """Keeps a value."""
    key, value, duration = policy.text("key"), policy.value("value"), policy.number("duration")

    def run(call: SimulatedCall) -> None:
        name, found = key(call), value(call)
        size = len(name) + len(text_of(found)) + _OVERHEAD
        call.gateway.cache.set(name, (found,), duration(call), size)
        call.trace.add("cache-store-value", "The value is kept.", "cache-store-value")

    return run


def cache_remove_value(policy: Statement) -> Run:
    """Forgets a value."""
    key = policy.text("key")

    def run(call: SimulatedCall) -> None:
        call.gateway.cache.remove(key(call))
        call.trace.add("cache-remove-value", "The value is removed.", "cache-remove-value")

    return run
