"""In a fresh environment the wheel is all that a stack outside this repository needs.

On each Python that the wheel is for and that is on the PATH or in pyenv: `make smoke`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project.first_hour import PROMISES
from tests.pythons import SUPPORTED, find

ID = "11111111-1111-4111-8111-111111111111"
WITHOUT_ENGINE = """
import constructs_lib
try:
    constructs_lib.Gateway
except ImportError as error:
    print(error)
"""
PUBLIC_NAMES = """
import constructs_lib
for name in constructs_lib.__all__:
    try:
        assert getattr(constructs_lib, name) is not None
    except ImportError as error:  # the one name that needs an extra says which
        assert name == "read_environments", name
        assert "pip install 'secured-functions[cli]'" in str(error)
print(constructs_lib.__file__)
print(*constructs_lib.__all__)
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(
    params=SUPPORTED,
)
def clean_python(request: pytest.FixtureRequest, tmp_path: Path, run_outside: Run) -> Path:
    """The Python of a fresh environment."""
    found = find(request.param)
    if found is None:
        pytest.skip(f"no Python {request.param} on the PATH or in pyenv")
    folder = tmp_path / "venv"
    # An older pip than a Python cannot install into it: the other has the one that came with it.
    for options in (["--without-pip", folder], [tmp_path / "installer"]):
        done = run_outside(found, "-m", "venv", *options, folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin/python"


@pytest.fixture
def install(
    clean_python: Path, repository: Path, tmp_path: Path, run_outside: Run
) -> Callable[[str], None]:
    """Installs into it, in the versions that are locked."""
    lock = json.loads((repository / "Pipfile.lock").read_text())
    locked = {**lock["develop"], **lock["default"]}
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("\n".join(f"{name}{p['version']}" for name, p in locked.items()))
    pip = (
        tmp_path / "installer/bin/python", "-m", "pip", "--python", clean_python, "install",
        "--no-compile", "--disable-pip-version-check", "--no-input", "--constraint", constraints,
    )  # fmt: skip

    def install(what: str) -> None:
        done = run_outside(*pip, what, folder=tmp_path)
        if done.returncode and run_outside(*pip, "publication", folder=tmp_path).returncode:
            pytest.skip("pip reaches no package index; configure one (PIP_INDEX_URL) to run this")
        assert done.returncode == 0, done.stdout + done.stderr

    return install


# One test, since what costs is the installation.
def test_wheel_is_all_that_is_needed(
    clean_python: Path,
    install: Callable[[str], None],
    wheel: Path,
    repository: Path,
    tmp_path: Path,
    run_outside: Run,
) -> None:
    command_line = clean_python.parent / "secured-functions"
    outside = tmp_path / "outside"
    outside.mkdir()

    def run(*command: str | Path, folder: Path = outside) -> str:
        done = run_outside(*command, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    install(str(wheel))
    # Without an engine: what reads works, and a construct says what it needs.
    project = repository / "tests/operations/projects/python-v2"
    cases = repository / "tests/access/plain_hcl/plan.json"
    assert run_outside(command_line, "check", cases, folder=outside).returncode in (0, 1)
    run(command_line, "policy", "check", repository / "policies/gateway.xml")
    assert "GET" in run(command_line, "operations", project)
    assert "secured-functions[terrain]" in run(clean_python, "-c", WITHOUT_ENGINE)
    assert sum(p.stat().st_size for p in (outside.parent / "venv").rglob("*")) < 50_000_000

    install("secured-functions[cdktf]")
    place, names = run(clean_python, "-c", PUBLIC_NAMES).splitlines()
    assert Path(place).is_relative_to(clean_python.parent.parent)
    assert {"Gateway", "SecuredFunctionApi"} <= set(names.split())
    assert "usage: secured-functions" in run(command_line, "--help")
    lacking = run_outside(command_line, "check", "cdktf.out", folder=outside)
    assert (lacking.returncode, "Traceback" in lacking.stderr) == (2, False)

    shutil.copy(repository / "examples/recipe/main.py", outside)
    run(clean_python, "main.py")
    stack = json.loads((outside / "cdktf.out/stacks/recipe/cdk.tf.json").read_text())
    assert "azurerm_api_management_api_policy" in stack["resource"]

    install("secured-functions[cdktf,cli,simulation,testing]")
    run(command_line, "check", "cdktf.out")
    run(command_line, "init", "orders", "--yes", "--name", "orders", "--subscription-id", ID)
    requirements = (outside / "orders/requirements.txt").read_text()
    assert f"secured-functions[cli,cdktf,simulation,testing] @ {wheel.as_uri()}\n" in requirements
    assert "5 passed" in run(clean_python, "-m", "pytest", "--quiet", folder=outside / "orders")

    # The first hour, and what it says when something is wrong.
    def sh(line: str, /, *, exits: int = 0, **variables: str) -> str:
        node = Path(sys.executable).parent
        path = os.pathsep.join(map(str, (clean_python.parent, node, os.environ["PATH"])))
        done = run_outside("/bin/sh", "-c", line, folder=outside, **{"PATH": path, **variables})
        said = done.stdout + done.stderr
        assert (done.returncode, "Traceback" in said) == (exits, False), f"{line}\n{said}"
        return said

    for promise in PROMISES:
        promise(sh, outside)
