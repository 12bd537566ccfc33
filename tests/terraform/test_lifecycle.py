"""Every environment and every example, from `init` to `destroy`, with the real terraform.

Whoever applies may change only what it owns in the directory (`Application.ReadWrite.OwnedBy`), as
the documentation says; somebody else who applies later finds nothing to change.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.harness import (
    ROOT,
    Stack,
    copy_of_project,
    made_by_another,
    needs_providers,
    owned,
    reason_to_skip,
    synthesize,
)

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "environments").glob("*.yaml"))
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/main.py"))


CAN_APPLY = reason_to_skip() is None


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """The stack of each environment; they share nothing but the folder of the app."""
    return synthesize(copy_of_project(tmp_path_factory.mktemp("project")) / "main.py")


@needs_providers
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment_converges_after_the_failure_of_any_creation(
    name: str, environments: dict[str, Stack]
) -> None:
    assert sorted(environments) == ENVIRONMENTS
    stack = environments[name]
    stack.validate()
    if not CAN_APPLY:
        return
    with owned([stack], stack.folder / "cloud.json"):
        types = stack.planned_types()
        assert stack.apply_while_every_creation_fails_once() == types != set()
        stack.assert_plan_is_empty()
        with made_by_another([stack]):
            stack.assert_plan_is_empty()
        stack.destroy()


@needs_providers
@pytest.mark.parametrize("name", EXAMPLES)
def test_example_applies_plans_empty_and_is_destroyed(name: str, tmp_path: Path) -> None:
    stacks = synthesize(copy_of_project(tmp_path) / "examples" / name / "main.py")
    for stack in stacks.values():
        stack.validate()
    if not CAN_APPLY:
        return
    with owned(stacks.values(), tmp_path / "cloud.json"):
        for stack in stacks.values():
            stack.apply()
            stack.assert_plan_is_empty()
        with made_by_another(stacks.values()):
            for stack in stacks.values():
                stack.assert_plan_is_empty()
        for stack in reversed(stacks.values()):
            stack.destroy()
