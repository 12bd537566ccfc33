"""A policy demands what it refuses requests for, however its condition is written, and no more."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.access.kinds import GATEWAY
from tests.access.test_mcp import (
    AUDIENCES,
    CLIENTS,
    FORWARD,
    FRONT,
    NAMED,
    ORIGIN,
    OWN,
    POLICY,
    REFUSED,
    SCOPE,
    TEXT,
    VALIDATED,
    changed,
    instead,
    rules,
    verdicts,
)

TOKEN = 'context.Variables["caller"]'
JWT = f"((Jwt){TOKEN})"
CLAIMS = f"{JWT}.Claims"
SCP = f'{CLAIMS}.GetValueOrDefault("scp", "")'
HAS = f"{SCP}.Split(' ').Contains(\"access\")"
SENT = 'context.Request.Headers.GetValueOrDefault("Authorization", "")'


def when(condition: str, then: str = REFUSED, otherwise: str | None = None) -> str:
    """A `choose` with one condition, as C# in `@(…)` or `@{…}`."""
    quoted = escape(condition if condition[:2] in ("@(", "@{") else f"@({condition})")
    quoted = quoted.replace('"', "&quot;")
    last = "" if otherwise is None else f"<otherwise>{otherwise}</otherwise>"
    return f'<choose><when condition="{quoted}">{then}</when>{last}</choose>'


def variable(name: str, value: str) -> str:
    quoted = escape(value).replace('"', "&quot;")
    return f'<set-variable name="{name}" value="{quoted}" />'


def demanding(claims: str) -> dict[str, Any]:
    """The scope demanded by the statement that validates the token, and by no condition."""
    asked = f"{AUDIENCES}<required-claims>{claims}</required-claims>"
    return {TEXT: POLICY.replace(SCOPE, "").replace(AUDIENCES, asked)}


