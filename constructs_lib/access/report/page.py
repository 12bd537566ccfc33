"""The report for the browser: one HTML page that needs nothing else, and works without its script.

Each door is a link to its answer, which shows while it is the target of the page's address. The
page is built as a tree and serialized by the standard library, so that text from a configuration
is always escaped; the content security policy allows this style and this script, by their hashes,
and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from constructs_lib._core.findings import Finding
from constructs_lib.access.records import Answer, Api, Gateway, Registration
from constructs_lib.access.report.comparison import EFFECTS, Comparison
from constructs_lib.access.report.text import capitalised, clean, plural
from constructs_lib.access.report.view import (
    KINDS,
    STATIONS,
    Door,
    Standing,
    Station,
    Target,
    View,
    worst_door,
)

FEW = 6
"""So many targets are shown unfolded; of more, only those that have something to look at."""

_PLACES: dict[Station | Literal["function"], str] = {
    "gateway": "9%",
    "entra": "30%",
    "site": "51%",
    "easy-auth": "72%",
    "function": "88%",
}
# Above the lower edge of a lane, in pixels, so that labels may wrap above it.
_ROAD = "-22"
_TAGS: dict[tuple[Standing, str], str] = {
    ("wrong", "open"): "should be closed",
    ("wrong", "closed"): "should be open",
    ("accepted", "open"): "accepted",
    ("accepted", "closed"): "accepted",
    ("unknown", "unknown"): "not known here",
}
_STANDINGS: dict[Standing, str] = {
    "wrong": "not as it should be",
    "unknown": "not known here",
    "accepted": "accepted with a reason",
    "right": "as it should be",
}
_LEGEND = (
    ("closed", "closed", "Closed"),
    ("open", "open", "Open"),
    ("open", "wrong", "Not as it should be"),
    ("unknown", "unknown", "Not known here"),
)


def page(view: View) -> str:
    """Return the report as an HTML document."""
    style, script = _file("page.css"), _file("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = _tag(
        "head",
        _tag("meta", charset="utf-8"),
        _tag("meta", http_equiv="Content-Security-Policy", content=policy),
        _tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _tag("meta", name="color-scheme", content="light dark"),
        _tag("meta", name="referrer", content="no-referrer"),
        _tag("title", f"{view.headline} Access to {view.analysis.source}"),
        _raw("style", style),
    )
    body = _tag(
        "body",
        _sprite(),
        _top(view),
        _legend(),
        _tag(
            "main",
            _changes(view.comparison, view) if view.comparison else None,
            _matrix(view) if view.targets else None,
            *_targets(view),
            _findings(view),
        ),
        _raw("script", script),
    )
    document = tostring(_tag("html", head, body, lang="en"), encoding="unicode", method="html")
    return f"<!doctype html>\n{document}\n"


# Parts of the page ------------------------------------------------------------------------------


def _top(view: View) -> Element:
    analysis = view.analysis
    slots = sum(target.app.slot_of is not None for target in view.targets)
    doors = sum(len(target.doors) for target in view.targets)
    counts = (
        plural(len(view.targets) - slots, "function app"),
        plural(slots, "slot") if slots else "",
        plural(len(analysis.apis), "API"),
        plural(doors, "answer"),
    )
    return _tag(
        "header",
        _tag("p", "Who can call what", class_="eyebrow"),
        _tag("h1", view.headline),
        _tag(
            "p",
            "Read from ",
            _tag("code", analysis.source),
            f": {', '.join(count for count in counts if count)}.",
        ),
        class_="top wrong" if view.count["wrong"] else "top",
    )


def _legend() -> Element:
    items = (_tag("li", _icon(icon, mark), _tag("span", text)) for icon, mark, text in _LEGEND)
    return _tag(
        "aside",
        _tag("h2", "Doors"),
        _tag("ul", *items),
        _tag("p", "Select a door to see what decides."),
        class_="legend",
    )


def _matrix(view: View) -> Element:
    heads = (
        _tag("th", _tag("span", KINDS[kind][0]), scope="col", role="columnheader")
        for kind in view.kinds
    )
    corner = _tag("td", class_="corner", role="cell")
    rows: list[Element] = []
    stack: str | None = None
    for target in view.targets:
        if target.app.stack != stack and len(view.stacks) > 1:
            title = _tag("th", f"Stack {target.app.stack}", colspan=str(len(view.kinds) + 1))
            rows.append(_tag("tr", title, class_="stack"))
        stack = target.app.stack
        rows.append(_matrix_row(view, target))
    table = _tag(
        "table",
        _tag("thead", _tag("tr", corner, *heads, role="row"), role="rowgroup"),
        _tag("tbody", *rows, role="rowgroup"),
        class_="matrix",
        role="table",
    )
    several = len(view.targets) > FEW
    return _tag("section", _tag("h2", "Callers and targets"), _filter() if several else None, table)


def _matrix_row(view: View, target: Target) -> Element:
    cells: list[Element] = []
    for kind in view.kinds:
        doors = [door for door in target.doors if door.answer.caller.kind == kind]
        link = _cell(target, doors) if doors else None
        cells.append(_tag("td", link, role="cell"))
    slot = "slot" if target.app.slot_of is not None else None
    name = _tag("a", target.app.name, href=f"#{target.id}")
    head = _tag("th", name, scope="row", role="rowheader", class_=slot)
    return _tag("tr", head, *cells, role="row", **_filtered(target))


def _cell(target: Target, doors: list[Door]) -> Element:
    door = worst_door(doors)
    answer = door.answer
    text = (
        f"{target.app.name}, {answer.caller.label}: {_verdict(answer)}, {_STANDINGS[door.standing]}"
    )
    more = _tag("sup", str(len(doors)), aria_hidden="true") if len(doors) > 1 else None
    return _tag(
        "a",
        _icon(answer.verdict),
        more,
        class_=f"cell {_classes(door)}",
        href=f"#{door.id}",
        title=text,
    )


def _filter() -> Element:
    words = _tag("input", type="search", placeholder="Filter by name", aria_label="Filter by name")
    problems = _tag("label", _tag("input", type="checkbox"), "Only what is not as it should be")
    return _tag("form", words, problems, _tag("output"), class_="filter", hidden="")


def _targets(view: View) -> list[Element]:
    sections: list[Element] = []
    for stack in view.stacks:
        own = [target for target in view.targets if target.app.stack == stack]
        title = f"Stack {stack}" if len(view.stacks) > 1 else "Doors of each target"
        few = len(view.targets) <= FEW
        sections.append(_tag("section", _tag("h2", title), *(_target(each, few) for each in own)))
    return sections


def _target(target: Target, unfolded: bool) -> Element:
    wrong = sum(door.standing == "wrong" for door in target.doors)
    summary = _tag(
        "summary",
        _tag("h3", target.app.name),
        _tag("p", _standing(target), class_="wrong" if wrong else None),
    )
    stations = [
        _tag("text", label, x=_PLACES[station], y="1.05rem", text_anchor="middle")
        for station, label in STATIONS.items()
    ]
    stations.append(_tag("text", "Function", x="100%", y="1.05rem", text_anchor="end"))
    return _tag(
        "details",
        summary,
        _facts(target),
        _tag("div", _tag("svg", *stations), class_="stations", aria_hidden="true"),
        *(_lane(door) for door in target.doors),
        *(_answer(door, target) for door in target.doors),
        class_="target",
        id=target.id,
        open="" if unfolded or target.standing in ("wrong", "unknown") else None,
        **_filtered(target),
    )


def _lane(door: Door) -> Element:
    answer = door.answer
    tags = [_TAGS.get((door.standing, answer.verdict))]
    if door.change is not None:
        tags.append(door.change.effect)
    return _tag(
        "a",
        _tag(
            "span",
            capitalised(answer.caller.label),
            " ",
            *(_tag("span", tag, class_="tag") for tag in tags if tag),
            class_="who",
        ),
        _way(door),
        class_=f"lane {_classes(door)}",
        href=f"#{door.id}",
        aria_label=f"{capitalised(answer.caller.label)}: {_verdict(answer)}, "
        f"{_STANDINGS[door.standing]}",
    )


def _way(door: Door) -> Element:
    """The way of a request: walls that it passes, the door that decides, and where it ends."""
    answer = door.answer
    ends = answer.verdict == "closed"
    end = _PLACES[door.station if ends else "function"]
    status = "?" if answer.status == "unknown" else str(answer.status)
    road = [
        *(_use("hole", _PLACES[station]) for station in door.way),
        _tag("line", x1="0", x2=end, y1=_ROAD, y2=_ROAD, class_="road"),
        _use(f"door-{answer.verdict}", _PLACES[door.station], _ROAD),
    ]
    if ends:
        road.append(_tag("text", status, x=end, y="-18", dx="14"))
    else:
        road.append(_use("arrow", end, _ROAD))
        road.append(_tag("text", status, x="100%", y="-18", dx="-6", text_anchor="end"))
    walls = (_use("wall", _PLACES[station]) for station in KINDS[answer.caller.kind][1])
    ground = _tag("svg", *road, y="100%")
    house = _use("house", _PLACES["function"])
    return _tag("svg", house, *walls, ground, class_="way", aria_hidden="true")


def _use(mark: str, x: str, y: str | None = None) -> Element:
    return _tag("use", href=f"#{mark}", x=x, y=y)


def _answer(door: Door, target: Target) -> Element:
    answer = door.answer
    facts: list[tuple[str, str | Element | None]] = [
        ("Decided by", _tag("code", answer.address) if answer.address else None),
        ("Attribute", _tag("code", answer.attribute) if answer.attribute else None),
        ("Where", STATIONS[door.station]),
        ("Accepted", door.accepted),
        ("Rule", answer.rule),
        ("What to do", door.fix if door.standing == "wrong" else None),
    ]
    if door.change is not None:
        was = door.change.before
        before = f"{_verdict(was)}. {was.reason}" if was else "There was no such caller or target."
        facts.append(("Before", before))
    return _tag(
        "article",
        _tag(
            "p",
            _icon(answer.verdict),
            _tag("span", capitalised(_verdict(answer))),
            class_="verdict",
        ),
        _tag("a", "\u00d7", class_="close", href=f"#{target.id}", aria_label="Close"),
        _tag("h4", capitalised(answer.caller.label)),
        _tag("p", f"calls {target.app.name}", class_="of"),
        _tag("p", answer.reason, class_="reason"),
        _dl(facts),
        class_=f"answer {_classes(door)}",
        id=door.id,
        tabindex="-1",
        aria_label=f"Answer of {target.app.name}",
    )


def _facts(target: Target) -> Element:
    app, registration = target.app, target.registration
    apis = "; ".join(_api(api) for api in target.apis)
    facts: list[tuple[str, str | Element | None]] = [
        ("Resource", _tag("code", app.address) if app.managed else "managed elsewhere"),
        ("Gateway", "; ".join(_gateway(each) for each in target.gateways)),
        ("Called by", apis or "no API of a gateway that is known here"),
        ("Audience", _registration(registration) if registration else None),
    ]
    return _dl(facts, class_="facts")


def _gateway(gateway: Gateway) -> str:
    identities = ", ".join(identity.name for identity in gateway.identities)
    elsewhere = "" if gateway.managed else ", managed elsewhere"
    return f"{gateway.name}{elsewhere}, as {identities}" if identities else gateway.name + elsewhere


def _api(api: Api) -> str:
    key = {True: "subscription key", False: "no subscription key", None: "key not known here"}
    operations = plural(len(api.operations), "operation")
    return f"{api.name} at /{api.path} ({operations}, {key[api.subscription_required]})"


def _registration(registration: Registration) -> str:
    if not registration.managed:
        return f"{registration.name}, managed elsewhere"
    required = {True: "assignment required", False: "no assignment required"}
    parts = [
        f"tokens of version {registration.token_version}" if registration.token_version else "",
        required[registration.assignment_required]
        if registration.assignment_required is not None
        else "",
        f"assigned to {', '.join(registration.assigned)}" if registration.assigned else "",
    ]
    return ", ".join([registration.name, *(part for part in parts if part)])


def _changes(comparison: Comparison, view: View) -> Element:
    ids = {
        id(door.answer): door.id for target in view.targets for door in target.doors if door.change
    }
    moved: list[Element] = []
    same: list[Element] = []
    for change in comparison.changes:
        answer = change.answer
        text = f"{capitalised(answer.caller.label)} {EFFECTS[change.effect]}: {answer.target.name}"
        here = ids.get(id(answer))
        (same if change.effect == "changed" else moved).append(
            _tag(
                "li",
                _tag(
                    "strong",
                    f"{capitalised(change.effect)}. ",
                    class_="wrong" if change.effect == "opened" else None,
                ),
                _tag("a", text, href=f"#{here}") if here else text,
                _tag(
                    "p",
                    answer.reason if change.after else "It is not there any more.",
                    class_="small",
                ),
            )
        )
    opened = len(comparison.opened)
    title = _tag("h2", "What the change does")
    sentence = f"{plural(opened, 'door')} opened." if opened else "No door opened."
    return _tag(
        "section",
        title,
        _tag("p", f"{sentence} Compared with ", _tag("code", comparison.before), "."),
        _tag("ul", *moved, class_="notes") if moved else None,
        _tag(
            "details",
            _tag("summary", f"{plural(len(same), 'answer')} for another reason than before"),
            _tag("ul", *same, class_="notes"),
        )
        if same
        else None,
    )


def _findings(view: View) -> Element | None:
    items = [_finding(finding) for finding in view.analysis.findings]
    items += [_finding(each.finding, each.reason) for each in view.analysis.accepted]
    if not items:
        return None
    return _tag("section", _tag("h2", "Findings"), _tag("ul", *items, class_="notes"))


def _finding(finding: Finding, accepted: str | None = None) -> Element:
    wrong = finding.severity == "error" and accepted is None
    place = ": ".join(part for part in (finding.address, finding.attribute) if part)
    what = f"Accepted: {accepted}" if accepted is not None else finding.fix
    return _tag(
        "li",
        _tag("strong", f"{finding.rule} ", class_="wrong" if wrong else None),
        finding.message,
        _tag("p", what) if what else None,
        _tag("p", _tag("code", place), class_="small") if place else None,
    )


# Words and marks --------------------------------------------------------------------------------


def _verdict(answer: Answer) -> str:
    return answer.verdict if answer.status == "unknown" else f"{answer.verdict}, {answer.status}"


def _standing(target: Target) -> str:
    app = target.app
    parts = ["slot" if app.slot_of else "function app"]
    for standing in ("wrong", "unknown", "accepted"):
        count = sum(door.standing == standing for door in target.doors)
        if count:
            parts.append(f"{count} {_STANDINGS[standing]}")
    if len(parts) == 1:
        parts.append(f"{plural(len(target.doors), 'door')}, all as they should be")
    return ", ".join(parts)


def _classes(door: Door) -> str:
    return f"{door.answer.verdict} {door.standing}"


def _filtered(target: Target) -> dict[str, str]:
    names = [target.app.name, target.app.stack, *(api.name for api in target.apis)]
    return {"data_name": " ".join(names).lower(), "data_standing": target.standing}


def _icon(verdict: str, mark: str | None = None) -> Element:
    use = _tag("use", href=f"#door-{verdict}")
    shape = f"icon {mark}" if mark else "icon"
    return _tag("svg", use, viewBox="-12 -14 24 30", class_=shape, aria_hidden="true")


def _sprite() -> Element:
    """The marks: a closed door is solid, an open one ajar, an unknown one a question."""
    frame = {"fill": "none", "stroke": "currentColor", "stroke_width": "2"}
    closed = (
        _tag("rect", x="-7", y="-11", width="14", height="22", rx="1.5", fill="currentColor"),
        _tag("circle", cx="3.5", cy="1", r="1.5", class_="knob"),
    )
    ajar = (
        _tag("path", d="M-7 11V-11H7V11Z", class_="hole"),
        _tag("path", d="M-7 11V-11H7V11", **frame),
        _tag("path", d="M-7-11 1-7V15L-7 11Z", fill="currentColor"),
        _tag("circle", cx="-1.4", cy="3.5", r="1.2", class_="knob"),
    )
    asked = (
        _tag("rect", x="-7", y="-11", width="14", height="22", rx="1.5", class_="hole"),
        _tag(
            "rect",
            x="-7",
            y="-11",
            width="14",
            height="22",
            rx="1.5",
            stroke_dasharray="3 2.2",
            **frame,
        ),
        _tag(
            "text",
            "?",
            y="5",
            text_anchor="middle",
            font_size="14",
            font_weight="700",
            fill="currentColor",
        ),
    )
    marks = (
        _tag("g", *closed, id="door-closed"),
        _tag("g", *ajar, id="door-open"),
        _tag("g", *asked, id="door-unknown"),
        _tag("path", d="M-9-6 1 0-9 6Z", fill="currentColor", id="arrow"),
        _tag("rect", x="-3", width="6", height="100%", id="wall"),
        _tag("rect", x="-4", y="-29", width="8", height="14", id="hole"),
        _tag("rect", width="12%", height="100%", id="house"),
    )
    return _tag("svg", _tag("defs", *marks), class_="sprite", aria_hidden="true")


# Building ---------------------------------------------------------------------------------------


def _tag(name: str, /, *children: Element | str | None, **attributes: str | None) -> Element:
    """An element; in names of attributes `_` stands for `-`, and is dropped at the end."""
    element = Element(name)
    for key, value in attributes.items():
        if value is not None:
            element.set(key.rstrip("_").replace("_", "-"), clean(value))
    last: Element | None = None
    for child in children:
        if isinstance(child, str):
            if last is None:
                element.text = (element.text or "") + clean(child)
            else:
                last.tail = (last.tail or "") + clean(child)
        elif child is not None:
            element.append(child)
            last = child
    return element


def _dl(facts: list[tuple[str, str | Element | None]], class_: str | None = None) -> Element:
    pairs = [
        (_tag("dt", name), _tag("dd", value))
        for name, value in facts
        if isinstance(value, Element) or value
    ]
    return _tag("dl", *(each for pair in pairs for each in pair), class_=class_)


def _raw(name: str, text: str) -> Element:
    """A `style` or `script`, whose text HTML does not escape: only ever a file of this package."""
    element = Element(name)
    element.text = text
    return element


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _file(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text("utf-8")
