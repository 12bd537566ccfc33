"""The set-up finds a Python and a Node that it can use, or says in a line what is missing."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def program(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The folder of a machine's programs, with no Python and no Node so far."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def find_python(
    repository: Path, machine: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", repository / "tools/find_python.sh"],
        env={"PATH": str(machine), "HOME": str(machine), **environment},
        capture_output=True,
        text=True,
    )


OLD = 'case "$*" in *version_info*) exit 1 ;; esac'
GOOD = f'exec "{sys.executable}" "$@"'
WITHOUT_VENV = f'case "$*" in *ensurepip*) exit 1 ;; *) {GOOD} ;; esac'
BROKEN_SHIM = 'echo "pyenv: python: command not found" >&2; exit 127'


def test_python_that_is_too_old_or_does_not_run_is_passed_over(
    repository: Path, machine: Path
) -> None:
    program(machine / "python3", OLD)
    program(machine / "python3.13", BROKEN_SHIM)
    program(machine / "python3.12", WITHOUT_VENV)
    program(machine / "python3.11", GOOD)
    found = find_python(repository, machine)
    assert (found.returncode, found.stdout.strip()) == (0, str(machine / "python3.11"))


def test_python_of_pyenv_is_found_although_no_name_leads_to_it(
    repository: Path, machine: Path
) -> None:
    hidden = machine / ".pyenv/versions/3.12.1/bin"
    hidden.mkdir(parents=True)
    program(hidden / "python", GOOD)
    assert find_python(repository, machine).stdout.strip() == str(hidden / "python")


@pytest.mark.parametrize(
    ("python3", "advice"),
    [(None, "3.10, 3.11, 3.12, 3.13 or 3.14"), (OLD, "PYTHON="), (WITHOUT_VENV, "python3-venv")],
)
def test_missing_python_is_one_clear_line(
    python3: str | None, advice: str, repository: Path, machine: Path
) -> None:
    if python3:
        program(machine / "python3", python3)
    found = find_python(repository, machine)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("set-up: ")
    assert advice in found.stderr
    assert found.stderr.count("\n") == 1


def test_python_that_is_asked_for_is_used_or_refused(repository: Path, machine: Path) -> None:
    program(machine / "python3", GOOD)
    program(machine / "mine", GOOD)
    program(machine / "old", OLD)
    assert find_python(repository, machine, PYTHON="mine").stdout.strip() == str(machine / "mine")
    refused = find_python(repository, machine, PYTHON="old")
    assert refused.returncode == 1
    assert "PYTHON=old" in refused.stderr


@pytest.fixture
def set_up(repository: Path) -> dict[str, Any]:
    return runpy.run_path(str(repository / "tools/set_up.py"))


@pytest.mark.parametrize(
    ("version", "used"), [("v22.11.0", True), ("v20.20.2", False), ("v24.1.0", False)]
)
def test_node_of_the_machine_is_used_if_it_is_version_22(
    version: str,
    used: bool,
    machine: Path,
    set_up: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program(machine / "node", f"echo {version}")
    program(machine / "npm", "exit 0")
    monkeypatch.setenv("PATH", str(machine))
    assert set_up["find_machine_node"]() == (str(machine) if used else None)


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("v20.20.2", "is past its end of life"),
        ("v24.1.0", "does not run cdktf-cli 0.21, though it runs cdktn-cli"),
        ("v18.0.0", "is not one that cdktf-cli 0.21 runs on (20 and 22)"),
    ],
)
def test_set_up_says_why_it_brings_a_node(
    version: str, reason: str, set_up: dict[str, Any]
) -> None:
    said = set_up["why_not_the_machine_s"](version)
    assert said == f"Node {version} of this machine {reason}: Node 22 is used, from a wheel"


@pytest.mark.parametrize("present", [("node",), ("npm",), ()])
def test_node_without_npm_is_no_node(
    present: tuple[str, ...],
    machine: Path,
    set_up: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in present:
        program(machine / name, "echo v22.11.0")
    monkeypatch.setenv("PATH", str(machine))
    assert set_up["find_machine_node"]() is None


def test_node_of_the_environment_is_not_taken_for_the_machine_s(
    set_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(set_up["BIN"]))
    assert set_up["find_machine_node"]() is None


def test_npm_settings_of_the_machine_are_found(
    machine: Path, set_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = machine / "npmrc"
    settings.write_text("cafile=/etc/ssl/company.pem\n")
    program(machine / "npm", f'[ "$*" = "config get globalconfig" ] && echo "{settings}"')
    monkeypatch.setenv("PATH", str(machine))
    assert set_up["machine_npm_settings"]() == str(settings)


def test_locked_packages_become_requirements_with_hashes(set_up: dict[str, Any]) -> None:
    lock = {
        "default": {"a": {"version": "==1", "hashes": ["sha256:0", "sha256:1"]}},
        "develop": {
            "a": {"version": "==1", "hashes": ["sha256:0", "sha256:1"]},
            "b": {
                "version": "==2",
                "extras": ["x", "y"],
                "markers": "python_version < '3.11'",
                "hashes": ["sha256:2"],
            },
        },
    }
    assert set_up["requirement_lines"](lock, ["default", "develop"]) == [
        "a==1 --hash=sha256:0 --hash=sha256:1",
        "b[x,y]==2 ; python_version < '3.11' --hash=sha256:2",
    ]


@pytest.mark.parametrize("name", [".venv", "node_modules"])
def test_what_a_link_leads_to_is_left_alone(name: str, repository: Path, tmp_path: Path) -> None:
    clone, other = tmp_path / "clone", tmp_path / "other"
    (clone / "tools").mkdir(parents=True)
    other.mkdir()
    (other / "kept").touch()
    shutil.copy(repository / "tools/set_up.py", clone / "tools")
    (clone / name).symlink_to(other)
    refused = subprocess.run(
        [sys.executable, clone / "tools/set_up.py"], capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert f"{name} is a link to" in refused.stderr
    assert f"rm {name}" in refused.stderr
    assert [path.name for path in other.iterdir()] == ["kept"]


@pytest.fixture(scope="module")
def targets(repository: Path) -> list[str]:
    phony = re.search(r"^\.PHONY: (.*)$", (repository / "Makefile").read_text(), re.M)
    assert phony is not None
    return phony[1].split()


def test_every_target_of_the_makefile_is_explained(repository: Path, targets: list[str]) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not on the PATH")
    said = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=repository,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    ).stdout
    assert re.findall(r"^  make (\S+)", said, re.M) == targets


def test_commands_of_the_readme_exist(repository: Path, targets: list[str]) -> None:
    readme = (repository / "README.md").read_text()
    used = re.findall(r"^(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)", readme, re.M)
    named = {first or second for first, second in used}
    assert {"synth", "test"} <= named <= set(targets)
