"""The access analysis agrees with what requests meet in the simulation."""

from __future__ import annotations

import pytest

from constructs_lib.access import analyse, read_stacks
from constructs_lib.access.decision import Decision
from tests.access import samples
from tests.simulation.judge import Outcome, judge, judge_one


def test_no_request_shows_the_analysis_wrong() -> None:
    outcome = judge(pairs=400, seed=7)
    assert outcome.disagreements == []
    # Both answers are given often enough to be tried.
    assert outcome.verdicts["closed", "stays shut"] > 100
    assert outcome.verdicts["open", "opens"] > 30


def test_the_judge_sees_an_analysis_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "constructs_lib.access.easy_auth._without_token",
        lambda *_: [Decision.closed(401, "everybody is refused")],
    )
    outcome = Outcome()
    for number in range(60):
        judge_one(number, outcome)
    assert any(each.verdict == "closed" for each in outcome.disagreements)


def _verdicts(document: samples.Document) -> dict[str, str]:
    answers = analyse(read_stacks({"orders": document})).answers
    return {each.caller.kind: each.verdict for each in answers}


def test_a_further_audience_lets_in_with_the_token_of_its_own_application() -> None:
    document = samples.chain()
    document["resource"]["azuread_application"]["more"] = {
        "display_name": "more",
        "api": {"requested_access_token_version": 2},
    }
    document["resource"]["azuread_service_principal"]["more"] = {
        "client_id": "${azuread_application.more.client_id}"
    }
    directory = samples.directory(document)
    directory["allowed_audiences"] = ["${azuread_application.more.client_id}"]
    del directory["allowed_applications"], directory["allowed_identities"]
    # Of its own registration nobody gets a token without a role; of the other one anybody does.
    assert _verdicts(document)["application"] == "unknown"


def test_an_identity_without_a_role_comes_in_where_nobody_asks_for_a_token() -> None:
    document = samples.chain()
    samples.easy_auth(document)["require_authentication"] = False
    del document["resource"]["azuread_app_role_assignment"]
    assert _verdicts(document)["gateway-policy"] == "open"


def test_no_identity_reaches_an_app_that_is_stopped() -> None:
    document = samples.chain()
    document["resource"][samples.APP]["orders"]["enabled"] = False
    assert _verdicts(document)["gateway-policy"] == "closed"


def test_plain_http_is_not_known_where_it_is_not_known_whether_easy_auth_is_on() -> None:
    document = samples.chain()
    document["resource"][samples.APP]["orders"]["https_only"] = False
    document["variable"] = {"on": {}}
    samples.easy_auth(document)["auth_enabled"] = "${var.on}"
    assert _verdicts(document)["plain-http"] == "unknown"
