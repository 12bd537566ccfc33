"""One record for every rule that a check of this library applies, whatever it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
Effect = Literal["open", "broken", "unproven"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a check looks for, and what to do when it finds it.

    Attributes:
        id: Stable: it never changes and is never used again for something else.
        severity: `error` fails a check, `warning` and `note` do not.
        title: What is wrong, in a few words.
        reason: Why it matters, in a sentence or two.
        fix: What to write instead.
        effect: For a rule of the access check: `open` lets somebody in, `broken` keeps the gateway
            out, `unproven` is neither.
    """

    id: str
    severity: Severity
    title: str
    reason: str
    fix: str
    effect: Effect | None = None

    @property
    def anchor(self) -> str:
        """The page that documents it, below `docs/`."""
        return f"rules/README.md#{self.id.lower()}"
