"""The stages of the migration, on and back again, with the real terraform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.examples import synthesized
from tests.terraform.harness import ROOT, Stack, needs_stand_in, run

POLICY = "azurerm_api_management_api_policy"
APP = "azurerm_linux_function_app"
BACKEND = "azurerm_api_management_backend"
NAMED_VALUE = "azurerm_api_management_named_value"

# On to the last stage and back to the first; then the change that must come first, and the one that
# must wait for it, or requests would be refused in between.
STAGES: list[tuple[str, tuple[str, str] | None, tuple[str, str] | None]] = [
    ("keys", None, None),
    ("both", (POLICY, "update"), (APP, "update")),
    ("identity", (POLICY, "update"), (NAMED_VALUE, "delete")),
    ("both", (NAMED_VALUE, "create"), (POLICY, "update")),
    ("keys", (APP, "update"), (POLICY, "update")),
]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Each stage: what its plan changes, what is tried if its first change fails, the state."""
    folder = tmp_path_factory.mktemp("migration")
    script = ROOT / "examples/migrate_from_keys/main.py"
    log = folder / "operations.jsonl"
    stages = []
    for stage, first, _ in STAGES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STAGE", stage)
            stack = Stack(synthesized(script, folder)["migrate-from-keys"])
        stack.terraform("init")
        plan = stack.planned()
        log.write_text("")
        if first:
            run(
                *("terraform", "apply", "-no-color", "plan"),
                folder=stack.folder,
                expect=1,
                TERRAFORM_OFFLINE_FAIL="{}.*:{}".format(*first),
                TERRAFORM_OFFLINE_LOG=str(log),
            )
        stack.terraform("apply", "-auto-approve")
        tried = [json.loads(line) for line in log.read_text().splitlines()]
        stages.append(
            {
                "changes": {
                    change["address"]: change["change"]["actions"]
                    for change in plan["resource_changes"]
                    if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
                },
                "tried": [(each["type"], each["operation"]) for each in tried],
                "state": json.loads(stack.state().read_text()),
            }
        )
    stack.assert_plan_is_empty()
    return stages


def types(stage: dict[str, Any], *actions: str) -> set[str]:
    changes = stage["changes"].items()
    return {address.split(".")[0] for address, done in changes if set(done) & {*actions}}


@needs_stand_in
def test_no_stage_destroys_anything_but_the_key(applied: list[dict[str, Any]]) -> None:
    destroyed = [types(stage, "delete") for stage in applied]
    assert destroyed == [set(), set(), {NAMED_VALUE}, set(), set()]
    created = [types(stage, "create") for stage in applied[1:]]
    assert created == [set(), set(), {NAMED_VALUE}, set()]


@needs_stand_in
def test_no_stage_touches_api_or_registration(applied: list[dict[str, Any]]) -> None:
    changed = [types(stage, "update") for stage in applied[1:]]
    assert changed == [{POLICY, APP}, {POLICY, BACKEND}, {POLICY, BACKEND}, {POLICY, APP}]


@needs_stand_in
def test_the_stricter_side_waits_for_the_more_generous_one(applied: list[dict[str, Any]]) -> None:
    for (_, first, then), stage in zip(STAGES[1:], applied[1:], strict=True):
        assert first in stage["tried"]
        assert then not in stage["tried"]


@needs_stand_in
def test_no_stage_knows_the_key(applied: list[dict[str, Any]]) -> None:
    values = [
        instance["attributes"]["value"]
        for stage in applied
        for resource in stage["state"]["resources"]
        if resource["type"] == NAMED_VALUE
        for instance in resource["instances"]
    ]
    assert len(values) == 4
    assert not any(values)
