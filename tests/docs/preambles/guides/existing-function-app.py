"""What the pieces of the guide stand in: a stack's imports, a gateway and a site's settings."""
# ruff: noqa: F401, F821

from typing import Any

from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppIdentity,
    LinuxFunctionAppSiteConfig,
)

from constructs_lib import (
    Gateway,
    OutsideFunctionApp,
    SecuredFunctionApi,
    add_azapi_provider,
    add_providers,
)

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-tickets"

add_providers(self)
gateway = Gateway.existing(self, "gateway", name="apim-contoso", resource_group_name="rg-platform")
settings: dict[str, Any] = {
    "resource_group_name": "rg-tickets",
    "location": "westeurope",
    "service_plan_id": f"{GROUP}/providers/Microsoft.Web/serverFarms/plan-tickets",
    "storage_account_name": "stcontosotickets",
    "storage_uses_managed_identity": True,
    "identity": LinuxFunctionAppIdentity(type="SystemAssigned"),
    "site_config": LinuxFunctionAppSiteConfig(scm_ip_restriction_default_action="Deny"),
}
rest: dict[str, Any] = {
    "gateway": gateway,
    "path": "tickets",
    "operations": ["GET /tickets/{number}"],
}
