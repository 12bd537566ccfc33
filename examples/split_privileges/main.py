"""Three teams with three sets of rights, each applying a stack of its own.

The platform team makes the gateway, the directory team the registrations and the assignments of
their role. The team's stack reads both from their state. A team that may not read the directory
team's state takes `terraform output -json directory_contract` instead: examples/directory_contract.
"""

from constructs_lib import (
    AppRegistration,
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    GatewayReferences,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_contract,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class PlatformStack(TerraformStack):
    """The platform team's: the gateway and its identity. No right in the directory."""

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


class DirectoryStack(TerraformStack):
    """The directory team's: who is there, and who may ask for tokens. No right in Azure."""

    def __init__(self, scope: Construct, id: str, *, gateway: GatewayReferences) -> None:
        super().__init__(scope, id)
        add_providers(self)
        self.orders = AppRegistration(self, "orders", display_name="orders")
        billing = AppRegistration(self, "billing", display_name="billing")
        for registration in (self.orders, billing):
            registration.grant(gateway.caller)
        add_contract(self, {"orders": self.orders, "billing": billing})


class OrdersStack(TerraformStack):
    """A team's API, with what it needs from the state of the other stacks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        registration: AppRegistration,
    ) -> None:
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
            registration=registration,
        )
        add_outputs(
            self, gateway=gateway, tenant_id=registration.tenant_id, apis={"orders": orders}
        )


app = App()
platform = PlatformStack(app, "platform")
directory = DirectoryStack(app, "directory", gateway=platform.gateway)
OrdersStack(app, "orders", gateway=platform.gateway, registration=directory.orders)
app.synth()
