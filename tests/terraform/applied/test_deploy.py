"""The real `cdktf`, as a user runs it, with the azurerm that one line of the settings chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib._core.provider_facts import AZURERM
from tests.terraform.harness import copy_of_project, needs_cdktf, needs_stand_in, run


@needs_cdktf
@needs_stand_in
@pytest.mark.parametrize("azurerm", AZURERM)
def test_dev_is_deployed_without_a_difference_left_and_destroyed(
    azurerm: str, tmp_path: Path
) -> None:
    project = copy_of_project(tmp_path)
    settings = project / "environments/dev.yaml"
    settings.write_text(f'azurerm: "{azurerm}"\n{settings.read_text()}')
    outputs = project / "outputs.json"
    assert " to add" in run("cdktf", "diff", "dev", folder=project)
    run("cdktf", "deploy", "dev", "--auto-approve", "--outputs-file", outputs, folder=project)
    state = project / "terraform.dev.tfstate"
    types = {resource["type"] for resource in json.loads(state.read_text())["resources"]}
    assert "azurerm_api_management_api_policy" in types
    assert json.loads(outputs.read_text())["dev"]
    lock = project / "cdktf.out/stacks/dev/.terraform.lock.hcl"
    assert f'constraints = "~> {AZURERM[azurerm].oldest}"' in lock.read_text()
    assert "No changes" in run("cdktf", "diff", "dev", folder=project)
    run("cdktf", "destroy", "dev", "--auto-approve", folder=project)
    assert json.loads(state.read_text())["resources"] == []
