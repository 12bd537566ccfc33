"""What `context` is to an expression: filled in by the engine, read by the expression.

Source: Learn, "API Management policy expressions", table "Context variable" (2026-01-15).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


class HeaderValues(Protocol):
    """Headers: names without regard to case, each with one or more values, in order."""

    def get_all(self, name: str) -> list[str]:
        """All values of a header; empty when it is absent."""
        ...

    def names(self) -> list[str]:
        """The names, as first written, in order."""
        ...


class MessageBody(Protocol):
    """A body that is consumed when it is read."""

    @property
    def content(self) -> bytes:
        """What is in it still, without reading it."""
        ...

    @property
    def consumed(self) -> bool:
        """Whether it was read already."""
        ...

    def read(self, *, preserve: bool = False) -> bytes:
        """The content. Reading it again fails, unless it was preserved."""
        ...


class RequestMessage(Protocol):
    """What an expression sees of the current request."""

    @property
    def method(self) -> str:
        """Such as `GET`."""
        ...

    @property
    def url(self) -> Url:
        """The current full URL of the backend."""
        ...

    @property
    def headers(self) -> HeaderValues:
        """The headers."""
        ...

    @property
    def body(self) -> MessageBody:
        """An empty one is none."""
        ...

    @property
    def client_address(self) -> str:
        """The address of the caller."""
        ...


class ResponseMessage(Protocol):
    """What an expression sees of a response: the current one, or one of send-request."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def reason(self) -> str:
        """The words after the status code."""
        ...

    @property
    def headers(self) -> HeaderValues:
        """The headers."""
        ...

    @property
    def body(self) -> MessageBody:
        """An empty one is none."""
        ...


class Url(Protocol):
    """IUrl."""

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        ...

    @property
    def host(self) -> str:
        """The host, without its port."""
        ...

    @property
    def port(self) -> int:
        """The port."""
        ...

    @property
    def path(self) -> str:
        """The path, with its escapes."""
        ...

    @property
    def query(self) -> str:
        """What follows the `?`."""
        ...

    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters in order, decoded."""
        ...


@dataclass(slots=True)
class Api:
    """The API called."""

    id: str = ""
    name: str = ""
    path: str = ""
    revision: str = "1"
    version: str = ""
    is_current_revision: bool = True
    service_url: Url | None = None
    protocols: list[str] = field(default_factory=lambda: ["https"])
    key_header: str = "Ocp-Apim-Subscription-Key"
    key_query: str = "subscription-key"


@dataclass(slots=True)
class Operation:
    """The operation called."""

    id: str = ""
    method: str = ""
    name: str = ""
    url_template: str = ""


@dataclass(slots=True)
class Group:
    """A group of users."""

    id: str = ""
    name: str = ""


@dataclass(slots=True)
class Product:
    """The product that the call is counted to."""

    id: str = ""
    name: str = ""
    approval_required: bool = False
    subscription_required: bool = True
    state: str = "Published"
    groups: list[Group] = field(default_factory=list[Group])
    subscriptions_limit: int | None = None


@dataclass(slots=True)
class Subscription:
    """The subscription whose key was used."""

    id: str = ""
    name: str = ""
    key: str = ""
    primary_key: str = ""
    secondary_key: str = ""
    created_date: datetime = datetime(2024, 1, 1, tzinfo=timezone.utc)
    start_date: datetime | None = None
    end_date: datetime | None = None


@dataclass(slots=True)
class User:
    """The owner of the subscription."""

    id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    groups: list[Group] = field(default_factory=list[Group])
    identities: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    registration_date: datetime = datetime(2024, 1, 1, tzinfo=timezone.utc)


@dataclass(slots=True)
class LastError:
    """The error that led to on-error."""

    source: str = ""
    reason: str | None = None
    message: str = ""
    scope: str | None = None
    section: str | None = None
    path: str | None = None
    policy_id: str | None = None


@dataclass(slots=True)
class Deployment:
    """The gateway that runs the policies."""

    region: str = "West Europe"
    service_id: str = "simulated"
    service_name: str = "simulated"
    gateway_id: str = "managed"
    gateway_instance_id: str = "managed"
    is_managed: bool = True
    certificates: dict[str, Certificate] = field(default_factory=dict[str, "Certificate"])


@dataclass(slots=True)
class Backend:
    """The backend that is called."""

    id: str = ""
    type: str = "Single"
    azure_region: str | None = None


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(slots=True)
class ExpressionContext:
    """`context`, and what else an expression can notice: the clock and chance.

    Attributes:
        request: The current request.
        original_url: The URL that was called; None: that of `request`.
        certificate: The caller's certificate.
        variables: What set-variable stored: results of expressions as `evaluate` gave them, strings
            and responses (any `ResponseMessage`).
        now: The clock, in UTC.
        random: Where `Random` and `Guid.NewGuid` get their numbers from.
        trace: Called with each message of `context.Trace`.
    """

    request: RequestMessage
    response: ResponseMessage | None = None
    original_url: Url | None = None
    certificate: Certificate | None = None
    matched_parameters: dict[str, str] = field(default_factory=dict[str, str])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    api: Api = field(default_factory=Api)
    operation: Operation = field(default_factory=Operation)
    product: Product | None = None
    subscription: Subscription | None = None
    user: User | None = None
    deployment: Deployment = field(default_factory=Deployment)
    backend: Backend | None = None
    last_error: LastError | None = None
    workspace: Group | None = None
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    timestamp: datetime = field(default_factory=_now)
    elapsed: timedelta = timedelta()
    tracing: bool = False
    graphql_arguments: dict[str, Any] | None = None
    graphql_parent: dict[str, Any] | None = None
    now: Callable[[], datetime] = _now
    random: random.Random = field(default_factory=random.SystemRandom)
    trace: Callable[[str], None] = lambda _message: None
