"""Which stack a construct is in, without asking jsii's kernel for each."""

from __future__ import annotations

from cdktf import App, TerraformStack
from constructs import Construct

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Hosting,
    Placement,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)
from constructs_lib._cdk.per_stack import stack_of


def test_each_construct_is_in_the_stack_that_cdktf_says() -> None:
    app = App()
    stacks = [TerraformStack(app, "gateway"), TerraformStack(Construct(app, "team"), "apis")]
    for stack in stacks:
        add_providers(stack)
    group = Placement(name="rg", location="westeurope")
    gateway = Gateway(
        Construct(stacks[0], "shared"),
        "gateway",
        resource_group=group,
        name="apim",
        publisher=Publisher(name="Contoso", email="api@contoso.example"),
        sku="Standard_1",
    )
    for stack in stacks:
        SecuredFunctionApi(
            Construct(stack, "orders"),
            f"orders-{stack.node.id}",
            gateway=gateway,
            path=f"orders-{stack.node.id}",
            operations=["GET /orders"],
            resource_group=group,
            function_app=FunctionAppProps(
                runtime=Runtime.python("3.12"), hosting=Hosting.consumption()
            ),
        )
    for stack in stacks:
        constructs = stack.node.find_all()
        assert len(constructs) > 15
        assert {stack_of(each) for each in constructs} == {stack}
