"""Places in the files that operations are read from, and the refusal of what has errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding


class FilePlace(NamedTuple):
    """A place in a file, lines and columns counted from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def refuse_errors(findings: Iterable[Finding], what: str) -> None:
    """Raise the first finding that is an error.

    Raises:
        InputError: There is one; it says how many there are.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        others = f", and {len(errors) - 1} more in {what}" if errors[1:] else ""
        raise InputError(
            f"{first.message} [{first.rule}]{others}", where=first.place, fix=first.fix
        )
