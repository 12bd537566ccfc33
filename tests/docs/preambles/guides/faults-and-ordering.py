"""What the piece of the guide stands in: a gateway and an API in it."""
# ruff: noqa: F821

from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)

add_providers(stack)
gateway = Gateway.existing(stack, "gateway", name="apim-contoso", resource_group_name="rg-platform")
orders = SecuredFunctionApi(
    stack,
    "orders",
    gateway=gateway,
    path="orders",
    operations=["GET /orders/{id}"],
    function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
    resource_group=ResourceGroup(stack, "group", name="rg-orders", location="westeurope"),
)
