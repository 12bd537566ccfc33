"""What happened to a request behind the gateway, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A step at a door.

    Attributes:
        source: `network`, `site`, `easy-auth`, `host` or `function`.
        message: What happened, as a sentence.
        details: What else there is to see, for example the token's `claims`.
        assumed: Ids of the assumptions (see `fidelity`) that it rests on.
    """

    source: str
    message: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    assumed: tuple[str, ...] = ()


class Steps(list[Step]):
    """The steps of one request."""

    def say(
        self, source: str, message: str, *, assumed: tuple[str, ...] = (), **details: Any
    ) -> None:
        """Note a step."""
        self.append(Step(source, message, details, assumed))
