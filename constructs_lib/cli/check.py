"""`secured-functions check`: find every way in which the chain is broken or open."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import FORMATS
from constructs_lib.cli._acceptance import accepting, add_acceptance
from constructs_lib.cli._configuration import SEVERITIES, known_rule
from constructs_lib.cli._help import Commands, Help
from constructs_lib.cli._options import FINDINGS, format_of, in_colour

if TYPE_CHECKING:
    from constructs_lib._core.findings import Finding, Format
    from constructs_lib.access import Accepted, Analysis
    from constructs_lib.access.baseline import BaselineEntry
    from constructs_lib.cli._acceptance import AcceptanceStep

_HELP = Help(
    purpose="Find what breaks or opens the way to a function app, in any Terraform.",
    more="Each finding names rule, resource and, where it is known, file and line. What is "
    "right as it is can be accepted with a reason: --skip for a rule, a baseline for places. "
    "A secured-functions.toml or a pyproject.toml keeps paths and options.",
    examples=[
        "secured-functions check cdktf.out",
        "terraform show -json plan | secured-functions check - --format sarif",
        "secured-functions check . --write-baseline baseline.toml",
    ],
    done="nothing that fails the check",
    found="findings of the severity that fails (--fail-on)",
)


def register(commands: Commands) -> None:
    """Add `check`."""
    parser = _HELP.command(commands, "check")
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="cdktf.out, a cdk.tf.json, a folder of HCL, or what terraform show -json says of a "
        "plan or a state; - is the standard input (default: the configuration's paths, or else "
        "cdktf.out)",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="kind of output (default: what the name of FILE ends with, or else text)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the findings there")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="least severity that fails (default: error)"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="look for this rule only (repeat it for several)",
    )
    add_acceptance(parser)
    parser.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="accept all that is found, write it there with the day and a reason, and stop",
    )
    parser.add_argument(
        "--reason",
        metavar="TEXT",
        default="found when the baseline was written",
        help="the reason for what is new in the baseline",
    )
    parser.add_argument("--explain", metavar="RULE", help="say what a rule means, and stop")
    parser.add_argument(
        "--rules", action="store_true", help="list the rules of this check, and stop"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the configurations and write what was found."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib._core.findings import render
    from constructs_lib.access.baseline import gone
    from constructs_lib.access.rules import RULES
    from constructs_lib.cli.explain import explained, listed

    if options.explain:
        print(explained(options.explain))
        return 0
    if options.rules:
        print(listed(RULES.values()))
        return 0
    acceptance = accepting(options)
    paths = options.paths or list(acceptance.configuration.paths) or ["cdktf.out"]
    form: Format = options.format or format_of(options.output, FINDINGS, "text")
    analyses = _analyses(paths, options, acceptance)
    findings = [finding for each in analyses for finding in each.findings]
    if options.write_baseline:
        _write_baseline(options.write_baseline, findings, acceptance, options.reason)
        return 0
    shown = render(
        findings,
        form,
        rules=RULES.values(),
        subjects=paths,
        together=True,
        colour=not options.output and in_colour(),
    )
    # Of what is not looked for, or not looked at, nobody can tell whether it is gone.
    everything = not options.rule and set(acceptance.configuration.paths) <= set(paths)
    left = gone(acceptance.entries, analyses) if everything else []
    shown = _with_the_rest(shown, form, analyses, left, acceptance.baseline)
    if options.output:
        write_whole(options.output, shown)
    else:
        sys.stdout.write(shown)
    least = options.fail_on or acceptance.configuration.fail_on
    failing = SEVERITIES[: SEVERITIES.index(least) + 1]
    return int(any(finding.severity in failing for finding in findings))


def _analyses(
    paths: Sequence[str], options: argparse.Namespace, acceptance: AcceptanceStep
) -> list[Analysis]:
    from constructs_lib.access import analyse, read_terraform

    rules = {known_rule(each, "--rule") for each in options.rule}
    analyses = [acceptance(analyse(read_terraform(path))) for path in paths]
    if not rules:
        return analyses
    return [
        replace(
            each,
            findings=tuple(found for found in each.findings if found.rule in rules),
            accepted=tuple(found for found in each.accepted if found.finding.rule in rules),
        )
        for each in analyses
    ]


def _write_baseline(
    file: Path, findings: Sequence[Finding], acceptance: AcceptanceStep, reason: str
) -> None:
    """Write a baseline of what is found now, with the reasons that it gave before."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib.access.baseline import baseline_text, read_baseline

    if not reason.strip():
        raise InputError("says nothing", where="--reason", fix="say why it is accepted")
    before = read_baseline(file) if file.is_file() else []
    known = {each.place: each for each in (*acceptance.entries, *before)}
    findings = [*findings, *acceptance.of_baseline]
    text = baseline_text(findings, today=date.today(), reason=reason, before=known.values())
    write_whole(file, text)
    count = text.count("\n[[accepted]]\n")
    print(f"{file}: {count} finding{'' if count == 1 else 's'} accepted")


def _with_the_rest(
    shown: str,
    format: str,
    analyses: Sequence[Analysis],
    left: Sequence[BaselineEntry],
    baseline: Path | None,
) -> str:
    """Add what was accepted, so that nothing is hidden, and where there was nothing to look at.

    SARIF and JUnit have no place for it.
    """
    accepted = [each for analysis in analyses for each in analysis.accepted]
    if format == "json":
        from constructs_lib._core.findings import as_json
        from constructs_lib.access.report.document import accepted_as_json

        document = json.loads(shown)
        document["accepted"] = [accepted_as_json(each) for each in accepted]
        document["gone"] = [
            {"rule": each.place.rule, "address": each.place.address, "was": str(each.place)}
            for each in left
        ]
        return as_json(document)
    if format != "text":
        return shown
    lines = [f"{each.source}: {_none(each)}" for each in analyses if not each.function_apps]
    lines += _accepted_lines(accepted)
    lines += [f"{baseline}: not found any more: {each.place}" for each in left]
    return "".join(f"{line}\n" for line in lines) + shown


def _none(analysis: Analysis) -> str:
    """What is said where no function app was found."""
    if any(each.rule == "SF905" for each in analysis.findings):
        return "no function app was found, and a part was not read"
    return "there is no function app in it"


def _accepted_lines(accepted: Sequence[Accepted]) -> Iterator[str]:
    said: dict[tuple[str, bool], list[str]] = {}
    for each in accepted:
        since = f" (since {each.since.isoformat()})" if each.since else ""
        what = f"accepted {each.finding.rule}: {each.reason}{since}"
        said.setdefault((what, bool(since)), []).append(each.finding.place)
    for (what, in_baseline), places in said.items():
        if len(places) == 1:
            yield f"{places[0]}: {what}" if places[0] else what
            continue
        yield f"{what} ({len(places)} places)"
        if not in_baseline:  # Those of the baseline stand there, and may be hundreds.
            yield from (f"  {place}" for place in places)
