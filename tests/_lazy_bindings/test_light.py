"""The smallest stack of the README is light: it loads no room, model or library it does not use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

# A stack of one API, in the words that the benchmark has for it.
SMALLEST = """
import json, runpy, sys
sys.argv = ["library.py", "1", "out"]
runpy.run_path({program!r})
print(json.dumps(sorted(sys.modules)))
"""
ROOMS = {"_cdk", "_core", "_lazy_bindings", "api", "function_app", "gateway", "operations"}
ROOMS |= {"policy", "registration", "secured_function_api", "stack"}
# What is for other stacks, for the command line or for what somebody wrote in a file.
UNUSED = (
    "_cdk.azapi",
    "_core.findings",
    "_core.junit",
    "_core.rules",
    "_core.templates",
    "api.diagnostics",
    "api.named_value",
    "api.product",
    "api.version_set",
    "function_app.existing",
    "function_app.protected_outside",
    "operations.openapi",
    "operations.reconcile",
    "operations.sources",
    "policy.document_checks",
    "policy.reader",
    "policy.specification",
    "registration.contract",
    "registration.contract_output",
    "registration.request",
    "stack.environment_stack",
    "stack.settings",
    "stack.validate_access",
)


@pytest.fixture(scope="module")
def loaded(fresh: Any, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """All modules that the stack has loaded, where there is no Terraform."""
    program = str(repository / "benchmarks" / "programs" / "library.py")
    code = SMALLEST.format(program=program)
    folder = tmp_path_factory.mktemp("smallest")
    result = fresh(code, cwd=folder, TERRAFORM_BINARY_NAME="no-terraform-here")
    return set(json.loads(result.stdout))


def test_it_loads_only_the_rooms_that_constructs_are_made_of(loaded: set[str]) -> None:
    own = {name.split(".")[1] for name in loaded if name.startswith("constructs_lib.")}
    assert own == ROOMS


@pytest.mark.parametrize("module", UNUSED)
def test_it_loads_nothing_that_is_for_others(
    loaded: set[str], repository: Path, module: str
) -> None:
    place = repository / "constructs_lib" / module.replace(".", "/")
    assert place.is_dir() or place.with_suffix(".py").is_file(), "it has another name now"
    assert f"constructs_lib.{module}" not in loaded


def test_it_loads_no_library_that_reads_what_people_wrote(loaded: set[str]) -> None:
    assert not loaded & {"jinja2", "jsonschema", "pydantic", "tree_sitter", "yaml"}
