"""Whatever a server is made with, its JSON holds no secret and nothing that a check would find."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import cdktf
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib import (
    DelegatedAccess,
    Diagnostics,
    ExistingRegistration,
    FunctionAppProps,
    Hosting,
    KeyVaultSecret,
    Operation,
    add_azapi_provider,
    add_outputs,
)
from constructs_lib.access import analyse, read_stacks
from constructs_lib.policy import check, read
from tests.mcp_server.samples import AGENT, gateway, weather
from tests.mcp_server.test_pattern import LOGGER

TENANT = "7f9619ff-8b86-4d01-b42d-00cf4fc964ff"
SECRET = re.compile(
    r"\.[\w.]*(secret|password|connection_string|access_key|_sas\b|(primary|secondary|master)_key)"
)
"""Attributes that a provider calls sensitive, where a reference reads them."""

IDS = st.uuids(version=4).map(str)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,9}", fullmatch=True)
# What is text to us and means something to XML, C#, JSON, HTTP or API Management.
PIECES = st.sampled_from(
    ["<", ">", "&", '"', "'", "\\", "{", "}", "{{", "@(", "]]>", "-->", "é", "a b"]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=4).map("x".join)
SCOPES = st.from_regex(r"(?!\.)[!#&-\[\]-~]{1,12}", fullmatch=True)
POLICY = "".join(
    f"<{section}><base />{own}</{section}>"
    for section, own in (
        ("inbound", "<set-header name='x' exists-action='override'><value>{{partner}}</value>"
                    "</set-header>"),
        ("backend", ""), ("outbound", ""), ("on-error", ""),
    )
)  # fmt: skip


@st.composite
def callers(draw: st.DrawFn) -> dict[str, Any]:
    """Users and clients, agents, or both; the registration is ours or somebody else's."""
    clients = draw(st.dictionaries(NAMES, IDS, min_size=1, max_size=3))
    scope = draw(SCOPES | st.just("access"))
    if draw(st.booleans()):
        return {
            "callers": DelegatedAccess(clients=clients, scope=scope),
            "callers_registration": ExistingRegistration(client_id=draw(IDS), tenant_id=TENANT),
            "agents": draw(st.sampled_from([[], [AGENT]])),
        }
    users = draw(st.dictionaries(NAMES, IDS, max_size=2))
    access: dict[str, Any] = {"users": users} if users else {"all_users_reason": draw(TEXTS)}
    return {
        "callers": DelegatedAccess(clients=clients, scope=scope, **access),
        "agents": draw(st.sampled_from([[], [AGENT]])),
    }


OF_AN_ENDPOINT = st.fixed_dictionaries(
    {},
    optional={
        "endpoint": st.sampled_from(["mcp", "api/v1/mcp", "runtime/webhooks/mcp"]),
        "methods": st.sampled_from([["POST"], ["POST", "GET"], ["DELETE", "POST"]]),
    },
)
TOOLS = st.lists(
    st.builds(
        Operation,
        method=st.sampled_from(["GET", "POST", "DELETE"]),
        url_template=st.sampled_from(["/a", "/a/{id}", "/b/{x}/{y}", "/files/c.d"]),
        description=TEXTS,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: (each.method, each.url_template),
).map(lambda tools: {"tools": tools})
APPS = [
    FunctionAppProps(runtime="python 3.12", hosting=Hosting.premium(), slots=["staging"]),
    FunctionAppProps(runtime="node 22", hosting=Hosting.flex_consumption()),
    FunctionAppProps(runtime="dotnet-isolated 8.0", hosting=Hosting.consumption()),
]
BESIDES = st.fixed_dictionaries(
    {},
    optional={
        "identifier_uri": st.sampled_from(["url", "client_id"]),
        "gateway_url": st.just("https://mcp.contoso.example"),
        "allowed_origins": st.sampled_from([["https://a.example"], ["http://localhost:6274"]]),
        "calls_per_minute": st.integers(1, 1_000_000),
        "timeout": st.integers(1, 240),
        "policy": st.just(f"<policies>{POLICY}</policies>"),
        "display_name": TEXTS,
        "description": TEXTS,
        "diagnostics": st.just(Diagnostics(logger_id=LOGGER, payload=True)),
        "circuit_breaker": st.booleans(),
        "function_app": st.sampled_from(APPS),
    },
)


def references(value: Any) -> Iterator[str]:
    """What the JSON reads elsewhere."""
    yield from re.findall(r"\$\{([^}]+)\}", json.dumps(value))


@settings(max_examples=15)
@given(st.lists(st.tuples(callers(), OF_AN_ENDPOINT | TOOLS, BESIDES), min_size=1, max_size=3))
def test_no_secret_is_in_the_json_and_nothing_is_found(
    given_to: list[tuple[dict[str, Any], ...]],
) -> None:
    stack = cdktf.TerraformStack(cdktf.Testing.app(), "test")
    add_azapi_provider(stack)
    service = gateway(stack)
    partner = KeyVaultSecret(secret_id="https://kv.vault.azure.net/secrets/partner")
    made = {}
    for number, parts in enumerate(given_to):
        props = {name: value for part in parts for name, value in part.items()}
        if "policy" in props:
            props["named_values"] = {f"partner-{number}": partner}
            props["policy"] = props["policy"].replace("{{partner}}", f"{{{{partner-{number}}}}}")
        name = f"server-{number}"
        made[name] = weather(stack, name, gateway=service, **props)
    tenant = made["server-0"].chain.registration.tenant_id
    add_outputs(stack, gateway=service, tenant_id=tenant, apis=made)
    terraform = json.loads(cdktf.Testing.synth(stack))
    assert [each for each in references(terraform) if SECRET.search(each)] == []
    for kind, resources in terraform["resource"].items():
        for each in resources.values():
            if kind == "azurerm_api_management_named_value":
                assert "value" not in each
            if kind.endswith("_policy"):
                scope = "operation" if "operation" in kind else "api"
                document = read(each["xml_content"])
                assert check(document, scope=scope, sku="Developer_1") == []
    findings = analyse(read_stacks({"test": terraform})).findings
    assert [each for each in findings if each.severity != "note"] == []
