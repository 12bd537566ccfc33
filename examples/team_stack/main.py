"""A team's stack: its function app and API in a gateway that the platform team made."""

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)
from constructs_lib.policy import Expression, RateLimitByKey

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class BillingStack(TerraformStack):
    """Billing in the company's gateway."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        gateway = Gateway.existing(
            self, "gateway", name="apim-contoso", resource_group_name="rg-platform"
        )
        billing = SecuredFunctionApi(
            self,
            "billing",
            gateway=gateway,
            path="billing",
            operations=["GET /invoices/{number}", "POST /invoices"],
            function_app=FunctionAppProps(runtime=Runtime.node("22")),
            resource_group=ResourceGroup(self, "group", name="rg-billing", location="westeurope"),
        )
        billing.policy.inbound.append(
            RateLimitByKey(
                calls=100, renewal_period=60, counter_key=Expression("@(context.Subscription.Id)")
            )
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=billing.registration.tenant_id,
            apis={"billing": billing},
        )


app = App()
BillingStack(app, "team-stack")
app.synth()
