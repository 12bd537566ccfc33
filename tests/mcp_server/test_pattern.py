"""What the pattern makes: one address everywhere, two registrations, and no key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cdktf import TerraformStack

from constructs_lib import (
    DelegatedAccess,
    Diagnostics,
    ExistingRegistration,
    FunctionAppProps,
    InputError,
    ResourceMetadata,
    add_outputs,
)
from constructs_lib.access import analyse, read_stacks
from constructs_lib.secured_mcp_server import LEVEL_SETTING
from tests.mcp_server.samples import APP, CALLERS, USERS, gateway, weather

LOGGER = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/loggers/l"
GIVEN = ExistingRegistration(
    client_id="6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    tenant_id="7f9619ff-8b86-4d01-b42d-00cf4fc964ff",
)


@pytest.fixture(scope="module")
def terraform(build: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Two servers in one gateway, the second for a registration that is given, with all else."""

    def make(stack: TerraformStack) -> None:
        service = gateway(stack)
        first = weather(stack, gateway=service)
        second = weather(
            stack,
            "news",
            gateway=service,
            callers=DelegatedAccess(clients=CALLERS.clients),
            callers_registration=GIVEN,
            identifier_uri="client_id",
            gateway_url="https://api.contoso.example",
            agents=[],
            endpoint="mcp",
            methods=["POST", "GET"],
            allowed_origins=["https://inspector.example"],
            calls_per_minute=10,
            timeout=100,
            diagnostics=Diagnostics(logger_id=LOGGER),
            policy="<policies><inbound><base /><set-header name='x' exists-action='delete' />"
            "</inbound><backend><base /></backend><outbound><base /></outbound>"
            "<on-error><base /></on-error></policies>",
        )
        servers = {"weather": first, "news": second}
        tenant = first.chain.registration.tenant_id
        add_outputs(stack, gateway=service, tenant_id=tenant, apis=servers)

    return build(make)


def of(terraform: dict[str, Any], kind: str, part: str) -> dict[str, Any]:
    (found,) = [each for name, each in terraform["resource"][kind].items() if name.startswith(part)]
    return found


def test_address_resource_and_identifier_uri_are_one_string(terraform: dict[str, Any]) -> None:
    [identifier] = of(terraform, "azuread_application", "weather_callers")["identifier_uris"]
    assert identifier.endswith(".gateway_url}/weather/mcp")
    policy = of(terraform, "azurerm_api_management_api_policy", "weather")["xml_content"]
    described = [
        each["xml_content"]
        for each in terraform["resource"]["azurerm_api_management_api_operation_policy"].values()
        if f'"resource": "{identifier}"' in each["xml_content"]
    ]
    assert len(described) == 1
    assert f'"scopes_supported": ["{identifier}/access"]' in described[0]
    assert policy.count(f'scope="{identifier}/access"') == 3


def test_users_and_clients_are_named_and_nobody_else_gets_a_token(
    terraform: dict[str, Any],
) -> None:
    application = of(terraform, "azuread_application", "weather_callers")
    [scope] = application["api"]["oauth2_permission_scope"]
    assert (scope["value"], scope["type"]) == ("access", "User")
    assert application["api"]["requested_access_token_version"] == 2
    assert application["sign_in_audience"] == "AzureADMyOrg"
    principal = of(terraform, "azuread_service_principal", "weather_callers")
    assert principal["app_role_assignment_required"] is True
    [pre_authorized] = terraform["resource"]["azuread_application_pre_authorized"].values()
    assert pre_authorized["authorized_client_id"] == CALLERS.clients["vscode"]
    assert pre_authorized["permission_ids"] == [scope["id"]]
    user = of(terraform, "azuread_app_role_assignment", "weather_callers_user-developers")
    assert user["principal_object_id"] == USERS["developers"]


def test_the_host_takes_no_key_because_easy_auth_does_what_it_would(
    terraform: dict[str, Any],
) -> None:
    site = of(terraform, "azurerm_linux_function_app", "weather")
    slot = of(terraform, "azurerm_linux_function_app_slot", "weather")
    for each in (site, slot):
        assert each["app_settings"][LEVEL_SETTING] == "Anonymous"
        assert each["auth_settings_v2"]["unauthenticated_action"] == "Return401"
        assert each["auth_settings_v2"].get("excluded_paths") is None
    backend = of(terraform, "azurerm_api_management_backend", "weather")
    assert backend["url"].endswith("default_hostname}/runtime/webhooks")


def test_a_server_of_ones_own_is_called_at_its_own_path(terraform: dict[str, Any]) -> None:
    assert of(terraform, "azurerm_api_management_backend", "news")["url"].endswith("hostname}")
    site = of(terraform, "azurerm_linux_function_app", "news")
    assert LEVEL_SETTING not in site["app_settings"]
    templates = {
        (each["method"], each["url_template"])
        for name, each in terraform["resource"]["azurerm_api_management_api_operation"].items()
        if name.startswith("news")
    }
    assert templates == {("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp")}
    policies = terraform["resource"]["azurerm_api_management_api_operation_policy"]
    [refusing] = [each for name, each in policies.items() if name.startswith("news")]
    assert "<value>POST, GET</value>" in refusing["xml_content"]


