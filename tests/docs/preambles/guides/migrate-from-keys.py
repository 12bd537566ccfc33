"""What the piece of the guide stands in: a gateway and a function app of the stack."""
# ruff: noqa: F401, F821

from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppSiteConfig,
)

from constructs_lib import Gateway, KeyVaultSecret, SecuredFunctionApi, add_providers

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders"

add_providers(self)
gateway = Gateway.existing(self, "gateway", name="apim-contoso", resource_group_name="rg-platform")
function_app = LinuxFunctionApp(
    self,
    "function",
    name="func-contoso-orders",
    resource_group_name="rg-orders",
    location="westeurope",
    service_plan_id=f"{GROUP}/providers/Microsoft.Web/serverFarms/plan-orders",
    storage_account_name="stcontosoorders",
    storage_uses_managed_identity=True,
    site_config=LinuxFunctionAppSiteConfig(scm_ip_restriction_default_action="Deny"),
)
