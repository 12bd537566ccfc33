"""What all tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import constructs_lib  # noqa: F401 - before any test imports a provider, to load only what it uses

# The same examples on every run and machine; how long one takes says nothing about the code.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

if TYPE_CHECKING:
    from cdktf import TerraformStack

# What takes long, and shares what takes long to make: rooms, and modules out of them before them.
# Two workers get every other one, so those take equally long together.
LONG = (
    "tests/terraform/test_lifecycle.py",
    "tests/_lazy_bindings",
    "tests/terraform",
    "tests/docs",
    "tests/project",
    "tests/testing",
    "tests/typed",
    "tests/init",
    "tests/mutants",
    "tests/cli/export",
)


@pytest.hookimpl(trylast=True)  # after pytest's own order
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every worker of pytest-xdist start with what takes long, each with another of `LONG`.

    With `--dist=worksteal` each gets an equal part of the tests, in their order. One that has done
    its part takes over the last tests of another: short ones, which share nothing.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    groups: list[list[pytest.Item]] = [[] for _ in (*LONG, "others")]
    for item in items:
        places = (place for place, start in enumerate(LONG) if item.nodeid.startswith(start))
        groups[next(places, -1)].append(item)
    *long, others = groups
    short = iter(others)
    ordered: list[pytest.Item] = []
    for number in range(workers):
        part = [item for group in long[number::workers] for item in group]
        end = len(items) * (number + 1) // workers
        ordered += [*part, *islice(short, max(0, end - len(ordered) - len(part)))]
    items[:] = [*ordered, *short]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Build a stack with a function and return its Terraform JSON."""

    def run(make: Callable[[TerraformStack], object]) -> dict[str, Any]:
        from cdktf import App, TerraformStack, Testing

        app = App(outdir=str(tmp_path_factory.mktemp("out")))
        stack = TerraformStack(app, "test")
        make(stack)
        return json.loads(Testing.synth(stack))

    return run


@pytest.fixture
def stack(tmp_path: Path) -> TerraformStack:
    """An empty stack, for constructs that are expected to refuse."""
    from cdktf import App, TerraformStack

    return TerraformStack(App(outdir=str(tmp_path)), "test")
