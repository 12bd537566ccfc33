"""Lets checkov read the Terraform JSON in cdktf.out; what it finds must be accepted with a reason.

Run by `make audit`. Checkov pins packages that the project needs in other versions, so it is
installed into an environment of its own, from requirements/checkov.txt and its hashes; `make lock`
locks that file anew.

Checkov 3.3 cannot read JSON with `terraform.required_version`: it says "Parsing errors: 1" and ends
with exit status 0 (issue 7454 of bridgecrewio/checkov). It gets copies without that block, which
none of its rules reads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements/checkov.txt"
ACCEPTED = ROOT / "tests/checkov/accepted.yaml"
ENVIRONMENT = ROOT / ".cache/checkov"


class AuditError(Exception):
    """Checkov did not do what it was asked for."""


@dataclass(frozen=True, order=True)
class Found:
    """One finding.

    Attributes:
        check: The rule's id.
        path: Path of the construct, which starts with the stack's name.
        meaning: What the rule asks for.
    """

    check: str
    path: str
    meaning: str


def main() -> int:
    """Install checkov if need be, read cdktf.out, and print what is not in order."""
    stacks = sorted((ROOT / "cdktf.out/stacks").glob("*/cdk.tf.json"))
    documents = {path.parent.name: json.loads(path.read_text()) for path in stacks}
    if not documents:
        print("audit: cdktf.out has no stack: make synth", file=sys.stderr)
        return 2
    try:
        found = scan(install(), documents)
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    problems = judge(found, yaml.safe_load(ACCEPTED.read_text()))
    for problem in problems:
        print(f"audit: {problem}")
    if not problems:
        print(f"audit: {', '.join(documents)}: {len(found)} findings, all accepted with a reason")
    return 1 if problems else 0


def installed() -> Path | None:
    """The program, if it is installed from the file of requirements as it is now."""
    stamp = ENVIRONMENT / "requirements.txt"
    current = stamp.is_file() and stamp.read_bytes() == REQUIREMENTS.read_bytes()
    return ENVIRONMENT / "bin/checkov" if current else None


def install() -> Path:
    """Install checkov into its environment, and return the program.

    Raises:
        AuditError: If pip fails.
    """
    program = installed()
    if program:
        return program
    print("audit: installing checkov", flush=True)
    venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=True)
    pip = (ENVIRONMENT / "bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    _run(*pip, "install", "--no-deps", "--require-hashes", "-r", REQUIREMENTS)
    (ENVIRONMENT / "requirements.txt").write_bytes(REQUIREMENTS.read_bytes())
    return ENVIRONMENT / "bin/checkov"


def scan(checkov: Path, documents: Mapping[str, Mapping[str, Any]]) -> list[Found]:
    """Return what checkov finds in the Terraform JSON of each stack, sorted.

    Args:
        checkov: The program.
        documents: The JSON by the stack's name.

    Raises:
        AuditError: If it could not read all of them.
    """
    paths: dict[tuple[str, str], str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for stack, document in documents.items():
            target = Path(folder, stack, "cdk.tf.json")
            target.parent.mkdir()
            kept = {key: value for key, value in document.items() if key != "terraform"}
            # With line breaks: checkov tells resources apart by the lines that they are on.
            target.write_text(json.dumps(kept, indent=2))
            for bodies in document["resource"].values():
                for name, body in bodies.items():
                    paths[f"/{stack}/cdk.tf.json", name] = body["//"]["metadata"]["path"]
        said = _run(
            checkov, "--directory", folder, "--framework", "terraform_json", "--skip-download",
            "--soft-fail", "--quiet", "--compact", "--output", "json",
        )  # fmt: skip
    report = json.loads(said)
    results = report.get("results", {})
    if results.get("parsing_errors") or not results.get("failed_checks"):
        raise AuditError(f"checkov could not read the JSON: {said[:1000]}")
    return sorted(
        Found(
            check=each["check_id"],
            # Some of its rules name the block instead of the type.
            path=paths[each["file_path"], each["resource"].partition(".")[2]],
            meaning=each["check_name"],
        )
        for each in results["failed_checks"]
    )


def judge(found: list[Found], accepted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each finding that nobody accepted, and each acceptance without one.

    Args:
        found: The findings.
        accepted: By rule: `at`, patterns of construct paths, and `reason`.
    """
    problems = [
        f"{each.check} {each.path}: {each.meaning}"
        for each in found
        if not any(fnmatchcase(each.path, at) for at in accepted.get(each.check, {}).get("at", ()))
    ]
    for check, acceptance in accepted.items():
        if len(str(acceptance.get("reason", "")).split()) < 5:
            problems.append(f"{check} is accepted without a reason that one could judge")
        for at in acceptance.get("at") or [""]:
            if not any(each.check == check and fnmatchcase(each.path, at) for each in found):
                problems.append(f"{check} is accepted at {at!r}, where nothing is found any more")
    return problems


def _run(*command: str | Path) -> str:
    quiet = {**os.environ, "LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    if done.returncode:
        raise AuditError(f"{command[0]} failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
