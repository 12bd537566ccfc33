"""What people's estates are made of: azapi, data sources, older providers, keys, other stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import AUTH, BACKEND, REMOVED, SITE, Case, put
from tests.access.samples import APP, AUDIENCE, Document, chain, directory, policy, without_token

SERVICE = "Microsoft.ApiManagement/service"
GATEWAY = "azurerm_api_management"
AZAPI = "resource.azapi_resource"
ACTION = "resource.azapi_resource_action.action"
UPDATE = "resource.azapi_update_resource.update"
WEB = "Microsoft.Web/sites"
AZAPI_POLICY = policy().replace(
    "${azurerm_api_management_backend.orders.name}", "${azapi_resource.backend.name}"
)
ID = f"${{{APP}.orders.id}}"


def _in_azapi(document: Document) -> None:
    """The sample's gateway with all that it contains, as azapi makes them."""
    resources = document["resource"]
    for kind in [each for each in resources if each.startswith(GATEWAY)]:
        del resources[kind]
    gateway = "${azapi_resource.gateway.id}"
    resources["azapi_resource"] = {
        "gateway": {
            "type": f"{SERVICE}@2024-05-01",
            "name": "apim-sample",
            "parent_id": "/subscriptions/s/resourceGroups/rg",
            "identity": {
                "type": "UserAssigned",
                "identity_ids": ["${azurerm_user_assigned_identity.gateway.id}"],
            },
            "body": {"properties": {"publisherName": "Sample"}},
        },
        "api": {
            "type": f"{SERVICE}/apis@2024-05-01",
            "name": "orders",
            "parent_id": gateway,
            "body": {"properties": {"path": "orders", "subscriptionRequired": True}},
        },
        "backend": {
            "type": f"{SERVICE}/backends@2024-05-01",
            "name": "func-orders",
            "parent_id": gateway,
            "body": {
                "properties": {
                    "protocol": "http",
                    "url": f"https://${{{APP}.orders.default_hostname}}/api",
                }
            },
        },
        "policy": {
            "type": f"{SERVICE}/apis/policies@2024-05-01",
            "name": "policy",
            "parent_id": "${azapi_resource.api.id}",
            "body": {
                "properties": {
                    "format": "rawxml",
                    "value": AZAPI_POLICY,
                }
            },
        },
    }


def _azapi(path: str, value: Any) -> Any:
    def change(document: Document) -> None:
        _in_azapi(document)
        put(document, f"{AZAPI}.{path}", value)

    return change


def _earlier_azuread(document: Document) -> None:
    text = json.dumps(document).replace(
        "azuread_application.orders.client_id", "azuread_application.orders.application_id"
    )
    document.clear()
    document.update(json.loads(text))
    principal = document["resource"]["azuread_service_principal"]["orders"]
    principal["application_id"] = principal.pop("client_id")


def _with_key(document: Document) -> None:
    put(document, f"{BACKEND}.credentials", {"header": {"x-functions-key": "{{key}}"}})
    put(document, f"{AUTH}.require_authentication", False)


def _outside_app(document: Document) -> None:
    del document["resource"][APP]
    document["resource"][f"{GATEWAY}_backend"]["orders"]["url"] = "https://func-x.azurewebsites.net"
    document["resource"][f"{GATEWAY}_api"]["orders"]["subscription_required"] = False


def _told(*changes: tuple[str, Any]) -> dict[str, Any]:
    return dict(changes)


LOOK_UP = f"data.{APP}.found"

