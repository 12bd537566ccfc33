"""`secured-functions check`: find every way in which the chain is broken or open."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructs_lib.cli._options import format_of

if TYPE_CHECKING:
    from constructs_lib._core.findings import Format
    from constructs_lib.access import Accepted

SEVERITIES = ("error", "warning", "note")
_NAMES: dict[str, Format] = {
    ".txt": "text",
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
}


def register(commands: Any) -> None:
    """Add `check`."""
    parser = commands.add_parser(
        "check",
        help="find what breaks or opens the chain, in Terraform JSON of any tool",
        epilog="Exit code: 0 nothing that fails the check, 1 findings, 2 unusable input.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="cdktf.out, a cdk.tf.json, or `terraform show -json` of a plan or state, `-` for the "
        "input (cdktf.out)",
    )
    parser.add_argument(
        "--format",
        choices=tuple(dict.fromkeys(_NAMES.values())),
        help="kind of output (default: what the name of FILE ends with, or else text)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the findings there")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="error", help="least severity that fails (error)"
    )
    parser.add_argument("--explain", metavar="RULE", help="say what a rule means, and stop")
    parser.add_argument(
        "--rules", action="store_true", help="list the rules of this check, and stop"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the configurations and write what was found."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib._core.findings import Finding, render
    from constructs_lib.access import analyse, read_terraform
    from constructs_lib.access.rules import RULES
    from constructs_lib.cli.explain import explained, listed

    if options.explain:
        print(explained(options.explain))
        return 0
    if options.rules:
        print(listed(RULES.values()))
        return 0
    paths: list[str] = options.paths or ["cdktf.out"]
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    for path in paths:
        analysis = analyse(read_terraform(path))
        findings += analysis.findings
        accepted += analysis.accepted
    form: Format = options.format or format_of(options.output, _NAMES, "text")
    shown = render(
        findings,
        form,
        rules=RULES.values(),
        subjects=paths,
        together=True,
    )
    shown = _with_accepted(shown, form, accepted)
    if options.output:
        write_whole(options.output, shown)
    else:
        sys.stdout.write(shown)
    failing = SEVERITIES[: SEVERITIES.index(options.fail_on) + 1]
    return int(any(finding.severity in failing for finding in findings))


def _with_accepted(shown: str, format: str, accepted: Sequence[Accepted]) -> str:
    """Add what was accepted, so that nothing is hidden; SARIF and JUnit have no place for it."""
    if format == "json":
        from constructs_lib._core.findings import as_json
        from constructs_lib.access.report.document import accepted_as_json

        document = json.loads(shown)
        document["accepted"] = [accepted_as_json(each) for each in accepted]
        return as_json(document)
    if format != "text":
        return shown
    lines = [
        f"{each.finding.place}: accepted {each.finding.rule}: {each.reason}" for each in accepted
    ]
    return "".join(f"{line}\n" for line in lines) + shown
