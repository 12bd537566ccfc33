"""Slots, networks, traces and settings of a function app open no side door."""

from __future__ import annotations

import json

import pytest
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity

from constructs_lib import (
    AnonymousPaths,
    AppIdentity,
    Hosting,
    Inbound,
    InputError,
    Monitoring,
    PrivateAccess,
    Slot,
    Source,
)

LINUX = "azurerm_linux_function_app"
SLOT = "azurerm_linux_function_app_slot"
SUBNET = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a"
)
ZONE = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones"
    "/privatelink.azurewebsites.net"
)
WORKSPACE = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w"
)
COMPONENT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/components/c"
TENANT = "11111111-4b5c-4d6e-8f90-a1b2c3d4e5f6"


@pytest.fixture(scope="module")
def made(resources_of, function_app, easy_auth):
    """The constructs of a stack with one app for each subject, and the stack's resources."""
    kept = {}

    def make(stack):
        kept["slots"] = function_app(
            stack,
            "slots",
            hosting=Hosting.premium(),
            app_settings={"MODE": "fast", "LEVEL": "1"},
            sticky_settings=["MODE"],
            tags={"team": "orders"},
            slots=[
                Slot(name="staging", app_settings={"MODE": "careful"}, auto_swap_slot_name="last"),
                Slot(
                    name="last",
                    easy_auth=easy_auth(
                        stack,
                        "auth-last",
                        client_id="99999999-3d1a-4d52-8d0e-1f9f4a7b6c33",
                        allowed_tenants=[TENANT],
                        allow_anonymous_paths=AnonymousPaths(paths=["/probe"], reason="A. Hopper"),
                    ),
                ),
            ],
        )
        kept["network"] = function_app(
            stack,
            "network",
            hosting=Hosting.dedicated("S1"),
            slots=[Slot(name="staging")],
            inbound=Inbound.default_deny(
                Source.addresses("203.0.113.0/24", name="office"),
                Source.subnet(SUBNET, name="gateway"),
                Source.address("${azurerm_api_management.g.public_ip_addresses[0]}", name="apim"),
                Source.tag("AzureFrontDoor.Backend", name="front-door"),
            ),
            deployment=Inbound.default_deny(Source.addresses("198.51.100.7/32", name="agents")),
            private_access=PrivateAccess(subnet_id=SUBNET, dns_zone_ids=[ZONE]),
            outbound_subnet_id=SUBNET,
            health_check_path="/api/health",
            minimum_tls_version="1.3",
        )
        kept["open"] = function_app(
            stack,
            "open",
            deployment=Inbound.anywhere(reason="hosted agents have no fixed addresses"),
        )
        kept["private"] = function_app(
            stack,
            "private",
            deployment=Inbound.anywhere(),
            private_access=PrivateAccess(subnet_id=SUBNET),
        )
        own = UserAssignedIdentity(
            stack, "own", name="id", resource_group_name="rg", location="westeurope"
        )
        kept["traced"] = function_app(
            stack,
            "traced",
            hosting=Hosting.premium(),
            slots=[Slot(name="staging")],
            monitoring=Monitoring.new(workspace_id=WORKSPACE),
        )
        kept["traced-own"] = function_app(
            stack,
            "traced-own",
            identity=AppIdentity.of(own),
            monitoring=Monitoring.existing(
                component_id=COMPONENT,
                connection_string="${data.azurerm_application_insights.c.connection_string}",
            ),
        )

    kept["resources"] = resources_of(make)
    return kept


def test_every_slot_has_easy_auth(made):
    app = made["resources"].at(LINUX, "slots/app")
    staging = made["resources"].at(SLOT, "slots/slot-staging")
    assert staging["auth_settings_v2"] == app["auth_settings_v2"]


def test_a_slot_can_have_a_registration_of_its_own(made):
    block = made["resources"].at(SLOT, "slots/slot-last")["auth_settings_v2"]
    assert block["active_directory_v2"]["client_id"] == "99999999-3d1a-4d52-8d0e-1f9f4a7b6c33"
    assert block["require_authentication"] is True


