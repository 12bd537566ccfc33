"""Many APIs on one gateway, from a table."""

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

APIS = {
    "orders": ["GET /orders", "GET /orders/{id}", "POST /orders"],
    "customers": ["GET /customers/{id}", "PUT /customers/{id}"],
    "prices": ["GET /prices/{article}"],
    "shipping": ["POST /shipments", "GET /shipments/{number}"],
}


class ShopStack(TerraformStack):
    """The shop's APIs."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-shop", location="westeurope")
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-shop",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            sku="Standard_1",
        )
        apis = {
            name: SecuredFunctionApi(
                self,
                name,
                gateway=gateway,
                path=name,
                operations=operations,
                function_app=FunctionAppProps(
                    runtime=Runtime.python("3.12"), hosting=Hosting.consumption()
                ),
                function_app_name=f"func-contoso-{name}",
            )
            for name, operations in APIS.items()
        }
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=apis["orders"].registration.tenant_id,
            apis=apis,
        )


app = App()
ShopStack(app, "many-apis")
app.synth()
