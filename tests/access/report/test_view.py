"""What all formats share: order, how doors stand, what was accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest

from constructs_lib._core.findings import Finding
from constructs_lib.access.records import Accepted, Analysis, Answer, CallerKind, FunctionAppRecord
from constructs_lib.access.report.view import KINDS, View, station_of
from constructs_lib.access.rules import RULES
from tests.access.report.samples import (
    ANONYMOUS,
    APP,
    LISTED,
    OPEN_SLOT,
    PUBLISHING,
    REGISTRATION,
    RIGHT,
    SLOT,
    THROUGH,
    WRONG,
    analysis,
    many,
    passes,
    stays_out,
    unknown,
)


def test_every_kind_of_caller_has_a_place_in_the_report() -> None:
    assert set(KINDS) == set(get_args(CallerKind))


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (RIGHT, "Only the gateway gets in."),
        (
            WRONG,
            "1 door is open that should be closed (SF102); 1 answer is not known here.",
        ),
        (
            analysis(passes(ANONYMOUS), passes(ANONYMOUS, SLOT), stays_out(THROUGH)),
            "2 doors are open that should be closed; 1 way is closed that should be open.",
        ),
        (
            analysis(passes(THROUGH), passes(LISTED)),
            "Only the gateway and those on the allow-list get in.",
        ),
        (
            analysis(unknown(THROUGH)),
            "Nothing is open by mistake as far as one can see; 1 answer is not known here.",
        ),
        (analysis(stays_out(ANONYMOUS)), "Nobody gets in."),
        (analysis(), "There is no function app in it."),
    ],
)
def test_the_headline_says_what_there_is_to_say(seen: Analysis, sentence: str) -> None:
    assert View(seen).headline == sentence


def test_an_app_comes_before_its_slot_and_the_gateway_before_everybody_else() -> None:
    view = View(replace(WRONG, answers=WRONG.answers[::-1], function_apps=(SLOT, APP)))
    assert [target.app for target in view.targets] == [APP, SLOT]
    assert [door.answer.caller.kind for door in view.targets[0].doors] == [
        "gateway",
        "gateway-without-key",
        "application",
        "anonymous",
        "plain-http",
        "publishing",
    ]


def test_every_target_knows_its_api_gateway_and_audience() -> None:
    app, slot = View(RIGHT).targets
    assert app.apis == RIGHT.apis
    assert app.gateways == RIGHT.gateways
    assert app.registration == REGISTRATION
    assert slot.apis == ()


def test_ids_are_safe_stable_and_each_there_once() -> None:
    view = View(many(30))
    ids = [target.id for target in view.targets]
    ids += [door.id for target in view.targets for door in target.doors]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9.-]+", each) for each in ids)
    assert "func-orders-staging.anonymous" in {door.id for door in View(RIGHT).targets[1].doors}


def test_ids_of_names_that_differ_in_signs_only_differ() -> None:
    twin = replace(APP, address="azurerm_linux_function_app.twin", name="func_orders")
    view = View(analysis(stays_out(ANONYMOUS), stays_out(ANONYMOUS, twin)))
    assert {target.id for target in view.targets} == {"func-orders", "func-orders-2"}


@pytest.mark.parametrize(
    ("answer", "station"),
    [
        (stays_out(ANONYMOUS), "easy-auth"),
        (stays_out(ANONYMOUS, address=None, attribute=None), "easy-auth"),
        (stays_out(ANONYMOUS, attribute="https_only"), "site"),
        (stays_out(ANONYMOUS, address="azuread_service_principal.x"), "entra"),
        (stays_out(ANONYMOUS, address="data.azuread_application.x"), "entra"),
        (stays_out(ANONYMOUS, address='module.m["a.b"].azuread_application.x'), "entra"),
        (stays_out(THROUGH, address="azurerm_api_management_api_policy.x"), "gateway"),
        (stays_out(THROUGH, address="azurerm_user_assigned_identity.x"), "gateway"),
    ],
)
def test_the_resource_that_decides_tells_where_on_the_way(answer: Answer, station: str) -> None:
    assert station_of(answer) == station


def test_a_closed_door_ends_the_way_and_an_open_one_does_not() -> None:
    doors = {door.answer.caller.kind: door for door in View(RIGHT).targets[0].doors}
    assert doors["gateway-without-key"].way == ("gateway",)
    assert doors["application"].way == ("entra",)
    assert doors["gateway"].way == ("gateway", "entra", "site", "easy-auth")


def test_what_was_accepted_stands_so_with_its_reason() -> None:
    doors = {door.answer.caller.kind: door for door in View(WRONG).targets[0].doors}
    assert doors["publishing"].standing == "accepted"
    assert doors["publishing"].accepted == "hosted runners deploy"
    assert View(WRONG).targets[1].doors[0].standing == "wrong"


def test_an_acceptance_in_one_stack_does_not_hold_for_the_same_address_in_another() -> None:
    dev, prod = (replace(SLOT, stack=stack) for stack in ("dev", "prod"))
    accepted = replace(OPEN_SLOT, stack="dev")
    seen = analysis(
        passes(ANONYMOUS, dev, rule="SF102"),
        passes(ANONYMOUS, prod, rule="SF102"),
        findings=(replace(OPEN_SLOT, stack="prod"),),
        accepted=(Accepted(finding=accepted, reason="a demonstration"),),
    )
    standings = [target.standing for target in View(seen).targets]
    assert standings == ["accepted", "wrong"]


def test_an_acceptance_never_covers_a_broken_chain_of_another_rule() -> None:
    seen = replace(WRONG, answers=(replace(WRONG.answers[-2], rule="SF113"),), function_apps=(APP,))
    assert View(seen).targets[0].standing == "wrong"


def found(rule: str, app: FunctionAppRecord = APP) -> Finding:
    return Finding.of(RULES[rule], f"{app.name} is found", address=app.address)


def test_advice_stands_apart_from_open_doors() -> None:
    seen = analysis(passes(THROUGH), passes(PUBLISHING, rule="SF403"), findings=(found("SF403"),))
    view = View(seen)
    assert view.targets[0].standing == "weak"
    assert view.count["open"] == 0
    assert list(view.chapters) == ["Hardening"]
    assert view.headline == (
        "Only the gateway gets in; 1 door is weaker than it should be (SF403). "
        "Hardening is advised (SF403)."
    )


def test_the_headline_names_every_error_whether_or_not_a_door_tells_of_it() -> None:
    findings = (OPEN_SLOT, found("SF317"), found("SF317", SLOT), found("SF904"), found("SF409"))
    assert View(replace(WRONG, findings=findings)).headline == (
        "1 door is open that should be closed (SF102); 2 errors besides (SF317, SF904); "
        "1 answer is not known here. Hardening is advised (SF409)."
    )
    assert View(analysis(findings=(found("SF317"),))).headline == (
        "There is no function app in it; 1 error was found (SF317)."
    )
