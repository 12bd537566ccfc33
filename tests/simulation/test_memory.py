"""Whoever asks once is not remembered for ever, so that a gateway may run for long."""

from __future__ import annotations

import pytest

from constructs_lib.simulation.outside import ManualClock
from tests.simulation.stacks import chain, stack

CALLER = "@(context.Request.Headers.GetValueOrDefault(&quot;Caller&quot;))"
ONCE = f'calls="1" renewal-period="60" counter-key="{CALLER}"'
LATE = "increment-condition='@(context.Response.StatusCode == 200)'"
LOOKUP = "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false'/>"
KEPT: dict[str, dict[str, str]] = {
    "windows": {"inbound": f"<rate-limit-by-key {ONCE}/>"},
    "windows, counted after the call": {"inbound": f"<rate-limit-by-key {ONCE} {LATE}/>"},
    "quotas": {"inbound": f"<quota-by-key {ONCE}/>"},
    "running": {"inbound": f'<limit-concurrency key="{CALLER}" max-count="1"/>'},
    "responses": {"inbound": LOOKUP, "outbound": '<cache-store duration="60"/>'},
    "cache": {"inbound": f'<cache-store-value key="{CALLER}" value="x" duration="60"/>'},
}


@pytest.mark.parametrize("kept", KEPT)
def test_callers_who_do_not_come_again_leave_nothing_behind(kept: str) -> None:
    clock = ManualClock()
    policies = {name: f"<base/>{text}" for name, text in KEPT[kept].items()}
    called = chain(stack(**policies), clock=clock)
    gateway, most = called.services["apim"].gateway, 0
    for number in range(300):
        answer = called.request("GET", f"/orders/items/{number}", headers={"Caller": str(number)})
        assert answer.status == 200
        most = max(most, len(getattr(gateway, kept.partition(",")[0])))
        clock.advance(10)
    assert most == 0 if kept == "running" else 0 < most < 70


@pytest.mark.parametrize("kept", ["windows", "windows, counted after the call", "quotas"])
def test_others_do_not_make_a_caller_forgotten_in_its_period(kept: str) -> None:
    clock = ManualClock()
    called = chain(stack(inbound=f"<base/>{KEPT[kept]['inbound']}"), clock=clock)

    def status(caller: int) -> int:
        return called.request("GET", "/orders/items/7", headers={"Caller": str(caller)}).status

    assert status(0) == 200
    for caller in range(1, 200):
        assert status(caller) == 200
    clock.advance(59)
    assert status(0) in (403, 429)
    clock.advance(2)
    assert status(0) == 200


def test_a_cache_that_is_full_lets_the_oldest_go() -> None:
    clock = ManualClock()
    large = "@(new string('x', 1000000))"
    policies = {
        "inbound": f"<base/><cache-store-value key='{CALLER}' value=\"{large}\" duration='3600'/>",
        "outbound": f"<base/><set-body>{large}</set-body><cache-store duration='3600'/>",
    }
    policies["inbound"] += LOOKUP
    called = chain(stack(**policies), clock=clock)
    gateway = called.services["apim"].gateway
    for number in range(30):
        headers = {"Caller": str(number)}
        assert called.request("GET", f"/orders/items/{number}", headers=headers).status == 200
        assert len(gateway.cache) == len(gateway.responses) == min(number + 1, 9)
    assert gateway.cache.get("0") is None
    assert gateway.cache.get("29") is not None
