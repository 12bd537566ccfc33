"""Each policy does what Azure documents or was seen to do: the cases of `golden.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.simulation.chain import Answer
from constructs_lib.simulation.http import Response
from constructs_lib.simulation.outside import ManualClock
from constructs_lib.simulation.policies import POLICIES
from tests.simulation.stacks import Recorder, chain, stack

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
ELSEWHERE = {"authentication-managed-identity", "validate-azure-ad-token"}
"""Policies that `test_tokens` tries, with tokens of the local Entra."""


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{each['policy']}-{n}" for n, each in enumerate(CASES)]
)
def test_golden(case: dict[str, Any]):
    backend = Recorder(*(_response(*each) for each in case.get("answers", [])))
    clock = ManualClock()
    called = chain(stack(**case["sections"]), backend, clock=clock)
    request = {"method": "GET", "path": "/orders/items/7", **case.get("request", {})}
    for _ in range(case.get("calls_before", 0)):
        called.request(**request)
        clock.advance(case.get("seconds_between", 0))
    answer, expected = called.request(**request), case["expect"]
    _compare(answer, expected)
    if "calls" in expected:
        assert len(backend.received) == expected["calls"]


def _response(status: int, body: str, headers: dict[str, str] | None = None) -> Response:
    return Response.of(status, body, headers or {})


def _compare(answer: Answer, expected: dict[str, Any]) -> None:
    found = {"status": answer.status, "reason": answer.reason, "body": answer.text}
    assert found == found | {name: expected[name] for name in found if name in expected}
    for name, value in expected.get("headers", {}).items():
        assert answer.headers.get(name) == value
    if "error" in expected:
        assert answer.error is not None
        assert [answer.error.source, answer.error.reason] == expected["error"]
    if "trace" in expected:
        assert expected["trace"] in answer.trace
    if "sent" not in expected:
        return
    sent = answer.received
    if expected["sent"] is None or sent is None:
        assert sent is expected["sent"]
        return
    told = {"url": str(sent.url), "method": sent.method, "body": sent.content.decode()}
    assert told == told | {
        name: expected["sent"][name] for name in told if name in expected["sent"]
    }
    for name, value in expected["sent"].get("headers", {}).items():
        assert sent.headers.get(name) == value


def test_every_policy_that_is_simulated_has_a_case_with_its_source():
    assert {each["policy"] for each in CASES} | ELSEWHERE == set(POLICIES)
    assert all(each["source"] for each in CASES)
