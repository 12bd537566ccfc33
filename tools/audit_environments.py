"""Lets checkov read the Terraform JSON in cdktf.out; what it finds must be accepted with a reason.

Checkov 3.3 cannot read JSON with `terraform.required_version`: it says "Parsing errors: 1" and ends
with exit status 0 (issue 7454 of bridgecrewio/checkov). It gets copies without that block, which
none of its rules reads.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from tools.audit_programs import ROOT, Audited, AuditError, install, run, said

ACCEPTED = ROOT / "requirements/checkov_accepted.yaml"


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


def audit() -> Audited:
    """Judge every stack in cdktf.out.

    Raises:
        AuditError: If there is none, or checkov did not read it.
    """
    stacks = sorted((ROOT / "cdktf.out/stacks").glob("*/cdk.tf.json"))
    documents = {path.parent.name: json.loads(path.read_text()) for path in stacks}
    if not documents:
        raise AuditError("cdktf.out has no stack: make synth")
    found = scan(install("checkov") / "checkov", documents)
    problems = judge(found, yaml.safe_load(ACCEPTED.read_text()))
    return Audited(
        problems, f"{', '.join(documents)}: {len(found)} findings, all accepted with a reason"
    )


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
        done = run(
            checkov, "--directory", folder, "--framework", "terraform_json", "--skip-download",
            "--soft-fail", "--quiet", "--compact", "--output", "json",
            env={"LOG_LEVEL": "ERROR"},
        )  # fmt: skip
    if done.returncode:
        raise AuditError(f"checkov failed\n{said(done)}")
    report = json.loads(done.stdout)
    results = report.get("results", {})
    if results.get("parsing_errors") or not results.get("failed_checks"):
        raise AuditError(f"checkov could not read the JSON: {done.stdout[:1000]}")
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
