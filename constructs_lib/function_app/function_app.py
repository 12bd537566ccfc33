"""The function app: one construct for Linux, Windows and Flex Consumption hosting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights
from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import (
    FunctionAppFlexConsumption,
    FunctionAppFlexConsumptionAlwaysReady,
)
from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
from cdktf_cdktf_provider_azurerm.private_endpoint import PrivateEndpoint
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.role_assignment import RoleAssignment
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp
from cdktf_cdktf_provider_azurerm.windows_function_app_slot import WindowsFunctionAppSlot
from constructs import Construct

from constructs_lib.checks import check_choice, check_pattern, is_token, refuse
from constructs_lib.easy_auth import AppResource, EasyAuth, SlotResource
from constructs_lib.function_app import monitoring
from constructs_lib.function_app.app_settings import check_app_settings
from constructs_lib.function_app.hosting import Hosting, Kind, check_hosting, make_plan
from constructs_lib.function_app.identity import AppIdentity
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import (
    Inbound,
    PrivateAccess,
    check_inbound,
    restrictions,
)
from constructs_lib.function_app.runtime import (
    Runtime,
    application_stack,
    check_runtime,
    flex_runtime,
)
from constructs_lib.function_app.slot import Slot
from constructs_lib.function_app.storage import HostStorage, Storage
from constructs_lib.resource_group import Placement, placement

DEPLOYMENT_TAG = "secured-functions:open-deployment"

# Learn, "Azure Functions hosting options", service limits: slots besides production.
_SLOTS: Mapping[Kind, int] = {"consumption": 1, "premium": 2, "dedicated": 19}


@dataclass(frozen=True, kw_only=True)
class FunctionAppProps:
    """What a function app is made of.

    Attributes:
        runtime: Language and version, such as `Runtime.python("3.12")`.
        hosting: Plan and operating system.
        storage: The host's storage account, reached by identity; made when left out.
        identity: System-assigned unless said otherwise.
        monitoring: Application Insights, if any.
        slots: Deployment slots; each gets Easy Auth.
        inbound: Who reaches the site at all, before Easy Auth looks at the token.
        deployment: Who reaches the deployment site (SCM/Kudu), which Easy Auth does not cover:
            nobody, unless addresses are named or a reason is given to open it.
        private_access: A private endpoint instead of public access.
        outbound_subnet_id: Subnet for VNet integration; all outbound traffic takes it.
        app_settings: Further app settings; no secrets, use Key Vault references.
        sticky_settings: Names of app settings that stay with their slot on a swap.
        health_check_path: Path that the platform pings; Easy Auth needs no exception for it.
        minimum_tls_version: `1.2` or `1.3`, for the site and the deployment site.
        tags: Tags of every resource made.
    """

    runtime: Runtime
    hosting: Hosting = field(default_factory=Hosting.flex_consumption)
    storage: Storage = field(default_factory=Storage)
    identity: AppIdentity = field(default_factory=AppIdentity.system_assigned)
    monitoring: Monitoring | None = None
    slots: Sequence[Slot] = ()
    inbound: Inbound = field(default_factory=Inbound.anywhere)
    deployment: Inbound = field(default_factory=Inbound.default_deny)
    private_access: PrivateAccess | None = None
    outbound_subnet_id: str | None = None
    app_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    sticky_settings: Sequence[str] = ()
    health_check_path: str | None = None
    minimum_tls_version: Literal["1.2", "1.3"] = "1.2"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class FunctionAppSlot:
    """A deployment slot as it was made.

    Attributes:
        resource: The L1.
        hostname: Its own host name.
        principal_id: Object id of its identity.
        easy_auth: What protects it.
    """

    resource: SlotResource
    hostname: str
    principal_id: str
    easy_auth: EasyAuth


class FunctionApp(Construct):
    """A function app that only the principals of its Easy Auth can call.

    azurerm writes Easy Auth right after the site. Nothing is deployed by then, so no function is
    ever reachable without it; publish code after the apply, never with `zip_deploy_file`.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        name: Name of the app, globally unique: 2 to 60 letters, digits and hyphens.
        resource_group: The resource group, or where to place the resources.
        easy_auth: Who may call it; slots take it over unless they have their own.
        props: Everything else.

    Attributes:
        resource: The L1 function app.
        plan: The L1 plan, `None` when an existing one is used.
        host_storage: The account and container that the host uses.
        storage_account: The L1 storage account, `None` when an existing one is used.
        role_assignments: What the app's identities may do, by the ids of the constructs.
        application_insights: The L1 component, `None` unless made here.
        private_endpoints: The L1 endpoints of the app (`site`) and of each slot by its name.
        slots: The deployment slots by name.
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        principal_id: Object id of the app's identity.
        easy_auth: What protects the production site.

    Raises:
        InputError: If a value that is known at synth breaks a rule of azurerm, Azure or the floor.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        resource_group: ResourceGroup | Placement,
        easy_auth: EasyAuth,
        props: FunctionAppProps,
    ) -> None:
        super().__init__(scope, id)
        self.easy_auth = easy_auth
        self._props = props
        self._place = placement(resource_group)
        self._check(name)

        hosting = props.hosting
        self.plan: ServicePlan | None = None
        plan_id = hosting.plan_id
        if plan_id is None:
            self.plan = make_plan(self, hosting, _named("plan", name), self._place, props.tags)
            plan_id = self.plan.id
        self.host_storage = HostStorage(
            self,
            "storage",
            storage=props.storage,
            app_name=name,
            place=self._place,
            with_container=hosting.kind == "flex_consumption",
            tags=props.tags,
        )
        self.storage_account: StorageAccount | None = self.host_storage.account
        self.application_insights: ApplicationInsights | None = None
        self._connection_string, self._component_id = self._monitor(name)

        self.role_assignments: dict[str, RoleAssignment] = {}
        shared = props.identity.user_assigned
        if shared:
            # Its roles can precede the app, so that the host finds its storage on the first start.
            self._grant("app", shared.principal_id)
        self.resource: AppResource = self._make_app(name, plan_id)
        self.id = self.resource.id
        self.hostname = self.resource.default_hostname
        self.principal_id = shared.principal_id if shared else self.resource.identity.principal_id
        if not shared:
            self._grant("app", self.principal_id)
        self.slots: dict[str, FunctionAppSlot] = {
            slot.name: self._make_slot(slot) for slot in props.slots
        }
        self.hostnames = [self.hostname, *(slot.hostname for slot in self.slots.values())]
        self.private_endpoints: dict[str, PrivateEndpoint] = {}
        if props.private_access:
            self._connect_privately(name, props.private_access)

    def _check(self, name: str) -> None:
        props, hosting = self._props, self._props.hosting
        check_pattern(
            self,
            "name",
            name,
            r"(?!-)[0-9A-Za-z-]{2,60}(?<!-)",
            "write 2 to 60 letters, digits and hyphens, with no hyphen first or last",
        )
        check_hosting(self, hosting)
        check_runtime(self, props.runtime, hosting.target)
        if props.runtime.stack == "docker" and hosting.kind == "consumption":
            refuse(
                self,
                "runtime",
                "the Consumption plan runs no containers",
                "choose Hosting.premium or Hosting.dedicated",
            )
        check_choice(self, "minimum_tls_version", props.minimum_tls_version, ("1.2", "1.3"))
        check_app_settings(self, "app_settings", props.app_settings)
        self._check_network()
        self._check_slots()
        if props.health_check_path is not None:
            check_pattern(
                self,
                "health_check_path",
                props.health_check_path,
                r"/\S*",
                "write a path that starts with a slash",
            )

    def _check_network(self) -> None:
        props = self._props
        check_inbound(self, "inbound", props.inbound)
        check_inbound(self, "deployment", props.deployment)
        reason = props.deployment.reason.strip()
        if props.deployment.default_action == "Allow" and not 1 <= len(reason) <= 256:
            refuse(
                self,
                "deployment",
                "the deployment site is open to everywhere, and Easy Auth does not cover it",
                "name the sources of deployments, or write Inbound.anywhere(reason=...), "
                "up to 256 characters",
            )
        if props.hosting.kind != "consumption":
            return
        for argument, value in (
            ("private_access", props.private_access),
            ("outbound_subnet_id", props.outbound_subnet_id),
        ):
            if value is not None:
                refuse(
                    self,
                    argument,
                    "the Consumption plan joins no virtual network",
                    "choose Flex Consumption, Premium or a dedicated plan, or restrict inbound",
                )

    def _check_slots(self) -> None:
        slots, hosting = self._props.slots, self._props.hosting
        if slots and hosting.kind == "flex_consumption":
            refuse(
                self,
                "slots",
                "Flex Consumption has no deployment slots",
                "choose other hosting, or a second app",
            )
        most = _SLOTS.get(hosting.kind, 0)
        if hosting.sku.startswith("B"):
            most = 0
        if len(slots) > most:
            refuse(
                self,
                "slots",
                f"{len(slots)} slots where {hosting.sku or hosting.kind} has {most} "
                "besides production",
                "name fewer or choose other hosting",
            )
        names = [slot.name.lower() for slot in slots]
        for slot in slots:
            check_pattern(
                self,
                "slots",
                slot.name,
                r"(?!-)(?!(?i:production)$)[0-9A-Za-z-]{1,59}(?<!-)",
                "write 1 to 59 letters, digits and hyphens; production is the app itself",
            )
            if names.count(slot.name.lower()) > 1:
                refuse(self, "slots", f"two slots are named {slot.name}", "rename one")
            check_app_settings(self, f"slots.{slot.name}.app_settings", slot.app_settings)

    def _monitor(self, name: str) -> tuple[str | None, str | None]:
        """Return connection string and resource id of the Application Insights component."""
        wanted = self._props.monitoring
        if wanted is None:
            return None, None
        if wanted.workspace_id is None:
            return wanted.connection_string, wanted.component_id
        self.application_insights = monitoring.make_component(
            self, wanted.workspace_id, f"appi-{name}", self._place, self._props.tags
        )
        return self.application_insights.connection_string, self.application_insights.id

    def _make_app(self, name: str, plan_id: str) -> AppResource:
        hosting, storage = self._props.hosting, self.host_storage
        arguments: dict[str, Any] = {
            "name": name,
            "resource_group_name": self._place.name,
            "location": self._place.location,
            "service_plan_id": plan_id,
            **self._common(self.easy_auth, {}),
        }
        sticky = self._sticky()
        if sticky:
            arguments["sticky_settings"] = {"app_setting_names": sticky}
        before: list[ITerraformDependable] = list(self.role_assignments.values())
        if hosting.kind != "flex_consumption":
            make = WindowsFunctionApp if hosting.os == "Windows" else LinuxFunctionApp
            return make(self, "app", depends_on=before or None, **arguments)
        if storage.container:
            before.append(storage.container)
        shared = self._props.identity.user_assigned
        return FunctionAppFlexConsumption(
            self,
            "app",
            depends_on=before,
            storage_container_type="blobContainer",
            storage_container_endpoint=storage.container_endpoint,
            storage_authentication_type="UserAssignedIdentity"
            if shared
            else "SystemAssignedIdentity",
            storage_user_assigned_identity_id=shared.id if shared else None,
            instance_memory_in_mb=hosting.instance_memory_in_mb,
            maximum_instance_count=hosting.maximum_instance_count,
            http_concurrency=hosting.http_concurrency,
            always_ready=[
                # Azure answers with the names in lower case.
                FunctionAppFlexConsumptionAlwaysReady(name=group.lower(), instance_count=count)
                for group, count in hosting.always_ready.items()
            ]
            or None,
            **flex_runtime(self._props.runtime),
            **arguments,
        )

    def _make_slot(self, slot: Slot) -> FunctionAppSlot:
        easy_auth = slot.easy_auth or self.easy_auth
        make = (
            WindowsFunctionAppSlot if self._props.hosting.os == "Windows" else LinuxFunctionAppSlot
        )
        arguments = self._common(easy_auth, slot.app_settings)
        if slot.auto_swap_slot_name:
            arguments["site_config"]["auto_swap_slot_name"] = slot.auto_swap_slot_name
        resource: SlotResource = make(
            self, f"slot-{slot.name}", name=slot.name, function_app_id=self.id, **arguments
        )
        principal_id = self.principal_id
        if not self._props.identity.user_assigned:
            principal_id = resource.identity.principal_id
            self._grant(f"slot-{slot.name}", principal_id)
        return FunctionAppSlot(
            resource=resource,
            hostname=resource.default_hostname,
            principal_id=principal_id,
            easy_auth=easy_auth,
        )

    def _common(self, easy_auth: EasyAuth, app_settings: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments that the app and its slots have in common."""
        props = self._props
        tags = {**props.tags, **easy_auth.tags}
        if props.deployment.default_action == "Allow":
            tags[DEPLOYMENT_TAG] = props.deployment.reason.strip()
        common: dict[str, Any] = {
            "https_only": True,
            "public_network_access_enabled": props.private_access is None,
            "webdeploy_publish_basic_authentication_enabled": False,
            "auth_settings_v2": dict(easy_auth.settings),
            "site_config": self._site_config(),
            "identity": self._identity(easy_auth),
            "app_settings": {
                **self._host_settings(),
                **easy_auth.app_settings,
                **props.app_settings,
                **app_settings,
            },
            "virtual_network_subnet_id": props.outbound_subnet_id,
            "tags": tags or None,
        }
        if props.hosting.kind != "flex_consumption":
            shared = props.identity.user_assigned
            common |= {
                "ftp_publish_basic_authentication_enabled": False,
                "builtin_logging_enabled": False,
                "storage_account_name": self.host_storage.name,
                "storage_uses_managed_identity": True,
                "key_vault_reference_identity_id": shared.id if shared else None,
            }
        return common

    def _site_config(self) -> dict[str, Any]:
        props, kind = self._props, self._props.hosting.kind
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
            "application_insights_connection_string": self._connection_string,
        }
        if props.health_check_path is not None:
            config["health_check_path"] = props.health_check_path
            config["health_check_eviction_time_in_min"] = 10
        if kind == "flex_consumption":
            return config
        config["ftps_state"] = "Disabled"
        config["application_stack"] = application_stack(props.runtime, props.hosting.target)
        if kind == "dedicated":
            config["always_on"] = True
        if props.hosting.os == "Windows":
            config["use32_bit_worker"] = False
        if props.runtime.stack == "docker":
            shared = props.identity.user_assigned
            config["container_registry_use_managed_identity"] = True
            config["container_registry_managed_identity_client_id"] = (
                shared.client_id if shared else None
            )
        return config

    def _host_settings(self) -> dict[str, str]:
        """Return the app settings that make the host use the identity, for storage and traces."""
        shared = self._props.identity.user_assigned
        settings = {"AzureWebJobsStorage__credential": "managedidentity"}
        if shared:
            settings["AzureWebJobsStorage__clientId"] = shared.client_id
        if self._props.hosting.kind == "flex_consumption":
            settings["AzureWebJobsStorage__accountName"] = self.host_storage.name
            # azurerm adds an `AzureWebJobsStorage` with an empty account key, which the host would
            # prefer (azurerm issues 29693, 29149). An entry of ours replaces it whatever its case,
            # and only in this case does the provider's read keep it, so that plans settle.
            settings["azurewebjobsstorage"] = ""
        if self._component_id:
            settings[monitoring.SETTING] = "Authorization=AAD" + (
                f";ClientId={shared.client_id}" if shared else ""
            )
        return settings

    def _identity(self, easy_auth: EasyAuth) -> dict[str, Any]:
        shared = self._props.identity.user_assigned
        ids = [identity.id for identity in easy_auth.identities if identity is not shared]
        if shared:
            ids.insert(0, shared.id)
        if not ids:
            return {"type": "SystemAssigned"}
        kind = "UserAssigned" if shared else "SystemAssigned, UserAssigned"
        return {"type": kind, "identity_ids": ids}

    def _sticky(self) -> list[str]:
        """Return the settings that must not wander to another site in a swap."""
        names = [*self._props.sticky_settings, *self.easy_auth.app_settings]
        for slot in self._props.slots:
            names.extend(slot.easy_auth.app_settings if slot.easy_auth else ())
        return list(dict.fromkeys(names))

    def _grant(self, owner: str, principal_id: str) -> None:
        """Assign the roles that one identity needs, and no more."""
        wanted: list[tuple[str, str]] = []
        if self._props.storage.grant_roles:
            wanted += [(role, self.host_storage.account_id) for role in self._props.storage.roles]
        if self._component_id:
            wanted.append((monitoring.ROLE, self._component_id))
        for role, scope in wanted:
            key = f"{owner}-{role.lower().replace(' ', '-')}"
            self.role_assignments[key] = RoleAssignment(
                self,
                key,
                scope=scope,
                role_definition_name=role,
                principal_id=principal_id,
                # Entra may not know a new identity yet; with its type given, Azure does not ask.
                principal_type="ServicePrincipal",
            )

    def _connect_privately(self, name: str, access: PrivateAccess) -> None:
        sites = {"site": "sites", **{slot: f"sites-{slot}" for slot in self.slots}}
        for key, subresource in sites.items():
            zones: dict[str, Any] | None = None
            if access.dns_zone_ids:
                zones = {"name": "default", "private_dns_zone_ids": list(access.dns_zone_ids)}
            endpoint = _named("pe", name if key == "site" else f"{name}-{key}", 80)
            self.private_endpoints[key] = PrivateEndpoint(
                self,
                f"endpoint-{key}",
                name=endpoint,
                resource_group_name=self._place.name,
                location=self._place.location,
                subnet_id=access.subnet_id,
                private_service_connection={
                    "name": endpoint,
                    "private_connection_resource_id": self.id,
                    "is_manual_connection": False,
                    "subresource_names": [subresource],
                },
                private_dns_zone_group=zones,
                # A slot's endpoint needs its slot, which nothing else here refers to.
                depends_on=None if key == "site" else [self.slots[key].resource],
                tags=self._props.tags or None,
            )


def _named(prefix: str, name: str, limit: int = 60) -> str:
    """Return a name for a resource that belongs to the app; a reference is never cut."""
    full = f"{prefix}-{name}"
    return full if is_token(name) else re.sub(r"-+$", "", full[:limit])