VALUE = "<value>access</value>"
# Conditions that refuse without the scope, and all mean the same.
REFUSING = [
    f"!{HAS}",
    f"{HAS} == false",
    f"!({HAS} && true)",
    f"!({HAS} || false)",
    f"false || !{HAS}",
    f"{HAS} ? false : true",
    f'!{CLAIMS}.ContainsKey("scp") || !{HAS}',
    f'!{CLAIMS}["scp"].Contains("access")',
    f'!{CLAIMS}["scp"][0].Split(\' \').Any(one => one == "access")',
    f'{CLAIMS}["scp"].First().Split(\' \').All(one => one != "access")',
    f'{CLAIMS}["scp"].FirstOrDefault() != "access"',
    f'{SCP}.IndexOf("access") < 0',
    f'!new[] {{ "access", "admin" }}.Contains({SCP})',
    f"!new string[] {{ \"access\" }}.Intersect({SCP}.Split(' ')).Any()",
    f"!{SCP}.Split(new[] {{ ' ' }}, StringSplitOptions.RemoveEmptyEntries).Contains(\"access\")",
    f"!{SCP}.ToLowerInvariant().Split(' ').Contains(\"access\")",
    f'!{SCP}.Equals("access", StringComparison.OrdinalIgnoreCase)',
    f'!({TOKEN} as Jwt)?.Claims?.GetValueOrDefault("scp", "").Split(\' \').Contains("access")'
    " ?? true",
    f'!{CLAIMS}.Any(claim => claim.Key == "scp" && claim.Value.Contains("access"))',
    f'!{CLAIMS}.Where(c => c.Key == "scp").SelectMany(c => c.Value).Any(v => v == "access")',
    f'!({HAS} || {CLAIMS}.GetValueOrDefault("roles", "").Split(\',\').Contains("Invoke"))',
    f'!{SENT}.Split(\' \').Last().AsJwt().Claims["scp"].Contains("access")',
    f'!{SENT}.Replace("Bearer ", "").AsJwt()?.Claims.GetValueOrDefault("scp", "")'
    '.Contains("access") ?? true',
    f"@{{ var scopes = {SCP}; if (scopes == null) {{ return true; }} return !scopes.Split(' ')"
    '.Contains("access"); }',
    f"@{{ foreach (var one in {SCP}.Split(' ')) {{ if (one == \"access\") {{ return false; }} }}"
    " return true; }",
    f'@{{ string[] scopes; if (!{CLAIMS}.TryGetValue("scp", out scopes)) {{ return true; }}'
    ' return !scopes.Contains("access"); }',
    f'!$"{{{SCP}}} ".Contains("access ")',
    # Whoever sends this header is refused as well.
    f'!{HAS} || context.Request.Headers.ContainsKey("X-Debug")',
    f"!{HAS} /* the scope */",
]
# Statements instead of the condition, of which each lets a token without a scope in.
OPEN = [
    when(f"!{HAS} && false"),
    when(f"false && !{HAS}"),
    when(f"!({HAS} || true)"),
    when(f"!(true || {HAS})"),
    when(HAS),
    when(f"!!{HAS}"),
    when(f"{HAS} == true"),
    when(f"!{SCP}.Contains(\"\")"),
    when(f'!{SCP}.StartsWith("")'),
    when(f"!{SCP}.Split(' ').Contains(\"\")"),
    when(f'{SCP} == "access"'),
    when(f'{SCP} == null'),
    when(f'!{CLAIMS}.ContainsKey("scp")'),
    when(f'!{CLAIMS}.Any(claim => claim.Key == "scp" || claim.Value.Contains("access"))'),
    when(f"string.IsNullOrEmpty({SCP})"),
    when(f'{SCP}.Split(\' \').Length == 0'),
    # Refused for something that whoever calls chooses.
    when(f'!{HAS} && context.Request.Method == "POST"'),
    when(f'!{HAS} && !context.Request.Headers.ContainsKey("X-Debug")'),
    when(f'!{HAS} && context.Request.Headers.GetValueOrDefault("X-Debug", "") != "1"'),
    when('context.Request.Headers.GetValueOrDefault("X-Scope", "scp") != "access"'),
    when('!context.Request.Headers.GetValueOrDefault("X-Token", "").AsJwt().Claims["scp"]'
         '.Contains("access")'),
    # A claim that says something else.
    when(f'{CLAIMS}.GetValueOrDefault("oid", "scp") == "access"'),
    when(f'!{CLAIMS}["ver"].Contains("2.0")'),
    # The condition is met, and nothing refuses.
    when(f"!{HAS}", variable("scp", "access")),
    when(f"!{HAS}", "<set-status code=\"403\" reason=\"Forbidden\" />"),
    when(f"!{HAS}", ""),
    # The refusal is in the wrong branch, or another one comes first.
    when(f"!{HAS}", "", REFUSED),
    when(HAS, REFUSED, ""),
    f'<choose><when condition="@(true)" />{when(f"!{HAS}")[8:-9]}</choose>',
    when('context.Request.Method == "POST"', when(f"!{HAS}")),
    # What a variable holds never reaches a refusal.
    variable("allowed", f"@({HAS})"),
    variable("allowed", f"@({HAS})") + when('(bool)context.Variables["allowed"]'),
    variable("allowed", f"@({HAS})") + variable("allowed", "@(true)")
    + when('!(bool)context.Variables["allowed"]'),
    variable("allowed", f"@({HAS})") + when('context.Variables.GetValueOrDefault("other", false)'),
]  # fmt: skip
UNKNOWN = [
    when(f'!Regex.IsMatch({SCP}, "(^| )access( |$)")'),
    when(f"{SCP}.GetHashCode() != 7"),
    when(f'@{{ try {{ return !{HAS}; }} catch {{ return true; }} }}'),
    when(f'!{HAS} && "${{var.mode}}" == "strict"'),
    '<choose><when condition="${var.condition}">' + REFUSED + "</when></choose>",
    '<send-request mode="new" response-variable-name="asked"><set-url>https://idp.example/check'
    "</set-url></send-request>"
    + when('((IResponse)context.Variables["asked"]).StatusCode != 200'),
    '<cache-lookup-value key="k" variable-name="allowed" />'
    + when('!context.Variables.GetValueOrDefault<bool>("allowed", false)'),
]  # fmt: skip


@pytest.mark.parametrize("condition", REFUSING)
def test_a_condition_that_refuses_without_the_scope_is_right(condition: str) -> None:
    assert rules(changed(instead(SCOPE, when(condition)))) == set()


@pytest.mark.parametrize(
    "statements",
    [
        # The refusal stands in the other branch, in a branch of its own, or in a fragment.
        when(HAS, "", REFUSED),
        when(f"!{HAS}", when("true")),
        when('context.Request.Method == "POST"', when(f"!{HAS}"), when(f"!{HAS}")),
        f"<choose>{when('false')[8:-9]}{when(f'!{HAS}')[8:-9]}</choose>",
        # By way of a variable.
        variable("allowed", f"@({HAS})") + when('!(bool)context.Variables["allowed"]'),
        variable("allowed", f"@({HAS})")
        + when('!context.Variables.GetValueOrDefault<bool>("allowed", false)'),
        variable("scopes", f"@({SCP})")
        + when('!((string)context.Variables["scopes"]).Split(\' \').Contains("access")'),
        variable("allowed", f'@({HAS} ? "yes" : "no")')
        + when('(string)context.Variables["allowed"] != "yes"'),
        variable("allowed", "no")
        + when(HAS, variable("allowed", "yes"))
        + when('context.Variables.GetValueOrDefault<string>("allowed") != "yes"'),
        # What is not understood refuses further requests, if any.
        when(f'Regex.IsMatch({SCP}, "x")') + when(f"!{HAS}"),
        when(f'Regex.IsMatch({SCP}, "x") || !{HAS}'),
    ],
)
def test_a_refusal_may_stand_elsewhere(statements: str) -> None:
    assert rules(changed(instead(SCOPE, statements))) == set()


