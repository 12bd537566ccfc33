"""The real `cdktf` on azurerm 5, which a user chooses with one line in the settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terraform.harness import ROOT, copy_of_project, needs_stand_in, run

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules/.bin/cdktf").exists(), reason="cdktf-cli is missing: make set-up"
)


@needs_stand_in
def test_dev_is_deployed_without_a_difference_left_and_destroyed(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path)
    settings = project / "environments/dev.yaml"
    settings.write_text(f'azurerm: "5"\n{settings.read_text()}')
    assert " to add" in run("cdktf", "diff", "dev", folder=project)
    run("cdktf", "deploy", "dev", "--auto-approve", folder=project)
    state = project / "terraform.dev.tfstate"
    assert json.loads(state.read_text())["resources"]
    lock = project / "cdktf.out/stacks/dev/.terraform.lock.hcl"
    assert 'constraints = "~> 5.1"' in lock.read_text()
    assert "No changes" in run("cdktf", "diff", "dev", folder=project)
    run("cdktf", "destroy", "dev", "--auto-approve", folder=project)
    assert json.loads(state.read_text())["resources"] == []