@pytest.mark.parametrize("slot", ["staging", "last"])
def test_a_slot_is_as_closed_as_the_app(made, slot):
    app = made["resources"].at(LINUX, "slots/app")
    made_slot = made["resources"].at(SLOT, f"slots/slot-{slot}")
    for argument in (
        "https_only",
        "webdeploy_publish_basic_authentication_enabled",
        "ftp_publish_basic_authentication_enabled",
        "public_network_access_enabled",
        "storage_uses_managed_identity",
        "storage_account_name",
        "identity",
    ):
        assert made_slot[argument] == app[argument]
    config = {**made_slot["site_config"]}
    config.pop("auto_swap_slot_name", None)
    assert config == app["site_config"]


def test_each_slots_own_identity_gets_the_same_role(made):
    role = made["resources"].at(
        "azurerm_role_assignment", "slots/slot-staging-storage-blob-data-owner"
    )
    slot = made["resources"].at(SLOT, "slots/slot-staging")
    assert role["principal_id"] == f"${{{SLOT}.{slot['_id']}.identity[0].principal_id}}"


def test_slot_settings_are_the_apps_with_its_own_on_top(made):
    staging = made["resources"].at(SLOT, "slots/slot-staging")
    assert staging["app_settings"]["MODE"] == "careful"
    assert staging["app_settings"]["LEVEL"] == "1"
    assert staging["site_config"]["auto_swap_slot_name"] == "last"


def test_what_easy_auth_reads_stays_with_its_slot(made):
    app = made["resources"].at(LINUX, "slots/app")
    assert app["sticky_settings"]["app_setting_names"] == [
        "MODE",
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS",
    ]
    assert "WEBSITE_AUTH_AAD_ALLOWED_TENANTS" not in app["app_settings"]


def test_an_app_and_its_slot_are_different_hosts_however_long_the_name(resources_of, function_app):
    name = "func-orders-and-invoices-of-contoso"

    def make(stack):
        slots = [Slot(name="staging")]
        function_app(stack, name=name, hosting=Hosting.premium(), slots=slots)

    resources = resources_of(make)
    app, slot = resources.at(LINUX, "orders/app"), resources.at(SLOT, "orders/slot-staging")
    ids = [site["app_settings"]["AzureFunctionsWebHost__hostid"] for site in (app, slot)]
    assert ids[0] != ids[1]
    assert app["sticky_settings"]["app_setting_names"] == ["AzureFunctionsWebHost__hostid"]


def test_the_reason_is_on_the_slot_that_is_weaker_only(made):
    assert made["resources"].at(SLOT, "slots/slot-last")["tags"] == {
        "team": "orders",
        "secured-functions:anonymous-paths": "A. Hopper",
    }
    assert made["resources"].at(SLOT, "slots/slot-staging")["tags"] == {"team": "orders"}


def test_hostnames_are_those_of_the_app_and_all_slots(made):
    app = made["slots"]
    assert app.hostnames == [
        app.hostname,
        app.slots["staging"].hostname,
        app.slots["last"].hostname,
    ]
    assert len(set(app.hostnames)) == 3


@pytest.mark.parametrize(("type_", "path"), [(LINUX, "app"), (SLOT, "slot-staging")])
def test_only_the_named_sources_reach_a_site(made, type_, path):
    config = made["resources"].at(type_, f"network/{path}")["site_config"]
    assert config["ip_restriction_default_action"] == "Deny"
    assert config["ip_restriction"] == [
        {"action": "Allow", "priority": 100, "name": "office", "ip_address": "203.0.113.0/24"},
        {
            "action": "Allow",
            "priority": 110,
            "name": "gateway",
            "virtual_network_subnet_id": SUBNET,
        },
        {
            "action": "Allow",
            "priority": 120,
            "name": "apim",
            "ip_address": "${azurerm_api_management.g.public_ip_addresses[0]}/32",
        },
        {
            "action": "Allow",
            "priority": 130,
            "name": "front-door",
            "service_tag": "AzureFrontDoor.Backend",
        },
    ]


def test_only_the_named_sources_deploy(made):
    config = made["resources"].at(LINUX, "network/app")["site_config"]
    assert config["scm_ip_restriction_default_action"] == "Deny"
    assert [rule["ip_address"] for rule in config["scm_ip_restriction"]] == ["198.51.100.7/32"]


def test_an_open_deployment_site_carries_its_reason(made):
    app = made["resources"].at("azurerm_function_app_flex_consumption", "open/app")
    assert app["site_config"]["scm_ip_restriction_default_action"] == "Allow"
    assert app["tags"] == {
        "secured-functions:open-deployment": "hosted agents have no fixed addresses"
    }


