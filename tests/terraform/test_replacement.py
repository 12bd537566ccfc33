"""What is replaced takes all with it that lies in it.

What lies in a gateway or an API names it by a name that stays the same: Azure would delete it with
its parent, and Terraform would find that out in the next plan only.
"""

from __future__ import annotations

from pathlib import Path

from tests.terraform.harness import stack_of_every_type

GATEWAY, API = "azurerm_api_management", "azurerm_api_management_api"
OPERATION, PRODUCT = f"{API}_operation", "azurerm_api_management_product"
NATIVE = "azapi_resource"

# What each type of resource lies in; what is not here names the gateway by its id.
LIES_IN = {
    API: {GATEWAY},
    NATIVE: {API, OPERATION},
    f"{API}_diagnostic": {API},
    OPERATION: {API},
    # Those of imported operations lie in the API.
    f"{OPERATION}_policy": {OPERATION, API},
    f"{API}_policy": {API, NATIVE},
    f"{API}_schema": {API},
    f"{API}_version_set": {GATEWAY},
    "azurerm_api_management_backend": {GATEWAY},
    "azurerm_api_management_logger": {GATEWAY},
    "azurerm_api_management_named_value": {GATEWAY},
    PRODUCT: {GATEWAY},
    f"{PRODUCT}_api": {API, PRODUCT},
    f"{PRODUCT}_policy": {PRODUCT},
    "azurerm_api_management_subscription": {GATEWAY},
    "azurerm_storage_container": {"azurerm_storage_account"},
    "azurerm_linux_function_app_slot": {"azurerm_linux_function_app"},
    "azurerm_windows_function_app_slot": {"azurerm_windows_function_app"},
    "azurerm_private_endpoint": {
        "azurerm_windows_function_app",
        "azurerm_windows_function_app_slot",
    },
}


def test_whatever_lies_in_something_follows_its_replacement(tmp_path: Path) -> None:
    document = stack_of_every_type(tmp_path).document
    seen: dict[str, set[str]] = {}
    for kind, bodies in document["resource"].items():
        if (not kind.startswith(GATEWAY) and kind not in LIES_IN) or kind == GATEWAY:
            continue
        for address, body in bodies.items():
            if "api_management_id" in body:
                # azurerm replaces it itself: the new gateway's id is not known before it is there.
                assert body["api_management_id"].startswith(f"${{{GATEWAY}.")
                continue
            triggers = body["lifecycle"]["replace_triggered_by"]
            assert triggers, address
            for trigger in triggers:
                parent, _, attribute = trigger.split(".")
                assert attribute == "id", "a change in place is to change nothing else"
                seen.setdefault(kind, set()).add(parent)
    for kind, parents in LIES_IN.items():
        assert seen.pop(kind) <= parents
    assert not seen
