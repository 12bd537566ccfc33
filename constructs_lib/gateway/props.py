"""What a gateway is described by: its publisher, its identity, its network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from constructs_lib._core.azure_names import Email, PublisherName, ResourceId
from constructs_lib._core.problems import Problem, ValueObject
from constructs_lib.registration.identity import ExistingIdentity

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity


@dataclass(frozen=True, kw_only=True)
class Publisher(ValueObject):
    """The publisher of the APIs, as API Management shows it.

    Attributes:
        name: Name of the organization, 1 to 100 characters.
        email: Where the service sends its notices, including those of its creation.
    """

    name: PublisherName
    email: Email


IdentityKind = Literal["system_assigned", "user_assigned"]


@dataclass(frozen=True, kw_only=True)
class GatewayIdentity(ValueObject):
    """Which managed identity the gateway has; of two, it calls with the user-assigned one.

    A user-assigned identity is known before the service exists: its client id needs no look-up in
    the directory, and it outlives the service.

    Attributes:
        system_assigned: Whether the service has an identity of its own.
        user_assigned: The name of an identity to make, or one that exists; None for none.
        calls_with: Which of two it calls with, where both may: for a move from one to the other
            without an outage, in three applies. Both with the old one; both with the new one; the
            new one alone, still named here.
    """

    system_assigned: bool = True
    user_assigned: str | UserAssignedIdentity | ExistingIdentity | None = None
    calls_with: IdentityKind | None = None

    def problems(self) -> Iterator[Problem]:
        """A gateway without an identity can call nothing."""
        if not (self.system_assigned or self.user_assigned):
            yield Problem(
                (),
                "the gateway needs an identity to call functions with",
                "set system_assigned or user_assigned, or both",
            )


@dataclass(frozen=True, kw_only=True)
class VirtualNetwork(ValueObject):
    """How the service is joined to a virtual network.

    Attributes:
        subnet_id: The subnet's Azure resource id.
        type: `External` leaves the gateway reachable from the internet, `Internal` does not. On
            StandardV2 and PremiumV2 `External` means integration of outgoing traffic.
    """

    subnet_id: ResourceId
    type: Literal["External", "Internal"] = "External"
