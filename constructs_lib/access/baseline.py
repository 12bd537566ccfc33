"""Findings that were there before: accepted with a day and a reason, so that only new ones fail.

A baseline is a TOML file with a block for each place, sorted, so that a diff shows what came and
went:

    [[accepted]]
    rule = "SF101"
    address = "azurerm_linux_function_app.orders"
    attribute = "auth_settings_v2"
    since = 2026-03-01
    reason = "moves behind the gateway in spring"

A place is known by rule, stack, address and attribute: neither by a line nor by the words of a
message, which change with what has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import read_text
from constructs_lib._core.files.toml_text import load_toml, quoted
from constructs_lib._core.findings import Finding
from constructs_lib.access.records import Accepted, Analysis

_HEAD = """\
# What `secured-functions check` found and somebody accepted: each place with the day and a
# reason, which are yours to write. A new finding fails the check; what is gone is told and can be
# removed.
"""


@dataclass(frozen=True, order=True)
class BaselinePlace:
    """What one finding is known by, whatever its words."""

    rule: str
    stack: str = ""
    address: str = ""
    attribute: str = ""
    message: str = ""

    @classmethod
    def of(cls, finding: Finding) -> BaselinePlace:
        """The place of a finding; its words are part of it only where it has no address."""
        return cls(
            rule=finding.rule,
            stack=finding.stack,
            address=finding.address or "",
            attribute=finding.attribute or "",
            message="" if finding.address else finding.message,
        )

    def __str__(self) -> str:
        where = ".".join(part for part in (self.address, self.attribute) if part) or self.message
        return f"{self.rule} {f'{self.stack}: ' if self.stack else ''}{where}"


@dataclass(frozen=True)
class BaselineEntry:
    """One block of a baseline.

    Attributes:
        place: The finding that is accepted.
        since: The day on which it was.
        reason: Why.
    """

    place: BaselinePlace
    since: date
    reason: str


_KEYS = tuple(each.name for each in fields(BaselinePlace))


def read_baseline(file: Path) -> list[BaselineEntry]:
    """Read a baseline.

    Raises:
        InputError: It cannot be read, or is none.
    """
    found = load_toml(read_text(file), str(file))
    for name in found:
        if name != "accepted":
            raise InputError(f"has no key {name!r}", where=str(file), fix="write [[accepted]]")
    blocks = found.get("accepted", [])
    if not isinstance(blocks, list):
        raise InputError("accepted is no list", where=str(file), fix="write [[accepted]]")
    return [
        _entry(each, f"{file}: accepted {number}")
        for number, each in enumerate(cast("list[Any]", blocks), 1)
    ]


def _entry(block: Any, where: str) -> BaselineEntry:
    if not isinstance(block, dict):
        raise InputError("is no table", where=where, fix="write [[accepted]]")
    given = cast("dict[str, Any]", block)
    for name in given:
        if name not in (*_KEYS, "since", "reason"):
            known = ", ".join((*_KEYS, "since", "reason"))
            raise InputError(f"has no key {name!r}", where=where, fix=f"it may have {known}")
    since, reason = given.get("since"), given.get("reason")
    if isinstance(since, datetime) or not isinstance(since, date):
        raise InputError("has no day", where=where, fix="write since = 2026-01-31")
    if not isinstance(reason, str) or not reason.strip():
        raise InputError("has no reason", where=where, fix='write reason = "…"')
    texts = {name: given[name] for name in _KEYS if name in given}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise InputError(f"{name} is no text", where=where, fix="put it in quotes")
    if "rule" not in texts or not ({"address", "message"} & texts.keys()):
        raise InputError("names no rule and address", where=where, fix="write both")
    return BaselineEntry(BaselinePlace(**texts), since, reason.strip())


def baseline_text(
    findings: Iterable[Finding], *, today: date, reason: str, before: Iterable[BaselineEntry] = ()
) -> str:
    """A baseline of findings.

    Args:
        findings: What is accepted.
        today: The day of what is new in it.
        reason: Its reason.
        before: The entries that it had; their days and reasons stay.
    """
    known = {each.place: each for each in before}
    places = sorted({BaselinePlace.of(each) for each in findings})
    return _HEAD + "".join(
        _block(known.get(place) or BaselineEntry(place, today, reason)) for place in places
    )


def _block(entry: BaselineEntry) -> str:
    lines = [f"{name} = {quoted(value)}" for name in _KEYS if (value := getattr(entry.place, name))]
    lines += [f"since = {entry.since.isoformat()}", f"reason = {quoted(entry.reason)}"]
    return "\n[[accepted]]\n" + "\n".join(lines) + "\n"


def accept_baseline(analysis: Analysis, entries: Collection[BaselineEntry]) -> Analysis:
    """The analysis with the findings accepted that a baseline holds."""
    known = {each.place: each for each in entries}

    def accepted(finding: Finding) -> Accepted | None:
        entry = known.get(BaselinePlace.of(finding))
        return entry and Accepted(finding=finding, reason=entry.reason, since=entry.since)

    return _accept(analysis, accepted)


def accept_rules(analysis: Analysis, reasons: Mapping[str, str]) -> Analysis:
    """The analysis with all findings of rules accepted, each with the reason of its rule."""

    def accepted(finding: Finding) -> Accepted | None:
        reason = reasons.get(finding.rule)
        return Accepted(finding=finding, reason=reason) if reason is not None else None

    return _accept(analysis, accepted)


def _accept(analysis: Analysis, accepted: Callable[[Finding], Accepted | None]) -> Analysis:
    sorted_out = [(finding, accepted(finding)) for finding in analysis.findings]
    return replace(
        analysis,
        findings=tuple(finding for finding, taken in sorted_out if taken is None),
        accepted=(*analysis.accepted, *(taken for _, taken in sorted_out if taken is not None)),
    )


def gone(entries: Iterable[BaselineEntry], analyses: Sequence[Analysis]) -> list[BaselineEntry]:
    """The entries of which nothing is found any more."""
    found = {BaselinePlace.of(each.finding) for analysis in analyses for each in analysis.accepted}
    found |= {BaselinePlace.of(each) for analysis in analyses for each in analysis.findings}
    return [each for each in entries if each.place not in found]
