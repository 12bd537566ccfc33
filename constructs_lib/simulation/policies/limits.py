"""How often: rate limits, quotas, calls at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from constructs_lib.simulation.gateway import Quota, Window
from constructs_lib.simulation.policies.headers import response_of
from constructs_lib.simulation.policy_statements import RefusedError, Run, Statement, as_boolean
from constructs_lib.simulation.signals import PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

Key = Callable[["SimulatedCall"], Hashable]


def rate_limit(policy: Statement) -> Run:
    """Calls per subscription: of all, and of single APIs and operations."""
    return _each_limit(policy, _rate)


def rate_limit_by_key(policy: Statement) -> Run:
    """Calls per key of the policy's."""
    counter = policy.text("counter-key")
    return _rate(policy, policy, lambda call: ("rate", counter(call)))


def quota(policy: Statement) -> Run:
    """Calls and bandwidth per subscription: of all, and of single APIs and operations."""
    return _each_limit(policy, _quota)


def quota_by_key(policy: Statement) -> Run:
    """Calls and bandwidth per key of the policy's."""
    counter = policy.text("counter-key")
    return _quota(policy, policy, lambda call: ("quota", counter(call)))


def _each_limit(policy: Statement, make: Callable[[Statement, Statement, Key], Run]) -> Run:
    """What a policy says of all calls, and in it of those of an API or an operation."""
    runs: list[tuple[list[Callable[[SimulatedCall], bool]], Run]] = []

    def add(limit: Statement, *where: Callable[[SimulatedCall], bool]) -> None:
        runs.append((list(where), make(policy, limit, _of_subscription(limit))))

    add(policy)
    for api in policy.children("api"):
        of_api = _names(api, lambda call: call.facts.api)
        add(api, of_api)
        for each in api.children("operation"):
            add(each, of_api, _names(each, lambda call: call.facts.operation))

    def run(call: SimulatedCall) -> None:
        if call.facts.subscription is None:
            call.trace.add(policy.name, "There is no subscription to count.", policy.name)
            return
        for where, each in runs:
            if all(applies(call) for applies in where):
                each(call)

    return run


def _names(
    element: Statement, subject: Callable[[SimulatedCall], Any]
) -> Callable[[SimulatedCall], bool]:
    """Whether an element names what is called, by its id or else by its name."""
    which = "id" if element.has("id") else "name"
    text = element.text(which)
    return lambda call: text(call).lower() == getattr(subject(call), which).lower()


def _of_subscription(limit: Statement) -> Key:
    scope = limit.around.scope

    def key(call: SimulatedCall) -> Hashable:
        where = call.product if scope == "product" else call.facts.api.id
        subscription = call.facts.subscription
        return (scope, limit.path, where, subscription and subscription.id)

    return key


def _rate(policy: Statement, limit: Statement, key: Key) -> Run:
    calls, period = limit.number("calls"), limit.number("renewal-period")
    count = _increment(policy)
    late = policy.has("increment-condition") or policy.element.attributes.get(
        "increment-count", ""
    ).startswith("@")
    write = _writing(policy)

    def run(call: SimulatedCall) -> None:
        name, gateway = key(call), call.gateway
        most, seconds = calls(call), period(call)
        with gateway.lock:
            window, now = gateway.windows.get(name) or Window(), gateway.now()
            used = window.count(now, seconds)
            if used >= most:
                _refuse_rate(call, policy, window.wait(now, seconds))
            if not late:
                gateway.count(name, count(call), seconds)
        write(call, int(most - used - (0 if late else 1)), int(most))
        if late:
            call.after.append(lambda each: gateway.count(name, count(each), seconds))
        told = f"{int(used) + 1} of {most:g} calls in {seconds:g} seconds."
        call.trace.add(policy.name, told, policy.name)

    return run


def _refuse_rate(call: SimulatedCall, policy: Statement, wait: int) -> None:
    told = f"Rate limit is exceeded. Try again in {wait} seconds."
    answer = refusal(429, told)
    answer.headers.set(policy.literal("retry-after-header-name", "Retry-After"), str(wait))
    variable = policy.literal("retry-after-variable-name")
    if variable:
        call.variables[variable] = wait
    call.trace.add(policy.name, told, policy.name)
    raise PolicyFailedError("Rate limit is exceeded", reason="RateLimitExceeded", response=answer)


