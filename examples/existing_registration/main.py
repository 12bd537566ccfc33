"""No rights in the directory: the registration and the gateway's ids come from those who have them.

Whoever manages the registration assigns its app role to the gateway's identity; nothing here reads
or writes the directory.
"""

from constructs_lib import (
    AppRegistration,
    FunctionAppProps,
    Gateway,
    Principal,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class OrdersStack(TerraformStack):
    """Orders, with everything of Entra managed elsewhere."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        gateway = Gateway.existing(
            self,
            "gateway",
            name="apim-contoso",
            resource_group_name="rg-platform",
            principal=Principal(
                name="gateway",
                client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
                object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
            ),
        )
        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders/{id}"],
            function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
            resource_group=ResourceGroup(self, "group", name="rg-orders", location="westeurope"),
            registration=AppRegistration.existing(
                client_id="c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33",
                tenant_id="7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
            ),
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=orders.registration.tenant_id,
            apis={"orders": orders},
        )


app = App()
OrdersStack(app, "existing-registration")
app.synth()
