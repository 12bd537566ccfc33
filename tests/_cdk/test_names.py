"""Names that Azure has once are taken once by the stacks of one app; both takers are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, TerraformStack

from constructs_lib import (
    ExistingGateway,
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    Hosting,
    OutsideFunctionApp,
    Placement,
    Product,
    Publisher,
    ResourceMetadata,
    SecuredFunctionApi,
    SecuredMcpServer,
    Storage,
    add_azapi_provider,
    add_providers,
)
from constructs_lib._core.errors import InputError
from constructs_lib.policy import Base, Document, Fragment, SetHeader
from tests.mcp_server.samples import weather

PLACE = Placement(name="rg-orders", location="westeurope")


ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stcode"
KEPT = Storage.existing(name="stcode", account_id=ACCOUNT, container="code")
OLD = OutsideFunctionApp(
    id="/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-old"
)
PRODUCT = Product(id="shop", display_name="Shop", policy=Document())


def new_gateway(stack: TerraformStack, name: str = "apim-contoso", **props: Any) -> None:
    publisher = Publisher(name="Contoso", email="api@contoso.example")
    Gateway(stack, "gateway", resource_group=PLACE, name=name, publisher=publisher, **props)


def existing(stack: TerraformStack, name: str = "apim", **props: Any) -> ExistingGateway:
    return Gateway.existing(stack, "gateway", name=name, resource_group_name="rg", **props)


def policy(stack: TerraformStack) -> None:
    existing(stack, policy=Document(inbound=[Base()]))


def fragment(stack: TerraformStack) -> None:
    gateway = existing(stack)
    gateway.add_fragment("who", Fragment([SetHeader(name="X-Who", values=["we"])]))


def outside(stack: TerraformStack) -> None:
    add_azapi_provider(stack)
    SecuredFunctionApi(
        stack,
        "orders",
        gateway=existing(stack, f"apim-{stack.node.id}"),
        path="orders",
        operations=["GET /orders"],
        function_app=OLD,
    )


def identity(stack: TerraformStack, subscription_id: str | None = None) -> None:
    add_providers(stack, subscription_id=subscription_id)
    new_gateway(stack, f"apim-{stack.node.id}", identity=GatewayIdentity(user_assigned="id-apim"))


def mcp_server(stack: TerraformStack) -> SecuredMcpServer:
    gateway = stack.node.try_find_child("gateway") or existing(stack)
    return weather(stack, f"weather-{stack.node.id}", gateway=gateway, resource_group=PLACE)


def api(
    gateway: str = "{stack}",
    path: str = "{stack}",
    name: str = "{stack}",
    app: str = "",
    storage: str | Storage = "",
    **props: Any,
) -> Callable[[TerraformStack], None]:
    """An API with names of its own, save those that are given."""

    def make(stack: TerraformStack) -> None:
        def own(text: str) -> str:
            return text.format(stack=stack.node.id)

        account = storage if isinstance(storage, Storage) else Storage(name=storage or None)
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
                runtime="python 3.12", hosting=Hosting.flex_consumption(), storage=account
            ),
            **props,
        )

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (policy, "the policy 'of the whole service' in this gateway is taken by one/gateway"),
        (fragment, "the fragment 'who' in this gateway is taken by one/gateway"),
        (new_gateway, "the API Management service 'apim-contoso' is taken by one/gateway"),
        (
            api(app="func-orders"),
            "the function app 'func-orders' is taken by one/orders/",
        ),
        (api(storage="storders"), "the storage account 'storders' is taken by one/orders/"),
        (
            api(gateway="apim", path="orders"),
            "the path 'orders' in this gateway is taken by one/orders/",
        ),
        (api(gateway="apim", name="o"), "the API name 'o' in this gateway is taken by one/orders/"),
        (
            api(gateway="apim", product=PRODUCT),
            "the product 'shop' in this gateway is taken by one/",
        ),
        (
            api(gateway="apim", product=replace(PRODUCT, display_name=None)),
            "the policy of product 'shop' in this gateway is taken by one/",
        ),
        (
            api(gateway="apim", named_values={"tenant": "t"}),
            "the named value 'tenant' in this gateway is taken by one/",
        ),
        (
            api(storage=KEPT),
            f"the storage container '{ACCOUNT}/code' is taken by one/orders/",
        ),
        (outside, f"the Easy Auth of the function app '{OLD.id}' is taken by one/orders/"),
        (
            mcp_server,
            "the path '.well-known/oauth-protected-resource' in this gateway is taken by "
            "one/gateway/resource-metadata already (it serves all MCP servers of a gateway: give "
            "the resource_metadata of the server that made it, or in another stack "
            "ResourceMetadata.of(stack, gateway, existing=True))",
        ),
        (
            identity,
            "the user-assigned identity 'id-apim' in this resource group is taken by one/gateway",
        ),
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


def test_groups_of_one_name_in_two_subscriptions_are_two_groups(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for number, name in enumerate(("one", "two"), start=1):
        identity(TerraformStack(app, name), f"{number}" * 8 + "-1111-4111-8111-111111111111")


def test_a_second_stack_adds_its_mcp_server_to_the_metadata_of_the_first(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for name in ("one", "two"):
        stack = TerraformStack(app, name)
        add_providers(stack)
        ResourceMetadata.of(stack, existing(stack), existing=name == "two")
        mcp_server(stack)
    app.synth()
    resources = {
        name: json.loads((tmp_path / f"stacks/{name}/cdk.tf.json").read_text())["resource"]
        for name in ("one", "two")
    }
    paths = {
        name: sorted(each["path"] for each in made["azurerm_api_management_api"].values())
        for name, made in resources.items()
    }
    assert paths == {
        "one": [".well-known/oauth-protected-resource", "weather-one"],
        "two": ["weather-two"],
    }
    [added] = [
        each
        for each in resources["two"]["azurerm_api_management_api_operation"].values()
        if each["api_name"] == "resource-metadata"
    ]
    assert added["url_template"] == "/weather-two/mcp"
