"""What single policies demand beyond names and numbers, said once more as people write it."""

from __future__ import annotations

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.policy import check, read
from tests.policy.helpers import policies


def found(inbound: str = "<base />", outbound: str = "<base />") -> list[str]:
    findings = check(read(policies(inbound, outbound=outbound)))
    return [f"{each.severity} {each.rule}" for each in findings]


ENTRA = "<base /><validate-azure-ad-token tenant-id='{{t}}'><%s>%s</%s></validate-azure-ad-token>"
CONTENT = (
    "<base /><validate-content unspecified-content-type-action='ignore' max-size='1' "
    "size-exceeded-action='detect'><content {} action='detect' /></validate-content>"
)
KEYS = "<base /><validate-jwt header-name='a'><decryption-keys>{}</decryption-keys></validate-jwt>"
SEND = "<base /><send-one-way-request>{}</send-one-way-request>"
NEEDS = ["error SFP302"]
MILD = ["warning SFP205"]
ORIGINS = "<base /><cors><allowed-origins>{}</allowed-origins></cors>"
CODE = '@((string)context.Variables["a"])'


@pytest.mark.parametrize(
    ("inbound", "findings"),
    [
        # texts: Learn, validate-azure-ad-token, whose example azure-docs #123314 contradicts
        (ENTRA % ("audiences", f"<audience>{CODE}</audience>", "audiences"), ["warning SFP205"]),
        # Azure-Samples/Apim-Samples, dynamic-cors; the page is silent
        (
            f"<base /><cors><allowed-origins><origin>{CODE}</origin></allowed-origins></cors>",
            ["warning SFP205"],
        ),
        # azure-docs #112150
        (
            ENTRA
            % (
                "backend-application-ids",
                f"<application-id>{CODE}</application-id>",
                "backend-application-ids",
            ),
            ["error SFP205"],
        ),
        (ENTRA % ("audiences", "<audience>{{a}}</audience>", "audiences"), []),
        (
            ENTRA
            % (
                "required-claims",
                f"<claim name='a'><value>{CODE}</value></claim>",
                "required-claims",
            ),
            [],
        ),
        # Learn, send-request: the method takes no expression there, but does elsewhere
        (
            "<base /><send-request response-variable-name='a'><set-url>https://a</set-url>"
            "<set-method>@(context.Request.Method)</set-method></send-request>",
            ["error SFP205"],
        ),
        ("<base /><set-method>@(context.Request.Method)</set-method>", []),
        # Learn, ip-filter
        ("<base /><ip-filter action='allow'><address>10.0.0.1</address></ip-filter>", []),
        ("<base /><ip-filter action='allow'><address>2001:db8::1</address></ip-filter>", []),
        ("<base /><ip-filter action='allow'><address>@(a)</address></ip-filter>", []),
        ("<base /><ip-filter action='allow'><address>{{a}}</address></ip-filter>", []),
        (
            "<base /><ip-filter action='allow'><address>10.0.0.0/8</address></ip-filter>",
            ["error SFP204"],
        ),
        (
            "<base /><ip-filter action='allow'><address>10.0.0.256</address></ip-filter>",
            ["error SFP204"],
        ),
        (
            "<base /><ip-filter action='allow'><address-range from='10.0.0.1' to='10.0.0.x' />"
            "</ip-filter>",
            ["error SFP204"],
        ),
        # Learn, proxy: "Only HTTP (not HTTPS) is supported"
        ("<base /><proxy url='http://proxy:8080' />", []),
        ("<base /><proxy url='https://proxy:8080' />", ["error SFP204"]),
        ("<base /><proxy url='@(a)' />", []),
        # Learn, quota-by-key
        (
            "<base /><quota-by-key calls='1' renewal-period='300' counter-key='a' "
            "first-period-start='2026-02-01T00:00:00Z' />",
            [],
        ),
        (
            "<base /><quota-by-key calls='1' renewal-period='300' counter-key='a' "
            "first-period-start='2026-02-30T00:00:00Z' />",
            ["error SFP204"],
        ),
        (
            "<base /><quota-by-key calls='1' renewal-period='300' counter-key='a' "
            "first-period-start='2026-02-01' />",
            ["error SFP204"],
        ),
        (
            "<base /><quota-by-key calls='1' renewal-period='300' counter-key='a' "
            "first-period-start='2026-2-1T0:0:0Z' />",
            ["error SFP204"],
        ),
        # Learn, llm-token-limit, example "Token quota"
        (
            "<base /><llm-token-limit counter-key='a' token-quota='1' "
            "token-quota-period='Daily' />",
            ["warning SFP202"],
        ),
        # Azure-Samples/ai-hub-gateway-solution-accelerator
        (
            "<base /><check-header name='a' failed-check-httpcode='401' "
            "failed-check-error-message='b' />",
            ["warning SFP202"],
        ),
        # Learn, cors: `*` alone, or origins with scheme and host
        (ORIGINS.format("<origin>*</origin>"), []),
        (ORIGINS.format("<origin>https://a:8443</origin><origin>{{b}}</origin>"), []),
        (ORIGINS.format("<origin>https://a</origin><origin>*</origin>"), ["warning SFP206"]),
        (ORIGINS.format("<origin>a.example</origin>"), ["warning SFP204"]),
        (ORIGINS.format("<origin>'https://a.example'</origin>"), ["warning SFP204"]),
        # empty where something is needed, and where nothing is something
        ("<base /><set-variable name='' value='a' />", ["error SFP202"]),
        ("<base /><set-variable name='a' value='' />", []),
        ("<base /><find-and-replace from='' to='' />", ["error SFP202"]),
        ("<base /><find-and-replace from='a' to='' />", []),
        ("<base /><set-header name=''><value>a</value></set-header>", ["error SFP202"]),
        ("<base /><include-fragment fragment-id='' />", ["error SFP202"]),
        ("<base /><authentication-managed-identity resource='' />", ["error SFP202"]),
        ("<base /><set-backend-service base-url='' />", ["warning SFP202"]),
        # Learn, validate-content, "content attributes"
        (CONTENT.format("type='text/xml' validate-as='soap'"), []),
        (CONTENT.format("validate-as='soap'"), []),
        (CONTENT.format("type='{{a}}' validate-as='soap'"), []),
        (CONTENT.format("type='application/json' validate-as='soap'"), ["warning SFP206"]),
        (CONTENT.format("validate-as='json' schema-id='a' schema-ref='#/b'"), []),
        (CONTENT.format("validate-as='json' schema-ref='#/b'"), ["warning SFP206"]),
        (CONTENT.format("validate-as='xml' schema-id='a' schema-ref='#/b'"), ["warning SFP206"]),
        # Learn, publish-to-dapr: without component the topic names it
        ("<base /><publish-to-dapr topic='a' pubsub-name='b'>c</publish-to-dapr>", []),
        ("<base /><publish-to-dapr topic='a/b'>c</publish-to-dapr>", []),
        ("<base /><publish-to-dapr topic='{{a}}'>c</publish-to-dapr>", []),
        ("<base /><publish-to-dapr topic='a'>c</publish-to-dapr>", ["warning SFP206"]),
        # Learn, xsl-transform, "Elements"
        ("<base /><xsl-transform><parameter name='a'>b</parameter></xsl-transform>", NEEDS),
        ("<base /><xsl-transform />", NEEDS),
        ("<base /><xsl-transform><s:transform version='1.0' /></xsl-transform>", []),
        ("<base /><xsl-transform>{{sheet}}</xsl-transform>", []),
        # Learn, send-request, "Elements"; Microsoft's toolkit can leave the method out
        (SEND.format("<set-url>https://a</set-url>"), ["warning SFP302"]),
        (SEND.format("<set-url>https://a</set-url><set-method>GET</set-method>"), []),
        (SEND.format("<set-method>GET</set-method>"), NEEDS),
        # Learn, validate-jwt, "key attributes"
        (KEYS.format("<key id='a' />"), ["error SFP305"]),
        (KEYS.format("<key certificate-id='a' /><key n='a' e='b' /><key>YQ==</key>"), []),
        # The page allows no expression, the toolkit's configuration does
        (f"<base /><authentication-managed-identity resource='a' client-id='{CODE}' />", MILD),
        (f"<base /><log-to-eventhub logger-id='{CODE}'>a</log-to-eventhub>", MILD),
        ("<base /><log-to-eventhub>a</log-to-eventhub>", ["error SFP202"]),
        ("<base /><trace><message>a</message></trace>", ["error SFP202"]),
        # Learn, retry: "Retry wait times"
        (
            "<base /><retry condition='@(a)' count='1' interval='1' max-interval='9'><set-status "
            "code='200' /></retry>",
            ["warning SFP206"],
        ),
        (
            "<base /><retry condition='@(a)' count='1' interval='1' delta='1' max-interval='9'>"
            "<set-status code='200' /></retry>",
            [],
        ),
        # Learn, emit-metric
        ("<base /><emit-metric name='a'><dimension name='API ID' /></emit-metric>", []),
        ("<base /><emit-metric name='a'><dimension name='@(a)' /></emit-metric>", []),
        (
            "<base /><emit-metric name='a'><dimension name='Client IP' /></emit-metric>",
            ["error SFP202"],
        ),
        (
            "<base /><llm-emit-token-metric>"
            + "".join(f"<dimension name='n{i}' value='a' />" for i in range(5))
            + "<dimension name='API ID' /><dimension name='User ID' /></llm-emit-token-metric>",
            [],
        ),
        (
            "<base /><llm-emit-token-metric>"
            + "".join(f"<dimension name='n{i}' value='a' />" for i in range(6))
            + "</llm-emit-token-metric>",
            ["warning SFP303"],
        ),
        # Learn, trace
        ("<base /><trace source='a'>text</trace>", []),
        ("<base /><trace source='a' />", ["error SFP302"]),
        # Learn, set-header, limitations: of requests `Server` is a header as any other
        ("<base /><set-header name='Server' exists-action='delete' />", []),
        (
            "<base /><set-header name='x-forwarded-for' exists-action='delete' />",
            ["warning SFP208"],
        ),
        # Learn, validate-jwt
        (
            "<base /><validate-jwt header-name='a'><openid-config url='https://a' "
            "validate-connectivity='false' /></validate-jwt>",
            [],
        ),
        # Learn, cache-remove-value
        ("<base /><cache-remove-value key='a' fail-on-cache-removal-error='true' />", []),
        # Learn, set-body: liquid in return-response
        (
            "<base /><return-response><set-body template='liquid'>{{context.RequestId}}</set-body>"
            "</return-response>",
            [],
        ),
    ],
)
def test_the_reference_is_kept(inbound: str, findings: list[str]) -> None:
    assert found(inbound) == findings


