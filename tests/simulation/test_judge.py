"""The access analysis agrees with what requests meet in the simulation."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from constructs_lib.access.decision import Decision
from tests.access import samples
from tests.access import test_mcp as mcp
from tests.simulation import chains
from tests.simulation.judge import Outcome, judge, judge_document, judge_one


def test_no_request_shows_the_analysis_wrong() -> None:
    outcome = judge(pairs=500, seed=7)
    assert outcome.disagreements == []
    # At both doors both answers are given often enough to be tried.
    for door, closed, opened in (("function", 200, 20), ("gateway", 30, 15)):
        assert outcome.verdicts[door, "closed", "stays shut"] > closed
        assert outcome.verdicts[door, "open", "opens"] > opened
        # A judge that nothing is told proves nothing.
        unknown = sum(outcome.unknown[each] for each in outcome.unknown if each[0] == door)
        assert unknown < outcome.pairs[door] / 10


def test_the_judge_sees_an_analysis_of_a_door_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "constructs_lib.access.easy_auth._without_token",
        lambda *_: [Decision.closed(401, "everybody is refused")],
    )
    outcome = Outcome()
    for number in range(0, 40, 2):
        judge_one(number, outcome)
    assert any(each.verdict == "closed" for each in outcome.disagreements)


@pytest.mark.parametrize(
    ("what", "instead", "caller"),
    [
        (
            "subscription_keys.key_demanded",
            [Decision.closed(401, "no key")],
            "without a subscription key",
        ),
        ("gateway_request.through", [Decision.closed(401, "no token")], "the gateway through"),
        ("gateway_request.through", [Decision.open("a token")], "the gateway through"),
    ],
)
def test_the_judge_sees_an_analysis_of_a_gateway_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, what: str, instead: list[Decision], caller: str
) -> None:
    monkeypatch.setattr(f"constructs_lib.access.{what}", lambda *_: instead)
    outcome = Outcome()
    for number in range(1, 60, 2):
        judge_one(number, outcome)
        if any(caller in each.caller for each in outcome.disagreements):
            return
    pytest.fail("nothing was seen")


TOKEN = (
    f'<authentication-managed-identity resource="{samples.AUDIENCE}"'
    f' client-id="{samples.CLIENT}" />'
)
IGNORED = TOKEN.replace(" />", ' ignore-error="true" />')
OTHER = "${azurerm_user_assigned_identity.other.client_id}"
_FROM_CALLER = (
    '<set-header name="Authorization" exists-action="override">'
    '<value>@(context.Request.Headers.GetValueOrDefault("X-Token", ""))</value></set-header>'
)


def _choose(condition: str, then: str, otherwise: str) -> str:
    quoted = condition.replace('"', "&quot;")
    return (
        f'<choose><when condition="@({quoted})">{then}</when>'
        f"<otherwise>{otherwise}</otherwise></choose>"
    )


def _judged(inbound: str, *, on_error: str = "<base />", keyless: bool = False) -> dict[str, str]:
    """What requests show of each caller of a chain whose policy gets its token otherwise."""
    document = chains.chain()
    resources = document["resource"]
    resources["azurerm_user_assigned_identity"]["other"] = {"name": "id-other"}
    [block] = resources["azurerm_api_management_api_policy"].values()
    text = samples.policy().replace(TOKEN, inbound)
    block["xml_content"] = text.replace("<on-error><base />", f"<on-error>{on_error}")
    resources["azurerm_api_management_backend"]["elsewhere"] = {
        **resources["azurerm_api_management_backend"]["orders"],
        "name": "elsewhere",
        "url": "https://elsewhere.example.com",
    }
    [api] = resources["azurerm_api_management_api"].values()
    api["subscription_required"] = not keyless
    outcome = Outcome()
    judge_document(document, 1, outcome)
    assert outcome.disagreements == []
    found = {verdict: shown for door, verdict, shown in outcome.verdicts if door == "gateway"}
    return found | {f"{verdict} untried": "" for _, verdict in outcome.untried}


def test_a_branch_that_no_operation_takes_is_not_held_against_the_analysis() -> None:
    cors = "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>"
    # The operation has another method, so nobody is without a token.
    found = _judged(_choose('context.Request.Method == "POST"', cors, TOKEN))
    assert "closed untried" in found
    # Every caller decides what they send, so here the worst way is one that is called.
    sent = _judged(_choose('context.Request.Headers.ContainsKey("X-Debug")', cors, TOKEN))
    assert "closed untried" not in sent
    # Whoever comes to the other branch is refused in it.
    address = "198.51.100.7"
    only = f'<ip-filter action="allow"><address>{address}</address></ip-filter>'
    found = _judged(_choose(f'context.Request.IpAddress == "{address}"', TOKEN, only))
    assert "closed untried" in found


def test_a_callers_own_token_that_the_door_refuses_shows_a_way_closed() -> None:
    tenant = f"https://login.microsoftonline.com/{samples.TENANT}/v2.0"
    valid = (
        '<validate-jwt header-name="Authorization">'
        f'<openid-config url="{tenant}/.well-known/openid-configuration" /></validate-jwt>'
    )
    found = _judged(_choose("context.Subscription != null", TOKEN, valid), keyless=True)
    assert "closed untried" not in found
    # A scheme that a condition looks for may be left out.
    bearer = 'context.Request.Headers.GetValueOrDefault("Authorization", "").StartsWith("Bearer ")'
    assert "closed untried" not in _judged(_choose(bearer, TOKEN, valid))


def test_a_token_that_is_refused_where_the_call_leads_nowhere_closes_no_app() -> None:
    unheld = TOKEN.replace(samples.CLIENT, OTHER)
    elsewhere = '<set-backend-service backend-id="elsewhere" />'
    debug = 'context.Request.Headers.GetValueOrDefault("X-Debug", "") == "1"'
    assert _judged(_choose(debug, elsewhere + unheld, TOKEN))["open"] == "opens"
    assert _judged(_choose(debug, unheld, TOKEN))["closed"] in ("opens at times", "stays shut")


def test_a_token_that_on_error_cannot_get_keeps_no_request_out() -> None:
    unheld = TOKEN.replace(samples.CLIENT, OTHER)
    assert _judged(TOKEN, on_error=f"<base />{unheld}")["open"] == "opens"


def test_a_way_to_the_sign_in_page_over_plain_http_is_served() -> None:
    document = samples.chain()
    site = document["resource"][samples.APP]["orders"]
    site["https_only"] = False
    site["auth_settings_v2"] |= {
        "require_https": False,
        "unauthenticated_action": "RedirectToLoginPage",
    }
    assert _verdicts(document)["plain-http"] == "open"
    outcome = Outcome()
    judge_document(document, 1, outcome)
    assert outcome.disagreements == []


def _chain(inbound: str) -> samples.Document:
    """A chain with another policy in place of the one that gets the token."""
    document = samples.chain()
    document["resource"]["azurerm_user_assigned_identity"]["other"] = {"name": "id-other"}
    [block] = document["resource"]["azurerm_api_management_api_policy"].values()
    block["xml_content"] = samples.policy().replace(TOKEN, inbound)
    return document


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


def _gateway(inbound: str, *, before: str = "", keyless: bool = True) -> dict[str, str]:
    document = samples.chain()
    [block] = document["resource"]["azurerm_api_management_api_policy"].values()
    text = samples.policy(inbound=inbound)
    block["xml_content"] = text.replace("<base />", f"<base />{before}", 1)
    [api] = document["resource"]["azurerm_api_management_api"].values()
    api["subscription_required"] = not keyless
    return _verdicts(document)


def test_no_call_passes_a_token_that_entra_does_not_issue_though_it_is_replaced() -> None:
    document = samples.chain()
    refused = '<authentication-managed-identity resource="{}" client-id="{}" />'
    unassigned = "${azuread_application.more.client_id}"
    document["resource"]["azuread_application"]["more"] = {"display_name": "more"}
    [block] = document["resource"]["azurerm_api_management_api_policy"].values()
    first = refused.format(unassigned, samples.CLIENT)
    block["xml_content"] = samples.policy().replace("<base />", f"<base />{first}", 1)
    # The application has no service principal, so the first token is refused with 500.
    assert _verdicts(document)["gateway"] == "closed"
    block["xml_content"] = block["xml_content"].replace(" />", ' ignore-error="true" />', 2)
    assert _verdicts(document)["gateway"] == "open"


def test_whether_entra_issues_a_token_for_an_unknown_resource_is_not_known() -> None:
    first = f'<authentication-managed-identity resource="WHAT" client-id="{samples.CLIENT}" />'
    assert _gateway("", before=first.replace("WHAT", "api://somewhere"))["gateway"] == "unknown"
    management = first.replace("WHAT", "https://management.azure.com/")
    assert _gateway("", before=management)["gateway"] == "open"


def _verdicts_of(inbound: str, **auth: Any) -> dict[str, str]:
    document = _chain(inbound)
    samples.easy_auth(document).update(auth)
    return _verdicts(document)


def test_a_token_that_is_refused_and_ignored_leaves_the_earlier_one() -> None:
    unheld = IGNORED.replace(samples.CLIENT, OTHER)
    assert _verdicts_of(TOKEN + unheld)["gateway"] == "open"
    # Without an earlier one the request goes on as it came.
    assert _verdicts_of(unheld)["gateway"] == "closed"
    assert _verdicts_of(unheld, require_authentication=False)["gateway"] == "open"
    # Where Entra may issue it for what the app does not expect, nobody knows which one is sent.
    elsewhere = IGNORED.replace(samples.AUDIENCE, "https://example.com/api")
    assert _verdicts_of(TOKEN + elsewhere)["gateway"] == "unknown"
    assert _verdicts_of(elsewhere)["gateway"] == "closed"


def test_a_token_for_something_else_does_no_harm_where_nobody_asks_for_one() -> None:
    for resource, harmless in (
        ("https://management.azure.com/", "open"),
        # Whether Entra issues it is not known, and without it the call ends.
        ("https://example.com/api", "unknown"),
        # It is no application at all.
        (samples.PRINCIPAL, "closed"),
    ):
        token = TOKEN.replace(samples.AUDIENCE, resource)
        assert _verdicts_of(token)["gateway"] == "closed"
        assert _verdicts_of(token, auth_enabled=False)["gateway"] == harmless


def test_a_check_that_the_gateways_own_token_may_not_pass_may_end_every_call() -> None:
    client = f"<application-id>{OTHER}</application-id>"
    check = (
        f'<validate-azure-ad-token tenant-id="{samples.TENANT}"><client-application-ids>{client}'
        "</client-application-ids></validate-azure-ad-token>"
    )
    assert _verdicts_of(TOKEN + check)["gateway"] == "unknown"
    assert _verdicts_of(TOKEN + check.replace(OTHER, samples.CLIENT))["gateway"] == "open"


def test_a_token_that_is_not_valid_does_no_harm_where_nobody_asks_for_one() -> None:
    for asked, verdict in ((True, "closed"), (False, "open")):
        document = _chain(TOKEN)
        samples.easy_auth(document)["require_authentication"] = asked
        directory = samples.directory(document)
        directory["tenant_auth_endpoint"] = f"https://sts.windows.net/{samples.TENANT}/"
        # Whom the lists would not let in either: they are held against a valid token only.
        directory["allowed_applications"] = [OTHER]
        assert _verdicts(document)["gateway"] == verdict


@pytest.mark.parametrize(
    ("passing", "inside"),
    [
        ("", "unknown"),
        ('<set-header name="Authorization" exists-action="delete" />', "closed"),
        (_FROM_CALLER, "unknown"),
        (IGNORED.replace(samples.CLIENT, OTHER), "unknown"),
        (
            f'<validate-jwt header-name="Authorization"><openid-config url="https://e/t" />'
            f"<audiences><audience>{samples.AUDIENCE}</audience></audiences></validate-jwt>",
            "closed",
        ),
    ],
)
def test_a_callers_own_token_passes_a_network_rule_that_lets_the_gateway_in(
    passing: str, inside: str
) -> None:
    document = _chain(passing)
    site = document["resource"][samples.APP]["orders"]
    site["site_config"] |= {"ip_restriction_default_action": "Deny"}
    site["site_config"]["ip_restriction"] = [
        {"virtual_network_subnet_id": "/subscriptions/s/subnets/gateway"}
    ]
    gateway = document["resource"]["azurerm_api_management"]["gateway"]
    gateway["virtual_network_type"] = "External"
    gateway["virtual_network_configuration"] = {"subnet_id": "/subscriptions/s/subnets/gateway"}
    directory = samples.directory(document)
    # Without a list of callers it is not known whom Easy Auth lets in.
    del directory["allowed_applications"], directory["allowed_identities"]
    [api] = document["resource"]["azurerm_api_management_api"].values()
    api["subscription_required"] = False
    del document["resource"]["azuread_service_principal"]["orders"]["app_role_assignment_required"]
    found = _verdicts(document)
    assert (found["application"], found["gateway-without-key"]) == ("closed", inside)


def test_what_becomes_of_a_header_after_the_request_was_sent_does_no_harm() -> None:
    document = samples.chain()
    [block] = document["resource"]["azurerm_api_management_api_policy"].values()
    rubbish = _FROM_CALLER.replace("@(context.Request", "Bearer @(context.Request")
    for sent, verdict in (("<base />", "open"), ("", "closed")):
        backend = f"<backend>{sent}{rubbish}{'' if sent else '<base />'}</backend>"
        text = samples.policy()
        block["xml_content"] = text.replace("<backend><base /></backend>", backend)
        assert _verdicts(document)["gateway"] == verdict


def test_a_variable_that_no_policy_sets_may_let_nobody_through_a_condition() -> None:
    found = mcp.verdicts(mcp.changed(mcp.without(mcp.VALIDATED)))
    assert found["mcp-other-client"] == "unknown"
    found = mcp.verdicts(mcp.changed(mcp.without(mcp.VALIDATED, mcp.SCOPE)))
    assert found["mcp-other-client"] == "open"


_CHECK = (
    '<validate-azure-ad-token tenant-id="t"><client-application-ids><application-id>'
    "9d1c2a1e-5b6f-4a4e-8f0b-8f6b1f0c7a55</application-id></client-application-ids>"
    "</validate-azure-ad-token>"
)


def test_a_check_of_the_gateways_own_token_may_refuse_everybody() -> None:
    assert _gateway(_CHECK)["gateway-without-key"] == "unknown"
    audience = f"<audiences><audience>{samples.AUDIENCE}</audience></audiences>"
    passing = (
        f'<validate-jwt header-name="Authorization"><openid-config url="https://e/t" />{audience}'
        "</validate-jwt>"
    )
    assert _gateway(passing)["gateway-without-key"] == "open"


def test_whoever_has_no_key_takes_one_way_of_a_condition_on_the_subscription() -> None:
    backend = '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />'
    condition = "@(context.Subscription != null)"
    branch = f"<choose><when condition='{condition}'>{backend}</when></choose>"
    document = samples.chain()
    [block] = document["resource"]["azurerm_api_management_api_policy"].values()
    block["xml_content"] = samples.policy().replace(backend, branch)
    [api] = document["resource"]["azurerm_api_management_api"].values()
    api["subscription_required"] = False
    assert _verdicts(document)["gateway-without-key"] == "unknown"
