"""The recipe in plain HCL is proven by its first plan, as far as a first plan can know it.

`recipes/main.tf` is the recipe with each kind of identity; `plain_hcl/renew.py` renews `plan.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_terraform

PLAN = Path(__file__).parent / "recipes" / "plan.json"
IDENTITY = "module.user_assigned.azurerm_user_assigned_identity.gateway.client_id"


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    plan = json.loads(PLAN.read_text(encoding="utf-8"))
    _attach(plan["prior_state"]["values"]["root_module"])
    file = tmp_path_factory.mktemp("recipes") / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    return analyse(read_terraform(file))


def _attach(module: dict[str, Any]) -> None:
    """Let the gateway that exists have the identity that exists."""
    found = {each["type"]: each["values"] for each in module.get("resources", ())}
    if "azurerm_api_management" in found:
        identity = found["azurerm_user_assigned_identity"]["id"]
        block = {"type": "UserAssigned", "identity_ids": [identity]}
        found["azurerm_api_management"]["identity"] = [block]
    for child in module.get("child_modules", ()):
        _attach(child)


def _verdicts(analysis: Analysis, name: str, of: Callable[[str], bool]) -> set[str]:
    return {
        each.verdict
        for each in analysis.answers
        if each.target.name == f"func-orders-{name}" and of(each.caller.kind)
    }


@pytest.mark.parametrize("name", ["system", "user", "existing"])
def test_where_the_policy_is_known_the_first_plan_is_clean(analysis: Analysis, name: str) -> None:
    assert [each for each in analysis.findings if f"orders-{name}" in each.message] == []
    assert _verdicts(analysis, name, lambda kind: kind in ("gateway", "gateway-policy")) == {"open"}
    assert _verdicts(analysis, name, lambda kind: not kind.startswith("gateway")) == {"closed"}


@pytest.mark.parametrize(
    "mentions",
    [["principal_id"], ["client_id", "principal_id"], ["id"], ["name"]],
    ids=" and ".join,
)
def test_a_named_value_is_the_client_id_if_it_is_the_only_id_that_fits(
    tmp_path: Path, mentions: list[str]
) -> None:
    plan = json.loads(PLAN.read_text(encoding="utf-8"))
    module = plan["configuration"]["root_module"]["module_calls"]["user_assigned"]["module"]
    [value] = [each for each in module["resources"] if "named_value" in each["type"]]
    identity = "azurerm_user_assigned_identity.gateway"
    references = [*(f"{identity}.{mention}" for mention in mentions), identity]
    value["expressions"]["value"] = {"references": references}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    verdicts = _verdicts(analyse(read_terraform(file)), "user", lambda kind: kind == "gateway")
    assert verdicts == {"open" if "client_id" in mentions else "unknown"}


def test_an_id_that_azure_gives_leaves_the_policy_unknown_and_is_named(tmp_path: Path) -> None:
    """As the plan is if the policy has the id in its text instead of the named value."""
    plan = json.loads(PLAN.read_text(encoding="utf-8"))
    address = "azurerm_api_management_api_policy.orders"
    module = plan["configuration"]["root_module"]["module_calls"]["user_assigned"]["module"]
    [written] = [each for each in module["resources"] if each["address"] == address]
    references = [IDENTITY.removeprefix("module.user_assigned."), "var.tenant_id"]
    written["expressions"]["xml_content"] = {"references": references}
    [planned] = [
        each
        for inner in plan["planned_values"]["root_module"]["child_modules"]
        for each in inner["resources"]
        if each["address"] == f"module.user_assigned.{address}"
    ]
    del planned["values"]["xml_content"]
    [change] = [each for each in plan["resource_changes"] if each["address"] == planned["address"]]
    change["change"]["after_unknown"]["xml_content"] = True
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    analysis = analyse(read_terraform(file))
    [finding] = [each for each in analysis.findings if "orders-user" in each.message]
    assert (finding.rule, finding.severity) == ("SF901", "note")
    assert finding.address == f"module.user_assigned.{address}"
    assert IDENTITY in finding.message
    assert "the state after apply" in (finding.fix or "")
    assert _verdicts(analysis, "user", lambda kind: kind == "gateway") == {"unknown"}
    assert _verdicts(analysis, "user", lambda kind: not kind.startswith("gateway")) == {"closed"}
