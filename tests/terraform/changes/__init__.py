"""Every change that a file of settings can express, as a table: what is there before and after.

The tests apply all of them, there and back, and write down what Terraform plans:
docs/guides/what-a-change-does.md.
"""

from __future__ import annotations

from dataclasses import replace

from tests.terraform.changes import (
    api,
    easy_auth,
    environment,
    existing,
    function_app,
    gateway,
    mcp,
    registration,
)
from tests.terraform.changes.change import Change

CHANGES: list[Change] = [
    change if change.around is not None else replace(change, around=section.AROUND)
    for section in (environment, gateway, api, mcp, easy_auth, registration, function_app, existing)
    for change in section.CHANGES
]
"""The changes in the order of the page."""

# What a change of these does is said in the text of the page.
ELSEWHERE = {
    "subscription_id": "a new environment",
    "tenant_id": "a new environment",
    "azurerm": "terraform init -upgrade",
    "state": "terraform init -migrate-state",
    "prevent_destroy": "changes no resource",
}
