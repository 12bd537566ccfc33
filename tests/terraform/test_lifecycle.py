"""Every environment and every example, from `init` to `destroy`, with the real terraform.

Whoever applies may change only what it owns in the directory (`Application.ReadWrite.OwnedBy`), as
the documentation says; somebody else who applies later finds nothing to change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from constructs_lib.access import analyse, read_stacks
from constructs_lib.access.terraform.shown import read_shown
from tests.access.agreement import agrees, configuration, verdicts
from tests.examples import APPS, name_of, synthesized
from tests.terraform.harness import (
    ROOT,
    Stack,
    copy_of_project,
    made_by_another,
    needs_providers,
    owners_only,
    reason_to_skip,
    stacks_of,
)

CAN_APPLY = reason_to_skip() is None

Use = Callable[[Iterable[Stack]], None]


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Use]:
    with owners_only(tmp_path_factory.mktemp("cloud")) as use:
        yield use


@pytest.fixture
def stacks(app: Path, tmp_path: Path) -> dict[str, Stack]:
    """The stacks of an app, initialised, without a secret, and valid if nothing will plan them."""
    synthesized(copy_of_project(tmp_path) / app.relative_to(ROOT), tmp_path / "out")
    stacks = stacks_of(tmp_path / "out")
    for stack in stacks.values():
        stack.prepare()
        if not CAN_APPLY:
            stack.validate()
    return stacks


@needs_providers
@pytest.mark.parametrize("app", APPS, ids=name_of)
def test_app_applies_plans_empty_and_is_destroyed(stacks: dict[str, Stack], use: Use) -> None:
    if not CAN_APPLY:
        return
    use(stacks.values())
    for name, stack in stacks.items():
        planned = stack.planned()
        stack.apply_planned()
        # Whoever checks what is synthesized is told the same as whoever checks the plan of it, or
        # the state after that.
        written = analyse(read_stacks({name: stack.document}))
        state = json.loads(stack.state().read_text())
        if written.function_apps:
            plan = analyse(read_shown("plan", "plan", planned))
            agrees(written, plan)
            later = analyse(configuration(state))
            agrees(plan, later)
            # The plan leaves nobody out, and speaks of nobody who turns out to be somebody else.
            assert verdicts(written).keys() <= verdicts(plan).keys() <= verdicts(later).keys()
    # What would change for whoever applied would change for somebody else too.
    with made_by_another(stacks.values()):
        for stack in stacks.values():
            stack.assert_plan_is_empty()
    for stack in reversed(stacks.values()):
        stack.destroy()
