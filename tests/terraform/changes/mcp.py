"""Changes of an MCP server."""

from __future__ import annotations

from typing import Any

from tests.terraform.changes.change import Change, Settings, instead
from tests.terraform.changes.samples import ALICE, CALLER, EXISTING_GATEWAY, REGISTRATION, SITE

_CLIENTS = {"vscode": "aebc6443-996d-45c2-90f0-388ff96faa56"}
_SERVER: dict[str, Any] = {
    "path": "tools",
    "name": "tools-{name}",
    "function_app": {"existing": SITE},
    "registration": REGISTRATION,
    "callers": {"clients": _CLIENTS, "users": {"alice": ALICE}},
}

_MORE: dict[str, Any] = {
    "path": "more",
    "name": "more-{name}",
    "function_app": {"existing": SITE.replace("func-legacy", "func-more")},
}

AROUND: Settings = {
    "gateway": EXISTING_GATEWAY,
    "apis": None,
    "mcp_servers": {"tools": _SERVER},
}


def _server(**keys: Any) -> dict[str, Any]:
    return {"mcp_servers": {"tools": keys}}


CHANGES = [
    Change(
        setting="mcp_servers",
        what="a server added",
        back="a server removed",
        after={"mcp_servers": {"more": {**_SERVER, **_MORE}}},
        does="added",
        does_back="removed",
        lost_back="the server, and the registration of its callers",
    ),
    Change(
        setting="mcp_servers.*.callers.clients, users",
        what="added",
        back="removed",
        after=_server(
            callers={
                "clients": {"cli": CALLER["client_id"]},
                "users": {"partner": CALLER["object_id"]},
            }
        ),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="mcp_servers.*.callers.all_users_reason",
        what="in place of `users`",
        back="`users` in its place",
        after=_server(
            callers=instead(clients=_CLIENTS, all_users_reason="the tools only read public data")
        ),
        does="removed",
        does_back="added",
        lost_back="whoever is no longer named gets no token",
    ),
    Change(
        setting="mcp_servers.*.callers.scope",
        what="changed",
        after=_server(callers={"scope": "tools.call"}),
        does="in place",
        lost="clients ask for the new scope from now on; tokens with the old one are refused",
    ),
    Change(
        setting="mcp_servers.*.agents",
        what="added",
        back="removed",
        after=_server(agents=[CALLER]),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="mcp_servers.*.callers_registration",
        what="new to existing",
        back="existing to new",
        after=_server(callers={"users": None}, callers_registration=instead(**REGISTRATION)),
        does="removed",
        does_back="added",
        lost="clients get tokens of the other registration from now on",
    ),
    Change(
        setting="mcp_servers.*.identifier_uri",
        what="`url` to `client_id`",
        back="`client_id` to `url`",
        after=_server(identifier_uri="client_id"),
        does="added",
        does_back="removed",
        lost="clients ask for the new audience from now on",
    ),
    Change(
        setting="mcp_servers.*.gateway_url",
        what="changed",
        before=_server(gateway_url="https://api.contoso.example"),
        after=_server(gateway_url="https://tools.contoso.example"),
        does="in place",
        lost="clients call the new address, and their tokens are for it",
    ),
    Change(
        setting="mcp_servers.*.methods",
        what="added",
        back="taken out",
        after=_server(methods=["POST", "DELETE"]),
        does="removed",
        does_back="added",
    ),
    Change(
        setting="mcp_servers.*.endpoint, allowed_origins, calls_per_minute, timeout",
        what="changed",
        after=_server(
            endpoint="mcp",
            allowed_origins=["https://chat.contoso.example"],
            calls_per_minute=30,
            timeout=60,
        ),
        does="in place",
    ),
    Change(
        setting="mcp_servers.*.tools",
        what="added",
        back="taken out",
        before=_server(tools=["GET /orders"]),
        after=_server(tools=["GET /orders", "POST /orders"]),
        does="added",
        does_back="removed",
    ),
]
