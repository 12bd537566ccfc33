"""Names that Azure has once are taken once by the stacks of one app; both takers are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cdktf import App, TerraformStack

from constructs_lib import FunctionAppProps, Gateway, Publisher, SecuredFunctionApi, Storage
from constructs_lib._cdk.placement import Placement
from constructs_lib._core.errors import InputError
from constructs_lib.policy import Base, Document, Fragment, SetHeader

PLACE = Placement(name="rg-orders", location="westeurope")


def new_gateway(stack: TerraformStack) -> None:
    publisher = Publisher(name="Contoso", email="api@contoso.example")
    Gateway(stack, "gateway", resource_group=PLACE, name="apim-contoso", publisher=publisher)


def policy(stack: TerraformStack) -> None:
    Gateway.existing(
        stack, "gateway", name="apim", resource_group_name="rg", policy=Document(inbound=[Base()])
    )


def fragment(stack: TerraformStack) -> None:
    gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    gateway.add_fragment("who", Fragment([SetHeader(name="X-Who", values=["we"])]))


def api(
    gateway: str = "{stack}",
    path: str = "{stack}",
    name: str = "{stack}",
    app: str = "",
    storage: str = "",
) -> Callable[[TerraformStack], None]:
    """An API with names of its own, save those that are given."""

    def make(stack: TerraformStack) -> None:
        def own(text: str) -> str:
            return text.format(stack=stack.node.id)

        SecuredFunctionApi(
            stack,
            "orders",
            gateway=Gateway.existing(
                stack, "gateway", name=own(gateway), resource_group_name="rg-platform"
            ),
            path=own(path),
            name=own(name),
            operations=["GET /orders"],
            resource_group=PLACE,
            function_app_name=app or None,
            function_app=FunctionAppProps(
                runtime="python 3.12", storage=Storage(name=storage or None)
            ),
        )

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (policy, "the policy 'of the whole service' is in this gateway already, from one/gateway"),
        (fragment, "the fragment 'who' is in this gateway already, from one/gateway"),
        (new_gateway, "the API Management service 'apim-contoso' is made by one/gateway"),
        (
            api(app="func-orders"),
            "the function app 'func-orders' is made by one/orders/",
        ),
        (api(storage="storders"), "the storage account 'storders' is made by one/orders/"),
        (
            api(gateway="apim", path="orders"),
            "the path 'orders' is in this gateway already, from",
        ),
        (api(gateway="apim", name="o"), "the API name 'o' is in this gateway already, from one"),
    ],
)
def test_a_second_stack_is_refused_with_both_paths(
    make: Callable[[TerraformStack], None], said: str, tmp_path: Path
) -> None:
    app = App(outdir=str(tmp_path))
    make(TerraformStack(app, "one"))
    with pytest.raises(InputError, match=r"^two/") as refused:
        make(TerraformStack(app, "two"))
    assert said in str(refused.value)
    make(TerraformStack(App(outdir=str(tmp_path)), "two"))  # another app is another world


def test_stacks_on_one_gateway_with_names_of_their_own_are_fine(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for name in ("one", "two"):
        api(gateway="apim")(TerraformStack(app, name))
