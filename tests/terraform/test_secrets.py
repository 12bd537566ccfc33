"""What counts as a secret in a stack's Terraform JSON."""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform.secrets import secrets


def block(**attributes: bool) -> dict[str, Any]:
    return {"attributes": {name: {"sensitive": value} for name, value in attributes.items()}}


TYPES = {
    "azurerm_storage_account": block(name=False, primary_access_key=True),
    "azurerm_application_insights": block(connection_string=True),
    "azurerm_api_management_named_value": block(value=True, secret=False),
    "azurerm_linux_function_app": {
        **block(storage_account_access_key=True),
        "block_types": {"site_config": {"block": block(application_insights_key=True)}},
    },
}


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (
            "azurerm_linux_function_app",
            {"storage_account_access_key": "k"},
            ["azurerm_linux_function_app.x.storage_account_access_key"],
        ),
        (
            "azurerm_linux_function_app",
            {"site_config": {"application_insights_key": "k"}},
            ["azurerm_linux_function_app.x.site_config.application_insights_key"],
        ),
        (
            "azurerm_linux_function_app",
            {"app_settings": {"K": "${azurerm_storage_account.s.primary_access_key}"}},
            ["azurerm_storage_account.s.primary_access_key"],
        ),
        (
            "azurerm_api_management_named_value",
            {"value": "v", "secret": True},
            ["azurerm_api_management_named_value.x.value"],
        ),
        ("azurerm_api_management_named_value", {"value": "v"}, []),
        ("azurerm_linux_function_app", {"n": "${azurerm_storage_account.s.name}"}, []),
        (
            "azurerm_linux_function_app",
            {"app_settings": {"C": "${azurerm_application_insights.i.connection_string}"}},
            [],
        ),
    ],
)
def test_sensitive_arguments_and_references_are_found(
    kind: str, body: dict[str, Any], expected: list[str]
) -> None:
    assert secrets({"resource": {kind: {"x": body}}}, TYPES) == expected
