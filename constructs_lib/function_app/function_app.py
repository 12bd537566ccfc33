"""The function app: one construct for Linux, Windows and Flex Consumption hosting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.role_assignment import RoleAssignment
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from constructs import Construct

from constructs_lib._cdk.arguments import is_token
from constructs_lib._cdk.azurerm import azurerm_of
from constructs_lib._cdk.names import take_host
from constructs_lib._cdk.placement import Placement, placement
from constructs_lib._cdk.props.checked import checked
from constructs_lib._cdk.replacement import replaced_on_change, replaced_with
from constructs_lib._cdk.warnings import today, warn
from constructs_lib._core.azure_names import SiteName
from constructs_lib._core.problems import Problem
from constructs_lib.function_app import monitoring
from constructs_lib.function_app.arguments import HOST_ID, Arguments, host_id
from constructs_lib.function_app.easy_auth import EasyAuth
from constructs_lib.function_app.every_slot import protect_every_slot
from constructs_lib.function_app.host_storage import HostStorage
from constructs_lib.function_app.network import PrivateAccess, gateway_problems, make_endpoint
from constructs_lib.function_app.plan import make_plan, remember_hosting
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.protected import ProtectedApp
from constructs_lib.function_app.runtime import Runtime, flex_runtime
from constructs_lib.function_app.slot import Slot

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights
    from cdktf_cdktf_provider_azurerm.private_endpoint import PrivateEndpoint

    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource


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


def _problems(*, name: str, props: FunctionAppProps, **_: object) -> Iterator[Problem]:
    if props.storage.name is None and is_token(name):
        yield Problem(
            ("props", "storage", "name"),
            "the account's name cannot be told",
            "write it; it is derived only for a new account of an app with a literal name",
        )
    for problem in gateway_problems(inbound=props.inbound, deployment=props.deployment):
        yield problem.below(("props",))


class FunctionApp(ProtectedApp):
    """A function app that only the principals of its Easy Auth can call.

    azurerm writes Easy Auth right after it has made the site, so publish code after the apply. A
    container image or `WEBSITE_RUN_FROM_PACKAGE` is there from the start: deny inbound traffic by
    default then, as the network rules are part of the site.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        name: Name of the app, globally unique: 2 to 60 letters, digits and hyphens.
        resource_group: The resource group, or where to place the resources.
        easy_auth: Who may call it; slots take it over unless they have their own.
        props: Everything else.

    Attributes:
        resource: The L1 function app.
        hosting: The `terraform_data` that remembers the kind of hosting and the operating system:
            a change of these replaces plan and site.
        plan: The L1 plan, `None` when an existing one is used.
        host_storage: The account and container that the host uses.
        storage_account: The L1 storage account, `None` when an existing one is used.
        role_assignments: What the app's identities may do, by the ids of the constructs.
        application_insights: The L1 component, `None` unless made here.
        private_endpoints: The L1 endpoints of each slot by its name, the app's as `production`.
        slots: The deployment slots by name.
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        principal_id: Object id of the app's identity.
        easy_auth: What protects the production site.

    Raises:
        InputError: If a value that is known at synth breaks a rule of azurerm, Azure or the floor.
    """

    @checked(_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: SiteName,
        resource_group: ResourceGroup | Placement,
        easy_auth: EasyAuth,
        props: FunctionAppProps,
    ) -> None:
        super().__init__(scope, id)
        take_host(self, "name", "function app", name, [slot.name for slot in props.all_slots])
        self.easy_auth = easy_auth
        self._props = props
        self._place = placement(resource_group)

        for least in props.needed_azurerm():
            azurerm_of(self).need(least)
        for message in props.warnings(today()):
            warn(self, message)
        hosting = props.hosting
        self.hosting = remember_hosting(self, hosting)
        self.plan: ServicePlan | None = None if hosting.plan_id else self._make_plan(name)
        self.host_storage = HostStorage(
            self,
            "storage",
            storage=props.storage,
            app_name=name,
            place=self._place,
            with_container=hosting.kind == "flex_consumption",
            zone_redundant=hosting.zone_balancing,
            tags=props.tags,
            prevent_destroy=props.prevent_destroy,
        )
        self.storage_account: StorageAccount | None = self.host_storage.account
        self.application_insights: ApplicationInsights | None = None
        connection_string, self._component_id = self._monitor(name)
        self._arguments = Arguments(
            props=props,
            storage_account_name=self.host_storage.name,
            connection_string=connection_string,
        )

        self.role_assignments: dict[str, RoleAssignment] = {}
        shared = props.identity.user_assigned
        if shared:
            # Its roles can precede the app, so that the host finds its storage on the first start.
            self._grant("app", shared.principal_id)
        self.resource: AppResource = self._make_app(name)
        self.id = self.resource.id
        self.hostname = self.resource.default_hostname
        self.principal_id = shared.principal_id if shared else self.resource.identity.principal_id
        if not shared:
            self._grant("app", self.principal_id)
        self.slots: dict[str, FunctionAppSlot] = {
            slot.name: self._make_slot(name, slot) for slot in props.all_slots
        }
        self.hostnames = [self.hostname, *(slot.hostname for slot in self.slots.values())]
        protect_every_slot(scope, self.id, [slot.resource for slot in self.slots.values()])
        self.private_endpoints: dict[str, PrivateEndpoint] = {}
        if props.private_access:
            self._connect_privately(name, props.private_access)

    def _make_plan(self, name: str) -> ServicePlan:
        return make_plan(
            self,
            self._props.hosting,
            self.hosting,
            name=derived_name("plan", name),
            place=self._place,
            tags=self._props.tags,
            prevent_destroy=self._props.prevent_destroy,
        )

    def _monitor(self, name: str) -> tuple[str | None, str | None]:
        """Return connection string and resource id of the Application Insights component."""
        wanted = self._props.monitoring
        if wanted is None:
            return None, None
        if wanted.workspace_id is None:
            return wanted.connection_string, wanted.component_id
        self.application_insights = monitoring.make_component(
            self, wanted, f"appi-{name}", self._place, self._props.tags
        )
        return self.application_insights.connection_string, self.application_insights.id

    def _make_app(self, name: str) -> AppResource:
        hosting, storage = self._props.hosting, self.host_storage
        arguments: dict[str, Any] = {
            "name": name,
            "resource_group_name": self._place.name,
            "location": self._place.location,
            "service_plan_id": self.plan.id if self.plan else self._props.hosting.plan_id,
            "lifecycle": self._replaced_with_hosting(),
            **self._arguments.site(name, self.easy_auth, {}),
        }
        sticky = self._sticky(name)
        if sticky:
            arguments["sticky_settings"] = {"app_setting_names": sticky}
        before: list[ITerraformDependable] = list(self.role_assignments.values())
        if hosting.kind != "flex_consumption":
            if hosting.os == "Windows":
                from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp

                return WindowsFunctionApp(self, "app", depends_on=before or None, **arguments)
            from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp

            return LinuxFunctionApp(self, "app", depends_on=before or None, **arguments)
        if storage.container:
            before.append(storage.container)
        from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import (
            FunctionAppFlexConsumption,
            FunctionAppFlexConsumptionAlwaysReady,
        )

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
            **flex_runtime(Runtime.of(self._props.runtime)),
            **arguments,
        )

    def _replaced_with_hosting(self) -> TerraformResourceLifecycle:
        kept = self._props.prevent_destroy
        if self.plan:
            return replaced_with(self.plan, prevent_destroy=kept)
        return replaced_on_change(self.hosting, prevent_destroy=kept)

    def _make_slot(self, app_name: str, slot: Slot) -> FunctionAppSlot:
        easy_auth = slot.easy_auth or self.easy_auth
        arguments = self._arguments.site(f"{app_name}-{slot.name}", easy_auth, slot.app_settings)
        if slot.auto_swap_slot_name:
            arguments["site_config"]["auto_swap_slot_name"] = slot.auto_swap_slot_name
        arguments |= {
            "name": slot.name,
            "function_app_id": self.id,
            "lifecycle": replaced_with(self.resource),
        }
        resource: SlotResource
        if self._props.hosting.os == "Windows":
            from cdktf_cdktf_provider_azurerm.windows_function_app_slot import (
                WindowsFunctionAppSlot,
            )

            resource = WindowsFunctionAppSlot(self, f"slot-{slot.name}", **arguments)
        else:
            from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot

            resource = LinuxFunctionAppSlot(self, f"slot-{slot.name}", **arguments)
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

    def _sticky(self, name: str) -> list[str]:
        """Return the settings that must not wander to another site in a swap."""
        names = [*self._props.sticky_settings, *self.easy_auth.app_settings]
        for slot in self._props.all_slots:
            names.extend(slot.easy_auth.app_settings if slot.easy_auth else ())
            if host_id(f"{name}-{slot.name}"):
                names.append(HOST_ID)
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
        sites = {"production": None, **{key: slot.resource for key, slot in self.slots.items()}}
        for key, slot in sites.items():
            self.private_endpoints[key] = make_endpoint(
                self,
                f"endpoint-{key}",
                access=access,
                name=derived_name("pe", f"{name}-{key}" if slot else name, 80),
                place=self._place,
                app=self.resource,
                slot=slot,
                tags=self._props.tags,
            )


def derived_name(prefix: str, name: str, limit: int = 60) -> str:
    """Return a name for a resource that belongs to the app; a reference is never cut."""
    full = f"{prefix}-{name}"
    if is_token(name) or len(full) <= limit:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    return f"{full[: limit - 9].rstrip('-')}-{digest}"