def test_private_endpoints_take_the_place_of_public_access(made):
    resources = made["resources"]
    assert resources.at(LINUX, "network/app")["public_network_access_enabled"] is False
    assert resources.at(SLOT, "network/slot-staging")["public_network_access_enabled"] is False
    app = resources.at("azurerm_private_endpoint", "network/endpoint-production")
    assert app["private_service_connection"]["subresource_names"] == ["sites"]
    assert app["private_dns_zone_group"]["private_dns_zone_ids"] == [ZONE]
    slot = resources.at("azurerm_private_endpoint", "network/endpoint-staging")
    assert slot["private_service_connection"]["subresource_names"] == ["sites-staging"]
    unique = resources.at(SLOT, "network/slot-staging")["_id"]
    assert slot["depends_on"] == [f"{SLOT}.{unique}"]
    assert set(made["network"].private_endpoints) == {"production", "staging"}
    zoneless = resources.at("azurerm_private_endpoint", "private/endpoint-production")
    assert "private_dns_zone_group" not in zoneless


def test_a_private_deployment_site_needs_no_reason(made):
    app = made["resources"].at("azurerm_function_app_flex_consumption", "private/app")
    assert app["public_network_access_enabled"] is False
    assert "tags" not in app


def test_outbound_traffic_takes_the_subnet(made):
    app = made["resources"].at(LINUX, "network/app")
    assert app["virtual_network_subnet_id"] == SUBNET
    assert app["site_config"]["vnet_route_all_enabled"] is True


def test_health_check_and_tls_are_as_asked(made):
    config = made["resources"].at(LINUX, "network/app")["site_config"]
    assert config["health_check_path"] == "/api/health"
    assert config["health_check_eviction_time_in_min"] == 10
    assert config["minimum_tls_version"] == config["scm_minimum_tls_version"] == "1.3"


def test_traces_are_sent_with_the_identity(made):
    resources = made["resources"]
    component = resources.at("azurerm_application_insights", "traced/insights")
    assert component["workspace_id"] == WORKSPACE
    for type_, path, owner in ((LINUX, "app", "app"), (SLOT, "slot-staging", "slot-staging")):
        site = resources.at(type_, f"traced/{path}")
        assert site["app_settings"]["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == (
            "Authorization=AAD"
        )
        role = resources.at(
            "azurerm_role_assignment", f"traced/{owner}-monitoring-metrics-publisher"
        )
        assert role["scope"] == f"${{azurerm_application_insights.{component['_id']}.id}}"
        assert site["_id"] in role["principal_id"]


def test_an_existing_component_is_reached_with_the_own_identity(made):
    app = made["resources"].at("azurerm_function_app_flex_consumption", "traced-own/app")
    assert app["app_settings"]["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == (
        "Authorization=AAD;ClientId=${azurerm_user_assigned_identity.own.client_id}"
    )
    role = made["resources"].at(
        "azurerm_role_assignment", "traced-own/app-monitoring-metrics-publisher"
    )
    assert role["scope"] == COMPONENT
    assert made["traced-own"].application_insights is None


def test_the_json_holds_no_key(made):
    for word in ("instrumentation_key", "InstrumentationKey", "AccountKey", 'access_key"'):
        assert word not in json.dumps(made["resources"])


def test_a_second_synth_is_the_same(made, resources_of, function_app):
    first = resources_of(lambda stack: function_app(stack, hosting=Hosting.premium()))
    second = resources_of(lambda stack: function_app(stack, hosting=Hosting.premium()))
    assert json.dumps(first) == json.dumps(second)


def secret(name, value):
    return {"app_settings": {name: value}}


