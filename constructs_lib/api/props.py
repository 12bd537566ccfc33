"""What an API is described by, besides its operations and policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from constructs_lib._cdk.policy_source import PolicySource

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights


@dataclass(frozen=True, kw_only=True)
class ApiVersion:
    """The API's version and where callers write it.

    Attributes:
        version: For example `v1`.
        scheme: `Segment` puts it in the path, `Header` and `Query` in what `parameter` names.
        parameter: Name of the header or query parameter; not for `Segment`.
        version_set_id: A version set that exists; one is made if left out.
    """

    version: str
    scheme: Literal["Segment", "Header", "Query"] = "Segment"
    parameter: str | None = None
    version_set_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Product:
    """The product through which callers subscribe to the API.

    Attributes:
        id: Its id; of an existing product if `display_name` is left out.
        display_name: Its name in the developer portal; makes a new product.
        description: What it offers.
        approval_required: Whether somebody must approve a subscription.
        subscriptions_limit: How many subscriptions a user can have.
        policy: The product's policy, if this stack is to own it.
    """

    id: str
    display_name: str | None = None
    description: str | None = None
    approval_required: bool = False
    subscriptions_limit: int | None = None
    policy: PolicySource | None = None


@dataclass(frozen=True, kw_only=True)
class SubscriptionKey:
    """What callers send their subscription key in; both are deleted before the backend.

    Attributes:
        header: Name of the header.
        query: Name of the query parameter.
    """

    header: str = "Ocp-Apim-Subscription-Key"
    query: str = "subscription-key"


@dataclass(frozen=True, kw_only=True)
class KeyVaultSecret:
    """A named value that API Management reads from Key Vault, so that no state ever holds it.

    Attributes:
        secret_id: The secret's URL, without a version so that rotation reaches the gateway.
        identity_client_id: The user-assigned identity that reads it; the gateway's own if left
            out, the system-assigned one of two. It needs the role Key Vault Secrets User.
    """

    secret_id: str
    identity_client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CircuitBreaker:
    """When the gateway stops calling a failing backend. Not on the Consumption tier.

    Attributes:
        failures: How many failures within `interval` trip it, 1 to 10,000.
        interval: The time in which failures count, an ISO 8601 duration.
        trip_duration: How long no request is forwarded, an ISO 8601 duration.
        status_codes: First and last status code that count as failures.
        accept_retry_after: Whether the backend's `Retry-After` decides instead of `trip_duration`.
    """

    failures: int = 5
    interval: str = "PT1M"
    trip_duration: str = "PT1M"
    status_codes: tuple[int, int] = (500, 599)
    accept_retry_after: bool = True


@dataclass(frozen=True, kw_only=True)
class Diagnostics:
    """What is traced of each request, so that a failed token exchange can be seen.

    Attributes:
        application_insights: Where the traces go. azurerm 4.55 can give the logger only its
            connection string, which is then in the state: it lets one write traces, not read them.
        logger_id: A logger that exists instead, for example one that uses the managed identity.
        sampling_percentage: 0 to 100; errors are always traced.
        verbosity: How much the `trace` policy writes.
    """

    application_insights: ApplicationInsights | None = None
    logger_id: str | None = None
    sampling_percentage: float = 100
    verbosity: Literal["error", "information", "verbose"] = "information"
