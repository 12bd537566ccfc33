"""Documents of 10 to 300 operations in each version are synthesized, validated and planned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cdktf import App, TerraformStack

from constructs_lib import FunctionApi, Gateway, Principal, add_providers
from constructs_lib.operations import Operations
from tests.operations.openapi.samples import VERSIONS, document
from tests.terraform.harness import Stack, needs_stand_in

SIZES = (10, 15, 20, 30, 300)
AUDIENCE = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
GATEWAY = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
LOOKS_LIKE_TERRAFORM = 'A ${file("/etc/hostname")} and %{ if true }b%{ endif }.'


@pytest.fixture(scope="module", params=VERSIONS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack with an API per document, the smallest one imported as well."""
    folder = tmp_path_factory.mktemp("openapi")
    app = App(outdir=str(folder / "out"))
    made = TerraformStack(app, "apis")
    add_providers(made)
    gateway = Gateway.existing(
        made, "gateway", name="apim", resource_group_name="rg", principal=GATEWAY
    )
    for size in SIZES:
        described = document(size, request.param)
        described["paths"]["/resource0"]["get"]["description"] = LOOKS_LIKE_TERRAFORM
        path = folder / f"api{size}.json"
        path.write_text(json.dumps(described))
        for mode in ("expand", "import") if size == min(SIZES) else ("expand",):
            FunctionApi(
                made,
                f"{mode}{size}",
                gateway=gateway,
                path=f"{mode}{size}",
                hostname="func.azurewebsites.net",
                audience=AUDIENCE,
                operations=Operations.from_openapi(path, mode=mode),
            )
    app.synth()
    return folder / "out" / "stacks" / "apis"


def test_every_operation_is_a_resource(stack: Path) -> None:
    resources = json.loads((stack / "cdk.tf.json").read_text())["resource"]
    operations = resources["azurerm_api_management_api_operation"].values()
    assert len(operations) == sum(SIZES)
    assert len(resources["azurerm_api_management_api_schema"]) == len(SIZES)
    imported = [api for api in resources["azurerm_api_management_api"].values() if "import" in api]
    assert len(imported) == 1


@needs_stand_in
def test_terraform_plans_every_operation(stack: Path) -> None:
    terraform = Stack(stack)
    terraform.terraform("init")
    terraform.terraform("plan", "-out=plan.tfplan")  # validates first
    plan = json.loads(terraform.terraform("show", "-json", "plan.tfplan"))
    changes = [
        change["change"]
        for change in plan["resource_changes"]
        if change["type"] == "azurerm_api_management_api_operation"
    ]
    assert [change["actions"] for change in changes] == [["create"]] * sum(SIZES)
    descriptions = {change["after"]["description"] for change in changes}
    assert LOOKS_LIKE_TERRAFORM in descriptions  # text, not an expression
