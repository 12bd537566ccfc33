"""One environment as a stack: the app that `main.py` builds from `environments/`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cdktf import AzurermBackend, CloudBackend, LocalBackend, NamedCloudWorkspace, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

from constructs_lib._cdk.acceptance import accept_at
from constructs_lib._cdk.azapi import add_azapi_provider
from constructs_lib._cdk.placement import placement
from constructs_lib.api.resource_metadata import ResourceMetadata
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.registration.app_registration import AppRegistration, Registration
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.secured_function_api import SecuredFunctionApi
from constructs_lib.secured_mcp_server import SecuredMcpServer
from constructs_lib.stack.outputs import add_outputs
from constructs_lib.stack.providers import add_providers
from constructs_lib.stack.settings.environment import (
    ApiSettings,
    AzurermState,
    ContractSettings,
    Environment,
    GatewaySettings,
    HcpState,
    McpServerSettings,
    OperationSettings,
    RegistrationSettings,
    State,
    registration_id,
)


class EnvironmentStack(TerraformStack):
    """A gateway and its APIs, with providers, state and outputs, from one file of settings.

    Args:
        scope: The app.
        name: The stack's name, that of the file.
        environment: The settings.

    Attributes:
        resource_group: The `azurerm_resource_group`.
        gateway: The gateway.
        apis: The APIs by name.
        mcp_servers: The MCP servers by name.

    Raises:
        InputError: For settings that one of the constructs refuses.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        subscription_id, tenant_id = environment.subscription_id, environment.tenant_id
        add_providers(
            self,
            subscription_id=subscription_id,
            tenant_id=tenant_id,
            azurerm=environment.azurerm,
        )
        if any(
            isinstance(api.get("function_app"), OutsideFunctionApp)
            or (isinstance(api, McpServerSettings) and api.get("tools"))
            for api in environment.served.values()
        ):
            add_azapi_provider(self, subscription_id=subscription_id, tenant_id=tenant_id)
        _add_backend(self, name, environment.state)
        self._tags = dict(environment.tags)
        self.resource_group = ResourceGroup(
            self,
            "resource-group",
            name=environment.resource_group,
            location=environment.location,
            tags=self._tags or None,
        )
        self.gateway = self._gateway(environment)
        self._version_sets: dict[str, str] = {}
        self.apis = {name: self._api(name, api) for name, api in environment.apis.items()}
        if environment.resource_metadata == "existing":
            ResourceMetadata.of(self, self.gateway, existing=True)
        self.mcp_servers = {
            name: self._mcp_server(name, server) for name, server in environment.mcp_servers.items()
        }
        for each in environment.accept:
            accept_at(self, each.resource, each.rule, reason=each.reason)
        chains = [*self.apis.values(), *(server.chain for server in self.mcp_servers.values())]
        add_outputs(
            self,
            gateway=self.gateway,
            tenant_id=chains[0].registration.tenant_id,
            apis={**self.apis, **self.mcp_servers},
        )

    def _gateway(self, environment: Environment) -> GatewayReferences:
        settings = environment.gateway
        if isinstance(settings, GatewaySettings):
            tags: dict[str, str] = {**self._tags, **(settings.get("tags") or {})}
            return settings.make(self, "gateway", resource_group=self.resource_group, tags=tags)
        return settings.make(self, "gateway")

    def _api(self, name: str, settings: ApiSettings) -> SecuredFunctionApi[Any]:
        props: dict[str, Any] = {**settings.given, **self._function_app(settings)}
        for source in ("functions_project", "openapi"):
            props.pop(source, None)
        policies = {
            each.id: each.policy
            for each in settings.get("operations")
            if isinstance(each, OperationSettings) and each.policy
        }
        version, path = settings.get("version"), settings.get("path").lower()
        if version and version.version_set_id is None:
            # API Management lets only versions of one set share a path.
            props["version"] = replace(version, version_set_id=self._version_sets.get(path))
        props |= {
            **self._around(name, settings),
            "operations": settings.published,
            "operation_policies": {**policies, **(settings.get("operation_policies") or {})},
        }
        api: SecuredFunctionApi[Any] = SecuredFunctionApi(self, name, **props)
        if api.function_api.version_set:
            self._version_sets[path] = api.function_api.version_set.id
        return api

    def _mcp_server(self, name: str, settings: McpServerSettings) -> SecuredMcpServer[Any]:
        props = {**settings.given, **self._function_app(settings), **self._around(name, settings)}
        return SecuredMcpServer(self, name, **props)

    def _around(self, name: str, settings: ApiSettings | McpServerSettings) -> dict[str, Any]:
        return {
            "gateway": self.gateway,
            "resource_group": settings.get("resource_group") or placement(self.resource_group),
            "registration": self._registration(name, settings),
        }

    def _function_app(self, settings: ApiSettings | McpServerSettings) -> dict[str, Any]:
        app = settings.get("function_app")
        if isinstance(app, OutsideFunctionApp):
            return {"function_app": app}
        tags = {**self._tags, **app.tags}
        return {"function_app": replace(app, tags=tags), "function_app_name": app.name}

    def _registration(self, name: str, settings: ApiSettings | McpServerSettings) -> Registration:
        given = settings.get("registration") or RegistrationSettings()
        if isinstance(given, ExistingRegistration):
            return given
        if isinstance(given, ContractSettings):
            return AppRegistration.from_contract(given.contract, given.name or name)
        display_name = given.get("display_name") or f"{name} ({self.node.id})"
        return given.make(self, registration_id(name), display_name=display_name)


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
