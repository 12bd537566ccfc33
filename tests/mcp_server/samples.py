"""The MCP server that the tests of this room use."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from constructs_lib import (
    VISUAL_STUDIO_CODE,
    DelegatedAccess,
    FunctionAppProps,
    Gateway,
    Hosting,
    Placement,
    Principal,
    Publisher,
    SecuredMcpServer,
)

USERS = {"developers": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22"}
CALLERS = DelegatedAccess(clients={"vscode": VISUAL_STUDIO_CODE}, users=USERS)
AGENT = Principal(
    name="agent",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e23",
)
APP = FunctionAppProps(runtime="python 3.12", hosting=Hosting.premium(), slots=["staging"])


def gateway(scope: Construct, **props: Any) -> Gateway:
    given = {"name": "apim-weather", "resource_group": Placement("rg", "westeurope"), **props}
    publisher = Publisher(name="Contoso", email="api@contoso.example")
    return Gateway(scope, "gateway", publisher=publisher, **given)


def weather(scope: Construct, id: str = "weather", **props: Any) -> SecuredMcpServer:
    given = {"path": id, "function_app": APP, "callers": CALLERS, "agents": [AGENT], **props}
    if "gateway" not in given:
        given["gateway"] = gateway(scope)
    return SecuredMcpServer(scope, id, **given)
