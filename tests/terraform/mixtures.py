"""Stacks that mix new and existing gateways, registrations and function apps of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cdktf import App, LocalBackend, TerraformStack
from cdktf_cdktf_provider_azurerm.api_management import ApiManagement, ApiManagementIdentity
from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import DataAzurermApiManagement
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppSiteConfig,
)

import constructs_lib as lib

GATEWAYS = ("name", "id", "data", "resource", "stack")
REGISTRATIONS = ("new", "existing", "contract")
APPS = ("new", "resource", "outside", "adopted")
EVERYTHING = [(g, r, a) for g in GATEWAYS for r in REGISTRATIONS for a in APPS]
# Each two kinds meet once at least.
PAIRS = [
    (gateway, REGISTRATIONS[(i + j) % 3], app)
    for i, gateway in enumerate(GATEWAYS)
    for j, app in enumerate(APPS)
]

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
PLACE = lib.Placement("rg", "westeurope")
CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
CALLER = {
    "client_id": "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    "object_id": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
}
CONTRACT = {
    "contract": 1,
    "tenant_id": TENANT,
    "registrations": {"shared": {"client_id": CLIENT, "callers": {"gateway": CALLER}}},
}


def synthesize_mixtures(folder: Path, mixtures: Iterable[tuple[str, str, str]]) -> Path:
    """Synthesize a stack `platform` with a gateway and a stack `team` with an API per mixture."""
    contract = folder / "directory.json"
    contract.write_text(json.dumps(CONTRACT))
    app = App(outdir=str(folder / "cdktf.out"))
    platform, team = TerraformStack(app, "platform"), TerraformStack(app, "team")
    for name, stack in (("platform", platform), ("team", team)):
        LocalBackend(stack, path=str(folder / f"{name}.tfstate"))
        lib.add_providers(stack)
    lib.add_azapi_provider(team)
    shared = lib.Gateway(
        platform,
        "gateway",
        resource_group=PLACE,
        name="apim-stack",
        publisher=lib.Publisher(name="Contoso", email="api@contoso.example"),
        identity=lib.GatewayIdentity(system_assigned=False, user_assigned="id-apim"),
    )
    gateways: dict[str, Any] = {"stack": shared}
    for gateway, registration, function_app in mixtures:
        if gateway not in gateways:
            gateways[gateway] = _GATEWAYS[gateway](team)
        name = f"{gateway}-{registration}-{function_app}"
        lib.SecuredFunctionApi(
            team,
            name,
            gateway=gateways[gateway],
            path=name,
            operations=["GET /a/{id}"],
            registration=_registration(registration, contract),
            function_app=_function_app(team, function_app, f"func-{name}"),
            function_app_name=f"func-{name}",
            resource_group=PLACE,
        )
    app.synth()
    return folder / "cdktf.out"


def _registration(kind: str, contract: Path) -> lib.ExistingRegistration | None:
    if kind == "contract":
        return lib.AppRegistration.from_contract(contract, "shared")
    if kind == "existing":
        return lib.AppRegistration.existing(client_id=CLIENT, tenant_id=TENANT)
    return None


def _function_app(stack: TerraformStack, kind: str, name: str) -> Any:
    site = f"{GROUP}/providers/Microsoft.Web/sites/{name}"
    if kind == "new":
        return lib.FunctionAppProps(
            runtime=lib.Runtime.python("3.12"), hosting=lib.Hosting.consumption()
        )
    if kind == "outside":
        return lib.OutsideFunctionApp(id=site)
    app = LinuxFunctionApp(
        stack,
        name,
        name=name,
        resource_group_name="rg",
        location="westeurope",
        service_plan_id=f"{GROUP}/providers/Microsoft.Web/serverFarms/plan",
        storage_account_name="st",
        storage_uses_managed_identity=True,
        site_config=LinuxFunctionAppSiteConfig(scm_ip_restriction_default_action="Deny"),
    )
    if kind == "adopted":
        app.import_from(site)
    return app


def _principal() -> lib.Principal:
    return lib.Principal(name="gateway", **CALLER)


def _of_data_source(stack: TerraformStack) -> Any:
    found = DataAzurermApiManagement(stack, "found", name="apim-data", resource_group_name="rg")
    return lib.Gateway.existing(
        stack,
        "gateway-data",
        name=found.name,
        resource_group_name=found.resource_group_name,
        principal=_principal(),
    )


def _of_resource(stack: TerraformStack) -> Any:
    service = ApiManagement(
        stack,
        "service",
        name="apim-resource",
        resource_group_name="rg",
        location="westeurope",
        publisher_name="Contoso",
        publisher_email="api@contoso.example",
        sku_name="Developer_1",
        identity=ApiManagementIdentity(type="SystemAssigned"),
    )
    return lib.Gateway.from_resource(stack, "gateway-resource", service)


_GATEWAYS: dict[str, Callable[[TerraformStack], Any]] = {
    "name": lambda stack: lib.Gateway.existing(
        stack,
        "gateway-name",
        name="apim-name",
        resource_group_name="rg",
        principal=_principal(),
    ),
    "id": lambda stack: lib.gateway_by_id(
        stack,
        "gateway-id",
        f"{GROUP}/providers/Microsoft.ApiManagement/service/apim-id",
        principal=_principal(),
    ),
    "data": _of_data_source,
    "resource": _of_resource,
}
