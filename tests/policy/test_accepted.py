"""What Azure takes is not refused: forms of Learn's pages and of policies that run somewhere.

Each was refused once, or would be by a narrower reading of a page.
"""

from __future__ import annotations

import pytest

from constructs_lib.policy import Resolver, check, read
from tests.policy.helpers import policies

URL = "<set-url>https://a.contoso.example</set-url>"
REQUEST = f"{URL}<set-method>GET</set-method>"
TOKEN = '<authentication-managed-identity resource="a" />'
CALLER = '<validate-jwt header-name="Authorization" />'


@pytest.mark.parametrize(
    ("section", "policy"),
    [
        # A header or parameter may be set to nothing.
        ("inbound", '<set-header name="a"><value /></set-header>'),
        ("inbound", '<set-query-parameter name="a"><value></value></set-query-parameter>'),
        ("inbound", '<quota-by-key calls="9" renewal-period="0" counter-key="a" />'),
        (
            "inbound",
            f'<send-one-way-request mode="copy" timeout="0">{REQUEST}</send-one-way-request>',
        ),
        ("inbound", '<rewrite-uri template="/a" copy-unmatched-params="False" />'),
        ("inbound", '<trace source="a">@(context.RequestId)</trace>'),
        ("inbound", "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>"),
        (
            "inbound",
            '<validate-jwt header-name="a"><openid-config url="@($"{context.RequestId}")" />'
            '<issuer-signing-keys><key>@((string)context.Variables["k"])</key>'
            "</issuer-signing-keys></validate-jwt>",
        ),
        (
            "inbound",
            '<llm-token-limit counter-key="a" token-quota="@(10 * 1000)" '
            'token-quota-period="@("Daily")" estimate-prompt-tokens="@(true)" />',
        ),
        (
            "inbound",
            '<validate-graphql-request max-size="@(1024)" max-depth="@(4)">'
            '<authorize><rule path="/Query/a" /></authorize></validate-graphql-request>',
        ),
        (
            "outbound",
            '<llm-content-safety backend-id="a" window-size="1000" window-overlap-size="100" />',
        ),
        (
            "outbound",
            '<validate-status-code unspecified-status-code-action="detect" '
            'errors-variable-name="a" />',
        ),
        (
            "outbound",
            '<validate-status-code unspecified-status-code-action="detect" '
            'error-variable-name="a" />',
        ),
        (
            "inbound",
            f'<send-request response-variable-name="@("a")">{REQUEST}<set-header name="Host">'
            "<value>a</value></set-header></send-request>",
        ),
        (
            "inbound",
            '<publish-to-dapr topic="a/b" timeout="@(30)">@(context.RequestId)</publish-to-dapr>',
        ),
        (
            "inbound",
            '<cache-value key="a" variable-name="b"><value>'
            '<set-variable name="b" value="c" /></value></cache-value>',
        ),
        # Both orders are on the page of sending to a Service Bus; waiting is for any order.
        (
            "inbound",
            '<send-service-bus-message queue-name="a"><payload>b</payload><message-properties>'
            '<message-property name="c">d</message-property></message-properties>'
            "</send-service-bus-message>",
        ),
        (
            "inbound",
            '<wait><choose><when condition="@(true)" /></choose>'
            '<cache-lookup-value key="a" variable-name="b" /></wait>',
        ),
        # The token of a request of its own, or of another branch, is not what the caller sent.
        (
            "inbound",
            f'<send-request response-variable-name="a">{REQUEST}{TOKEN}</send-request>{CALLER}',
        ),
        (
            "inbound",
            f'<choose><when condition="@(true)">{TOKEN}</when><otherwise>{CALLER}</otherwise>'
            "</choose>",
        ),
    ],
)
def test_what_runs_is_not_refused(section: str, policy: str) -> None:
    source = policies(**{section: f"<base />{policy}"})
    assert check(read(source)) == []


def test_a_token_of_a_branch_counts_after_the_branches() -> None:
    branches = f'<choose><when condition="@(true)">{TOKEN}</when><otherwise /></choose>'
    findings = check(read(policies(f"<base />{branches}\n{CALLER}")))
    assert [(each.rule, each.line) for each in findings] == [("SFP403", 3)]


@pytest.mark.parametrize(
    "body",
    [
        # A fragment may bring what is missing, and stand anywhere.
        '<http-request><include-fragment fragment-id="a" /></http-request>',
        '<http-request><include-fragment fragment-id="a" /><set-method>GET</set-method>'
        f"{URL}</http-request>",
        f"<http-request><set-method>GET</set-method>{URL}"
        '<include-fragment fragment-id="a" /><include-fragment fragment-id="b" />'
        "</http-request><http-response />",
    ],
)
def test_fragments_stand_for_anything_in_a_resolver(body: str) -> None:
    document = read(f"<http-data-source>{body}</http-data-source>", resolvers=True)
    assert isinstance(document, Resolver)
    assert check(document) == []


def test_cosmos_db_is_asked_in_every_way_of_the_page() -> None:
    requests = (
        "<query-request />",
        "<read-request><id>a</id></read-request>",
        "<delete-request><id>a</id><partition-key>b</partition-key><etag>c</etag></delete-request>",
        "<delete-request><etag>c</etag><id>a</id></delete-request>",
        '<write-request type="insert" />',
        "<write-request><set-body>a</set-body></write-request>",
    )
    for request in requests:
        source = (
            "<cosmosdb-data-source><connection-info>"
            "<connection-string>a</connection-string><database-name>b</database-name>"
            f"<container-name>c</container-name></connection-info>{request}</cosmosdb-data-source>"
        )
        assert check(read(source, resolvers=True)) == [], request
