"""Tokens of language models: limited, and told to Application Insights.

Source: Learn, llm-token-limit (2024-10-09) and llm-emit-token-metric (2026-05-27); the policies of
Azure OpenAI do the same under other names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from constructs_lib.simulation.gateway import Quota, Window
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.policies.headers import response_of
from constructs_lib.simulation.policy_statements import Run, Statement
from constructs_lib.simulation.signals import PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

_MINUTE = 60
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}
_CHARACTERS = 4
"""So many are taken for one token where tokens are estimated."""


def token_limit(policy: Statement) -> Run:
    """So many tokens in a minute, or in a longer period."""
    counter, rate = policy.text("counter-key"), policy.number("tokens-per-minute")
    quota, period = policy.number("token-quota"), policy.text("token-quota-period", "hourly")
    limited, has_quota = policy.has("tokens-per-minute"), policy.has("token-quota")
    estimate = policy.boolean("estimate-prompt-tokens", default=False)

    def refuse(call: SimulatedCall, status: int, told: str, wait: float) -> PolicyFailedError:
        seconds = max(1, int(wait + 0.999))
        told = f"{told} is exceeded. Try again in {seconds} seconds."
        call.trace.add(policy.name, told, "token-limit", "token-limit.message")
        answer = refusal(status, told)
        name = policy.literal("retry-after-header-name", "Retry-After")
        answer.headers.set(name, str(seconds))
        _store(call, policy, "retry-after", seconds)
        return PolicyFailedError(told, response=answer)

    def run(call: SimulatedCall) -> None:
        gateway, name, now = call.gateway, ("tokens", counter(call)), call.gateway.now()
        prompt = 0
        if estimate(call) or _json(call.request).get("stream") is True:
            prompt = _estimated(call, policy, call.request)
        with gateway.lock:
            window = gateway.windows.get(name) or Window()
            used = window.count(now, _MINUTE)
            if limited and (used >= rate(call) or used + prompt > rate(call)):
                raise refuse(call, 429, "Token limit", window.wait(now, _MINUTE))
            spent = _spent(call, name, _PERIODS.get(period(call).lower(), 1) * 3600)
            if has_quota and (spent.calls >= quota(call) or spent.calls + prompt > quota(call)):
                left = spent.began + _PERIODS.get(period(call).lower(), 1) * 3600 - now
                raise refuse(call, 403, "Token quota", left)
        told = f"{used:g} tokens were used in this minute."
        call.trace.add(policy.name, told, "token-limit", *(["token-limit.period"] * has_quota))
        _tell(call, policy, "tokens-consumed", prompt, header=False)
        if limited:
            _tell(call, policy, "remaining-tokens", int(rate(call) - used - prompt))
        if has_quota:
            _tell(call, policy, "remaining-quota-tokens", int(quota(call) - spent.calls - prompt))

        def arrived(call: SimulatedCall) -> None:
            tokens = _used(call, policy)
            gateway.count(name, tokens, _MINUTE)
            spent.calls += tokens
            _tell(call, policy, "tokens-consumed", tokens)

        call.arrived.append(arrived)

    return run


def _spent(call: SimulatedCall, name: Any, seconds: int) -> Quota:
    gateway = call.gateway
    found = gateway.quotas.get(name)
    if found is None:
        found = Quota(gateway.now())
        gateway.quotas.set(name, found, seconds)
    return found


def _store(call: SimulatedCall, policy: Statement, what: str, value: int) -> None:
    variable = policy.literal(f"{what}-variable-name")
    if variable:
        call.variables[variable] = value


def _tell(
    call: SimulatedCall, policy: Statement, what: str, value: int, *, header: bool = True
) -> None:
    """Put a number into the variable and the header that the policy names for it."""
    _store(call, policy, what, value)
    name = policy.literal(f"{what}-header-name")
    if name and header:
        call.after.append(lambda each: response_of(each).headers.set(name, str(value)))


def token_metric(policy: Statement) -> Run:
    """Metrics of the tokens that a call used, for Application Insights."""
    dimensions = [(each.text("name"), each.text("value")) for each in policy.children("dimension")]

    def run(call: SimulatedCall) -> None:
        found = {name(call): value(call) for name, value in dimensions}

        def arrived(call: SimulatedCall) -> None:
            told = f"Metrics of {_used(call, policy)} tokens are sent."
            call.trace.add(policy.name, told, "token-metric", dimensions=found)

        call.arrived.append(arrived)

    return run


def _used(call: SimulatedCall, policy: Statement) -> int:
    """The tokens of the prompt and of what the model answered."""
    response, sent = response_of(call), call.outgoing or call.request
    if response.body.streams:
        # Looking at the answer would end the streaming: what it costs is not counted.
        return _estimated(call, policy, sent)
    usage = _json(response).get("usage")
    if isinstance(usage, dict):
        given = cast("dict[str, Any]", usage)
        total = given.get("total_tokens")
        if total is None:
            total = sum(given.get(f"{part}_tokens") or 0 for part in ("input", "output"))
        return int(total)
    if response.status >= 400:
        return 0
    return _estimated(call, policy, sent) + _estimated(call, policy, response)


def _estimated(
    call: SimulatedCall, policy: Statement, message: SimulatedRequest | SimulatedResponse
) -> int:
    told = f"{_CHARACTERS} characters are taken for a token."
    call.trace.add(policy.name, told, "token-limit.estimate")
    return -(-len(message.content.decode("utf-8", "replace")) // _CHARACTERS)


def _json(message: SimulatedRequest | SimulatedResponse) -> dict[str, Any]:
    try:
        value = json.loads(message.content or b"{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
