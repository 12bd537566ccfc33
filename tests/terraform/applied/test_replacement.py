"""What is replaced takes all with it that lies in it, in one apply and without an open door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.terraform.harness import needs_stand_in, stack_of_every_type
from tests.terraform.modules import Modules
from tests.terraform.outcomes import open_doors
from tests.terraform.test_replacement import API, GATEWAY, OPERATION, PRODUCT

# Replaced in one apply each: those that have others in them.
ROUNDS = [
    {GATEWAY},
    {API, PRODUCT},
    {OPERATION, "azurerm_service_plan", "azuread_service_principal"},
    {"azurerm_storage_account", "azuread_application", "azurerm_user_assigned_identity"},
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A stack with every type of resource that the library makes."""
    return stack_of_every_type(tmp_path_factory.mktemp("every-type")).document


@needs_stand_in
@pytest.mark.parametrize("kinds", ROUNDS, ids=min)
def test_one_apply_replaces_it_with_all_that_lies_in_it(
    document: dict[str, Any], kinds: set[str], tmp_path: Path
) -> None:
    with Modules.kept_in(tmp_path) as modules:
        modules.make({"every": document})
        tainted = modules.taint(kinds, "every")
        planned = modules.plan()["every"]
        assert tainted <= {address for address, done in planned.items() if "create" in done}
        steps = modules.apply()["every"]
        assert list(open_doors(steps, document, document)) == []
        assert modules.plan() == {}
