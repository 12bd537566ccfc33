"""The benchmark's stack without any provider's bindings: what CDKTF itself costs.

It has the same resources, made of the generic `TerraformResource` and of overrides, with the
references written out by hand.
"""

import sys
from typing import Any

from cdktf import (
    App,
    TerraformDataSource,
    TerraformElement,
    TerraformProvider,
    TerraformResource,
    TerraformStack,
)

ROLE_ID = "8d5b0a5e-4f0b-4c47-9d0d-6c2f0a1f3b7e"
GROUP = "${azurerm_resource_group.group.name}"
LOCATION = "${azurerm_resource_group.group.location}"
IN_GATEWAY = {
    "resource_group_name": GROUP,
    "api_management_name": "${azurerm_api_management.gateway.name}",
}
GATEWAY_PRINCIPAL = "${azurerm_api_management.gateway.identity[0].principal_id}"
TENANT = "${data.azuread_client_config.tenant.tenant_id}"
POLICY = """\
<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="{backend}" />
        <authentication-managed-identity resource="{audience}" />
        <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
        <set-query-parameter name="subscription-key" exists-action="delete" />
        <set-header name="x-functions-key" exists-action="delete" />
        <set-query-parameter name="code" exists-action="delete" />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"""


def override(element: TerraformElement, arguments: dict[str, Any]) -> None:
    for name, value in arguments.items():
        element.add_override(name, value)


def resource(type_: str, id_: str, arguments: dict[str, Any]) -> None:
    override(TerraformResource(stack, id_, terraform_resource_type=type_), arguments)


def data(type_: str, id_: str, arguments: dict[str, Any]) -> None:
    override(TerraformDataSource(stack, id_, terraform_resource_type=type_), arguments)


def api(number: int) -> None:
    name = f"api{number}"
    maker = f"terraform_data.{name}-maker"
    hosting = f"terraform_data.{name}-hosting"
    with_gateway = {"replace_triggered_by": ["azurerm_api_management.gateway.id"]}
    with_api = {"replace_triggered_by": [f"azurerm_api_management_api.{name}-api.id"]}
    audience = f"${{azuread_application.{name}-registration.client_id}}"
    function_app = f"azurerm_linux_function_app.{name}-function-app"
    storage = f"azurerm_storage_account.{name}-storage"
    api_name = f"${{azurerm_api_management_api.{name}-api.name}}"
    resource(
        "terraform_data",
        f"{name}-hosting",
        {"input": {"kind": "consumption", "os": "Linux"}},
    )
    resource(
        "terraform_data",
        f"{name}-maker",
        {
            "input": {"object_id": "${data.azuread_client_config.tenant.object_id}"},
            "lifecycle": {"ignore_changes": ["input"]},
        },
    )
    resource(
        "azuread_application",
        f"{name}-registration",
        {
            "display_name": name,
            "owners": [f"${{{maker}.output.object_id}}"],
            "sign_in_audience": "AzureADMyOrg",
            "api": {"requested_access_token_version": 2},
            "app_role": [
                {
                    "id": ROLE_ID,
                    "allowed_member_types": ["Application"],
                    "display_name": "Functions.Invoke",
                    "description": "Call the functions",
                    "value": "Functions.Invoke",
                    "enabled": True,
                }
            ],
        },
    )
    resource(
        "azuread_service_principal",
        f"{name}-principal",
        {
            "client_id": audience,
            "app_role_assignment_required": True,
            "owners": [f"${{{maker}.output.object_id}}"],
        },
    )
    resource(
        "azuread_app_role_assignment",
        f"{name}-assignment",
        {
            "app_role_id": ROLE_ID,
            "principal_object_id": GATEWAY_PRINCIPAL,
            "resource_object_id": f"${{azuread_service_principal.{name}-principal.object_id}}",
        },
    )
    resource(
        "azurerm_service_plan",
        f"{name}-plan",
        {
            "name": f"plan-func-benchmark-{number}",
            "resource_group_name": GROUP,
            "location": LOCATION,
            "os_type": "Linux",
            "sku_name": "Y1",
            "lifecycle": {"replace_triggered_by": [hosting]},
        },
    )
    resource(
        "azurerm_storage_account",
        f"{name}-storage",
        {
            "name": f"stbenchmark{number}",
            "resource_group_name": GROUP,
            "location": LOCATION,
            "account_tier": "Standard",
            "account_replication_type": "LRS",
            "account_kind": "StorageV2",
            "https_traffic_only_enabled": True,
            "min_tls_version": "TLS1_2",
            "shared_access_key_enabled": False,
            "default_to_oauth_authentication": True,
            "allow_nested_items_to_be_public": False,
            "cross_tenant_replication_enabled": False,
            "local_user_enabled": False,
        },
    )
    resource(
        "azurerm_linux_function_app",
        f"{name}-function-app",
        {
            "name": f"func-benchmark-{number}",
            "resource_group_name": GROUP,
            "location": LOCATION,
            "service_plan_id": f"${{azurerm_service_plan.{name}-plan.id}}",
            "storage_account_name": f"${{{storage}.name}}",
            "storage_uses_managed_identity": True,
            "https_only": True,
            "public_network_access_enabled": True,
            "webdeploy_publish_basic_authentication_enabled": False,
            "ftp_publish_basic_authentication_enabled": False,
            "builtin_logging_enabled": False,
            "identity": {"type": "SystemAssigned"},
            "app_settings": {"AzureWebJobsStorage__credential": "managedidentity"},
            "lifecycle": {"replace_triggered_by": [f"azurerm_service_plan.{name}-plan.id"]},
            "site_config": {
                "application_stack": {"python_version": "3.12"},
                "minimum_tls_version": "1.2",
                "scm_minimum_tls_version": "1.2",
                "http2_enabled": True,
                "remote_debugging_enabled": False,
                "ftps_state": "Disabled",
                "ip_restriction_default_action": "Allow",
                "scm_ip_restriction_default_action": "Deny",
                "scm_use_main_ip_restriction": False,
            },
            "auth_settings_v2": {
                "auth_enabled": True,
                "require_authentication": True,
                "unauthenticated_action": "Return401",
                "require_https": True,
                "login": {"token_store_enabled": False},
                "active_directory_v2": {
                    "client_id": audience,
                    "tenant_auth_endpoint": f"https://login.microsoftonline.com/{TENANT}/v2.0",
                    "allowed_audiences": [audience],
                    "allowed_applications": ["${data.azuread_service_principal.caller.client_id}"],
                    "allowed_identities": [GATEWAY_PRINCIPAL],
                },
            },
        },
    )
    resource(
        "azurerm_role_assignment",
        f"{name}-storage-role",
        {
            "scope": f"${{{storage}.id}}",
            "role_definition_name": "Storage Blob Data Owner",
            "principal_id": f"${{{function_app}.identity[0].principal_id}}",
            "principal_type": "ServicePrincipal",
        },
    )
    resource(
        "azurerm_api_management_api",
        f"{name}-api",
        {
            "name": name,
            **IN_GATEWAY,
            "revision": "1",
            "display_name": name,
            "path": name,
            "protocols": ["https"],
            "subscription_required": True,
            "subscription_key_parameter_names": {
                "header": "Ocp-Apim-Subscription-Key",
                "query": "subscription-key",
            },
            "lifecycle": with_gateway,
        },
    )
    resource(
        "azurerm_api_management_backend",
        f"{name}-backend",
        {
            "name": name,
            **IN_GATEWAY,
            "protocol": "http",
            "url": f"https://${{{function_app}.default_hostname}}/api",
            "resource_id": f"https://management.azure.com${{{function_app}.id}}",
            "tls": {"validate_certificate_chain": True, "validate_certificate_name": True},
            "lifecycle": with_gateway,
        },
    )
    resource(
        "azurerm_api_management_api_policy",
        f"{name}-policy",
        {
            "api_name": api_name,
            **IN_GATEWAY,
            "xml_content": POLICY.format(
                backend=f"${{azurerm_api_management_backend.{name}-backend.name}}",
                audience=audience,
            ),
            "depends_on": [f"azuread_app_role_assignment.{name}-assignment"],
            "lifecycle": with_api,
        },
    )
    operation = {
        "api_name": api_name,
        **IN_GATEWAY,
        "depends_on": [f"azurerm_api_management_api_policy.{name}-policy"],
        "lifecycle": with_api,
    }
    resource(
        "azurerm_api_management_api_operation",
        f"{name}-get-item",
        {
            "operation_id": "get-items-id",
            "display_name": "GET /items/{id}",
            "method": "GET",
            "url_template": "/items/{id}",
            "template_parameter": [{"name": "id", "required": True, "type": "string"}],
            **operation,
        },
    )
    resource(
        "azurerm_api_management_api_operation",
        f"{name}-post-item",
        {
            "operation_id": "post-items",
            "display_name": "POST /items",
            "method": "POST",
            "url_template": "/items",
            **operation,
        },
    )


