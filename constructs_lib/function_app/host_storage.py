"""The storage account of the Functions host as it is made, reached with the app's identity."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from constructs import Construct

from constructs_lib._cdk.arguments import is_token
from constructs_lib._cdk.names import names_in_the_world, take, take_host
from constructs_lib._cdk.per_stack import lies_in
from constructs_lib._cdk.placement import Placement
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib.function_app.storage import Storage

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.storage_container import StorageContainer


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
        prevent_destroy: bool,
    ) -> None:
        super().__init__(scope, id)
        lies_in(self, scope)
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
            take_host(self, "name", "storage account", self.name)
            self.account = _make_account(self, replication, self.name, place, tags)
            if prevent_destroy:
                self.account.lifecycle = TerraformResourceLifecycle(prevent_destroy=True)
            self.account_id = self.account.id
            self.name = self.account.name
            endpoint = self.account.primary_blob_endpoint if with_container else ""
        if with_container:
            container = storage.container or container_name(app_name)
            fix = "choose another: deployments of two apps would overwrite each other"
            at = f"{self.account_id}/{container}"
            take(names_in_the_world(self), self, "container", "storage container", at, fix=fix)
            from cdktf_cdktf_provider_azurerm.storage_container import StorageContainer

            self.container = StorageContainer(
                self,
                "deployments",
                name=container,
                storage_account_id=self.account_id,
                container_access_type="private",
                lifecycle=replaced_with(self.account) if self.account else None,
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
