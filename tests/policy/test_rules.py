"""What goes wrong between policies is found before Azure or a caller finds it."""

from __future__ import annotations

import pytest

from constructs_lib.policy import Fragment, Known, check, read
from constructs_lib.policy.element_checks import CheckScope
from constructs_lib.policy.rules import RULES
from tests.policy.helpers import policies

TOKEN_POLICY = '<authentication-managed-identity resource="a" />'
CALLER = (
    '<validate-azure-ad-token tenant-id="{{tenant}}"><audiences><audience>a</audience></audiences>'
    "</validate-azure-ad-token>"
)


def found(
    source: str, *, scope: CheckScope = "api", sku: str | None = None, known: Known | None = None
) -> list[tuple[str, str, int | None, int | None]]:
    document = read(source, "a.xml")
    findings = check(document, scope=scope, sku=sku, known=known)
    return [(each.rule, each.severity, each.line, each.column) for each in findings]


def test_what_is_right_is_left_alone() -> None:
    assert found(policies("<base />" + CALLER + TOKEN_POLICY)) == []


def test_unknown_policies_are_named_with_what_is_like_them() -> None:
    (finding,) = check(read(policies("<base /><set-headers />"), "a.xml"))
    assert finding.message == "there is no policy <set-headers>"
    assert finding.fix == "did you mean <set-header>?"
    assert (finding.path, finding.line, finding.column) == ("a.xml", 2, 18)


@pytest.mark.parametrize(
    ("sku", "rules"),
    [
        (None, []),
        ("${TfToken[TOKEN.1]}", []),
        ("Developer_1", []),
        ("Premium_2", []),
        ("StandardV2_1", ["warning"]),
        ("Consumption_0", ["error"]),
    ],
)
def test_gateways_run_what_they_can(sku: str | None, rules: list[str]) -> None:
    source = policies('<base /><quota-by-key calls="1" renewal-period="300" counter-key="a" />')
    findings = found(source, sku=sku)
    assert [(rule, severity) for rule, severity, _, _ in findings] == [
        ("SFP104", severity) for severity in rules
    ]


def test_the_backend_holds_one_policy() -> None:
    source = policies(backend="<!-- one --><base />\n<forward-request />")
    assert found(source) == [("SFP401", "error", 4, 1)]


@pytest.mark.parametrize("section", ["inbound", "outbound", "on_error"])
def test_wider_scopes_are_not_dropped_unseen(section: str) -> None:
    source = policies(**{section: '<set-variable name="a" value="b" />'})
    assert [rule for rule, *_ in found(source)] == ["SFP402"]
    assert found(source, scope="global") == []
    nested = "<choose><when condition='@(true)'><base /></when></choose>"
    assert found(policies(**{section: nested})) == []


def test_a_section_that_is_not_there_is_missed_by_name() -> None:
    document = read("<policies><inbound><base /></inbound></policies>", "a.xml")
    findings = check(document)
    assert [(each.rule, each.message, each.line) for each in findings] == [
        ("SFP402", f"there is no section <{name}>", 1)
        for name in ("backend", "outbound", "on-error")
    ]


def test_a_backend_that_forwards_needs_no_base() -> None:
    retry = '<retry condition="@(true)" count="1" interval="1"><forward-request /></retry>'
    assert found(policies(backend=retry)) == []
    assert [rule for rule, *_ in found(policies(backend="<!-- nothing -->"))] == ["SFP402"]


@pytest.mark.parametrize(
    ("reader", "severity"),
    [
        (CALLER, "error"),
        ('<validate-jwt header-name="authorization" />', "error"),
        ('<validate-jwt token-value="@(context.Request.Headers["Authorization"][0])" />', "error"),
        (
            '<check-header name="Authorization" failed-check-httpcode="401" '
            'failed-check-error-message="no" ignore-case="true" />',
            "error",
        ),
        (
            '<set-variable name="a" value="@(context.Request.Headers'
            '.GetValueOrDefault("Authorization",""))" />',
            "warning",
        ),
        (
            "<set-header name='a'><value>@(context.Request.Headers['authorization'])</value>"
            "</set-header>",
            "warning",
        ),
    ],
)
def test_the_caller_is_checked_before_the_token_is_replaced(reader: str, severity: str) -> None:
    wrong = found(policies(f"<base />\n{TOKEN_POLICY}\n{reader}"))
    assert wrong == [
        ("SFP403", severity, 4, 1 if severity == "error" or "variable" in reader else 22)
    ]
    assert found(policies(f"<base />\n{reader}\n{TOKEN_POLICY}")) == []


