"""One statement wires the chain: gateway, token, audience, role, Easy Auth, policy."""

from __future__ import annotations

import inspect
import re
from typing import get_type_hints

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppSiteConfig,
)

from constructs_lib import (
    AnonymousPaths,
    ApiVersion,
    AppRegistration,
    FunctionApi,
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    Hosting,
    Inbound,
    InputError,
    KeyVaultSecret,
    OutsideFunctionApp,
    Placement,
    Principal,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    Slot,
    SubscriptionKey,
    add_outputs,
)
from constructs_lib.secured_function_api import ApiProps

GROUP = Placement("rg", "westeurope")
PUBLISHER = Publisher(name="Contoso", email="api@contoso.example")
CI = Principal(
    name="ci",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
APP = FunctionAppProps(runtime=Runtime.python("3.12"), hosting=Hosting.premium())


def gateway(scope, id="gateway", **props):
    given = {"resource_group": GROUP, "name": f"apim-{id}", "publisher": PUBLISHER, **props}
    return Gateway(scope, id, **given)


def orders(scope, id="orders", **props):
    given = {"path": id, "operations": ["GET /a", "GET /a/{id}"], "function_app": APP, **props}
    if "gateway" not in given:
        given["gateway"] = gateway(scope)
    return SecuredFunctionApi(scope, id, **given)


def only(terraform, kind):
    (resource,) = terraform["resource"][kind].values()
    return resource


@pytest.fixture(scope="module")
def terraform(build):
    """The pattern with a slot, a further caller and outputs, all else as it comes."""

    def make(stack):
        made = orders(
            stack,
            function_app=FunctionAppProps(
                runtime=Runtime.python("3.12"),
                hosting=Hosting.premium(),
                slots=[Slot(name="staging")],
            ),
            further_callers=[CI],
        )
        add_outputs(
            stack,
            gateway=made.gateway,
            tenant_id=made.registration.tenant_id,
            apis={"orders": made},
        )

    return build(make)


@pytest.fixture(scope="module")
def policy(terraform):
    return only(terraform, "azurerm_api_management_api_policy")["xml_content"]


def easy_auth(terraform):
    return [
        only(terraform, kind)["auth_settings_v2"]
        for kind in ("azurerm_linux_function_app", "azurerm_linux_function_app_slot")
    ]


def test_the_audience_is_one_reference_wherever_it_stands(terraform, policy):
    (application,) = terraform["resource"]["azuread_application"]
    client_id = f"${{azuread_application.{application}.client_id}}"
    assert f'<authentication-managed-identity resource="{client_id}"' in policy
    for settings in easy_auth(terraform):
        assert settings["active_directory_v2"]["client_id"] == client_id
        assert settings["active_directory_v2"]["allowed_audiences"] == [client_id]
    assert only(terraform, "azuread_service_principal")["client_id"] == client_id


def test_both_allow_lists_name_the_gateway_and_further_callers_on_every_slot(terraform):
    (lookup,) = terraform["data"]["azuread_service_principal"]
    (service,) = terraform["resource"]["azurerm_api_management"]
    for settings in easy_auth(terraform):
        entra = settings["active_directory_v2"]
        assert entra["allowed_applications"] == [
            f"${{data.azuread_service_principal.{lookup}.client_id}}",
            CI.client_id,
        ]
        assert entra["allowed_identities"] == [
            f"${{azurerm_api_management.{service}.identity[0].principal_id}}",
            CI.object_id,
        ]


def test_who_has_no_token_gets_401_and_the_issuer_has_version_2(terraform):
    for settings in easy_auth(terraform):
        assert settings["auth_enabled"] is True
        assert settings["require_authentication"] is True
        assert settings["unauthenticated_action"] == "Return401"
        assert settings["active_directory_v2"]["tenant_auth_endpoint"].endswith("/v2.0")


def test_every_caller_is_assigned_the_role(terraform):
    assignments = terraform["resource"]["azuread_app_role_assignment"].values()
    assert len(assignments) == 2
    assert CI.object_id in {assignment["principal_object_id"] for assignment in assignments}


def test_the_secured_part_of_the_policy_comes_last_and_in_order(policy):
    inbound = policy[policy.index("<inbound>") : policy.index("</inbound>")]
    assert re.findall(r"<([\w-]+)", inbound) == [
        "inbound",
        "base",
        "set-backend-service",
        "authentication-managed-identity",
        "set-header",
        "set-query-parameter",
        "set-header",
        "set-query-parameter",
    ]
    assert '<set-header name="x-functions-key" exists-action="delete" />' in policy
    assert '<set-query-parameter name="code" exists-action="delete" />' in policy
    assert '<set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />' in policy
    assert '<set-query-parameter name="subscription-key" exists-action="delete" />' in policy
    assert "client-id" not in policy


def test_the_policy_waits_for_the_roles_and_operations_wait_for_the_policy(terraform):
    awaited = only(terraform, "azurerm_api_management_api_policy")["depends_on"]
    assert len([entry for entry in awaited if entry.startswith("azuread_app_role_assignment")]) == 2
    (policy,) = terraform["resource"]["azurerm_api_management_api_policy"]
    for operation in terraform["resource"]["azurerm_api_management_api_operation"].values():
        assert operation["depends_on"] == [f"azurerm_api_management_api_policy.{policy}"]


def test_the_backend_is_the_function_app_over_checked_tls(terraform):
    backend = only(terraform, "azurerm_api_management_backend")
    assert re.fullmatch(
        r"https://\$\{azurerm_linux_function_app\.\S+\.default_hostname\}/api", backend["url"]
    )
    assert backend["tls"] == {
        "validate_certificate_chain": True,
        "validate_certificate_name": True,
    }


def test_callers_need_a_subscription_and_tls(terraform):
    api = only(terraform, "azurerm_api_management_api")
    assert api["subscription_required"] is True
    assert api["protocols"] == ["https"]


def test_the_outputs_hold_what_a_verification_needs(terraform):
    apis = terraform["output"]["apis"]["value"]
    assert set(terraform["output"]) == {"gateway", "tenant_id", "apis"}
    assert apis["orders"]["probe"] == {"method": "GET", "path": "/a"}
    assert list(apis["orders"]["slots"]) == ["staging"]
    assert apis["orders"]["url"].endswith(".gateway_url}/orders")
    assert not any(output.get("sensitive") for output in terraform["output"].values())


def test_a_user_assigned_identity_is_named_in_the_policy(build):
    def make(stack):
        service = gateway(stack, identity=GatewayIdentity(user_assigned="id-apim"))
        orders(stack, gateway=service)

    terraform = build(make)
    policy = only(terraform, "azurerm_api_management_api_policy")["xml_content"]
    (identity,) = terraform["resource"]["azurerm_user_assigned_identity"]
    assert f'client-id="${{azurerm_user_assigned_identity.{identity}.client_id}}"' in policy
    assert "azuread_service_principal" not in terraform.get("data", {})


def test_an_existing_registration_needs_no_directory_resource(build):
    def make(stack):
        orders(
            stack,
            gateway=Gateway.existing(
                stack, "gateway", name="apim", resource_group_name="rg", principal=CI
            ),
            resource_group=GROUP,
            registration=AppRegistration.existing(
                client_id="c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33",
                tenant_id="7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
                token_version=1,
                audiences=["api://orders"],
            ),
        )

    terraform = build(make)
    names = {*terraform["resource"], *terraform["data"]}
    assert not [name for name in names if name.startswith("azuread_")]
    entra = only(terraform, "azurerm_linux_function_app")["auth_settings_v2"]["active_directory_v2"]
    assert entra["tenant_auth_endpoint"].endswith("-a1b2c3d4e5f6")
    assert "api://orders" in entra["allowed_audiences"]


def test_a_function_app_of_the_stack_keeps_its_address_and_gets_easy_auth(build):
    def make(stack):
        app = LinuxFunctionApp(
            stack,
            "mine",
            name="func-mine",
            resource_group_name="rg",
            location="westeurope",
            service_plan_id="/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/serverFarms/p",
            storage_account_name="st",
            storage_uses_managed_identity=True,
            site_config=LinuxFunctionAppSiteConfig(),
        )
        orders(stack, function_app=app)

    terraform = build(make)
    assert list(terraform["resource"]["azurerm_linux_function_app"]) == ["mine"]
    app = only(terraform, "azurerm_linux_function_app")
    assert app["auth_settings_v2"]["unauthenticated_action"] == "Return401"
    assert app["https_only"] is True


def test_two_patterns_in_one_stack_share_nothing_by_accident(build):
    def make(stack):
        service = gateway(stack)
        orders(stack, "orders", gateway=service)
        orders(stack, "billing", gateway=service)

    terraform = build(make)
    assert len(terraform["resource"]["azuread_application"]) == 2
    names = {app["name"] for app in terraform["resource"]["azurerm_linux_function_app"].values()}
    assert len(names) == 2


def test_a_gateway_of_another_stack_is_read_from_its_state(tmp_path):
    import json

    from cdktf import App

    app = App(outdir=str(tmp_path / "out"))
    platform, team = TerraformStack(app, "platform"), TerraformStack(app, "team")
    from constructs_lib import add_providers

    add_providers(platform)
    add_providers(team)
    service = gateway(platform, identity=GatewayIdentity(user_assigned="id-apim"))
    orders(team, gateway=service, resource_group=GROUP)
    app.synth()
    document = json.loads((tmp_path / "out/stacks/team/cdk.tf.json").read_text())
    assert "terraform_remote_state" in document["data"]
    policy = only(document, "azurerm_api_management_api_policy")
    assert "${data.terraform_remote_state." in policy["xml_content"]


def test_an_existing_gateway_needs_a_place_for_a_new_function_app(stack):
    existing = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    with pytest.raises(InputError, match="give the resource group of the function app"):
        orders(stack, gateway=existing)


def test_the_props_passed_on_are_those_of_the_api():
    wired = {"gateway", "path", "hostname", "audience", "operations", "name"}
    wired |= {"function_app_id", "depends_on"}
    parameters = inspect.signature(FunctionApi.__init__).parameters
    keywords = {name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    assert set(get_type_hints(ApiProps)) == keywords - wired


@pytest.mark.parametrize(
    ("argument", "value", "for_new"),
    [
        ("inbound", Inbound.default_deny(), True),
        ("deployment", Inbound.default_deny(), True),
        ("unauthenticated_action", "Return403", False),
        ("allowed_tenants", ["7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"], False),
        ("allow_anonymous_paths", AnonymousPaths(paths=["/api/x"], reason="because"), False),
    ],
)
def test_what_would_say_nothing_is_refused(stack, argument, value, for_new):
    apim = gateway(stack)
    first = orders(stack, gateway=apim)
    made = {"function_app": first.function_app, "registration": first.registration}
    with pytest.raises(InputError, match=f"second: {argument}: .*Easy Auth is made"):
        orders(stack, "second", gateway=apim, **made, **{argument: value})
    if for_new:
        with pytest.raises(InputError, match=rf"third: {argument}: .*FunctionAppProps\({argument}"):
            orders(stack, "third", gateway=apim, **{argument: value})


def test_a_key_in_the_header_of_the_token_is_refused(stack):
    key = SubscriptionKey(header="authorization")
    with pytest.raises(InputError, match="choose another header"):
        orders(stack, subscription_key=key)


def test_versions_share_a_path_in_one_version_set_only(build, stack):
    def make(stack):
        apim = gateway(stack)
        first = orders(stack, "v1", gateway=apim, path="orders", version=ApiVersion(version="v1"))
        shared = first.function_api.version_set.id
        orders(
            stack,
            "v2",
            gateway=apim,
            path="orders",
            version=ApiVersion(version="v2", version_set_id=shared),
        )
        with pytest.raises(InputError, match="version_set_id of the version set"):
            orders(stack, "v3", gateway=apim, path="orders", version=ApiVersion(version="v3"))
        with pytest.raises(InputError, match="in this gateway is taken by test/v1"):
            orders(stack, "plain", gateway=apim, path="orders")

    made = build(make)["resource"]
    assert len(made["azurerm_api_management_api_version_set"]) == 1


@pytest.mark.parametrize("names", [["a", "a"], [""], "prod"])
def test_subscriptions_are_a_list_of_names(stack, names):
    with pytest.raises(InputError, match="subscriptions"):
        orders(stack, subscriptions=names)


def test_two_apis_share_an_app_outside_terraform(build):
    outside = OutsideFunctionApp(
        id="/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-old"
    )

    def make(stack):
        apim = gateway(stack)
        key = {"function_key": "old-key", "migration": "both"}
        first = orders(stack, gateway=apim, function_app=outside, **key)
        app = {"function_app": first.function_app, "registration": first.registration}
        orders(stack, "second", gateway=apim, **app, **key)
        with pytest.raises(InputError, match="func-old' is taken by"):
            orders(stack, "third", gateway=apim, function_app=outside)

    made = build(make)["resource"]
    [auth] = [
        body for body in made["azapi_update_resource"].values() if body["name"] == "authsettingsV2"
    ]
    policies = {each.rpartition("_")[0] for each in auth["depends_on"]}
    start = "azurerm_api_management_api_policy"
    assert policies == {f"{start}.orders_api_policy", f"{start}.second_api_policy"}


@pytest.mark.parametrize(("system", "named"), [(True, False), (False, True)])
def test_a_secret_is_read_with_an_identity_that_the_gateway_has(build, system, named):
    def make(stack):
        identity = GatewayIdentity(system_assigned=system, user_assigned="id-apim")
        secret = KeyVaultSecret(secret_id="https://kv.vault.azure.net/secrets/x")
        orders(stack, gateway=gateway(stack, identity=identity), named_values={"x": secret})

    vault = only(build(make), "azurerm_api_management_named_value")["value_from_key_vault"]
    assert ("identity_client_id" in vault) == named
