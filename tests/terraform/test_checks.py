"""What Terraform asserts of a stack holds for a good one, and notices each thing that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, TerraformStack, TerraformVariable

from constructs_lib import (
    AppRegistration,
    ExistingIdentity,
    FunctionAppProps,
    Gateway,
    InputError,
    Placement,
    Principal,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.stack.terraform_checks import add_checks
from tests.terraform.harness import Stack, needs_stand_in, run

AUDIENCE = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
CLIENT = "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11"
OBJECT = "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22"
OTHER = "9a7b330a-a736-4f3c-8f0a-2b3c4d5e6f70"
IDENTITY = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/id-gateway"
)
VARIABLES = {"audience": AUDIENCE, "tenant": TENANT, "client": CLIENT, "object": OBJECT}

APPLICATION = "data.azuread_application.orders_registration"
PRINCIPAL = "data.azuread_service_principal.orders_principal"
# The gateways of the two stacks; their addresses are put in for them.
SYSTEM, USER = "system", "user"
URL = "https://apim.azure-api.net"
GOOD: dict[str, dict[str, Any]] = {
    APPLICATION: {
        "sign_in_audience": "AzureADMyOrg",
        "api": [{"requested_access_token_version": 2}],
    },
    PRINCIPAL: {"app_role_assignment_required": True, "application_tenant_id": TENANT},
    SYSTEM: {
        "gateway_url": URL,
        "identity": [{"type": "SystemAssigned", "principal_id": OBJECT, "identity_ids": []}],
    },
    USER: {
        "gateway_url": URL,
        # Azure answers in a case of its own.
        "identity": [{"type": "UserAssigned", "identity_ids": [IDENTITY.upper()]}],
    },
}

# What is wrong, in which stack, and which check or precondition has to notice.
WRONG: dict[str, tuple[str, dict[str, str], dict[str, dict[str, Any]], list[str]]] = {
    "audience-is-a-uri": (
        SYSTEM, {"audience": "api://orders"}, {}, ["policy"]
    ),
    "tenant-is-a-name": (
        SYSTEM, {"tenant": "contoso"}, {}, ["policy", "check.orders_principal"]
    ),
    "one-id-given-twice": (SYSTEM, {"client": OBJECT}, {}, ["policy"]),
    "client-id-is-a-name": (SYSTEM, {"client": "apim"}, {}, ["policy"]),
    "gateway-without-tls": (
        SYSTEM, {}, {SYSTEM: {**GOOD[SYSTEM], "gateway_url": "http://apim"}}, ["policy"]
    ),
    "another-identity": (SYSTEM, {"object": OTHER}, {}, ["check.gateway"]),
    "no-identity": (
        SYSTEM, {}, {SYSTEM: {"gateway_url": URL, "identity": []}}, ["check.gateway"]
    ),
    "identity-of-the-other-kind": (
        SYSTEM, {}, {SYSTEM: GOOD[USER]}, ["check.gateway"]
    ),
    "identity-not-attached": (
        USER,
        {},
        {USER: {"gateway_url": URL, "identity": [{"type": "UserAssigned", "identity_ids": []}]}},
        ["check.gateway"],
    ),
    "tokens-of-version-1": (
        SYSTEM,
        {},
        {APPLICATION: {**GOOD[APPLICATION], "api": []}},
        ["check.orders_registration"],
    ),
    "many-tenants": (
        SYSTEM,
        {},
        {APPLICATION: {**GOOD[APPLICATION], "sign_in_audience": "AzureADMultipleOrgs"}},
        ["check.orders_registration"],
    ),
    "nobody-needs-an-assignment": (
        SYSTEM,
        {},
        {PRINCIPAL: {**GOOD[PRINCIPAL], "app_role_assignment_required": False}},
        ["check.orders_principal"],
    ),
    "another-tenant": (
        SYSTEM,
        {},
        {PRINCIPAL: {**GOOD[PRINCIPAL], "application_tenant_id": OTHER}},
        ["check.orders_principal"],
    ),
}  # fmt: skip


def made_orders(
    stack: TerraformStack, id: str, gateway: GatewayReferences, audience: str, tenant: str
) -> SecuredFunctionApi:
    return SecuredFunctionApi(
        stack,
        id,
        gateway=gateway,
        path="orders",
        operations=["GET /orders"],
        function_app=FunctionAppProps(runtime=Runtime.node("22")),
        function_app_name=f"func-{stack.node.id}-{id}",
        resource_group=Placement(name="rg", location="westeurope"),
        registration=AppRegistration.existing(client_id=audience, tenant_id=tenant),
    )


def make(stack: TerraformStack, kind: str) -> None:
    """Build a stack whose ids all come from elsewhere, so that synth cannot look at them."""
    add_providers(stack)
    given = {
        name: TerraformVariable(stack, name, type="string", default=value).string_value
        for name, value in VARIABLES.items()
    }
    caller = {"client_id": given["client"], "object_id": given["object"], "name": "gateway"}
    gateway = Gateway.existing(
        stack,
        "gateway",
        name=f"apim-{kind}",
        resource_group_name="rg",
        principal=Principal(**caller) if kind == "system" else None,
        identity=ExistingIdentity(
            id=IDENTITY, client_id=given["client"], principal_id=given["object"]
        )
        if kind == "user"
        else None,
    )
    orders = made_orders(stack, "orders", gateway, given["audience"], given["tenant"])
    add_checks(stack, gateway=gateway, apis={"orders": orders}, directory=True)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    folder = tmp_path_factory.mktemp("checks")
    stacks: dict[str, Stack] = {}
    for kind in ("system", "user"):
        app = App(outdir=str(folder / kind))
        make(TerraformStack(app, kind), kind)
        app.synth()
        stacks[kind] = Stack(folder / kind / "stacks" / kind)
    return stacks


def as_run(
    stack: Stack,
    name: str,
    kind: str,
    variables: dict[str, str],
    values: dict[str, Any],
    failures: list[str],
) -> dict[str, Any]:
    """A run of `terraform test` with what Azure and Entra answer."""
    (service,) = stack.document["data"]["azurerm_api_management"]
    (policy,) = stack.document["resource"]["azurerm_api_management_api_policy"]
    answers = {**GOOD, **values}
    answers[f"data.azurerm_api_management.{service}"] = answers[kind]
    return {
        name: {
            "command": "plan",
            "variables": {**VARIABLES, **variables},
            "override_data": [
                {"target": target, "values": value}
                for target, value in answers.items()
                if target not in (SYSTEM, USER)
            ],
            "expect_failures": [
                each if "." in each else f"azurerm_api_management_api_policy.{policy}"
                for each in failures
            ],
        }
    }


@needs_stand_in
@pytest.mark.parametrize("kind", ["system", "user"])
def test_what_is_wrong_is_noticed_and_what_is_right_is_not(
    stacks: dict[str, Stack], kind: str
) -> None:
    stack = stacks[kind]
    runs = [as_run(stack, "all-is-well", kind, {}, {}, [])]
    runs += [as_run(stack, name, *case) for name, case in WRONG.items() if case[0] == kind]
    folder = stack.folder
    (folder / "checks.tftest.json").write_text(json.dumps({"run": runs}))
    stack.terraform("init")
    said = run("terraform", "test", "-no-color", folder=folder)
    assert f"{len(runs)} passed, 0 failed" in said


@needs_stand_in
def test_a_precondition_stops_and_a_check_warns(stacks: dict[str, Stack]) -> None:
    """The stand-in's gateway has another identity than the one that the stack names."""
    folder = stacks["system"].folder
    stacks["system"].terraform("init")
    said = run("terraform", "plan", "-no-color", folder=folder)
    assert "Warning: Check block assertion failed" in said
    assert f"The identity of apim-system is not {OBJECT}" in said.replace("\n│ ", " ")
    said = run(
        "terraform", "plan", "-no-color", "-var=audience=api://orders", folder=folder, expect=1
    )
    assert "Error: Resource precondition failed" in said
    assert "is not a UUID: api://orders" in said.replace("\n│ ", " ")