app = App(outdir=sys.argv[2])
stack = TerraformStack(app, "benchmark")
for provider, arguments in (
    ("azurerm", {"features": [{}], "storage_use_azuread": True}),
    ("azuread", {}),
):
    override(
        TerraformProvider(
            stack,
            provider,
            terraform_resource_type=provider,
            terraform_provider_source=f"hashicorp/{provider}",
        ),
        arguments,
    )
data("azuread_client_config", "tenant", {})
resource("azurerm_resource_group", "group", {"name": "rg-benchmark", "location": "westeurope"})
resource(
    "azurerm_api_management",
    "gateway",
    {
        "name": "apim-benchmark",
        "resource_group_name": GROUP,
        "location": LOCATION,
        "publisher_name": "Contoso",
        "publisher_email": "api@contoso.example",
        "sku_name": "Standard_1",
        "min_api_version": "2021-08-01",
        "identity": {"type": "SystemAssigned"},
        "protocols": {"http2_enabled": True},
        "security": {
            "backend_ssl30_enabled": False,
            "backend_tls10_enabled": False,
            "backend_tls11_enabled": False,
            "frontend_ssl30_enabled": False,
            "frontend_tls10_enabled": False,
            "frontend_tls11_enabled": False,
            "tls_rsa_with_aes128_cbc_sha256_ciphers_enabled": False,
            "tls_rsa_with_aes128_cbc_sha_ciphers_enabled": False,
            "tls_rsa_with_aes128_gcm_sha256_ciphers_enabled": False,
            "tls_rsa_with_aes256_cbc_sha256_ciphers_enabled": False,
            "tls_rsa_with_aes256_cbc_sha_ciphers_enabled": False,
            "tls_rsa_with_aes256_gcm_sha384_ciphers_enabled": False,
            "triple_des_ciphers_enabled": False,
        },
    },
)
data("azuread_service_principal", "caller", {"object_id": GATEWAY_PRINCIPAL})
for number in range(int(sys.argv[1])):
    api(number)
app.synth()
