"""What a check found, and how it is shown: one record for policies, settings and Terraform JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from constructs_lib._core.rules import DOCUMENTATION, Effect, Rule, Severity, find_rule
from constructs_lib._core.version import __version__

Format = Literal["text", "json", "sarif", "junit", "github"]
FORMATS: tuple[Format, ...] = ("text", "json", "sarif", "junit", "github")

STANDARD_INPUT = "standard input"
"""What stands for the path of what was read from there."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found.

    Attributes:
        rule: The stable id of the rule, for example `SF101`.
        severity: `error` fails a check, `warning` and `note` do not.
        message: What is wrong, in one sentence.
        fix: What to do instead, in one sentence.
        path: The file that it was found in, as the user named it.
        line: Line in that file, counted from 1.
        column: Column in that line, counted from 1.
        address: The address of the Terraform resource that it is about.
        attribute: The attribute of that resource, as a dotted path.
        stack: The stack that the resource belongs to, where there are stacks.
    """

    rule: str
    severity: Severity
    message: str
    fix: str = ""
    path: str | None = None
    line: int | None = None
    column: int | None = None
    address: str | None = None
    attribute: str | None = None
    stack: str = ""

    @classmethod
    def of(
        cls,
        rule: Rule,
        message: str,
        *,
        fix: str | None = None,
        severity: Severity | None = None,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        address: str | None = None,
        attribute: str | None = None,
        stack: str = "",
    ) -> Finding:
        """A finding of a rule: with its severity and its fix, where neither is given.

        Every finding is made here, so that none has an id that `explain` does not know.
        """
        return cls(
            rule=rule.id,
            severity=severity or rule.severity,
            message=message,
            fix=rule.fix.rstrip(".") if fix is None else fix,
            path=path,
            line=line,
            column=column,
            address=address,
            attribute=attribute,
            stack=stack,
        )

    @property
    def place(self) -> str:
        """Where it was found: `file:line:column`, the resource's address, or both."""
        file = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        resource = ".".join(part for part in (self.address, self.attribute) if part)
        return f"{file} ({resource})" if file and resource else file or resource


@dataclass(frozen=True, kw_only=True)
class FindingGroup:
    """What is broken for one reason, with all places: what to do about it is one thing.

    Attributes:
        rule: The stable id of the rule.
        severity: As of a finding.
        title: The rule's own title.
        fix: What to do, in one sentence.
        effect: What it does to the chain, where the rule says.
        link: Where the rule is documented.
        places: The finding of each place, in the order in which they were found.
    """

    rule: str
    severity: Severity
    title: str
    fix: str
    effect: Effect | None
    link: str | None
    places: tuple[Finding, ...]

    @property
    def message(self) -> str:
        """What is wrong: in the words of the only place, or else in those of the rule."""
        messages = {each.message for each in self.places}
        return messages.pop() if len(messages) == 1 else self.title

    def as_json(self) -> dict[str, Any]:
        """The group for programs."""
        return _given(
            {
                "rule": self.rule,
                "link": self.link,
                "severity": self.severity,
                "effect": self.effect,
                "title": self.title,
                "message": self.message,
                "fix": self.fix,
                "places": [
                    _given({name: getattr(each, name) for name in _OF_A_PLACE})
                    for each in self.places
                ],
            }
        )


_OF_A_PLACE = ("message", "stack", "path", "line", "column", "address", "attribute")


def grouped(findings: Iterable[Finding]) -> tuple[FindingGroup, ...]:
    """Put findings of one rule together that have the same severity and fix, in their order."""
    found: dict[tuple[str, Severity, str], list[Finding]] = {}
    for each in findings:
        found.setdefault((each.rule, each.severity, each.fix), []).append(each)
    return tuple(_group(places) for places in found.values())


def _group(places: Sequence[Finding]) -> FindingGroup:
    first = places[0]
    rule = find_rule(first.rule)
    return FindingGroup(
        rule=first.rule,
        severity=first.severity,
        title=rule.title if rule else first.message,
        fix=first.fix,
        effect=rule.effect if rule else None,
        link=rule.url if rule else None,
        places=tuple(places),
    )


def fails(findings: Sequence[Finding]) -> bool:
    """Tell whether a check with these findings fails."""
    return any(finding.severity == "error" for finding in findings)


def render(
    findings: Sequence[Finding],
    format: Format = "text",
    *,
    rules: Collection[Rule] = (),
    subjects: Sequence[str] = (),
    together: bool = False,
    colour: bool = False,
) -> str:
    """Return findings in one of `FORMATS`, with a line end.

    Args:
        findings: What was found.
        format: `text` for people, `json`, `sarif` (OASIS SARIF 2.1.0), `junit` (as Azure
            Pipelines and Jenkins read it) or `github` (annotations of a workflow's run).
        rules: The rules that were checked, which SARIF describes.
        subjects: What was checked: in JUnit, what has no error is a test that passed.
        together: Whether what is broken for one reason in several places is said once.
        colour: Whether text may hold the terminal's colour codes.
    """
    groups = grouped(findings) if together else [_group([each]) for each in findings]
    if format == "json":
        return as_json({"findings": [each.as_json() for each in groups]})
    if format == "sarif":
        return as_json(_sarif(groups, rules))
    if format == "junit":
        return _junit(findings, subjects, together)
    if format == "github":
        return "".join(f"{line}\n" for line in _annotations(groups)) + totals(groups) + "\n"
    return "\n".join((*_lines(groups, colour), totals(groups))) + "\n"


