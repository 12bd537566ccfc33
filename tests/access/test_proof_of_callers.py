"""What proves who calls the gateway, and what only looks at the gateway's own token."""

from __future__ import annotations

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.samples import AUDIENCE, CLIENT, chain, policy

GATEWAY = "azurerm_api_management"
TOKEN = f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" />'
INTO_T = TOKEN.replace(" />", ' output-token-variable-name="t" />')
TO_T = "<value>@(&quot;Bearer &quot; + (string)context.Variables[&quot;t&quot;])</value>"
SENT = "context.Request.Headers.GetValueOrDefault(&quot;Authorization&quot;,&quot;&quot;)"
OPEN_ID = '<openid-config url="https://login.microsoftonline.com/t/v2.0/openid-configuration" />'


def jwt(attributes: str) -> str:
    return f"<validate-jwt {attributes}>{OPEN_ID}</validate-jwt>"


AD = '<validate-azure-ad-token tenant-id="t"></validate-azure-ad-token>'


def rules(text: str, *, key: bool = True) -> set[str]:
    document = chain()
    resources = document["resource"]
    resources[f"{GATEWAY}_api"]["orders"]["subscription_required"] = key
    resources[f"{GATEWAY}_api_policy"]["orders"]["xml_content"] = text
    return {each.rule for each in analyse(read_stacks({"stack": document})).findings}


def with_check(*, before: str = "", after: str = "") -> set[str]:
    text = policy(inbound=after).replace("<base />", f"<base />{before}", 1)
    return rules(text, key=False)


def with_token(statements: str) -> set[str]:
    """What is found when these statements stand in place of the token's own."""
    assert TOKEN in policy()
    return rules(policy().replace(TOKEN, statements))


@pytest.mark.parametrize(
    "check",
    [
        jwt('header-name="Authorization"'),
        jwt('header-name="authorization"'),
        jwt(f'token-value="@({SENT})"'),
        AD,
    ],
)
def test_after_the_token_a_check_of_authorization_proves_nothing(check: str) -> None:
    assert with_check(after=check) == {"SF501"}
    assert with_check(before=check) == set()


@pytest.mark.parametrize(
    "check",
    [
        jwt('header-name="X-Caller"'),
        jwt('query-parameter-name="token"'),
        jwt('token-value="@((string)context.Variables[&quot;caller&quot;])"'),
        '<validate-azure-ad-token tenant-id="t" header-name="X-Caller" />',
        "<validate-client-certificate><identities><identity thumbprint='A' /></identities>"
        "</validate-client-certificate>",
        '<ip-filter action="allow"><address>203.0.113.7</address></ip-filter>',
    ],
)
def test_a_check_of_what_the_caller_sent_otherwise_is_proof_anywhere(check: str) -> None:
    assert with_check(after=check) == set()
    assert with_check(before=check) == set()


@pytest.mark.parametrize(
    "check",
    [
        jwt('header-name="Authorization" require-signed-tokens="false"'),
        '<validate-client-certificate ignore-error="true" />',
    ],
)
def test_a_check_that_lets_forgeries_pass_is_no_proof(check: str) -> None:
    assert with_check(before=check) == {"SF501"}


def header(value: str, action: str = "override") -> str:
    return f'<set-header name="Authorization" exists-action="{action}">{value}</set-header>'


@pytest.mark.parametrize(
    "sent",
    [
        header(TO_T),
        header("<value>Bearer @((string)context.Variables[&quot;t&quot;])</value>"),
        header(
            "<value>@(&quot;Bearer &quot; + "
            "context.Variables.GetValueOrDefault&lt;string&gt;(&quot;t&quot;))</value>"
        ),
        header("<value>${var.word} @((string)context.Variables[&quot;t&quot;])</value>"),
        header("", "delete") + header(TO_T, "skip"),
        '<set-variable name="b" value="@(&quot;Bearer &quot; + '
        '(string)context.Variables[&quot;t&quot;])" />'
        + header("<value>@((string)context.Variables[&quot;b&quot;])</value>"),
    ],
)
def test_a_token_may_go_through_a_variable(sent: str) -> None:
    assert with_token(INTO_T + sent) == set()


@pytest.mark.parametrize(
    "sent",
    [
        header("<value>@((string)context.Variables[&quot;t&quot;])</value>"),
        header(TO_T.replace("&quot;t&quot;", "&quot;tt&quot;")),
        header(TO_T, "skip"),
        header(TO_T, "append"),
        '<set-variable name="t" value="gone" />' + header(TO_T),
    ],
    ids=["without Bearer", "another variable", "the caller's stays", "appended", "overwritten"],
)
def test_a_variable_that_is_sent_wrongly_replaces_the_token(sent: str) -> None:
    assert with_token(INTO_T + sent) == {"SF302"}


def test_the_token_stays_where_the_header_is_only_set_for_want_of_one() -> None:
    assert with_token(TOKEN + header("<value>Basic x</value>", "skip")) == set()
