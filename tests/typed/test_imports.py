"""What a user is shown comes from the public modules alone."""

from __future__ import annotations

import ast

import pytest

from tests.typed.programs import programs

PUBLIC = {"constructs_lib", "constructs_lib.policy", "constructs_lib.testing"}
SHOWN = {name: text for name, text in programs().items() if name != "tests/docs/blocks.py"}


@pytest.mark.parametrize("name", SHOWN)
def test_every_import_is_of_a_public_module(name: str) -> None:
    assert modules(SHOWN[name]) <= PUBLIC


def test_an_internal_module_is_seen() -> None:
    text = "import constructs_lib.api.props\nfrom constructs_lib.gateway import tiers"
    assert modules(text) == {"constructs_lib.api.props", "constructs_lib.gateway"}


def modules(text: str) -> set[str]:
    """Those of the library from which a program imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return {name for name in found if name.partition(".")[0] == "constructs_lib"}
