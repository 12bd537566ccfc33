"""`secured-functions access`: who can call what, and why."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import fails
from constructs_lib.cli._acceptance import accepting, add_acceptance
from constructs_lib.cli._help import Commands, Help
from constructs_lib.cli._options import format_of, in_colour

if TYPE_CHECKING:
    from constructs_lib.access.report import ReportFormat

_FORMATS = ("table", "json", "markdown", "html")
_NAMES: dict[str, ReportFormat] = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "table",
}


def register(commands: Commands) -> None:
    """Add the command's parser to `commands`."""
    parser = Help(
        purpose="Show who can call which function app, and what decides it.",
        more="What was accepted with a reason, and what is decided elsewhere, is shown and does "
        "not fail.",
        examples=[
            "secured-functions access cdktf.out --output access.html",
            "secured-functions access new.json --compare old.json --format markdown",
            "terraform show -json plan | secured-functions access -",
        ],
        done="every door is as it should be",
        found="one is not; with --compare: the change opened one",
    ).command(commands, "access")
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="cdktf.out, a cdk.tf.json, a folder of HCL, or what terraform show -json says of a "
        "plan or a state; - is the standard input (default: the only path of the configuration, "
        "or else cdktf.out)",
    )
    parser.add_argument(
        "--compare",
        metavar="OLD",
        help="the same from before a change: show what the change opens and closes",
    )
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        help="kind of report (default: what the name of FILE ends with, or else table)",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write the report there, and the table to standard output as well",
    )
    add_acceptance(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Analyse, report, and return the exit code."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib.access import analyse, read_terraform
    from constructs_lib.access.report import compare_analyses, render_report

    if options.path == options.compare == "-":
        raise InputError("both sides of a comparison cannot come from the standard input")
    acceptance = accepting(options)
    paths = acceptance.configuration.paths
    path = options.path or (paths[0] if len(paths) == 1 else "cdktf.out")
    analysis = acceptance(analyse(read_terraform(path)))
    comparison = None
    if options.compare is not None:
        comparison = compare_analyses(analyse(read_terraform(options.compare)), analysis)
    output = Path(options.output) if options.output else None
    form: ReportFormat = options.format or format_of(output, _NAMES, "table")
    if output is not None:
        write_whole(output, render_report(analysis, form, comparison=comparison))
        form = "table"
    terminal = sys.stdout.isatty()
    width = os.get_terminal_size().columns if terminal else 140
    shown = render_report(analysis, form, comparison=comparison, width=width, colour=in_colour())
    sys.stdout.write(shown)
    if comparison is not None:
        return int(bool(comparison.opened))
    return int(fails(analysis.findings))
