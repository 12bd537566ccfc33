"""The stacks that are mutated: every environment, as the app synthesizes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import constructs_lib  # noqa: F401


@pytest.fixture(scope="session")
def environments(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Terraform JSON of each environment's stack, by its name."""
    from cdktf import App

    from constructs_lib.stack.environment_stack import EnvironmentStack
    from constructs_lib.stack.settings import read_environments

    folder = repository / "environments"
    app = App(outdir=str(tmp_path_factory.mktemp("cdktf.out")))
    for name, environment in read_environments(folder).items():
        EnvironmentStack(app, name, environment=environment)
    app.synth()
    return {
        file.parent.name: json.loads(file.read_text(encoding="utf-8"))
        for file in Path(app.outdir).glob("stacks/*/cdk.tf.json")
    }
