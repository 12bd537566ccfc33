"""What a simulated gateway needs of the world outside: tokens, backends, time and chance."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal, Protocol
from uuid import UUID

from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse


@dataclass(frozen=True, slots=True)
class SimulatedIdentity:
    """An identity that a gateway can get tokens for.

    Attributes:
        name: What a reader calls it.
        kind: How it is assigned.
        client_id: Its application id: `appid` or `azp` of its tokens.
        object_id: Its principal id: `oid` of its tokens.
        assumed: Ids of the assumptions (see `fidelity`) that this rests on.
    """

    name: str
    kind: Literal["system-assigned", "user-assigned"]
    client_id: str
    object_id: str
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token.

    Attributes:
        text: It, as it stands after `Bearer`.
        expires: When it expires, in seconds since 1970.
        authority: Who issued it, for example `https://login.microsoftonline.com/TENANT`.
        assumed: Ids of the assumptions (see `fidelity`) that issuing it rests on.
    """

    text: str
    expires: float
    authority: str = ""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Entra's refusal to issue a token.

    Attributes:
        text: What it says, from `AADSTS…` on.
    """

    text: str


class TokenSource(Protocol):
    """Who issues tokens: the local Entra."""

    def token(self, identity: SimulatedIdentity, resource: str) -> AccessToken | Refusal:
        """A token of an identity for a resource: a client id or an App ID URI."""
        ...

    def document(self, url: str) -> bytes | None:
        """What it publishes at an address: OpenID metadata or keys; None is nothing."""
        ...


class Backend(Protocol):
    """Where requests go: the site of an app, or the network."""

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        """Answer a request.

        Raises:
            BackendUnreachableError: If nobody answers.
            BackendTimeoutError: If nobody answers in time.
            NoBackendError: If it is not known who would answer.
        """
        ...


class BackendUnreachableError(Exception):
    """A backend does not answer at all."""


class BackendTimeoutError(BackendUnreachableError):
    """A backend does not answer in time."""


class NoBackendError(Exception):
    """Nothing stands for a host in the simulation, so that the call cannot go on."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass
class ManualClock:
    """A time that stands still until it is moved; waiting moves it.

    Attributes:
        moment: The moment, in UTC.
    """

    moment: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=timezone.utc))

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.moment

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.moment += timedelta(seconds=seconds)

    advance = sleep


class Random:
    """Chance, which a seed makes repeatable.

    Args:
        seed: The same seed gives the same values; none gives others each time.

    Attributes:
        source: Where the values come from.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.source = random.Random(seed)  # noqa: S311 - nothing is kept secret by it

    def uuid(self) -> UUID:
        """A random id, as `Guid.NewGuid()`."""
        return UUID(int=self.source.getrandbits(128), version=4)

    def fraction(self) -> float:
        """A number from 0 to less than 1."""
        return self.source.random()
