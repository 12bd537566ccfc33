"""The identity that a function app has."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib._core.problems import ValueObject
from constructs_lib.registration.identity import ExistingIdentity, ManagedIdentity


@dataclass(frozen=True)
class AppIdentity(ValueObject):
    """System-assigned, or user-assigned when an identity is given.

    Attributes:
        user_assigned: The identity that reaches storage and Key Vault; system-assigned if left
            out.
    """

    user_assigned: ExistingIdentity | None = None

    @classmethod
    def system_assigned(cls) -> AppIdentity:
        """An identity that lives and dies with the app; each slot has its own."""
        return cls()

    @classmethod
    def of(cls, identity: ManagedIdentity) -> AppIdentity:
        """An identity of your own, shared by the app and its slots; its roles precede the app."""
        return cls(ExistingIdentity.of(identity))
