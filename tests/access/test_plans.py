"""Plans and states of plain Terraform, and of a hand-written stack, neither with our constructs.

`plain_hcl/renew.py` renews `plan.json` and `state.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks, read_terraform
from constructs_lib.access.terraform.shown import read_shown
from tests.access.agreement import agrees
from tests.access.samples import APP, Document, planned
from tests.terraform.harness import needs_stand_in, run

HERE = Path(__file__).parent / "plain_hcl"
OUTSIDERS = {"anonymous", "application", "application-with-role", "user", "foreign", "publishing"}


def verdicts(analysis: Analysis, kind: str) -> dict[str, str]:
    return {
        each.target.name.removeprefix("func-plain-"): each.verdict
        for each in analysis.answers
        if each.caller.kind == kind
    }


def changed(tmp_path: Path, name: str, old: str, new: str) -> Analysis:
    """The analysis of a document with one text replaced everywhere."""
    text = (HERE / name).read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / name
    file.write_text(text.replace(old, new), encoding="utf-8")
    return analyse(read_terraform(file))


def rules(analysis: Analysis) -> set[str]:
    return {each.rule for each in analysis.findings}


@pytest.mark.parametrize("name", ["plan.json", "state.json"])
def test_nobody_else_gets_in(name: str) -> None:
    analysis = analyse(read_terraform(HERE / name))
    for kind in OUTSIDERS:
        assert verdicts(analysis, kind) == {"billing": "closed", "orders": "closed"}, kind
    assert [each for each in analysis.findings if each.severity != "note"] == []
    assert [each.name for each in analysis.gateways] == ["apim-plain"]
    assert {each.name for each in analysis.registrations} == {"plain-billing", "plain-orders"}


def test_in_the_state_the_gateway_gets_in() -> None:
    analysis = analyse(read_terraform(HERE / "state.json"))
    assert verdicts(analysis, "gateway") == {"billing": "open", "orders": "open"}
    assert analysis.findings == ()


def test_in_the_first_plan_policies_are_known_by_what_they_mention() -> None:
    analysis = analyse(read_terraform(HERE / "plan.json"))
    assert verdicts(analysis, "gateway") == {"billing": "unknown", "orders": "unknown"}
    [orders] = [
        each
        for each in analysis.answers
        if each.caller.kind == "gateway" and each.target.name == "func-plain-orders"
    ]
    assert 'azuread_application.api["orders"].client_id' in orders.reason
    assert orders.address == 'module.function["orders"].azurerm_api_management_api_policy.api'
    assert rules(analysis) == {"SF901"}


def test_even_so_a_plan_tells_what_cannot_work(tmp_path: Path) -> None:
    role = '"azuread_app_role_assignment.gateway[\\"orders\\"]"'
    text = (HERE / "plan.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    resources = document["planned_values"]["root_module"]["resources"]
    kept = [each for each in resources if json.dumps(each["address"]) != role]
    assert len(kept) == len(resources) - 1
    document["planned_values"]["root_module"]["resources"] = kept
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    analysis = analyse(read_terraform(file))
    assert verdicts(analysis, "gateway") == {"billing": "unknown", "orders": "closed"}
    assert rules(analysis) == {"SF203", "SF901"}


@pytest.mark.parametrize("name", ["plan.json", "state.json"])
@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"auth_enabled": true', '"auth_enabled": false', "SF101"),
        ('"require_authentication": true', '"require_authentication": false', "SF102"),
        ("Return401", "RedirectToLoginPage", "SF117"),
        ('"https_only": true', '"https_only": false', "SF402"),
        ('"requested_access_token_version": 2', '"requested_access_token_version": 1', "SF105"),
        ('"account_enabled": true', '"account_enabled": false', "SF202"),
        ("3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11", "00000000-dead-4bad-8bad-000000000000", ""),
    ],
)
def test_changes_are_found(tmp_path: Path, name: str, old: str, new: str, rule: str) -> None:
    found = rules(changed(tmp_path, name, old, new)) - {"SF901"}
    assert found >= {rule} if rule else not found


def test_state_ids_are_compared_as_they_are(tmp_path: Path) -> None:
    """Client id and principal id swapped in one app's lists."""
    state = json.loads((HERE / "state.json").read_text(encoding="utf-8"))
    [identity] = [
        each["values"]
        for each in state["values"]["root_module"]["resources"]
        if each["type"] == "azurerm_user_assigned_identity"
    ]
    module = state["values"]["root_module"]["child_modules"][0]
    [app] = [r["values"] for r in module["resources"] if r["type"] == "azurerm_linux_function_app"]
    directory = app["auth_settings_v2"][0]["active_directory_v2"][0]
    directory["allowed_applications"] = [identity["principal_id"]]
    directory["allowed_identities"] = [identity["client_id"]]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    analysis = analyse(read_terraform(file))
    assert {"SF109", "SF110"} <= rules(analysis)
    assert sorted(verdicts(analysis, "gateway").values()) == ["closed", "open"]