def test_what_is_said_besides_comes_after_the_check_of_the_token(terraform: dict[str, Any]) -> None:
    policy = of(terraform, "azurerm_api_management_api_policy", "news")["xml_content"]
    token, own, chain = (
        policy.index(each)
        for each in ("<validate-azure-ad-token", 'name="x"', "<authentication-managed-identity")
    )
    assert token < own < chain
    assert '<rate-limit-by-key calls="10"' in policy
    assert '<forward-request timeout="100" buffer-response="false" />' in policy
    assert "<origin>https://inspector.example</origin>" in policy
    assert f'scope="api://{GIVEN.client_id}/access"' in policy
    assert 'resource_metadata="https://api.contoso.example/.well-known/' in policy


def test_no_byte_of_a_payload_is_traced(terraform: dict[str, Any]) -> None:
    [diagnostic] = terraform["resource"]["azurerm_api_management_api_diagnostic"].values()
    assert diagnostic["frontend_response"] == diagnostic["backend_response"] == {"body_bytes": 0}
    hidden = json.dumps(diagnostic["frontend_request"])
    assert "Mcp-Session-Id" in hidden
    assert "Authorization" in hidden


def test_servers_share_the_one_api_of_their_metadata(terraform: dict[str, Any]) -> None:
    apis = terraform["resource"]["azurerm_api_management_api"].values()
    assert [each["path"] for each in apis].count(".well-known/oauth-protected-resource") == 1
    assert all(each["subscription_required"] is False for each in apis)


def test_the_access_check_finds_nothing(terraform: dict[str, Any]) -> None:
    assert analyse(read_stacks({"test": terraform})).findings == ()


def test_verify_learns_what_callers_need_to_know(terraform: dict[str, Any]) -> None:
    told = terraform["output"]["apis"]["value"]["news"]["mcp"]
    assert told["url"] == "https://api.contoso.example/news/mcp"
    assert told["audience"] == GIVEN.client_id
    assert told["endpoint"] == "mcp"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nobody may call": ({"callers": DelegatedAccess(), "agents": []}, "no client may call"),
    "no user": ({"callers": DelegatedAccess(clients=CALLERS.clients)}, "nobody may sign in"),
    "users of another's registration": (
        {"callers_registration": GIVEN},
        "whoever manages the registration",
    ),
    "a path twice": ({"methods": ["GET"]}, "every message of a client is a POST"),
    "a body is read": (
        {"policy": "<policies><inbound><base /></inbound><backend><base /></backend><outbound>"
                   "<base /><set-body>@(context.Response.Body.As&lt;string&gt;())</set-body>"
                   "</outbound><on-error><base /></on-error></policies>"},
        "nothing of it streams",
    ),
    "no base": (
        {"policy": "<policies><inbound><set-header name='x' exists-action='delete' /></inbound>"
                   "</policies>"},
        "does not begin with <base />",
    ),
    "a key after all": (
        {"function_app": FunctionAppProps(
            runtime="python 3.12", app_settings={LEVEL_SETTING: "System"})},
        "asks for a key",
    ),
    "too long": ({"timeout": 300}, "write 1 to 240"),
    "not an argument": ({"allowed_origin": []}, "not known .did you mean 'allowed_origins'."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_not_hold_is_refused(stack: TerraformStack, case: str) -> None:
    props, problem = REFUSED[case]
    with pytest.raises(InputError, match=problem):
        weather(stack, **props)


@pytest.mark.parametrize(
    ("sku", "app", "problem"),
    [
        ("Consumption_0", APP, "keeps no connection open"),
        (
            "BasicV2_1",
            FunctionAppProps(runtime="python 3.12", minimum_tls_version="1.3"),
            "TLS 1.3 only",
        ),
    ],
)
def test_what_the_tier_cannot_do_is_refused(
    stack: TerraformStack, sku: str, app: FunctionAppProps, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        weather(stack, gateway=gateway(stack, sku=sku), function_app=app)


def test_two_servers_at_one_address_are_refused(stack: TerraformStack) -> None:
    service = gateway(stack)
    weather(stack, gateway=service, path="weather")
    with pytest.raises(InputError, match=r"again: path: .*'weather/mcp'.* taken by .*/weather"):
        weather(stack, "again", gateway=service, path="weather")


def test_a_second_api_for_metadata_says_how_to_share(stack: TerraformStack) -> None:
    service = gateway(stack)
    ResourceMetadata(stack, "mine", gateway=service)
    with pytest.raises(InputError, match="give the resource_metadata"):
        ResourceMetadata(stack, "another", gateway=service, name="another")
