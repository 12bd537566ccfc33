"""Tools that API Management makes of operations: the same callers, and the same token behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cdktf import TerraformStack
from constructs import Construct

from constructs_lib import (
    Diagnostics,
    Gateway,
    InputError,
    NativeMcpApi,
    Operation,
    SecuredMcpServer,
    add_azapi_provider,
)
from constructs_lib.access import analyse, read_stacks
from constructs_lib.policy import Base, SetHeader
from constructs_lib.secured_mcp_server import LEVEL_SETTING
from tests.mcp_server.samples import gateway, weather
from tests.mcp_server.test_pattern import LOGGER, of

TOOLS = [
    Operation(
        method="GET",
        url_template="/forecast/{city}",
        id="forecast",
        description="Tells tomorrow's weather in a city.",
    ),
    "POST /alerts",
]


@pytest.fixture(scope="module")
def terraform(build: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A server whose tools are two operations, and one more whose endpoint is its own."""

    def make(stack: TerraformStack) -> None:
        add_azapi_provider(stack)
        service = gateway(stack)
        server = weather(
            stack, gateway=service, tools=TOOLS, diagnostics=Diagnostics(logger_id=LOGGER)
        )
        server.policy.inbound.append(SetHeader(name="x", exists_action="delete"))
        weather(stack, "news", gateway=service)

    return build(make)


def properties(terraform: dict[str, Any]) -> dict[str, Any]:
    return of(terraform, "azapi_resource", "weather")["body"]["properties"]


def test_the_api_has_the_form_that_the_service_takes(terraform: dict[str, Any]) -> None:
    api = of(terraform, "azapi_resource", "weather")
    assert api["type"] == "Microsoft.ApiManagement/service/apis@2025-09-01-preview"
    assert api["schema_validation_enabled"] is False
    assert api["parent_id"].endswith("gateway_service_0B098E79.id}")
    given = properties(terraform)
    assert (given["type"], given["path"], given["subscriptionRequired"]) == (
        "mcp",
        "weather",
        False,
    )
    # Both at once are refused by the service, and so is a `serviceUrl`.
    assert not {"backendId", "serviceUrl", "mcpProperties"} & given.keys()
    forecast, alerts = given["mcpTools"]
    assert forecast["description"] == "Tells tomorrow's weather in a city."
    assert (forecast["name"], alerts["name"]) == ("forecast", "post-alerts")
    # The full id, and not that of azurerm, which ends in `;rev=1`.
    gateway_id, api_name = forecast["operationId"].split("/apis/")
    assert gateway_id == api["parent_id"]
    assert api_name.endswith(".name}/operations/forecast")


def test_callers_are_checked_as_in_front_of_an_endpoint_of_ones_own(
    terraform: dict[str, Any],
) -> None:
    def check(part: str) -> str:
        text = of(terraform, "azurerm_api_management_api_policy", part)["xml_content"]
        _, checked = text.split("<validate-azure-ad-token")
        return checked.split("<rate-limit-by-key")[0].replace(part, "server")

    native, own = check("weather_native"), check("news_chain")
    for same in ("<client-application-ids>", "<audience>", "Contains(&quot;access&quot;)"):
        assert same in native
        assert same in own
    assert native.count("<application-id>") == own.count("<application-id>") == 2
    identifier = of(terraform, "azuread_application", "weather_callers")["identifier_uris"][0]
    assert identifier.endswith(".gateway_url}/weather/mcp")


def test_the_challenge_is_that_of_an_error(terraform: dict[str, Any]) -> None:
    """In an answer of the policy itself the gateway was seen to write another address."""
    text = of(terraform, "azurerm_api_management_api_policy", "weather_native")["xml_content"]
    inbound, _, error = text.partition("<on-error>")
    assert '<set-status code="401"' not in inbound
    assert 'Bearer resource_metadata="' in error


def test_the_callers_token_ends_at_the_server_and_only_the_gateways_gets_further(
    terraform: dict[str, Any],
) -> None:
    policies = {
        part: of(terraform, "azurerm_api_management_api_policy", part)["xml_content"]
        for part in ("weather_native", "weather_chain")
    }
    server, behind = policies["weather_native"], policies["weather_chain"]
    token = '<authentication-managed-identity resource="${azuread_application.weather_registration'
    assert server.index("<validate-azure-ad-token") < server.index(token)
    assert server.index(token) < server.index('name="x"')
    assert behind.index("<validate-azure-ad-token") < behind.index(token)
    [application] = behind.split("<application-id>")[1:]
    assert application.startswith("${data.azuread_service_principal.gateway_identity-principal")
    [audience] = behind.split("<audience>")[1:]
    assert audience.startswith("${azuread_application.weather_registration")


