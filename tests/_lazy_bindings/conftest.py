"""Fresh Python processes, because what an import does can only be seen once in each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Fresh = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def fresh(repository: Path) -> Fresh:
    """Run Python code in a process of its own, with `path` before the installed packages."""

    def run(
        code: str, *, cwd: Path, path: Path | None = None, exit_code: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"NODE_OPTIONS", "CONSTRUCTS_LIB_LAZY_BINDINGS", "PYTHONPATH"}
        }
        places = [str(place) for place in (path, repository) if place]
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=cwd,
            env={**inherited, "PYTHONPATH": os.pathsep.join(places), **environment},
            capture_output=True,
            text=True,
        )
        assert result.returncode == exit_code, result.stderr
        return result

    return run


@pytest.fixture(scope="session")
def null_provider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a third prebuilt provider: a real one, small, and unknown to the library."""
    folder = tmp_path_factory.mktemp("provider")
    command = ["pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    result = subprocess.run(
        [sys.executable, "-m", *command, "cdktf-cdktf-provider-null==11.0.1"],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        pytest.skip(f"pip cannot install the null provider: {result.stderr.strip()[-200:]}")
    return folder


@pytest.fixture
def own_null_provider(null_provider: Path, tmp_path: Path) -> Path:
    """A copy of `null_provider` that a test may spoil."""
    return Path(shutil.copytree(null_provider, tmp_path / "provider"))


@pytest.fixture(scope="session")
def simulated_provider() -> Callable[..., None]:
    """Write a package that is named like a prebuilt provider, with the `__init__` that is given."""

    def write(folder: Path, init: str) -> None:
        package = folder / "cdktf_cdktf_provider_simulated"
        for module in ("used", "unused"):
            (package / module).mkdir(parents=True)
            (package / module / "__init__.py").write_text(f"NAME = {module!r}\n")
        (package / "__init__.py").write_text(init)

    return write
