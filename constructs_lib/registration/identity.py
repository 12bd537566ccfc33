"""A user-assigned managed identity, by its ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from constructs_lib._core.azure_names import ClientId, ObjectId, ResourceId
from constructs_lib._core.problems import ValueObject


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
class ExistingIdentity(ValueObject):
    """A user-assigned identity that is managed elsewhere.

    Attributes:
        id: Its Azure resource id.
        client_id: Its client id, a UUID.
        principal_id: The object id of its service principal, a UUID.
    """

    id: ResourceId
    client_id: ClientId
    principal_id: ObjectId

    @classmethod
    def of(cls, identity: ManagedIdentity) -> ExistingIdentity:
        """Read the ids of an identity once: each attribute of a resource costs a round trip."""
        if isinstance(identity, cls):
            return identity
        return cls(id=identity.id, client_id=identity.client_id, principal_id=identity.principal_id)
