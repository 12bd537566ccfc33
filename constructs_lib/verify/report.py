"""Shows results: a table for people, JSON for programs, JUnit XML for build servers."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from constructs_lib._core.junit import Case, junit
from constructs_lib.verify.rules import RULES
from constructs_lib.verify.run import Result

ResultFormat = Literal["table", "json", "junit"]
FORMATS: tuple[ResultFormat, ...] = ("table", "json", "junit")

_STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def render(
    results: Sequence[Result], form: ResultFormat, *, width: int = 120, colour: bool = False
) -> str:
    """Return the report as a text that ends with a newline.

    Args:
        results: What was found.
        form: Which kind of report.
        width: Columns of the table.
        colour: Whether the table may hold the terminal's colour codes.
    """
    if form == "json":
        return _json(results)
    if form == "junit":
        return _junit(results)
    return _table(results, width, colour)


def summary(results: Sequence[Result]) -> str:
    """Return for example `12 passed, 1 failed, 2 not checked`."""
    count = Counter(result.outcome for result in results)
    return f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} not checked"


def _table(results: Sequence[Result], width: int, colour: bool) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "API", "check", "asked", "expected", "seen"):
        table.add_column(name, overflow="fold")
    for result in results:
        mark = Text(result.outcome, _STYLES[result.outcome])
        texts = (result.api, result.rule, result.target, result.expected, result.observed)
        table.add_row(mark, *(Text(text) for text in texts))
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, force_terminal=colour, no_color=not colour, highlight=False
    )
    console.print(table)
    # One advice for all the places that need it: a broken policy breaks every slot alike.
    for outcome in ("failed", "skipped"):
        advices = {
            (result.rule, result.advice): None for result in results if result.outcome == outcome
        }
        for rule, advice in advices:
            console.print(Text(f"\n{rule}: {RULES[rule].title}", _STYLES[outcome]))
            if advice:
                console.print(Text(f"  {advice}"))
    console.print(Text(f"\n{summary(results)}", "bold"))
    lines = buffer.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _json(results: Sequence[Result]) -> str:
    document = {
        "version": 1,
        "summary": Counter(result.outcome for result in results),
        "results": [
            asdict(result)
            | {"promise": RULES[result.rule].title, "seconds": round(result.seconds, 3)}
            for result in results
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _junit(results: Sequence[Result]) -> str:
    return junit(
        "secured-functions verify",
        [
            Case(
                group=f"{result.api}.{result.rule}",
                name=f"{RULES[result.rule].title}: {result.target}",
                outcome=result.outcome,
                message=f"expected {result.expected}, saw {result.observed}",
                text="" if result.outcome == "passed" else result.advice,
                seconds=result.seconds,
            )
            for result in results
        ],
    )
