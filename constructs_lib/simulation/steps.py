"""What happened to a request behind the gateway, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SiteStep:
    """A step at a site.

    Attributes:
        source: `network`, `site`, `easy-auth`, `host` or `function`.
        message: What happened, as a sentence.
        rests: Ids of the behaviours (see `fidelity`) that it rests on.
        details: What else there is to see, for example the token's `claims`.
    """

    source: str
    message: str
    rests: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict[str, Any])


class Steps(list[SiteStep]):
    """The steps of one request."""

    def say(self, source: str, message: str, *rests: str, **details: Any) -> None:
        """Note a step.

        Args:
            source: Who does it.
            message: What happened, as a sentence.
            rests: Ids of the behaviours that it rests on.
            details: What else there is to see.
        """
        self.append(SiteStep(source, message, rests, details))
