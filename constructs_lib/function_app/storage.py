"""The storage account of the Functions host, reached with the app's identity and never a key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from constructs import Construct

from constructs_lib._cdk.arguments import check_choice, check_pattern, is_token, refuse
from constructs_lib._cdk.placement import Placement

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.storage_container import StorageContainer

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
class Storage:
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

    name: str | None = None
    account_id: str | None = None
    uses: Sequence[Use] = ("http",)
    grant_roles: bool = True
    replication: str | None = None
    container: str | None = None

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


class HostStorage(Construct):
    """The account and, for Flex Consumption, the container that deployments go to.

    Attributes:
        account: The L1 account, `None` when an existing one is used.
        container: The L1 container, `None` unless asked for.
        name: Name of the account.
        account_id: Resource id of the account.
        container_endpoint: Address of the container, empty unless asked for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        storage: Storage,
        app_name: str,
        place: Placement,
        with_container: bool,
        zone_redundant: bool,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        _check_storage(self, storage, app_name)
        self.account: StorageAccount | None = None
        self.container: StorageContainer | None = None
        self.container_endpoint = ""
        self.name = storage.name or account_name(app_name)
        if storage.account_id is not None:
            self.account_id = storage.account_id
            endpoint = f"https://{self.name}.blob.core.windows.net/"
        else:
            # Learn, "Reliability in Azure Functions": an app that outlives a zone needs a storage
            # account that does.
            replication = storage.replication or ("ZRS" if zone_redundant else "LRS")
            self.account = _make_account(self, replication, self.name, place, tags)
            self.account_id = self.account.id
            self.name = self.account.name
            endpoint = self.account.primary_blob_endpoint if with_container else ""
        if with_container:
            container = storage.container or container_name(app_name)
            from cdktf_cdktf_provider_azurerm.storage_container import StorageContainer

            self.container = StorageContainer(
                self,
                "deployments",
                name=container,
                storage_account_id=self.account_id,
                container_access_type="private",
            )
            self.container_endpoint = f"{endpoint}{container}"


def _make_account(
    scope: Construct, replication: str, name: str, place: Placement, tags: Mapping[str, str]
) -> StorageAccount:
    return StorageAccount(
        scope,
        "account",
        name=name,
        resource_group_name=place.name,
        location=place.location,
        account_tier="Standard",
        account_replication_type=replication,
        account_kind="StorageV2",
        https_traffic_only_enabled=True,
        min_tls_version="TLS1_2",
        shared_access_key_enabled=False,
        default_to_oauth_authentication=True,
        allow_nested_items_to_be_public=False,
        cross_tenant_replication_enabled=False,
        local_user_enabled=False,
        tags=tags or None,
    )


def _check_storage(scope: Construct, storage: Storage, app_name: str) -> None:
    if storage.name is None and (storage.account_id is not None or is_token(app_name)):
        refuse(
            scope,
            "storage.name",
            "the account's name cannot be told",
            "write it; it is derived only for a new account of an app with a literal name",
        )
    if storage.name is not None:
        check_pattern(
            scope,
            "storage.name",
            storage.name,
            r"[a-z0-9]{3,24}",
            "write 3 to 24 lower-case letters and digits",
        )
    if storage.container is not None:
        check_pattern(
            scope,
            "storage.container",
            storage.container,
            r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "write 3 to 63 lower-case letters, digits and single hyphens",
        )
    if storage.replication is not None:
        check_choice(
            scope,
            "storage.replication",
            storage.replication,
            ("LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"),
        )
    for use in storage.uses:
        check_choice(scope, "storage.uses", use, ROLES)


def account_name(app_name: str) -> str:
    """Return a name that is stable, as it decides replacement, and unlikely to be taken."""
    digest = hashlib.sha256(app_name.encode()).hexdigest()[:8]
    return f"st{re.sub('[^a-z0-9]', '', app_name.lower())[:14]}{digest}"


def container_name(app_name: str) -> str:
    """Return a name of its own for each app, as several may share one account."""
    if is_token(app_name):
        return "app-package"
    slug = re.sub("-+", "-", app_name.lower()).strip("-")
    return f"app-package-{slug}"[:63].rstrip("-")
