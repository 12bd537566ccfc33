"""The container file installs what is locked, the devcontainer what the project is built with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path


def test_the_constraints_are_the_locked_versions(repository: Path) -> None:
    text = (repository / "Dockerfile").read_text().replace("\\\n", "")
    program = re.search(r'python -c "(.+?)" > /constraints.txt', text)
    assert program
    done = subprocess.run(
        [sys.executable, "-c", program[1]], cwd=repository, capture_output=True, text=True
    )
    locked = json.loads((repository / "Pipfile.lock").read_text())["default"]
    assert done.stdout.splitlines() == [name + each["version"] for name, each in locked.items()]


def test_all_that_is_copied_is_let_through(repository: Path) -> None:
    text = (repository / "Dockerfile").read_text()
    copied = {
        name.removeprefix("./")
        for line in re.findall(r"^COPY (?!--)(.+)$", text, re.M)
        for name in line.split()[:-1]
    }
    ignored = (repository / ".dockerignore").read_text().split()
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}
    assert all((repository / name).exists() for name in copied)


def test_nobody_runs_it_as_root(repository: Path) -> None:
    last = (repository / "Dockerfile").read_text().rpartition("FROM ")[2]
    [user] = re.findall(r"^USER (\d+):(\d+)$", last, re.M)
    assert "0" not in user
    assert 'ENTRYPOINT ["secured-functions"]' in last


def test_the_devcontainer_has_what_the_project_is_built_with(repository: Path) -> None:
    container = json.loads((repository / ".devcontainer/devcontainer.json").read_text())
    versions = {
        re.split(r"[/:]", name)[-2]: each.get("version")
        for name, each in container["features"].items()
    }
    engines = json.loads((repository / "package.json").read_text())["engines"]
    assert versions["node"] in engines["node"]
    workflow = (repository / ".github/workflows/ci.yml").read_text()
    assert f"terraform_version: {versions['terraform']}" in workflow
    assert container["postCreateCommand"] == "make set-up"
