"""What several commands make of their options."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from constructs_lib._core.errors import InputError

if TYPE_CHECKING:
    from constructs_lib._core.findings import Format

T = TypeVar("T", bound=str)

FINDINGS: Mapping[str, Format] = {
    ".txt": "text",
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
}
"""The formats of findings, by the endings of files."""


def in_colour() -> bool:
    """Whether what is written goes to a terminal that shows colours (https://no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def format_of(output: Path | None, names: Mapping[str, T], default: T) -> T:
    """The format that the name of a file asks for.

    Args:
        output: The file; none is the terminal.
        names: The formats by the endings of names.
        default: The format for the terminal, and for a name without an ending.

    Raises:
        InputError: No format goes with the name.
    """
    if output is None or not output.suffix or (output.exists() and not output.is_file()):
        return default
    try:
        return names[output.suffix.lower()]
    except KeyError:
        raise InputError(
            f"there is no format for {output.suffix}",
            where=str(output),
            fix=f"end it in {', '.join(names)}, or name a --format",
        ) from None
