"""Rules of MCP servers (SF6xx): clients get through by a token of their own, and no key does.

Sources: Model Context Protocol 2026-07-28, "Authorization" and "Transports"; RFC 9728; Learn,
"Secure access to MCP servers in API Management", "Configure API for server-sent events";
Azure/azure-functions-mcp-extension and azure-functions-host (`webhookAuthorizationLevel`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.access import easy_auth, mcp, subscription_keys
from constructs_lib.access.azapi import content_of
from constructs_lib.access.callers import UNVALIDATED, Calls
from constructs_lib.access.imagined import (
    FORGED,
    OTHER_AUDIENCE,
    OTHER_CLIENT,
    OTHER_ORIGIN,
    WITHOUT_PERMISSION,
    Imagined,
)
from constructs_lib.access.links import ApiLink, GatewayLink
from constructs_lib.access.mcp import McpServer
from constructs_lib.access.routes import Route, backend_of, policy_of
from constructs_lib.access.rules import mcp_metadata
from constructs_lib.access.rules.chapter import Breach, Chapter, policies_of, visible_apps
from constructs_lib.access.rules.mcp_sessions import session_in
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, references_in, text_of
from constructs_lib.policy.composition import elements

CHAPTER = Chapter("MCP servers")
_rule = CHAPTER.rule

# The master key and the keys of extensions, as azurerm and azapi name them.
_HOST_KEY = re.compile(
    r"azurerm_function_app_host_keys\.[^}]*\.(primary|master|\w+_extension\w*)_key"
    r"|\b(masterKey|systemKeys|mcp_extension)\b"
)
_AUTHORIZATION_SERVER = re.compile(r"oauth-authorization-server|openid-configuration")


@_rule(
    "SF601",
    "error",
    "open",
    title="The gateway holds a key of the Functions host",
    reason="The master key changes and calls every function, and a system key calls the endpoint "
    "of an extension; whoever reads the named value, the backend or the state has it.",
    fix="Remove the key: let the gateway call with its managed identity, let Easy Auth admit only "
    "that, and set the webhook's authorization level to Anonymous.",
)
def _host_keys(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for gateway in calls.chain.gateways:
        for each in gateway.named_values.values():
            if _is_host_key(calls, configuration.body(each).value("value")):
                message = f"{each.address} holds a key of the Functions host"
                yield Breach(each, "value", message)
        for each in gateway.backends.values():
            for credentials in configuration.body(each).blocks("credentials"):
                if _is_host_key(calls, [credentials.value(name) for name in ("header", "query")]):
                    message = f"{each.address} sends a key of the Functions host"
                    yield Breach(each, "credentials", message)
    for server in calls.servers:
        for policy, document in policies_of(calls, server.api):
            for each in elements(document.root) if document.root is not None else ():
                name, action = each.attributes.get("name", ""), each.attributes.get("exists-action")
                if each.name == "set-query-parameter" and name == "code" and action != "delete":
                    message = f"{server.api.name} sends a key to the Functions host"
                    yield Breach(policy, "xml_content", message)
    for server, route in _routes(calls):
        if any(held.name == "header:x-functions-key" and held.texts for held in route.way.held):
            message = f"{server.api.name} sends a key to the Functions host"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)
        backend = backend_of(route)
        for credentials in configuration.body(backend).blocks("credentials") if backend else ():
            header, query = credentials.value("header"), credentials.value("query")
            names = {*(header if isinstance(header, dict) else ())}
            names |= {*(query if isinstance(query, dict) else ())}
            if {"x-functions-key", "code"} & {name.lower() for name in names}:
                message = f"the backend of {server.api.name} sends a key to the Functions host"
                yield Breach(backend, "credentials", message)


@_rule(
    "SF602",
    "error",
    "open",
    title="The client's token is passed on",
    reason="The server behind the gateway can act as the client with it, and takes a token that "
    "was not issued for it. MCP forbids both.",
    fix="Put authentication-managed-identity after the checks: its token replaces the client's.",
)
def _passed_on(calls: Calls) -> Iterator[Breach]:
    for server, route in _routes(calls):
        if route.way.passes_on:
            message = f"{server.api.name} passes the client's token on to the server"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


@_rule(
    "SF603",
    "error",
    "open",
    title="Every client is let through",
    reason="Without a list of clients, any application that gets a token for the server calls its "
    "tools, also one that a user was tricked into signing in to.",
    fix="List the client ids of the MCP clients in client-application-ids of "
    "validate-azure-ad-token.",
)
def _any_client(calls: Calls) -> Iterator[Breach]:
    return _letting(calls, FORGED, OTHER_CLIENT, fault="does not say which clients may call")


@_rule(
    "SF604",
    "error",
    "open",
    title="Neither a scope nor a role is demanded",
    reason="A token for the server then opens all of its tools, whatever the user or the "
    "administrator agreed to.",
    fix='Answer 403 with error="insufficient_scope" where the token has neither the scope (scp) '
    "nor the app role (roles).",
)
def _no_scope(calls: Calls) -> Iterator[Breach]:
    fault = "lets a token in that has neither the scope nor the role"
    return _letting(calls, FORGED, *WITHOUT_PERMISSION, fault=fault)


def _letting(calls: Calls, *requests: Imagined, fault: str) -> Iterator[Breach]:
    """Find servers whose policy surely lets one of these requests through."""
    for server, route in _routes(calls):
        if route.way.lets(*requests) is True:
            message = f"{server.api.name} {fault}"
            if FORGED in requests and route.way.lets(FORGED) is True:
                message = f"{server.api.name} asks for neither a scope nor a role: {UNVALIDATED}"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


def unproven(calls: Calls) -> Iterator[Breach]:
    """Find what a policy demands of clients by something that is not understood here."""
    for server, route in _routes(calls):
        for what, requests in _DEMANDED.items():
            why = route.way.lets(*requests)
            if isinstance(why, str):
                message = f"whether {server.api.name} {what} cannot be proven: {why}"
                yield Breach(policy_of(calls.chain, route), "xml_content", message, _PLAINLY)


_DEMANDED = {
    "lists its clients": (FORGED, OTHER_CLIENT),
    "demands a scope or a role": (FORGED, *WITHOUT_PERMISSION),
    "takes tokens for itself only": (FORGED, OTHER_AUDIENCE),
    "refuses an Origin that it does not expect": (OTHER_ORIGIN,),
}
_PLAINLY = (
    "Write what is demanded as values in validate-azure-ad-token, or as a plain comparison with "
    "the claim in the condition of a choose that answers 403."
)


@_rule(
    "SF605",
    "error",
    "open",
    title="The MCP endpoint asks for nothing",
    reason="With webhookAuthorizationLevel Anonymous the Functions host asks for no key, so "
    "without Easy Auth everybody who knows the host name calls the tools.",
    fix="Set auth_settings_v2 with require_authentication = true, on the app and on every slot.",
)
def _anonymous_webhook(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        level = mcp.setting(app, "system__webhookAuthorizationLevel")
        if level is None or text_of(level[1]).lower() != "anonymous":
            continue
        if all(said.verdict == "open" for said in easy_auth.easy_auth(app, None)):
            message = f"the MCP endpoint of {app.name} demands neither a key nor a token"
            yield Breach(app.resource, f"app_settings.{level[0]}", message)


@_rule(
    "SF606",
    "warning",
    "broken",
    title="Clients are not led to a token",
    reason="A client asks for the metadata that the 401 names, and stops if its resource is not "
    "the address that it called, or if its authorization server issues no token that is taken.",
    fix="Answer 401 with WWW-Authenticate: Bearer resource_metadata=..., and serve there a "
    "resource that is the server's address.",
)
def _metadata(calls: Calls) -> Iterator[Breach]:
    return mcp_metadata.misleading(calls)


@_rule(
    "SF607",
    "error",
    "open",
    title="A home-made authorization server",
    reason="Policies that register clients and issue tokens keep no secret: an open /register lets "
    "everybody in, and their sessions are forged or taken over.",
    fix="Remove the operations, name Entra in the metadata's authorization_servers, and list the "
    "clients' ids.",
)
def _home_made(calls: Calls) -> Iterator[Breach]:
    for api, path, operation in _of_authorization_servers(calls):
        message = f"{api.name} answers /{path} as an authorization server does"
        yield Breach(operation, "url_template", message)


def _of_authorization_servers(calls: Calls) -> Iterator[tuple[ApiLink, str, Resource]]:
    """The operations by which gateways of MCP servers act as authorization servers."""
    for gateway in {server.api.gateway: None for server in calls.servers}:
        for api in gateway.apis.values():
            found = dict(mcp.operations(calls.chain, api))
            ends = {path.strip("/").rpartition("/")[2]: path for path in found}
            own = {"authorize", "token"} <= ends.keys() or "register" in ends
            for path, operation in found.items():
                end = path.strip("/").rpartition("/")[2]
                made = own and end in ("register", "token", "authorize")
                if made or _AUTHORIZATION_SERVER.search(path):
                    yield api, path, operation


@_rule(
    "SF608",
    "warning",
    "broken",
    title="An experimental extension bundle",
    reason="Bundles whose id ends in .Experimental do not load in slots, and change at any time.",
    fix="Use Microsoft.Azure.Functions.ExtensionBundle.",
)
def _experimental(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        found = mcp.settings_of(app).get("azurefunctionsjobhost__extensionbundle__id")
        if found is not None and text_of(found[1]).lower().endswith(".experimental"):
            message = f"{app.name} loads the bundle {text_of(found[1])}"
            yield Breach(app.resource, f"app_settings.{found[0]}", message)


@_rule(
    "SF609",
    "warning",
    "open",
    title="The state of MCP clients is not encrypted",
    reason="The session id holds the client's state; without encryption whoever sees one makes "
    "others. The setting is for debugging.",
    fix="Remove the setting: encryptClientState is true by default.",
)
def _state_in_the_clear(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        found = mcp.setting(app, "encryptClientState")
        if found is not None and text_of(found[1]).lower() in ("false", "0"):
            message = f"{app.name} does not encrypt the state of MCP clients"
            yield Breach(app.resource, f"app_settings.{found[0]}", message)


@_rule(
    "SF610",
    "warning",
    "broken",
    title="The gateway's tier cannot call over TLS 1.3 only",
    reason="Gateways of the v2 tiers answer 500 in front of an app whose minimum is TLS 1.3.",
    fix="Set minimum_tls_version = 1.2, which uses 1.3 wherever the other side has it.",
)
def _newest_tls(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        site = route.app.site if route.app is not None else None
        if (
            route.app is None
            or site is None
            or not re.search("V2_", _sku(calls, route.api.gateway))
        ):
            continue
        if text_of(site.value("minimum_tls_version")) == "1.3":
            message = f"{route.app.name} takes TLS 1.3 only, which {route.api.gateway.name} has not"
            yield Breach(route.app.resource, "site_config.minimum_tls_version", message)


@_rule(
    "SF611",
    "warning",
    "broken",
    title="API Management does not serve MCP there",
    reason="The Consumption tier keeps no connection open. In a workspace there is no API of the "
    "type mcp, and policies get no token of the service's managed identity.",
    fix="Use another tier, and an API of the gateway itself.",
)
def _unsupported(calls: Calls) -> Iterator[Breach]:
    for server in calls.servers:
        if _sku(calls, server.api.gateway).startswith("Consumption"):
            message = f"{server.api.gateway.name} publishes {server.api.name} on Consumption"
            yield Breach(server.api.gateway.resource, "sku_name", message)
    configuration = calls.chain.configuration
    for each in configuration.of_type("azapi_resource"):
        body = configuration.body(each)
        kind, content = text_of(body.value("type")).lower(), content_of(body)
        properties = content.get("properties") if isinstance(content, dict) else None
        if "/service/workspaces/" in kind and isinstance(properties, dict):
            url = properties.get("serviceUrl", properties.get("url"))
            path = properties.get("path", properties.get("urlTemplate"))
            if properties.get("type") == "mcp" or mcp.is_endpoint(path) or mcp.is_webhook(url):
                message = f"{each.address} publishes an MCP server in a workspace"
                yield Breach(each, "type", message)


@_rule(
    "SF612",
    "warning",
    "broken",
    title="Answers do not stream",
    reason="The gateway keeps an answer back until it is complete if it buffers, logs or reads the "
    "body; an inherited forward-request buffers.",
    fix='Write <forward-request buffer-response="false" /> in the API\'s own backend section, '
    "log no bytes of responses, and leave context.Response.Body alone.",
)
def _buffered(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for server, route in _routes(calls):
        if not route.way.streams:
            message = f"{server.api.name} keeps answers back until they are complete"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)
    for server in calls.servers:
        for policy, document in policies_of(calls, server.api):
            if any("context.Response.Body" in text for text in document.texts):
                message = f"a policy of {server.api.name} reads the body of the answer"
                yield Breach(policy, "xml_content", message)
        for each in _diagnostics(calls, server):
            for name in ("frontend_response", "backend_response"):
                for block in configuration.body(each).blocks(name):
                    if text_of(block.value("body_bytes", 0)) != "0":
                        message = f"{each.address} logs the body of answers of {server.api.name}"
                        yield Breach(each, f"{name}.body_bytes", message)


@_rule(
    "SF613",
    "error",
    "open",
    title="Tokens for something else are taken",
    reason="Without audiences, a token that a client got for another API of the tenant opens the "
    "tools, and so does one that another server was sent. MCP demands the check.",
    fix="List the client id of the server's own registration in audiences of "
    "validate-azure-ad-token.",
)
def _any_audience(calls: Calls) -> Iterator[Breach]:
    for server, route in _routes(calls):
        # Of a token that nobody validates SF603 and SF604 say that it opens everything.
        if route.way.lets(FORGED) is False and route.way.lets(OTHER_AUDIENCE) is True:
            message = f"{server.api.name} does not ask whom a token was issued for"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


@_rule(
    "SF614",
    "warning",
    "broken",
    title="Calls of a tool lack the subscription key",
    reason="API Management calls the operation of a tool without the client's subscription key, so "
    "that an API that demands one answers 401 to each call, though the tools are listed.",
    fix="Set subscription_required = false on that API, and let its policy demand a token of the "
    "gateway's own identity, which the policy of the MCP server gets.",
)
def _tools_without_key(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        for each in subscription_keys.called_without_key(calls.chain, route.way.called):
            if each.rule == "SF614":
                yield Breach(each.resource, each.attribute, each.reason)


@_rule(
    "SF615",
    "note",
    "open",
    title="Any web page may call the server",
    reason="MCP servers have to answer 403 to an Origin that they do not expect, so that no page "
    "which a user opens speaks to one by the user's browser.",
    fix="Answer 403 in a choose where the Origin header is neither empty nor that of a client that "
    "runs in a browser.",
)
def _any_origin(calls: Calls) -> Iterator[Breach]:
    return _letting(calls, OTHER_ORIGIN, fault="does not look at the Origin of requests")


@_rule(
    "SF616",
    "error",
    "open",
    title="Policies make sessions of their own",
    reason="What Encrypt made can be changed by whoever has it, as nothing guards it, and policies "
    "know neither when a session ends nor whose it is. A token of Entra is signed and says both.",
    fix="Remove Encrypt and Decrypt and the named values with their key, and check the client's "
    "token of Entra with validate-azure-ad-token.",
)
def _own_sessions(calls: Calls) -> Iterator[Breach]:
    apis = dict.fromkeys(server.api for server in calls.servers)
    apis |= dict.fromkeys(api for api, _, _ in _of_authorization_servers(calls))
    for api in apis:
        policies = list(policies_of(calls, api))
        for policy, document in policies:
            found = session_in(document, [each for _, each in policies])
            if found is not None:
                what = "issues sessions that it encrypts"
                if not found.issued:
                    what = "lets clients in by a session that it decrypts"
                yield Breach(policy, "xml_content", f"{api.name} {what}{found.faults}")


def _diagnostics(calls: Calls, server: McpServer) -> list[Resource]:
    """The diagnostics of an API, and those of the gateway that it has none of its own for."""
    configuration, gateway = calls.chain.configuration, server.api.gateway
    own = [
        each
        for each in configuration.of_type("azurerm_api_management_api_diagnostic")
        if calls.chain.api_of(each) is server.api
    ]
    named = {text_of(configuration.attribute(each, "identifier")) for each in own}
    return own + [
        each
        for each in configuration.of_type("azurerm_api_management_diagnostic")
        if text_of(configuration.attribute(each, "identifier")) not in named
        and configuration.attribute(each, "api_management_name")
        in (gateway.name, gateway.resource and configuration.attribute(gateway.resource, "name"))
    ]


def _routes(calls: Calls) -> Iterator[tuple[McpServer, Route]]:
    """The ways of MCP servers whose policies are known."""
    servers = {server.api: server for server in calls.servers}
    for route in calls.routes:
        if route.api in servers and route.way.unknown is None:
            yield servers[route.api], route


def _is_host_key(calls: Calls, value: Value) -> bool:
    """Whether a value is a key that opens more than one function: the master or a system key."""
    if _HOST_KEY.search(text_of(value)):
        return True
    for each in references_in(value):
        if _HOST_KEY.search(text_of(Term((each,)))):
            return True
        source = calls.chain.configuration.resource(each.stack, each.address)
        kind = source and calls.chain.configuration.body(source).value("type")
        if text_of(kind).lower().startswith("microsoft.web/sites/host"):
            return "functionKeys" not in text_of(value)
    return False


def _sku(calls: Calls, gateway: GatewayLink) -> str:
    if gateway.resource is None:
        return ""
    return text_of(calls.chain.configuration.body(gateway.resource).value("sku_name"))
