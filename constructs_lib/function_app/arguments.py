"""The arguments that a function app and its slots are made with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib._cdk.arguments import is_token
from constructs_lib.function_app import monitoring
from constructs_lib.function_app.easy_auth import EasyAuth
from constructs_lib.function_app.network import DEPLOYMENT_TAG, restrictions
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.runtime import Runtime, application_stack

HOST_ID = "AzureFunctionsWebHost__hostid"


def host_id(name: str) -> str | None:
    """Return an id for the host of a site whose name is too long to be one.

    The host cuts the name after 32 characters; where two sites on one storage account, such as an
    app and its slot, come out the same, neither starts (azure-functions-host wiki, "Host IDs").
    """
    if is_token(name) or len(name) <= 32:
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{re.sub('-+', '-', name[:23].lower()).strip('-')}-{digest}"


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What the app and its slots have in common, in the names of azurerm's resources.

    Attributes:
        props: What the user asked for.
        storage_account_name: The host's storage account.
        connection_string: Of the Application Insights component, if there is one.
    """

    props: FunctionAppProps
    storage_account_name: str
    connection_string: str | None

    def site(
        self, name: str, easy_auth: EasyAuth, app_settings: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the arguments of the app or of one slot.

        Args:
            name: What its host name starts with: `APP`, or `APP-SLOT` for a slot.
            easy_auth: What protects this site.
            app_settings: On top of the app's own, for a slot.
        """
        props = self.props
        tags = {**props.tags, **easy_auth.tags}
        if props.deployment.default_action == "Allow" and props.private_access is None:
            tags[DEPLOYMENT_TAG] = props.deployment.reason.strip()
        arguments: dict[str, Any] = {
            "https_only": True,
            "public_network_access_enabled": props.private_access is None,
            "webdeploy_publish_basic_authentication_enabled": False,
            "auth_settings_v2": dict(easy_auth.settings),
            "site_config": self._site_config(),
            "identity": self._identity(easy_auth),
            "app_settings": {
                **self._host_settings(name),
                **easy_auth.app_settings,
                **props.app_settings,
                **app_settings,
            },
            "virtual_network_subnet_id": props.outbound_subnet_id,
            "tags": tags or None,
        }
        if props.hosting.kind != "flex_consumption":
            shared = props.identity.user_assigned
            arguments |= {
                "ftp_publish_basic_authentication_enabled": False,
                "builtin_logging_enabled": False,
                "storage_account_name": self.storage_account_name,
                "storage_uses_managed_identity": True,
                "key_vault_reference_identity_id": shared.id if shared else None,
            }
        return arguments

    def _site_config(self) -> dict[str, Any]:
        props, kind = self.props, self.props.hosting.kind
        config: dict[str, Any] = {
            "minimum_tls_version": props.minimum_tls_version,
            "scm_minimum_tls_version": props.minimum_tls_version,
            "http2_enabled": True,
            "remote_debugging_enabled": False,
            "ip_restriction_default_action": props.inbound.default_action,
            "ip_restriction": restrictions(props.inbound) or None,
            "scm_use_main_ip_restriction": False,
            "scm_ip_restriction_default_action": props.deployment.default_action,
            "scm_ip_restriction": restrictions(props.deployment) or None,
            "vnet_route_all_enabled": True if props.outbound_subnet_id else None,
            "application_insights_connection_string": self.connection_string,
        }
        if props.health_check_path is not None:
            config["health_check_path"] = props.health_check_path
            config["health_check_eviction_time_in_min"] = 10
        if kind == "flex_consumption":
            return config
        config["ftps_state"] = "Disabled"
        runtime = Runtime.of(props.runtime)
        config["application_stack"] = application_stack(runtime, props.hosting.target)
        if kind == "dedicated":
            config["always_on"] = True
        if props.hosting.os == "Windows":
            config["use32_bit_worker"] = False
        if runtime.stack == "docker":
            shared = props.identity.user_assigned
            config["container_registry_use_managed_identity"] = True
            config["container_registry_managed_identity_client_id"] = (
                shared.client_id if shared else None
            )
        return config

    def _host_settings(self, name: str) -> dict[str, str]:
        """Return the app settings that make the host use the identity, for storage and traces."""
        shared = self.props.identity.user_assigned
        settings = {"AzureWebJobsStorage__credential": "managedidentity"}
        own_id = host_id(name)
        if own_id:
            settings[HOST_ID] = own_id
        if shared:
            settings["AzureWebJobsStorage__clientId"] = shared.client_id
        if self.props.hosting.kind == "flex_consumption":
            settings["AzureWebJobsStorage__accountName"] = self.storage_account_name
            # azurerm adds an `AzureWebJobsStorage` with an empty account key, which the host would
            # prefer (azurerm issues 29693, 29149). An entry of ours replaces it whatever its case,
            # and only in this case does the provider's read keep it, so that plans settle.
            settings["azurewebjobsstorage"] = ""
        if self.connection_string is not None:
            settings[monitoring.SETTING] = "Authorization=AAD" + (
                f";ClientId={shared.client_id}" if shared else ""
            )
        return settings

    def _identity(self, easy_auth: EasyAuth) -> dict[str, Any]:
        shared = self.props.identity.user_assigned
        ids = [identity.id for identity in easy_auth.identities]
        if shared:
            ids.insert(0, shared.id)
        if not ids:
            return {"type": "SystemAssigned"}
        kind = "UserAssigned" if shared else "SystemAssigned, UserAssigned"
        return {"type": kind, "identity_ids": ids}
