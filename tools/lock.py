"""Locks anew: Pipfile.lock and requirements/*.txt by pipenv, package-lock.json by npm.

The programs of the audit are locked by themselves, because they pin packages that the project needs
in other versions.
Pipenv writes the package index into its lock. It is taken out again, so that the lock installs
from whatever index the machine is configured for. npm leaves it out by itself (see `.npmrc`).
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from tools.set_up import requirement_lines

ROOT = Path(__file__).resolve().parent.parent
PIPENV = ROOT / ".pipenv"
PIPENV_VERSION = "2026.10.3"

# What is in requirements/<group>.txt, apart from what these need. They have to run on Python 3.10.
GROUPS = {
    "audit": ("pip-audit==2.10.1", "zizmor==1.30.1", "check-jsonschema==0.38.2"),
    "checkov": ("checkov==3.3.30",),
}


def main() -> None:
    """Lock all."""
    if sys.version_info[:2] != (3, 10):
        sys.exit("lock: only a lock made on Python 3.10 holds on all: make lock PYTHON=python3.10")
    venv.create(PIPENV, clear=True, with_pip=True, symlinks=True)
    pip = (PIPENV / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    subprocess.run([*pip, "install", f"pipenv=={PIPENV_VERSION}"], check=True)
    lock_with_pipenv(ROOT)
    for group, wanted in GROUPS.items():
        lock_group(wanted, ROOT / f"requirements/{group}.txt")
    subprocess.run(["npm", "install", "--package-lock-only"], cwd=ROOT, check=True)


def lock_with_pipenv(folder: Path) -> None:
    """Lock the Pipfile in a folder."""
    env = {**os.environ, "PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_NOSPIN": "1"}
    env["WORKON_HOME"] = str(PIPENV / "environments")
    env["PIPENV_VENV_IN_PROJECT"] = "0"
    command = (PIPENV / "bin/pipenv", "lock", "--python", sys.executable)
    subprocess.run(command, cwd=folder, env=env, check=True)
    take_out_index(folder / "Pipfile.lock")


def lock_group(wanted: Sequence[str], requirements: Path) -> None:
    """Write programs and what they need to a requirements file, with all platforms' hashes."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f'{name} = "=={version}"' for name, version in (w.split("==") for w in wanted)]
        Path(folder, "Pipfile").write_text("\n".join(["[packages]", *lines, ""]))
        lock_with_pipenv(Path(folder))
        locked = json.loads(Path(folder, "Pipfile.lock").read_text())
    write_requirements(locked, requirements)


def write_requirements(locked: dict[str, dict[str, dict[str, object]]], path: Path) -> None:
    """Write the packages of a Pipfile.lock as a requirements file."""
    lines = [
        line.replace(" --hash=", " \\\n    --hash=")
        for line in requirement_lines(locked, ["default"])
    ]
    path.write_text("# Written by `make lock`.\n" + "\n".join(lines) + "\n")


def take_out_index(path: Path) -> None:
    """Remove every mention of a package index from a Pipfile.lock.

    The key `sources` itself has to stay, or pipenv fails on the file.
    """
    lock = json.loads(path.read_text())
    lock["_meta"]["sources"] = []
    for category, packages in lock.items():
        if category != "_meta":
            for package in packages.values():
                package.pop("index", None)
    path.write_text(json.dumps(lock, indent=4) + "\n")


if __name__ == "__main__":
    main()
