"""The Terraform JSON depends on nothing but the code and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from terraform_harness import ROOT, copy_of_project, synthesize

APPS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*/main.py"))


@pytest.mark.parametrize("app", ["main.py", *APPS])
def test_second_synth_is_byte_identical(app: str, tmp_path: Path) -> None:
    script = copy_of_project(tmp_path) / app
    written = []
    for seed in ("1", "2"):
        stacks = synthesize(script, PYTHONHASHSEED=seed)
        written.append(
            {name: (s.folder / "cdk.tf.json").read_bytes() for name, s in stacks.items()}
        )
    assert written[0] == written[1] != {}
