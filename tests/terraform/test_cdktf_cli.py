"""The real `cdktf`, as a user runs it; `applied/test_deploy.py` deploys with it."""

from __future__ import annotations

from pathlib import Path

from tests.terraform.harness import ROOT, copy_of_project, environment, needs_cdktf, run


@needs_cdktf
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
