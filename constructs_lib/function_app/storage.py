"""The storage account of the Functions host, reached with the app's identity and never a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Use = Literal[
    "http", "timer", "blob_trigger", "queue", "durable", "event_hubs", "table", "diagnostics"
]


@dataclass(frozen=True, kw_only=True)
class Storage:
    """The host's storage account, new or existing.

    Attributes:
        name: Name of the account; a new one gets a stable name from the app's if left out.
        account_id: Resource id of an existing account; nothing is made then.
        uses: What the functions do, which decides the roles of the app's identity.
        grant_roles: Whether to assign those roles; switch off if somebody else assigns them.
        replication: Replication of a new account.
        container: Deployment container of a Flex Consumption app.
    """

    name: str | None = None
    account_id: str | None = None
    uses: Sequence[Use] = ("http",)
    grant_roles: bool = True
    replication: str = "LRS"
    container: str = "deployments"

    @classmethod
    def existing(
        cls,
        *,
        name: str,
        account_id: str,
        uses: Sequence[Use] = ("http",),
        grant_roles: bool = True,
        container: str = "deployments",
    ) -> Storage:
        """An account that exists already."""
        return cls(
            name=name,
            account_id=account_id,
            uses=uses,
            grant_roles=grant_roles,
            container=container,
        )
