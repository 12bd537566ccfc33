"""The harness itself: it has to notice a stack that is not as promised."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.terraform.harness import Stack, environment, needs_stand_in, run, synthesize

APP = """
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azuread.application import Application
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
from cdktf_cdktf_provider_azuread.service_principal import ServicePrincipal

app = App()
platform, team = TerraformStack(app, "platform"), TerraformStack(app, "team")
team.add_dependency(platform)
AzureadProvider(platform, "azuread")
AzureadProvider(team, "azuread")
application = Application(platform, "application", display_name="two words")
ServicePrincipal(team, "principal", client_id=application.client_id)
app.synth()
"""


@needs_stand_in
def test_stacks_of_an_app_go_through_a_whole_life_in_their_order(tmp_path: Path) -> None:
    app = tmp_path / "main.py"
    app.write_text(APP)
    stacks = synthesize(app)
    assert list(stacks) == ["platform", "team"]
    for stack in stacks.values():
        stack.prepare()
        stack.apply()
        stack.assert_plan_is_empty()
        assert stack.terraform("state", "list") != ""
    for stack in reversed(stacks.values()):
        stack.destroy()


def stack_of(folder: Path, document: dict[str, object]) -> Stack:
    (folder / "cdk.tf.json").write_text(json.dumps(document))
    return Stack(folder)


@needs_stand_in
def test_stand_ins_that_run_already_plan_as_those_that_terraform_starts(tmp_path: Path) -> None:
    sources = {"azurerm": "hashicorp/azurerm", "azuread": "hashicorp/azuread"}
    document = {
        "terraform": {"required_providers": {n: {"source": s} for n, s in sources.items()}},
        "provider": {"azurerm": [{"features": [{}]}], "azuread": [{}]},
        "data": {"azurerm_client_config": {"here": {}}},
        "resource": {
            "azuread_application": {"orders": {"display_name": "orders"}},
            "azurerm_resource_group": {"main": {"name": "rg", "location": "westeurope"}},
        },
        "output": {"tenant": {"value": "${data.azurerm_client_config.here.tenant_id}"}},
    }
    stack = stack_of(tmp_path, document)
    stack.terraform("init")
    command = ("terraform", "plan", "-no-color")
    started = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert "2 to add" in started.stdout
    assert run(*command, folder=tmp_path) == started.stdout


@needs_stand_in
def test_plan_that_never_becomes_empty_is_noticed(tmp_path: Path) -> None:
    stack = stack_of(
        tmp_path, {"resource": {"terraform_data": {"clock": {"input": "${timestamp()}"}}}}
    )
    stack.prepare()
    stack.apply()
    with pytest.raises(pytest.fail.Exception, match="exit status 2"):
        stack.assert_plan_is_empty()


@needs_stand_in
def test_remote_state_is_replaced_by_a_local_file(tmp_path: Path) -> None:
    backend = {"azurerm": {"storage_account_name": "a", "container_name": "b", "key": "c"}}
    stack = stack_of(tmp_path, {"terraform": {"backend": backend}, "output": {"o": {"value": 1}}})
    stack.prepare()
    stack.apply()
    assert (tmp_path / "terraform.tfstate").exists()
