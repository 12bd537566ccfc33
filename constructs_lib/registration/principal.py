"""A principal of Entra ID that may call the functions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Principal:
    """An application or managed identity, by both of the ids that its tokens carry.

    Attributes:
        client_id: Application (client) id: claim `azp` of a version-2 token, `appid` of version 1.
        object_id: Object id of the service principal: the `oid` claim, `principal_id` in azurerm.
        name: What a reader calls it; part of construct ids, so stable.
        formerly: The name that it had before, so that its role assignment is kept.
    """

    client_id: str
    object_id: str
    name: str
    formerly: str | None = None
