"""The function app: one construct for Linux, Windows and Flex Consumption hosting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights
from cdktf_cdktf_provider_azurerm.role_assignment import RoleAssignment
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from constructs import Construct

from constructs_lib.easy_auth import AppResource, EasyAuth, SlotResource
from constructs_lib.function_app.hosting import Hosting
from constructs_lib.function_app.identity import AppIdentity
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import Inbound, PrivateAccess
from constructs_lib.function_app.runtime import Runtime
from constructs_lib.function_app.slot import Slot
from constructs_lib.function_app.storage import Storage


class ResourceGroupLike(Protocol):
    """azurerm's `ResourceGroup` or any record with a name and a location."""

    @property
    def name(self) -> str:
        """Name of the resource group."""
        ...

    @property
    def location(self) -> str:
        """Azure region."""
        ...


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
        deployment: Who reaches the deployment site (SCM/Kudu): nobody, unless addresses are named.
        private_access: A private endpoint instead of public access.
        outbound_subnet_id: Subnet for VNet integration; all outbound traffic takes it.
        app_settings: Further app settings; no secrets, use Key Vault references.
        sticky_settings: Names of app settings that stay with their slot on a swap.
        health_check_path: Path the platform pings; it must answer without a token of the host.
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

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        name: Name of the app, globally unique: 2 to 60 letters, digits and hyphens.
        resource_group: The L1 or a record with `name` and `location`.
        easy_auth: Who may call it; slots take it over unless they have their own.
        props: Everything else.

    Attributes:
        resource: The L1 function app.
        plan: The L1 plan, `None` when an existing one is used.
        storage_account: The L1 storage account, `None` when an existing one is used.
        role_assignments: What the app's identity may do, by a stable key.
        application_insights: The L1 component, `None` unless made here.
        slots: The deployment slots by name.
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        principal_id: Object id of the app's identity.
        easy_auth: What protects the production site.

    Raises:
        InputError: If a value that is known at synth breaks a rule of azurerm, Azure or the floor.
    """

    resource: AppResource
    plan: ServicePlan | None
    storage_account: StorageAccount | None
    role_assignments: Mapping[str, RoleAssignment]
    application_insights: ApplicationInsights | None
    slots: Mapping[str, FunctionAppSlot]
    id: str
    hostname: str
    hostnames: Sequence[str]
    principal_id: str
    easy_auth: EasyAuth

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        resource_group: ResourceGroupLike,
        easy_auth: EasyAuth,
        props: FunctionAppProps,
    ) -> None:
        super().__init__(scope, id)
