"""Assertions on a synthesized stack: what they find, what they say, and that none passes idly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import constructs_lib  # noqa: F401 - makes the bindings lazy
from constructs_lib._core.errors import InputError
from constructs_lib.testing import Containing, Satisfying, Synthesized
from constructs_lib.testing.matching import differences

pytest_plugins = ["constructs_lib.testing.pytest_plugin"]

APP = "azurerm_linux_function_app"


@pytest.fixture(scope="module")
def stack(synthesize: Callable[..., Synthesized]) -> Synthesized:
    from cdktf import App, TerraformOutput, TerraformStack
    from cdktf_cdktf_provider_azurerm.data_azurerm_client_config import DataAzurermClientConfig
    from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
    from cdktf_cdktf_provider_azurerm.provider import AzurermProvider
    from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
    from constructs import Construct

    class Pair(Construct):
        def __init__(self, scope: Construct, id: str, https: bool) -> None:
            super().__init__(scope, id)
            LinuxFunctionApp(
                self,
                "app",
                name=f"func-{id}",
                location="westeurope",
                resource_group_name="rg",
                service_plan_id="plan",
                storage_account_name="st",
                https_only=https,
                site_config={"minimum_tls_version": "1.2", "ip_restriction": []},
                app_settings={"A": "1", "B": "2"},
            )

    def make(app: App) -> TerraformStack:
        made = TerraformStack(app, "dev")
        AzurermProvider(made, "azurerm", features=[{}])
        DataAzurermClientConfig(made, "client")
        ResourceGroup(made, "group", name="rg", location="westeurope")
        first.append(Pair(made, "orders", https=True))
        Pair(made, "orders-old", https=False)
        TerraformOutput(made, "name", value="rg").override_logical_id("name")
        return made

    first: list[Construct] = []
    synthesized = synthesize(make)
    synthesized.orders = first[0]  # type: ignore[attr-defined] - for the tests of `within`
    return synthesized


def test_resources_are_found_by_type_by_class_and_by_construct(stack: Any) -> None:
    from cdktf_cdktf_provider_azurerm.data_azurerm_client_config import DataAzurermClientConfig
    from cdktf_cdktf_provider_azurerm.data_factory import DataFactory
    from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp

    assert len(stack.all(APP)) == 2
    assert stack.one(DataAzurermClientConfig).address == "data.azurerm_client_config.client"
    stack.assert_none(DataFactory)
    assert stack.all(LinuxFunctionApp) == stack.all(APP)
    assert stack.one(APP, within=stack.orders).values["name"] == "func-orders"
    assert stack.one("azurerm_resource_group").address == "azurerm_resource_group.group"
    assert stack.output("name") == "rg"


def test_what_is_as_expected_is_returned(stack: Any) -> None:
    expected = {"https_only": True, "site_config": {"minimum_tls_version": "1.2"}}
    (found,) = stack.assert_has(APP, expected, count=1)
    assert found.values["name"] == "func-orders"
    stack.assert_all(APP, {"app_settings": {"A": "1"}, "https_only": Satisfying(bool_like, "bool")})
    stack.assert_all(APP, {"client_certificate_mode": None, "app_settings": {"SECRET": None}})
    stack.assert_has(APP, {"https_only": None}, count=0)
    stack.assert_none("azurerm_windows_function_app")


def bool_like(value: object) -> bool:
    return isinstance(value, bool)


def test_a_failure_shows_each_candidate_and_what_differs_nearest_first(stack: Any) -> None:
    expected = {"name": "func-orders", "https_only": True, "site_config": {"http2_enabled": True}}
    with pytest.raises(AssertionError) as failure:
        stack.assert_has(APP, expected)
    old, orders = (block.address for block in stack.all(APP))
    assert str(failure.value).splitlines() == [
        f"0 {APP} as expected, not at least one",
        f"  {orders}",
        "    site_config.http2_enabled: expected true, is absent",
        f"  {old}",
        '    name: expected "func-orders", is "func-orders-old"',
        "    https_only: expected true, is false",
        "    site_config.http2_enabled: expected true, is absent",
    ]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.assert_has(APP, {}), "nothing is expected"),
        (lambda s: s.assert_has(APP, {"nope": None}), "has no argument nope"),
        (lambda s: s.assert_has(APP, {"site_config": {"nope": None}}), "has no argument nope"),
        (lambda s: s.assert_has(APP, {"nope": True}, count=0), "has no argument nope"),
        (lambda s: s.assert_has(APP, {"tags": {"SECRET": None}}), "tags: expected a block"),
        (lambda s: s.assert_has(APP, {"app_settings": {"A": None}}), "app_settings.A: expected"),
        (lambda s: s.assert_has("other_thing", {"nope": None}), "other_thing is not known"),
        (lambda s: s.assert_has(APP, {"https_only": None}), "https_only: expected absent, is"),
        (
            lambda s: s.assert_has(APP, {"https_only": True}, count=2),
            "1 azurerm_linux_function_app",
        ),
        (lambda s: s.assert_has(APP, {"https_only": True}, count=0), "not 0"),
        (lambda s: s.assert_all(APP, {"https_only": True}), "https_only: expected true, is false"),
        (lambda s: s.assert_all("azurerm_subnet", {"name": "x"}), "no azurerm_subnet at all"),
        (lambda s: s.assert_has("azurerm_subnet", {"name": "x"}), "azurerm_resource_group"),
        (lambda s: s.assert_none(APP), "unwanted"),
        (lambda s: s.assert_none("azurerm_linux_funktion_app"), "is not a type of the installed"),
        (lambda s: s.one(APP), "2 azurerm_linux_function_app where one is needed"),
        (lambda s: s.one("azurerm_resource_group", within=s.orders), "0 azurerm_resource_group"),
        (lambda s: s.output("nome"), "only name"),
    ],
)
def test_what_is_not_so_or_could_never_fail_fails(
    stack: Any, call: Callable[[Any], object], words: str
) -> None:
    with pytest.raises(AssertionError) as failure:
        call(stack)
    assert words in str(failure.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "${b.c}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(json_values)
def test_a_value_is_as_itself(value: Any) -> None:
    assert list(differences(value, value)) == []


@given(st.dictionaries(st.sampled_from("abc"), json_values), st.sampled_from("abc"), json_values)
def test_a_change_to_what_is_expected_is_seen(block: dict[str, Any], key: str, value: Any) -> None:
    changed = {**block, key: [value, "changed"]}
    lines = list(differences(changed, {**block, key: value}))
    assert lines
    assert all(line.startswith(key) for line in lines)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (True, 1),
        (0, False),
        ("1", 1),
        ([], None),
        ({}, None),
        ({}, [{}, {}]),
        ([1, 2], [2, 1]),
        ([1], [1, 2]),
        (Containing(1, 1), [1, 2]),
        (Containing({"a": 1}), [{"a": 2}]),
        (Containing("a"), "a"),
    ],
)
def test_what_only_looks_alike_differs(expected: object, actual: object) -> None:
    assert list(differences(expected, actual))


def test_a_list_may_hold_more_than_it_must_contain_in_any_order() -> None:
    assert not list(differences(Containing({"a": 1}, 2), [3, 2, {"a": 1, "b": 2}]))
    with pytest.raises(ValueError, match="nothing"):
        Containing()


def test_a_snapshot_holds_no_path_of_this_machine_and_no_version_of_the_library(
    stack: Any,
) -> None:
    text = json.dumps(stack.snapshot())
    assert str(stack.folder) not in text
    assert '"//"' not in text
    assert "backend" not in json.loads(text)["terraform"]
    assert json.loads(text)["resource"]["azurerm_resource_group"]["group"]["name"] == "rg"


def test_a_folder_without_a_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cdktf\.out/stacks/dev"):
        Synthesized(tmp_path)
