"""The benchmark's stack, written with the providers' resources as their documentation shows it."""

import sys

from cdktf import App, TerraformResource, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_azuread.app_role_assignment import AppRoleAssignment
from cdktf_cdktf_provider_azuread.application import (
    Application,
    ApplicationApi,
    ApplicationAppRole,
)
from cdktf_cdktf_provider_azuread.data_azuread_client_config import DataAzureadClientConfig
from cdktf_cdktf_provider_azuread.data_azuread_service_principal import DataAzureadServicePrincipal
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
from cdktf_cdktf_provider_azuread.service_principal import ServicePrincipal
from cdktf_cdktf_provider_azurerm.api_management import (
    ApiManagement,
    ApiManagementIdentity,
    ApiManagementProtocols,
    ApiManagementSecurity,
)
from cdktf_cdktf_provider_azurerm.api_management_api import (
    ApiManagementApi,
    ApiManagementApiSubscriptionKeyParameterNames,
)
from cdktf_cdktf_provider_azurerm.api_management_api_operation import (
    ApiManagementApiOperation,
    ApiManagementApiOperationTemplateParameter,
)
from cdktf_cdktf_provider_azurerm.api_management_api_policy import ApiManagementApiPolicy
from cdktf_cdktf_provider_azurerm.api_management_backend import (
    ApiManagementBackend,
    ApiManagementBackendTls,
)
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppAuthSettingsV2,
    LinuxFunctionAppAuthSettingsV2ActiveDirectoryV2,
    LinuxFunctionAppAuthSettingsV2Login,
    LinuxFunctionAppIdentity,
    LinuxFunctionAppSiteConfig,
    LinuxFunctionAppSiteConfigApplicationStack,
)
from cdktf_cdktf_provider_azurerm.provider import AzurermProvider, AzurermProviderFeatures
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.role_assignment import RoleAssignment
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount

ROLE_ID = "8d5b0a5e-4f0b-4c47-9d0d-6c2f0a1f3b7e"
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


def remember(
    id_: str, values: dict[str, str], lifecycle: TerraformResourceLifecycle | None = None
) -> TerraformResource:
    # DataResource of cdktf would start terraform at each synth, once for each of them.
    resource = TerraformResource(
        stack, id_, terraform_resource_type="terraform_data", lifecycle=lifecycle
    )
    resource.add_override("input", values)
    return resource


def replaced_with(address: str) -> TerraformResourceLifecycle:
    return TerraformResourceLifecycle(replace_triggered_by=[address])


def address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


app = App(outdir=sys.argv[2])
stack = TerraformStack(app, "benchmark")
AzurermProvider(stack, "azurerm", features=[AzurermProviderFeatures()], storage_use_azuread=True)
AzureadProvider(stack, "azuread")
tenant = DataAzureadClientConfig(stack, "tenant")
group = ResourceGroup(stack, "group", name="rg-benchmark", location="westeurope")
gateway = ApiManagement(
    stack,
    "gateway",
    name="apim-benchmark",
    resource_group_name=group.name,
    location=group.location,
    publisher_name="Contoso",
    publisher_email="api@contoso.example",
    sku_name="Standard_1",
    min_api_version="2021-08-01",
    identity=ApiManagementIdentity(type="SystemAssigned"),
    protocols=ApiManagementProtocols(http2_enabled=True),
    security=ApiManagementSecurity(
        backend_ssl30_enabled=False,
        backend_tls10_enabled=False,
        backend_tls11_enabled=False,
        frontend_ssl30_enabled=False,
        frontend_tls10_enabled=False,
        frontend_tls11_enabled=False,
        tls_rsa_with_aes128_cbc_sha256_ciphers_enabled=False,
        tls_rsa_with_aes128_cbc_sha_ciphers_enabled=False,
        tls_rsa_with_aes128_gcm_sha256_ciphers_enabled=False,
        tls_rsa_with_aes256_cbc_sha256_ciphers_enabled=False,
        tls_rsa_with_aes256_cbc_sha_ciphers_enabled=False,
        tls_rsa_with_aes256_gcm_sha384_ciphers_enabled=False,
        triple_des_ciphers_enabled=False,
    ),
)
caller = DataAzureadServicePrincipal(stack, "caller", object_id=gateway.identity.principal_id)

