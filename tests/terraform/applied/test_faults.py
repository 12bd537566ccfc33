"""Applies that fail in the middle converge, and nothing stands open in between."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples import ROOT, synthesized
from tests.terraform.faults import FaultyStack
from tests.terraform.harness import needs_stand_in, owners_only, stacks_of
from tests.terraform.test_faults import API_POLICY, OPERATION


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> FaultyStack:
    return FaultyStack(tmp_path_factory.mktemp("every-type"))


@needs_stand_in
def test_terraform_knows_the_same_dependencies(stack: FaultyStack) -> None:
    edges = re.findall(r'"([\w.-]+)" -> "([\w.-]+)"', stack.stack.terraform("graph"))
    assert edges
    missing = {(a, n) for a, n in edges if n not in stack.order.needs[a]}
    assert missing == set()


@needs_stand_in
def test_each_type_fails_once_and_the_stack_still_converges(stack: FaultyStack) -> None:
    stack.reset()
    failed: set[str] = set()
    while failed != set(stack.types):
        steps = stack.run("apply", rf"(?!(?:{'|'.join(failed)})$)\w+:create")
        new = {step.address.split(".")[0] for step in steps if not step.done}
        assert new, f"nothing failed, and {set(stack.types) - failed} never did"
        assert not new & failed
        failed |= new
    stack.run("apply")
    stack.assert_converged()
    assert stack.doors == []


@needs_stand_in
def test_a_destroy_that_fails_again_and_again_opens_nothing(stack: FaultyStack) -> None:
    stack.reset()
    stack.run("apply")
    for kind in (
        OPERATION,
        API_POLICY,
        "azurerm_api_management_backend|azuread_app_role_assignment",
        r"azurerm_\w+_function_app\w*",
    ):
        steps = stack.run("destroy", f"{kind}:delete")
        assert [step for step in steps if not step.done]
        assert stack.in_state() != []
    stack.run("destroy")
    assert stack.in_state() == []
    assert stack.live == set()
    assert stack.doors == []


@needs_stand_in
def test_an_environment_converges_after_the_failure_of_any_creation(tmp_path: Path) -> None:
    synthesized(ROOT / "main.py", tmp_path)
    stack = stacks_of(tmp_path)["dev"]
    stack.prepare()
    with owners_only(tmp_path) as use:
        use([stack])
        types = stack.planned_types()
        assert stack.apply_while_every_creation_fails_once() == types != set()
        stack.assert_plan_is_empty()
        stack.destroy()
