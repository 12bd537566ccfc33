"""Tries the library on every engine, provider version and Python that it is for.

`make engines` makes an environment for each engine (the oldest and the newest versions
that the extras of pyproject.toml allow) and each Python that is there, installs the wheel in it,
synthesizes every example and environment for azurerm 4 and 5, and compares the Terraform JSON.
Where terraform runs with offline providers, each distinct JSON is validated, planned, applied,
planned again (which has to be empty) and destroyed, and a state of azurerm 4 is taken over by 5.
The table goes into `docs/versions.md` with `--write`; `--pythons 3.12` narrows it.

It installs some 250 MB from the package index for each environment, which it removes afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from constructs_lib._core.provider_facts import AZURERM
from tests.pythons import SUPPORTED, find
from tests.terraform.applied.test_azurerm_versions import drop_what_5_does_not_know
from tests.terraform.harness import Stack, has_stand_in, reason_to_skip, stacks_of
from tests.terraform.providers import running, stand_ins

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/versions.md"
BEGIN, END = "<!-- matrix, made by tests/engines.py -->", "<!-- end of matrix -->"
ENGINES = (("cdktf", False), ("terrain", True), ("terrain", False))
"""An extra, and whether the oldest versions that it allows are tried rather than the newest."""

# Run in each environment: synthesizes all for one azurerm, and says what is installed.
SYNTH = """
import importlib.metadata, json, pathlib, runpy, sys
import constructs_lib
from constructs_lib._cdk import azurerm
repository, version = pathlib.Path(sys.argv[1]), sys.argv[2]
azurerm.installed_azurerm = lambda: version
programs = sorted((repository / "examples").glob("*/main.py"))
for program in [*programs, repository / "main.py"]:
    sys.path.insert(0, str(program.parent))
    try:
        runpy.run_path(str(program), run_name="__main__")
    except SystemExit as end:
        assert not end.code, program
    sys.path.pop(0)
    pathlib.Path("cdktf.out").rename(program.parent.name)
import cdktf
bindings = {"cdktf": "cdktf-cdktf", "cdktn": "cdktn"}[cdktf.__name__] + "-provider-"
packages = [cdktf.__name__, bindings + "azurerm", bindings + "azuread"]
print(json.dumps([importlib.metadata.version(package) for package in packages]))
"""


@dataclass
class Row:
    """One environment and what came of it.

    Attributes:
        python: Version of Python.
        extra: The extra that brought the engine.
        versions: Those of the engine and of its bindings of azurerm and azuread.
        results: What to say of each azurerm.
    """

    python: str
    extra: str
    versions: list[str]
    results: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        """A line of the table."""
        engine = {"cdktf": "cdktf", "terrain": "cdktn"}[self.extra]
        framework, azurerm, azuread = self.versions
        cells = (f"{engine} {framework}", azurerm, azuread, self.python, *self.results.values())
        return f"| {' | '.join(cells)} |"


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command; what it prints, or an end with all of it if it fails."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(
            f"{' '.join(map(str, command))}: failed\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
    return done.stdout


def pins(extra: str) -> list[str]:
    """The oldest versions that an extra allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = map(Requirement, project["optional-dependencies"][extra])
    return [
        f"{need.name}=={bound.version}"
        for need in needs
        for bound in need.specifier
        if bound.operator == ">=" and "cdktn" in need.name
    ]


def synthesized(folder: Path, wheel: Path, python: str, extra: str, oldest: bool) -> Row:
    """Make an environment, synthesize in it into `folder`, and remove it."""
    environment = folder / "venv"
    run(python, "-m", "venv", environment)
    own = environment / "bin/python"
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    run(own, *pip, f"{wheel}[{extra},cli]", *(pins(extra) if oldest else []))
    program = folder / "synth.py"
    program.write_text(SYNTH)
    versions: list[str] = []
    for azurerm in AZURERM:
        # The folder stands in the JSON, as the place of a local state.
        out = folder / azurerm
        out.mkdir()
        versions = json.loads(run(own, program, ROOT, azurerm, cwd=out).splitlines()[-1])
    version = run(own, "-c", "import sys; print('{}.{}'.format(*sys.version_info))").strip()
    shutil.rmtree(environment)
    return Row(version, extra, versions)


