"""Easy Auth lets only the named principals in, on every kind of app, and keeps no secret."""

from __future__ import annotations

import json

import pytest
from cdktf import Fn, TerraformVariable, Token
from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import FunctionAppFlexConsumption
from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp
from cdktf_cdktf_provider_azurerm.windows_function_app_slot import WindowsFunctionAppSlot

from constructs_lib import AnonymousPaths, EasyAuth, InputError, Principal, SignIn

CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
OTHER_TENANT = "11111111-4b5c-4d6e-8f90-a1b2c3d4e5f6"
USER = "22222222-4b5c-4d6e-8f90-a1b2c3d4e5f6"
APPLICATION = "/applications/55555555-4b5c-4d6e-8f90-a1b2c3d4e5f6"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
GATEWAY = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
MONITOR = Principal(
    name="monitor",
    client_id="33333333-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="44444444-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
SITE = {
    "resource_group_name": "rg",
    "location": "westeurope",
    "service_plan_id": "/plan",
    "site_config": {},
}
FLEX = {
    "runtime_name": "python",
    "runtime_version": "3.12",
    "storage_authentication_type": "SystemAssignedIdentity",
    "storage_container_type": "blobContainer",
    "storage_container_endpoint": "https://a.blob.core.windows.net/c",
}
SLOT = {"function_app_id": "/app", "site_config": {}}
KINDS = {
    "azurerm_linux_function_app": (LinuxFunctionApp, SITE),
    "azurerm_windows_function_app": (WindowsFunctionApp, SITE),
    "azurerm_function_app_flex_consumption": (FunctionAppFlexConsumption, {**SITE, **FLEX}),
    "azurerm_linux_function_app_slot": (LinuxFunctionAppSlot, SLOT),
    "azurerm_windows_function_app_slot": (WindowsFunctionAppSlot, SLOT),
}


def site(scope, kind, id="app"):
    make, arguments = KINDS[kind]
    return make(scope, id, name="a", **arguments)


def easy_auth(scope, id="auth", **props):
    given = {"client_id": CLIENT, "issuer": ISSUER, "callers": [GATEWAY], **props}
    return EasyAuth(scope, id, **given)


@pytest.fixture(scope="module")
def on_each(build):
    """Easy Auth put on an app or slot of each kind, by its Terraform type."""

    def make(stack):
        plain = easy_auth(stack)
        for kind in KINDS:
            plain.apply_to(site(stack, kind, kind))

    return build(make)["resource"]


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_callers_come_in(on_each, kind):
    assert on_each[kind][kind]["auth_settings_v2"] == {
        "auth_enabled": True,
        "require_authentication": True,
        "unauthenticated_action": "Return401",
        "require_https": True,
        "active_directory_v2": {
            "client_id": CLIENT,
            "tenant_auth_endpoint": ISSUER,
            "allowed_audiences": [CLIENT],
            "allowed_applications": [GATEWAY.client_id],
            "allowed_identities": [GATEWAY.object_id],
        },
        "login": {"token_store_enabled": False},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_else_of_the_app_changes(on_each, kind):
    assert not {"app_settings", "tags", "identity", "sticky_settings"} & set(on_each[kind][kind])


def test_the_app_can_be_given_at_once(build):
    def make(stack):
        easy_auth(stack, app=site(stack, "azurerm_linux_function_app"))

    app = build(make)["resource"]["azurerm_linux_function_app"]["app"]
    assert app["auth_settings_v2"]["require_authentication"] is True


@pytest.fixture(scope="module")
def options(build):
    """The blocks that each option leads to, by the option's name."""
    made = {}

    def make(stack):
        made["403"] = easy_auth(stack, "a", unauthenticated_action="Return403")
        made["callers"] = easy_auth(stack, "b", callers=[GATEWAY, MONITOR, GATEWAY])
        made["audiences"] = easy_auth(stack, "c", audiences=["api://orders", CLIENT])
        made["tenants"] = easy_auth(stack, "d", allowed_tenants=[OTHER_TENANT, TENANT])
        made["anonymous"] = easy_auth(
            stack,
            "e",
            allow_anonymous_paths=AnonymousPaths(paths=["/api/health"], reason="A. Turing: probe"),
        )
        identity = UserAssignedIdentity(
            stack, "identity", name="id", resource_group_name="rg", location="westeurope"
        )
        made["sign_in"] = easy_auth(
            stack,
            "f",
            sign_in=SignIn(application_id=APPLICATION, identity=identity, users=[USER]),
        )
        app = LinuxFunctionApp(
            stack,
            "app",
            name="a",
            app_settings={"MODE": "fast"},
            tags={"team": "orders"},
            sticky_settings={"app_setting_names": ["MODE"]},
            identity={"type": "SystemAssigned"},
            **SITE,
        )
        made["sign_in"].apply_to(app)
        slot = site(stack, "azurerm_linux_function_app_slot", "slot")
        made["sign_in"].apply_to(slot)
        tagged = LinuxFunctionApp(
            stack,
            "tagged",
            name="b",
            app_settings=Token.as_string_map(
                TerraformVariable(stack, "settings", type="map(string)").value
            ),
            tags=Token.as_string_map(Fn.merge([{"team": "orders"}])),
            **SITE,
        )
        easy_auth(
            stack,
            "g",
            allowed_tenants=[OTHER_TENANT],
            allow_anonymous_paths=AnonymousPaths(paths=["/api/health"], reason="A. Turing: probe"),
            app=tagged,
        )

    return made, build(make)


def directory(made):
    return made.settings["active_directory_v2"]


def test_a_caller_without_a_token_may_get_403(options):
    made, _ = options
    assert made["403"].settings["unauthenticated_action"] == "Return403"


def test_further_callers_are_in_both_lists_once(options):
    made, _ = options
    assert directory(made["callers"])["allowed_applications"] == [
        GATEWAY.client_id,
        MONITOR.client_id,
    ]
    assert directory(made["callers"])["allowed_identities"] == [
        GATEWAY.object_id,
        MONITOR.object_id,
    ]


def test_the_client_id_stays_the_first_audience(options):
    made, _ = options
    assert directory(made["audiences"])["allowed_audiences"] == [CLIENT, "api://orders"]


def test_other_tenants_are_named_next_to_the_issuers_own(options):
    made, _ = options
    assert made["tenants"].app_settings == {
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": f"{TENANT},{OTHER_TENANT}"
    }
    assert directory(made["tenants"])["tenant_auth_endpoint"] == ISSUER


def test_a_path_without_token_carries_its_reason(options):
    made, json_ = options
    assert made["anonymous"].settings["excluded_paths"] == ["/api/health"]
    assert made["anonymous"].settings["require_authentication"] is True
    tags = json_["resource"]["azurerm_linux_function_app"]["tagged"]["tags"]
    assert '"secured-functions:anonymous-paths" = "A. Turing: probe"' in tags
    assert '"team" = "orders"' in tags


def test_app_settings_that_only_terraform_knows_are_merged(options):
    _, json_ = options
    settings = json_["resource"]["azurerm_linux_function_app"]["tagged"]["app_settings"]
    assert settings.startswith("${merge(var.settings, {")
    assert "WEBSITE_AUTH_AAD_ALLOWED_TENANTS" in settings


def test_sign_in_needs_no_secret(options):
    made, json_ = options
    assert directory(made["sign_in"])["client_secret_setting_name"] == (
        "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
    )
    [credential] = json_["resource"]["azuread_application_federated_identity_credential"].values()
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    assert credential["issuer"] == ISSUER
    assert credential["subject"] == "${azurerm_user_assigned_identity.identity.principal_id}"
    assert "SECRET" not in json.dumps(json_)


def test_sign_in_is_for_the_named_users_alone(options):
    made, _ = options
    assert directory(made["sign_in"])["allowed_identities"] == [GATEWAY.object_id, USER]
    assert directory(made["sign_in"])["allowed_applications"] == [GATEWAY.client_id, CLIENT]


def test_an_app_keeps_what_it_had(options):
    _, json_ = options
    app = json_["resource"]["azurerm_linux_function_app"]["app"]
    assert app["app_settings"] == {
        "MODE": "fast",
        "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID": (
            "${azurerm_user_assigned_identity.identity.client_id}"
        ),
    }
    assert app["sticky_settings"]["app_setting_names"] == [
        "MODE",
        "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
    ]
    assert app["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "identity_ids": ["${azurerm_user_assigned_identity.identity.id}"],
    }
    assert app["tags"] == {"team": "orders"}


def test_a_slot_gets_the_identity_and_the_setting_too(options):
    _, json_ = options
    slot = json_["resource"]["azurerm_linux_function_app_slot"]["slot"]
    assert slot["identity"]["type"] == "UserAssigned"
    assert "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID" in slot["app_settings"]
    assert "sticky_settings" not in slot


def principals(number):
    return [
        Principal(
            name=f"p{index}",
            client_id=f"{index:08}-6f0e-4f2b-9c61-5d5f3f6f2c11",
            object_id=f"{index:08}-2c55-4f6e-8a9e-7a6c1f0f3e22",
        )
        for index in range(number)
    ]


def swapped(**ids):
    return Principal(
        **{
            "name": "gateway",
            "client_id": GATEWAY.client_id,
            "object_id": GATEWAY.object_id,
            **ids,
        }
    )


def paths(*paths, reason="probe"):
    return {"allow_anonymous_paths": AnonymousPaths(paths=paths, reason=reason)}


def sign_in(*users, application=APPLICATION):
    identity = swapped()
    record = type("Identity", (), {"id": "/i", "client_id": "c", "principal_id": identity.name})
    return {"sign_in": SignIn(application_id=application, identity=record(), users=users)}


REFUSED = {
    "client id": ({"client_id": "orders"}, "client_id: 'orders' is not allowed"),
    "common": (
        {"issuer": "https://login.microsoftonline.com/common/v2.0"},
        "write https://login.microsoftonline.com/<tenant id>/v2.0",
    ),
    "organizations": (
        {"issuer": "https://login.microsoftonline.com/organizations/v2.0"},
        "issuer:",
    ),
    "another host": ({"issuer": f"https://login.example.com/{TENANT}/v2.0"}, "issuer:"),
    "plain http": ({"issuer": f"http://login.microsoftonline.com/{TENANT}/v2.0"}, "issuer:"),
    "order of the issuer": (
        {"issuer": f"https://login.microsoftonline.com/v2.0/{TENANT}"},
        "issuer:",
    ),
    "a reference on a wrong path": (
        {"issuer": "https://login.microsoftonline.com/${data.x.y.tenant_id}/v3"},
        "issuer:",
    ),
    "nobody": (
        {"callers": []},
        "callers: [] is not allowed (write at least the gateway's identity",
    ),
    "caller's client id": (
        {"callers": [swapped(client_id="gateway")]},
        "callers.0.client_id: 'gateway' is not allowed (write the application (client) id",
    ),
    "caller's object id": (
        {"callers": [swapped(object_id="gateway")]},
        "callers.0.object_id: 'gateway' is not allowed (write the object id",
    ),
    "one id twice": (
        {"callers": [swapped(object_id=GATEWAY.client_id)]},
        "one id as client id and as object id",
    ),
    "too many callers": ({"callers": principals(14)}, "longer than the 500 characters"),
    "too many audiences": ({"audiences": ["api://" + "a" * 460]}, "audiences: the list is longer"),
    "redirect": (
        {"unauthenticated_action": "RedirectToLoginPage"},
        "write one of Return401, Return403",
    ),
    "let in": ({"unauthenticated_action": "AllowAnonymous"}, "write one of Return401, Return403"),
    "tenant name": ({"allowed_tenants": ["contoso.example"]}, "allowed_tenants.0:"),
    "too many tenants": (
        {"allowed_tenants": [f"{n:08}-4b5c-4d6e-8f90-a1b2c3d4e5f6" for n in range(10)]},
        "write up to 9",
    ),
    "no reason": (
        paths("/api/health", reason=" "),
        "allow_anonymous_paths.reason: ' ' is not allowed (write in up to 256",
    ),
    "long reason": (paths("/api/health", reason="x" * 257), "up to 256 characters"),
    "whole site": (paths("/"), "not the whole site"),
    "whole site by pattern": (paths("/*"), "not the whole site"),
    "relative path": (paths("api/health"), "write a path such as /api/health"),
    "no path": (paths(), "write the paths, or leave it out"),
    "client id as application id": (sign_in(USER, application=CLIENT), "write /applications/"),
    "no user": (sign_in(), "write the object ids of the users"),
    "user name": (
        sign_in("ada@contoso.example"),
        "users.0: 'ada@contoso.example' is not allowed (write the object id",
    ),
}


@pytest.mark.parametrize(("props", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(stack, props, message):
    with pytest.raises(InputError) as error:
        easy_auth(stack, **props)
    assert message in str(error.value)
    assert str(error.value).startswith("test/auth: ")


def test_thirteen_callers_fit(stack):
    made = easy_auth(stack, callers=principals(13))
    assert len(directory(made)["allowed_identities"]) == 13


def test_version_1_settings_are_refused(stack):
    app = LinuxFunctionApp(stack, "app", name="a", auth_settings={"enabled": True}, **SITE)
    with pytest.raises(InputError, match="test/app has the block `auth_settings`"):
        easy_auth(stack).apply_to(app)


def test_settings_of_somebody_else_are_not_replaced_silently(stack):
    app = site(stack, "azurerm_linux_function_app")
    easy_auth(stack).apply_to(app)
    with pytest.raises(InputError, match="test/app has the block `auth_settings_v2`"):
        easy_auth(stack, "other").apply_to(app)


def test_the_issuer_of_version_1_tokens_passes(stack):
    issuer = f"https://login.microsoftonline.com/{TENANT}"
    assert directory(easy_auth(stack, issuer=issuer))["tenant_auth_endpoint"] == issuer


def test_what_only_terraform_knows_passes(build):
    def make(stack):
        value = TerraformVariable(stack, "given", type="string").string_value
        caller = Principal(name="gateway", client_id=value, object_id=value + "x")
        easy_auth(
            stack,
            client_id=value,
            issuer=value,
            callers=[caller],
            audiences=[value],
            allowed_tenants=[value],
            app=site(stack, "azurerm_linux_function_app"),
        )

    app = build(make)["resource"]["azurerm_linux_function_app"]["app"]
    assert app["auth_settings_v2"]["active_directory_v2"]["tenant_auth_endpoint"] == "${var.given}"
    assert app["app_settings"] == {
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": '${element(split("/", var.given), 3)},${var.given}'
    }
