"""The Terraform JSON depends on nothing but the code and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.harness import copy_of_project, synthesize


@pytest.mark.parametrize("app", ["main.py", "examples/two_stacks/main.py"])
def test_second_synth_is_byte_identical(app: str, tmp_path: Path) -> None:
    script = copy_of_project(tmp_path) / app
    written = []
    for seed in ("1", "2"):
        stacks = synthesize(script, PYTHONHASHSEED=seed)
        written.append(
            {name: (s.folder / "cdk.tf.json").read_bytes() for name, s in stacks.items()}
        )
    assert written[0] == written[1] != {}
