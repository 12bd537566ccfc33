"""What a change opens and closes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from constructs_lib.access.records import Answer, Caller
from constructs_lib.access.report import ChangeEffect, compare_analyses
from tests.access.report.samples import (
    ANONYMOUS,
    APP,
    GATEWAY,
    LISTED,
    RIGHT,
    SLOT,
    THROUGH,
    WRONG,
    analysis,
    passes,
    stays_out,
    unknown,
)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (stays_out(ANONYMOUS), passes(ANONYMOUS), "opened"),
        (unknown(ANONYMOUS), passes(ANONYMOUS), "opened"),
        (None, passes(ANONYMOUS), "opened"),
        (None, passes(LISTED), "opened"),
        (stays_out(ANONYMOUS), passes(ANONYMOUS, rule="SF410"), "weakened"),
        (stays_out(LISTED), passes(LISTED), "opened"),
        (stays_out(ANONYMOUS), unknown(ANONYMOUS), "unproven"),
        (passes(THROUGH), unknown(THROUGH), "unproven"),
        (passes(ANONYMOUS), stays_out(ANONYMOUS), "closed"),
        (passes(LISTED), None, "closed"),
        (unknown(ANONYMOUS), stays_out(ANONYMOUS), "closed"),
        (stays_out(THROUGH), passes(THROUGH), "connected"),
        (None, passes(THROUGH), "connected"),
        (passes(THROUGH), stays_out(THROUGH), "disconnected"),
        (passes(THROUGH), None, "disconnected"),
        (stays_out(ANONYMOUS), stays_out(ANONYMOUS, status=403), "changed"),
        (stays_out(ANONYMOUS), stays_out(ANONYMOUS), None),
        (stays_out(ANONYMOUS), None, None),
        (None, stays_out(ANONYMOUS), None),
    ],
)
def test_each_door_is_compared(
    before: Answer | None, after: Answer | None, effect: ChangeEffect | None
) -> None:
    comparison = compare_analyses(
        analysis(*([before] if before else [])), analysis(*([after] if after else []))
    )
    assert [change.effect for change in comparison.changes] == ([effect] if effect else [])
    assert bool(comparison.opened) == (effect == "opened")


def test_nothing_differs_from_itself() -> None:
    assert compare_analyses(WRONG, WRONG).changes == ()


def test_worst_comes_first() -> None:
    effects = [change.effect for change in compare_analyses(RIGHT, WRONG).changes]
    assert effects == ["opened", "weakened", "unproven"]
    assert compare_analyses(RIGHT, WRONG).before == "cdktf.out"


def test_one_stack_alone_is_the_same_under_any_name() -> None:
    named = replace(APP, stack="dev")
    assert (
        compare_analyses(
            analysis(stays_out(ANONYMOUS)), analysis(stays_out(ANONYMOUS, named))
        ).changes
        == ()
    )


def test_the_same_address_in_two_stacks_is_two_doors() -> None:
    dev, prod = replace(APP, stack="dev"), replace(APP, stack="prod")
    before = analysis(stays_out(ANONYMOUS, dev), stays_out(ANONYMOUS, prod))
    after = analysis(stays_out(ANONYMOUS, dev), passes(ANONYMOUS, prod))
    (change,) = compare_analyses(before, after).changes
    assert change.answer.target == prod


def test_a_further_stack_leaves_callers_who_they_were() -> None:
    """Ids of callers name the stack once there are several of them."""
    dev, prod = replace(APP, stack="dev"), replace(APP, stack="prod")
    other = Caller(
        id=f"gateway-identity:{GATEWAY.address}:id", kind="gateway-identity", label="another"
    )
    later = replace(other, id=f"gateway-identity:dev/{GATEWAY.address}:id")
    before = analysis(passes(other, dev), stays_out(ANONYMOUS, prod))
    after = analysis(passes(later, dev), stays_out(ANONYMOUS, prod))
    assert compare_analyses(before, after).changes == ()


def test_a_new_slot_that_is_shut_opens_nothing() -> None:
    after = analysis(*RIGHT.answers, stays_out(ANONYMOUS, replace(SLOT, address="x", name="new")))
    assert compare_analyses(RIGHT, after).changes == ()
