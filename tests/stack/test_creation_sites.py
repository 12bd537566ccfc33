"""Findings of our constructs and of any other lead to the statement that made the resource."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import jsii
import pytest
from cdktf import App, TerraformStack

from constructs_lib import analyse, read_terraform, record_creation_sites
from constructs_lib._core.creation_sites import FILE, site_of
from constructs_lib._core.findings import Finding


def test_a_finding_names_the_statement_and_the_json_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
    from cdktf_cdktf_provider_azurerm.provider import AzurermProvider

    monkeypatch.setattr(jsii, "create", jsii.create)  # Put back when the test ends.
    lines: dict[str, int] = {}

    def synthesized(folder: Path) -> str:
        app = App(outdir=str(folder))
        if folder.name == "recorded":
            record_creation_sites(app)
        for name in ("dev", "prod"):
            stack = TerraformStack(app, name)
            AzurermProvider(stack, "azurerm", features=[{}])
            lines[name] = _line() + 1
            LinuxFunctionApp(
                stack,
                "orders",
                name=f"func-{name}",
                location="westeurope",
                resource_group_name="rg",
                service_plan_id="plan",
                site_config={},
            )
        app.synth()
        return (folder / "stacks/dev/cdk.tf.json").read_text("utf-8")

    plain, recorded = (synthesized(tmp_path / name) for name in ("plain", "recorded"))
    assert plain == recorded
    assert not (tmp_path / "plain" / FILE).exists()

    # Both stacks come from one line, so that they are told apart by their names alone.
    analysis = analyse(read_terraform(tmp_path / "recorded"))
    found = [each for each in analysis.findings if each.rule == "SF101"]
    assert [each.stack for each in found] == ["dev", "prod"]
    assert {(Path(each.path or "").name, each.line) for each in found} == {
        (Path(__file__).name, lines["dev"])
    }
    assert {(Path(each.path or "").name, each.line) for each in analysis.answers} == {
        (Path(__file__).name, lines["dev"])
    }


def _line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


@pytest.mark.parametrize(
    ("sites", "construct", "site"),
    [
        ({"dev/x": "main.py:7"}, "dev/x", ("main.py", 7)),
        ({"dev/x": "C:\\main.py:7"}, "dev/x", ("C:\\main.py", 7)),
        ({"dev/x": "main.py"}, "dev/x", None),
        ({"dev/x": 7}, "dev/x", None),
        ({}, "dev/x", None),
        ({}, None, None),
    ],
)
def test_what_is_no_site_is_none(
    sites: dict[str, str], construct: str | None, site: tuple[str, int] | None
) -> None:
    assert site_of(sites, construct) == site


def test_the_stack_of_a_place_is_told_to_programs() -> None:
    from constructs_lib._core.findings import render
    from constructs_lib.access.rules import RULES

    finding = Finding.of(RULES["SF101"], "x", address="a.b", stack="dev", path="main.py", line=3)
    [found] = json.loads(render([finding], "json"))["findings"]
    assert found["places"][0]["stack"] == "dev"


def test_each_app_writes_of_its_own_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cdktf_cdktf_provider_azurerm.provider import AzurermProvider
    from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

    monkeypatch.setattr(jsii, "create", jsii.create)
    apps = {name: App(outdir=str(tmp_path / name)) for name in ("one", "two")}
    for app in apps.values():
        record_creation_sites(app)
    for name, app in apps.items():
        stack = TerraformStack(app, name)
        AzurermProvider(stack, "azurerm", features=[{}])
        ResourceGroup(stack, "group", name="rg", location="westeurope")
    for name, app in apps.items():
        app.synth()
        sites = json.loads((tmp_path / name / FILE).read_text())
        assert list(sites) == [f"{name}/azurerm", f"{name}/group"]
