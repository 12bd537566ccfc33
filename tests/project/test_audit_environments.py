"""Checkov finds nothing in the environments that is not accepted, with a reason, in one file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import audit_environments as audit
from tools import audit_programs

HOW_TO_ENABLE = "checkov is not installed: run `make audit`, or let CHECKOV name the program"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[audit.Found]:
    named = os.environ.get("CHECKOV") or shutil.which("checkov")
    programs = audit_programs.installed("checkov")
    if named is None and programs is None:
        pytest.skip(HOW_TO_ENABLE)
    checkov = Path(named) if named else programs / "checkov"
    output = tmp_path_factory.mktemp("cdktf.out")
    subprocess.run(
        (sys.executable, "main.py"),
        cwd=audit_programs.ROOT,
        env={**os.environ, "CDKTF_OUTDIR": str(output)},
        check=True,
        capture_output=True,
    )
    stacks = sorted(output.glob("stacks/*/cdk.tf.json"))
    environments = sorted(
        path.stem for path in (audit_programs.ROOT / "environments").glob("*.yaml")
    )
    assert [path.parent.name for path in stacks] == environments
    documents = {path.parent.name: json.loads(path.read_text()) for path in stacks}
    return audit.scan(checkov, {**documents, "weak": weakened(documents["prod"])})


def weakened(document: dict[str, Any]) -> dict[str, Any]:
    """A copy with holes that checkov has rules for, under a path of its own."""
    weak = json.loads(json.dumps(document).replace('"path": "prod/', '"path": "weak/'))
    for app in weak["resource"]["azurerm_linux_function_app"].values():
        app["https_only"] = False
    for account in weak["resource"]["azurerm_storage_account"].values():
        account["min_tls_version"] = "TLS1_0"
        account["allow_nested_items_to_be_public"] = True
    return weak


def test_every_finding_is_accepted_and_every_acceptance_needed(found: list[audit.Found]) -> None:
    ours = [each for each in found if not each.path.startswith("weak/")]
    assert audit.judge(ours, yaml.safe_load(audit.ACCEPTED.read_text())) == []


def test_a_hole_is_found_and_covered_by_no_acceptance(found: list[audit.Found]) -> None:
    new = {each.check for each in found if each.path.startswith("weak/")} - {
        each.check for each in found if each.path.startswith("prod/")
    }
    https, tls, anonymous = "CKV_AZURE_70", "CKV_AZURE_44", "CKV_AZURE_190"
    assert {https, tls, anonymous} <= new
    assert not new & yaml.safe_load(audit.ACCEPTED.read_text()).keys()


# -- What is done with findings, without checkov

FOUND = [
    audit.Found("CKV_1", "dev/orders/function-app/app", "Ensure one thing"),
    audit.Found("CKV_1", "prod/orders/function-app/app", "Ensure one thing"),
]
REASON = "Nobody reaches it, because of this"


@pytest.mark.parametrize(
    ("accepted", "problems"),
    [
        ({"CKV_1": {"at": ["*/function-app/app"], "reason": REASON}}, []),
        ({}, ["CKV_1 dev/", "CKV_1 prod/"]),
        ({"CKV_1": {"at": ["dev/*"], "reason": REASON}}, ["CKV_1 prod/"]),
        ({"CKV_1": {"at": ["*"], "reason": "accepted"}}, ["CKV_1 is accepted without a reason"]),
        ({"CKV_1": {"at": ["*"]}}, ["CKV_1 is accepted without a reason"]),
        (
            {"CKV_1": {"at": ["*", "test/*"], "reason": REASON}},
            ["CKV_1 is accepted at 'test/*', where nothing"],
        ),
        (
            {
                "CKV_1": {"at": ["*"], "reason": REASON},
                "CKV_2": {"at": ["*"], "reason": REASON},
            },
            ["CKV_2 is accepted at '*', where nothing"],
        ),
    ],
)
def test_what_is_not_accepted_and_what_is_accepted_in_vain_is_reported(
    accepted: dict[str, dict[str, object]], problems: list[str]
) -> None:
    said = audit.judge(FOUND, accepted)
    assert len(said) == len(problems)
    for sentence, start in zip(said, problems, strict=True):
        assert sentence.startswith(start)


@pytest.mark.parametrize(
    "report",
    [
        {"results": {"parsing_errors": ["/dev/cdk.tf.json"], "failed_checks": []}},
        {"results": {"parsing_errors": [], "failed_checks": []}},
        {"passed": 0, "failed": 0},
    ],
)
def test_a_checkov_that_read_nothing_is_no_success(
    tmp_path: Path, report: dict[str, object]
) -> None:
    checkov = tmp_path / "checkov"
    checkov.write_text(f"#!{sys.executable}\nprint({json.dumps(report)!r})\n")
    checkov.chmod(0o755)
    document = {"terraform": {"required_version": ">= 1.9"}, "resource": {}}
    with pytest.raises(audit_programs.AuditError, match="could not read"):
        audit.scan(checkov, {"dev": document})


def test_checkov_gets_no_block_that_it_cannot_read(tmp_path: Path) -> None:
    checkov = tmp_path / "checkov"
    checkov.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib, sys\n"
        "folder = pathlib.Path(sys.argv[sys.argv.index('--directory') + 1])\n"
        "document = json.loads((folder / 'dev/cdk.tf.json').read_text())\n"
        "assert document.keys() == {'resource'}\n"
        "check = {'check_id': 'CKV_1', 'check_name': 'Ensure', 'file_path': '/dev/cdk.tf.json',\n"
        "         'resource': 'resource.app_1'}\n"
        "print(json.dumps({'results': {'failed_checks': [check]}}))\n"
    )
    checkov.chmod(0o755)
    app = {"//": {"metadata": {"path": "dev/app", "uniqueId": "app_1"}}}
    document = {
        "terraform": {"required_version": ">= 1.9"},
        "resource": {"azurerm_linux_function_app": {"app_1": app}},
    }
    assert audit.scan(checkov, {"dev": document}) == [audit.Found("CKV_1", "dev/app", "Ensure")]