def _increment(policy: Statement) -> Callable[[SimulatedCall], float]:
    """What a call counts."""
    condition = policy.value("increment-condition", default=True)
    count = policy.number("increment-count", 1)
    return lambda call: count(call) if as_boolean(condition(call), "increment-condition") else 0


def _writing(policy: Statement) -> Callable[[SimulatedCall, int, int], None]:
    """Tells how many calls are left, in the headers and the variable that the policy names."""
    variable = policy.literal("remaining-calls-variable-name")
    remaining = policy.literal("remaining-calls-header-name")
    total = policy.literal("total-calls-header-name")

    def write(call: SimulatedCall, left: int, most: int) -> None:
        if variable:
            call.variables[variable] = left

        def add(call: SimulatedCall) -> None:
            headers = response_of(call).headers
            if remaining:
                headers.set(remaining, str(left))
            if total:
                headers.set(total, str(most))

        if remaining or total:
            call.after.append(add)

    return write


def _quota(policy: Statement, limit: Statement, key: Key) -> Run:
    calls, bandwidth = limit.number("calls"), limit.number("bandwidth")
    period, count = limit.number("renewal-period"), _increment(policy)
    has_calls, has_bandwidth = limit.has("calls"), limit.has("bandwidth")
    start = None
    if policy.name == "quota-by-key":
        start = _moment(policy.literal("first-period-start", "0001-01-01T00:00:00Z"))

    def run(call: SimulatedCall) -> None:
        name, gateway = key(call), call.gateway
        seconds = period(call)
        with gateway.lock:
            now = gateway.now()
            used = gateway.quotas.get(name)
            if used is None:
                began = now if start is None or not seconds else now - (now - start) % seconds
                used = Quota(began)
                gateway.quotas.set(name, used, began + seconds - now if seconds else math.inf)
            left = max(0, int(used.began + seconds - now + 0.999)) if seconds else 0
            if has_calls and used.calls >= calls(call):
                _refuse_quota(call, policy, "call volume", left)
            if has_bandwidth and used.kilobytes >= bandwidth(call):
                _refuse_quota(call, policy, "bandwidth", left)
            used.calls += count(call)
        if has_bandwidth:
            size = len(call.request.content)
            call.after.append(lambda each: _add_size(used, size + len(response_of(each).content)))
        told = f"{used.calls:g} calls of the quota are used."
        call.trace.add(policy.name, told, policy.name, *(["quota.start"] if start is None else []))

    return run


def _moment(text: str) -> float:
    """A moment as `yyyy-MM-ddTHH:mm:ssZ`, in seconds since 1970."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix("Z"))
    except ValueError:
        raise RefusedError(f"first-period-start is no date: {text}") from None
    return (moment - datetime(1970, 1, 1)).total_seconds()


def _add_size(used: Quota, size: int) -> None:
    used.kilobytes += size / 1024


def _refuse_quota(call: SimulatedCall, policy: Statement, what: str, left: int) -> None:
    clock = f"{left // 3600:02}:{left // 60 % 60:02}:{left % 60:02}"
    told = f"Out of {what} quota. Quota will be replenished in {clock}."
    answer = refusal(403, told)
    answer.headers.set("Retry-After", str(left))
    call.trace.add(policy.name, told, policy.name)
    raise PolicyFailedError(told, reason="QuotaExceeded", response=answer)


def limit_concurrency(policy: Statement) -> Run:
    """No more calls at once than it says."""
    key, most, steps = policy.text("key"), policy.number("max-count"), policy.steps()

    def run(call: SimulatedCall) -> None:
        gateway, name = call.gateway, ("concurrency", key(call))
        with gateway.lock:
            running = gateway.running.get(name, 0)
            if running >= most(call):
                told = "Concurrency limit is exceeded."
                raise PolicyFailedError(told, response=refusal(429, told))
            gateway.running[name] = running + 1
        try:
            call.trace.add("limit-concurrency", f"{running + 1} at once.", "limit-concurrency")
            call.run(steps)
        finally:
            with gateway.lock:
                gateway.running[name] -= 1
                if not gateway.running[name]:
                    del gateway.running[name]

    return run
