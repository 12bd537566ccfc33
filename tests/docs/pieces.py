"""What the pieces of stacks on the pages stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cdktf import TerraformStack

from constructs_lib import (
    ExistingGateway,
    FunctionAppProps,
    Gateway,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)
from tests.docs.blocks import ROOT

PREAMBLES = Path(__file__).with_name("preambles")
# Pages whose pieces belong to the stacks of an example.
STANDS_ON = {"docs/guides/split-privileges.md": "examples/split_privileges/main.py"}


def preamble_of(page: str) -> Path:
    """What stands before each piece of a page, for it to run."""
    return (PREAMBLES / page.removeprefix("docs/")).with_suffix(".py")


def stack_of(example: str) -> str:
    """The stacks of an example, without the app that it ends with."""
    return (ROOT / example).read_text(encoding="utf-8").partition("\napp = App()\n")[0]


def orders_in(stack: TerraformStack, **app: Any) -> tuple[ExistingGateway, SecuredFunctionApi]:
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
