"""One environment as a stack: the app that `main.py` builds from `environments/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cdktf import AzurermBackend, CloudBackend, LocalBackend, NamedCloudWorkspace, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from constructs_lib._cdk.azapi import add_azapi_provider
from constructs_lib._cdk.placement import placement
from constructs_lib.api.props import ApiVersion, CircuitBreaker, KeyVaultSecret, Product
from constructs_lib.function_app.hosting import Hosting
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import Inbound, Source
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.runtime import Runtime
from constructs_lib.function_app.slot import Slot
from constructs_lib.function_app.storage import Storage
from constructs_lib.gateway.gateway import MIN_API_VERSION, Gateway
from constructs_lib.gateway.props import (
    ExistingIdentity,
    GatewayIdentity,
    Publisher,
    VirtualNetwork,
)
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.operations import Operations
from constructs_lib.registration.app_registration import AppRegistration, Registration
from constructs_lib.registration.principal import Principal
from constructs_lib.secured_function_api import ApiProps, SecuredFunctionApi
from constructs_lib.stack.outputs import add_outputs
from constructs_lib.stack.providers import add_providers
from constructs_lib.stack.settings import (
    ApiSettings,
    AzurermState,
    ContractSettings,
    Environment,
    ExistingFunctionAppSettings,
    ExistingGatewaySettings,
    ExistingRegistrationSettings,
    FunctionAppSettings,
    HcpState,
    HostingSettings,
    InboundSettings,
    NamedValueSettings,
    OperationSettings,
    State,
    UserAssignedIdentitySettings,
    operation_of,
    registration_id,
)


class EnvironmentStack(TerraformStack):
    """A gateway and its APIs, with providers, state and outputs, from one file of settings.

    Args:
        scope: The app.
        name: The stack's name, that of the file.
        environment: The settings.
        folder: Where the paths in the settings start.

    Attributes:
        resource_group: The `azurerm_resource_group`.
        gateway: The gateway.
        apis: The APIs by name.

    Raises:
        InputError: For settings that one of the constructs refuses.
    """

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, folder: Path
    ) -> None:
        super().__init__(scope, name)
        self._folder = folder
        add_providers(
            self, subscription_id=environment.subscription_id, tenant_id=environment.tenant_id
        )
        apps = [api.function_app for api in environment.apis.values()]
        if any(isinstance(app, ExistingFunctionAppSettings) for app in apps):
            add_azapi_provider(
                self, subscription_id=environment.subscription_id, tenant_id=environment.tenant_id
            )
        _add_backend(self, name, environment.state)
        tags = dict(environment.tags)
        self.resource_group = ResourceGroup(
            self,
            "resource-group",
            name=environment.resource_group,
            location=environment.location,
            tags=tags or None,
        )
        self.gateway = self._gateway(environment, tags)
        self._version_sets: dict[str, str] = {}
        self.apis = {
            api_name: self._api(api_name, api, tags) for api_name, api in environment.apis.items()
        }
        add_outputs(
            self,
            gateway=self.gateway,
            tenant_id=next(iter(self.apis.values())).registration.tenant_id,
            apis=self.apis,
        )

    def _path(self, given: str | None) -> Path | None:
        return self._folder / given if given else None

    def _gateway(self, environment: Environment, tags: Mapping[str, str]) -> GatewayReferences:
        settings = environment.gateway
        if isinstance(settings, ExistingGatewaySettings):
            return Gateway.existing(
                self,
                "gateway",
                name=settings.existing,
                resource_group_name=settings.resource_group_name,
                identity=_identity(settings.identity) if settings.identity else None,
            )
        user_assigned = settings.identity.user_assigned
        network = settings.virtual_network
        return Gateway(
            self,
            "gateway",
            resource_group=self.resource_group,
            name=settings.name,
            publisher=Publisher(name=settings.publisher.name, email=settings.publisher.email),
            sku=settings.sku,
            identity=GatewayIdentity(
                system_assigned=settings.identity.system_assigned,
                user_assigned=_identity(user_assigned)
                if isinstance(user_assigned, UserAssignedIdentitySettings)
                else user_assigned,
                calls_with=settings.identity.calls_with,
            ),
            virtual_network=VirtualNetwork(subnet_id=network.subnet_id, type=network.type)
            if network
            else None,
            zones=settings.zones,
            public_ip_address_id=settings.public_ip_address_id,
            min_api_version=settings.min_api_version or MIN_API_VERSION,
            policy=self._path(settings.policy),
            tags=tags,
            prevent_destroy=settings.prevent_destroy,
        )

    def _api(
        self, name: str, settings: ApiSettings, tags: Mapping[str, str]
    ) -> SecuredFunctionApi[Any]:
        props = ApiProps(
            operation_policies={
                operation_of(entry).id: self._folder / entry.policy
                for entry in settings.operations
                if isinstance(entry, OperationSettings) and entry.policy
            },
            named_values={key: _named_value(value) for key, value in settings.named_values.items()},
        )
        if settings.display_name:
            props["display_name"] = settings.display_name
        if settings.description:
            props["description"] = settings.description
        if settings.route_prefix is not None:
            props["route_prefix"] = settings.route_prefix
        if settings.policy:
            props["policy"] = self._folder / settings.policy
        if settings.version:
            # API Management lets only versions of one set share a path.
            shared = self._version_sets.get(settings.path.lower())
            props["version"] = ApiVersion(**settings.version.model_dump(), version_set_id=shared)
        if settings.product:
            props["product"] = Product(**settings.product.model_dump())
        if settings.circuit_breaker:
            props["circuit_breaker"] = CircuitBreaker()
        if settings.migration:
            props["migration"] = settings.migration
        if settings.function_key:
            props["function_key"] = _named_value(settings.function_key)
        app = settings.function_app
        made = SecuredFunctionApi(
            self,
            name,
            gateway=self.gateway,
            path=settings.path,
            operations=self._operations(settings),
            function_app=self._function_app(app, tags),
            function_app_name=app.name if isinstance(app, FunctionAppSettings) else None,
            resource_group=placement(self.resource_group),
            registration=self._registration(name, settings),
            further_callers=[
                Principal(name=caller.name, client_id=caller.client_id, object_id=caller.object_id)
                for caller in settings.further_callers
            ],
            **props,
        )
        if made.function_api.version_set:
            self._version_sets[settings.path.lower()] = made.function_api.version_set.id
        return made

    def _registration(self, name: str, settings: ApiSettings) -> Registration:
        given = settings.registration
        if isinstance(given, ContractSettings):
            return AppRegistration.from_contract(self._folder / given.contract, given.name or name)
        if isinstance(given, ExistingRegistrationSettings):
            return AppRegistration.existing(
                client_id=given.client_id,
                tenant_id=given.tenant_id,
                audiences=given.audiences,
                token_version=given.token_version,
            )
        return AppRegistration(
            self,
            registration_id(name),
            display_name=given.display_name or f"{name} ({self.node.id})",
            owners=given.owners,
            role=given.role,
            identifier_uri=given.identifier_uri,
        )

    def _operations(self, settings: ApiSettings) -> Operations:
        if settings.functions_project:
            return Operations.from_functions_project(self._folder / settings.functions_project)
        if settings.openapi:
            return Operations.from_openapi(
                self._folder / settings.openapi,
                route_prefix="api" if settings.route_prefix is None else settings.route_prefix,
            )
        return Operations.of(*(operation_of(entry) for entry in settings.operations))

    def _function_app(
        self, settings: FunctionAppSettings | ExistingFunctionAppSettings, tags: Mapping[str, str]
    ) -> FunctionAppProps | OutsideFunctionApp:
        if isinstance(settings, ExistingFunctionAppSettings):
            return OutsideFunctionApp(
                id=settings.existing,
                hostname=settings.hostname,
                slots=settings.slots,
                ftp=settings.ftp,
            )
        workspace = settings.log_analytics_workspace_id
        return FunctionAppProps(
            runtime=_runtime(settings.runtime),
            hosting=_hosting(settings.hosting),
            storage=Storage(name=settings.storage_account_name),
            slots=[Slot(name=slot) for slot in settings.slots],
            inbound=self._inbound(settings.inbound) if settings.inbound else Inbound.anywhere(),
            deployment=self._inbound(settings.deployment)
            if settings.deployment
            else Inbound.default_deny(),
            outbound_subnet_id=settings.outbound_subnet_id,
            monitoring=Monitoring.new(workspace_id=workspace) if workspace else None,
            app_settings=settings.app_settings,
            tags=tags,
            prevent_destroy=settings.prevent_destroy,
        )

    def _inbound(self, settings: InboundSettings) -> Inbound:
        sources = [
            *(
                Source.addresses(cidr, name=f"range-{number}")
                for number, cidr in enumerate(settings.cidrs, start=1)
            ),
            *(
                Source.subnet(subnet, name=f"subnet-{number}")
                for number, subnet in enumerate(settings.subnet_ids, start=1)
            ),
        ]
        if settings.gateway:
            sources.append(Source.address(self.gateway.public_ip_address, name="gateway"))
        return Inbound.default_deny(*sources)


def _add_backend(stack: TerraformStack, name: str, state: State) -> None:
    if isinstance(state, AzurermState):
        AzurermBackend(
            stack,
            resource_group_name=state.resource_group_name,
            storage_account_name=state.storage_account_name,
            container_name=state.container_name,
            key=state.key or f"{name}.tfstate",
            use_azuread_auth=True,
            use_oidc=state.use_oidc or None,
        )
    elif isinstance(state, HcpState):
        CloudBackend(
            stack,
            organization=state.organization,
            hostname=state.hostname,
            workspaces=NamedCloudWorkspace(state.workspace),
        )
    else:
        # Relative to where Terraform runs, cdktf.out/stacks/<name>, so that the JSON is the same
        # on every machine and the state lies beside cdktf.json.
        LocalBackend(stack, path=f"../../../terraform.{name}.tfstate")


def _named_value(settings: NamedValueSettings | str) -> KeyVaultSecret | str:
    if isinstance(settings, str):
        return settings
    return KeyVaultSecret(**settings.model_dump())


def _identity(settings: UserAssignedIdentitySettings) -> ExistingIdentity:
    return ExistingIdentity(**settings.model_dump())


def _runtime(text: str) -> Runtime:
    language, *version = text.split(" ")
    make: Callable[..., Runtime] = getattr(Runtime, language.replace("-", "_"))
    return make(*version)


def _hosting(settings: HostingSettings) -> Hosting:
    if settings.kind == "flex_consumption":
        return Hosting.flex_consumption(
            zone_balancing=settings.zone_balancing,
            instance_memory_in_mb=settings.instance_memory_in_mb or 2048,
            maximum_instance_count=settings.maximum_instance_count or 100,
        )
    if settings.kind == "premium":
        return Hosting.premium(
            settings.sku or "EP1", os=settings.os, zone_balancing=settings.zone_balancing
        )
    if settings.kind == "dedicated":
        return Hosting.dedicated(
            settings.sku or "", os=settings.os, zone_balancing=settings.zone_balancing
        )
    return Hosting.consumption(os=settings.os)