def test_no_tool_is_there_before_the_policies_of_what_it_calls(terraform: dict[str, Any]) -> None:
    api = of(terraform, "azapi_resource", "weather")
    waits_for = [each.split(".")[0] for each in api["depends_on"]]
    assert waits_for == ["azurerm_api_management_api_policy"] + 2 * [
        "azurerm_api_management_api_operation"
    ]
    behind = of(terraform, "azurerm_api_management_api_policy", "weather_chain")
    assert [each.split(".")[0] for each in behind["depends_on"]] == ["azuread_app_role_assignment"]


def test_the_functions_are_ordinary_ones_behind_easy_auth(terraform: dict[str, Any]) -> None:
    site = of(terraform, "azurerm_linux_function_app", "weather")
    assert LEVEL_SETTING not in site["app_settings"]
    assert of(terraform, "azurerm_api_management_backend", "weather")["url"].endswith("/api")
    api = of(terraform, "azurerm_api_management_api", "weather")
    assert (api["path"], api["subscription_required"]) == ("weather-tools", False)


def test_no_byte_of_a_payload_is_traced_at_either_api(terraform: dict[str, Any]) -> None:
    diagnostics = terraform["resource"]["azurerm_api_management_api_diagnostic"].values()
    assert len(diagnostics) == 2
    assert all(each["frontend_response"] == {"body_bytes": 0} for each in diagnostics)


def test_the_access_check_finds_nothing_and_follows_both_apis(terraform: dict[str, Any]) -> None:
    analysis = analyse(read_stacks({"test": terraform}))
    assert analysis.findings == ()
    verdicts = {
        (each.caller.kind, each.caller.label.split("through ")[-1].split()[0]): each.verdict
        for each in analysis.answers
        if "through weather" in each.caller.label
    }
    assert verdicts == {
        ("gateway", "weather"): "open",
        ("mcp-client", "weather"): "open",
        ("mcp-other-client", "weather"): "closed",
        ("gateway-without-key", "weather"): "closed",
        ("gateway", "weather-tools"): "open",
        ("gateway-without-key", "weather-tools"): "closed",
    }


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no tool": ({"tools": []}, "there is no tool"),
    "an endpoint too": ({"tools": TOOLS, "endpoint": "mcp"}, "API Management itself answers"),
    "methods too": ({"tools": TOOLS, "methods": ["POST", "GET"]}, "API Management itself answers"),
    "any path": ({"tools": ["GET /files/*"]}, "a tool only the parameters that it has"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_type_cannot_do_is_refused(stack: TerraformStack, case: str) -> None:
    props, problem = REFUSED[case]
    with pytest.raises(InputError, match=problem):
        weather(stack, **props)


def alone(
    stack: TerraformStack, service: Gateway, server: SecuredMcpServer, **props: Any
) -> NativeMcpApi:
    given: dict[str, Any] = {
        "path": "own",
        "api": server.chain.function_api,
        "policy": "<policies />",
        **props,
    }
    return NativeMcpApi(stack, "own", gateway=service, **given)


def test_the_part_alone_says_what_it_cannot_do(stack: TerraformStack) -> None:
    service = gateway(stack)
    server = weather(stack, gateway=service, tools=TOOLS)
    with pytest.raises(InputError, match="no operation has the id 'alerts'"):
        alone(stack, service, server, tools=["alerts"])
    server.chain.function_api.subscription_required = True
    with pytest.raises(InputError, match="without a subscription key"):
        alone(stack, service, server)
    cheap = gateway(Construct(stack, "cheap"), name="apim-cheap", sku="Consumption_0")
    with pytest.raises(InputError, match="the Consumption tier has no MCP servers"):
        alone(stack, cheap, server)


def test_the_part_alone_offers_some_of_the_operations(stack: TerraformStack) -> None:
    service = gateway(stack)
    server = weather(stack, gateway=service, tools=TOOLS)
    own = alone(stack, service, server, tools=["forecast"])
    assert [*own.tools] == ["forecast"]
    assert own.policy.inbound == [Base()]
    with pytest.raises(InputError, match="the path 'own' in this gateway is taken by"):
        NativeMcpApi(
            stack,
            "again",
            gateway=service,
            path="own",
            api=server.chain.function_api,
            policy="<policies />",
        )
