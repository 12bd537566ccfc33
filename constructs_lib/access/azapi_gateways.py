"""Gateways and their parts as azapi writes them, in azurerm's terms.

Source: ARM `Microsoft.ApiManagement/service` and what it contains, API version 2024-05-01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from constructs_lib.access.azapi_sites import at
from constructs_lib.access.terraform.resources import Raw
from constructs_lib.access.terraform.values import Value

SERVICE = "microsoft.apimanagement/service"
_KIND = "azurerm_api_management"
NAMES = ("api_management_name", "api_name", "operation_id", "product_id")
"""The arguments by which azurerm's resources say what they are a part of."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a gateway.

    Attributes:
        type: The azurerm type that it is the same as.
        name: The argument that is its name; empty where it has none.
        properties: Which argument is which property, as a dotted path.
    """

    type: str
    name: str = ""
    properties: Mapping[str, str] = field(default_factory=dict[str, str])


_POLICY = {"xml_content": "value"}
PARTS: dict[str, Part] = {
    "": Part(_KIND, "name", {"virtual_network_type": "virtualNetworkType"}),
    "policyfragments": Part(f"{_KIND}_policy_fragment", "name", {"value": "value"}),
    "backends": Part(f"{_KIND}_backend", "name", {"url": "url", "protocol": "protocol"}),
    "namedvalues": Part(
        f"{_KIND}_named_value", "name", {"value": "value", "display_name": "displayName"}
    ),
    "policies": Part(f"{_KIND}_policy", "", _POLICY),
    "apis": Part(
        f"{_KIND}_api",
        "name",
        {
            "service_url": "serviceUrl",
            "subscription_required": "subscriptionRequired",
            "path": "path",
            "protocols": "protocols",
            "revision": "apiRevision",
            "subscription_key_parameter_names": "subscriptionKeyParameterNames",
            # Of the type `mcp`, which azurerm does not have.
            "api_type": "type",
        },
    ),
    "apis/policies": Part(f"{_KIND}_api_policy", "", _POLICY),
    "apis/operations": Part(
        f"{_KIND}_api_operation",
        "operation_id",
        {"method": "method", "url_template": "urlTemplate"},
    ),
    "apis/operations/policies": Part(f"{_KIND}_api_operation_policy", "", _POLICY),
    "products": Part(
        f"{_KIND}_product",
        "product_id",
        {
            "subscription_required": "subscriptionRequired",
            "approval_required": "approvalRequired",
        },
    ),
    "products/policies": Part(f"{_KIND}_product_policy", "", _POLICY),
    "products/apis": Part(f"{_KIND}_product_api", "api_name"),
    "products/apilinks": Part(f"{_KIND}_product_api"),
}
_HARMLESS = frozenset(
    {"description", "displayName", "path", "protocols", "title", "secret", "tags", "state"}
    | {"circuitBreaker", "apiRevision", "apiVersion", "apiVersionSetId", "isCurrent", "type"}
    | {"subscriptionsLimit", "terms", "contact", "license", "termsOfServiceUrl", "apiType"}
    | {"apiRevisionDescription", "apiVersionDescription", "authenticationSettings", "resourceId"}
    | {"templateParameters", "request", "responses", "tls"}
    # Each tool of an API of the type `mcp` is an operation of another API, with its policies.
    | {"backendId", "mcpTools", "mcpProperties", "endpoints"}
    # Which API a link of a product is to is read apart.
    | {"apiId"}
)
_SERVICE_HARMLESS = frozenset(
    {"publisherEmail", "publisherName", "notificationSenderEmail", "developerPortalStatus"}
    | {"legacyPortalStatus", "additionalLocations", "apiVersionConstraint", "certificates"}
    | {"hostnameConfigurations", "publicNetworkAccess", "publicIpAddressId", "disableGateway"}
    | {"natGatewayState", "enableClientCertificate", "restore", "releaseChannel", "zones"}
)
GATEWAY_HARMLESS = frozenset(
    {
        "apis/tools",
        "loggers",
        "diagnostics",
        "tags",
        "groups",
        "users",
        "apiversionsets",
        "caches",
        "gateways",
    }
    | {"notifications", "portalconfigs", "portalsettings", "schemas", "certificates", "workspaces"}
    | {"emailtemplates", "portalrevisions", "documentations", "subscriptions"}
)
"""Parts of a gateway that decide nothing of who is let through."""

_FORMATS = frozenset({"xml", "rawxml"})
_PLACE = re.compile(
    r"/service/(?P<api_management_name>[^/]+)"
    r"(?:/apis/(?P<api_name>[^/]+)(?:/operations/(?P<operation_id>[^/]+))?"
    r"|/products/(?P<product_id>[^/]+))?",
    re.IGNORECASE,
)


def arguments_of(part: str, properties: Value) -> tuple[dict[str, Raw], list[str]]:
    """The arguments of azurerm's resource that properties are, and properties that are not read.

    Args:
        part: The ARM type below the service, in lower case; empty for the service itself.
        properties: Its `properties`.
    """
    if part not in PARTS or not isinstance(properties, dict):
        return {}, [""]
    known = PARTS[part].properties
    found: dict[str, Raw] = {
        name: value for name, path in known.items() if (value := at(properties, path)) is not None
    }
    form = properties.get("format")
    if "xml_content" in found and isinstance(form, str) and form.lower().endswith("-link"):
        return {"xml_link": found["xml_content"]}, []
    if "value" in known.values() and not found:
        return {}, [""]  # A policy without a text.
    read = {path.partition(".")[0] for path in known.values()}
    read |= _HARMLESS if part else _SERVICE_HARMLESS
    if part == "" and at(properties, "virtualNetworkConfiguration") is not None:
        subnet = at(properties, "virtualNetworkConfiguration.subnetResourceId")
        found["virtual_network_configuration"] = [{"subnet_id": subnet}]
        read.add("virtualNetworkConfiguration")
    if part == "products" and at(properties, "state") is not None:
        state = at(properties, "state")
        found["published"] = state.lower() == "published" if isinstance(state, str) else state
    if part == "backends" and at(properties, "credentials") is not None:
        found["credentials"] = [_credentials(at(properties, "credentials"))]
        read.add("credentials")
    if part == "backends":
        found |= _reliability(cast("dict[str, Value]", properties))
    if part == "namedvalues" and at(properties, "keyVault") is not None:
        found["value_from_key_vault"] = [{}]
        read.add("keyVault")
    if isinstance(form, str) and form in _FORMATS:
        read.add("format")
    elif part == "apis" and form is not None:
        content: dict[str, Raw] = {"content_format": form, "content_value": properties.get("value")}
        found["import"] = [content]
        read |= {"format", "value"}
    return found, [name for name in properties if name not in read]


def _reliability(properties: dict[str, Value]) -> dict[str, Raw]:
    """The circuit breaker of a backend as azurerm writes it; its pool, which azurerm lacks."""
    found: dict[str, Raw] = {}
    rules: Any = at(properties, "circuitBreaker.rules")
    services = at(properties, "pool.services")
    for rule in cast("list[Value]", rules)[:1] if isinstance(rules, list) else []:
        condition, ranges = (
            at(rule, "failureCondition"),
            at(rule, "failureCondition.statusCodeRanges"),
        )
        found["circuit_breaker_rule"] = [
            {
                "trip_duration": at(rule, "tripDuration"),
                "accept_retry_after_enabled": at(rule, "acceptRetryAfter"),
                "failure_condition": [
                    {
                        "count": at(condition, "count"),
                        "percentage": at(condition, "percentage"),
                        "interval_duration": at(condition, "interval"),
                        "status_code_range": ranges,
                    }
                ],
            }
        ]
    if isinstance(services, list):
        found["pool"] = services
    return found


def _credentials(value: Value) -> dict[str, Raw]:
    """ARM writes each header and query parameter with a list of values."""
    found: dict[str, Raw] = {}
    for name in ("header", "query"):
        given: Any = at(value, name)
        if isinstance(given, dict):
            named = cast("dict[str, Any]", given)
            found[name] = {
                key: text[0] if isinstance(text, list) else text for key, text in named.items()
            }
        elif given is not None:
            found[name] = given
    if at(value, "certificate") is not None or at(value, "certificateIds") is not None:
        found["certificate"] = ["(a certificate)"]
    if at(value, "authorization") is not None:
        found["authorization"] = [{"scheme": at(value, "authorization.scheme")}]
    return found


def identity_of(body: Value) -> list[dict[str, Raw]]:
    """The `identity` of a body, as a block of azurerm."""
    given = at(body, "identity")
    if given is None:
        return []
    users = at(body, "identity.userAssignedIdentities")
    block: dict[str, Raw] = {"type": at(body, "identity.type")}
    if isinstance(users, dict):
        block["identity_ids"] = list(cast("dict[str, Any]", users))
    elif users is not None:
        block["identity_ids"] = users
    return [block]


def place_of_id(identifier: str) -> dict[str, Value]:
    """The names in the id of a gateway or of one of its parts."""
    found = _PLACE.search(identifier)
    named = found.groupdict() if found else {}
    return {name: value for name, value in named.items() if value is not None}
