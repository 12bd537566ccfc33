"""What a policy names is there before it, whatever was written first in the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, TerraformStack

from constructs_lib import Gateway, Placement
from constructs_lib.policy import IncludeFragment, SetHeader
from tests.test_secured_function_api import gateway, orders

PART = "<fragment><set-header name='X' exists-action='delete' /></fragment>"
READING = "<fragment><set-header name='X'><value>{{greeting}}</value></set-header></fragment>"
SERVICE = """
<policies><inbound><include-fragment fragment-id='late' /></inbound>
<backend><forward-request /></backend><outbound /><on-error /></policies>
"""


@pytest.fixture(scope="module")
def waits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each policy and fragment of two stacks waits for, by the address of each."""
    app = App(outdir=str(tmp_path_factory.mktemp("out")), skip_validation=True)
    stack = TerraformStack(app, "platform")
    apim = gateway(stack, policy=SERVICE)
    apim.add_fragment("reading", READING)
    api = orders(stack, gateway=apim, named_values={"greeting": "hello"})
    api.policy.inbound.append(IncludeFragment(fragment_id="late"))
    orders(stack, "other", gateway=apim, policy=_policy("{{greeting}}"))
    orders(stack, "plain", gateway=apim)
    apim.add_fragment("late", PART)
    team = TerraformStack(app, "team")
    orders(
        team,
        "billing",
        gateway=apim,
        resource_group=Placement("rg", "westeurope"),
        policy="<policies><inbound><base /><include-fragment fragment-id='late' /></inbound>"
        "<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error>"
        "</policies>",
    )
    app.synth()
    return {
        f"{kind}.{name}": resource.get("depends_on", [])
        for file in Path(app.outdir).rglob("cdk.tf.json")
        for kind, resources in json.loads(file.read_text())["resource"].items()
        for name, resource in resources.items()
    }


def _policy(value: str) -> Any:
    from constructs_lib.policy import Document

    document = Document()
    document.inbound.append(SetHeader(name="X-Greeting", values=value))
    return document


def test_what_is_named_comes_first(waits: dict[str, list[str]]) -> None:
    fragment, value = (
        "azurerm_api_management_policy_fragment.gateway_fragment-",
        "azurerm_api_management_named_value.orders_api_named-value-greeting",
    )
    expected = {
        "azurerm_api_management_policy.gateway_policy": [f"{fragment}late"],
        f"{fragment}reading": [value],
        "azurerm_api_management_api_policy.orders_api_policy": [f"{fragment}late"],
        "azurerm_api_management_api_policy.other_api_policy": [value],
        "azurerm_api_management_api_policy.plain_api_policy": [],
    }
    parts = (fragment, value.partition("orders")[0])
    for start, names in expected.items():
        [found] = [each for address, each in waits.items() if address.startswith(f"{start}_")]
        named = [each.rpartition("_")[0] for each in found if each.startswith(parts)]
        assert named == names, start


def test_nothing_waits_for_a_resource_of_another_stack(waits: dict[str, list[str]]) -> None:
    [found] = [
        each
        for address, each in waits.items()
        if address.startswith("azurerm_api_management_api_policy.billing_")
    ]
    assert all("fragment" not in each and "terraform_remote_state" not in each for each in found)


def test_a_second_synth_waits_for_each_once(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), skip_validation=True)
    stack = TerraformStack(app, "test")
    apim = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    part = apim.add_fragment("reading", READING)
    orders(
        stack,
        gateway=apim,
        resource_group=Placement("rg", "westeurope"),
        named_values={"greeting": "hello"},
    )
    app.synth()
    once = list(part.depends_on or [])
    app.synth()
    assert part.depends_on == once
    assert len(once) == 1
