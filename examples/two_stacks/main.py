"""The gateway in one stack and an API in another, so that each team applies its own."""

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    GatewayReferences,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class PlatformStack(TerraformStack):
    """The company's gateway."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        self.gateway = Gateway(
            self,
            "gateway",
            resource_group=ResourceGroup(self, "group", name="rg-platform", location="westeurope"),
            name="apim-contoso",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            identity=GatewayIdentity(system_assigned=False, user_assigned="id-apim-contoso"),
        )


class OrdersStack(TerraformStack):
    """A team's API; what it needs of the gateway comes from the platform stack's state."""

    def __init__(self, scope: Construct, id: str, *, gateway: GatewayReferences) -> None:
        super().__init__(scope, id)
        add_providers(self)
        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders/{id}"],
            function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
            resource_group=ResourceGroup(self, "group", name="rg-orders", location="westeurope"),
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=orders.registration.tenant_id,
            apis={"orders": orders},
        )


app = App()
platform = PlatformStack(app, "platform")
OrdersStack(app, "orders", gateway=platform.gateway)
app.synth()
