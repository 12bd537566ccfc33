"""The library as it is released."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def run_outside() -> Run:
    """Runs a command in a folder, with nothing of this repository but Node."""

    def run(
        *command: str | Path, folder: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        # The last would make every process compile anew what the one before it has compiled.
        unwanted = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
        env = {name: value for name, value in os.environ.items() if name not in unwanted}
        # Node, which every user of the wheel has to bring, is that of the set-up.
        env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
        env.update(variables)
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)

    return run


@pytest.fixture(scope="module")
def built(repository: Path, tmp_path_factory: pytest.TempPathFactory, run_outside: Run) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = run_outside(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, repository,
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    return next(built.glob("*.whl"))