def documents(folder: Path) -> dict[str, Any]:
    """The Terraform JSON of every stack by its path, without what it says of the engine."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("cdk.tf.json")):
        document = json.loads(path.read_text().replace(str(folder), "FOLDER"))
        found[path.relative_to(folder).as_posix()] = {
            key: value for key, value in document.items() if key != "//"
        }
    return found


def stacks(folder: Path) -> Iterator[list[Stack]]:
    """The stacks of each app, each after those that it needs."""
    for manifest in sorted(folder.rglob("manifest.json")):
        yield list(stacks_of(manifest.parent).values())


def applied(folder: Path, azurerm: str) -> str:
    """Take every stack through its life, and say so."""
    count = 0
    environment = {**os.environ, "TERRAFORM_OFFLINE_CLOUD": ""}
    with running(environment, stand_ins(azurerm), azurerm) as providers:
        for app in stacks(folder):
            for stack in app:
                stack.providers = providers
                stack.prepare()
                stack.apply()
                stack.assert_plan_is_empty()
                count += 1
            for stack in reversed(app):
                stack.destroy()
    return f"{count} stacks applied, planned empty, destroyed"


def taken_over(four: Path, five: Path) -> str:
    """Apply every stack with azurerm 4, and plan it with 5; say where something would change.

    The stand-ins know few defaults, so a default that only one of the two versions has in its
    schema looks like a change.
    """
    count = 0
    changed: list[str] = []
    with (
        running(os.environ, stand_ins("4"), "4") as old,
        running(os.environ, stand_ins("5"), "5") as new,
    ):
        for app, same in zip(stacks(four), stacks(five), strict=True):
            for stack, later in zip(app, same, strict=True):
                stack.providers = old
                stack.terraform("init")
                stack.apply()
                text = (later.folder / "cdk.tf.json").read_text().replace(str(five), str(four))
                (stack.folder / "cdk.tf.json").write_text(text)
                stack.providers = None  # init installs none of those that run
                stack.terraform("init", "-upgrade")
                stack.providers = new
                drop_what_5_does_not_know(stack.state().resolve(), stack.folder)
                count += 1
                try:
                    stack.assert_plan_is_empty()
                except pytest.fail.Exception:
                    changed.append(stack.folder.name)
    said = (
        f"{count - len(changed)} of {count} stacks applied with azurerm 4 plan without changes on 5"
    )
    return f"{said}; with changes: {', '.join(changed)}" if changed else said


def main() -> None:
    """Try all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pythons", help="versions, with commas between; all if left out")
    parser.add_argument("--write", action="store_true", help="put the table into docs/versions.md")
    options = parser.parse_args()
    wanted = options.pythons.split(",") if options.pythons else SUPPORTED
    there = {version: path for version in wanted if (path := find(version))}
    lacking = ", ".join(version for version in wanted if version not in there)
    if lacking and (options.pythons or not there):
        sys.exit(f"no Python {lacking} on the PATH or in pyenv")
    if options.write and (reason := reason_to_skip()):
        sys.exit(f"the table in {PAGE.name} says what was applied, and nothing can be: {reason}")
    with tempfile.TemporaryDirectory() as name:
        table, same = tried([*there.values()], Path(name))
    if lacking:
        table += f"\n\nNot tried, as it was not there: Python {lacking}."
    print(table)
    if options.write:
        marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        page = PAGE.read_text(encoding="utf-8")
        page = marked.sub(lambda _: f"{BEGIN}\n\n{table}\n\n{END}", page)
        PAGE.write_text(page, encoding="utf-8", newline="\n")
    if not same:
        sys.exit("the Terraform JSON is not the same everywhere")


def tried(pythons: list[str], folder: Path) -> tuple[str, bool]:
    """Try all in a folder; the table, and whether the JSON is the same in all rows."""
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    lines = [
        "| engine | azurerm bindings | azuread bindings | Python | azurerm 4 | azurerm 5 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    first: dict[str, dict[str, Any]] = {}
    same = True
    upgrade = ""
    for number, (python, engine) in enumerate(product(pythons, ENGINES)):
        place = folder / str(number)
        place.mkdir()
        row = synthesized(place, wheel, python, *engine)
        for azurerm in AZURERM:
            found = documents(place / azurerm)
            row.results[azurerm] = f"the same JSON of {len(found)} stacks"
            if azurerm not in first:
                row.results[azurerm] = f"{len(found)} stacks"
                if has_stand_in():
                    row.results[azurerm] = applied(place / azurerm, azurerm)
            elif found != first[azurerm]:
                same = False
                row.results[azurerm] = "OTHER JSON than in the first row"
            first.setdefault(azurerm, found)
        lines.append(str(row))
        print(row, flush=True)
        if number:
            shutil.rmtree(place)
    if has_stand_in():
        upgrade = f"\n{taken_over(folder / '0/4', folder / '0/5')}."
    return "\n".join([*lines, upgrade]).rstrip(), same


if __name__ == "__main__":
    main()
