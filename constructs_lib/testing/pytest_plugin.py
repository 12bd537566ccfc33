"""Fixtures for tests of stacks: `pytest_plugins = ["constructs_lib.testing.pytest_plugin"]`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from constructs_lib.testing.fixtures import ApplyMocked, JsonSnapshot, Simulate, Synthesize
from constructs_lib.testing.synthesized import Synthesized, pretty
from constructs_lib.testing.synthesized import synthesize as synthesize_stack
from constructs_lib.testing.terraform import MockedApply
from constructs_lib.testing.terraform import mocked_apply as apply_stack

if TYPE_CHECKING:
    from cdktf import App, TerraformStack

_UPDATE = "--update-json-snapshots"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes snapshots."""
    group = parser.getgroup("secured-functions")
    group.addoption(_UPDATE, action="store_true", help="write the JSON snapshots of the tests run")


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize the stack that a function makes in a new app.

    For the whole session, so that a fixture of a module may do it once for many tests:
    `synthesize(lambda app: OrdersStack(app, "dev"))`.
    """
    from cdktf import App

    def run(make: Callable[[App], TerraformStack], /) -> Synthesized:
        app = App(outdir=str(tmp_path_factory.mktemp("cdktf.out")))
        return synthesize_stack(make(app))

    return run


@pytest.fixture(scope="session")
def mocked_apply(tmp_path_factory: pytest.TempPathFactory) -> ApplyMocked:
    """Plan and apply a synthesized stack with mocked providers.

    `mocked_apply(stack, variables=…, overrides=…, conditions=…)`; see `testing.mocked_apply`.
    """

    def run(stack: Synthesized, /, **test: Any) -> MockedApply:
        return apply_stack(stack.folder, tmp_path_factory.mktemp("mocked"), **test)

    return run


@pytest.fixture
def simulated() -> Simulate:
    """Run a stack locally: `simulated(stack, functions={"func-orders": answer})`.

    The time stands still at `simulated.clock` until `simulated.clock.advance(seconds)`, and chance
    is the same each time, unless others are given; see `testing.simulate`.
    """
    return Simulate()


@pytest.fixture
def json_snapshot(request: pytest.FixtureRequest) -> JsonSnapshot:
    """Compare a value with the JSON file of this test in `__snapshots__` beside it.

    `json_snapshot(stack.snapshot())`. Files are written with `--update-json-snapshots` only: a
    missing one fails, so that a test cannot pass for want of something to compare with.
    """
    name = re.sub(r"[^\w.-]+", "_", request.node.name).strip("_")
    path = Path(request.node.path).parent / "__snapshots__" / request.node.path.stem / name
    taken: list[Path] = []

    def compare(value: object, /) -> None:
        number = f".{len(taken) + 1}" if taken else ""
        file = path.with_name(f"{path.name}{number}.json")
        taken.append(file)
        actual = value if isinstance(value, str) else pretty(value)
        if request.config.getoption(_UPDATE, default=False):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(actual, "utf-8")
            return
        if not file.exists():
            pytest.fail(f"no snapshot {file.name}: run pytest with {_UPDATE}", pytrace=False)
        expected = file.read_text("utf-8")
        if actual != expected:
            lines = difflib.unified_diff(
                expected.splitlines(), actual.splitlines(), str(file.name), "now", lineterm="", n=5
            )
            said = "\n".join(lines)
            pytest.fail(f"{said}\nif that is right, run pytest with {_UPDATE}", pytrace=False)

    return compare
