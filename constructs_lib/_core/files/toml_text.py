"""Reads TOML that somebody wrote."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any, cast

from constructs_lib._core.errors import InputError


def load_toml(text: str, file: str) -> dict[str, Any]:
    """Return what a TOML document holds.

    Raises:
        InputError: It is no TOML; with line and column.
    """
    try:
        return _loads(text)
    except ValueError as error:
        found = re.fullmatch(
            r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error)
        )
        problem, line, column = found.groups() if found else (str(error), None, None)
        where = ":".join(part for part in (file, line, column) if part)
        raise InputError(f"is not TOML: {problem}", where=where) from error


def _loads(text: str) -> dict[str, Any]:
    # The extra `cli` brings the same module under another name for Python 3.10.
    reader: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return cast("dict[str, Any]", reader.loads(text))


def quoted(text: str) -> str:
    """Text as a basic string of TOML."""
    return f'"{"".join(_escaped(each) for each in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\u{code:04x}"
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else character
