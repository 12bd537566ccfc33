"""The Pythons that the library is for, as far as the machine has them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PYPROJECT = (Path(__file__).parent.parent / "pyproject.toml").read_text()
SUPPORTED = re.findall(r'Python :: (3\.\d+)"', PYPROJECT)


def find(version: str) -> str | None:
    """A Python of that version that can make environments."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    of_pyenv = sorted(pyenv.glob(f"{version}.*/bin/python"))
    numbers = tuple(map(int, version.split(".")))
    check = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != {numbers})"
    for candidate in (shutil.which(name), *of_pyenv):
        # A shim of pyenv exists and does not run where its version is not there.
        if (
            candidate
            and not subprocess.run((candidate, "-c", check), capture_output=True).returncode
        ):
            return str(candidate)
    return None
