"""azurerm 5 takes over a state of azurerm 4, and plans no change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from constructs_lib._core.provider_facts import AZURERM
from tests.terraform.harness import copy_of_project, needs_stand_in, run, synthesize


def terraform(folder: Path, *command: str) -> str:
    """Run terraform with the provider that the lock file names, started by terraform itself."""
    return run("terraform", *command, "-no-color", folder=folder, TF_REATTACH_PROVIDERS="")


def azurerm_in(folder: Path) -> str:
    """The version that terraform has chosen."""
    versions = json.loads(run("terraform", "version", "-json", folder=folder))
    return str(versions["provider_selections"]["registry.terraform.io/hashicorp/azurerm"])


def drop_what_5_does_not_know(state: Path, folder: Path) -> None:
    """Upgrade a state as the provider does, which the stand-in takes as it is.

    Before it migrates anything, the SDK of providers removes the attributes that the schema does
    not have any more (`removeAttributes` in terraform-plugin-sdk `grpc_provider.go`).
    """
    told = json.loads(terraform(folder, "providers", "schema", "-json"))
    [schemas] = [
        schema["resource_schemas"]
        for name, schema in told["provider_schemas"].items()
        if name.endswith("/azurerm")
    ]
    document = json.loads(state.read_text())
    for resource in document["resources"]:
        if resource["mode"] == "managed" and resource["type"] in schemas:
            for instance in resource["instances"]:
                _drop(instance["attributes"], schemas[resource["type"]]["block"])
    state.write_text(json.dumps(document))


def _drop(values: dict[str, Any], block: dict[str, Any]) -> None:
    nested = block.get("block_types", {})
    for name in set(values) - {*block.get("attributes", {}), *nested}:
        del values[name]
    for name in set(values) & set(nested):
        inner = values[name] if isinstance(values[name], list) else [values[name]]
        for each in filter(None, inner):
            _drop(each, nested[name]["block"])


@needs_stand_in
def test_the_step_from_4_to_5_changes_nothing(tmp_path: Path) -> None:
    """As docs/versions.md writes it down; tests/engines.py does it with every stack."""
    app = copy_of_project(tmp_path) / "main.py"
    stack = synthesize(app)["dev"]
    stack.terraform("init")
    assert azurerm_in(stack.folder) == AZURERM["4"].tried
    stack.terraform("apply", "-auto-approve")

    settings = tmp_path / "environments/dev.yaml"
    settings.write_text(f'azurerm: "5"\n{settings.read_text()}')
    assert synthesize(app)["dev"].folder == stack.folder
    stack.terraform("init", "-upgrade")
    assert azurerm_in(stack.folder) == AZURERM["5"].tried
    drop_what_5_does_not_know(stack.state().resolve(), stack.folder)
    terraform(stack.folder, "plan", "-detailed-exitcode")
