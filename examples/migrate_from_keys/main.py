"""From function keys to the gateway's identity in three applies, without refusing a request.

Change STAGE and apply: `keys`, then `both`, then deploy the functions with the level `anonymous`,
then `identity`. docs/guides/migrate-from-keys.md says what to check in between.
"""

import os
from typing import cast

from constructs_lib import (
    AppRegistration,
    ExistingIdentity,
    Gateway,
    KeyVaultSecret,
    SecuredFunctionApi,
    Stage,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppIdentity,
    LinuxFunctionAppSiteConfig,
    LinuxFunctionAppSiteConfigApplicationStack,
)
from constructs import Construct

STAGE = cast("Stage", os.environ.get("STAGE", "keys"))


class PaymentsStack(TerraformStack):
    """Payments, whose function app is called with a key today."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        add_providers(self)
        function_app = LinuxFunctionApp(
            self,
            "function",
            name="func-contoso-payments",
            resource_group_name="rg-payments",
            location="westeurope",
            service_plan_id="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups"
            "/rg-payments/providers/Microsoft.Web/serverFarms/plan-payments",
            storage_account_name="stcontosopayments",
            storage_uses_managed_identity=True,
            identity=LinuxFunctionAppIdentity(type="SystemAssigned"),
            site_config=LinuxFunctionAppSiteConfig(
                scm_ip_restriction_default_action="Deny",
                application_stack=LinuxFunctionAppSiteConfigApplicationStack(python_version="3.12"),
            ),
        )
        gateway = Gateway.existing(
            self,
            "gateway",
            name="apim-contoso",
            resource_group_name="rg-platform",
            identity=ExistingIdentity(
                id="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-platform"
                "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-apim-contoso",
                client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
                principal_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
            ),
        )
        payments = SecuredFunctionApi(
            self,
            "payments",
            gateway=gateway,
            path="payments",
            operations=["GET /payments/{id}", "POST /payments"],
            function_app=function_app,
            registration=AppRegistration(self, "registration", display_name="payments"),
            migration=stage,
            function_key=KeyVaultSecret(
                secret_id="https://kv-contoso.vault.azure.net/secrets/payments-function-key"
            ),
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=payments.registration.tenant_id,
            apis={"payments": payments},
        )


app = App()
PaymentsStack(app, "migrate-from-keys", stage=STAGE)
app.synth()
