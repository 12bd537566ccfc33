"""The trace of a call, in the shape of API Management's, which also reads as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

TraceSection = Literal["inbound", "backend", "outbound", "on-error"]
TRACE_SECTIONS: tuple[TraceSection, ...] = ("inbound", "backend", "outbound", "on-error")


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of a call.

    Attributes:
        section: The section that it belongs to.
        source: The policy or built-in step.
        message: What happened, as a sentence.
        moment: When, in UTC.
        elapsed: Seconds since the call began.
        details: What else API Management's trace has here: `request`, `response`, `expression`…
        scope: `global`, `product`, `api` or `operation`, of a policy.
        path: Where the policy stands in its section, as `choose[1]/when[2]/set-header[1]`.
        assumed: Ids of the assumptions (see `fidelity`) that the step rests on.
    """

    section: TraceSection
    source: str
    message: str
    moment: datetime
    elapsed: float
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    scope: str | None = None
    path: str | None = None
    assumed: tuple[str, ...] = ()


class Trace:
    """What happened to a call, step by step.

    Args:
        identifier: The call's id.
        service: The gateway's name.
        now: The time.
    """

    def __init__(self, identifier: str, service: str, now: Callable[[], datetime]) -> None:
        self.identifier = identifier
        self.service = service
        self.section: TraceSection = "inbound"
        self.scope: str | None = None
        self.path: str | None = None
        self._now = now
        self._started = now()
        self.entries: list[Entry] = []
        self.secrets: set[str] = set()
        """Texts that are never shown: keys and tokens."""

    def add(
        self, source: str, message: str, *, assumed: tuple[str, ...] = (), **details: Any
    ) -> None:
        """Note a step, at the place where the call is."""
        moment = self._now()
        elapsed = (moment - self._started).total_seconds()
        self.entries.append(
            Entry(
                self.section,
                source,
                message,
                moment,
                elapsed,
                details,
                self.scope,
                self.path,
                assumed,
            )
        )

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __contains__(self, text: object) -> bool:
        """Whether a step says this."""
        return isinstance(text, str) and any(text in entry.message for entry in self.entries)

    @property
    def assumed(self) -> list[str]:
        """Every assumption that the call rests on, once."""
        return list(dict.fromkeys(each for entry in self.entries for each in entry.assumed))