@pytest.mark.parametrize(
    "reader",
    [
        '<validate-jwt header-name="X-Caller" />',
        '<validate-jwt query-parameter-name="token" />',
        '<validate-azure-ad-token tenant-id="a" header-name="X-Caller" />',
    ],
)
def test_other_headers_are_not_concerned(reader: str) -> None:
    assert found(policies(f"<base />{TOKEN_POLICY}{reader}")) == []


def test_a_token_in_a_variable_replaces_nothing() -> None:
    policy = TOKEN_POLICY.replace(" />", ' output-token-variable-name="t" />')
    assert found(policies(f"<base />{policy}{CALLER}")) == []


def test_the_token_policy_does_not_go_on_without_a_token() -> None:
    policy = TOKEN_POLICY.replace(" />", ' ignore-error="true" />')
    assert found(policies(f"<base />\n{policy}")) == [("SFP404", "warning", 3, 47)]


def test_what_is_referred_to_must_be_defined() -> None:
    source = policies(
        '<base /><set-variable name="a" value="{{one}} {{two}}" />\n'
        '<set-backend-service backend-id="orders" /><include-fragment fragment-id="frag" />\n'
        '<set-body template="liquid">{{body.x}}</set-body>\n'
        '<set-backend-service backend-id="@("x")" />'
    )
    known = Known(named_values=["one"], backends=["order"], fragments=[])
    assert found(source, known=known) == [
        ("SFP405", "error", 2, 41),
        ("SFP406", "error", 3, 22),
        ("SFP407", "error", 3, 62),
    ]
    assert found(source, known=Known()) == []
    everything = Known(named_values={"one", "two"}, backends={"orders"}, fragments={"frag"})
    assert found(source, known=everything) == []


@pytest.mark.parametrize("value", ["&amp;quot;", "&amp;amp;", "&amp; lt ;"])
def test_plans_that_never_settle_are_foreseen(value: str) -> None:
    source = policies(f'<base /><set-variable name="a" value="{value}" />')
    assert [rule for rule, *_ in found(source)] == ["SFP408"]


def test_an_expression_after_text_is_no_expression() -> None:
    source = policies('<base /><set-variable name="a" value="Bearer @(context.RequestId)" />')
    assert [rule for rule, *_ in found(source)] == ["SFP207"]


def test_values_that_are_known_later_are_not_judged() -> None:
    source = '<rate-limit calls="{{calls}}" renewal-period="${TfToken[TOKEN.1]}" />'
    assert found(policies(f"<base />{source}")) == []


def test_a_header_is_given_a_value_or_deleted() -> None:
    for action, rules in (("delete", []), ("skip", ["SFP302"]), ("{{action}}", [])):
        source = policies(f'<base /><set-header name="a" exists-action="{action}" />')
        assert [rule for rule, *_ in found(source)] == rules
    both = '<set-header name="a" exists-action="delete"><value>b</value></set-header>'
    assert [rule for rule, *_ in found(policies(f"<base />{both}"))] == ["SFP301"]


def test_the_range_is_told_as_people_write_numbers() -> None:
    def told(policy: str) -> str:
        (finding,) = check(read(policies(f"<base />{policy}")))
        return finding.fix

    assert told('<quota-by-key calls="1" renewal-period="60" counter-key="a" />') == (
        "write a whole number, at least 300, or 0"
    )
    content = '<validate-content unspecified-content-type-action="detect" max-size="9999999" '
    assert told(content + 'size-exceeded-action="detect" />') == (
        "write a whole number, at least 1, at most 4194304"
    )


def test_text_between_policies_is_found() -> None:
    assert [rule for rule, *_ in found(policies("<base /> hello"))] == ["SFP305"]


def test_a_fragment_may_stand_in_any_section() -> None:
    fragment = read("<fragment><forward-request /><rewrite-uri template='/' /></fragment>")
    assert isinstance(fragment, Fragment)
    assert check(fragment) == []
    assert [each.rule for each in check(read("<fragment><nonsense/></fragment>"))] == ["SFP101"]


def test_every_policy_may_carry_an_id() -> None:
    assert found(policies('<base id="a" />')) == []


def test_rules_have_titles() -> None:
    assert all(rule.title and not rule.title.endswith(".") for rule in RULES.values())
