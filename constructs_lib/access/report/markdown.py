"""The report for a pull request: GitHub's Markdown, with a Mermaid diagram of the doors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from constructs_lib._core.findings import FindingGroup
from constructs_lib.access.records import Answer, Verdict, capitalised
from constructs_lib.access.report.comparison import EFFECTS, Comparison
from constructs_lib.access.report.text import clean, line_of, plural, where
from constructs_lib.access.report.view import KINDS, STANDINGS, CellStanding, Door, TargetView, View

DRAWN = 8
"""How many targets the diagram holds: more are hard to read, and Mermaid draws 500 arrows only."""

LISTED = 40
"""How many rows a table holds, so that the report fits into a comment of 65,536 characters."""

PLACES = 5
"""How many places of a finding are named."""

_WORDS: dict[CellStanding, str] = {
    "wrong": "**wrong**",
    "unknown": "not known",
    "weak": "weak",
    "accepted": "accepted",
    "right": "as it should be",
}
_ARROWS: dict[Verdict, str] = {"open": "-->", "closed": "--x", "unknown": "-.->"}
_DOORS: dict[Verdict, str] = {"open": "🔓 open", "closed": "🔒 closed", "unknown": "❔ unknown"}
_STANDINGS: tuple[CellStanding, ...] = tuple(STANDINGS)


def markdown(view: View) -> str:
    """Return the report as Markdown that ends with a newline."""
    lines = [f"## {escape(view.headline)}", "", f"Read from {code(view.analysis.source)}.", ""]
    if view.comparison is not None:
        lines += _changes(view.comparison)
    drawn = sorted(view.targets, key=lambda target: _STANDINGS.index(target.standing))[:DRAWN]
    shown = [target for target in view.targets if target in drawn]
    if shown:
        lines += ["```mermaid", mermaid(shown).rstrip(), "```", ""]
    if len(view.targets) > DRAWN:
        lines += [f"Drawn: {DRAWN} of {len(view.targets)} function apps and slots.", ""]
    lines += _findings(view)
    lines += _attention(view)
    lines += _targets(view)
    return "\n".join(lines).rstrip() + "\n"


def mermaid(targets: Sequence[TargetView]) -> str:
    """Return a flowchart of the doors, with crossed arrows for those that are closed.

    Callers who get the same share an arrow; whoever gets what they should not is named in full.
    """
    lines = ["flowchart LR"]
    wrong: list[int] = []
    edges = 0
    for number, target in enumerate(targets):
        lines.append(f'  t{number}["{_label(target.app.name)}"]')
        together: dict[tuple[CellStanding, Verdict], list[Door]] = {}
        for door in target.doors:
            together.setdefault((door.standing, door.answer.verdict), []).append(door)
        for (standing, verdict), doors in together.items():
            callers = "<br/>".join(dict.fromkeys(_label(_caller(door)) for door in doors))
            statuses = sorted({str(door.answer.status) for door in doors})
            known = " ".join([verdict, ", ".join(statuses)]) if verdict != "unknown" else verdict
            lines.append(f'  c{edges}("{callers}") {_ARROWS[verdict]}|"{_label(known)}"| t{number}')
            if standing == "wrong":
                wrong.append(edges)
            edges += 1
    if wrong:
        lines.append("  classDef wrong stroke:#b3321b,stroke-width:3px")
        lines.append(f"  class {','.join(f'c{number}' for number in wrong)} wrong")
        lines.append(f"  linkStyle {','.join(map(str, wrong))} stroke:#b3321b,stroke-width:3px")
    return "\n".join(lines) + "\n"


def _caller(door: Door) -> str:
    caller = door.answer.caller
    if door.standing == "right" and caller.kind != "listed-application":
        return KINDS[caller.kind][0]
    return capitalised(caller.label)


def escape(text: str) -> str:
    """Return text that shows in GitHub's Markdown as it is: no markup, mention, link or HTML."""
    entities = _encoded(r"[^\w .,;()'/?%-]|\b_|_\b", text).replace("www.", "www&#46;")
    # An entity alone still mentions somebody: GitHub looks for names in what it has rendered.
    return entities.replace("&#64;", "&#64;<!-- -->")


def code(text: str) -> str:
    """Return text as code, also in a table's cell."""
    if re.fullmatch(r"[\w.:/${}'-]([\w .:/${}'-]*[\w.:/${}'-])?", text, re.ASCII):
        return f"`{text}`"
    return f"<code>{_encoded(r'[^a-zA-Z0-9 .-]', text)}</code>"


