"""What leads the clients of an MCP server to a token: the challenge, and the metadata it names.

Sources: RFC 9728 (protected resource metadata), sections 2 and 3; RFC 8414, section 3.3 (a client
stops if the issuer is not the address that it was given); Model Context Protocol 2026-07-28,
"Authorization"; Learn, "OpenID Connect on the Microsoft identity platform".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from constructs_lib.access import easy_auth, mcp, urls
from constructs_lib.access.callers import Calls
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import ApiLink, GatewayLink, key
from constructs_lib.access.mcp import METADATA, McpServer
from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.access.rules.chapter import Breach, policies_of
from constructs_lib.access.terraform.body import LATER
from constructs_lib.access.terraform.values import Value, references_in, text_of
from constructs_lib.policy.composition import elements

# By it Easy Auth serves metadata of its own (Learn, "Configure MCP server authorization").
_ADVERTISED = "website_auth_prm_default_with_scopes"
_CONFIGURATION = re.compile(r"/+\.well-known/openid-configuration/?$", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOT_TAKEN = "which does not issue the tokens that the API takes"
_SERVER = "Write the address that clients call, with its path, as the resource."
_ISSUER = (
    "Write https://login.microsoftonline.com/<tenant id>/v2.0 in authorization_servers, of the "
    "tenant whose tokens validate-azure-ad-token takes."
)


@dataclass(frozen=True, slots=True)
class _Issuer:
    """An issuer: a tenant of Entra by its id, or another by its address."""

    address: Value = None
    tenant: Value = None


def misleading(calls: Calls) -> Iterator[Breach]:
    """Find what keeps clients from a token that the server takes."""
    for server in calls.servers:
        yield from _challenge(calls, server)
    for gateway in {server.api.gateway: None for server in calls.servers}:
        for api in gateway.apis.values():
            yield from _metadata(calls, gateway, api)
    for route in calls.routes:
        app = route.app
        found = mcp.settings_of(app).get(_ADVERTISED) if app is not None else None
        if app is not None and found is not None:
            message = f"{app.name} sends clients that reach it to a registration of its own"
            fix = f"Remove the app setting {found[0]}."
            yield Breach(app.resource, f"app_settings.{found[0]}", message, fix)


def _challenge(calls: Calls, server: McpServer) -> Iterator[Breach]:
    """What is wrong with the answer to a client without a token."""
    policies = list(policies_of(calls, server.api))
    told = not any("*" in own or "{" in own for own in server.paths)
    for policy, document in policies:
        path = mcp.path_in(mcp.metadata_in(document))
        if told and path is not None and path not in _places(server):
            message = f"the challenge of {server.api.name} names the metadata at /{path}"
            yield Breach(policy, "xml_content", message)
    documents = [document for _, document in policies]
    read = documents and all(each.root is not None for each in documents)
    if read and all(mcp.metadata_in(each) is None for each in documents):
        message = f"{server.api.name} refuses clients without naming resource_metadata"
        yield Breach(server.api.policy, "xml_content", message)


def _metadata(calls: Calls, gateway: GatewayLink, api: ApiLink) -> Iterator[Breach]:
    """What is wrong with the metadata that an API answers with."""
    for path, operation in mcp.operations(calls.chain, api):
        place = path.strip("/")
        if not place.startswith(METADATA):
            continue
        name = key(calls.chain.configuration.attribute(operation, "operation_id"))
        policy = api.operation_policies.get(name) or api.policy
        if policy is None:
            continue
        document = calls.document(policy, gateway)
        servers = [each for each in calls.servers if place in _places(each)]
        for message, fix in (
            *_resource(calls, place, document, servers),
            *_issuers(calls, place, document, servers),
        ):
            yield Breach(policy, "xml_content", message, fix)


def _resource(
    calls: Calls, place: str, document: PolicyDocument, servers: Sequence[McpServer]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the resource that the metadata names."""
    resource = mcp.resource_in(document)
    named, server = mcp.path_in(resource), place.removeprefix(METADATA).strip("/")
    if named is not None and (named != server or not server):
        yield f"the metadata at /{place} names the resource /{named}", _SERVER
    host = urls.host_of(resource)
    for each in servers:
        for _, policy in policies_of(calls, each.api):
            challenge = mcp.metadata_in(policy)
            called = urls.host_of(challenge) if mcp.path_in(challenge) == place else None
            told = isinstance(host, str) and isinstance(called, str)
            if told and text_of(host).lower() != text_of(called).lower():
                message = f"the metadata at /{place} names a resource of {text_of(host)}, not of "
                yield message + text_of(called), _SERVER


def _issuers(
    calls: Calls, place: str, document: PolicyDocument, servers: Sequence[McpServer]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the authorization servers that the metadata names."""
    named = mcp.authorization_servers_in(document)
    if named is None:
        return
    if not named:
        yield f"the metadata at /{place} names no authorization server", _ISSUER
    taken = [each for server in servers for each in _taken(calls, server)]
    for each in named:
        fault = _fault_of(each, taken)
        if fault is not None:
            yield f"the metadata at /{place} names {text_of(each)}, {fault}", _ISSUER


def _fault_of(server: Value, taken: Sequence[_Issuer]) -> str | None:
    """Why a client gets no token from an authorization server that the API takes, if it is sure."""
    if any(each.path[-1:] == ("gateway_url",) for each in references_in(server)):
        return _NOT_TAKEN  # Of policies that issue tokens, see SF607.
    found, issuer = urls.parse(server), easy_auth.issuer_in(server)
    if found is None:
        return "which is no address" if isinstance(server, str) else None
    if found.scheme != "https":
        return "which is not called over https"
    if issuer.any_tenant:
        return "whose issuer is that of the user's tenant, so that a client stops"
    tenant = issuer.tenant
    if isinstance(tenant, str) and not _ID.fullmatch(tenant):
        return "whose issuer has the tenant's id in the place of its name, so that a client stops"
    if issuer.version == 1 and not text_of(found.host).lower().startswith("sts."):
        return "whose issuer is another address, so that a client stops"
    if not taken or not isinstance(found.host, str):
        return None
    same_address = any_same((server,), [each.address for each in taken if each.address])
    same_tenant = any_same((tenant,), [each.tenant for each in taken if each.tenant])
    elsewhere = same_address is False and (tenant is None or same_tenant is False)
    return _NOT_TAKEN if elsewhere else None


def _taken(calls: Calls, server: McpServer) -> Iterator[_Issuer]:
    """The issuers whose tokens the policies of a server take."""
    for _, document in policies_of(calls, server.api):
        for each in elements(document.root) if document.root is not None else ():
            if each.name == "validate-azure-ad-token":
                tenant = document.value(each.attributes.get("tenant-id", "").strip())
                yield _Issuer(tenant=_by_id(tenant))
            elif each.name == "validate-jwt":
                documents = list(each.elements("openid-config"))
                for one in documents:
                    text = _CONFIGURATION.sub("", one.attributes.get("url", "").strip())
                    address = document.value(text)
                    tenant = easy_auth.issuer_in(address).tenant
                    yield _Issuer(address) if tenant is None else _Issuer(tenant=_by_id(tenant))
                if not documents:
                    yield _Issuer(LATER, LATER)  # Whose keys it names is not said.


def _by_id(tenant: Value) -> Value:
    """A tenant by its id; one that is written by its name may be any."""
    return LATER if isinstance(tenant, str) and not _ID.fullmatch(tenant) else tenant


def _places(server: McpServer) -> set[str]:
    """The paths at which the metadata of a server may stand."""
    return {f"{METADATA}/{path}" for path in server.paths}