def totals(groups: Sequence[FindingGroup]) -> str:
    """How much was found, as `1 error in 3 places, 2 warnings`."""
    counts: list[str] = []
    for severity in ("error", "warning", "note"):
        own = [each for each in groups if each.severity == severity]
        if own:
            places = sum(len(each.places) for each in own)
            where = f" in {places} places" if places > len(own) else ""
            counts.append(f"{len(own)} {severity}{'s' if len(own) > 1 else ''}{where}")
    return ", ".join(counts) or "nothing found"


_COLOURS: dict[Severity, str] = {"error": "1;31", "warning": "33", "note": "36"}


def _lines(groups: Sequence[FindingGroup], colour: bool = False) -> Iterator[str]:
    def painted(text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if colour else text

    for position, group in enumerate(groups):
        following = groups[position + 1] if position + 1 < len(groups) else None
        what = painted(f"{group.severity} {group.rule}:", _COLOURS[group.severity])
        said = f"{what} {group.message}"
        if len(group.places) > 1:
            yield f"{said} ({len(group.places)} places)"
            alike = group.message != group.title
            for each in group.places:
                yield f"  {each.place}" if alike else f"  {each.place}: {each.message}"
        else:
            for each in group.places:
                yield f"{each.place}: {said}" if each.place else said
        # What is to be done about several places is said once, below the last of them.
        again = following is not None and (following.rule, following.fix) == (group.rule, group.fix)
        if group.fix and not again:
            yield painted(f"    {group.fix}", "2")


def as_json(value: object) -> str:
    """A document for programs, as all commands write it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _given(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, "")}


def _sarif(groups: Sequence[FindingGroup], rules: Collection[Rule]) -> dict[str, Any]:
    ids = {rule.id: index for index, rule in enumerate(rules)}
    results: list[dict[str, Any]] = []
    for group in groups:
        message = group.message
        if len(group.places) > 1 and message == group.title:
            message += f" in {len(group.places)} places"
        result: dict[str, Any] = {
            "ruleId": group.rule,
            "level": group.severity,
            "message": {"text": f"{message}: {group.fix}" if group.fix else message},
            "partialFingerprints": {"placesOfRule/v1": _fingerprint(group)},
        }
        if group.rule in ids:
            result["ruleIndex"] = ids[group.rule]
        locations = [location for each in group.places if (location := _location(each))]
        if locations:
            result["locations"] = locations
        results.append(result)
    driver = {
        "name": "secured-functions",
        "version": __version__,
        "informationUri": DOCUMENTATION,
        "rules": [_described(rule) for rule in rules],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.path and finding.path not in (STANDARD_INPUT, "-"):
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
        if finding.line:
            region = {"startLine": finding.line, "startColumn": finding.column}
            physical["region"] = _given(region)
        location["physicalLocation"] = physical
    if finding.address:
        name = ".".join(part for part in (finding.address, finding.attribute) if part)
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
        location["message"] = {"text": finding.message}
    return location


def _fingerprint(group: FindingGroup) -> str:
    """What tells one result from another: a further place makes it a new one, a moved line not."""
    places = sorted(
        f"{each.address}.{each.attribute}" if each.address else f"{each.path}:{each.line}"
        for each in group.places
    )
    return hashlib.sha256("\n".join((group.rule, *places)).encode()).hexdigest()


def _described(rule: Rule) -> dict[str, Any]:
    """Return a rule as SARIF's `reportingDescriptor`."""
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {
            "text": f"{rule.reason}\n\nFix: {rule.fix}",
            "markdown": f"{rule.reason}\n\n**Fix.** {rule.fix}\n\n[{rule.id}]({rule.url})",
        },
        "helpUri": rule.url,
        "defaultConfiguration": {"level": rule.severity},
    }


def _uri(path: str) -> str:
    """Return a path as SARIF wants it: a URI, relative to the root of the repository."""
    file = Path(path)
    return file.as_uri() if file.is_absolute() else quote(file.as_posix())


_ANNOTATIONS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def _annotations(groups: Sequence[FindingGroup]) -> Iterator[str]:
    """A workflow command for each place.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions".
    """
    for group in groups:
        for each in group.places:
            read = each.path if each.path not in (None, STANDARD_INPUT, "-") else None
            named = {"file": read, "line": each.line if read else None, "col": each.column}
            named["title"] = f"{group.rule} {each.address or ''}".strip()
            settings = ",".join(
                f"{name}={_command_text(str(value), ':,')}"
                for name, value in named.items()
                if value
            )
            message = f"{each.message}: {group.fix}" if group.fix else each.message
            yield f"::{_ANNOTATIONS[group.severity]} {settings}::{_command_text(message)}"


def _command_text(text: str, more: str = "") -> str:
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _junit(findings: Sequence[Finding], subjects: Sequence[str], together: bool) -> str:
    from constructs_lib._core.junit import Case, junit

    found: dict[str, list[Finding]] = {subject: [] for subject in subjects}
    for finding in findings:
        found.setdefault(finding.path or finding.address or "", []).append(finding)
    cases: list[Case] = []
    for name, own in found.items():
        groups = grouped(own) if together else [_group([each]) for each in own]
        case = Case(group="secured-functions", name=name, text="\n".join(_lines(groups)))
        error = next((group for group in groups if group.severity == "error"), None)
        if error:
            case = replace(case, outcome="failed", kind=error.rule, message=error.message)
        cases.append(case)
    return junit("secured-functions", cases)
