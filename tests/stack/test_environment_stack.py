"""What a team has already, told in a file of settings, becomes part of the stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.access import analyse, read_stacks
from constructs_lib.stack.settings import read_environment
from constructs_lib.stack.settings.environment import STACK_IDS, registration_id

GROUP = "/subscriptions/s/resourceGroups/rg"
SITES = f"{GROUP}/providers/Microsoft.Web/sites"
HOST = "func-billing-a6gqaeashthkhkeu.westeurope-01.azurewebsites.net"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-apim"
SETTINGS = f"""
location: westeurope
resource_group: rg-team
gateway: {{existing: apim-contoso, resource_group_name: rg-platform, identity: {{
  id: {IDENTITY},
  client_id: 5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11,
  principal_id: 0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22}}}}
apis:
  invoices:
    path: invoices
    operations: [GET /invoices]
    function_app: {{existing: {SITES}/func-invoices, slots: [staging], ftp: false}}
    migration: STAGE
    function_key: {{secret_id: "https://kv.vault.azure.net/secrets/invoices-key"}}
  billing:
    path: billing
    operations: [GET /bills]
    function_app: {{existing: {SITES}/func-billing, hostname: {HOST}}}
    registration: {{contract: directory.json}}
"""


def stack(repository: Path, tmp_path: Path, settings: str) -> dict[str, Any]:
    """Terraform JSON of an environment with these settings."""
    from cdktf import App

    from constructs_lib.stack.environment_stack import EnvironmentStack

    contract = (repository / "examples/directory_contract/directory.json").read_text()
    (tmp_path / "directory.json").write_text(contract)
    (tmp_path / "team.yaml").write_text(settings)
    app = App(outdir=str(tmp_path / "cdktf.out"))
    environment = read_environment(tmp_path / "team.yaml")
    EnvironmentStack(app, "team", environment=environment)
    app.synth()
    return json.loads((tmp_path / "cdktf.out/stacks/team/cdk.tf.json").read_text())


def named(stack: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """The one resource of a type whose address begins so."""
    [found] = [
        body for address, body in stack["resource"][kind].items() if address.startswith(f"{name}_")
    ]
    return found


@pytest.mark.parametrize(
    ("stage", "key", "token"),
    [("keys", True, False), ("both", True, True), ("identity", False, True)],
)
def test_an_app_outside_terraform_goes_through_the_stages(
    repository: Path, tmp_path: Path, stage: str, key: bool, token: bool
) -> None:
    made = stack(repository, tmp_path, SETTINGS.replace("STAGE", stage))
    policy = named(made, "azurerm_api_management_api_policy", "invoices")["xml_content"]
    assert ("{{invoices-function-key}}" in policy) == key
    assert ("authentication-managed-identity" in policy) == token
    writes = [
        (body["name"], body["parent_id"].removeprefix(f"{SITES}/"))
        for address, body in made["resource"]["azapi_update_resource"].items()
        if address.startswith("invoices_")
    ]
    assert ("authsettingsV2", "func-invoices") in writes
    assert ("authsettingsV2", "func-invoices/slots/staging") in writes
    assert "ftp" not in {name for name, _ in writes}
    assert made["provider"]["azapi"] == [{}]
    analysis = analyse(read_stacks({"team": made}))
    assert [each for each in analysis.findings if each.severity != "note"] == []
    assert {each.finding.rule for each in analysis.accepted} == ({"SF101"} if not token else set())


def test_a_contract_and_a_host_name_are_taken_as_they_are(repository: Path, tmp_path: Path) -> None:
    made = stack(repository, tmp_path, SETTINGS.replace("STAGE", "identity"))
    audience = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
    policy = named(made, "azurerm_api_management_api_policy", "billing")["xml_content"]
    assert f'resource="{audience}"' in policy
    backend = named(made, "azurerm_api_management_backend", "billing")
    assert backend["url"] == f"https://{HOST}/api"
    assert all(
        address.startswith("invoices") for address in made["resource"]["azuread_application"]
    )


def test_an_api_that_the_contract_lacks_is_refused(repository: Path, tmp_path: Path) -> None:
    settings = SETTINGS.replace("STAGE", "identity").replace(
        "directory.json", "directory.json, name: x"
    )
    with pytest.raises(InputError, match=r"directory\.json.* no 'x' \(write one of billing"):
        stack(repository, tmp_path, settings)


def test_the_ids_that_apis_cannot_have_are_those_of_the_stack(
    repository: Path, tmp_path: Path
) -> None:
    from cdktf import App

    from constructs_lib.stack.environment_stack import EnvironmentStack

    contract = (repository / "examples/directory_contract/directory.json").read_text()
    (tmp_path / "directory.json").write_text(contract)
    (tmp_path / "team.yaml").write_text(SETTINGS.replace("STAGE", "both"))
    environment = read_environment(tmp_path / "team.yaml")
    stack = EnvironmentStack(App(), "team", environment=environment)
    ids = {child.node.id for child in stack.node.children}
    assert ids == {*STACK_IDS, "invoices", "billing", registration_id("invoices")}


def test_versions_of_one_path_share_a_version_set(repository: Path, tmp_path: Path) -> None:
    settings = SETTINGS.replace("STAGE", "identity").replace("path: billing", "path: invoices")
    versioned = settings.replace("path: invoices", "path: invoices\n    version: {version: v1}", 1)
    billing = versioned.replace("  billing:\n", "  billing:\n    version: {version: v2}\n")
    made = stack(repository, tmp_path, billing)["resource"]
    [version_set] = made["azurerm_api_management_api_version_set"]
    assert {body["version"] for body in made["azurerm_api_management_api"].values()} == {"v1", "v2"}
    assert {body["version_set_id"] for body in made["azurerm_api_management_api"].values()} == {
        f"${{azurerm_api_management_api_version_set.{version_set}.id}}"
    }
