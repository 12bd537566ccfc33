"""A call on its way through the gateway: what policies see and change of it.

`context` of an expression shows just this (see `simulation.context`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from constructs_lib.simulation.http import Request, Response, Url
from constructs_lib.simulation.outside import Clock, Random

if TYPE_CHECKING:
    from constructs_lib.simulation.trace import Trace


@dataclass(slots=True)
class LastError:
    """What `context.LastError` says.

    Attributes:
        source: The policy or the built-in step that failed.
        message: What it says.
        reason: A word for what happened.
        scope: `global`, `product`, `api` or `operation`.
        section: `inbound`, `backend`, `outbound` or `on-error`.
        path: Where the policy stands, as `choose[3]/when[2]`.
        policy_id: The `id` of the policy.
    """

    source: str
    message: str
    reason: str | None = None
    scope: str | None = None
    section: str | None = None
    path: str | None = None
    policy_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """What `context.Api` says; `service_url` is the base of the backend."""

    id: str = "api"
    name: str = "api"
    path: str = ""
    version: str | None = None
    revision: str = "1"
    is_current_revision: bool = True
    service_url: Url | None = None
    protocols: tuple[str, ...] = ("https",)
    key_header: str = "Ocp-Apim-Subscription-Key"
    key_query: str = "subscription-key"


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """What `context.Operation` says."""

    id: str = "operation"
    method: str = "GET"
    name: str = "operation"
    url_template: str = "/"


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What `context.Product` says."""

    id: str
    name: str
    approval_required: bool = False
    subscription_required: bool = True
    subscriptions_limit: int | None = None
    published: bool = True
    groups: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What `context.User` says."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    groups: tuple[str, ...] = ()
    registration_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What `context.Subscription` says; `key` is the one that the caller sent."""

    id: str
    name: str
    key: str
    primary_key: str
    secondary_key: str
    created: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """What `context.Deployment` says; certificates are PEM by their thumbprint or id."""

    region: str = ""
    service_id: str = ""
    service_name: str = ""
    gateway_id: str = "managed"
    certificates: dict[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass(slots=True)
class Call:
    """A call.

    Attributes:
        request: The request as it is now: `url` is that of the backend once the API is known.
        original_url: The URL that was called.
        response: The response, from when there is one.
        variables: What `set-variable` and others stored, as values of the expressions' evaluator.
        matched_parameters: Values of the operation template's parameters.
        backend_id: The backend entity that is chosen, if one is.
        last_error: What failed, from when something did.
        certificate: The client's certificate in PEM, if it sent one.
    """

    request: Request
    original_url: Url
    id: UUID
    started: datetime
    clock: Clock
    random: Random
    trace: Trace
    deployment: DeploymentFacts = field(default_factory=DeploymentFacts)
    response: Response | None = None
    api: ApiFacts | None = None
    operation: OperationFacts | None = None
    product: ProductFacts | None = None
    subscription: SubscriptionFacts | None = None
    user: UserFacts | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    matched_parameters: dict[str, str] = field(default_factory=dict[str, str])
    backend_id: str | None = None
    last_error: LastError | None = None
    certificate: bytes | None = None
    tracing: bool = True
