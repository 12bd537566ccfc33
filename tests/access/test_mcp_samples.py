"""What public samples of MCP servers do insecurely, rebuilt: each is found, and says its fix."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.kinds import AUTH, GATEWAY, REMOVED, RESOURCE
from tests.access.test_mcp import (
    ANSWER,
    ANSWERED,
    API_OF_OAUTH,
    CLIENTS,
    FORWARD,
    KEYS_OF_HOST,
    LEVEL,
    MASTER,
    NAMED,
    NO_TOKEN,
    OF_GATEWAY,
    OPEN,
    ORIGIN,
    OWN,
    POLICY,
    REFUSED,
    SCOPE,
    TEXT,
    VALIDATED,
    changed,
    rules,
    verdicts,
)

CHECKS = ORIGIN + NO_TOKEN + VALIDATED + SCOPE


def named_value(name: str, value: str) -> dict[str, Any]:
    content = {**NAMED, "name": name, "display_name": name, "secret": True, "value": value}
    return {f"resource.{GATEWAY}_named_value.{name}": content}


def variable(name: str, value: str) -> str:
    quoted = value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<set-variable name="{name}" value="{quoted}" />'


VECTOR = variable("vector", "{{session-vector}}") + variable("key", "{{session-key}}")
KEPT = named_value("session-vector", "AAAAAAAAAAAAAAAAAAAAAA==") | named_value("session-key", "k")
USED = (
    'Convert.FromBase64String((string)context.Variables["key"]), '
    'Convert.FromBase64String((string)context.Variables["vector"])'
)
SESSION = variable(
    "session",
    '@{ var sent = context.Request.Headers.GetValueOrDefault("Authorization", "Bearer ");'
    f' var opened = Convert.FromBase64String(sent.Substring(7)).Decrypt("Aes", {USED});'
    " return Encoding.UTF8.GetString(opened); }",
)
IN_CACHE = (
    '<cache-lookup-value key="@(&quot;token-&quot; + context.Variables[&quot;session&quot;])" '
    'variable-name="token" /><choose><when condition="@(!context.Variables.ContainsKey('
    f'&quot;token&quot;))">{REFUSED}</when></choose>'
)
CONSTANT = (
    '<choose><when condition="@((string)context.Variables[&quot;session&quot;] != '
    f'&quot;everybody&quot;)">{REFUSED}</when></choose>'
)
ISSUES = (
    f'<policies><inbound>{VECTOR}<return-response><set-status code="200" reason="OK" />'
    "<set-body>@(Convert.ToBase64String(Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()).Encrypt("
    f'"Aes", {USED})))</set-body></return-response></inbound><backend><base /></backend>'
    "<outbound /><on-error /></policies>"
)
OF_OAUTH = f"resource.{GATEWAY}_api_policy.oauth.xml_content"
HEADER = '<check-header name="Authorization" failed-check-httpcode="401" ignore-case="false" />'
REGISTRY = {
    "resource.azurerm_container_registry.images": {
        "name": "crweather",
        "resource_group_name": "rg",
        "location": "westeurope",
        "sku": "Basic",
        "admin_enabled": True,
    }
}
DOCKER = {
    f"{RESOURCE}.site_config.application_stack": {
        "docker": {
            "registry_url": "https://${azurerm_container_registry.images.login_server}",
            "image_name": "weather",
            "image_tag": "1",
        }
    }
}

ADMIN_OFF = {"resource.azurerm_container_registry.images": {"name": "crweather"}}
LITERAL = {f"{RESOURCE}.site_config.linux_fx_version": "DOCKER|crweather.azurecr.io/weather:1"}
CONTAINER_APP = {
    "resource.azurerm_container_app.weather": {
        "name": "weather",
        "registry": [{"server": "${azurerm_container_registry.images.login_server}"}],
    }
}
BY_AZAPI = {
    "resource.azapi_resource.images": {
        "type": "Microsoft.ContainerRegistry/registries@2023-07-01",
        "name": "crweather",
        "body": {"properties": {"adminUserEnabled": True}},
    }
}
SAMPLES: dict[str, tuple[dict[str, Any], set[str], dict[str, str]]] = {
    "the master key of the host in a named value, and a host that is public": (
        {
            **named_value("function-host-key", MASTER),
            **KEYS_OF_HOST,
            TEXT: POLICY.replace(
                OWN,
                '<set-header name="x-functions-key" exists-action="override">'
                "<value>{{function-host-key}}</value></set-header>",
            ),
            AUTH: REMOVED,
            f"{RESOURCE}.app_settings": {},
        },
        {"SF101", "SF601", "SF602", "SF901"},
        {"anonymous": "unknown", "host-key": "open"},
    ),
    "an authorization server of policies, whose sessions have a fixed vector": (
        {
            **API_OF_OAUTH,
            OF_OAUTH: ISSUES,
            **KEPT,
            TEXT: POLICY.replace(CHECKS, VECTOR + SESSION + IN_CACHE),
        },
        {"SF606", "SF607", "SF616", "SF901"},
        {"gateway-without-key": "unknown"},
    ),
    "a check that there is an Authorization header": (
        {TEXT: POLICY.replace(CHECKS, HEADER)},
        {"SF501", "SF603", "SF604", "SF606", "SF615"},
        {"gateway-without-key": "open", "mcp-other-client": "open"},
    ),
    "one session for everybody": (
        {**KEPT, TEXT: POLICY.replace(CHECKS, NO_TOKEN + VECTOR + SESSION + CONSTANT)},
        {"SF616", "SF901"},
        {"gateway-without-key": "unknown"},
    ),
    "a token that is checked, but not of whom, and passed on to an open host": (
        {
            TEXT: POLICY.replace(CLIENTS, "").replace(SCOPE, "").replace(OWN, ""),
            ANSWERED: ANSWER.replace("/weather/mcp", ""),
            **OPEN,
        },
        {"SF101", "SF602", "SF603", "SF604", "SF605", "SF606"},
        {"anonymous": "open", "mcp-other-client": "open"},
    ),
    "a registry of images with an admin user": (
        {**REGISTRY, **DOCKER},
        {"SF418"},
        {"anonymous": "closed"},
    ),
    "a webhook without a key, and authentication switched off": (
        {f"{RESOURCE}.app_settings": {LEVEL: "Anonymous"}, f"{AUTH}.auth_enabled": False},
        {"SF101", "SF605"},
        {"anonymous": "open"},
    ),
    "answers that are buffered and logged": (
        {TEXT: POLICY.replace(FORWARD, "<forward-request />"), **OF_GATEWAY},
        {"SF612"},
        {"anonymous": "closed"},
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_found(name: str) -> None:
    changes, found, doors = SAMPLES[name]
    analysis = changed(changes)
    assert rules(analysis) == found
    assert {kind: verdicts(analysis)[kind] for kind in doors} == doors
    assert all(each.fix for each in analysis.findings)


def of_sessions(policy: str) -> list[str]:
    analysis = changed({**KEPT, TEXT: POLICY.replace(CHECKS, NO_TOKEN + policy)})
    return [each.message for each in analysis.findings if each.rule == "SF616"]


def test_a_session_that_is_decrypted_says_what_else_is_wrong_with_it() -> None:
    fixed = "; the initialization vector is always the same"
    known = "orders lets clients in by a session that it decrypts"
    assert of_sessions(VECTOR + SESSION + IN_CACHE) == [known + fixed]
    everybody = "; the session is a constant, one for all clients"
    assert of_sessions(VECTOR + SESSION + CONSTANT) == [known + fixed + everybody]
    # Each session with a vector of its own, which stands before it.
    own = SESSION.replace(
        USED.rpartition(", ")[2].replace('"', "&quot;"), "sent.Take(16).ToArray()"
    )
    assert of_sessions(VECTOR + own + IN_CACHE) == [known]
    inside = SESSION.replace(
        "return Encoding.UTF8.GetString(opened);",
        "var text = Encoding.UTF8.GetString(opened); return text == &quot;everybody&quot;;",
    )
    assert of_sessions(VECTOR + inside + IN_CACHE) == [known + fixed + everybody]


HELD = "(string)context.Variables[&quot;session&quot;]"


@pytest.mark.parametrize(
    ("condition", "constant"),
    [
        (f"({HELD}).Equals(&quot;everybody&quot;)", True),
        (f"&quot;everybody&quot;.Equals({HELD}, StringComparison.Ordinal)", True),
        (f"!string.Equals({HELD}, &quot;everybody&quot;)", True),
        (f"({HELD}).Equals(&quot;&quot;)", False),
        (f"({HELD}).StartsWith(&quot;everybody&quot;)", False),
        ("context.Request.Method.Equals(&quot;GET&quot;)", False),
    ],
)
def test_equals_compares_a_session_like_the_operator(condition: str, constant: bool) -> None:
    compared = CONSTANT.replace(f"{HELD} != &quot;everybody&quot;", condition)
    assert compared != CONSTANT
    [message] = of_sessions(VECTOR + SESSION + compared)
    assert ("one for all clients" in message) == constant


def test_what_is_decrypted_besides_is_no_session() -> None:
    body = SESSION.replace(
        "context.Request.Headers.GetValueOrDefault(&quot;Authorization&quot;, &quot;Bearer &quot;)",
        "context.Request.Body.As&lt;string&gt;()",
    )
    assert body != SESSION
    assert rules(changed({**KEPT, TEXT: POLICY.replace(SCOPE, SCOPE + VECTOR + body)})) == set()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (DOCKER | REGISTRY, {"SF418"}),
        (DOCKER | ADMIN_OFF, set[str]()),
        (REGISTRY, set[str]()),
        (REGISTRY | LITERAL, {"SF418"}),
        (REGISTRY | CONTAINER_APP, {"SF418"}),
        (BY_AZAPI | LITERAL, {"SF418"}),
    ],
)
def test_the_admin_user_of_a_registry_that_an_app_takes_its_image_from(
    changes: dict[str, Any], found: set[str]
) -> None:
    assert {each for each in rules(changed(changes)) if each == "SF418"} == found


WORKSPACE = "Microsoft.ApiManagement/service/workspaces/"


@pytest.mark.parametrize(
    ("part", "properties", "found"),
    [
        ("apis", {"path": "weather", "type": "mcp"}, {"SF611"}),
        ("apis", {"path": "weather/mcp", "protocols": ["https"]}, {"SF611"}),
        (
            "apis",
            {"path": "weather", "serviceUrl": "https://a.azurewebsites.net/runtime/webhooks"},
            {"SF611"},
        ),
        ("apis/operations", {"method": "POST", "urlTemplate": "/mcp"}, {"SF611"}),
        ("backends", {"url": "https://a.azurewebsites.net/runtime/webhooks/mcp"}, {"SF611"}),
        ("apis", {"path": "orders", "protocols": ["https"]}, set[str]()),
        ("apis/operations", {"method": "GET", "urlTemplate": "/orders"}, set[str]()),
    ],
)
def test_an_mcp_server_in_a_workspace(
    part: str, properties: dict[str, Any], found: set[str]
) -> None:
    made = {
        "type": f"{WORKSPACE}{part}@2024-05-01",
        "name": "w",
        "parent_id": "/subscriptions/0/providers/Microsoft.ApiManagement/service/g/workspaces/w",
        "body": {"properties": properties},
    }
    assert rules(changed({"resource.azapi_resource.w": made})) - {"SF903"} == found
