"""Documents of 10 to 300 operations in each version are synthesized, validated and planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


OPERATION = "azurerm_api_management_api_operation"

Resources = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """By version the JSON of a stack with an API per document, the smallest one imported too."""
    folder = tmp_path_factory.mktemp("openapi")
    written = {}
    for version in VERSIONS:
        app = App(outdir=str(folder / version))
        made = TerraformStack(app, "apis")
        add_providers(made)
        gateway = Gateway.existing(
            made, "gateway", name="apim", resource_group_name="rg", principal=GATEWAY
        )
        for size in SIZES:
            described = document(size, version)
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
        written[version] = json.loads((folder / version / "stacks/apis/cdk.tf.json").read_text())
    return written


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_is_a_resource(version: str, stacks: dict[str, dict[str, Any]]) -> None:
    resources: Resources = stacks[version]["resource"]
    assert len(resources[OPERATION]) == sum(SIZES)
    assert len(resources["azurerm_api_management_api_schema"]) == len(SIZES)
    imported = [api for api in resources["azurerm_api_management_api"].values() if "import" in api]
    assert len(imported) == 1


@needs_stand_in
def test_terraform_plans_every_operation(stacks: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """All of one version, and what another version makes otherwise, which is no operation."""
    first, *others = stacks.values()
    resources: Resources = first["resource"]
    further = [different(resources, other["resource"]) for other in others]
    for number, each in enumerate(further):
        for kind, name, block in each:
            assert kind != OPERATION
            resources[kind][f"{name}_{number}"] = block
    (tmp_path / "cdk.tf.json").write_text(json.dumps(first))
    terraform = Stack(tmp_path)
    terraform.terraform("init")
    changes = terraform.planned()["resource_changes"]  # validates first
    planned = {change["address"] for change in changes if change["change"]["actions"] == ["create"]}
    assert planned == {f"{kind}.{name}" for kind, named in resources.items() for name in named}
    operations = [change["change"]["after"] for change in changes if change["type"] == OPERATION]
    assert len(operations) == sum(SIZES)
    # Text, not an expression.
    assert LOOKS_LIKE_TERRAFORM in {operation["description"] for operation in operations}
    schemas = resources["azurerm_api_management_api_schema"]
    assert len(schemas) == len(SIZES) * len(VERSIONS)


def different(ours: Resources, theirs: Resources) -> list[tuple[str, str, dict[str, Any]]]:
    """The resources of one stack that are others in a stack whose resources have the same names."""
    assert {kind: set(named) for kind, named in ours.items()} == {
        kind: set(named) for kind, named in theirs.items()
    }
    return [
        (kind, name, block)
        for kind, named in theirs.items()
        for name, block in named.items()
        if block != ours[kind][name]
    ]