CIDR = Source.addresses("203.0.113.0/24", name="office")
REFUSED = {
    "slot name": (
        {"hosting": Hosting.premium(), "slots": [Slot(name="Production")]},
        "production is the app itself",
    ),
    "slot twice": (
        {"hosting": Hosting.premium(), "slots": [Slot(name="a"), Slot(name="A")]},
        "slots.1: 'A' is there twice",
    ),
    "secret of a slot": (
        {
            "hosting": Hosting.premium(),
            "slots": [Slot(name="a", app_settings={"DB_PASSWORD": "hunter2"})],
        },
        "slots.0.app_settings.DB_PASSWORD: DB_PASSWORD holds a secret in plain text",
    ),
    "tls": ({"minimum_tls_version": "1.1"}, "write one of 1.2, 1.3"),
    "health check": ({"health_check_path": "api/health"}, "a path that starts with a slash"),
    "open deployment": ({"deployment": Inbound.anywhere()}, "Easy Auth does not cover it"),
    "long reason": (
        {"deployment": Inbound.anywhere(reason="x" * 257)},
        "with up to 256 characters",
    ),
    "private on consumption": (
        {"hosting": Hosting.consumption(), "private_access": PrivateAccess(subnet_id=SUBNET)},
        "private_access: the Consumption plan joins no virtual network",
    ),
    "subnet on consumption": (
        {"hosting": Hosting.consumption(), "outbound_subnet_id": SUBNET},
        "outbound_subnet_id: the Consumption plan joins no virtual network",
    ),
    "open but named": (
        {"inbound": Inbound(default_action="Allow", allow=[CIDR])},
        "everybody else is let in too",
    ),
    "two sources in one": (
        {"inbound": Inbound.default_deny(Source(name="a", cidr="10.0.0.0/8", subnet_id=SUBNET))},
        "the rule 'a' has 2 sources",
    ),
    "no source": ({"inbound": Inbound.default_deny(Source(name="a"))}, "the rule 'a' has 0"),
    "one name twice": ({"inbound": Inbound.default_deny(CIDR, CIDR)}, "two rules are named"),
    "address without length": (
        {"deployment": Inbound.default_deny(Source.addresses("203.0.113.7", name="a"))},
        "'203.0.113.7' is not allowed (write a range",
    ),
    "host bits": (
        {"inbound": Inbound.default_deny(Source.addresses("203.0.113.7/24", name="a"))},
        "'203.0.113.7/24' is not allowed (write the first address",
    ),
    "tag of the control plane": (
        {"inbound": Inbound.default_deny(Source.tag("ApiManagement.WestEurope", name="a"))},
        "not the gateways",
    ),
    "too many rules": (
        {
            "inbound": Inbound.default_deny(
                *(
                    Source.addresses(f"10.{n // 256}.{n % 256}.0/24", name=f"{n}")
                    for n in range(513)
                )
            )
        },
        "App Service takes up to 512",
    ),
    "storage key": (
        secret("ORDERS", "AccountName=a;AccountKey=abc;EndpointSuffix=b"),
        "ORDERS holds a secret in plain text",
    ),
    "bus key": (secret("BUS", "Endpoint=sb://b;SharedAccessKey=abc"), "BUS holds a secret"),
    "signed url": (secret("FEED", "https://a.blob.core.windows.net/c?sv=1&sig=x"), "FEED holds"),
    "key from a reference": (secret("ORDERS", "AccountKey=${var.key}"), "ORDERS holds a secret"),
    "named secret": (secret("STRIPE_API_KEY", "sk_live"), "STRIPE_API_KEY holds a secret"),
    "own storage setting": (
        secret("AzureWebJobsStorage", "x"),
        "AzureWebJobsStorage is made by the construct",
    ),
    "sign-in secret": (
        secret("MICROSOFT_PROVIDER_AUTHENTICATION_SECRET", "x"),
        "is made by the construct",
    ),
    "easy auth by hand": (secret("website_auth_enabled", "false"), "is made by the construct"),
}


@pytest.mark.parametrize(("props", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(stack, function_app, props, message):
    with pytest.raises(InputError) as error:
        function_app(stack, **props)
    assert message in str(error.value)
    assert str(error.value).startswith("test/orders: ")


def test_key_vault_references_and_unknown_values_pass(stack, function_app):
    settings = {
        "DB_PASSWORD": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)",
        "STRIPE_API_KEY": "${var.reference}",
        "CLIENT_SECRET": "",
        "MODE": "fast",
    }
    app = function_app(stack, app_settings=settings)
    assert settings.items() <= app.resource.app_settings_input.items()


def test_a_slot_that_was_added_by_hand_is_refused_at_synth(stack, function_app, validate):
    app = function_app(stack, hosting=Hosting.premium(), slots=[Slot(name="staging")])
    validate(stack)
    LinuxFunctionAppSlot(stack, "extra", name="x", function_app_id=app.id, site_config={})
    with pytest.raises(RuntimeError, match="test/extra is a slot of this function app without"):
        validate(stack)


def test_a_slot_of_another_app_is_none_of_our_business(stack, function_app, validate):
    function_app(stack, hosting=Hosting.premium())
    LinuxFunctionAppSlot(stack, "extra", name="x", function_app_id="/other", site_config={})
    validate(stack)
