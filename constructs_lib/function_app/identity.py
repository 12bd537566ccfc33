"""The identity that a function app has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ManagedIdentity(Protocol):
    """A user-assigned identity: azurerm's `UserAssignedIdentity` or a record with its ids."""

    @property
    def id(self) -> str:
        """Resource id."""
        ...

    @property
    def client_id(self) -> str:
        """Application id."""
        ...

    @property
    def principal_id(self) -> str:
        """Object id of its service principal."""
        ...


@dataclass(frozen=True, kw_only=True)
class UserAssigned:
    """The ids of a user-assigned identity, read once.

    Attributes:
        id: Resource id.
        client_id: Application id.
        principal_id: Object id of its service principal.
    """

    id: str
    client_id: str
    principal_id: str


@dataclass(frozen=True)
class AppIdentity:
    """System-assigned, or user-assigned when an identity is given.

    Attributes:
        user_assigned: The identity that reaches storage and Key Vault; `None` is system-assigned.
    """

    user_assigned: UserAssigned | None = None

    @classmethod
    def system_assigned(cls) -> AppIdentity:
        """An identity that lives and dies with the app; each slot has its own."""
        return cls()

    @classmethod
    def of(cls, identity: ManagedIdentity) -> AppIdentity:
        """An identity of your own, shared by the app and its slots; its roles precede the app."""
        return cls(
            UserAssigned(
                id=identity.id,
                client_id=identity.client_id,
                principal_id=identity.principal_id,
            )
        )
