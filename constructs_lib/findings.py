"""What a check found: the same record for policy files, settings and Terraform JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


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