def test_the_first_plan_of_json_syntax_says_all() -> None:
    """A hand-written stack: its plan has every expression, as that of any CDKTF stack."""
    analysis = analyse(read_terraform(HERE / "hand_written_plan.json"))
    assert analysis.findings == ()
    assert [a.verdict for a in analysis.answers if a.caller.kind == "gateway"] == ["open"]
    assert not [each for each in analysis.answers if not each.wanted]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("azurerm_user_assigned_identity.gateway.principal_id", "var.other", "SF901"),
        (
            '"${azurerm_user_assigned_identity.gateway.client_id}"',
            '"${azurerm_user_assigned_identity.gateway.principal_id}"',
            "SF109",
        ),
        (
            'backend-id=\\"${azurerm_api_management_backend.orders.name}',
            'backend-id=\\"x',
            "SFP406",
        ),
        ("<authentication-managed-identity ", "<set-variable ", "SF301"),
        (
            "https://${azurerm_linux_function_app.orders.def",
            "http://${azurerm_linux_function_app.orders.def",
            "SF308",
        ),
    ],
)
def test_changed_expressions_of_a_plan_are_found(
    tmp_path: Path, old: str, new: str, rule: str
) -> None:
    assert rule in rules(changed(tmp_path, "hand_written_plan.json", old, new))


@needs_stand_in
def test_a_hand_written_stack_planned_by_terraform(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text(json.dumps(planned()), encoding="utf-8")

    run("terraform", "init", folder=tmp_path)
    run("terraform", "plan", "-out=plan", folder=tmp_path)
    shown = run("terraform", "show", "-json", "plan", folder=tmp_path)
    (tmp_path / "plan.json").write_text(shown, encoding="utf-8")
    analysis = analyse(read_terraform(tmp_path / "plan.json"))
    assert [each.message for each in analysis.findings if each.severity != "note"] == []
    outside = [each for each in analysis.answers if each.caller.kind in OUTSIDERS]
    assert {each.verdict for each in outside} == {"closed"}
    synthesized = analyse(read_terraform(tmp_path / "cdk.tf.json"))
    for each in (analysis, synthesized):
        assert [a.verdict for a in each.answers if a.caller.kind == "gateway"] == ["open"]
        assert each.findings == ()


def _without(module: Document, kind: str, *path: str) -> None:
    """Take what stands at a path out of all resources of a type."""
    for each in module.get("resources", ()):
        if each["type"] == kind:
            place = each["values"]
            for step in path[:-1]:
                place = place[step][0]
            place.pop(path[-1], None)
    for child in module.get("child_modules", ()):
        _without(child, kind, *path)


@pytest.mark.parametrize("path", [("auth_settings_v2",), ("site_config", "ip_restriction")])
def test_blocks_that_are_unknown_as_a_whole_are_not_absent(
    tmp_path: Path, path: tuple[str, ...]
) -> None:
    document = json.loads((HERE / "plan.json").read_text(encoding="utf-8"))
    _without(document["planned_values"]["root_module"], APP, "auth_settings_v2")
    _without(document["planned_values"]["root_module"], APP, *path)
    for change in document["resource_changes"]:
        if change["type"] == APP:
            unknown = change["change"]["after_unknown"]
            for step in path[:-1]:
                unknown = unknown[step][0]
            unknown[path[-1]] = True
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert set(verdicts(analyse(read_terraform(file)), "anonymous").values()) == {"unknown"}


def test_what_a_plan_says_stays_so_in_the_state_after_it() -> None:
    agrees(
        analyse(read_terraform(HERE / "plan.json")), analyse(read_terraform(HERE / "state.json"))
    )


def test_what_a_configuration_says_stays_so_in_its_plan() -> None:
    plan = analyse(read_terraform(HERE / "hand_written_plan.json"))
    agrees(analyse(read_stacks({"": planned()})), plan)
    agrees(plan, analyse(read_stacks({"": planned()})))


def test_what_a_plan_has_read_of_another_stack_is_known() -> None:
    """CDKTF writes references to other stacks as text, of which a plan lists only the mentions."""
    address = "data.terraform_remote_state.platform"
    remote = {
        "address": address,
        "mode": "data",
        "type": "terraform_remote_state",
        "name": "platform",
        "values": {"backend": "local", "outputs": {"client_id": "11111111"}},
    }
    policy = {
        "address": "azurerm_api_management_policy.global",
        "mode": "managed",
        "type": "azurerm_api_management_policy",
        "name": "global",
    }
    text = {
        "constant_value": f"<id>${{{address}.outputs.client_id}}</id>",
        "references": [f"{address}.outputs.client_id", address],
    }
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**policy, "values": {}}]}},
        "prior_state": {"values": {"root_module": {"resources": [remote]}}},
        "resource_changes": [
            {**policy, "change": {"actions": ["create"], "after_unknown": {"xml_content": True}}}
        ],
        "configuration": {
            "root_module": {"resources": [{**policy, "expressions": {"xml_content": text}}]}
        },
    }
    configuration = read_shown("plan", "plan", plan)
    [found] = configuration.of_type("azurerm_api_management_policy")
    assert configuration.attribute(found, "xml_content") == "<id>11111111</id>"
