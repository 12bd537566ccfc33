"""The benchmark compares what is comparable: three programs, one and the same set of resources."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def stacks(
    fresh: Any, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """The resources of each program's stack of two APIs."""
    folder = tmp_path_factory.mktemp("benchmark")
    sys.path.insert(0, str(repository / "benchmarks"))
    try:
        from same import resources
    finally:
        sys.path.pop(0)
    found = {}
    for program in ("plain", "library", "floor"):
        path = repository / "benchmarks" / "programs" / f"{program}.py"
        # With the engine, which changes nothing in what a program makes, all three are quick.
        code = f"""
import constructs_lib, runpy, sys
sys.argv = [{program!r}, "2", {program!r}]
runpy.run_path({str(path)!r})
"""
        fresh(code, cwd=folder)
        found[program] = resources(folder / program)
    return found


@pytest.mark.parametrize("program", ["library", "floor"])
def test_the_resources_are_those_of_the_plain_program(
    stacks: dict[str, dict[str, Any]], program: str
) -> None:
    assert stacks[program] == stacks["plain"]


def test_each_api_has_fourteen_resources(stacks: dict[str, dict[str, Any]]) -> None:
    managed = [name for name in stacks["plain"] if name[0] != "d" and "." in name]
    shared = ["azurerm_resource_group.0", "azurerm_api_management.0"]
    assert len(managed) == 2 * 14 + len(shared)
