"""Paths of a function app that anybody may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class AnonymousPaths:
    """Paths that anybody may call, and why.

    Attributes:
        paths: Absolute paths such as `/api/health`; the whole site (`/`, `/*`) is refused.
        reason: Who accepted this and why; up to 256 characters. It becomes a tag of the app, so
            that the synthesized JSON, the plan and the portal all show it.
    """

    paths: Sequence[str]
    reason: str
