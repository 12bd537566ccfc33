"""What the piece of the page stands in: a function app that anybody's network may deploy to."""
# ruff: noqa: F401, F821

from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Inbound,
    Runtime,
    SecuredFunctionApi,
    accept,
    add_providers,
)

add_providers(self)
orders = SecuredFunctionApi(
    self,
    "orders",
    gateway=Gateway.existing(self, "gateway", name="apim", resource_group_name="rg-platform"),
    path="orders",
    operations=["GET /orders/{id}"],
    function_app=FunctionAppProps(
        runtime=Runtime.python("3.12"), deployment=Inbound.anywhere(reason="hosted agents")
    ),
    resource_group=ResourceGroup(self, "group", name="rg-orders", location="westeurope"),
)
function_app = orders.function_app
