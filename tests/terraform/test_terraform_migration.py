"""The stages of the migration, on and back again, with the real terraform."""

from __future__ import annotations

import json
from typing import Any

import pytest
from terraform_harness import copy_of_project, needs_stand_in, run, synthesize

POLICY = "azurerm_api_management_api_policy"
APP = "azurerm_linux_function_app"
NAMED_VALUE = "azurerm_api_management_named_value"

STAGES = ["keys", "both", "identity", "both", "keys"]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Each stage in turn: what its plan changes, what was done in which order, and the state."""
    folder = tmp_path_factory.mktemp("migration")
    script = copy_of_project(folder) / "examples/migrate_from_keys/main.py"
    log = folder / "operations.jsonl"
    stages = []
    for stage in STAGES:
        stack = synthesize(script, STAGE=stage)["migrate-from-keys"]
        stack.terraform("init")
        stack.terraform("plan", "-out=plan.tfplan")
        plan = json.loads(stack.terraform("show", "-json", "plan.tfplan"))
        log.write_text("")
        run(
            "terraform", "apply", "plan.tfplan", folder=stack.folder, TERRAFORM_OFFLINE_LOG=str(log)
        )
        done = [json.loads(line) for line in log.read_text().splitlines()]
        stages.append(
            {
                "changes": {
                    change["address"]: change["change"]["actions"]
                    for change in plan["resource_changes"]
                    if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
                },
                "order": [(each["operation"], each["type"]) for each in done],
                "state": stack.terraform("state", "pull"),
                "json": json.dumps(stack.document),
            }
        )
    return stages


def types(stage: dict[str, Any], *actions: str) -> set[str]:
    changes = stage["changes"].items()
    return {address.split(".")[0] for address, done in changes if set(done) & {*actions}}


@needs_stand_in
def test_no_stage_destroys_anything_but_the_key(applied: list[dict[str, Any]]) -> None:
    destroyed = [types(stage, "delete") for stage in applied]
    assert destroyed == [set(), set(), {NAMED_VALUE}, set(), set()]
    assert [types(stage, "create") for stage in applied[1:]] == [set(), set(), {NAMED_VALUE}, set()]


@needs_stand_in
def test_no_stage_touches_api_or_registration(applied: list[dict[str, Any]]) -> None:
    backend = "azurerm_api_management_backend"
    changed = [types(stage, "update") for stage in applied[1:]]
    assert changed == [{POLICY, APP}, {POLICY, backend}, {POLICY, backend}, {POLICY, APP}]


@needs_stand_in
def test_the_side_that_becomes_more_generous_is_changed_first(
    applied: list[dict[str, Any]],
) -> None:
    def index(stage: int, operation: str, kind: str) -> int:
        return applied[stage]["order"].index((operation, kind))

    assert index(1, "update", POLICY) < index(1, "update", APP)
    assert index(2, "update", POLICY) < index(2, "delete", NAMED_VALUE)
    assert index(3, "create", NAMED_VALUE) < index(3, "update", POLICY)
    assert index(4, "update", APP) < index(4, "update", POLICY)


@needs_stand_in
def test_no_stage_knows_the_key(applied: list[dict[str, Any]]) -> None:
    known = 0
    for stage in applied:
        for resource in json.loads(stage["state"])["resources"]:
            if resource["type"] == NAMED_VALUE:
                (instance,) = resource["instances"]
                assert not instance["attributes"]["value"]
                known += 1
        assert '"value": "' not in stage["json"].split(NAMED_VALUE, 1)[-1].split("}", 3)[0]
    assert known == 4
