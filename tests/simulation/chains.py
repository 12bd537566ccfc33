"""The sample chain with an operation and a slot, to be run."""

from __future__ import annotations

import copy
from typing import Any

from tests.access import samples
from tests.access.samples import APP, Document

SLOT = "azurerm_linux_function_app_slot"
_IN_GATEWAY: dict[str, Any] = {
    "api_management_name": "${azurerm_api_management.gateway.name}",
    "resource_group_name": "rg",
    "api_name": "${azurerm_api_management_api.orders.name}",
}


def chain() -> Document:
    """A chain that is right, with one operation and a slot, and the outputs of this library."""
    document = samples.chain()
    resources = document["resource"]
    resources["azurerm_api_management_api_operation"] = {
        "get": {
            **_IN_GATEWAY,
            "operation_id": "get",
            "display_name": "Get an order",
            "method": "GET",
            "url_template": "/{id}",
            "template_parameter": [{"name": "id", "type": "string", "required": True}],
        }
    }
    slot = copy.deepcopy(resources[APP]["orders"])
    slot |= {"name": "staging", "function_app_id": f"${{{APP}.orders.id}}"}
    resources[SLOT] = {"staging": slot}
    document["output"] = {
        "gateway": {
            "value": {
                "name": "apim-sample",
                "url": "https://apim-sample.azure-api.net",
                "principal_id": samples.PRINCIPAL,
                "client_id": samples.CLIENT,
            }
        },
        "tenant_id": {"value": samples.TENANT},
        "apis": {
            "value": {
                "orders": {
                    "url": "https://apim-sample.azure-api.net/orders",
                    "audience": samples.AUDIENCE,
                    "hostname": f"${{{APP}.orders.default_hostname}}",
                    "slots": {"staging": f"${{{SLOT}.staging.default_hostname}}"},
                    "subscription_key": {
                        "header": "Ocp-Apim-Subscription-Key",
                        "query": "subscription-key",
                    },
                    "probe": {"method": "GET", "path": "/7"},
                }
            }
        },
    }
    return document
