"""The recipe: a gateway, a function app that only it can call, and the API between them."""

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Hosting,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class OrdersStack(TerraformStack):
    """Orders behind a gateway of its own."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-orders", location="westeurope")
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-orders",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
        )
        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders", "GET /orders/{id}", "POST /orders"],
            function_app=FunctionAppProps(
                runtime=Runtime.python("3.12"), hosting=Hosting.consumption()
            ),
            function_app_name="func-contoso-orders",
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=orders.registration.tenant_id,
            apis={"orders": orders},
        )


app = App()
OrdersStack(app, "recipe")
app.synth()
