"""What the pieces of stacks on several pages stand in."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformStack

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)


def orders_in(stack: TerraformStack, **app: Any) -> tuple[Any, SecuredFunctionApi]:
    """A gateway that is there, and an API with its function app in it."""
    from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

    add_providers(stack)
    name = f"apim-{stack.node.id}"  # pieces of a page are no two APIs on one gateway
    gateway = Gateway.existing(stack, "gateway", name=name, resource_group_name="rg-platform")
    orders = SecuredFunctionApi(
        stack,
        "orders",
        gateway=gateway,
        path="orders",
        operations=["GET /orders/{id}"],
        function_app=FunctionAppProps(runtime=Runtime.python("3.12"), **app),
        resource_group=ResourceGroup(stack, "group", name="rg-orders", location="westeurope"),
    )
    return gateway, orders