for number in range(int(sys.argv[1])):
    name = f"api{number}"
    hosting = remember(f"{name}-hosting", {"kind": "consumption", "os": "Linux"})
    maker = remember(
        f"{name}-maker",
        {"object_id": tenant.object_id},
        TerraformResourceLifecycle(ignore_changes=["input"]),
    )
    owner = maker.get_string_attribute("output.object_id")
    registration = Application(
        stack,
        f"{name}-registration",
        display_name=name,
        sign_in_audience="AzureADMyOrg",
        owners=[owner],
        api=ApplicationApi(requested_access_token_version=2),
        app_role=[
            ApplicationAppRole(
                id=ROLE_ID,
                allowed_member_types=["Application"],
                display_name="Functions.Invoke",
                description="Call the functions",
                value="Functions.Invoke",
                enabled=True,
            )
        ],
    )
    principal = ServicePrincipal(
        stack,
        f"{name}-principal",
        client_id=registration.client_id,
        app_role_assignment_required=True,
        owners=[owner],
    )
    assignment = AppRoleAssignment(
        stack,
        f"{name}-assignment",
        app_role_id=ROLE_ID,
        principal_object_id=gateway.identity.principal_id,
        resource_object_id=principal.object_id,
    )
    plan = ServicePlan(
        stack,
        f"{name}-plan",
        name=f"plan-func-benchmark-{number}",
        resource_group_name=group.name,
        location=group.location,
        os_type="Linux",
        sku_name="Y1",
        lifecycle=replaced_with(address(hosting)),
    )
    storage = StorageAccount(
        stack,
        f"{name}-storage",
        name=f"stbenchmark{number}",
        resource_group_name=group.name,
        location=group.location,
        account_tier="Standard",
        account_replication_type="LRS",
        account_kind="StorageV2",
        https_traffic_only_enabled=True,
        min_tls_version="TLS1_2",
        shared_access_key_enabled=False,
        default_to_oauth_authentication=True,
        allow_nested_items_to_be_public=False,
        cross_tenant_replication_enabled=False,
        local_user_enabled=False,
    )
    function_app = LinuxFunctionApp(
        stack,
        f"{name}-function-app",
        name=f"func-benchmark-{number}",
        resource_group_name=group.name,
        location=group.location,
        service_plan_id=plan.id,
        storage_account_name=storage.name,
        storage_uses_managed_identity=True,
        https_only=True,
        public_network_access_enabled=True,
        webdeploy_publish_basic_authentication_enabled=False,
        ftp_publish_basic_authentication_enabled=False,
        builtin_logging_enabled=False,
        identity=LinuxFunctionAppIdentity(type="SystemAssigned"),
        app_settings={"AzureWebJobsStorage__credential": "managedidentity"},
        lifecycle=replaced_with(f"{address(plan)}.id"),
        site_config=LinuxFunctionAppSiteConfig(
            application_stack=LinuxFunctionAppSiteConfigApplicationStack(python_version="3.12"),
            minimum_tls_version="1.2",
            scm_minimum_tls_version="1.2",
            http2_enabled=True,
            remote_debugging_enabled=False,
            ftps_state="Disabled",
            ip_restriction_default_action="Allow",
            scm_ip_restriction_default_action="Deny",
            scm_use_main_ip_restriction=False,
        ),
        auth_settings_v2=LinuxFunctionAppAuthSettingsV2(
            auth_enabled=True,
            require_authentication=True,
            unauthenticated_action="Return401",
            require_https=True,
            login=LinuxFunctionAppAuthSettingsV2Login(token_store_enabled=False),
            active_directory_v2=LinuxFunctionAppAuthSettingsV2ActiveDirectoryV2(
                client_id=registration.client_id,
                tenant_auth_endpoint=f"https://login.microsoftonline.com/{tenant.tenant_id}/v2.0",
                allowed_audiences=[registration.client_id],
                allowed_applications=[caller.client_id],
                allowed_identities=[gateway.identity.principal_id],
            ),
        ),
    )
    RoleAssignment(
        stack,
        f"{name}-storage-role",
        scope=storage.id,
        role_definition_name="Storage Blob Data Owner",
        principal_id=function_app.identity.principal_id,
        principal_type="ServicePrincipal",
    )
    api = ApiManagementApi(
        stack,
        f"{name}-api",
        name=name,
        resource_group_name=group.name,
        api_management_name=gateway.name,
        revision="1",
        display_name=name,
        path=name,
        protocols=["https"],
        subscription_required=True,
        subscription_key_parameter_names=ApiManagementApiSubscriptionKeyParameterNames(
            header="Ocp-Apim-Subscription-Key", query="subscription-key"
        ),
        lifecycle=replaced_with(f"{address(gateway)}.id"),
    )
    backend = ApiManagementBackend(
        stack,
        f"{name}-backend",
        name=name,
        resource_group_name=group.name,
        api_management_name=gateway.name,
        protocol="http",
        url=f"https://{function_app.default_hostname}/api",
        resource_id=f"https://management.azure.com{function_app.id}",
        tls=ApiManagementBackendTls(
            validate_certificate_chain=True, validate_certificate_name=True
        ),
        lifecycle=replaced_with(f"{address(gateway)}.id"),
    )
    policy = ApiManagementApiPolicy(
        stack,
        f"{name}-policy",
        api_name=api.name,
        resource_group_name=group.name,
        api_management_name=gateway.name,
        xml_content=POLICY.format(backend=backend.name, audience=registration.client_id),
        depends_on=[assignment],
        lifecycle=replaced_with(f"{address(api)}.id"),
    )
    ApiManagementApiOperation(
        stack,
        f"{name}-get-item",
        operation_id="get-items-id",
        api_name=api.name,
        resource_group_name=group.name,
        api_management_name=gateway.name,
        display_name="GET /items/{id}",
        method="GET",
        url_template="/items/{id}",
        template_parameter=[
            ApiManagementApiOperationTemplateParameter(name="id", required=True, type="string")
        ],
        depends_on=[policy],
        lifecycle=replaced_with(f"{address(api)}.id"),
    )
    ApiManagementApiOperation(
        stack,
        f"{name}-post-item",
        operation_id="post-items",
        api_name=api.name,
        resource_group_name=group.name,
        api_management_name=gateway.name,
        display_name="POST /items",
        method="POST",
        url_template="/items",
        depends_on=[policy],
        lifecycle=replaced_with(f"{address(api)}.id"),
    )
app.synth()
