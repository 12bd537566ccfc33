"""What a check found, and how it is shown: one record for policies, settings and Terraform JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from constructs_lib._core.rules import DOCUMENTATION, Rule, Severity
from constructs_lib._core.version import __version__

Format = Literal["text", "json", "sarif", "junit"]
FORMATS: tuple[Format, ...] = ("text", "json", "sarif", "junit")


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
        )

    @property
    def place(self) -> str:
        """Where it was found: `file:line:column`, the resource's address, or both."""
        file = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        resource = ".".join(part for part in (self.address, self.attribute) if part)
        return f"{file} ({resource})" if file and resource else file or resource


def fails(findings: Sequence[Finding]) -> bool:
    """Tell whether a check with these findings fails."""
    return any(finding.severity == "error" for finding in findings)


def render(
    findings: Sequence[Finding],
    format: Format = "text",
    *,
    rules: Collection[Rule] = (),
    subjects: Sequence[str] = (),
) -> str:
    """Return findings in one of `FORMATS`, with a line end.

    Args:
        findings: What was found.
        format: `text` for people, `json`, `sarif` (OASIS SARIF 2.1.0) or `junit` (as Azure
            Pipelines and Jenkins read it).
        rules: The rules that were checked, which SARIF describes.
        subjects: What was checked: in JUnit, what has no error is a test that passed.
    """
    if format == "json":
        return _json({"findings": [_given(asdict(finding)) for finding in findings]})
    if format == "sarif":
        return _json(_sarif(findings, rules))
    if format == "junit":
        return _junit(findings, subjects)
    return _text(findings)


def _text(findings: Sequence[Finding]) -> str:
    counts = [
        f"{number} {severity}{'s' if number > 1 else ''}"
        for severity in ("error", "warning", "note")
        if (number := sum(finding.severity == severity for finding in findings))
    ]
    return "\n".join((*_lines(findings), ", ".join(counts) or "nothing found")) + "\n"


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for position, finding in enumerate(findings):
        following = findings[position + 1] if position + 1 < len(findings) else None
        place = f"{finding.place}: " if finding.place else ""
        yield f"{place}{finding.severity} {finding.rule}: {finding.message}"
        # What is to be done about several places is said once, below the last of them.
        again = following is not None and (following.rule, following.fix) == (
            finding.rule,
            finding.fix,
        )
        if finding.fix and not again:
            yield f"    {finding.fix}"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _given(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, "")}


def _sarif(findings: Sequence[Finding], rules: Collection[Rule]) -> dict[str, Any]:
    ids = {rule.id: index for index, rule in enumerate(rules)}
    results: list[dict[str, Any]] = []
    for finding in findings:
        location: dict[str, Any] = {}
        if finding.path:
            physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
            if finding.line:
                region = {"startLine": finding.line, "startColumn": finding.column}
                physical["region"] = _given(region)
            location["physicalLocation"] = physical
        if finding.address:
            name = ".".join(part for part in (finding.address, finding.attribute) if part)
            location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
        message = f"{finding.message}: {finding.fix}" if finding.fix else finding.message
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "level": finding.severity,
            "message": {"text": message},
        }
        if finding.rule in ids:
            result["ruleIndex"] = ids[finding.rule]
        if location:
            result["locations"] = [location]
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


def _junit(findings: Sequence[Finding], subjects: Sequence[str]) -> str:
    from constructs_lib._core.junit import Case, junit

    found: dict[str, list[Finding]] = {subject: [] for subject in subjects}
    for finding in findings:
        found.setdefault(finding.path or finding.address or "", []).append(finding)
    cases: list[Case] = []
    for name, own in found.items():
        case = Case(group="secured-functions", name=name, text="\n".join(_lines(own)))
        error = next((finding for finding in own if finding.severity == "error"), None)
        if error:
            case = replace(case, outcome="failed", kind=error.rule, message=error.message)
        cases.append(case)
    return junit("secured-functions", cases)
