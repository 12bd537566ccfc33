"""What every format of the report shows: the doors of each target, in order, and how they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from constructs_lib._core.findings import Finding, FindingGroup, grouped
from constructs_lib.access.records import (
    Analysis,
    Answer,
    ApiRecord,
    CallerKind,
    FunctionAppRecord,
    GatewayRecord,
    RegistrationRecord,
)
from constructs_lib.access.report.comparison import Change, Comparison
from constructs_lib.access.report.text import plural
from constructs_lib.access.rules import RULES

CellStanding = Literal["wrong", "unknown", "weak", "accepted", "right"]
Station = Literal["gateway", "entra", "site", "easy-auth"]

STATIONS: dict[Station, str] = {
    "gateway": "Gateway",
    "entra": "Entra ID",
    "site": "Site",
    "easy-auth": "Easy Auth",
}
"""What a request meets on its way to the function, in this order."""

_ALL: tuple[Station, ...] = tuple(STATIONS)
_TOKEN, _BARE, _SITE = _ALL[1:], _ALL[2:], _ALL[2:3]
KINDS: dict[CallerKind, tuple[str, tuple[Station, ...]]] = {
    "gateway": ("Gateway", _ALL),
    "gateway-without-key": ("Gateway, no key", _ALL),
    "mcp-client": ("MCP client, user's token", _ALL),
    "mcp-other-client": ("MCP client not listed", _ALL),
    "gateway-policy": ("Gateway, any policy", _ALL),
    "gateway-identity": ("Gateway, other identity", _ALL),
    "listed-application": ("On the allow-list", _TOKEN),
    "application-with-role": ("App with a role", _TOKEN),
    "application": ("App without a role", _TOKEN),
    "user": ("User of the tenant", _TOKEN),
    "foreign": ("Another tenant", _TOKEN),
    "anonymous": ("No token", _BARE),
    "function-key": ("Function key", _BARE),
    "host-key": ("System or master key", _BARE),
    "excluded-path": ("Excluded path", _BARE),
    "plain-http": ("Plain HTTP", _BARE),
    "publishing": ("FTP and SCM", _SITE),
}
"""Each kind of caller in the order of the report: its short name, and which stations it meets."""

_ORDER = list(KINDS)
STANDINGS: dict[CellStanding, str] = {
    "wrong": "not as it should be",
    "unknown": "not known here",
    "weak": "weaker than it should be",
    "accepted": "accepted with a reason",
    "right": "as it should be",
}
"""How a door can stand, the worst first. Only what `check` finds as an error stands wrong."""

_WORST: tuple[CellStanding, ...] = tuple(STANDINGS)


@dataclass(frozen=True, kw_only=True)
class Door:
    """One caller before one target.

    Attributes:
        id: Stable, of letters, digits, `.` and `-` only; the fragment of the page's address.
        answer: What the caller gets.
        standing: Whether that is as it should be.
        station: Where it is decided.
        way: The stations that the caller meets, to the one that stops it.
        accepted: The reason that somebody gave for it.
        fix: What to do about it.
        change: What became of it since the analysis that this one is compared with.
    """

    id: str
    answer: Answer
    standing: CellStanding
    station: Station
    way: tuple[Station, ...]
    accepted: str | None
    fix: str
    change: Change | None


@dataclass(frozen=True, kw_only=True)
class TargetView:
    """A function app or slot with its doors, in the order of `KINDS`."""

    id: str
    app: FunctionAppRecord
    doors: tuple[Door, ...]
    apis: tuple[ApiRecord, ...]
    gateways: tuple[GatewayRecord, ...]
    registration: RegistrationRecord | None

    @property
    def standing(self) -> CellStanding:
        """That of its worst door."""
        return worst(self.doors)


@dataclass(frozen=True)
class View:
    """An analysis, arranged for readers."""

    analysis: Analysis
    comparison: Comparison | None = None

    @cached_property
    def targets(self) -> tuple[TargetView, ...]:
        """Every target: by stack, an app before its slots."""
        analysis = self.analysis
        ids = _Ids(len({app.stack for app in analysis.function_apps}) > 1)
        answers: dict[tuple[str, str], list[Answer]] = {}
        for answer in analysis.answers:
            answers.setdefault(_place(answer.target), []).append(answer)
        apps = {_place(app): app for app in analysis.function_apps}
        for answer in analysis.answers:
            apps.setdefault(_place(answer.target), answer.target)
        gateways = {each.address: each for each in reversed(analysis.gateways)}
        gateways |= {(each.stack, each.address): each for each in analysis.gateways}
        registrations = {each.address: each for each in reversed(analysis.registrations)}
        registrations |= {(each.stack, each.address): each for each in analysis.registrations}
        apis: dict[tuple[str, str], list[ApiRecord]] = {}
        for api in analysis.apis:
            for address in api.targets:
                for place in _places(apps, api.stack, address):
                    apis.setdefault(place, []).append(api)
        found: list[TargetView] = []
        for place in sorted(apps, key=lambda place: _position(apps, place)):
            app = apps[place]
            target_id = ids.target(app)
            own = apis.get(place, [])
            serving = {
                gateway.address: gateway
                for api in own
                if (gateway := gateways.get((api.stack, api.gateway)) or gateways.get(api.gateway))
            }
            found.append(
                TargetView(
                    id=target_id,
                    app=app,
                    doors=tuple(
                        self._door(answer, ids.door(target_id, answer))
                        for answer in sorted(answers.get(place, []), key=_caller_order)
                    ),
                    apis=tuple(own),
                    gateways=tuple(serving.values()),
                    registration=registrations.get((app.stack, app.registration))
                    or registrations.get(app.registration)
                    if app.registration
                    else None,
                )
            )
        return tuple(found)

    @cached_property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that hold targets."""
        return tuple(dict.fromkeys(target.app.stack for target in self.targets))

    @cached_property
    def alike(self) -> dict[str, list[TargetView]]:
        """Targets of one stack whose doors do not differ, by the id of the first of them."""
        found: dict[tuple[object, ...], list[TargetView]] = {}
        for target in self.targets:
            found.setdefault(_look(target), []).append(target)
        return {first.id: others for first, *others in found.values() if others}

    @cached_property
    def like(self) -> dict[str, str]:
        """The id of the first of those that a target looks like, by its own."""
        return {each.id: first for first, others in self.alike.items() for each in others}

    @cached_property
    def kinds(self) -> tuple[CallerKind, ...]:
        """The kinds of callers that appear."""
        present = {door.answer.caller.kind for target in self.targets for door in target.doors}
        return tuple(kind for kind in KINDS if kind in present)

    @cached_property
    def count(self) -> Counter[str]:
        """How many doors: by standing, and `open` and `broken` of those that stand wrong."""
        doors = [door for target in self.targets for door in target.doors]
        count: Counter[str] = Counter(door.standing for door in doors)
        wrong = [door for door in doors if door.standing == "wrong"]
        count["open"] = sum(door.answer.verdict == "open" for door in wrong)
        count["broken"] = len(wrong) - count["open"]
        return count

    @cached_property
    def groups(self) -> tuple[FindingGroup, ...]:
        """What was found, each rule and fix once with all its places."""
        return grouped(self.analysis.findings)

    @cached_property
    def chapters(self) -> dict[str, list[FindingGroup]]:
        """The same by what a reader does with it; advice stands apart from what is wrong."""
        found: dict[str, list[FindingGroup]] = {"To mend": [], "Hardening": [], "To look at": []}
        for each in self.groups:
            hardening = "Hardening" if each.effect == "hardening" else "To look at"
            found["To mend" if each.severity == "error" else hardening].append(each)
        return {title: groups for title, groups in found.items() if groups}

    @cached_property
    def accepted(self) -> list[tuple[str, FindingGroup]]:
        """What was accepted, each rule and reason once with all its places."""
        by_reason: dict[str, list[Finding]] = {}
        for each in self.analysis.accepted:
            by_reason.setdefault(each.reason, []).append(each.finding)
        return [
            (reason, group) for reason, findings in by_reason.items() for group in grouped(findings)
        ]

    @cached_property
    def headline(self) -> str:
        """What there is to say in a sentence or two: every error is named."""
        sentences = [self._doors_said()]
        advice = [each.rule for each in self.groups if each.effect == "hardening"]
        if advice:
            sentences.append(f"Hardening is advised{_named(advice)}.")
        return " ".join(sentences)

    def _doors_said(self) -> str:
        count = self.count
        parts: list[str] = []
        if count["open"]:
            verb = "is" if count["open"] == 1 else "are"
            said = f"{plural(count['open'], 'door')} {verb} open that should be closed"
            parts.append(said + _named(self._rules("wrong", "open")))
        if count["broken"]:
            verb = "is" if count["broken"] == 1 else "are"
            said = f"{plural(count['broken'], 'way')} {verb} closed that should be open"
            parts.append(said + _named(self._rules("wrong", "closed")))
        shown = {*self._rules("wrong", "open"), *self._rules("wrong", "closed")}
        besides = [
            each for each in self.groups if each.severity == "error" and each.rule not in shown
        ]
        if besides:
            verb = "besides" if parts else "was found" if len(besides) == 1 else "were found"
            said = f"{plural(len(besides), 'error')} {verb}"
            parts.append(said + _named(each.rule for each in besides))
        if not self.targets:
            partly = any(each.rule == "SF905" for each in self.analysis.findings)
            none = "No function app was found, and a part was not read"
            none = none if partly else "There is no function app in it"
            return "; ".join([none, *parts, *self._also()]) + "."
        if not parts:
            return self._nothing_wrong()
        if count["unknown"]:
            parts.append(self._unknown())
        return "; ".join(parts) + "."

    def _nothing_wrong(self) -> str:
        also = self._also()
        if self.count["unknown"] or self._unproven:
            told = [self._unknown()] if self.count["unknown"] else also
            return "; ".join(["Nothing is open by mistake as far as one can see", *told]) + "."
        sentences = [self._all_right(), *(f"{each}." for each in also)]
        return " ".join(sentences)

    def _unknown(self) -> str:
        count = self.count["unknown"]
        return f"{plural(count, 'answer')} {'is' if count == 1 else 'are'} not known here"

    def _rules(self, standing: CellStanding, verdict: str | None = None) -> list[str]:
        """The rules of the doors that stand so."""
        return [
            door.answer.rule
            for target in self.targets
            for door in target.doors
            if door.standing == standing
            and door.answer.rule
            and verdict in (None, door.answer.verdict)
        ]

    @cached_property
    def _unproven(self) -> bool:
        """Whether something was found of which nobody can tell here what it changes."""
        return any(each.effect == "unproven" for each in self.groups)

    def _also(self) -> list[str]:
        """What else there is to look at, if anything, besides errors and advice."""
        others = [
            each.severity
            for each in self.groups
            if each.severity != "error" and each.effect != "hardening"
        ]
        count = Counter(others)
        found = [plural(count[kind], kind) for kind in ("warning", "note") if count[kind]]
        verb = "says" if len(others) == 1 else "say"
        return [f"{' and '.join(found)} {verb} what else to look at"] if found else []

    def _all_right(self) -> str:
        inside = {
            door.answer.caller.kind
            for target in self.targets
            for door in target.doors
            if door.answer.verdict == "open" and door.standing != "weak"
        }
        others = inside - {"gateway", "gateway-policy", "mcp-client"}
        said = "Only the gateway gets in" if inside else "Nobody gets in"
        if others == {"listed-application"}:
            said = "Only the gateway and those on the allow-list get in"
        elif others:
            said += ", and what was accepted with a reason"
        if self.count["weak"]:
            weak = plural(self.count["weak"], "door")
            verb = "is" if self.count["weak"] == 1 else "are"
            said += f"; {weak} {verb} weaker than it should be{_named(self._rules('weak'))}"
        return f"{said}."

    def door_of(self, change: Change) -> Door | None:
        """The door that a change is about; None if it is not there any more."""
        return self._doors.get(_key(change.after)) if change.after else None

    @cached_property
    def _doors(self) -> dict[tuple[str, str, str], Door]:
        return {_key(door.answer): door for target in self.targets for door in target.doors}

    @cached_property
    def _changes(self) -> dict[tuple[str, str, str], Change]:
        changes = self.comparison.changes if self.comparison else ()
        return {_key(change.after): change for change in changes if change.after}

    @cached_property
    def _fixes(self) -> dict[str, str]:
        found = [*self.analysis.findings, *(each.finding for each in self.analysis.accepted)]
        return {finding.rule: finding.fix for finding in found}

    @cached_property
    def _waiting(self) -> set[tuple[str, str | None]]:
        return {(finding.rule, finding.address) for finding in self.analysis.findings}

    @cached_property
    def _accepted(self) -> dict[tuple[str, str | None], list[tuple[Finding, str]]]:
        found: dict[tuple[str, str | None], list[tuple[Finding, str]]] = {}
        for each in self.analysis.accepted:
            finding = each.finding
            found.setdefault((finding.rule, finding.address), []).append((finding, each.reason))
        return found

    def _reason(self, answer: Answer) -> str | None:
        """The reason with which an answer was accepted.

        Two stacks may use one address. Where the rule is broken there in one stack and accepted in
        the other, only the stack tells them apart, and doubt means not accepted.
        """
        if answer.rule is None:
            return None
        key = (answer.rule, answer.address)
        reasons = self._accepted.get(key, [])
        if key in self._waiting:
            stack = answer.target.stack
            reasons = [
                (finding, reason) for finding, reason in reasons if stack and finding.stack == stack
            ]
        return reasons[0][1] if reasons else None

    def _door(self, answer: Answer, identifier: str) -> Door:
        accepted = self._reason(answer) if answer.unwanted else None
        standing: CellStanding = "unknown"
        if answer.wanted:
            standing = "right"
        elif answer.unwanted:
            standing = _unwanted(answer) if accepted is None else "accepted"
        station = station_of(answer)
        way = KINDS[answer.caller.kind][1]
        if station not in way:
            # What decides for a caller that does not pass it decides where its way begins.
            station = way[0] if _ALL.index(station) < _ALL.index(way[0]) else way[-1]
        if answer.verdict == "closed":
            way = way[: way.index(station) + 1]
        return Door(
            id=identifier,
            answer=answer,
            standing=standing,
            station=station,
            way=way,
            accepted=accepted,
            fix=self._fixes.get(answer.rule, "") if answer.rule else "",
            change=self._changes.get(_key(answer)),
        )