@pytest.mark.parametrize("statements", OPEN)
def test_a_token_without_a_scope_comes_through(statements: str) -> None:
    assert rules(changed(instead(SCOPE, statements))) == {"SF604"}


@pytest.mark.parametrize("statements", UNKNOWN)
def test_what_is_not_understood_is_said_to_be_unknown(statements: str) -> None:
    analysis = changed(instead(SCOPE, statements))
    assert rules(analysis) & {"SF604", "SF901"} == {"SF901"}
    [said] = [each for each in analysis.findings if "scope or a role" in each.message]
    assert "cannot be proven" in said.message


def test_what_both_branches_let_through_is_no_doubt() -> None:
    statements = when(f'Regex.IsMatch({SCP}, "x")', variable("log", "yes"))
    assert rules(changed(instead(SCOPE, statements))) == {"SF604"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (demanding(f'<claim name="scp" match="any">{VALUE}</claim>'), ""),
        (demanding(f'<claim name="scp">{VALUE}</claim>'), ""),
        (demanding(f'<claim name="scp" match="all">{VALUE}<value></value></claim>'), ""),
        (demanding(f'<claim name="roles" match="any">{VALUE}<value>b</value></claim>'), ""),
        (demanding('<claim name="scp"><value>${var.scope}</value></claim>'), ""),
        # Any scope, or another claim.
        (demanding('<claim name="scp" match="any" />'), "SF604"),
        (demanding(f'<claim name="ver">{VALUE}</claim>'), "SF604"),
        # What API Management makes of these is not documented.
        (demanding(f'<claim name="scp" match="any">{VALUE}<value></value></claim>'), "SF901"),
        (demanding(f'<claim name="scp" match="any">{VALUE}<value>*</value></claim>'), "SF901"),
        (demanding('<claim name="scp"><value>*</value></claim>'), "SF901"),
        (demanding('<claim name="scp"><value>@(context.Api.Id)</value></claim>'), "SF901"),
    ],
)
def test_the_claims_that_a_check_demands(changes: dict[str, Any], found: str) -> None:
    assert rules(changed(changes)) == {*found.split()}


AZP = f'{CLAIMS}.GetValueOrDefault("azp", "")'
LISTED = '"aebc6443-996d-45c2-90f0-388ff96faa56"'


@pytest.mark.parametrize(
    ("statements", "found", "door"),
    [
        (when(f"{AZP} != {LISTED}"), "", "closed"),
        (when(f"!new[] {{ {LISTED} }}.Contains({AZP})"), "", "closed"),
        (when(f"!\"${{var.clients}}\".Split(',').Contains({AZP})"), "", "closed"),
        (when(f"{AZP} == {LISTED}"), "SF603", "open"),
        (when(f"{AZP} != {LISTED} && false"), "SF603", "open"),
        (when(f"string.IsNullOrEmpty({AZP})"), "SF603", "open"),
        (when(f"{AZP} != {LISTED}", variable("other", "yes")), "SF603", "open"),
        (when(f"Guid.Parse({AZP}) != Guid.Parse({LISTED})"), "SF901", "unknown"),
    ],
)
def test_the_clients_that_a_condition_lists(statements: str, found: str, door: str) -> None:
    analysis = changed({TEXT: POLICY.replace(CLIENTS, "").replace(SCOPE, statements + SCOPE)})
    assert rules(analysis) == {*found.split()}
    assert verdicts(analysis)["mcp-other-client"] == door


AUD = f'{CLAIMS}.GetValueOrDefault("aud", "")'


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (when(f'{AUD} != "{FRONT}"'), ""),
        (when(f'!{JWT}.Audiences.Contains("{FRONT}")'), ""),
        (when(f'{JWT}.Audiences.All(one => one != "{FRONT}")'), ""),
        (when(f'{AUD} == "{FRONT}"'), "SF613"),
        (when(f"!{JWT}.Audiences.Any()"), "SF613"),
        (when(f'{AUD} == ""'), "SF613"),
        (when(f'!Regex.IsMatch({AUD}, "x")'), "SF901"),
    ],
)
def test_the_audience_that_a_condition_demands(statements: str, found: str) -> None:
    text = POLICY.replace(AUDIENCES, "").replace(SCOPE, statements + SCOPE)
    assert rules(changed({TEXT: text})) == {*found.split()}


