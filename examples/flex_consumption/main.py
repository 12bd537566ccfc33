"""Flex Consumption: warm instances, storage reached with the identity, traces without a key."""

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Hosting,
    Monitoring,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.log_analytics_workspace import LogAnalyticsWorkspace
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class OrdersStack(TerraformStack):
    """Orders on Flex Consumption behind a StandardV2 gateway."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-flex", location="westeurope")
        workspace = LogAnalyticsWorkspace(
            self,
            "workspace",
            name="log-flex",
            resource_group_name=group.name,
            location=group.location,
        )
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-flex",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            sku="StandardV2_1",
        )
        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders/{id}"],
            function_app=FunctionAppProps(
                runtime=Runtime.dotnet_isolated("8.0"),
                hosting=Hosting.flex_consumption(always_ready={"http": 1}),
                monitoring=Monitoring.new(workspace_id=workspace.id),
            ),
            function_app_name="func-contoso-flex",
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=orders.registration.tenant_id,
            apis={"orders": orders},
        )


app = App()
OrdersStack(app, "flex-consumption")
app.synth()
