"""The calls that a server answered, as its page and its lines show them: without secrets."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote_plus

from constructs_lib.simulation.fidelity import behaviour
from constructs_lib.simulation.http import HttpHeaders, SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.local import Story
from constructs_lib.simulation.trace import MASK, claims_of, deep

KEPT = 200
"""So many calls are kept."""
LONGEST = 4_000
"""So much of a body is shown."""
_MARGIN = 16_000
"""A secret has no more characters: what stands before so many is whole, or masked."""
WINDOW = 4 * (LONGEST + _MARGIN)
"""So many bytes of a body are looked at; a character has up to four."""
_SECRET = ("key", "secret", "password", "cookie", "token")
_SHORTEST = 8
"""A secret of fewer characters is masked where it stands, but not where a text repeats it."""
_TOKEN = re.compile(r"\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*")
"""A JSON Web Token (RFC 7519): header and claims are JSON objects, in base64url."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call.

    Attributes:
        number: Which one it is.
        time: When it came.
        host: The host that was called.
        method: Its method.
        target: Path and query, without secrets.
        status: What was answered.
        milliseconds: How long it took.
        received: What the function got.
        answered: The answer's headers and the beginning of its body.
        happened: What happened.
        masked: Masks the call's secrets.
    """

    number: int
    time: str
    host: str
    method: str
    target: str
    status: int
    milliseconds: float
    received: dict[str, Any] | None
    answered: dict[str, Any]
    happened: Story | None
    masked: Callable[[str], str]

    def __str__(self) -> str:
        return (
            f"{self.time} {self.number:>4} {self.method} https://{self.host}{self.target} "
            f"{self.status} {self.milliseconds:.0f} ms"
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The steps, without secrets."""
        return [
            {
                "section": line.section,
                "source": line.source,
                "place": line.place,
                "message": self.masked(line.message),
                "details": deep(_plain(line.details), self.masked),
            }
            for line in self.happened or ()
        ]

    @property
    def assumed(self) -> list[str]:
        """What it rests on and is only assumed of Azure, as sentences."""
        names = self.happened.assumed if self.happened is not None else ()
        return [str(behaviour(each)) for each in names]

    def document(self) -> dict[str, Any]:
        """What the page shows of it."""
        return {
            "number": self.number,
            "time": self.time,
            "host": self.host,
            "method": self.method,
            "target": self.target,
            "status": self.status,
            "milliseconds": self.milliseconds,
            "lines": self.lines,
            "received": self.received,
            "answered": self.answered,
            "assumed": self.assumed,
        }

    @property
    def story(self) -> str:
        """The steps as sentences, one a line."""
        steps = [f"{each['section']}: {each['source']}: {each['message']}" for each in self.lines]
        steps += [f"assumed of Azure: {each}" for each in self.assumed]
        return "".join(f"          {each}\n" for each in steps)


class RecordedCalls:
    """The last calls, which several threads write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Recorded] = deque(maxlen=KEPT)
        self._number = 0

    def add(
        self,
        request: SimulatedRequest,
        response: SimulatedResponse,
        *,
        time: str,
        milliseconds: float,
        story: Story | None,
        received: SimulatedRequest | None,
    ) -> Recorded:
        """Note a call."""
        masked = _mask(*(each for each in (request, received) if each is not None))
        with self._lock:
            self._number += 1
            call = Recorded(
                number=self._number,
                time=time,
                host=request.url.host,
                method=request.method,
                target=_target(request),
                status=response.status,
                milliseconds=milliseconds,
                received=_message(received, masked) if received is not None else None,
                answered={
                    "headers": _headers(response.headers),
                    "body": _text(response.content, masked),
                },
                happened=story,
                masked=masked,
            )
            self._kept.append(call)
            return call

    def after(self, number: int) -> list[dict[str, Any]]:
        """Those after one, the oldest first."""
        with self._lock:
            found = [each for each in self._kept if each.number > number]
        return [each.document() for each in found]


def _mask(*requests: SimulatedRequest) -> Callable[[str], str]:
    """Masks the secrets that requests carry, wherever a text repeats them, and all tokens."""
    found: dict[str, None] = {}
    for request in requests:
        for name, value in request.headers:
            if name.lower() == "authorization":
                found[value.partition(" ")[2]] = None
            elif _is_secret(name):
                found[value] = None
        for pair in request.url.query.split("&"):
            name, _, value = pair.partition("=")
            if _is_secret_parameter(unquote_plus(name)):
                found |= {value: None, unquote_plus(value): None}
    secrets = sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)

    def masked(text: str) -> str:
        text = _TOKEN.sub(MASK, text)
        for each in secrets:
            text = text.replace(each, MASK)
        return text

    return masked


def _message(request: SimulatedRequest, masked: Callable[[str], str]) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": _target(request),
        "headers": _headers(request.headers),
        "body": _text(request.content, masked),
    }


def _target(request: SimulatedRequest) -> str:
    url = request.url
    for name, _ in url.pairs():
        if _is_secret_parameter(name):
            url = url.with_parameter(name, [MASK])
    return url.target


def _headers(headers: HttpHeaders) -> list[list[str]]:
    return [[name, _value(name, value)] for name, value in headers]


def _value(name: str, value: str) -> str:
    if name.lower() == "authorization":
        scheme, _, rest = value.partition(" ")
        claims = claims_of(rest)
        return f"{scheme} {MASK}" + (f" {json.dumps(claims)}" if claims else "")
    return MASK if _is_secret(name) else value


def _is_secret(name: str) -> bool:
    return any(each in name.lower() for each in _SECRET)


def _is_secret_parameter(name: str) -> bool:
    return _is_secret(name) or name.lower() == "code"


def _text(content: bytes, masked: Callable[[str], str]) -> str:
    text = masked(content[:WINDOW].decode("utf-8", "replace"))
    cut = len(content) > WINDOW
    if cut:
        text = text[:-_MARGIN]
    return text[:LONGEST] + ("…" if cut or len(text) > LONGEST else "")


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """Details without the headers' secrets."""
    found: dict[str, Any] = {}
    for name, value in details.items():
        part = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        headers = part.get("headers")
        if isinstance(headers, list):
            shown = [
                {"name": each["name"], "value": _value(each["name"], each["value"])}
                for each in cast("list[dict[str, str]]", headers)
            ]
            found[name] = {**part, "headers": shown}
        else:
            found[name] = value
    return found
