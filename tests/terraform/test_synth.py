"""What another version of azurerm changes in the Terraform JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructs_lib._core.provider_facts import AZURERM
from tests.examples import synthesized
from tests.terraform.harness import copy_of_project

DIFFERS = {
    "terraform.required_providers.azurerm.version",
    "provider.azurerm.0.resource_provider_registrations",
    "provider.azurerm.0.resource_providers_to_register",
}


def test_the_step_from_4_to_5_changes_what_the_versions_differ_in(tmp_path: Path) -> None:
    """`applied/test_azurerm_versions.py` plans what that is: nothing."""
    app = copy_of_project(tmp_path) / "main.py"
    settings = {path: path.read_text() for path in app.parent.glob("environments/*.yaml")}
    found: dict[str, set[tuple[str, str]]] = {}
    for version in AZURERM:
        for path, text in settings.items():
            path.write_text(f'azurerm: "{version}"\n{text}')
        stacks = synthesized(app, tmp_path / version).values()
        documents = [json.loads((stack / "cdk.tf.json").read_text()) for stack in stacks]
        for document in documents:
            del document["terraform"]["backend"]  # in another folder
        found[version] = {leaf for document in documents for leaf in leaves(document)}
    names = {place for place, _ in found["4"] ^ found["5"]}
    assert names == DIFFERS


def leaves(value: Any, *place: str) -> Iterator[tuple[str, str]]:
    """Each argument with the place where it stands, whatever its resource is called."""
    blocks = isinstance(value, list) and value and isinstance(value[0], dict)
    if isinstance(value, dict) or blocks:
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            whatever = len(place) == 2 and place[0] == "resource"
            yield from leaves(each, *place, "*" if whatever else str(name))
    else:
        yield ".".join(place), json.dumps(value)
