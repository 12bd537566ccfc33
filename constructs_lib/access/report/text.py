"""Text that comes from a configuration, made safe to show: it may hold anything."""

from __future__ import annotations

import unicodedata

from constructs_lib._core.findings import Finding
from constructs_lib.access.records import Answer

# What turns the direction of the text that follows, so that it reads as something else.
_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean(text: str) -> str:
    """Return the text with every character spelt out that cannot be seen or moves others.

    Control characters would steer a terminal, and break a line of Markdown; those for the direction
    of writing make an address read as another one (https://trojansource.codes).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # What HTML must not hold.
    if nothing or character in _BIDIRECTIONAL or unicodedata.category(character) in _INVISIBLE:
        return f"\\u{code:04x}"
    return character


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return for example `1 door` or `2 doors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def line_of(what: Finding | Answer) -> str:
    """Return `FILE:LINE` of a finding or of what decided an answer, or nothing if it is unknown."""
    return f"{what.path}:{what.line}" if what.line else ""


def where(what: Finding | Answer) -> str:
    """Return file and line where they are known, and the resource and its attribute."""
    resource = ": ".join(part for part in (what.address, what.attribute) if part)
    return " ".join(part for part in (line_of(what), resource) if part) or what.path or ""
