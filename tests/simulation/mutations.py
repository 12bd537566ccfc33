"""Configurations of a chain, each changed at random in some of what decides who gets in."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.access import samples
from tests.access.samples import APP, AUDIENCE, CLIENT, ISSUER, PRINCIPAL, TENANT, Document

__all__ = ["Document", "configuration"]

_SLOT = "azurerm_linux_function_app_slot"
_OTHER = "azurerm_user_assigned_identity.other"
_NOBODY = "9d1c2a1e-5b6f-4a4e-8f0b-8f6b1f0c7a55"
_URI = "api://orders"

_CLIENTS = (CLIENT, f"${{{_OTHER}.client_id}}", AUDIENCE, _NOBODY, "${var.unknown}")
_OBJECTS = (PRINCIPAL, f"${{{_OTHER}.principal_id}}", _NOBODY, "${var.unknown}")
_ISSUERS = (
    ISSUER,
    f"{ISSUER}/",
    f"https://login.microsoftonline.com/{TENANT}",
    f"https://sts.windows.net/{TENANT}/",
    f"https://sts.windows.net/{TENANT}/v2.0",
    "https://login.microsoftonline.com/common/v2.0",
    "https://login.microsoftonline.com/organizations",
    f"http://login.microsoftonline.com/{TENANT}/v2.0",
    "https://example.com/v2.0",
    f"https://login.microsoftonline.com/{TENANT}/v3.0",
)
_RULES: tuple[dict[str, Any], ...] = (
    {"ip_address": "198.51.100.0/24"},
    {"ip_address": "0.0.0.0/0"},
    {"ip_address": "Any"},
    {"ip_address": "0.0.0.0/1,128.0.0.0/1"},
    {"ip_address": "2001:db8::/32"},
    {"ip_address": "192.0.2.10/32"},
    {"ip_address": "198.51.100.1/32,198.51.100.2/32"},
    {"service_tag": "Internet"},
    {"service_tag": "AzureCloud"},
    {"service_tag": "AzureFrontDoor.Backend"},
    {"service_tag": "ApiManagement"},
    {"service_tag": "AzureLoadBalancer"},
    {
        "service_tag": "AzureFrontDoor.Backend",
        "headers": [{"x_azure_fdid": ["11111111-2222-4333-8444-555555555555"]}],
    },
    {"virtual_network_subnet_id": "/subscriptions/s/subnets/functions"},
    {"virtual_network_subnet_id": "/subscriptions/s/subnets/gateway"},
)

Change = Callable[[Document, random.Random], None]


def _sites(document: Document) -> list[dict[str, Any]]:
    resources = document["resource"]
    return [resources[kind][name] for kind in (APP, _SLOT) for name in resources.get(kind, {})]


def _site(document: Document, source: random.Random) -> dict[str, Any]:
    return source.choice(_sites(document))


def _auth(document: Document, source: random.Random) -> dict[str, Any]:
    return _site(document, source).get("auth_settings_v2", {})


def _directory(document: Document, source: random.Random) -> dict[str, Any]:
    return _auth(document, source).get("active_directory_v2", {})


def _some(values: tuple[str, ...], source: random.Random) -> list[str]:
    return source.sample(values, min(source.randrange(3), len(values)))


def _set(block: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        block.pop(name, None)
    else:
        block[name] = value


def _auth_setting(name: str, *values: Any) -> Change:
    return lambda document, source: _set(_auth(document, source), name, source.choice(values))


def _site_setting(name: str, *values: Any) -> Change:
    return lambda document, source: _set(_site(document, source), name, source.choice(values))


def _listed(name: str, values: tuple[str, ...]) -> Change:
    return lambda document, source: _set(
        _directory(document, source), name, source.choice((None, _some(values, source)))
    )


def _application(document: Document) -> dict[str, Any]:
    return document["resource"]["azuread_application"]["orders"]


def _token_version(document: Document, source: random.Random) -> None:
    api = source.choice((None, {}, {"requested_access_token_version": source.choice((1, 2))}))
    _set(_application(document), "api", api)


def _audience(document: Document, source: random.Random) -> None:
    uris = [_URI]
    _set(_application(document), "identifier_uris", source.choice((None, uris)))
    audiences = [[_URI], [AUDIENCE, _URI], ["api://another"], [AUDIENCE], None]
    _set(_directory(document, source), "allowed_audiences", source.choice(audiences))


def _tenants(document: Document, source: random.Random) -> None:
    audience = source.choice((None, "AzureADMyOrg", "AzureADMultipleOrgs"))
    _set(_application(document), "sign_in_audience", audience)


def _service_principal(document: Document, source: random.Random) -> None:
    principals = document["resource"]["azuread_service_principal"]
    chosen = source.randrange(4)
    if chosen == 0:
        principals.pop("orders", None)
        document["resource"].pop("azuread_app_role_assignment", None)
    elif "orders" in principals:
        _set(principals["orders"], "account_enabled", source.choice((None, True, False)))
        required = source.choice((None, True, False))
        _set(principals["orders"], "app_role_assignment_required", required)


def _assignment(document: Document, source: random.Random) -> None:
    assignments = document["resource"].get("azuread_app_role_assignment")
    if assignments:
        if source.random() < 0.3:
            document["resource"].pop("azuread_app_role_assignment")
        else:
            assignments["gateway"]["principal_object_id"] = source.choice(_OBJECTS)


def _client_id(document: Document, source: random.Random) -> None:
    directory = _directory(document, source)
    directory["client_id"] = source.choice(
        (AUDIENCE, _NOBODY, "${azuread_application.more.client_id}")
    )


def _provider(document: Document, source: random.Random) -> None:
    auth = _auth(document, source)
    if auth:
        auth.pop("active_directory_v2", None)
        auth["github_v2"] = {"client_id": "x", "client_secret_setting_name": "y"}


def _version_1(document: Document, source: random.Random) -> None:
    site = _site(document, source)
    site.pop("auth_settings_v2", None)
    action = source.choice((None, "RedirectToLoginPage", "AllowAnonymous"))
    old: dict[str, Any] = {
        "enabled": source.choice((True, True, False)),
        "issuer": source.choice(_ISSUERS),
        "active_directory": {"client_id": AUDIENCE},
    }
    _set(old, "unauthenticated_client_action", action)
    site["auth_settings"] = old


def _without_auth(document: Document, source: random.Random) -> None:
    _site(document, source).pop("auth_settings_v2", None)


def _restrictions(document: Document, source: random.Random) -> None:
    site = _site(document, source).setdefault("site_config", {})
    rules: list[dict[str, Any]] = []
    for number in range(source.randrange(1, 4)):
        rule = copy.deepcopy(source.choice(_RULES))
        rule["priority"] = source.choice((100, 200, 300 + number))
        _set(rule, "action", source.choice((None, "Allow", "Allow", "Deny")))
        rules.append(rule)
    site["ip_restriction"] = rules
    _set(site, "ip_restriction_default_action", source.choice((None, "Allow", "Deny", "Deny")))


def _gateway_network(document: Document, source: random.Random) -> None:
    gateway = document["resource"]["azurerm_api_management"]["gateway"]
    if source.random() < 0.5:
        gateway["virtual_network_type"] = source.choice(("External", "Internal", "None"))
        gateway["virtual_network_configuration"] = {"subnet_id": "/subscriptions/s/subnets/gateway"}
    if source.random() < 0.3:
        gateway["public_ip_addresses"] = ["192.0.2.10"]


def _gateway_identity(document: Document, source: random.Random) -> None:
    identity = document["resource"]["azurerm_api_management"]["gateway"]["identity"]
    chosen = source.randrange(3)
    if chosen == 0:
        identity["identity_ids"] = [samples.IDENTITY, f"${{{_OTHER}.id}}"]
    elif chosen == 1:
        identity["identity_ids"] = [f"${{{_OTHER}.id}}"]
    else:
        identity["type"] = "SystemAssigned, UserAssigned"


def _private_endpoint(document: Document, source: random.Random) -> None:
    document["resource"]["azurerm_private_endpoint"] = {
        "orders": {
            "private_service_connection": {
                "private_connection_resource_id": f"${{{APP}.orders.id}}",
                "subresource_names": [source.choice(("sites", "sites-staging"))],
            }
        }
    }


def _keys(document: Document, source: random.Random) -> None:
    level = source.choice(("anonymous", "function"))
    document["resource"]["azurerm_function_app_function"] = {
        "list": {
            "name": "list",
            "function_app_id": f"${{{APP}.orders.id}}",
            "config_json": f'{{"bindings": [{{"authLevel": "{level}"}}]}}',
        }
    }


CHANGES: tuple[Change, ...] = (
    _auth_setting("auth_enabled", None, True, False, "${var.unknown}"),
    _auth_setting("require_authentication", None, True, False),
    _auth_setting(
        "unauthenticated_action",
        *(None, "Return401", "Return403", "RedirectToLoginPage", "AllowAnonymous"),
    ),
    _auth_setting("require_https", None, True, False),
    _auth_setting("excluded_paths", None, ["/api/health"], ["/api/health/", "/open"]),
    _auth_setting("config_file_path", None, None, "/auth.json"),
    _listed("allowed_applications", _CLIENTS),
    _listed("allowed_applications", _CLIENTS),
    _listed("allowed_identities", _OBJECTS),
    _listed("allowed_identities", _OBJECTS),
    _listed("jwt_allowed_client_applications", _CLIENTS),
    _listed("allowed_groups", (_NOBODY,)),
    lambda document, source: _set(
        _directory(document, source), "tenant_auth_endpoint", source.choice(_ISSUERS)
    ),
    _site_setting("https_only", None, True, False),
    _site_setting("enabled", None, True, False),
    _site_setting("public_network_access_enabled", None, True, False, False, "${var.unknown}"),
    _site_setting("client_certificate_enabled", None, True, False),
    _site_setting("client_certificate_mode", None, "Required", "Optional"),
    _token_version,
    _audience,
    _tenants,
    _service_principal,
    _assignment,
    _client_id,
    _provider,
    _version_1,
    _without_auth,
    _restrictions,
    _restrictions,
    _gateway_network,
    _gateway_identity,
    _private_endpoint,
    _keys,
)


def configuration(source: random.Random) -> Document:
    """A chain with a slot, a further identity and a further application, changed at random."""
    document = samples.chain()
    resources = document["resource"]
    resources["azurerm_user_assigned_identity"]["other"] = {
        "name": "id-other",
        "resource_group_name": "rg",
        "location": "westeurope",
    }
    resources["azuread_application"]["more"] = {"display_name": "more"}
    resources["azuread_service_principal"]["more"] = {
        "client_id": "${azuread_application.more.client_id}"
    }
    resources["azurerm_api_management_api_operation"] = {
        "get": {
            "api_management_name": "${azurerm_api_management.gateway.name}",
            "api_name": "${azurerm_api_management_api.orders.name}",
            "operation_id": "get",
            "display_name": "get",
            "method": "GET",
            "url_template": "/{id}",
        }
    }
    document["variable"] = {"unknown": {}}
    if source.random() < 0.4:
        slot = copy.deepcopy(resources[APP]["orders"])
        resources[_SLOT] = {
            "staging": slot | {"name": "staging", "function_app_id": f"${{{APP}.orders.id}}"}
        }
    for change in source.choices(CHANGES, k=source.randrange(0, 7)):
        change(document, source)
    return document
