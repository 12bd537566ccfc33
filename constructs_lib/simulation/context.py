"""What `context` is to an expression: filled in by the engine, read by the expression.

Source: Learn, "API Management policy expressions", table "Context variable" (2026-01-15).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from constructs_lib.simulation.http import HttpUrl, SimulatedRequest, SimulatedResponse


@dataclass(slots=True)
class IApi:
    """The API called."""

    id: str = ""
    name: str = ""
    path: str = ""
    revision: str = "1"
    version: str = ""
    is_current_revision: bool = True
    service_url: HttpUrl | None = None
    protocols: list[str] = field(default_factory=lambda: ["https"])
    key_header: str = "Ocp-Apim-Subscription-Key"
    key_query: str = "subscription-key"


@dataclass(slots=True)
class IOperation:
    """The operation called."""

    id: str = ""
    method: str = ""
    name: str = ""
    url_template: str = ""


@dataclass(slots=True)
class IGroup:
    """A group of users."""

    id: str = ""
    name: str = ""


@dataclass(slots=True)
class IProduct:
    """The product that the call is counted to."""

    id: str = ""
    name: str = ""
    approval_required: bool = False
    subscription_required: bool = True
    state: str = "Published"
    groups: list[IGroup] = field(default_factory=list[IGroup])
    subscriptions_limit: int | None = None


@dataclass(slots=True)
class ISubscription:
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
class IUser:
    """The owner of the subscription."""

    id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    groups: list[IGroup] = field(default_factory=list[IGroup])
    identities: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    registration_date: datetime = datetime(2024, 1, 1, tzinfo=timezone.utc)


@dataclass(slots=True)
class ILastError:
    """The error that led to on-error."""

    source: str = ""
    reason: str | None = None
    message: str = ""
    scope: str | None = None
    section: str | None = None
    path: str | None = None
    policy_id: str | None = None


@dataclass(slots=True)
class IDeployment:
    """The gateway that runs the policies."""

    region: str = "West Europe"
    service_id: str = "simulated"
    service_name: str = "simulated"
    gateway_id: str = "managed"
    gateway_instance_id: str = "managed"
    is_managed: bool = True
    certificates: dict[str, Certificate] = field(default_factory=dict[str, "Certificate"])


@dataclass(slots=True)
class IBackend:
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
            and responses (any `SimulatedResponse`).
        now: The clock, in UTC.
        random: Where `Random` and `Guid.NewGuid` get their numbers from.
        trace: Called with each message of `context.Trace`.
    """

    request: SimulatedRequest
    response: SimulatedResponse | None = None
    original_url: HttpUrl | None = None
    certificate: Certificate | None = None
    matched_parameters: dict[str, str] = field(default_factory=dict[str, str])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    api: IApi = field(default_factory=IApi)
    operation: IOperation = field(default_factory=IOperation)
    product: IProduct | None = None
    subscription: ISubscription | None = None
    user: IUser | None = None
    deployment: IDeployment = field(default_factory=IDeployment)
    backend: IBackend | None = None
    last_error: ILastError | None = None
    workspace: IGroup | None = None
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    timestamp: datetime = field(default_factory=_now)
    elapsed: timedelta = timedelta()
    tracing: bool = False
    graphql_arguments: dict[str, Any] | None = None
    graphql_parent: dict[str, Any] | None = None
    now: Callable[[], datetime] = _now
    random: random.Random = field(default_factory=random.SystemRandom)
    trace: Callable[[str], None] = lambda _message: None
