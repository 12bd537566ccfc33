"""A user-assigned identity on the gateway: its ids are known before the service is there.

No look-up in the directory is needed, and another service can take the identity over.
"""

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    Hosting,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from constructs import Construct


class OrdersStack(TerraformStack):
    """Orders behind a gateway that has both kinds of identity."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-orders", location="westeurope")
        identity = UserAssignedIdentity(
            self,
            "identity",
            name="id-apim-contoso",
            resource_group_name=group.name,
            location=group.location,
        )
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-orders",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            identity=GatewayIdentity(user_assigned=identity),
        )
        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders/{id}"],
            function_app=FunctionAppProps(
                runtime=Runtime.java("21"), hosting=Hosting.dedicated("P1v3", os="Windows")
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
OrdersStack(app, "user-assigned-identity")
app.synth()