CASES = [
    Case("a_gateway_with_all_its_parts_can_be_made_by_azapi", "clean", _in_azapi),
    Case(
        "a_policy_of_azapi_without_the_token_is_seen",
        "SF301",
        _azapi("policy.body.properties.value", without_token(AZAPI_POLICY)),
    ),
    Case(
        "an_api_of_azapi_without_a_key_is_open",
        "SF501",
        _azapi("api.body.properties.subscriptionRequired", False),
        {"gateway-without-key": "open"},
    ),
    Case(
        "a_policy_of_azapi_behind_a_link_is_not_read",
        "told",
        _azapi("policy.body.properties.format", "xml-link"),
        {"gateway": "unknown"},
    ),
    Case(
        "a_pool_of_backends_is_not_read",
        "SF903",
        _azapi("backend.body.properties.pool", {"services": [{"id": "x"}]}),
    ),
    Case(
        "a_backend_of_azapi_with_a_key_holds_credentials",
        "SF314",
        _azapi("backend.body.properties.credentials", {"header": {"x-functions-key": ["k"]}}),
    ),
    Case(
        "an_azapi_gateway_without_the_identity_gets_no_token",
        "SF304",
        _azapi("gateway.identity", {"type": "SystemAssigned"}),
        {"gateway": "closed"},
    ),
    Case(
        "what_azapi_writes_and_terraform_ignores_is_in_doubt",
        "SF907",
        _azapi("policy.lifecycle", {"ignore_changes": ["body"]}),
        {"gateway": "unknown"},
    ),
    Case("azuread_2_calls_the_client_id_application_id", "clean", _earlier_azuread),
    Case(
        "who_has_a_token_and_no_key_is_stopped_by_the_host_like_anybody",
        "SF102",
        _with_key,
        {
            "anonymous": "unknown",
            "user": "unknown",
            "application": "unknown",
            "function-key": "open",
        },
    ),
    Case("an_api_without_a_key_is_open_to_an_app_elsewhere_too", "SF501", _outside_app),
    Case(
        "settings_in_a_sensitive_body_count",
        "SF102",
        _told(
            (
                UPDATE,
                {
                    "type": f"{WEB}/config@2024-04-01",
                    "name": "authsettingsV2",
                    "parent_id": ID,
                    "body": {"properties": {}},
                    "sensitive_body": {
                        "properties": {"globalValidation": {"requireAuthentication": False}}
                    },
                },
            )
        ),
        {"anonymous": "open"},
    ),
    Case(
        "a_sensitive_body_that_is_computed_is_not_known",
        "told",
        _told(
            (
                UPDATE,
                {
                    "type": f"{WEB}/config@2024-04-01",
                    "name": "authsettingsV2",
                    "parent_id": ID,
                    "body": {"properties": {}},
                    "sensitive_body": "${var.settings}",
                },
            )
        ),
        {"anonymous": "unknown"},
    ),
    Case(
        "easy_auth_that_azapi_writes_and_terraform_ignores_is_in_doubt",
        "SF907",
        _told(
            (
                UPDATE,
                {
                    "type": f"{WEB}/config@2024-04-01",
                    "name": "authsettingsV2",
                    "parent_id": ID,
                    "body": {"properties": {"platform": {"enabled": True}}},
                    "lifecycle": {"ignore_changes": "all"},
                },
            )
        ),
        {"anonymous": "unknown", "plain-http": "closed"},
    ),
    Case(
        "mounted_shares_decide_nothing",
        "no error",
        _told(
            (
                ACTION,
                {
                    "type": f"{WEB}@2024-04-01",
                    "resource_id": ID,
                    "action": "config/azurestorageaccounts",
                    "method": "PUT",
                    "body": {"properties": {"share": {}}},
                },
            )
        ),
        {"anonymous": "closed"},
    ),
    Case(
        "publishing_code_changes_no_setting",
        "clean",
        _told(
            (
                "resource.null_resource.publish",
                {
                    "provisioner": {
                        "local-exec": {"command": "func azure functionapp publish func-orders"}
                    }
                },
            )
        ),
    ),
    Case(
        "another_command_of_the_same_tool_may_change_settings",
        "SF903",
        _told(
            (
                "resource.null_resource.publish",
                {
                    "provisioner": {
                        "local-exec": {"command": "az functionapp update -n func-orders"}
                    }
                },
            )
        ),
        {"anonymous": "unknown"},
    ),
    Case(
        "an_app_that_is_looked_up_where_it_is_made_is_one_app",
        "clean",
        _told(
            (f"{LOOK_UP}.name", f"${{{APP}.orders.name}}"),
            (f"{LOOK_UP}.resource_group_name", "rg"),
            (f"{BACKEND}.url", f"https://${{data.{APP}.found.default_hostname}}/api"),
        ),
        {"gateway": "open"},
    ),
    Case(
        "version_1_names_a_tenant",
        "told",
        _told(
            (AUTH, REMOVED),
            (
                f"resource.{APP}.orders.auth_settings",
                {
                    "enabled": True,
                    "unauthenticated_client_action": "RedirectToLoginPage",
                    "issuer": "https://sts.windows.net/33333333-3333-4333-8333-333333333333/",
                    "active_directory": {"client_id": AUDIENCE},
                },
            ),
        ),
        {"foreign": "closed", "application": "closed/unknown"},
    ),
]


