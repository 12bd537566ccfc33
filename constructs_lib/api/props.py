"""What an API is described by, besides its operations and policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from constructs_lib._cdk.arguments import is_token
from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._core.azure_names import (
    CHILD_NAME,
    ClientId,
    Duration,
    Header,
    QueryParameter,
    ResourceId,
    SecretUrl,
    Text,
)
from constructs_lib._core.problems import Between, Pattern, Problem, ValueObject

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights


@dataclass(frozen=True, kw_only=True)
class ApiVersion(ValueObject):
    """The API's version and where callers write it.

    Attributes:
        version: For example `v1`.
        scheme: `Segment` puts it in the path, `Header` and `Query` in what `parameter` names.
        parameter: Name of the header or query parameter; not for `Segment`.
        version_set_id: A version set that exists; one is made if left out.
    """

    version: Annotated[str, Pattern(r"\S{1,100}", "write it without blanks, for example v1")]
    scheme: Literal["Segment", "Header", "Query"] = "Segment"
    parameter: Text | None = None
    version_set_id: ResourceId | None = None

    def problems(self) -> Iterator[Problem]:
        """A parameter goes with two of the schemes."""
        if (self.parameter is None) != (self.scheme == "Segment"):
            yield Problem(
                "parameter",
                f"{self.parameter!r} does not go with the scheme {self.scheme}",
                "name the header or query parameter for Header and Query, nothing for Segment",
            )


@dataclass(frozen=True, kw_only=True)
class Product(ValueObject):
    """The product through which callers subscribe to the API.

    Attributes:
        id: Its id; of an existing product if `display_name` is left out.
        display_name: Its name in the developer portal; makes a new product.
        description: What it offers.
        approval_required: Whether somebody must approve a subscription.
        subscriptions_limit: How many subscriptions a user can have.
        policy: The product's policy, if this stack is to own it.
    """

    id: Text
    display_name: Text | None = None
    description: str | None = None
    approval_required: bool = False
    subscriptions_limit: int | None = None
    policy: PolicySource | None = None

    def problems(self) -> Iterator[Problem]:
        """A product that is made has a name that azurerm accepts, and a limit if it asks."""
        if self.display_name is None:
            return
        if not (is_token(self.id) or CHILD_NAME.allows(self.id)):
            yield Problem("id", f"{self.id!r} is not allowed", CHILD_NAME.rule)
        if self.approval_required and not (self.subscriptions_limit or 0) > 0:
            yield Problem(
                "approval_required",
                "needs a limit of subscriptions",
                "set subscriptions_limit to 1 or more",
            )


@dataclass(frozen=True, kw_only=True)
class SubscriptionKey(ValueObject):
    """What callers send their subscription key in; both are deleted before the backend.

    Attributes:
        header: Name of the header.
        query: Name of the query parameter.
    """

    header: Header = "Ocp-Apim-Subscription-Key"
    query: QueryParameter = "subscription-key"

    def problems(self) -> Iterator[Problem]:
        """The header of the gateway's token is taken."""
        if self.header.lower() == "authorization":
            yield Problem(
                "header",
                "the gateway's token goes there, and would be deleted with the key",
                "choose another header",
            )


@dataclass(frozen=True, kw_only=True)
class KeyVaultSecret(ValueObject):
    """A named value that API Management reads from Key Vault, so that no state ever holds it.

    Attributes:
        secret_id: The secret's URL, without a version so that rotation reaches the gateway.
        identity_client_id: The user-assigned identity that reads it; the gateway's own if left
            out, the system-assigned one of two. It needs the role Key Vault Secrets User.
    """

    secret_id: SecretUrl
    identity_client_id: ClientId | None = None


@dataclass(frozen=True, kw_only=True)
class CircuitBreaker(ValueObject):
    """When the gateway stops calling a failing backend. Not on the Consumption tier.

    Attributes:
        failures: How many failures within `interval` trip it, 1 to 10,000.
        interval: The time in which failures count, an ISO 8601 duration.
        trip_duration: How long no request is forwarded, an ISO 8601 duration.
        status_codes: First and last status code that count as failures.
        accept_retry_after: Whether the backend's `Retry-After` decides instead of `trip_duration`.
    """

    failures: Annotated[int, Between(1, 10_000)] = 5
    interval: Duration = "PT1M"
    trip_duration: Duration = "PT1M"
    status_codes: tuple[int, int] = (500, 599)
    accept_retry_after: bool = True

    @classmethod
    def of(cls, given: CircuitBreaker | bool | None) -> CircuitBreaker | None:
        """Take a circuit breaker, or true for one with the defaults."""
        if isinstance(given, bool):
            return cls() if given else None
        return given

    def problems(self) -> Iterator[Problem]:
        """The status codes are a range of those that API Management counts."""
        first, last = self.status_codes
        if not 200 <= first <= last <= 599:
            yield Problem(
                "status_codes",
                f"{first} to {last} is out of range",
                "write the first and the last of 200 to 599",
            )


@dataclass(frozen=True, kw_only=True)
class Diagnostics(ValueObject):
    """What is traced of each request, so that a failed token exchange can be seen.

    Attributes:
        application_insights: Where the traces go. azurerm can give the logger only its
            connection string, which is then in the state: it lets one write traces, not read them.
        logger_id: A logger that exists instead, for example one that uses the managed identity.
        sampling_percentage: 0 to 100; errors are always traced.
        verbosity: How much the `trace` policy writes.
        payload: False says that no byte of an answer's body is traced, whatever the service's own
            settings say: reading it would keep the answer from streaming.
    """

    application_insights: ApplicationInsights | None = None
    logger_id: ResourceId | None = None
    sampling_percentage: Annotated[float, Between(0, 100)] = 100
    verbosity: Literal["error", "information", "verbose"] = "information"
    payload: bool = True

    def problems(self) -> Iterator[Problem]:
        """The traces go to one place."""
        if (self.application_insights is None) == (self.logger_id is None):
            yield Problem(
                (),
                "needs one place for the traces",
                "give application_insights or logger_id, not both",
            )
