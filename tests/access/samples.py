"""A secured chain in hand-written Terraform JSON, of plain resources, to be varied by tests."""

from __future__ import annotations

import copy
import re
from typing import Any

from constructs_lib._core.provider_facts import AZUREAD_TRIED, AZURERM

Document = dict[str, Any]

TENANT = "${data.azuread_client_config.current.tenant_id}"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
IDENTITY = "${azurerm_user_assigned_identity.gateway.id}"
CLIENT = "${azurerm_user_assigned_identity.gateway.client_id}"
PRINCIPAL = "${azurerm_user_assigned_identity.gateway.principal_id}"
AUDIENCE = "${azuread_application.orders.client_id}"
APP = "azurerm_linux_function_app"
ROLE = "3f6bb3a3-6b12-4b32-9f62-0f5d7b7a5b11"


def policy(resource: str = AUDIENCE, client: str | None = CLIENT, inbound: str = "") -> str:
    """A policy document; `inbound` follows the token."""
    named = f' client-id="{client}"' if client else ""
    return (
        "<policies><inbound><base />"
        '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />'
        f'<authentication-managed-identity resource="{resource}"{named} />{inbound}'
        '<set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />'
        '<set-query-parameter name="subscription-key" exists-action="delete" />'
        "</inbound><backend><base /></backend><outbound><base /></outbound>"
        "<on-error><base /></on-error></policies>"
    )


def without_token(text: str | None = None) -> str:
    """A policy document without the statement that gets the token."""
    return re.sub("<authentication-managed-identity [^>]*/>", "", text or policy())


def easy_auth(document: Document, kind: str = APP, name: str = "orders") -> dict[str, Any]:
    """The Easy Auth block of an app, to be changed."""
    return document["resource"][kind][name]["auth_settings_v2"]


def directory(document: Document, kind: str = APP, name: str = "orders") -> dict[str, Any]:
    """The Entra provider in it."""
    return easy_auth(document, kind, name)["active_directory_v2"]


def chain() -> Document:
    """A chain that is right: user-assigned identity, version-2 tokens, a Linux app."""
    return copy.deepcopy(_CHAIN)


def planned() -> Document:
    """The same chain with what terraform needs to plan it."""
    document = chain()
    document["resource"][APP]["orders"] |= {
        "service_plan_id": "/plan",
        "storage_account_name": "st",
    }
    document["terraform"] = {
        "required_providers": {
            "azurerm": {"source": "hashicorp/azurerm", "version": AZURERM["4"].tried},
            "azuread": {"source": "hashicorp/azuread", "version": AZUREAD_TRIED},
        }
    }
    document["provider"] = {"azurerm": [{"features": [{}]}], "azuread": [{}]}
    return document


_IN_GATEWAY = {
    "api_management_name": "${azurerm_api_management.gateway.name}",
    "resource_group_name": "rg",
}
_CHAIN: Document = {
    "data": {"azuread_client_config": {"current": {}}},
    "resource": {
        "azurerm_user_assigned_identity": {
            "gateway": {"name": "id-gateway", "resource_group_name": "rg", "location": "westeurope"}
        },
        "azurerm_api_management": {
            "gateway": {
                "name": "apim-sample",
                "resource_group_name": "rg",
                "location": "westeurope",
                "publisher_name": "Sample",
                "publisher_email": "sample@example.com",
                "sku_name": "Developer_1",
                "identity": {"type": "UserAssigned", "identity_ids": [IDENTITY]},
            }
        },
        "azuread_application": {
            "orders": {
                "display_name": "orders",
                "api": {"requested_access_token_version": 2},
                "app_role": [
                    {
                        "id": ROLE,
                        "value": "Invoke",
                        "display_name": "Invoke",
                        "description": "Call the functions",
                        "allowed_member_types": ["Application"],
                    }
                ],
            }
        },
        "azuread_service_principal": {
            "orders": {"client_id": AUDIENCE, "app_role_assignment_required": True}
        },
        "azuread_app_role_assignment": {
            "gateway": {
                "app_role_id": '${azuread_service_principal.orders.app_role_ids["Invoke"]}',
                "principal_object_id": PRINCIPAL,
                "resource_object_id": "${azuread_service_principal.orders.object_id}",
            }
        },
        APP: {
            "orders": {
                "name": "func-orders",
                "resource_group_name": "rg",
                "location": "westeurope",
                "https_only": True,
                "ftp_publish_basic_authentication_enabled": False,
                "webdeploy_publish_basic_authentication_enabled": False,
                "site_config": {"scm_ip_restriction_default_action": "Deny"},
                "auth_settings_v2": {
                    "auth_enabled": True,
                    "require_authentication": True,
                    "unauthenticated_action": "Return401",
                    "login": {},
                    "active_directory_v2": {
                        "client_id": AUDIENCE,
                        "tenant_auth_endpoint": ISSUER,
                        "allowed_applications": [CLIENT],
                        "allowed_identities": [PRINCIPAL],
                    },
                },
            }
        },
        "azurerm_api_management_api": {
            "orders": {
                **_IN_GATEWAY,
                "name": "orders",
                "revision": "1",
                "path": "orders",
                "protocols": ["https"],
            }
        },
        "azurerm_api_management_backend": {
            "orders": {
                **_IN_GATEWAY,
                "name": "func-orders",
                "protocol": "http",
                "url": f"https://${{{APP}.orders.default_hostname}}/api",
            }
        },
        "azurerm_api_management_api_policy": {
            "orders": {
                **_IN_GATEWAY,
                "api_name": "${azurerm_api_management_api.orders.name}",
                "xml_content": policy(),
            }
        },
    },
}