FROM = 'context.Request.Headers.GetValueOrDefault("Origin", "")'


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (when(f'{FROM} != ""'), ""),
        (when('context.Request.Headers.ContainsKey("Origin")'), ""),
        (when(f'{FROM} != "" && {FROM} != "https://app.contoso.example"'), ""),
        (when(f'!new[] {{ "", "https://app.contoso.example" }}.Contains({FROM})'), ""),
        (when(f'{FROM} != "" && !{FROM}.StartsWith("https://")'), "SF615"),
        (when(f'{FROM} == "null"'), "SF615"),
        (when(f'{FROM} != "" && context.Request.Method == "GET"'), "SF615"),
        ("", "SF615"),
        (when(f'Regex.IsMatch({FROM}, "x")'), "SF901"),
    ],
)
def test_the_origin_that_a_condition_expects(statements: str, found: str) -> None:
    assert rules(changed(instead(ORIGIN, statements))) == {*found.split()}


def test_what_stands_after_the_request_was_sent_on_refuses_nobody() -> None:
    text = POLICY.replace(SCOPE, "")
    after = text.replace(FORWARD, FORWARD + SCOPE)
    assert rules(changed({TEXT: after})) == {"SF604"}
    answer = text.replace("<outbound><base />", f"<outbound><base />{SCOPE}")
    assert rules(changed({TEXT: answer})) == {"SF604"}
    before = text.replace(FORWARD, SCOPE + FORWARD)
    assert rules(changed({TEXT: before})) == set()


def test_what_a_condition_reads_after_the_token_was_replaced_is_not_the_callers() -> None:
    sent = f'!{SENT}.Split(\' \').Last().AsJwt().Claims["scp"].Contains("access")'
    text = POLICY.replace(SCOPE, "")
    assert rules(changed({TEXT: text.replace(OWN, OWN + when(sent))})) == {"SF604"}
    assert rules(changed({TEXT: text.replace(OWN, when(sent) + OWN)})) == set()


def test_a_fragment_may_refuse() -> None:
    fragment = {
        f"resource.{GATEWAY}_policy_fragment.scope": {
            "name": "scope",
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "value": f"<fragment>{SCOPE}</fragment>",
        }
    }
    included = instead(SCOPE, '<include-fragment fragment-id="scope" />')
    assert rules(changed({**included, **fragment})) == set()


def test_a_named_value_can_hold_what_decides() -> None:
    name = f"resource.{GATEWAY}_named_value.mode"
    text = instead(SCOPE, when(f'!{HAS} && "{{{{mode}}}}" == "strict"'))
    value = {**NAMED, "name": "mode", "display_name": "mode", "value": "strict"}
    assert rules(changed({**text, name: value})) == set()
    assert rules(changed({**text, name: {**value, "value": "off"}})) == {"SF604"}


def test_another_check_after_the_token_hides_nothing() -> None:
    address = '<ip-filter action="allow"><address>203.0.113.7</address></ip-filter>'
    text = POLICY.replace(AUDIENCES, "").replace(SCOPE, address + SCOPE)
    assert rules(changed({TEXT: text})) == {"SF613"}


def test_the_claims_of_a_token_that_nobody_validates_prove_nothing() -> None:
    read = when(f'!{SENT}.Split(\' \').Last().AsJwt().Claims["scp"].Contains("access")')
    found = rules(changed({TEXT: POLICY.replace(VALIDATED, "").replace(SCOPE, read)}))
    assert {"SF603", "SF604"} <= found


def test_conditions_that_change_nothing_make_no_more_ways() -> None:
    many = "".join(
        variable("mode", str(each))
        + when(f'context.Variables.GetValueOrDefault<string>("mode") == "{each % 3}"', "")
        + when(f'{SCP} == "{each}"', "")
        for each in range(40)
    )
    assert rules(changed(instead(SCOPE, many + SCOPE))) == set()
    assert rules(changed(instead(SCOPE, many))) == {"SF604"}


@pytest.mark.parametrize(
    ("statements", "door"),
    [
        # A token that anybody makes up, or none that is looked at.
        (when(f'!{SENT}.StartsWith("Bearer ")'), "open"),
        (when(f"string.IsNullOrEmpty({SENT})"), "open"),
        (when(f'{SENT}.StartsWith("Bearer ")', "", REFUSED), "open"),
        (when(f'{SENT} != "Bearer ${{var.secret}}"'), "unknown"),
        (when(f'{SENT} == "Bearer ${{var.secret}}"', "", REFUSED), "unknown"),
        (when('context.Request.Headers.GetValueOrDefault("X-Secret", "") != "s"'), "unknown"),
        (when('(string)context.Variables["missing"] != "s"'), "unknown"),
        (when(f"{SENT}.Split(' ')[7] != \"s\""), "unknown"),
    ],
)
def test_a_condition_that_lets_any_token_through_demands_no_proof(
    statements: str, door: str
) -> None:
    text = POLICY.replace(VALIDATED, "").replace(SCOPE, statements)
    assert verdicts(changed({TEXT: text}))["gateway-without-key"] == door