def test_nothing_is_asserted_unless_asked_for(stacks: dict[str, Stack], tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for name in ("plain", "without"):
        stack = TerraformStack(app, name)
        add_providers(stack)
        gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
        if name == "plain":
            add_checks(stack, gateway=gateway, apis={})
    app.synth()
    documents = {
        name: json.loads((tmp_path / "stacks" / name / "cdk.tf.json").read_text())
        for name in ("plain", "without")
    }
    assert list(documents["plain"]["check"]) == ["gateway"]
    assert "check" not in documents["without"]
    assert stacks["system"].document["check"].keys() == {
        "gateway",
        "orders_registration",
        "orders_principal",
    }


def test_ids_that_synth_has_checked_are_not_asserted_again(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = TerraformStack(app, "literal")
    add_providers(stack)
    gateway = Gateway.existing(
        stack,
        "gateway",
        name="apim",
        resource_group_name="rg",
        principal=Principal(client_id=CLIENT, object_id=OBJECT, name="gateway"),
    )
    orders = made_orders(stack, "orders-v1", gateway, AUDIENCE, TENANT)
    with pytest.raises(InputError, match="two APIs are 'orders_v1' to Terraform"):
        add_checks(
            stack,
            gateway=gateway,
            apis={"orders-v1": orders, "orders.v1": orders},
            directory=True,
        )
    add_checks(stack, gateway=gateway, apis={"orders-v1": orders})
    app.synth()
    document = json.loads((tmp_path / "stacks/literal/cdk.tf.json").read_text())
    (policy,) = document["resource"]["azurerm_api_management_api_policy"].values()
    messages = [each["error_message"] for each in policy["lifecycle"]["precondition"]]
    assert len(messages) == 3
    assert not any("UUID" in message for message in messages)


def test_a_registration_is_made_in_the_tenant_that_easy_auth_names(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = TerraformStack(app, "made")
    add_providers(stack)
    gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    apis = {
        name: SecuredFunctionApi(
            stack,
            name,
            gateway=gateway,
            path=name,
            operations=["GET /orders"],
            function_app=FunctionAppProps(runtime=Runtime.node("22")),
            function_app_name=f"func-checked-{name}",
            resource_group=Placement(name="rg", location="westeurope"),
            registration=AppRegistration(
                stack, f"{name}-registration", display_name=name, tenant_id=tenant
            ),
        )
        for name, tenant in (("here", None), ("there", TENANT))
    }
    add_checks(stack, gateway=gateway, apis=apis)
    app.synth()
    document = json.loads((tmp_path / "stacks/made/cdk.tf.json").read_text())
    policies = document["resource"]["azurerm_api_management_api_policy"]
    told = {
        id.partition("_")[0]: [
            each["condition"]
            for each in policy["lifecycle"]["precondition"]
            if "as the issuer" in each["error_message"]
        ]
        for id, policy in policies.items()
    }
    signed_in = "data.azuread_client_config.entra-client-config.tenant_id"
    assert told == {"here": [], "there": [f'${{({signed_in} == "{TENANT}")}}']}
