"""The written `terraform test`: real Terraform plans and applies with it, and no cloud."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib._core.provider_facts import AZUREAD_TRIED, AZURERM
from constructs_lib.testing import MockedApply, mock_values, mocked_apply, write_terraform_test
from constructs_lib.testing.mocks import IDS, TENANT, VALUES

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

GROUP = {"resource_group_name": "${azurerm_resource_group.main.name}"}
PLACE = {**GROUP, "location": "${azurerm_resource_group.main.location}"}

STACK: dict[str, Any] = {
    "terraform": {
        "required_providers": {
            "azurerm": {"source": "hashicorp/azurerm", "version": AZURERM["4"].tried},
            "azuread": {"source": "hashicorp/azuread", "version": AZUREAD_TRIED},
        },
        "backend": {"azurerm": {"key": "x", "container_name": "y", "storage_account_name": "z"}},
    },
    "provider": {
        "azurerm": [{"features": [{}]}, {"features": [{}], "alias": "hub"}],
        "azuread": [{}],
    },
    "variable": {"location": {"type": "string"}},
    "data": {
        "azuread_client_config": {"current": {}},
        "azurerm_api_management": {"hub": {"name": "apim-hub", "resource_group_name": "rg-hub"}},
        "terraform_remote_state": {
            "network": {"backend": "local", "config": {"path": "nowhere.tfstate"}}
        },
    },
    "resource": {
        "azurerm_resource_group": {"main": {"name": "rg-orders", "location": "${var.location}"}},
        "azurerm_user_assigned_identity": {
            "gateway": {"name": "id-gateway", **PLACE},
            "app": {"name": "id-app", **PLACE, "provider": "azurerm.hub"},
        },
        "azurerm_storage_account": {
            "app": {
                "name": "storders",
                **PLACE,
                "account_tier": "Standard",
                "account_replication_type": "LRS",
            }
        },
        "azurerm_service_plan": {
            "app": {"name": "plan", **PLACE, "os_type": "Linux", "sku_name": "Y1"}
        },
        "azurerm_role_assignment": {
            "app": {
                "scope": "${azurerm_storage_account.app.id}",
                "role_definition_name": "Storage Blob Data Owner",
                "principal_id": "${azurerm_user_assigned_identity.app.principal_id}",
            }
        },
        "azuread_application": {
            "orders": {
                "display_name": "orders",
                "app_role": [
                    {
                        "allowed_member_types": ["Application"],
                        "description": "Call",
                        "display_name": "Call",
                        "id": "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11",
                        "value": "Orders.Call",
                    }
                ],
            }
        },
        "azuread_service_principal": {
            "orders": {"client_id": "${azuread_application.orders.client_id}"}
        },
        "azuread_app_role_assignment": {
            "gateway": {
                "app_role_id": '${azuread_service_principal.orders.app_role_ids["Orders.Call"]}',
                "principal_object_id": "${azurerm_user_assigned_identity.gateway.principal_id}",
                "resource_object_id": "${azuread_service_principal.orders.object_id}",
            }
        },
        "azurerm_linux_function_app": {
            "app": {
                "name": "func-orders",
                **PLACE,
                "service_plan_id": "${azurerm_service_plan.app.id}",
                "storage_account_name": "${azurerm_storage_account.app.name}",
                "storage_uses_managed_identity": True,
                "identity": {"type": "SystemAssigned"},
                "site_config": {"ip_restriction": []},
                "virtual_network_subnet_id": "${data.terraform_remote_state.network.outputs.s}",
            }
        },
        "azurerm_linux_function_app_slot": {
            "staging": {
                "name": "staging",
                "function_app_id": "${azurerm_linux_function_app.app.id}",
                "storage_account_name": "${azurerm_storage_account.app.name}",
                "site_config": {},
            }
        },
    },
    "output": {
        "hub": {
            "value": {
                "url": "${data.azurerm_api_management.hub.gateway_url}",
                "principal_id": "${data.azurerm_api_management.hub.identity[0].principal_id}",
            }
        },
        "gateway": {"value": "${azurerm_user_assigned_identity.gateway.principal_id}"},
        "app": {"value": "${azurerm_linux_function_app.app.identity[0].principal_id}"},
        "role": {"value": "${azuread_app_role_assignment.gateway.app_role_id}"},
        "hostname": {"value": "${azurerm_linux_function_app.app.default_hostname}"},
        "tenant_id": {"value": "${data.azuread_client_config.current.tenant_id}"},
    },
}
SUBNET = (
    f"/subscriptions/{TENANT}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"
    "/subnets/s"
)
ARGUMENTS: dict[str, Any] = {
    "variables": {"location": "westeurope"},
    "overrides": {"data.terraform_remote_state.network": {"outputs": {"s": SUBNET}}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(STACK))
    return folder


@pytest.fixture(scope="module")
def applied(terraform: None, tmp_path_factory: pytest.TempPathFactory) -> MockedApply:
    folder = tmp_path_factory.mktemp("stack")
    (folder / "cdk.tf.json").write_text(json.dumps(STACK))
    conditions = {'output.hostname == "func-orders.azurewebsites.net"': "the mock's host name"}
    work = tmp_path_factory.mktemp("work")
    return mocked_apply(folder, work, conditions=conditions, **ARGUMENTS)


def test_terraform_plans_and_applies_the_stack_with_the_mocks(applied: MockedApply) -> None:
    assert applied.output("hub")["url"] == "https://apim-hub.azure-api.net"
    assert applied.output("role") == "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11"
    assert applied.output("tenant_id") == TENANT
    planned = applied.planned("azurerm_linux_function_app.app")
    assert planned["virtual_network_subnet_id"] == SUBNET
    with pytest.raises(AssertionError, match="is not planned"):
        applied.planned("azurerm_linux_function_app.other")
    with pytest.raises(AssertionError, match="no output other"):
        applied.output("other")


def test_each_identity_has_ids_of_its_own(applied: MockedApply) -> None:
    """Or a test could not see the gateway's identity confused with the app's."""
    ids = {applied.output("hub")["principal_id"], applied.output("gateway"), applied.output("app")}
    assert len(ids) == 3
    assert all(UUID.fullmatch(one) for one in ids)


def test_a_condition_that_is_not_true_fails_with_its_message(
    terraform: None, tmp_path: Path
) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    stack = {
        "resource": {"terraform_data": {"one": {"input": "orders"}}},
        "output": {"name": {"value": "${terraform_data.one.output}"}},
    }
    (folder / "cdk.tf.json").write_text(json.dumps(stack))
    conditions = {'output.name == "billing"': "the name must be billing"}
    with pytest.raises(AssertionError, match="the name must be billing"):
        mocked_apply(folder, tmp_path / "work", conditions=conditions)
    stack["output"]["name"]["value"] = "${terraform_data.two.output}"
    (folder / "cdk.tf.json").write_text(json.dumps(stack))
    with pytest.raises(AssertionError, match="Reference to undeclared resource"):
        mocked_apply(folder, tmp_path / "work")


def test_the_file_is_the_same_each_time_and_leaves_nothing_else(folder: Path) -> None:
    path = write_terraform_test(folder, **ARGUMENTS)
    first = path.read_text()
    assert write_terraform_test(folder, **ARGUMENTS).read_text() == first
    assert sorted(file.name for file in folder.iterdir()) == ["cdk.tf.json", "mocked.tftest.json"]
    assert json.loads(first)["mock_provider"] == {
        "azuread": [{}],
        "azurerm": [{}, {"alias": "hub"}],
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "variable location has no value"),
        ({**ARGUMENTS, "overrides": {"azurerm_nothing.x": {}}}, "azurerm_nothing.x"),
        ({**ARGUMENTS, "file_name": "mocked.json"}, "tftest.json"),
    ],
)
def test_what_terraform_would_trip_over_is_refused(
    folder: Path, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        write_terraform_test(folder, **arguments)
    assert [file.name for file in folder.iterdir()] == ["cdk.tf.json"]


@pytest.mark.parametrize("kind", sorted({*IDS, *VALUES}))
def test_every_type_of_the_tables_gets_complete_values(kind: str) -> None:
    values = mock_values({"resource": {kind: {"thing": {"name": "a-name"}}}})[f"{kind}.thing"]
    text = json.dumps(values)
    assert "id" in values or kind.endswith("client_config")
    assert not re.search(r"\{\w*\}", text.replace("{}", "")), "a placeholder was left"
    if kind.startswith("azurerm_") and kind in IDS:
        assert values["id"].startswith("/subscriptions/")


@pytest.fixture(scope="module")
def computed(terraform: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The attributes and blocks that the providers compute, of each resource and data source."""
    folder = tmp_path_factory.mktemp("schemas")
    required = {"required_providers": STACK["terraform"]["required_providers"]}
    (folder / "main.tf.json").write_text(json.dumps({"terraform": required}))
    subprocess.run(["terraform", "init"], cwd=folder, check=True, capture_output=True)
    shown = subprocess.run(
        ["terraform", "providers", "schema", "-json"], cwd=folder, check=True, capture_output=True
    )
    found: dict[str, set[str]] = {}
    for provider in json.loads(shown.stdout)["provider_schemas"].values():
        for section in ("resource_schemas", "data_source_schemas"):
            for kind, schema in provider.get(section, {}).items():
                found.setdefault(kind, set()).update(_computed(schema["block"]))
    return found


def _computed(block: dict[str, Any]) -> Iterator[str]:
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("computed"):
            yield name
    for name, inner in block.get("block_types", {}).items():
        if any(_computed(inner["block"])):
            yield name


def test_every_value_of_the_tables_is_one_that_the_provider_computes(
    computed: dict[str, set[str]],
) -> None:
    for kind in {*IDS, *VALUES}:
        wrong = {*VALUES.get(kind, {}), "id"} - computed[kind]
        assert not wrong, f"{kind}: {wrong}"
