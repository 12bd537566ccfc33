"""What a gateway is described by: its publisher, its identity, its network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Whom API Management names as the publisher of the APIs.

    Attributes:
        name: 1 to 100 characters.
        email: Where the service sends its notices, including those of its creation.
    """

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class ExistingIdentity:
    """A user-assigned identity that is managed elsewhere.

    Attributes:
        id: Its Azure resource id.
        client_id: Its client id, a UUID.
        principal_id: The object id of its service principal, a UUID.
    """

    id: str
    client_id: str
    principal_id: str


@dataclass(frozen=True, kw_only=True)
class GatewayIdentity:
    """Which managed identity the gateway has; of two, it calls with the user-assigned one.

    A user-assigned identity is known before the service exists: its client id needs no look-up in
    the directory, and it outlives the service.

    Attributes:
        system_assigned: Whether the service has an identity of its own.
        user_assigned: The name of an identity to make, or one that exists; None for none.
    """

    system_assigned: bool = True
    user_assigned: str | UserAssignedIdentity | ExistingIdentity | None = None


@dataclass(frozen=True, kw_only=True)
class VirtualNetwork:
    """How the service is joined to a virtual network.

    Attributes:
        subnet_id: The subnet's Azure resource id.
        type: `External` leaves the gateway reachable from the internet, `Internal` does not. On
            StandardV2 and PremiumV2 `External` means integration of outgoing traffic.
    """

    subnet_id: str
    type: Literal["External", "Internal"] = "External"
