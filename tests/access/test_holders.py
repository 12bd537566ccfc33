"""Who has an identity or a credential is told, and what is unknown is not silent."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.samples import APP, CLIENT, IDENTITY, Document, chain, easy_auth

GATEWAY = "azurerm_api_management"
HELD = {"type": "UserAssigned", "identity_ids": [IDENTITY]}


def findings(document: Document) -> list[tuple[str, str | None]]:
    found = analyse(read_stacks({"stack": document})).findings
    return [(each.rule, each.address) for each in found]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("azurerm_linux_virtual_machine", {"identity": HELD}),
        ("azurerm_linux_virtual_machine", {"identity": [HELD]}),
        ("azurerm_container_app", {"identity": HELD | {"type": "SystemAssigned, UserAssigned"}}),
        ("azurerm_federated_identity_credential", {"parent_id": IDENTITY}),
        ("azurerm_federated_identity_credential", {"user_assigned_identity_id": IDENTITY}),
    ],
)
def test_another_holder_of_the_gateways_identity_is_named(kind: str, body: Any) -> None:
    document = chain()
    document["resource"][kind] = {"second": body}
    assert findings(document) == [("SF502", f"{kind}.second")]


def test_a_second_gateway_with_the_identity_is_a_second_holder() -> None:
    document = chain()
    gateways = document["resource"][GATEWAY]
    gateways["second"] = copy.deepcopy(gateways["gateway"]) | {"name": "apim-second"}
    assert ("SF502", f"{GATEWAY}.second") in findings(document)
    assert ("SF502", f"{GATEWAY}.gateway") not in findings(document)


def test_the_app_itself_should_not_hold_it_either() -> None:
    document = chain()
    document["resource"][APP]["orders"]["identity"] = HELD
    assert findings(document) == [("SF502", f"{APP}.orders")]


def test_other_identities_and_role_assignments_are_nobodys_concern() -> None:
    document = chain()
    resources = document["resource"]
    resources["azurerm_user_assigned_identity"]["other"] = {"name": "id-other"}
    other = "${azurerm_user_assigned_identity.other.id}"
    resources["azurerm_linux_virtual_machine"] = {
        "vm": {"identity": {"type": "UserAssigned", "identity_ids": [other]}}
    }
    principal = "${azurerm_user_assigned_identity.gateway.principal_id}"
    resources["azurerm_role_assignment"] = {"vault": {"principal_id": principal}}
    assert findings(document) == []


@pytest.mark.parametrize(
    ("kind", "attribute", "owner"),
    [
        ("azuread_application_password", "application_id", "application"),
        ("azuread_application_certificate", "application_id", "application"),
        ("azuread_service_principal_password", "service_principal_id", "service_principal"),
        ("azuread_service_principal_certificate", "service_principal_id", "service_principal"),
    ],
)
def test_every_kind_of_credential_of_the_registration_is_found(
    kind: str, attribute: str, owner: str
) -> None:
    document = chain()
    document["resource"][kind] = {"one": {attribute: f"${{azuread_{owner}.orders.id}}"}}
    assert findings(document) == [("SF207", f"{kind}.one")]
    document["resource"][kind] = {"one": {attribute: f"${{azuread_{owner}.other.id}}"}}
    assert "SF207" not in {rule for rule, _ in findings(document)}


@pytest.mark.parametrize(
    "name", ["auth_enabled", "require_authentication", "unauthenticated_action"]
)
def test_whether_anybody_gets_in_is_not_left_unsaid(name: str) -> None:
    document = chain()
    easy_auth(document)[name] = "${var.x}"
    found = analyse(read_stacks({"stack": document})).findings
    about = [each for each in found if "anybody without a token" in each.message]
    assert [(each.rule, each.severity) for each in about] == [("SF901", "note")]


def test_of_apps_that_are_managed_elsewhere_it_is_said_that_nothing_is_known() -> None:
    document = chain()
    document["data"][APP] = {"other": {"name": "func-other", "resource_group_name": "rg"}}
    assert findings(document) == [("SF901", f"data.{APP}.other")]


@pytest.mark.parametrize(
    ("required", "verdict"), [(True, "closed"), ("${var.x}", "unknown"), (False, "open")]
)
def test_a_product_decides_with_the_api_whether_a_key_is_demanded(
    required: Any, verdict: str
) -> None:
    document = chain()
    named = {"api_management_name": f"${{{GATEWAY}.gateway.name}}", "product_id": "p"}
    document["resource"][f"{GATEWAY}_product"] = {"p": named | {"subscription_required": required}}
    document["resource"][f"{GATEWAY}_product_api"] = {
        "p": named | {"api_name": f"${{{GATEWAY}_api.orders.name}}"}
    }
    answers = analyse(read_stacks({"stack": document})).answers
    without = [each.verdict for each in answers if each.caller.kind == "gateway-without-key"]
    assert without == [verdict]


def test_the_client_id_alone_admits_the_holder_too() -> None:
    document = chain()
    easy_auth(document)["active_directory_v2"] |= {
        "allowed_applications": [CLIENT],
        "allowed_identities": [],
    }
    document["resource"]["azurerm_linux_virtual_machine"] = {"second": {"identity": HELD}}
    assert ("SF502", "azurerm_linux_virtual_machine.second") in findings(document)


def test_another_identity_of_the_gateway_that_is_let_in_is_told() -> None:
    document = chain()
    second = "${azurerm_user_assigned_identity.second"
    document["resource"]["azurerm_user_assigned_identity"]["second"] = {"name": "id-second"}
    document["resource"][GATEWAY]["gateway"]["identity"]["identity_ids"].append(f"{second}.id}}")
    listed = easy_auth(document)["active_directory_v2"]
    listed["allowed_applications"].append(f"{second}.client_id}}")
    listed["allowed_identities"].append(f"{second}.principal_id}}")
    assignments = document["resource"]["azuread_app_role_assignment"]
    assignments["second"] = assignments["gateway"] | {
        "principal_object_id": f"{second}.principal_id}}"
    }
    assert "SF506" in [rule for rule, _ in findings(document)]
