"""A function app that a stack has already is made secure in place, at its own address."""

from __future__ import annotations

import pytest
from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import FunctionAppFlexConsumption
from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp

from constructs_lib import Inbound, InputError, ProtectedFunctionApp, Source

SITE = {"resource_group_name": "rg", "location": "westeurope", "service_plan_id": "/plan"}
FLEX = {
    "runtime_name": "python",
    "runtime_version": "3.12",
    "storage_authentication_type": "SystemAssignedIdentity",
    "storage_container_type": "blobContainer",
    "storage_container_endpoint": "https://a.blob.core.windows.net/c",
}


def linux(scope, id="own", **arguments):
    return LinuxFunctionApp(
        scope, id, **{"name": id, "site_config": {"always_on": True}, **SITE, **arguments}
    )


def slot(scope, app, id="own-staging"):
    return LinuxFunctionAppSlot(
        scope, id, name="staging", function_app_id=app.id, site_config={"always_on": True}
    )


@pytest.fixture(scope="module")
def secured(resources_of, easy_auth):
    kept = {}

    def make(stack):
        auth = easy_auth(stack)
        app = linux(stack, tags={"team": "orders"})
        kept["linux"] = ProtectedFunctionApp(
            stack,
            "linux",
            app=app,
            easy_auth=auth,
            slots={"staging": slot(stack, app)},
            inbound=Inbound.default_deny(Source.addresses("203.0.113.0/24", name="gateway")),
            deployment=Inbound.anywhere(reason="hosted agents"),
        )
        windows = WindowsFunctionApp(stack, "win", name="win", site_config={}, **SITE)
        ProtectedFunctionApp(stack, "windows", app=windows, easy_auth=auth)
        flex = FunctionAppFlexConsumption(stack, "flx", name="flx", site_config={}, **SITE, **FLEX)
        ProtectedFunctionApp(
            stack, "flex", app=flex, easy_auth=auth, deployment=Inbound.default_deny()
        )

    kept["resources"] = resources_of(make)
    return kept


SITES = [
    ("azurerm_linux_function_app", "own"),
    ("azurerm_linux_function_app_slot", "own-staging"),
    ("azurerm_windows_function_app", "win"),
    ("azurerm_function_app_flex_consumption", "flx"),
]


@pytest.mark.parametrize(("type_", "id"), SITES)
def test_every_site_is_closed_where_it_stands(secured, type_, id):
    site = secured["resources"][type_][id]
    assert site["auth_settings_v2"]["require_authentication"] is True
    assert site["https_only"] is True
    assert site["webdeploy_publish_basic_authentication_enabled"] is False
    if id != "flx":
        assert site["ftp_publish_basic_authentication_enabled"] is False


@pytest.mark.parametrize(("type_", "id"), SITES[:2])
def test_the_network_is_restricted_on_the_app_and_its_slot(secured, type_, id):
    site = secured["resources"][type_][id]
    config = site["site_config"]
    assert config["always_on"] is True
    assert config["ip_restriction_default_action"] == "Deny"
    assert config["ip_restriction"][0]["ip_address"] == "203.0.113.0/24"
    assert config["scm_ip_restriction_default_action"] == "Allow"
    assert site["tags"]["secured-functions:open-deployment"] == "hosted agents"


def test_what_was_there_stays(secured):
    assert secured["resources"]["azurerm_linux_function_app"]["own"]["tags"]["team"] == "orders"
    assert secured["resources"]["azurerm_windows_function_app"]["win"]["site_config"] == {}


def test_deployments_can_be_closed_alone(secured):
    config = secured["resources"]["azurerm_function_app_flex_consumption"]["flx"]["site_config"]
    assert config["scm_ip_restriction_default_action"] == "Deny"
    assert "ip_restriction_default_action" not in config


def test_it_shows_what_others_need(secured):
    app = secured["linux"]
    assert app.hostnames[0] == app.hostname
    assert len(app.hostnames) == 2
    assert app.slots["staging"].name_input == "staging"


REFUSED = {
    "plain http": ({"https_only": False}, "asks for https_only = False (write True"),
    "publishing": (
        {"webdeploy_publish_basic_authentication_enabled": True},
        "asks for webdeploy_publish_basic_authentication_enabled = True (write False",
    ),
    "ftp": (
        {"ftp_publish_basic_authentication_enabled": True},
        "asks for ftp_publish_basic_authentication_enabled = True",
    ),
    "debugging": (
        {"site_config": {"remote_debugging_enabled": True}},
        "asks for site_config.remote_debugging_enabled = True",
    ),
    "old tls": (
        {"site_config": {"minimum_tls_version": "1.0"}},
        "asks for site_config.minimum_tls_version = 1.0 (write 1.2",
    ),
    "old tls of deployments": (
        {"site_config": {"scm_minimum_tls_version": "1.1"}},
        "asks for site_config.scm_minimum_tls_version = 1.1",
    ),
    "zip deployment": ({"zip_deploy_file": "app.zip"}, "deploys with zip_deploy_file"),
    "version 1": ({"auth_settings": {"enabled": True}}, "has the block `auth_settings`"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_an_app_asks_for_explicitly_is_not_overruled_but_refused(
    stack, easy_auth, arguments, message
):
    app = linux(stack, **arguments)
    with pytest.raises(InputError) as error:
        ProtectedFunctionApp(stack, "orders", app=app, easy_auth=easy_auth(stack))
    assert f"test/own {message}" in str(error.value)


def test_restrictions_are_checked_here_too(stack, easy_auth):
    given = {"app": linux(stack), "easy_auth": easy_auth(stack)}
    with pytest.raises(InputError, match="Easy Auth does not cover it"):
        ProtectedFunctionApp(stack, "a", deployment=Inbound.anywhere(), **given)
    sources = Inbound.default_deny(Source.addresses("10.0.0.1", name="x"))
    with pytest.raises(InputError, match="write a range of addresses"):
        ProtectedFunctionApp(stack, "b", inbound=sources, **given)


def test_a_forgotten_slot_is_refused_at_synth(stack, easy_auth, validate):
    app = linux(stack)
    slot(stack, app)
    ProtectedFunctionApp(stack, "orders", app=app, easy_auth=easy_auth(stack))
    with pytest.raises(RuntimeError, match="test/own-staging is a slot of this function app"):
        validate(stack)