def _unwanted(answer: Answer) -> CellStanding:
    """How a door stands that nobody accepted: wrong, unless its rule is no error."""
    rule = RULES.get(answer.rule or "")
    return "wrong" if rule is None or rule.severity == "error" else "weak"


def _named(rules: Iterable[str]) -> str:
    names = sorted(set(rules))
    return f" ({', '.join(names)})" if names else ""


def worst(doors: Iterable[Door]) -> CellStanding:
    """How the worst of some doors stands; `right` if there is none."""
    return min([door.standing for door in doors] or ["right"], key=_WORST.index)


def worst_door(doors: Sequence[Door]) -> Door:
    """The first of the doors that stand worst."""
    return min(doors, key=lambda door: _WORST.index(door.standing))


def station_of(answer: Answer) -> Station:
    """Where on the way an answer is decided: told by the resource and attribute that decide."""
    kind = (answer.address or "").removeprefix("data.").rpartition("module.")[2]
    if "azuread_" in kind:
        return "entra"
    if "azurerm_api_management" in kind or "azurerm_user_assigned_identity" in kind:
        return "gateway"
    attribute = answer.attribute or ""
    if attribute.startswith("auth_") or answer.address is None:
        return "easy-auth"
    return "site"


class _Ids:
    """Makes ids out of names: readable, safe anywhere, each one only once."""

    def __init__(self, with_stack: bool) -> None:
        self._with_stack = with_stack
        self._used: Counter[str] = Counter()

    def target(self, app: FunctionAppRecord) -> str:
        return self._once(_slug(app.stack if self._with_stack else "", app.name))

    def door(self, target: str, answer: Answer) -> str:
        kind, _, detail = answer.caller.id.partition(":")
        # An API is known by its resource's name, without what is the same for all of them.
        return self._once(f"{target}.{_slug(kind, detail.rpartition('.')[2])}")

    def _once(self, name: str) -> str:
        while True:
            self._used[name] += 1
            if self._used[name] == 1:
                return name
            name = f"{name}-{self._used[name]}"


