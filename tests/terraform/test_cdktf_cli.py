"""The real `cdktf`, as a user runs it for an environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terraform.harness import ROOT, copy_of_project, environment, needs_stand_in, run

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules/.bin/cdktf").exists(), reason="cdktf-cli is missing: make set-up"
)


@needs_stand_in
def test_dev_is_deployed_and_destroyed(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path)
    outputs = project / "outputs.json"
    run("cdktf", "deploy", "dev", "--auto-approve", "--outputs-file", outputs, folder=project)
    state = project / "terraform.dev.tfstate"
    types = {resource["type"] for resource in json.loads(state.read_text())["resources"]}
    assert "azurerm_api_management_api_policy" in types
    assert json.loads(outputs.read_text())["dev"]
    run("cdktf", "destroy", "dev", "--auto-approve", folder=project)
    assert json.loads(state.read_text())["resources"] == []


def test_synth_without_terraform_works(tmp_path: Path) -> None:
    """Making the JSON takes no terraform; only applying it does."""
    project = copy_of_project(tmp_path)
    without = tmp_path / "no-terraform"
    without.mkdir()
    (without / "terraform").write_text("#!/bin/sh\nexit 127\n")
    (without / "terraform").chmod(0o755)
    run("cdktf", "synth", folder=project, PATH=f"{without}:{environment()['PATH']}")
    stacks = sorted(path.parent.name for path in project.glob("cdktf.out/stacks/*/cdk.tf.json"))
    assert stacks == sorted(path.stem for path in (ROOT / "environments").glob("*.yaml"))
