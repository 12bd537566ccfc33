"""A function app that was made in the portal, protected without importing it.

Only its Easy Auth and its side doors are written, on the slot too; no state holds its settings.
"""

from constructs_lib import (
    Gateway,
    OutsideFunctionApp,
    SecuredFunctionApi,
    add_azapi_provider,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from constructs import Construct


class InvoicesStack(TerraformStack):
    """Invoices, whose function app nobody wants to manage with Terraform."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        add_azapi_provider(self)
        gateway = Gateway.existing(
            self, "gateway", name="apim-contoso", resource_group_name="rg-platform"
        )
        invoices = SecuredFunctionApi(
            self,
            "invoices",
            gateway=gateway,
            path="invoices",
            operations=["GET /invoices/{number}"],
            function_app=OutsideFunctionApp(
                id="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-invoices"
                "/providers/Microsoft.Web/sites/func-contoso-invoices",
                slots=["staging"],
            ),
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=invoices.registration.tenant_id,
            apis={"invoices": invoices},
        )


app = App()
InvoicesStack(app, "function-app-outside-terraform")
app.synth()