def _slug(*parts: str) -> str:
    words = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:60] for part in parts]
    return "-".join(word for word in words if word) or "x"


def _place(app: FunctionAppRecord) -> tuple[str, str]:
    return (app.stack, app.address)


def _look(target: TargetView) -> tuple[object, ...]:
    """What a reader sees of a target besides names."""
    doors = tuple(
        (
            *(door.answer.caller.kind, door.answer.verdict, door.answer.status),
            *(door.answer.attribute, door.answer.rule),
            *(door.standing, door.station, door.accepted, door.change and door.change.effect),
        )
        for door in target.doors
    )
    gateways = tuple(each.address for each in target.gateways)
    return (target.app.stack, target.app.slot_of is None, target.app.managed, gateways, doors)


def _places(
    apps: dict[tuple[str, str], FunctionAppRecord], stack: str, address: str
) -> list[tuple[str, str]]:
    """Where an API's target is: in its own stack, or else in any other."""
    if (stack, address) in apps:
        return [(stack, address)]
    return [place for place in apps if place[1] == address]


def _position(
    apps: dict[tuple[str, str], FunctionAppRecord], place: tuple[str, str]
) -> tuple[str, str, str, bool, str]:
    app = apps[place]
    owner = apps.get((app.stack, app.slot_of), app) if app.slot_of else app
    return (app.stack, owner.name, owner.address, app.slot_of is not None, app.name)


def _caller_order(answer: Answer) -> tuple[int, str]:
    return (_ORDER.index(answer.caller.kind), answer.caller.id)


def _key(answer: Answer) -> tuple[str, str, str]:
    return (answer.target.stack, answer.target.address, answer.caller.id)
