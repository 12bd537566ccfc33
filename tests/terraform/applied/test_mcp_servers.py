"""MCP servers of both forms live with azurerm 4 and 5, from the first plan to the last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cdktf import App, LocalBackend, TerraformStack

from constructs_lib import (
    Diagnostics,
    Operation,
    SecuredFunctionApi,
    add_azapi_provider,
    add_providers,
)
from constructs_lib._core.provider_facts import AzurermVersion
from tests.mcp_server.samples import APP, gateway, weather
from tests.mcp_server.test_pattern import LOGGER
from tests.terraform.applied.test_azurerm_versions import drop_what_5_does_not_know
from tests.terraform.harness import Stack, environment, needs_stand_in, stacks_of
from tests.terraform.providers import running, stand_ins


def servers(folder: Path, azurerm: AzurermVersion) -> Stack:
    """A server of the MCP extension, one of tools, and tools of an app that has another API."""
    app = App(outdir=str(folder))
    stack = TerraformStack(app, "mcp")
    LocalBackend(stack, path=str(folder / "terraform.tfstate"))
    add_providers(stack, azurerm=azurerm)
    add_azapi_provider(stack)
    service = gateway(stack)
    weather(stack, gateway=service)
    orders = SecuredFunctionApi(
        stack,
        "orders",
        gateway=service,
        path="orders",
        operations=["GET /orders"],
        function_app=APP,
        function_app_name="func-orders",
    )
    tools = [
        Operation(method="GET", url_template="/stock/{part}", description="How many are there."),
        "POST /stock",
    ]
    weather(stack, "stock", gateway=service, tools=tools)
    weather(
        stack,
        "find",
        gateway=service,
        tools=["GET /orders/{id}"],
        function_app=orders.function_app,
        registration=orders.registration,
        diagnostics=Diagnostics(logger_id=LOGGER),
    )
    app.synth()
    return stacks_of(folder)["mcp"]


@pytest.fixture
def stack(
    azurerm: AzurermVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """The stack for a version of azurerm, whose schemas say what is a secret."""
    monkeypatch.setattr(Stack, "schemas", {})
    made = servers(tmp_path / azurerm, azurerm)
    with running(environment(), stand_ins(azurerm), azurerm) as made.providers:
        made.prepare()
        made.apply()
        yield made


@needs_stand_in
@pytest.mark.parametrize("azurerm", ["4", "5"])
def test_servers_are_applied_plan_empty_and_are_destroyed(stack: Stack) -> None:
    stack.assert_plan_is_empty()
    resources = json.loads(stack.state().read_text())["resources"]
    there = {
        kind: [
            instance["attributes"]
            for each in resources
            if each["type"] == kind
            for instance in each["instances"]
        ]
        for kind in ("azapi_resource", "azurerm_api_management_api_operation")
    }
    operations = {each["id"] for each in there["azurerm_api_management_api_operation"]}
    called = [
        tool["operationId"]
        for each in there["azapi_resource"]
        for tool in each["body"]["value"]["properties"]["mcpTools"]
    ]
    assert len(called) == 3
    assert set(called) <= operations
    stack.destroy()


@needs_stand_in
@pytest.mark.parametrize("azurerm", ["4"])
def test_azurerm_5_takes_servers_over_and_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    later = servers(tmp_path / "5", "5")
    shutil.copy(stack.state(), later.state())
    later.terraform("init")
    drop_what_5_does_not_know(later.state(), later.folder)
    with running(environment(), stand_ins("5"), "5") as later.providers:
        later.assert_plan_is_empty()
        later.destroy()
