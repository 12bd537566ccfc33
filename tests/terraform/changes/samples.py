"""What exists in Azure already, outside the small environment."""

from __future__ import annotations

from tests.terraform.changes.change import Settings, instead

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shared"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/apim"
OTHER_SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/functions"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log"
ADDRESS = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/pip-apim"
LOGGER = f"{GROUP}/providers/Microsoft.ApiManagement/service/apim/loggers/traces"
VERSION_SET = f"{GROUP}/providers/Microsoft.ApiManagement/service/apim/apiVersionSets/orders"
PLAN = f"{GROUP}/providers/Microsoft.Web/serverFarms/plan-shared"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stshared"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-shared"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net"
SECRET = {"secret_id": "https://kv-contoso.vault.azure.net/secrets/partner"}
ALICE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
IDENTITY = {
    "id": f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shared",
    "client_id": "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    "principal_id": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
}
REGISTRATION = {
    "client_id": "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33",
    "tenant_id": "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
}
SITE = f"{GROUP}/providers/Microsoft.Web/sites/func-legacy-{{name}}"
CALLER = {
    "name": "partner",
    "client_id": "6a7d1c52-6f0e-4f2b-9c61-5d5f3f6f2c12",
    "object_id": "1c6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e23",
}
EXISTING_GATEWAY = instead(existing="apim-shared-{name}", resource_group_name="rg-shared")

# What is around a change: the smaller, the faster its test.
WHOLE: Settings = {}
_REGISTERED = {"registration": instead(**REGISTRATION)}
_PUBLISHED = {"function_app": instead(existing=SITE)}
API_ALONE: Settings = {"gateway": EXISTING_GATEWAY, "api": {**_REGISTERED, **_PUBLISHED}}
API_AND_GATEWAY: Settings = {"api": {**_REGISTERED, **_PUBLISHED}}
APP_ALONE: Settings = {"gateway": EXISTING_GATEWAY, "api": _REGISTERED}
REGISTRATION_ALONE: Settings = {"gateway": EXISTING_GATEWAY, "api": _PUBLISHED}
