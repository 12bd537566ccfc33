"""What a stack's policies name has to be there, if the stack makes the gateway."""

from __future__ import annotations

import pytest

from constructs_lib.policy.stack import undefined_references

GATEWAY = "${azurerm_api_management.apim.name}"
POLICY = (
    "<policies><inbound><base />{}</inbound><backend><base /></backend>"
    "<outbound><base /></outbound><on-error><base /></on-error></policies>"
)


def stack(inbound, *, gateway=GATEWAY, **resources):
    return {
        "resource": {
            "azurerm_api_management_api_policy": {
                "orders": {"api_management_name": gateway, "xml_content": POLICY.format(inbound)}
            },
            **resources,
        }
    }


@pytest.mark.parametrize(
    ("inbound", "rule", "name"),
    [
        ('<set-variable name="x" value="{{greeting}}" />', "SFP405", "greeting"),
        ('<set-backend-service backend-id="orders" />', "SFP406", "orders"),
        ('<include-fragment fragment-id="limits" />', "SFP407", "limits"),
    ],
)
def test_what_nothing_defines_is_found_and_what_is_defined_is_not(inbound, rule, name):
    (finding,) = undefined_references(stack(inbound))
    assert finding.rule == rule
    assert name in finding.message
    assert finding.address == "azurerm_api_management_api_policy.orders"
    defined = stack(
        inbound,
        azurerm_api_management_named_value={
            "a": {"api_management_name": GATEWAY, "display_name": "greeting"}
        },
        azurerm_api_management_backend={"a": {"api_management_name": GATEWAY, "name": "orders"}},
        azurerm_api_management_policy_fragment={
            "a": {
                "api_management_id": "${azurerm_api_management.apim.id}",
                "name": "limits",
                "value": "<fragment />",
            }
        },
    )
    assert undefined_references(defined) == []


def test_what_another_gateway_defines_does_not_count():
    other = stack(
        '<set-backend-service backend-id="orders" />',
        azurerm_api_management_backend={
            "a": {"api_management_name": "${azurerm_api_management.other.name}", "name": "orders"}
        },
    )
    assert [finding.rule for finding in undefined_references(other)] == ["SFP406"]


@pytest.mark.parametrize(
    "gateway", ["apim-contoso", "${data.azurerm_api_management.apim.name}", None, 1]
)
def test_a_gateway_that_exists_elsewhere_may_define_anything(gateway):
    elsewhere = stack('<set-variable name="x" value="{{greeting}}" />', gateway=gateway)
    assert undefined_references(elsewhere) == []


@pytest.mark.parametrize("configuration", [{}, {"resource": 1}, {"resource": {"x": []}}])
def test_other_json_is_no_trouble(configuration):
    assert undefined_references(configuration) == []
