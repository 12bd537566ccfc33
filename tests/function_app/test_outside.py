"""An app outside Terraform gets all of Easy Auth, and nothing of before is left in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import App, TerraformStack

from constructs_lib import (
    AnonymousPaths,
    AppRegistration,
    Gateway,
    Inbound,
    InputError,
    OutsideFunctionApp,
    Principal,
    SecuredFunctionApi,
    add_azapi_provider,
    add_outputs,
    add_providers,
)
from constructs_lib.function_app.protected_outside import auth_settings_body

SITE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-orders"
CALLER = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
NULL = "${null}"


def orders(stack, app=None, **props) -> SecuredFunctionApi:
    return SecuredFunctionApi(
        stack,
        "orders",
        gateway=Gateway.existing(
            stack, "gateway", name="apim", resource_group_name="rg", principal=CALLER
        ),
        path="orders",
        operations=["GET /a"],
        registration=AppRegistration.existing(client_id=CLIENT, tenant_id=TENANT),
        function_app=app or OutsideFunctionApp(id=SITE, slots=["staging"]),
        **props,
    )


@pytest.fixture(scope="module")
def terraform(build) -> dict[str, Any]:
    def make(stack):
        add_azapi_provider(stack, subscription_id="s", tenant_id=TENANT)
        made = orders(stack)
        add_outputs(stack, gateway=made.gateway, tenant_id=TENANT, apis={"orders": made})

    return build(make)


def written(terraform) -> dict[tuple[str, str], dict[str, Any]]:
    resources = terraform["resource"]["azapi_update_resource"].values()
    return {(each["parent_id"], each["name"]): each for each in resources}


def test_site_and_slot_get_easy_auth_and_closed_side_doors(terraform):
    names = {"authsettingsV2", "web", "scm", "ftp"}
    sites = {SITE, f"{SITE}/slots/staging"}
    assert set(written(terraform)) == {(site, name) for site in sites for name in names}
    for (site, name), each in written(terraform).items():
        kind = "Microsoft.Web/sites" + ("/slots" if "/slots/" in site else "")
        child = "basicPublishingCredentialsPolicies" if name in ("scm", "ftp") else "config"
        assert each["type"] == f"{kind}/{child}@2024-04-01"
        if child != "config":
            assert each["body"] == {"properties": {"allow": False}}


def test_who_has_no_token_of_the_gateway_is_refused_on_every_site(terraform):
    for (_, name), each in written(terraform).items():
        if name != "authsettingsV2":
            continue
        properties = each["body"]["properties"]
        assert properties["platform"]["enabled"] is True
        assert properties["globalValidation"]["requireAuthentication"] is True
        assert properties["globalValidation"]["unauthenticatedClientAction"] == "Return401"
        entra = properties["identityProviders"]["azureActiveDirectory"]
        assert entra["registration"]["clientId"] == CLIENT
        assert entra["registration"]["openIdIssuer"].endswith(f"/{TENANT}/v2.0")
        validation = entra["validation"]
        assert validation["allowedAudiences"] == [CLIENT]
        policy = validation["defaultAuthorizationPolicy"]
        assert policy["allowedApplications"] == [CALLER.client_id]
        assert policy["allowedPrincipals"]["identities"] == [CALLER.object_id]


def test_what_an_earlier_configuration_opened_is_cleared_with_explicit_nulls(terraform):
    properties = written(terraform)[SITE, "authsettingsV2"]["body"]["properties"]
    assert properties["platform"]["configFilePath"] == NULL
    assert properties["globalValidation"]["excludedPaths"] == NULL
    assert properties["globalValidation"]["redirectToProvider"] == NULL
    providers = properties["identityProviders"]
    entra = providers.pop("azureActiveDirectory")
    assert entra["validation"]["jwtClaimChecks"] == {
        "allowedClientApplications": NULL,
        "allowedGroups": NULL,
    }
    principals = entra["validation"]["defaultAuthorizationPolicy"]["allowedPrincipals"]
    assert principals["groups"] == NULL
    assert entra["registration"]["clientSecretSettingName"] == NULL
    assert providers.pop("customOpenIdConnectProviders") == NULL
    assert len(providers) == 7
    assert all(provider == {"enabled": False} for provider in providers.values())


def test_the_backend_is_the_site_and_the_policy_waits_for_easy_auth(terraform):
    (backend,) = terraform["resource"]["azurerm_api_management_backend"].values()
    assert backend["url"] == "https://func-orders.azurewebsites.net/api"
    assert backend["resource_id"] == f"https://management.azure.com{SITE}"
    (policy,) = terraform["resource"]["azurerm_api_management_api_policy"].values()
    assert len([e for e in policy["depends_on"] if "authsettingsv2" in e]) == 2


def test_the_outputs_name_the_hosts_of_site_and_slot(terraform):
    facts = terraform["output"]["apis"]["value"]["orders"]
    assert facts["hostname"] == "func-orders.azurewebsites.net"
    assert facts["slots"] == {"staging": "func-orders-staging.azurewebsites.net"}


def test_the_provider_is_azapi_in_a_range_and_without_a_secret(terraform):
    assert terraform["terraform"]["required_providers"]["azapi"] == {
        "source": "azure/azapi",
        "version": "~> 2.9",
    }
    assert terraform["provider"]["azapi"] == [{"subscription_id": "s", "tenant_id": TENANT}]


def test_given_host_names_are_taken(build):
    app = OutsideFunctionApp(
        id=SITE,
        hostname="func-orders-a1b2.westeurope-01.azurewebsites.net",
        slots={"staging": "func-orders-staging-c3.westeurope-01.azurewebsites.net"},
        ftp=False,
    )
    hostnames = []
    terraform = build(lambda stack: hostnames.extend(orders(stack, app).function_app.hostnames))
    assert hostnames == [app.hostname, app.slots["staging"]]
    assert "ftp" not in {name for _, name in written(terraform)}
    assert "ftpsState" not in json.dumps(terraform)


def test_every_setting_of_easy_auth_is_written(stack: TerraformStack):
    read: set[str] = set()

    class Recorder(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            read.add(key)
            return super().__getitem__(key)

    settings = orders(stack).easy_auth.settings
    directory = settings["active_directory_v2"]
    auth_settings_body(Recorder(settings, active_directory_v2=Recorder(directory)))
    assert read == {*settings, *directory}


def test_without_its_provider_the_synth_says_so(tmp_path):
    app = App(outdir=str(tmp_path))
    stack = TerraformStack(app, "test")
    add_providers(stack)
    orders(stack)
    with pytest.raises(Exception, match="the following providers: azapi"):
        app.synth()


@pytest.mark.parametrize(
    ("app", "props", "message"),
    [
        ({"id": "func-orders"}, {}, "function_app.id: .* is not allowed"),
        ({"id": f"{SITE}/slots/staging"}, {}, "function_app.id: .* is not allowed"),
        ({"hostname": "https://func"}, {}, "a host name without https://"),
        ({"slots": ["production"]}, {}, "production is the app itself"),
        ({}, {"inbound": Inbound.anywhere()}, "for a function app of the stack"),
        (
            {},
            {"allow_anonymous_paths": AnonymousPaths(paths=["/api/health"], reason="probe")},
            "adopt the app with an import block",
        ),
    ],
)
def test_what_only_a_managed_app_can_have_is_refused(stack, app, props, message):
    with pytest.raises(InputError, match=message):
        orders(stack, OutsideFunctionApp(**{"id": SITE, **app}), **props)
