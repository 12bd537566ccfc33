"""Each policy does what Azure documents or was seen to do: the cases of `golden.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.simulation.chain import GatewayAnswer
from constructs_lib.simulation.fidelity import behaviours
from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.outside import BackendTimeoutError, ManualClock
from constructs_lib.simulation.policies import POLICIES
from tests.simulation.stacks import Recorder, chain, stack

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
"""A case is a stack, what its backend answers in turn, and a call or, with `calls`, several: what
is asked after how many seconds, and what is to come of it."""

ELSEWHERE = {"authentication-managed-identity", "validate-azure-ad-token"}
"""Policies that `test_tokens` tries, with tokens of the local Entra."""
AT_DOORS = ("network", "site.", "host.", "easy-auth", "entra.")
"""How behaviours begin that are not the gateway's."""


class Slow:
    """A backend that takes so many seconds for its answers, by the path that is asked for."""

    def __init__(self, backend: Recorder, clock: ManualClock, takes: dict[str, float]) -> None:
        self._backend = backend
        self._clock = clock
        self._takes = takes

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        self._clock.advance(self._takes.get(request.url.path, 0))
        return self._backend.send(request)


@cache
def answers_of(number: int) -> tuple[list[GatewayAnswer], list[dict[str, Any]], Recorder]:
    """What comes of a case: answers, what is expected of each, and what the backend received."""
    case = CASES[number]
    backend = Recorder(*(_response(*each) for each in case.get("answers", [])))
    clock = ManualClock()
    slow = Slow(backend, clock, case["takes"]) if "takes" in case else backend
    called = chain(stack(**case["sections"]), slow, clock=clock)
    calls = case.get("calls", [{"request": case.get("request", {}), "expect": case.get("expect")}])
    answers: list[GatewayAnswer] = []
    for each in calls:
        clock.advance(each.get("after", 0))
        request = {"method": "GET", "path": "/orders/items/7", **each.get("request", {})}
        if isinstance(request.get("key"), dict):
            request["key"] = called.key(**request["key"])
        if "certificate" in case:
            request["certificate"] = case["certificate"].encode()
        answers.append(called.request(**request))
    return answers, [each.get("expect", {}) for each in calls], backend


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{each['policy']}-{n}" for n, each in enumerate(CASES)]
)
def test_golden(number: int):
    answers, expected, backend = answers_of(number)
    for answer, each in zip(answers, expected, strict=True):
        _compare(answer, each)
    received = CASES[number].get("received")
    if isinstance(received, list):
        assert [str(each.url) for each in backend.received] == received
    elif received is not None:
        assert len(backend.received) == received


def _response(
    status: int | str, body: str | list[str] = "", headers: dict[str, str] | None = None
) -> Any:
    if isinstance(status, str):
        return BackendTimeoutError(status)
    if isinstance(body, list):
        pieces = HttpBody(each.encode() for each in body)
        return SimulatedResponse(status, headers=HttpHeaders(headers or {}), body=pieces)
    return SimulatedResponse.of(status, body, headers or {})


def _compare(answer: GatewayAnswer, expected: dict[str, Any]) -> None:
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


def test_every_policy_and_every_behaviour_of_the_gateway_has_a_case_with_its_source():
    named = {each["policy"] for each in CASES}
    assert named >= set(POLICIES) - ELSEWHERE
    assert named <= set(POLICIES) | set(behaviours())
    assert all(each["source"] for each in CASES)
    rests = {
        rest for n in range(len(CASES)) for each in answers_of(n)[0] for rest in each.trace.rests
    }
    missing = {
        name
        for name in behaviours()
        if not name.startswith(AT_DOORS) and name.partition(".")[0] not in ELSEWHERE
    }
    assert missing <= rests
