"""What `check` and `access` accept: rules that are skipped, and the places of a baseline."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructs_lib.cli._configuration import ProjectConfiguration, find_configuration, known_rule

if TYPE_CHECKING:
    from constructs_lib._core.findings import Finding
    from constructs_lib.access import Analysis
    from constructs_lib.access.baseline import BaselineEntry


@dataclass(kw_only=True)
class AcceptanceStep:
    """What is accepted, as a step that an analysis goes through.

    Attributes:
        configuration: What the project says.
        skip: Rules that are accepted everywhere, with the reasons.
        baseline: The file of what is accepted in single places.
        entries: What it holds.
        of_baseline: The findings that it took out of the analyses so far.
    """

    configuration: ProjectConfiguration
    skip: Mapping[str, str]
    baseline: Path | None
    entries: Sequence[BaselineEntry]
    of_baseline: list[Finding] = field(default_factory=list["Finding"])

    def __call__(self, analysis: Analysis) -> Analysis:
        """The analysis without what is accepted, which stands beside it with the reasons."""
        from constructs_lib.access.baseline import accept_baseline, accept_rules

        found = accept_baseline(analysis, self.entries)
        self.of_baseline += [each.finding for each in found.accepted if each.since]
        return accept_rules(found, self.skip)


def add_acceptance(parser: Any) -> None:
    """Add the options that say what is accepted."""
    parser.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="RULE[=REASON]",
        help="accept this rule everywhere (repeat it for several)",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="accept what stands in this file (that of the configuration)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="secured-functions.toml, or pyproject.toml with [tool.secured-functions] (found in "
        "this folder or one above)",
    )


def accepting(options: argparse.Namespace) -> AcceptanceStep:
    """What the options and the project's configuration accept.

    Raises:
        InputError: A file cannot be read, or names a rule that does not exist.
    """
    configuration = find_configuration(options.config)
    skip = dict(configuration.skip)
    for each in options.skip:
        rule, _, reason = each.partition("=")
        skip[known_rule(rule, "--skip")] = reason.strip() or "skipped on the command line"
    baseline: Path | None = options.baseline or configuration.baseline
    entries: Sequence[BaselineEntry] = ()
    # The configuration may name what is about to be written.
    to_be_written = getattr(options, "write_baseline", None) is not None
    if baseline is not None and (baseline.is_file() or not to_be_written):
        from constructs_lib.access.baseline import read_baseline

        entries = read_baseline(baseline)
    return AcceptanceStep(
        configuration=configuration, skip=skip, baseline=baseline, entries=entries
    )
