"""Which APIs of a configuration publish MCP servers, and at which path their clients call them.

Sources: Model Context Protocol 2026-07-28, "Transports" and "Authorization"; RFC 9728, section 3.1
(where the metadata stands); Azure/azure-functions-mcp-extension (the path of the webhook).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.access import urls
from constructs_lib.access.chain import Chain
from constructs_lib.access.links import ApiLink, AppLink
from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.access.routes import Route
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Reference, Term, Value, join, text_of

METADATA = ".well-known/oauth-protected-resource"
"""Where a gateway answers whose tokens a server takes; the server's own path follows."""

_WEBHOOK = re.compile(r"/runtime/webhooks(/mcp(/|$)|/?$)", re.IGNORECASE)
_ENDPOINT = re.compile(r"(^|/)mcp(/|$)", re.IGNORECASE)
_OF_EXTENSION = "azurefunctionsjobhost__extensions__mcp__"


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server that a gateway publishes.

    Attributes:
        api: The API that publishes it.
        paths: Where clients call it, below the gateway's address and without slashes at the ends.
    """

    api: ApiLink
    paths: tuple[str, ...]


def server_of(chain: Chain, api: ApiLink, routes: list[Route]) -> McpServer | None:
    """The MCP server that an API publishes, told by its operations and where its requests go."""
    paths = dict(operations(chain, api))
    if api.resource is None or any(path.startswith(".well-known/") for path in paths):
        return None
    body = chain.configuration.body(api.resource)
    if body.value("api_type") == "mcp":
        base = body.value("path")
        return McpServer(api, (f"{base}/mcp".strip("/"),) if isinstance(base, str) else ())
    webhook = any(is_webhook(route.url) for route in routes)
    own = [path for path in paths if is_endpoint(path)]
    return McpServer(api, tuple(own or paths)) if webhook or own else None


def operations(chain: Chain, api: ApiLink) -> Iterator[tuple[str, Resource]]:
    """The full paths of an API's operations as far as they are written out, and who says so."""
    if api.resource is None:
        return
    base = chain.configuration.body(api.resource).value("path", "")
    for each in api.operations.values():
        template = chain.configuration.body(each).value("url_template", "")
        if isinstance(base, str) and isinstance(template, str):
            yield "/".join(part.strip("/") for part in (base, template) if part.strip("/")), each


def settings_of(app: AppLink) -> dict[str, tuple[str, Value]]:
    """The app settings, by their names in lower case: the name as it is written and the value."""
    settings = app.body.value("app_settings")
    if not isinstance(settings, dict):
        return {}
    # Names of settings in levels are written with either.
    return {name.lower().replace(":", "__"): (name, value) for name, value in settings.items()}


def serves(app: AppLink) -> bool:
    """Whether a setting of an app says that it is an MCP server."""
    return any(name.startswith(_OF_EXTENSION) for name in settings_of(app))


def setting(app: AppLink, name: str) -> tuple[str, Value] | None:
    """A setting of the MCP extension: its name as it is written, and its value."""
    return settings_of(app).get(_OF_EXTENSION + name.lower())


def resource_in(document: PolicyDocument) -> Value:
    """The `resource` that a policy answers with as metadata; None if it answers with none."""
    return _said(document, r'"resource"\s*:\s*"([^"]*)"')


def authorization_servers_in(document: PolicyDocument) -> list[Value] | None:
    """The servers that a policy's metadata sends clients to; None if it cannot be told."""
    if resource_in(document) is None:
        return None
    for text in document.texts:
        found = re.search(r'"authorization_servers"\s*:\s*\[([^\]]*)\]', text)
        if found is not None:
            return [document.value(each) for each in re.findall(r'"([^"]*)"', found[1])]
    return None if any("authorization_servers" in text for text in document.texts) else []


def metadata_in(document: PolicyDocument) -> Value:
    """The address of the metadata that a policy's challenge names; None if it names none."""
    return _said(document, r'resource_metadata\s*=\s*\\?"([^"\\]*)')


def path_in(url: Value) -> str | None:
    """The path of a URL without the slash before it; None if it is not known."""
    if isinstance(url, Term) and isinstance(url.parts[0], Reference):
        # The address of a gateway, which is known only after apply, with a path after it.
        url = join(["https://gateway", Term(url.parts[1:]) if len(url.parts) > 1 else ""])
    found = urls.parse(url)
    if found is None or not isinstance(found.path, str):
        return None
    return found.path.removeprefix("/")


def _said(document: PolicyDocument, pattern: str) -> Value:
    if document.root is None:
        return None
    for text in document.texts:
        found = re.search(pattern, text)
        if found is not None:
            return document.value(found[1])
    return None


def is_endpoint(path: Value) -> bool:
    """Whether a path is that of an MCP server by its name."""
    return isinstance(path, str) and _ENDPOINT.search(path) is not None


def is_webhook(url: Value) -> bool:
    """Whether a URL leads to the MCP extension of a function app."""
    found = urls.parse(url)
    return found is not None and _WEBHOOK.search(text_of(found.path)) is not None