def test_each_part_of_a_quota_limits_something() -> None:
    """Learn, quota, "api attributes" and "operation attributes"."""
    api = (
        "<base /><quota calls='1' renewal-period='60'><api id='a' {}><operation id='b' {} /></api>"
        "</quota>"
    )

    def severities(of_api: str, of_operation: str) -> list[tuple[str, str]]:
        source = policies(api.format(of_api, of_operation))
        return [(each.severity, each.rule) for each in check(read(source), scope="product")]

    assert severities("calls='1'", "bandwidth='1'") == []
    assert severities("calls='1'", "") == [("error", "SFP206")]
    assert severities("", "calls='1'") == [("error", "SFP206")]


STORE = "<base /><cache-store duration='1' />"
LOOKUP = "<base /><cache-lookup vary-by-developer='false' vary-by-developer-groups='false' />"


def test_what_is_cached_is_looked_up() -> None:
    """Learn, cache-store: "This policy must have a corresponding Get from cache policy"."""
    assert found(LOOKUP, STORE) == []
    assert found(outbound=STORE) == ["warning SFP409"]
    assert found(LOOKUP) == ["warning SFP409"]
    assert found("<base /><include-fragment fragment-id='a' />", STORE) == []
    inside = f"<choose><when condition='@(a)'>{LOOKUP}</when></choose>"
    assert found(inside, STORE) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"https://@(context.Request.Headers["host"])/v1"', '"@("https://" + …)"'),
        ('"Bearer @{ return " a"; }"', '"@("Bearer " + …)"'),
        ("'it @(f('a'))'", '"@("it " + …)"'),
        ('"https://{{host}}/@(f("a"))"', '"@("https://{{host}}/" + …)"'),
        ('"${url}/@(f("a"))"', '"@("${url}/" + …)"'),
        ('"a\\b@(f("a"))"', '"@("a\\\\b" + …)"'),
        (f'"{"x" * 50}@(f("a"))"', f'"@("{"x" * 39}…" + …)"'),
    ],
)
def test_quotes_in_a_late_expression_are_explained(value: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        read(policies(f"<base />\n<set-variable name='a' value={value} />"), "a.xml")
    assert raised.value.where == "a.xml:3:24"
    assert raised.value.problem == (
        "the expression in `value` stands after other text, so the first quote in it ends the value"
    )
    assert raised.value.fix == f"make the whole value one expression: value={told}"


@pytest.mark.parametrize("value", ['"@("a")/b"', '"@(a)b"', "'@(a) @(b)'"])
def test_text_after_an_expression_is_explained(value: str) -> None:
    with pytest.raises(InputError) as raised:
        read(policies(f"<base />\n<set-variable name='a' value={value} />"), "a.xml")
    assert raised.value.fix == 'put it into the expression: @(… + "…")'


def test_other_faults_after_a_late_expression_stay_what_they_are() -> None:
    with pytest.raises(InputError, match="there is no space before an attribute"):
        read(policies("""<set-variable name="x @(a)" value="b"c="d" />"""))
    assert found("<base /><set-variable name='a' value='x @(b' />") == ["warning SFP207"]


def test_a_quote_within_a_value_is_explained() -> None:
    """Learn's page on client certificates shows a subject so."""
    identity = """<identity subject="C=US, O="Contoso, Inc.", CN=*.contoso.com" />"""
    with pytest.raises(InputError) as raised:
        read(policies(f"<base />\n{identity}"), "a.xml")
    assert raised.value.where == "a.xml:3:29"
    assert raised.value.fix == "a quote within the value before it is written `&quot;`"
