"""The outputs of a stack: what a later verification needs to know, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformOutput
from constructs import Construct

from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.operations import Operation
from constructs_lib.secured_function_api import SecuredFunctionApi
from constructs_lib.secured_mcp_server import SecuredMcpServer


def add_outputs(
    scope: Construct,
    *,
    gateway: GatewayReferences,
    tenant_id: str,
    apis: Mapping[str, SecuredFunctionApi[Any] | SecuredMcpServer[Any]],
) -> None:
    """Add the outputs `gateway`, `tenant_id` and `apis` to a stack; once for each stack.

    `secured-functions verify` reads them. An API says its URL, its audience, the host names of the
    function app and of each slot, where callers put their key, and a `GET` that takes no parameter
    if it has one. An MCP server says also what its callers need to know.

    Args:
        scope: The stack.
        gateway: The gateway.
        tenant_id: The tenant of the registrations.
        apis: The APIs and MCP servers by name.
    """
    _output(
        scope,
        "gateway",
        "The gateway and the identity that it calls functions with.",
        {
            "name": gateway.name,
            "url": gateway.url,
            "principal_id": gateway.caller.object_id,
            "client_id": gateway.caller.client_id,
        },
    )
    _output(scope, "tenant_id", "The tenant of the app registrations.", tenant_id)
    _output(
        scope,
        "apis",
        "Each API, its audience and the host names behind it.",
        {name: _facts(api) for name, api in apis.items()},
    )


def _facts(api: SecuredFunctionApi[Any] | SecuredMcpServer[Any]) -> dict[str, Any]:
    if isinstance(api, SecuredMcpServer):
        callers = {
            "url": api.resource.url,
            "metadata_url": api.resource.metadata_url,
            "scope": api.resource.scope,
            "audience": api.callers_registration.client_id,
            "issuer": api.resource.authorization_server,
            "endpoint": api.endpoint,
        }
        return {**_facts(api.chain), "mcp": callers}
    key = api.function_api.subscription_key
    return {
        "url": api.url,
        "audience": api.registration.client_id,
        "hostname": api.function_app.hostname,
        "slots": dict(zip(api.function_app.slots, api.function_app.hostnames[1:], strict=True)),
        "subscription_key": {"header": key.header, "query": key.query}
        if api.function_api.subscription_required
        else None,
        "probe": _probe(api.function_api.published),
    }


def _probe(operations: Mapping[str, Operation]) -> dict[str, str] | None:
    for operation in operations.values():
        plain = not operation.parameters and "*" not in operation.url_template
        if operation.method == "GET" and plain:
            return {"method": "GET", "path": operation.url_template}
    return None


def _output(scope: Construct, name: str, description: str, value: object) -> None:
    output = TerraformOutput(scope, f"output-{name}", value=value, description=description)
    output.override_logical_id(name)