SITE_ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/Func-Orders"
IDENTITY_ID = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/ID-gateway"
)


def _auth_off(parent: str) -> dict[str, Any]:
    return {
        "type": f"{WEB}/config@2024-04-01",
        "name": "authsettingsV2",
        "parent_id": parent,
        "body": {"properties": {"platform": {"enabled": False}}},
    }


def _auth_on(parent: str) -> dict[str, Any]:
    return {**_auth_off(parent), "body": {"properties": {"platform": {"enabled": True}}}}


CASES += [
    Case(
        "a_static_web_app_can_name_the_app_by_an_id_that_is_written_out",
        "SF504",
        _told(
            (
                "resource.azurerm_static_web_app_function_app_registration.site",
                {"static_web_app_id": "/x", "function_app_id": SITE_ID},
            )
        ),
        {"anonymous": "unknown"},
    ),
    Case(
        "a_connection_can_name_the_app_by_an_id_that_is_written_out",
        "SF906",
        _told(
            (
                "resource.azurerm_function_app_connection.db",
                {"name": "db", "function_app_id": SITE_ID, "target_resource_id": "/x"},
            )
        ),
    ),
    Case(
        "another_app_can_hold_the_identity_by_an_id_that_is_written_out",
        "SF502",
        _told(
            (
                "resource.azurerm_container_app.other",
                {"name": "x", "identity": {"type": "UserAssigned", "identity_ids": [IDENTITY_ID]}},
            )
        ),
    ),
    Case(
        "two_writers_of_one_setting_that_differ_are_not_known",
        "SF903",
        _told(
            ("resource.azapi_update_resource.a", _auth_off(ID)),
            ("resource.azapi_update_resource.b", _auth_on(ID)),
        ),
        {"anonymous": "unknown"},
    ),
    Case(
        "two_writers_of_one_setting_that_agree_are_one",
        "SF903",
        _told(
            ("resource.azapi_update_resource.a", _auth_on(ID)),
            ("resource.azapi_update_resource.b", _auth_on(SITE_ID)),
        ),
        {"anonymous": "closed"},
    ),
    Case(
        "what_is_written_to_an_app_that_is_looked_up_is_written_to_it",
        "SF101",
        _told(
            (f"{LOOK_UP}.name", "func-orders"),
            (f"{LOOK_UP}.resource_group_name", "rg"),
            ("resource.azapi_update_resource.a", _auth_off(f"${{data.{APP}.found.id}}")),
        ),
        {"anonymous": "open"},
    ),
]


