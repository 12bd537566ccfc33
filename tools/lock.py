"""Locks anew: Pipfile.lock by pipenv, package-lock.json by npm.

Pipenv writes the package index into its lock. It is taken out again, so that the lock installs
from whatever index the machine is configured for. npm leaves it out by itself (see `.npmrc`).
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPENV = ROOT / ".pipenv"
PIPENV_VERSION = "2026.10.3"


def main() -> None:
    """Lock both."""
    if sys.version_info[:2] != (3, 10):
        sys.exit("lock: only a lock made on Python 3.10 holds on all: make lock PYTHON=python3.10")
    venv.create(PIPENV, clear=True, with_pip=True, symlinks=True)
    pip = (PIPENV / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    subprocess.run([*pip, "install", f"pipenv=={PIPENV_VERSION}"], check=True)
    env = {**os.environ, "PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_NOSPIN": "1"}
    env["WORKON_HOME"] = str(PIPENV / "environments")
    env["PIPENV_VENV_IN_PROJECT"] = "0"
    command = (PIPENV / "bin/pipenv", "lock", "--python", sys.executable)
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    take_out_index(ROOT / "Pipfile.lock")
    subprocess.run(["npm", "install", "--package-lock-only"], cwd=ROOT, check=True)


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
