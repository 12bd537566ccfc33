"""Whatever of gateway, registration and function app is there already, the chain is whole."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from constructs_lib.access import analyse, read_terraform
from tests.terraform.harness import Stack, needs_stand_in
from tests.terraform.mixtures import (
    APPS,
    EVERYTHING,
    GATEWAYS,
    PAIRS,
    REGISTRATIONS,
    synthesize_mixtures,
)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_mixture_is_synthesized_and_lets_only_the_gateway_in(
    gateway: str, tmp_path: Path
) -> None:
    mixtures = [mixture for mixture in EVERYTHING if mixture[0] == gateway]
    assert len(mixtures) == len(REGISTRATIONS) * len(APPS)
    analysis = analyse(read_terraform(str(synthesize_mixtures(tmp_path, mixtures))))
    findings = [f for f in analysis.findings if f.severity != "note"]
    assert [(f.rule, f.address, f.message) for f in findings] == []
    assert analysis.accepted == ()


def test_the_pairs_leave_no_two_kinds_apart() -> None:
    for first, second in combinations(range(3), 2):
        kinds = (GATEWAYS, REGISTRATIONS, APPS)
        met = {(mixture[first], mixture[second]) for mixture in PAIRS}
        assert len(met) == len(kinds[first]) * len(kinds[second])


@needs_stand_in
def test_the_pairs_are_planned_and_applied_and_then_stay_as_they_are(tmp_path: Path) -> None:
    output = synthesize_mixtures(tmp_path, PAIRS)
    platform, team = (Stack(output / "stacks" / name) for name in ("platform", "team"))
    for stack in (platform, team):
        stack.terraform("init")
        stack.terraform("plan", "-out=plan.tfplan")
        stack.terraform("apply", "plan.tfplan")
    plan = json.loads(team.terraform("show", "-json", "plan.tfplan"))
    changes = plan["resource_changes"]
    assert [c["address"] for c in changes if "delete" in c["change"]["actions"]] == []
    adopted = [c for c in changes if "importing" in c["change"]]
    assert len(adopted) == len([mixture for mixture in PAIRS if mixture[2] == "adopted"])
    assert {tuple(c["change"]["actions"]) for c in adopted} == {("update",)}
    team.assert_plan_is_empty()
