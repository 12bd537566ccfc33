"""The built wheel is all that a stack outside this repository needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    unwanted = {"PYTHONPATH", "VIRTUAL_ENV"}
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    # Node, which every user of the wheel has to bring, is that of the set-up.
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, repository,
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_wheel_holds_the_whole_library_and_nothing_else(repository: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    library = {
        str(path.relative_to(repository))
        for path in (repository / "constructs_lib").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == library
    assert "constructs_lib/py.typed" in packed


def test_sdist_holds_no_tests_and_no_environments(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}
    packaging = {"PKG-INFO", "pyproject.toml", ".gitignore"}
    assert tops - packaging == {"constructs_lib", "README.md", "CHANGELOG.md", "LICENSE"}


def test_wheel_is_of_the_version_that_the_library_says(wheel: Path) -> None:
    from constructs_lib import __version__

    assert wheel.name.startswith(f"secured_functions-{__version__}-")


@pytest.fixture(scope="module")
def clean_python(wheel: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    python = folder / "venv/bin/python"
    lock = json.loads((repository / "Pipfile.lock").read_text())["default"]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(f"{name}{p['version']}" for name, p in lock.items()))
    install = (
        python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile",
        "--constraint", constraints,
    )  # fmt: skip
    if run(*install, "publication", folder=folder).returncode:
        pytest.skip("pip reaches no package index; configure one (PIP_INDEX_URL) to run this")
    done = run(*install, wheel, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return python


def test_every_public_name_can_be_imported(clean_python: Path, tmp_path: Path) -> None:
    script = """
import constructs_lib
for name in constructs_lib.__all__:
    assert getattr(constructs_lib, name) is not None
print(constructs_lib.__file__)
print(*constructs_lib.__all__)
"""
    done = run(clean_python, "-c", script, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    place, names = done.stdout.splitlines()
    assert Path(place).is_relative_to(clean_python.parent.parent)
    assert {"Gateway", "SecuredFunctionApi"} <= set(names.split())


def test_stack_outside_the_repository_synthesizes(
    clean_python: Path, repository: Path, tmp_path: Path
) -> None:
    shutil.copy(repository / "examples/recipe/main.py", tmp_path)
    done = run(clean_python, "main.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    stack = json.loads((tmp_path / "cdktf.out/stacks/recipe/cdk.tf.json").read_text())
    assert "azurerm_api_management_api_policy" in stack["resource"]


def test_command_line_says_what_it_lacks_or_works(clean_python: Path, tmp_path: Path) -> None:
    done = run(clean_python.parent / "secured-functions", "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "usage: secured-functions" in done.stdout
