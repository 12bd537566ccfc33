"""The programs of the audit, each group in an environment of its own.

They pin packages that the project needs in other versions. What is installed is in
requirements/<group>.txt, with hashes; `make lock` locks those files anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class AuditError(Exception):
    """A part of the audit could not be done."""


@dataclass(frozen=True)
class Audited:
    """What became of a part.

    Attributes:
        problems: A sentence for each thing that somebody has to do.
        summary: What to say if there is none.
    """

    problems: Sequence[str]
    summary: str


def requirements(group: str) -> Path:
    """The locked requirements of a group."""
    return ROOT / f"requirements/{group}.txt"


def installed(group: str) -> Path | None:
    """The folder of a group's programs, if they were installed here from what is locked now."""
    environment = ROOT / ".cache" / group
    stamp = environment / "installed.txt"
    current = stamp.is_file() and stamp.read_text() == _stamp(group)
    return environment / "bin" if current else None


def install(group: str) -> Path:
    """Install a group if need be, and return the folder of its programs.

    Raises:
        AuditError: If pip fails.
    """
    if programs := installed(group):
        return programs
    print(f"audit: installing requirements/{group}.txt", flush=True)
    environment = ROOT / ".cache" / group
    venv.create(environment, clear=True, with_pip=True, symlinks=True)
    pip = (environment / "bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    options = ("--no-compile", "--no-deps", "--require-hashes")
    done = run(*pip, "install", *options, "-r", requirements(group))
    if done.returncode:
        raise AuditError(f"could not install requirements/{group}.txt\n{said(done)}")
    (environment / "installed.txt").write_text(_stamp(group))
    return environment / "bin"


def run(
    *command: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command at the top of the repository, with these variables besides those there are."""
    merged = {**os.environ, **(env or {})}
    return subprocess.run(
        command, cwd=ROOT, env=merged, capture_output=True, text=True, check=False
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what a command printed."""
    return f"{done.stdout[-2000:]}{done.stderr[-2000:]}".strip()


def _stamp(group: str) -> str:
    # Scripts in an environment hold its path, so a moved clone needs a new one.
    python = sys.version.split()[0]
    return f"{python} {ROOT}\n{requirements(group).read_text()}"
