"""What all tests share."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import pytest
from hypothesis import settings

import constructs_lib  # noqa: F401 - before any test imports a provider, to load only what it uses

# The same examples on every run and machine; how long one takes says nothing about the code.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

# Whose tests run other programs, and which share what takes them long to make.
LONG = (
    "tests/terraform",
    "tests/engine",
    "tests/testing",
    "tests/operations/test_operations_terraform.py",
    "tests/docs",
    "tests/init",
    "tests/mutants",
)


@pytest.hookimpl(trylast=True)  # after pytest's own order
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every worker of pytest-xdist start with long tests, module by module.

    With `--dist=worksteal` each gets an equal part of the tests, in their order. One that has done
    its part takes over the last ones of another: short ones, of no module that is under way.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    modules = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    is_long = [tests[0].nodeid.startswith(LONG) for tests in modules]
    long = [tests for tests, yes in zip(modules, is_long, strict=True) if yes]
    short = (test for tests, yes in zip(modules, is_long, strict=True) if not yes for test in tests)
    ordered: list[pytest.Item] = []
    for number in range(workers):
        part = [test for tests in long[number::workers] for test in tests]
        end = len(items) * (number + 1) // workers
        ordered += [*part, *islice(short, max(0, end - len(ordered) - len(part)))]
    items[:] = [*ordered, *short]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the repository."""
    return Path(__file__).resolve().parent.parent
