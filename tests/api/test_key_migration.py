"""Each stage of the migration sends, enforces and waits for exactly what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppSiteConfig,
)
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import (
    LinuxFunctionAppSlot,
    LinuxFunctionAppSlotSiteConfig,
)

from constructs_lib import (
    EasyAuth,
    FunctionAppProps,
    Gateway,
    InputError,
    KeyVaultSecret,
    OutsideFunctionApp,
    Placement,
    Principal,
    Publisher,
    Runtime,
    SecuredFunctionApi,
)
from constructs_lib.access import analyse, read_stacks

CALLER = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
KEY = KeyVaultSecret(secret_id="https://kv.vault.azure.net/secrets/orders-key")
SITE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-orders"
STAGES = ("keys", "both", "identity", None)


def function_app(stack, name="func-orders") -> LinuxFunctionApp:
    return LinuxFunctionApp(
        stack,
        "mine",
        name=name,
        resource_group_name="rg",
        location="westeurope",
        service_plan_id="/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/serverFarms/p",
        storage_account_name="st",
        storage_uses_managed_identity=True,
        site_config=LinuxFunctionAppSiteConfig(scm_ip_restriction_default_action="Deny"),
    )


def orders(stack, stage, **props) -> SecuredFunctionApi:
    given: dict[str, Any] = {
        "path": "orders",
        "operations": ["GET /orders/{id}"],
        "gateway": Gateway(
            stack,
            "gateway",
            resource_group=Placement("rg", "westeurope"),
            name="apim",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
        ),
    }
    if stage is not None:
        given |= {"migration": stage, "function_key": KEY}
    return SecuredFunctionApi(stack, "orders", **{**given, **props})


def with_slot(stack, stage) -> SecuredFunctionApi:
    app = function_app(stack)
    slot = LinuxFunctionAppSlot(
        stack,
        "staging",
        name="staging",
        function_app_id=app.id,
        storage_account_name="st",
        storage_uses_managed_identity=True,
        site_config=LinuxFunctionAppSlotSiteConfig(scm_ip_restriction_default_action="Deny"),
    )
    return orders(stack, stage, function_app=app, slots={"staging": slot})


@pytest.fixture(scope="module")
def stages(build) -> dict[Any, dict[str, Any]]:
    return {stage: build(lambda stack, stage=stage: with_slot(stack, stage)) for stage in STAGES}


@pytest.fixture(scope="module")
def outside(build) -> dict[Any, dict[str, Any]]:
    return {
        stage: build(
            lambda stack, stage=stage: orders(
                stack, stage, function_app=OutsideFunctionApp(id=SITE, slots=["staging"])
            )
        )
        for stage in STAGES
    }


def only(terraform, kind):
    (resource,) = terraform["resource"][kind].values()
    return resource


def inbound(terraform) -> str:
    xml = only(terraform, "azurerm_api_management_api_policy")["xml_content"]
    return xml[xml.index("<inbound>") : xml.index("</inbound>")]


def sites(terraform) -> list[dict[str, Any]]:
    kinds = ("azurerm_linux_function_app", "azurerm_linux_function_app_slot")
    return [only(terraform, kind) for kind in kinds]


@pytest.mark.parametrize(
    ("stage", "token", "key"),
    [("keys", False, True), ("both", True, True), ("identity", True, False)],
)
def test_a_stage_sends_key_and_token_as_its_name_says(stages, stage, token, key):
    policy = inbound(stages[stage])
    assert ("<authentication-managed-identity" in policy) is token
    assert ("<value>{{orders-function-key}}</value>" in policy) is key
    # What this stack makes a gateway for goes in an apply of its own, when no policy reads it.
    assert "azurerm_api_management_named_value" in stages[stage]["resource"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_key_that_a_caller_brings_goes_nowhere(stages, stage):
    policy = inbound(stages[stage])
    (action,) = re.findall(r'"x-functions-key" exists-action="(\w+)"', policy)
    assert action in ("override", "delete")
    assert '<set-query-parameter name="code" exists-action="delete" />' in policy


def test_the_policy_stays_when_the_last_stage_is_no_longer_said(stages):
    assert inbound(stages[None]) == inbound(stages["identity"])


def test_a_parameter_named_code_that_an_operation_declares_reaches_the_function(build):
    terraform = build(
        lambda stack: orders(
            stack,
            "identity",
            function_app=function_app(stack),
            operations=["GET /coupons/{code}"],
        )
    )
    assert 'name="code"' not in inbound(terraform)
    assert '"x-functions-key" exists-action="delete"' in inbound(terraform)


def test_easy_auth_is_written_in_every_stage_and_off_only_in_the_first(stages):
    for stage in STAGES:
        for site in sites(stages[stage]):
            assert site["auth_settings_v2"]["auth_enabled"] is (stage != "keys")
            assert site["auth_settings_v2"]["require_authentication"] is True


def test_going_on_and_back_changes_first_the_side_that_becomes_more_generous(stages):
    (policy,) = stages["both"]["resource"]["azurerm_api_management_api_policy"]
    for site in sites(stages["both"]):
        assert site["depends_on"] == [f"azurerm_api_management_api_policy.{policy}"]
    backend = only(stages["both"], "azurerm_api_management_backend")
    assert backend["url"] == "https://func-orders.azurewebsites.net/api"
    assert "azurerm_linux_function_app" not in json.dumps(backend)
    for stage in ("keys", "identity"):
        assert not any("depends_on" in site for site in sites(stages[stage]))
        backend = only(stages[stage], "azurerm_api_management_backend")
        assert "azurerm_linux_function_app.mine.default_hostname" in backend["url"]


def test_the_first_stage_sees_to_it_that_the_second_calls_the_same_host(stages):
    backend = only(stages["keys"], "azurerm_api_management_backend")
    (precondition,) = backend["lifecycle"]["precondition"]
    assert "azurerm_linux_function_app.mine.default_hostname" in precondition["condition"]
    assert '"func-orders.azurewebsites.net"' in precondition["condition"]


def test_the_role_is_assigned_before_any_token_is_asked_for(stages):
    for stage in STAGES:
        awaited = only(stages[stage], "azurerm_api_management_api_policy")["depends_on"]
        assert any(entry.startswith("azuread_app_role_assignment.") for entry in awaited)


def test_the_key_is_a_reference_that_is_there_before_the_policy_that_reads_it(stages):
    for stage in ("keys", "both"):
        value = only(stages[stage], "azurerm_api_management_named_value")
        assert value["value_from_key_vault"] == {"secret_id": KEY.secret_id}
        assert value["secret"] is True
        assert "value" not in value
        # With `create_before_destroy` Terraform would make the gateway, too, before the old one.
        (trigger,) = value["lifecycle"]["replace_triggered_by"]
        assert trigger.startswith("azurerm_api_management.")
        assert "create_before_destroy" not in value["lifecycle"]
        awaited = only(stages[stage], "azurerm_api_management_api_policy")["depends_on"]
        assert any(entry.startswith("azurerm_api_management_named_value.") for entry in awaited)


def test_on_a_gateway_that_exists_the_key_goes_after_the_policy_that_read_it(build):
    def on_existing(stack, stage):
        found = Gateway.existing(stack, "found", name="apim", resource_group_name="rg")
        orders(stack, stage, gateway=found, function_app=function_app(stack))

    key = "azurerm_api_management_named_value"
    for stage in ("keys", "both"):
        terraform = build(lambda stack, stage=stage: on_existing(stack, stage))
        assert only(terraform, key)["lifecycle"] == {"create_before_destroy": True}
    assert key not in build(lambda stack: on_existing(stack, "identity"))["resource"]


def test_dropping_the_last_stage_changes_nothing_but_what_becomes_of_brought_keys(stages):
    last, without = (json.loads(json.dumps(stages[stage])) for stage in ("identity", None))
    for terraform in (last, without):
        policy = only(terraform, "azurerm_api_management_api_policy")
        policy.pop("xml_content")
        policy.pop("depends_on")
    assert last["resource"].pop("azurerm_api_management_named_value")
    assert last == without


@pytest.mark.parametrize("stage", STAGES)
def test_the_check_finds_nothing_but_what_is_accepted(stages, outside, stage):
    accepted = {"keys": ["SF101", "SF101"]}.get(stage, [])
    analysis = analyse(read_stacks({"test": stages[stage]}, "test"))
    assert [f for f in analysis.findings if f.severity != "note"] == []
    assert [each.finding.rule for each in analysis.accepted] == accepted
    analysis = analyse(read_stacks({"test": outside[stage]}, "test"))
    assert [f for f in analysis.findings if f.severity != "note"] == []
    assert [each.finding.rule for each in analysis.accepted] == accepted


def test_an_app_outside_is_migrated_in_the_same_order(outside):
    def auth(terraform):
        resources = terraform["resource"]["azapi_update_resource"].items()
        return {name: body for name, body in resources if body["name"] == "authsettingsV2"}

    for stage in STAGES:
        settings = auth(outside[stage])
        policy = only(outside[stage], "azurerm_api_management_api_policy")
        assert len(settings) == 2
        for name, body in settings.items():
            assert body["body"]["properties"]["platform"]["enabled"] is (stage != "keys")
            after_policy = bool(body.get("depends_on"))
            before_policy = f"azapi_update_resource.{name}" in policy["depends_on"]
            assert (after_policy, before_policy) == (stage == "both", stage != "both")


def test_a_named_value_of_the_gateway_can_hold_the_key(build):
    terraform = build(
        lambda stack: orders(
            stack, "both", function_app=function_app(stack), function_key="func-orders-key"
        )
    )
    assert "<value>{{func-orders-key}}</value>" in inbound(terraform)
    assert "azurerm_api_management_named_value" not in terraform["resource"]


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"function_key": None}, "sends the function key"),
        ({"function_key": "no key"}, "the name of a named value"),
        ({"migration": "token"}, "write one of keys, both, identity"),
        ({"migration": None}, "keys or both"),
        (
            {"function_app": FunctionAppProps(runtime=Runtime.python("3.12"))},
            "only a function app that exists already",
        ),
    ],
)
def test_what_cannot_be_migrated_is_refused(stack: TerraformStack, props, message):
    given = {"function_app": function_app(stack), **props}
    with pytest.raises(InputError, match=message):
        orders(stack, "keys", **given)


def test_a_name_that_only_terraform_knows_needs_the_host_name(stack: TerraformStack):
    app = function_app(stack, name="${var.name}")
    with pytest.raises(InputError, match=r"function_app_hostname: .*only known to Terraform"):
        orders(stack, "keys", function_app=app)


def test_easy_auth_is_not_off_without_a_reason(stack: TerraformStack):
    with pytest.raises(InputError, match=r"off_reason: ' ' is not allowed \(say why"):
        EasyAuth(
            stack,
            "auth",
            client_id=CALLER.client_id,
            issuer="https://login.microsoftonline.com/7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6/v2.0",
            callers=[CALLER],
            off_reason=" ",
        )