def _encoded(characters: str, text: str) -> str:
    return re.sub(characters, lambda found: f"&#{ord(found[0])};", clean(text))


def _label(text: str) -> str:
    """Text in a label of Mermaid, whose entities are written `#NUMBER;`."""
    return re.sub(r"[^\w .,()-]", lambda found: f"#{ord(found[0])};", clean(text)[:200])


def _changes(comparison: Comparison) -> list[str]:
    changes = [change for change in comparison.changes if change.effect != "changed"]
    same = len(comparison.changes) - len(changes)
    lines = [f"### Compared with {code(comparison.before)}", ""]
    if same:
        lines += [f"{plural(same, 'answer')} for another reason than before.", ""]
    if not changes:
        return [*lines, "No door opened or closed.", ""]
    rows = (
        (
            f"**{change.effect}**" if change.effect == "opened" else change.effect,
            code(change.answer.target.name),
            f"{escape(capitalised(change.answer.caller.label))} {EFFECTS[change.effect]}",
            escape(change.answer.reason) if change.after else "It is not there any more.",
            _decider(change.answer),
        )
        for change in changes[:LISTED]
    )
    return [*lines, *_table(("change", "target", "who", "why", "decided by"), rows, len(changes))]


def _findings(view: View) -> list[str]:
    """What was found, each rule once, with what to do and its places."""
    lines: list[str] = []
    for title, groups in view.chapters.items():
        rows = (
            (
                f"[{each.rule}]({each.link})" if each.link else each.rule,
                escape(each.message),
                _places(each),
                escape(each.fix),
            )
            for each in groups[:LISTED]
        )
        heads = ("rule", "what", "where", "what to do")
        lines += [f"### {title}", "", *_table(heads, rows, len(groups))]
    return lines


def _places(group: FindingGroup) -> str:
    places = [code(place) for each in group.places[:PLACES] if (place := where(each))]
    more = len(group.places) - PLACES
    return "<br>".join([*places, f"and {more} more"] if more > 0 else places)


def _attention(view: View) -> list[str]:
    """What is not as it should be, in full."""
    doors = [
        (door, len(view.alike.get(target.id, ())))
        for target in view.targets
        if target.id not in view.like
        for door in target.doors
        if door.standing != "right"
    ]
    if not doors:
        return []
    doors.sort(key=lambda each: _STANDINGS.index(each[0].standing))
    heads = ("", "target", "who", "gets", "why", "decided by")
    rows = (
        (
            _WORDS[door.standing],
            code(door.answer.target.name) + (f" and {alike} alike" if alike else ""),
            *_cells(door),
        )
        for door, alike in doors[:LISTED]
    )
    return ["### Doors that are not as they should be", "", *_table(heads, rows, len(doors))]


def _targets(view: View) -> list[str]:
    """Every door, folded; a line for each target where there are many."""
    lines: list[str] = []
    if len(view.targets) > DRAWN:
        rows = (
            (code(each.app.name), plural(len(each.doors), "door"), _WORDS[each.standing])
            for each in view.targets[: LISTED * 5]
        )
        table = _table(("target", "doors", "the worst is"), rows, len(view.targets))
        return ["<details><summary>Every function app and slot</summary>", "", *table, "</details>"]
    for target in view.targets:
        title = f"{escape(target.app.name)}: {plural(len(target.doors), 'door')}"
        lines += [f"<details><summary>{title}</summary>", ""]
        rows = (_cells(door) for door in target.doors)
        lines += _table(("who", "gets", "why", "decided by"), rows, len(target.doors))
        lines += ["</details>", ""]
    return lines


def _cells(door: Door) -> tuple[str, str, str, str]:
    answer = door.answer
    status = "" if answer.status == "unknown" else f" {answer.status}"
    accepted = f" Accepted: {escape(door.accepted)}" if door.accepted is not None else ""
    rule = f" ({escape(answer.rule)})" if answer.rule else ""
    return (
        escape(capitalised(answer.caller.label)),
        f"{_DOORS[answer.verdict]}{status}",
        f"{escape(answer.reason)}{rule}{accepted}",
        _decider(answer),
    )


def _decider(answer: Answer) -> str:
    parts = (answer.address, answer.attribute, line_of(answer))
    return "<br>".join(code(part) for part in parts if part)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], total: int) -> list[str]:
    body = [f"| {' | '.join(row)} |" for row in rows]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *body, ""]
    if total > len(body):
        lines += [f"And {total - len(body)} more, which the other formats show.", ""]
    return lines
