"""The report for a terminal: plain text, with the terminal's colours where they are wanted."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from constructs_lib.access.records import capitalised
from constructs_lib.access.report.comparison import EFFECTS, Comparison
from constructs_lib.access.report.text import clean, plural, where
from constructs_lib.access.report.view import CellStanding, Door, TargetView, View

if TYPE_CHECKING:
    from rich.console import Console

MANY = 12
"""More targets than this are shown in full only where something is not as it should be."""

PLACES = 5
"""How many places of a finding are named."""

_WORDS: dict[CellStanding, str] = {
    "wrong": "WRONG",
    "unknown": "unknown",
    "weak": "weak",
    "accepted": "accepted",
    "right": "ok",
}
_STYLES: dict[CellStanding, str] = {
    "wrong": "bold red",
    "unknown": "yellow",
    "weak": "magenta",
    "accepted": "cyan",
    "right": "green",
}


def table(view: View, *, width: int = 120, colour: bool = False) -> str:
    """Return the report as lines of at most `width` columns.

    Args:
        view: What to show.
        width: Columns of the terminal.
        colour: Whether the text may hold the terminal's colour codes.
    """
    from rich.console import Console
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, force_terminal=colour, no_color=not colour, highlight=False
    )
    if view.comparison is not None:
        _changes(console, view.comparison)
    quiet: list[TargetView] = []
    many = len(view.targets) > MANY
    for target in view.targets:
        if many and target.id in view.like:
            continue
        if many and target.standing == "right":
            quiet.append(target)
        else:
            _target(console, target, view.alike.get(target.id, ()) if many else ())
    for target in quiet:
        console.print(
            Text.assemble(
                (_WORDS["right"], _STYLES["right"]),
                f"  {clean(target.app.name)}: ",
                f"{plural(len(target.doors), 'door')}, all as they should be",
            )
        )
        _same(console, view.alike.get(target.id, ()))
    if quiet:
        console.print()
    _findings(console, view)
    console.print(Text(clean(f"{view.analysis.source}: {view.headline}"), "bold"))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _findings(console: Console, view: View) -> None:
    """What no door tells: errors besides, advice, and what else to look at."""
    from rich.text import Text

    told = {
        door.answer.rule
        for target in view.targets
        for door in target.doors
        if door.standing == "wrong"
    }
    for title, groups in view.chapters.items():
        shown = [each for each in groups if each.severity != "error" or each.rule not in told]
        if not shown:
            continue
        console.print(Text(title, "bold"))
        for each in shown:
            console.print(Text(clean(f"  {each.rule}  {each.message}")))
            for place in each.places[:PLACES]:
                console.print(Text(clean(f"    {where(place)}"), "dim"), soft_wrap=True)
            if len(each.places) > PLACES:
                console.print(Text(f"    and {len(each.places) - PLACES} more", "dim"))
            if each.fix:
                console.print(Text(clean(f"    Fix: {each.fix}")))
        console.print()


def _same(console: Console, others: Sequence[TargetView]) -> None:
    if others:
        names = ", ".join(clean(each.app.name) for each in others)
        console.print(f"    The same holds for {names}.", style="dim", markup=False)


def _target(console: Console, target: TargetView, alike: Sequence[TargetView]) -> None:
    from rich.table import Table
    from rich.text import Text

    app = target.app
    stack = f"  stack {app.stack}" if app.stack else ""
    console.print(
        Text.assemble((clean(app.name), "bold"), (clean(f"  {app.address}{stack}"), "dim")),
        soft_wrap=True,
    )
    rows = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "door", "status", "who", "why"):
        rows.add_column(name, overflow="fold", no_wrap=name in ("", "door", "status"))
    for door in target.doors:
        answer = door.answer
        rows.add_row(
            Text(_WORDS[door.standing], _STYLES[door.standing]),
            answer.verdict,
            "?" if answer.status == "unknown" else str(answer.status),
            Text(clean(capitalised(answer.caller.label))),
            Text.assemble(*_why(door)),
        )
    console.print(rows)
    _same(console, alike)
    console.print()


def _why(door: Door) -> Iterable[str | tuple[str, str]]:
    yield clean(door.answer.reason)
    if door.answer.rule:
        yield (clean(f" [{door.answer.rule}]"), "bold")
    if door.accepted is not None:
        yield "\nAccepted: "
        yield clean(door.accepted)
    decided = where(door.answer)
    if decided:
        yield "\n"
        yield (clean(decided), "dim")
    if door.standing == "wrong" and door.fix:
        yield "\nFix: "
        yield clean(door.fix)


def _changes(console: Console, comparison: Comparison) -> None:
    from rich.text import Text

    if not comparison.changes:
        console.print(Text(clean(f"No door differs from {comparison.before}."), "bold"))
        console.print()
        return
    console.print(Text(clean(f"Compared with {comparison.before}"), "bold"))
    for change in comparison.changes:
        answer = change.answer
        style = {"opened": "bold red", "unproven": "yellow", "disconnected": "yellow"}
        console.print(
            Text.assemble(
                (f"  {change.effect}  ", style.get(change.effect, "dim")),
                clean(f"{answer.target.name}: {answer.caller.label} {EFFECTS[change.effect]}. "),
                clean(answer.reason if change.after else "It is not there any more."),
            ),
            soft_wrap=True,
        )
    console.print()
