"""The providers of a stack: the version asked for, its range and what it has to be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack

from constructs_lib import InputError, add_providers
from constructs_lib._cdk.azurerm import azurerm_of, installed_azurerm
from constructs_lib._core.provider_facts import AZURERM, BINDINGS


def test_azurerm_4_is_what_the_bindings_are_made_from(build: Any) -> None:
    assert installed_azurerm() == "4"
    document = build(add_providers)
    assert document["terraform"]["required_providers"] == {
        "azurerm": {"source": "hashicorp/azurerm", "version": "~> 4.55"},
        "azuread": {"source": "hashicorp/azuread", "version": "~> 3.7"},
    }
    [provider] = document["provider"]["azurerm"]
    assert not [name for name in provider if "resource_provider" in name]


def test_azurerm_5_is_told_what_to_register(build: Any) -> None:
    document = build(lambda stack: add_providers(stack, azurerm="5"))
    assert document["terraform"]["required_providers"]["azurerm"]["version"] == "~> 5.1"
    [provider] = document["provider"]["azurerm"]
    assert provider["resource_provider_registrations"] == "core"
    assert "Microsoft.ApiManagement" in provider["resource_providers_to_register"]
    assert "Microsoft.Web" in provider["resource_providers_to_register"]


def test_another_version_is_an_error_that_names_those_there_are(stack: TerraformStack) -> None:
    with pytest.raises(InputError, match=r"test: azurerm: '6' is not allowed \(write '4' or '5'"):
        add_providers(stack, azurerm="6")  # type: ignore[arg-type]


def test_a_version_comes_before_what_depends_on_it(stack: TerraformStack) -> None:
    assert azurerm_of(stack).version == "4"
    with pytest.raises(InputError, match="call add_providers before they are made"):
        add_providers(stack, azurerm="5")


@pytest.mark.parametrize(
    ("engine", "bindings", "azurerm"),
    [
        ("cdktf", "14.23.1", "4"),
        ("cdktn", "16.9.0", "4"),
        ("cdktn", "17.0.0", "4"),
        ("cdktn", "18.9.0", "5"),
        ("cdktn", "19.0.0", "5"),
    ],
)
def test_the_default_is_the_azurerm_of_the_installed_bindings(
    engine: str, bindings: str, azurerm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdktf.__name__", engine)
    monkeypatch.setattr("constructs_lib._cdk.azurerm.version", lambda package: bindings)
    assert installed_azurerm() == azurerm


def test_the_bindings_of_each_framework_tell_their_azurerm() -> None:
    assert set(BINDINGS) == {"cdktf-cdktf-provider-azurerm", "cdktn-provider-azurerm"}
    assert {major for known in BINDINGS.values() for major in known.values()} == set(AZURERM)


def test_a_provider_s_version_stands_in_one_place(repository: Path) -> None:
    versions = re.compile(r"\b4\.55\b|\b5\.2\.0\b")
    places = {
        path.relative_to(repository).as_posix()
        for path in (repository / "constructs_lib").rglob("*.py")
        if versions.search(path.read_text(encoding="utf-8"))
    }
    assert places == {"constructs_lib/_core/provider_facts.py"}
