"""The report for the browser: one HTML page that needs nothing else, and works without its script.

Each door is a link to its answer, which shows while it is the target of the page's address. The
template escapes all text of a configuration; the content security policy allows this style and
this script, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from constructs_lib._core.templates import template_of
from constructs_lib.access.records import (
    Answer,
    ApiRecord,
    GatewayRecord,
    RegistrationRecord,
    capitalised,
)
from constructs_lib.access.report.comparison import EFFECTS, Change
from constructs_lib.access.report.text import clean, line_of, plural, where
from constructs_lib.access.report.view import (
    KINDS,
    STANDINGS,
    STATIONS,
    CellStanding,
    Station,
    TargetView,
    View,
    worst_door,
)

if TYPE_CHECKING:
    from jinja2 import Template

FEW = 6
"""So many targets are shown unfolded; of more, only those that have something to look at."""

_PLACES: dict[Station | Literal["function"], str] = {
    "gateway": "9%",
    "entra": "30%",
    "site": "51%",
    "easy-auth": "72%",
    "function": "88%",
}
_TAGS: dict[tuple[CellStanding, str], str] = {
    ("wrong", "open"): "should be closed",
    ("wrong", "closed"): "should be open",
    ("accepted", "open"): "accepted",
    ("accepted", "closed"): "accepted",
    ("unknown", "unknown"): "not known here",
    ("weak", "open"): "weak",
    ("weak", "closed"): "weak",
}


def page(view: View) -> str:
    """Return the report as an HTML document."""
    style, script = (_file(name) for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return _template().render(
        view=view,
        style=style,
        script=script,
        policy=policy,
        few=FEW,
        kinds=KINDS,
        stations=STATIONS,
        places=_PLACES,
        tags=_TAGS,
        standings=STANDINGS,
        effects=EFFECTS,
    )


@cache
def _template() -> Template:
    return template_of(
        "constructs_lib.access.report",
        "page.html.j2",
        filters={
            "api": _api,
            "before": _before,
            "capitalised": capitalised,
            "counts": _counts,
            "gateway": _gateway,
            "line": line_of,
            "names": _names,
            "plural": plural,
            "registration": _registration,
            "standing": _standing,
            "verdict": _verdict,
            "where": where,
            "worst_door": worst_door,
        },
        autoescape=True,
        finalize=_visible,
    )


def _visible(value: object) -> object:
    """Return what is put into the page, with every character of a text to be seen."""
    is_markup = hasattr(value, "__html__")
    return clean(value) if isinstance(value, str) and not is_markup else value


def _counts(view: View) -> str:
    slots = sum(target.app.slot_of is not None for target in view.targets)
    counts = (
        plural(len(view.targets) - slots, "function app"),
        plural(slots, "slot") if slots else "",
        plural(len(view.analysis.apis), "API"),
        plural(sum(len(target.doors) for target in view.targets), "answer"),
    )
    return ", ".join(count for count in counts if count)


def _gateway(gateway: GatewayRecord) -> str:
    identities = ", ".join(identity.name for identity in gateway.identities)
    elsewhere = "" if gateway.managed else ", managed elsewhere"
    return f"{gateway.name}{elsewhere}, as {identities}" if identities else gateway.name + elsewhere


def _api(api: ApiRecord) -> str:
    key = {True: "subscription key", False: "no subscription key", None: "key not known here"}
    operations = plural(len(api.operations), "operation")
    return f"{api.name} at /{api.path} ({operations}, {key[api.subscription_required]})"


def _registration(registration: RegistrationRecord) -> str:
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


def _before(change: Change) -> str:
    was = change.before
    return f"{_verdict(was)}. {was.reason}" if was else "There was no such caller or target."


def _verdict(answer: Answer) -> str:
    return answer.verdict if answer.status == "unknown" else f"{answer.verdict}, {answer.status}"


def _standing(target: TargetView) -> str:
    app = target.app
    parts = ["slot" if app.slot_of else "function app"]
    for standing in ("wrong", "unknown", "weak", "accepted"):
        count = sum(door.standing == standing for door in target.doors)
        if count:
            parts.append(f"{count} {STANDINGS[standing]}")
    if len(parts) == 1:
        parts.append(f"{plural(len(target.doors), 'door')}, all as they should be")
    return ", ".join(parts)


def _names(target: TargetView) -> str:
    """Return what a target is found by."""
    names = [target.app.name, target.app.stack, *(api.name for api in target.apis)]
    return " ".join(names).lower()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _file(name: str) -> str:
    return resources.files("constructs_lib.access.report").joinpath(name).read_text("utf-8")
