"""Paths of a function app that anybody may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from constructs_lib._core.azure_names import Reason
from constructs_lib._core.problems import Count, Pattern, ValueObject

# Not the whole site, `/` or `/*`.
_Path = Annotated[
    str,
    Pattern(r"/[/*]*[^/*][\s\S]*", "write a path such as /api/health, not the whole site"),
]


@dataclass(frozen=True, kw_only=True)
class AnonymousPaths(ValueObject):
    """Paths that anybody may call, and why.

    Attributes:
        paths: Absolute paths such as `/api/health`; the whole site (`/`, `/*`) is refused.
        reason: Who accepted this and why; up to 256 characters. It becomes a tag of the app, so
            that the synthesized JSON, the plan and the portal all show it.
    """

    paths: Annotated[Sequence[_Path], Count(1, None, "write the paths, or leave it out")]
    reason: Reason
