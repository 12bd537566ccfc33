"""What policies name has to exist, where Terraform makes the gateway: found once, in both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import cli
from constructs_lib.access import analyse, read_stacks
from constructs_lib.stack.validate_access import validate_access

GATEWAY = "${azurerm_api_management.apim.name}"
UNDEFINED = {"SFP405", "SFP406", "SFP407"}
POLICY = (
    "<policies><inbound><base />{}</inbound><backend><base /></backend>"
    "<outbound><base /></outbound><on-error><base /></on-error></policies>"
)
NAMING = {
    "SFP405": '<set-variable name="x" value="{{greeting}}" />',
    "SFP406": '<set-backend-service backend-id="orders" />',
    "SFP407": '<include-fragment fragment-id="limits" />',
}
NAMES = {"SFP405": "greeting", "SFP406": "orders", "SFP407": "limits"}


def stack(inbound: str, *, gateway: Any = GATEWAY, **resources: Any) -> dict[str, Any]:
    return {
        "resource": {
            "azurerm_api_management": {"apim": {"name": "apim-contoso"}},
            "azurerm_api_management_api": {
                "orders": {
                    "name": "orders",
                    "api_management_name": gateway,
                    "service_url": "https://orders.example",
                }
            },
            "azurerm_api_management_api_policy": {
                "orders": {
                    "api_management_name": gateway,
                    "api_name": "${azurerm_api_management_api.orders.name}",
                    "xml_content": POLICY.format(inbound),
                }
            },
            **resources,
        }
    }


def defining(gateway: str = "apim", **names: str) -> dict[str, Any]:
    named = {"api_management_name": f"${{azurerm_api_management.{gateway}.name}}"}
    identified = {"api_management_id": f"${{azurerm_api_management.{gateway}.id}}"}
    names = {"named_value": "greeting", "backend": "orders", "fragment": "limits", **names}
    return {
        "azurerm_api_management_named_value": {
            "a": {**named, "display_name": names["named_value"], "value": "x"}
        },
        "azurerm_api_management_backend": {
            "a": {**named, "name": names["backend"], "url": "https://x.example"}
        },
        "azurerm_api_management_policy_fragment": {
            "a": {**identified, "name": names["fragment"], "value": "<fragment />"}
        },
    }


def undefined(document: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [
        (each.rule, each.address, each.message)
        for each in analyse(read_stacks({"stack": document})).findings
        if each.rule in UNDEFINED or each.rule == "SF307"
    ]


@pytest.mark.parametrize("rule", NAMING)
def test_what_nothing_defines_is_found_and_what_is_defined_is_not(rule: str) -> None:
    [(found, address, message)] = undefined(stack(NAMING[rule]))
    assert found == rule
    assert address == "azurerm_api_management_api_policy.orders"
    assert f"`{NAMES[rule]}`, which nothing defines" in message
    assert undefined(stack(NAMING[rule], **defining())) == []


def test_names_are_the_same_in_capitals() -> None:
    names = defining(named_value="Greeting", backend="Orders", fragment="Limits")
    assert undefined(stack("".join(NAMING.values()), **names)) == []


def test_a_name_that_is_near_is_the_fix() -> None:
    document = stack(NAMING["SFP407"], **defining(fragment="limit"))
    [finding] = [
        each
        for each in analyse(read_stacks({"stack": document})).findings
        if each.rule in UNDEFINED
    ]
    assert finding.fix == "did you mean `limit`?"


def test_several_names_of_a_policy_are_one_finding() -> None:
    [(_, _, message)] = undefined(
        stack(NAMING["SFP405"] + NAMING["SFP405"].replace("greeting", "bye"))
    )
    assert "the named value `greeting` and the named value `bye`, which" in message


def test_what_another_gateway_defines_does_not_count() -> None:
    document = stack(NAMING["SFP406"], **defining("other"))
    document["resource"]["azurerm_api_management"]["other"] = {"name": "apim-other"}
    assert [rule for rule, *_ in undefined(document)] == ["SFP406"]


@pytest.mark.parametrize(
    "gateway", ["apim-elsewhere", "${data.azurerm_api_management.apim.name}", "${var.gateway}"]
)
def test_a_gateway_that_exists_elsewhere_may_define_anything(gateway: str) -> None:
    assert undefined(stack("".join(NAMING.values()), gateway=gateway)) == []


def test_a_name_that_only_terraform_knows_may_be_the_one() -> None:
    names = dict.fromkeys(("named_value", "backend", "fragment"), "${var.name}")
    assert undefined(stack("".join(NAMING.values()), **defining(**names))) == []


def test_a_reference_to_a_resource_is_none_to_a_name() -> None:
    inbound = NAMING["SFP406"].replace("orders", "${azurerm_api_management_backend.a.name}")
    assert undefined(stack(inbound, **defining())) == []
    assert undefined(stack(inbound.replace(".a.name", ".a.id"), **defining())) == []


def test_a_backend_that_a_named_value_names_is_found_too() -> None:
    inbound = NAMING["SFP406"].replace("orders", "{{greeting}}")
    [(rule, *_)] = undefined(stack(inbound, **defining()))
    assert rule == "SFP406"


def test_every_scope_is_read() -> None:
    gateway = {"api_management_name": GATEWAY}
    document = stack(
        "",
        azurerm_api_management_product={"p": {**gateway, "product_id": "p"}},
        azurerm_api_management_product_policy={
            "p": {**gateway, "product_id": "p", "xml_content": POLICY.format(NAMING["SFP406"])}
        },
        azurerm_api_management_policy={
            "p": {
                "api_management_id": "${azurerm_api_management.apim.id}",
                "xml_content": POLICY.format(NAMING["SFP406"]),
            }
        },
        azurerm_api_management_policy_fragment={
            "p": {
                "api_management_id": "${azurerm_api_management.apim.id}",
                "name": "p",
                "value": f"<fragment>{NAMING['SFP406']}</fragment>",
            }
        },
    )
    assert {address for _, address, _ in undefined(document)} == {
        "azurerm_api_management_policy.p",
        "azurerm_api_management_policy_fragment.p",
        "azurerm_api_management_product_policy.p",
    }


@pytest.mark.parametrize("as_list", [False, True])
def test_check_and_validate_access_say_the_same(
    as_list: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stack's JSON, also with a block that is written as a list of one."""
    from cdktf import App, TerraformStack

    document = stack("".join(NAMING.values()))
    if as_list:
        policies = document["resource"]["azurerm_api_management_api_policy"]
        policies["orders"] = [policies["orders"]]
    app = App(outdir=str(tmp_path))
    made = TerraformStack(app, "stack")
    made.add_override("resource", document["resource"])
    validate_access(app)
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    file = tmp_path / "cdk.tf.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert cli.main(["check", str(file), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [each["rule"] for each in found if each["rule"] in UNDEFINED] == sorted(UNDEFINED)
    said = [
        f"{each['rule']} {at['address']}.{at['attribute']}: {at['message']}. {each['fix']}."
        for each in found
        if each["severity"] == "error"
        for at in each["places"]
    ]
    assert [line for line in said if line not in str(refused.value)] == []
    assert str(refused.value).count("SF") == len(said)


def test_an_undefined_name_is_accepted_with_a_reason() -> None:
    document = stack(NAMING["SFP405"])
    address = "azurerm_api_management_api_policy.orders"
    document["output"] = {
        "secured_functions_accepted": {"value": {address: {"SFP405": "made by hand"}}}
    }
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.reason for each in analysis.accepted] == ["made by hand"]