OPEN = {AUTH: REMOVED, f"{SITE}.ip_restriction_default_action": "Deny"}
ALL = "0.0.0.0/0"
CASES += [
    Case(
        "a_front_door_that_is_not_known_may_be_anybodys",
        "told",
        OPEN
        | {
            f"{SITE}.ip_restriction": [
                {"name": "x", "service_tag": "AzureFrontDoor.Backend", "headers": "${var.headers}"}
            ]
        },
        {"anonymous": "unknown"},
    ),
    Case(
        "rules_of_one_priority_that_differ_have_no_known_order",
        "told",
        OPEN
        | {
            f"{SITE}.ip_restriction": [
                {"name": "x", "ip_address": ALL, "priority": 1, "action": "Deny"},
                {"name": "y", "ip_address": ALL, "priority": 1, "action": "Allow"},
            ]
        },
        {"anonymous": "unknown"},
    ),
    Case(
        "rules_of_one_priority_that_agree_need_none",
        "told",
        OPEN
        | {
            f"{SITE}.ip_restriction": [
                {"name": "x", "ip_address": "20.1.2.3/32"},
                {"name": "y", "ip_address": "20.1.2.4/32"},
            ]
        },
        {"anonymous": "closed"},
    ),
    Case(
        "public_access_that_is_not_known_is_not_open",
        "told",
        {AUTH: REMOVED, f"resource.{APP}.orders.public_network_access_enabled": "${var.public}"},
        {"anonymous": "unknown", "gateway": "unknown"},
    ),
    Case(
        "a_host_name_after_the_apps_is_another_host",
        "SF310",
        {f"{BACKEND}.url": f"https://${{{APP}.orders.default_hostname}}.evil.example/api"},
    ),
    Case(
        "a_dot_after_the_host_name_may_be_the_apps",
        "SF901",
        {f"{BACKEND}.url": f"https://${{{APP}.orders.default_hostname}}./api"},
        {"gateway": "unknown"},
    ),
    Case(
        "an_argument_within_easy_auth_that_is_ignored_leaves_all_of_it_unknown",
        "SF907",
        {
            f"resource.{APP}.orders.lifecycle": {
                "ignore_changes": ["auth_settings_v2[0].require_authentication"]
            }
        },
        {"anonymous": "unknown"},
    ),
    Case(
        "rules_of_the_network_that_are_ignored_are_not_known",
        "SF907",
        OPEN
        | {
            f"resource.{APP}.orders.lifecycle": {
                "ignore_changes": ["site_config[0].ip_restriction"]
            }
        },
        {"anonymous": "unknown"},
    ),
    Case(
        "what_azapi_writes_of_a_computed_type_may_be_anything",
        "SF903",
        {UPDATE: _auth_off(ID) | {"type": "${var.type}"}},
        {"anonymous": "unknown"},
    ),
    Case(
        "what_azapi_writes_perhaps_is_not_known",
        "SF903",
        {UPDATE: _auth_off(ID) | {"count": "${var.count}"}},
        {"anonymous": "unknown"},
    ),
    Case(
        "a_policy_that_is_made_perhaps_is_not_known",
        "told",
        {f"resource.{GATEWAY}_api_policy.orders.count": "${var.count}"},
        {"gateway": "unknown"},
    ),
]


@pytest.mark.parametrize("parent", [SITE_ID, f"${{data.{APP}.orders.id}}"])
def test_another_stack_that_writes_to_an_app_leaves_it_unknown(parent: str) -> None:
    other = {
        "data": {APP: {"orders": {"name": "func-orders", "resource_group_name": "rg"}}},
        "resource": {"azapi_update_resource": {"auth": _auth_off(parent)}},
    }
    analysis = analyse(read_stacks({"apps": chain(), "later": other}))
    verdicts = {each.verdict for each in analysis.answers if each.caller.kind == "anonymous"}
    assert verdicts == {"unknown"}
    assert "SF903" in {each.rule for each in analysis.findings}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_estates_are_made_of(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    "unknown",
    [
        "${var.principal}",
        {"tenant_auth_endpoint": "${var.issuer}"},
        {"client_id": "44444444-4444-4444-8444-444444444444"},
    ],
    ids=str,
)
def test_every_answer_that_is_not_known_has_a_finding(unknown: Any) -> None:
    document = chain()
    changes = unknown if isinstance(unknown, dict) else {"allowed_identities": [unknown]}
    directory(document).update(changes)
    analysis = analyse(read_stacks({"stack": document}))
    told = {(each.address, each.attribute) for each in analysis.findings}
    asked = [each for each in analysis.answers if each.verdict == "unknown"]
    assert asked
    assert {(each.address, each.attribute) for each in asked} <= told
