"""Shows an analysis to people and programs.

    text = render_report(analysis, "html")  # table, json, markdown, html
    comparison = compare_analyses(before, analysis)  # what a change opens or closes
    text = render_report(analysis, "markdown", comparison=comparison)
    write_reports(analysis, "cdktf.out")  # access.html, access.json, access.md

Every format is a function of the analysis alone: the same analysis gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from constructs_lib._core.files.writing import write_whole
from constructs_lib.access.records import Analysis
from constructs_lib.access.report.comparison import (
    Change,
    ChangeEffect,
    Comparison,
    compare_analyses,
)
from constructs_lib.access.report.document import document
from constructs_lib.access.report.markdown import markdown
from constructs_lib.access.report.table import table
from constructs_lib.access.report.view import Door, View

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Change",
    "ChangeEffect",
    "Comparison",
    "Door",
    "ReportFormat",
    "View",
    "compare_analyses",
    "render_report",
    "write_reports",
]

ReportFormat = Literal["table", "json", "markdown", "html"]
FORMATS: tuple[ReportFormat, ...] = ("table", "json", "markdown", "html")
SUFFIXES: dict[str, ReportFormat] = {".json": "json", ".md": "markdown", ".html": "html"}
"""How the file of each format is named that is not for a terminal."""


def render_report(
    analysis: Analysis,
    form: ReportFormat,
    *,
    comparison: Comparison | None = None,
    width: int = 120,
    colour: bool = False,
) -> str:
    """Return a report as text that ends with a newline.

    Args:
        analysis: What to show.
        form: Which kind of report.
        comparison: What changed since another analysis, from `compare_analyses`.
        width: Columns of the table.
        colour: Whether the table may hold the terminal's colour codes.
    """
    view = View(analysis, comparison)
    if form == "json":
        return document(view)
    if form == "markdown":
        return markdown(view)
    if form == "html":
        # Needs the extra `cli`, which the other formats do not.
        from constructs_lib.access.report.page import page

        return page(view)
    return table(view, width=width, colour=colour)


def write_reports(analysis: Analysis, directory: str | Path) -> list[Path]:
    """Write the reports for browsers, programs and pull requests into a directory.

    Args:
        analysis: What to show.
        directory: Where to, for example `App.outdir` beside the synthesized stacks.

    Returns:
        The files: `access.html`, `access.json` and `access.md`, each written whole or not at all.

    Raises:
        InputError: When a file cannot be written.
    """
    written: list[Path] = []
    for suffix, form in SUFFIXES.items():
        path = Path(directory) / f"access{suffix}"
        write_whole(path, render_report(analysis, form))
        written.append(path)
    return sorted(written)
