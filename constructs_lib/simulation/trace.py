"""The trace of a call, in the shape of API Management's, which also reads as sentences.

Source of the shape: REST Gateway, ListTrace, 2024-05-01.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from constructs_lib.simulation.fidelity import behaviour
from constructs_lib.simulation.http import HttpHeaders, SimulatedRequest, SimulatedResponse

TraceSection = Literal["inbound", "backend", "outbound", "on-error"]
TRACE_SECTIONS: tuple[TraceSection, ...] = ("inbound", "backend", "outbound", "on-error")
MASK = "***"

_TOKEN = re.compile(r"\beyJ[\w-]*\.([\w-]+)\.[\w-]*")
_BASIC = re.compile(r"(?i)\b(basic) [A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True)
class TraceEntry:
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
        rests: Ids of the behaviours (see `fidelity`) that the step rests on.
    """

    section: TraceSection
    source: str
    message: str
    moment: datetime
    elapsed: float
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    scope: str | None = None
    path: str | None = None
    rests: tuple[str, ...] = ()

    @property
    def assumed(self) -> tuple[str, ...]:
        """Those behaviours that are only assumed."""
        return tuple(each for each in self.rests if behaviour(each).sureness == "assumed")

    def __str__(self) -> str:
        where = " ".join(each for each in (self.scope, self.path) if each)
        return f"{self.section}: {self.source}{f' ({where})' if where else ''}: {self.message}"


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
        self._entries: list[TraceEntry] = []
        self._secrets: dict[str, None] = {}

    def hide(self, secret: str) -> None:
        """Never show a text: a key or a password."""
        if len(secret) > 3:
            self._secrets[secret] = None

    def add(self, source: str, message: str, *rests: str, **details: Any) -> None:
        """Note a step, at the place where the call is.

        Args:
            source: The policy or built-in step.
            message: What happened, as a sentence.
            rests: Ids of the behaviours that it rests on.
            details: Messages, expressions and values.
        """
        moment = self._now()
        self._entries.append(
            TraceEntry(
                self.section,
                source,
                message,
                moment,
                (moment - self._started).total_seconds(),
                {name: _plain(value) for name, value in details.items()},
                self.scope,
                self.path,
                rests,
            )
        )

    @property
    def entries(self) -> list[TraceEntry]:
        """The steps, with secrets masked."""
        return [
            TraceEntry(
                each.section,
                each.source,
                self.masked(each.message),
                each.moment,
                each.elapsed,
                deep(each.details, self.masked),
                each.scope,
                each.path,
                each.rests,
            )
            for each in self._entries
        ]

    def masked(self, text: str) -> str:
        """A text without secrets; of a token what it claims is left."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        if "eyJ" in text:
            text = _TOKEN.sub(_claims, text)
        return _BASIC.sub(rf"\1 {MASK}", text) if " " in text else text

    def __iter__(self) -> Iterator[TraceEntry]:
        return iter(self.entries)

    def __contains__(self, text: object) -> bool:
        """Whether a step says this."""
        return isinstance(text, str) and any(text in each.message for each in self.entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self.entries))

    @property
    def rests(self) -> list[str]:
        """Every behaviour that the call rests on, once."""
        return list(dict.fromkeys(name for each in self._entries for name in each.rests))

    @property
    def assumed(self) -> list[str]:
        """Those of them that are only assumed."""
        return [each for each in self.rests if behaviour(each).sureness == "assumed"]

    def document(self) -> dict[str, Any]:
        """The trace as API Management's management API gives it."""
        sections: dict[str, list[dict[str, Any]]] = {name: [] for name in TRACE_SECTIONS}
        for each in self.entries:
            seconds = each.elapsed
            sections[each.section].append(
                {
                    "source": each.source,
                    "timestamp": f"{each.moment:%Y-%m-%dT%H:%M:%S.%f}0Z",
                    "elapsed": f"00:{int(seconds // 60):02}:{seconds % 60:010.7f}",
                    "data": {"message": each.message, **each.details},
                }
            )
        return {
            "serviceName": self.service,
            "traceId": self.identifier,
            "traceEntries": {name: found for name, found in sections.items() if found},
        }


def claims_of(token: str) -> dict[str, Any] | None:
    """What a token claims, without looking at its signature; None if it is no token."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    payload = found.group(1)
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return None
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else None


def _claims(match: re.Match[str]) -> str:
    claims = claims_of(match.group())
    return MASK if claims is None else f"{MASK}{json.dumps(claims)}"


def _plain(value: Any) -> Any:
    """A detail as it is kept: messages as they are now, as they change later."""
    if isinstance(value, SimulatedRequest):
        headers = _listed(value.headers)
        return {"method": value.method, "url": str(value.url), "headers": headers}
    if isinstance(value, SimulatedResponse):
        status = {"code": value.status, "reason": value.reason}
        return {"status": status, "headers": _listed(value.headers)}
    return value


def _listed(headers: HttpHeaders) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def deep(value: Any, change: Callable[[str], str]) -> Any:
    """A value of JSON with each text in it changed; what else it has becomes text."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: deep(each, change) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (list, tuple)):
        return [deep(each, change) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return change(str(value))
