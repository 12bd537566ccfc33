"""What the storage account of the Functions host is, and which roles on it the app needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from constructs_lib._core.azure_names import ContainerName, ResourceId, StorageAccountName
from constructs_lib._core.problems import Problem, ValueObject

Use = Literal[
    "http", "timer", "event_hubs", "blob_trigger", "queue", "table", "durable", "diagnostics"
]
_OWNER = "Storage Blob Data Owner"
_QUEUES = "Storage Queue Data Contributor"
_TABLES = "Storage Table Data Contributor"

# Learn, "Connecting to host storage with an identity". The host itself keeps leases and keys in
# blobs and creates their containers, which no role narrower than the first covers.
ROLES: Mapping[Use, tuple[str, ...]] = {
    "http": (_OWNER,),
    "timer": (_OWNER,),
    "event_hubs": (_OWNER,),
    "blob_trigger": (_OWNER, _QUEUES, "Storage Account Contributor"),
    "queue": (_OWNER, _QUEUES),
    "table": (_OWNER, _TABLES),
    "durable": (_OWNER, _QUEUES, _TABLES),
    "diagnostics": (_OWNER, _TABLES),
}


@dataclass(frozen=True, kw_only=True)
class Storage(ValueObject):
    """The host's storage account, new or existing.

    A new account takes no shared keys, so the azurerm provider needs `storage_use_azuread = true`,
    and `data_plane_available = false` among its storage features unless the applying principal may
    read blobs, queues and files. azurerm still lists the account's keys into the state; they open
    nothing.

    Attributes:
        name: Name of the account; a new one gets a stable name from the app's if left out.
        account_id: Resource id of an existing account; nothing is made then.
        uses: What the functions do, which decides the roles of the app's identity.
        grant_roles: Whether to assign those roles; switch off if somebody else assigns them.
        replication: Replication of a new account: `LRS`, `ZRS`, `GRS`, …; `ZRS` if left out and
            the plan is spread over zones, else `LRS`.
        container: Deployment container of a Flex Consumption app; made in either case.
    """

    name: StorageAccountName | None = None
    account_id: ResourceId | None = None
    uses: Sequence[Use] = ("http",)
    grant_roles: bool = True
    replication: Literal["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"] | None = None
    container: ContainerName | None = None

    @classmethod
    def existing(
        cls,
        *,
        name: str,
        account_id: str,
        uses: Sequence[Use] = ("http",),
        grant_roles: bool = True,
        container: str | None = None,
    ) -> Storage:
        """An account that exists already."""
        return cls(
            name=name,
            account_id=account_id,
            uses=uses,
            grant_roles=grant_roles,
            container=container,
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that the app's identity needs on the account, none wider than its uses."""
        return tuple(dict.fromkeys(role for use in self.uses for role in ROLES[use]))

    def problems(self) -> Iterator[Problem]:
        """An account that exists has a name."""
        if self.account_id is not None and self.name is None:
            yield Problem("name", "the account's name cannot be told", "write it beside its id")
