"""References are followed across locals, variables, data sources and stacks."""

from __future__ import annotations

import json

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.samples import APP, AUDIENCE, CLIENT, Document, chain, directory

SHARED = ("azurerm_api_management", "azurerm_user_assigned_identity")
OUTPUTS = {
    "gateway-name": "${azurerm_api_management.gateway.name}",
    "gateway-client": CLIENT,
    "gateway-principal": "${azurerm_user_assigned_identity.gateway.principal_id}",
}
BACKEND = {"path": "shared.tfstate"}


def two_stacks() -> dict[str, Document]:
    """The gateway in one stack, the API in another that reads its outputs."""
    document = chain()
    text = json.dumps(document)
    for name, value in OUTPUTS.items():
        remote = f"${{data.terraform_remote_state.shared.outputs.{name}}}"
        text = text.replace(value, remote)
    consumer = json.loads(text)
    shared = {kind: consumer["resource"].pop(kind) for kind in SHARED}
    consumer["data"]["terraform_remote_state"] = {"shared": {"backend": "local", "config": BACKEND}}
    shared["azurerm_api_management"]["gateway"]["identity"]["identity_ids"] = [
        "${azurerm_user_assigned_identity.gateway.id}"
    ]
    producer = {
        "resource": shared,
        "output": {name: {"value": value} for name, value in OUTPUTS.items()},
        "terraform": {"backend": {"local": BACKEND}},
    }
    return {"shared": producer, "orders": consumer}


def verdicts(analysis: Analysis) -> list[str]:
    return [each.verdict for each in analysis.answers if each.caller.kind == "gateway"]


def test_outputs_of_another_stack() -> None:
    analysis = analyse(read_stacks(two_stacks()))
    assert analysis.findings == ()
    assert verdicts(analysis) == ["open"]


def test_the_stack_with_the_same_backend_is_meant() -> None:
    stacks = two_stacks()
    other = json.loads(json.dumps(stacks["shared"]))
    other["terraform"]["backend"]["local"] = {"path": "other.tfstate"}
    other["output"]["gateway-client"]["value"] = "11111111-1111-4111-8111-111111111111"
    other["resource"] = {}
    analysis = analyse(read_stacks({**stacks, "another": other}))
    assert verdicts(analysis) == ["open"]


def test_a_stack_that_is_not_there_is_unknown() -> None:
    analysis = analyse(read_stacks({"orders": two_stacks()["orders"]}))
    assert verdicts(analysis) == ["unknown"]
    assert {each.severity for each in analysis.findings} == {"note"}


def test_a_wrong_output_is_found() -> None:
    stacks = two_stacks()
    stacks["shared"]["output"]["gateway-client"]["value"] = (
        "${azurerm_user_assigned_identity.gateway.principal_id}"
    )
    analysis = analyse(read_stacks(stacks))
    assert {"SF304"} <= {each.rule for each in analysis.findings}


@pytest.mark.parametrize("value", ["${local.client}", "${var.client}", '${lookup({}, "x")}'])
def test_what_is_not_known_is_not_guessed(value: str) -> None:
    document = chain()
    document["variable"] = {"client": {"type": "string"}}
    directory(document)["allowed_applications"] = [value]
    analysis = analyse(read_stacks({"stack": document}))
    assert verdicts(analysis) == ["unknown"]


def test_one_variable_in_two_places_agrees_with_itself() -> None:
    document = chain()
    document["variable"] = {"audience": {"type": "string"}}
    for kind in ("application", "service_principal", "app_role_assignment"):
        del document["resource"][f"azuread_{kind}"]
    text = json.dumps(document).replace(AUDIENCE, "${var.audience}")
    [found] = [
        each
        for each in analyse(read_stacks({"stack": json.loads(text)})).answers
        if each.caller.kind == "gateway"
    ]
    assert found.verdict == "unknown"
    assert "token version" in found.reason


def test_circles_end() -> None:
    document = chain()
    document["locals"] = {"a": "${local.b}", "b": "x${local.a}"}
    directory(document)["client_id"] = "${local.a}"
    assert verdicts(analyse(read_stacks({"stack": document}))) != ["open"]


def test_references_that_lead_nowhere_are_named() -> None:
    document = chain()
    directory(document)["client_id"] = "${azuread_application.order.client_id}"
    findings = analyse(read_stacks({"stack": document})).findings
    assert "azuread_application.order" in [f.attribute for f in findings if f.rule == "SF904"]


def test_the_same_names_in_two_environments_do_not_mix() -> None:
    broken = chain()
    directory(broken)["allowed_applications"] = ["somebody-else"]
    analysis = analyse(read_stacks({"dev": broken, "prod": chain()}))
    by_stack = {
        each.target.stack: each.verdict
        for each in analysis.answers
        if each.caller.kind == "gateway"
    }
    assert by_stack == {"dev": "closed", "prod": "open"}
    assert {each.path for each in analysis.findings} == {"dev"}


def test_a_data_source_of_what_another_stack_makes() -> None:
    stacks = two_stacks()
    text = json.dumps(stacks["orders"])
    for name, attribute in (("gateway-client", "client_id"), ("gateway-principal", "principal_id")):
        remote = f"${{data.terraform_remote_state.shared.outputs.{name}}}"
        text = text.replace(remote, f"${{data.azurerm_user_assigned_identity.gateway.{attribute}}}")
    stacks["orders"] = json.loads(text)
    stacks["orders"]["data"]["azurerm_user_assigned_identity"] = {
        "gateway": {"name": "id-gateway", "resource_group_name": "rg"}
    }
    assert verdicts(analyse(read_stacks(stacks))) == ["open"]
    assert APP in stacks["orders"]["resource"]
