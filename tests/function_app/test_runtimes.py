"""Runtimes of today are taken; one that ends, or is not known yet, is a warning that says why."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import cdktf
import pytest
from cdktf import TerraformStack

from constructs_lib import FunctionAppProps, Hosting, Monitoring, Runtime, add_providers
from constructs_lib._core.errors import InputError
from constructs_lib._core.provider_facts import (
    AZURERM,
    RUNTIMES,
    SUPPORT,
    azurerm_range,
    find_runtime,
    support_warning,
)

TODAY = date(2026, 11, 26)
PREMIUM = Hosting.premium()
WINDOWS = Hosting.premium(os="Windows")
FLEX = Hosting.flex_consumption()
WORKSPACE = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w"
)


def warnings(runtime: str, hosting: Hosting = FLEX, today: date = TODAY) -> list[str]:
    return list(FunctionAppProps(runtime=runtime, hosting=hosting).warnings(today))


@pytest.mark.parametrize(
    ("runtime", "hosting", "azurerm"),
    [
        ("python 3.14", PREMIUM, "~> 4.59"),
        ("node 24", WINDOWS, "~> 4.58"),
        ("java 25", PREMIUM, "~> 4.62"),
        ("powershell 7.6", WINDOWS, "~> 4.75"),
        ("powershell 7.6", FLEX, "~> 4.55"),
        ("python 3.14", FLEX, "~> 4.55"),
        ("node 24", Hosting.flex_consumption(maximum_instance_count=1), "~> 4.58"),
        ("custom", FLEX, "~> 4.55"),
    ],
)
def test_a_runtime_of_today_is_taken_and_the_stack_asks_for_an_azurerm_that_takes_it(
    runtime: str, hosting: Hosting, azurerm: str
) -> None:
    props = FunctionAppProps(runtime=runtime, hosting=hosting)
    assert list(props.problems()) == []
    assert warnings(runtime, hosting) == []
    assert azurerm_range("4", *props.needed_azurerm()) == azurerm
    assert azurerm_range("5", *props.needed_azurerm()) == "~> 5.1"


@pytest.mark.parametrize(
    ("runtime", "hosting", "today", "says"),
    [
        ("powershell 7.4", FLEX, TODAY, "ended on 2026-11-10 ({}): move to powershell 7.6"),
        ("powershell 7.4", FLEX, date(2026, 11, 10), "ends on 2026-11-10 ({})"),
        ("powershell 7.4", FLEX, date(2025, 11, 10), "ends on 2026-11-10 ({})"),
        ("node 22", PREMIUM, TODAY, "support of node 22 ends on 2027-04-30 ({}): move to node 24"),
        ("dotnet 8.0", WINDOWS, TODAY, "ended on 2026-11-10 ({}): move to dotnet-isolated 10.0"),
        ("python 3.15", FLEX, TODAY, "python 3.15 is newer than what this library knows"),
        ("powershell 7.6", PREMIUM, TODAY, "to run on Linux (up to powershell 7.4)"),
    ],
)
def test_the_warning_says_when_where_from_and_what_to_write(
    runtime: str, hosting: Hosting, today: date, says: str
) -> None:
    [message] = warnings(runtime, hosting, today)
    assert says.format(SUPPORT) in message
    assert SUPPORT in message
    assert list(FunctionAppProps(runtime=runtime, hosting=hosting).problems()) == []


@pytest.mark.parametrize(
    ("runtime", "today"),
    [("powershell 7.4", date(2025, 11, 9)), ("python 3.12", TODAY), ("java 25", TODAY)],
)
def test_support_of_more_than_a_year_or_of_unknown_end_is_no_warning(
    runtime: str, today: date
) -> None:
    assert warnings(runtime, today=today) == []


@pytest.mark.parametrize("runtime", ["python 2.7", "python 3.x", "node 23", "dotnet 9.0"])
def test_what_is_no_version_is_still_refused(runtime: str) -> None:
    with pytest.raises(InputError, match="is not allowed"):
        find_runtime("Windows" if runtime.startswith("dotnet") else "Linux", *runtime.split(" "))  # type: ignore[arg-type]


def test_versions_stand_in_their_order_and_each_that_ended_is_warned_of() -> None:
    for stack in {each.stack for each in RUNTIMES}:
        ends = [each.ends for each in RUNTIMES if each.stack == stack and each.ends]
        assert ends == sorted(ends) or stack == "dotnet-isolated"
    for each in RUNTIMES:
        if each.ends and each.ends < TODAY:
            for target in each.targets:
                assert support_warning(target, each.stack, each.version, TODAY)


def test_synth_tells_the_warning_once_for_each_app_and_the_range_follows(
    stack: TerraformStack, function_app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795651200")  # 2026-11-26
    add_providers(stack, azurerm="4")
    function_app(stack, "old", runtime=Runtime.powershell("7.4"), hosting=WINDOWS)
    function_app(stack, "new", runtime=Runtime.powershell("7.6"), hosting=WINDOWS)
    function_app(
        stack, "one", hosting=Hosting.flex_consumption(maximum_instance_count=1),
        monitoring=Monitoring.new(workspace_id=WORKSPACE, entra_only=True),
    )  # fmt: skip
    stack.node.root.synth()
    [told] = json.loads((tmp_path / "manifest.json").read_text())["stacks"]["test"]["annotations"]
    assert (told["constructPath"], told["level"]) == ("test/old", "@cdktf/warn")
    assert "support of powershell 7.4 ended on 2026-11-10" in told["message"]
    written = json.loads((tmp_path / "stacks/test/cdk.tf.json").read_text())
    assert written["terraform"]["required_providers"]["azurerm"]["version"] == "~> 4.75"
    [component] = written["resource"]["azurerm_application_insights"].values()
    assert component["local_authentication_disabled"] is True


def test_each_azurerm_has_its_own_way_to_refuse_telemetry_without_a_token(
    stack: TerraformStack, function_app: Any
) -> None:
    add_providers(stack, azurerm="5")
    function_app(stack, "app", monitoring=Monitoring.new(workspace_id=WORKSPACE, entra_only=True))
    made = json.loads(cdktf.Testing.synth(stack))["resource"]["azurerm_application_insights"]
    [written] = made.values()
    assert {
        name: value for name, value in written.items() if name.startswith("local_authentication")
    } == {"local_authentication_enabled": False}
    assert AZURERM["4"].entra_telemetry == {"local_authentication_disabled": True}
