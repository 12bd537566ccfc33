"""The policies of API Management: one entry each, from which checks and builders follow.

Sources, read for the facts and put in our own words: Learn, "API Management policy reference" and
the page of each policy (its address is in the entry), and Microsoft's
azure-api-management-policy-toolkit for what a page leaves open. Where the two differ on sections,
Learn's stand in `sections` and the toolkit's in `disputed`; where they differ on names, both are
accepted. Where a page says nothing of expressions they are allowed, as Learn's general rule has it.
A limit that the examples of pages or samples that Microsoft deploys break is left out, or is marked
as tolerated or disputed: the severity of a finding follows what the service refuses, not what a
page says.
"""

from __future__ import annotations

from dataclasses import replace

from constructs_lib.policy.specification import (
    Attribute,
    Child,
    ElementSpecification,
    GatewayKind,
    Needed,
    Policy,
    ScopeName,
    SectionName,
    TextContent,
    ValueKind,
)

_INBOUND: tuple[SectionName, ...] = ("inbound",)
_OUTBOUND: tuple[SectionName, ...] = ("outbound",)
_EVERYWHERE: tuple[SectionName, ...] = ("inbound", "backend", "outbound", "on-error")
_NOT_BACKEND: tuple[SectionName, ...] = ("inbound", "outbound", "on-error")

_ALL_SCOPES: tuple[ScopeName, ...] = ("global", "workspace", "product", "api", "operation")
_NO_WORKSPACE: tuple[ScopeName, ...] = ("global", "product", "api", "operation")

_ALL: tuple[GatewayKind, ...] = ("classic", "v2", "consumption", "self-hosted", "workspace")
_NOT_CONSUMPTION: tuple[GatewayKind, ...] = ("classic", "v2", "self-hosted", "workspace")
_NOT_WORKSPACE: tuple[GatewayKind, ...] = ("classic", "v2", "consumption", "self-hosted")
_CLOUD: tuple[GatewayKind, ...] = ("classic", "v2", "consumption")

_LEARN = "https://learn.microsoft.com/azure/api-management/"


def _given(
    name: str,
    summary: str,
    kind: ValueKind = "text",
    *,
    expression: bool = False,
    values: tuple[str, ...] = (),
    default: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    zero: bool = False,
    required: bool = False,
    empty: bool = False,
    tolerated: bool = False,
    disputed: bool = False,
) -> Attribute:
    return Attribute(
        name,
        summary,
        kind,
        required,
        values,
        default,
        minimum,
        maximum,
        zero,
        expression,
        empty=empty,
        tolerated=tolerated,
        disputed=disputed,
    )


def _required(
    name: str,
    summary: str,
    kind: ValueKind = "text",
    *,
    expression: bool = False,
    values: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    zero: bool = False,
    empty: bool = False,
    tolerated: bool = False,
    disputed: bool = False,
) -> Attribute:
    return _given(
        name,
        summary,
        kind,
        expression=expression,
        values=values,
        minimum=minimum,
        maximum=maximum,
        zero=zero,
        required=True,
        empty=empty,
        tolerated=tolerated,
        disputed=disputed,
    )


def _texts(
    name: str,
    summary: str,
    minimum: int = 0,
    maximum: int | None = None,
    *attributes: Attribute,
    required: bool = True,
    expression: bool = True,
    kind: ValueKind = "text",
    tolerated: bool = False,
) -> Child:
    """An element that holds nothing but text."""
    text = TextContent(required, expression, kind, tolerated)
    return Child(name, ElementSpecification(name, summary, attributes, text=text), minimum, maximum)


def _wrapped(
    name: str,
    summary: str,
    child: Child,
    *attributes: Attribute,
    required: bool = False,
    builder: str | None = None,
) -> Child:
    """An element that holds a list of others."""
    element = ElementSpecification(name, summary, attributes, (child,), builder=builder)
    return Child(name, element, int(required), 1)


def _part(
    name: str,
    summary: str,
    children: tuple[Child, ...],
    *attributes: Attribute,
    required: bool = False,
    any_order: bool = False,
    needed: tuple[Needed, ...] = (),
) -> Child:
    """An element of a resolver that holds several kinds of others."""
    element = ElementSpecification(
        name, summary, attributes, children, any_order=any_order, needed=needed
    )
    return Child(name, element, int(required), 1)


_SET_HEADER = Child("set-header")
_SET_METHOD = Child("set-method", maximum=1)
_FIXED_METHOD = Child("set-method", maximum=1, expression=False)
_SET_BODY = Child("set-body", maximum=1)
_SET_STATUS = Child("set-status", maximum=1)

_ACTIONS = ("ignore", "prevent", "detect")
_CACHING_TYPE = _given(
    "caching-type",
    "Which cache to use.",
    values=("prefer-external", "internal", "external"),
    default="prefer-external",
)
_EXISTS_ACTION = _given(
    "exists-action",
    "What to do if it is there already.",
    expression=True,
    values=("override", "skip", "append", "delete"),
    default="override",
)

_VALUE = Needed("value", "exists-action", unless=("delete",))
_URL = Needed("set-url", "mode", unless=("copy",))
_METHOD = Needed("set-method", "mode", unless=("copy",), tolerated=True)  # so in the toolkit


def _apply(content_type: str) -> Attribute:
    return _required(
        "apply",
        "Whether to convert always or by the content type.",
        expression=True,
        values=("always", content_type),
    )


_CONSIDER_ACCEPT = _given(
    "consider-accept-header",
    "Whether to convert only if the caller accepts the result.",
    "boolean",
    expression=True,
    default="true",
)
_IGNORE_ERROR = _given("ignore-error", "Whether to go on if it fails.", "boolean", default="false")
_COUNTERS = (
    _given("retry-after-header-name", "Response header with the seconds to wait."),
    _given("retry-after-variable-name", "Variable with the seconds to wait."),
)
_CALL_COUNTERS = (
    *_COUNTERS,
    _given("remaining-calls-header-name", "Response header with the calls that are left."),
    _given("remaining-calls-variable-name", "Variable with the calls that are left."),
    _given("total-calls-header-name", "Response header with the value of `calls`."),
)
_CLAIMS = _wrapped(
    "required-claims",
    "Claims that the token must carry.",
    Child(
        "claim",
        ElementSpecification(
            "claim",
            "A claim that the token must carry.",
            (
                _required("name", "Name of the claim.", expression=True),
                _given(
                    "match",
                    "Whether every value must be there, or one of them.",
                    expression=True,
                    values=("all", "any"),
                    default="all",
                ),
                _given("separator", "What separates values within one claim.", expression=True),
            ),
            (_texts("value", "A value of the claim."),),
            builder="Claim",
        ),
        1,
    ),
)
_TOKEN_SOURCE = (
    _given("header-name", "Header that holds the token.", expression=True),
    _given("query-parameter-name", "Query parameter that holds the token.", expression=True),
    _given("token-value", "The token itself, without `Bearer`.", expression=True),
)
_TOKEN_REFUSAL = (
    _given(
        "failed-validation-httpcode",
        "Status code of the refusal.",
        "integer",
        expression=True,
        default="401",
        minimum=100,
        maximum=599,
    ),
    _given("failed-validation-error-message", "Message of the refusal.", expression=True),
)
_OUTPUT_TOKEN = _given("output-token-variable-name", "Variable that receives the token.")
_KEY = ElementSpecification(
    "key",
    "A key: its text in Base64, a certificate, or an RSA modulus and exponent.",
    (
        _given("id", "The `kid` that the key is for.", expression=True),
        _given("certificate-id", "Certificate in API Management.", expression=True),
        _given("n", "RSA modulus in Base64url."),
        _given("e", "RSA exponent in Base64url."),
    ),
    text=TextContent(required=True, unless=("certificate-id", "n")),
    together=(("n", "e"),),
    builder="Key",
)
DEFAULT_DIMENSIONS = frozenset(
    {
        "API ID",
        "Backend ID",
        "Gateway ID",
        "Location",
        "Operation ID",
        "Product ID",
        "Subscription ID",
        "User ID",
    }
)
"""Dimensions of metrics whose value API Management knows."""

MOST_DIMENSIONS = 5
"""How many other dimensions a metric may have by its page; the service takes more."""

UNCHANGING_HEADERS = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers that no policy can append, override or delete: Learn, set-header, "Limitations"."""

_DIMENSIONS = Child(
    "dimension",
    ElementSpecification(
        "dimension",
        "A dimension of a metric.",
        (
            _required("name", "Name of the dimension.", expression=True),
            _given(
                "value",
                "Its value; needed unless API Management knows that of the name.",
                expression=True,
            ),
        ),
        builder="Dimension",
    ),
    1,
)


def _policy(
    name: str,
    summary: str,
    sections: tuple[SectionName, ...],
    attributes: tuple[Attribute, ...] = (),
    children: tuple[Child, ...] = (),
    *,
    disputed: tuple[SectionName, ...] = (),
    scopes: tuple[ScopeName, ...] = _ALL_SCOPES,
    gateways: tuple[GatewayKind, ...] = _ALL,
    once: str | None = None,
    page: str | None = None,
    partner: tuple[str, SectionName] | None = None,
    text: TextContent | None = None,
    policies: bool = False,
    anything: bool = False,
    exactly_one: tuple[tuple[str, ...], ...] = (),
    at_least_one: tuple[tuple[str, ...], ...] = (),
    at_most_one: tuple[tuple[str, ...], ...] = (),
    together: tuple[tuple[str, ...], ...] = (),
    along: tuple[tuple[str, str], ...] = (),
    any_order: bool = False,
    needed: tuple[Needed, ...] = (),
) -> Policy:
    element = ElementSpecification(
        name,
        summary,
        attributes,
        children,
        text=text,
        policies=policies,
        anything=anything,
        exactly_one=exactly_one,
        at_least_one=at_least_one,
        at_most_one=at_most_one,
        together=together,
        along=along,
        any_order=any_order,
        needed=needed,
        builder="".join(part.capitalize() for part in name.split("-")),
    )
    url = f"{_LEARN}{page or name + '-policy'}"
    limit = "section" if once == "section" else "document" if once == "document" else None
    return Policy(element, sections, disputed, scopes, gateways, limit, partner, url)


def _limits(
    policy: str, builder: str, *attributes: Attribute, at_least_one: tuple[str, ...] = ()
) -> Child:
    """The `api` and `operation` elements of `rate-limit` and `quota`."""
    groups = (("name", "id"), *([at_least_one] if at_least_one else []))
    names = (
        _given("name", "Its name.", expression=True),
        _given("id", "Its id, which wins over the name.", expression=True),
    )
    operation = ElementSpecification(
        "operation",
        f"The {policy} of one operation.",
        (*names, *attributes),
        at_least_one=groups,
        builder=f"{builder}Operation",
    )
    api = ElementSpecification(
        "api",
        f"The {policy} of one API of a product.",
        (*names, *attributes),
        (Child("operation", operation),),
        at_least_one=groups,
        builder=f"{builder}Api",
    )
    return Child("api", api)


def _parameters(name: str, *attributes: Attribute) -> Child:
    parameter = ElementSpecification(
        "parameter",
        "What to do about one parameter.",
        (
            _required("name", "Name of the parameter.", expression=True),
            _required("action", "What to do.", expression=True, values=_ACTIONS),
        ),
        builder="Parameter",
    )
    element = ElementSpecification(
        name,
        f"What to do about parameters in the {name}.",
        attributes,
        (Child("parameter", parameter),),
        builder=f"Validate{name.capitalize()}Parameters",
    )
    return Child(name, element, 0, 1)


def _token_limit(name: str, what: str) -> Policy:
    return _policy(
        name,
        f"Limits the tokens of {what} per key.",
        _INBOUND,
        (
            _required("counter-key", "What to count by.", expression=True),
            _given(
                "tokens-per-minute", "Tokens in a minute.", "integer", expression=True, minimum=0
            ),
            _given("token-quota", "Tokens in a period.", "integer", expression=True, minimum=0),
            _given(
                "token-quota-period",
                "The period.",
                expression=True,
                values=("Hourly", "Daily", "Weekly", "Monthly", "Yearly"),
            ),
            _required(
                "estimate-prompt-tokens",
                "Whether to count prompts beforehand.",
                "boolean",
                expression=True,
                tolerated=True,  # the second example of its page leaves it out
            ),
            *_COUNTERS,
            _given("remaining-quota-tokens-header-name", "Header with what is left of the quota."),
            _given("remaining-quota-tokens-variable-name", "Variable with what is left of it."),
            _given("remaining-tokens-header-name", "Header with what is left of the minute."),
            _given("remaining-tokens-variable-name", "Variable with what is left of it."),
            _given("tokens-consumed-header-name", "Header with the tokens used."),
            _given("tokens-consumed-variable-name", "Variable with the tokens used."),
        ),
        gateways=_NOT_CONSUMPTION,
        at_least_one=(("tokens-per-minute", "token-quota"),),
        together=(("token-quota", "token-quota-period"),),
    )


def _token_metric(name: str, what: str) -> Policy:
    return _policy(
        name,
        f"Sends the token usage of {what} to Application Insights.",
        _INBOUND,
        (
            _given("namespace", "Namespace of the metric.", disputed=True),
            _given("value", "The value.", "number", expression=True, default="1"),
        ),
        (_DIMENSIONS,),
    )


def _semantic_lookup(name: str, what: str, scopes: tuple[ScopeName, ...]) -> Policy:
    return _policy(
        name,
        f"Answers {what} from the cache if a similar prompt was there.",
        _INBOUND,
        (
            _required(
                "score-threshold",
                "How much prompts may differ, from 0 (not at all).",
                "number",
                expression=True,
                minimum=0,
                maximum=1,
            ),
            _required("embeddings-backend-id", "Backend of the embeddings.", expression=True),
            _required(
                "embeddings-backend-auth",
                "How to log in there.",
                values=("system-assigned",),
            ),
            _given(
                "ignore-system-messages",
                "Whether to leave system messages out.",
                "boolean",
                expression=True,
                default="false",
            ),
            _given(
                "max-message-count",
                "Messages beyond which nothing is cached.",
                "integer",
                expression=True,
                minimum=0,
            ),
            _given("cache-id", "Cache in API Management.", expression=True),
        ),
        (_texts("vary-by", "What the cache tells apart by."),),
        scopes=scopes,
        once="section",
        partner=(name.replace("-lookup", "-store"), "outbound"),
    )


_CACHE_RESPONSE = _given(
    "cache-response",
    "Whether to keep it; if left out, only answers with 200 are kept.",
    "boolean",
    expression=True,
)


def _semantic_store(name: str, what: str, scopes: tuple[ScopeName, ...]) -> Policy:
    return _policy(
        name,
        f"Puts the answer of {what} into the cache.",
        _OUTBOUND,
        (
            _required("duration", "Seconds to keep it.", "integer", expression=True, minimum=1),
            _CACHE_RESPONSE,
        ),
        scopes=scopes,
        once="section",
        partner=(name.replace("-store", "-lookup"), "inbound"),
    )


def _resolver(
    name: str,
    summary: str,
    children: tuple[Child, ...],
    gateways: tuple[GatewayKind, ...],
    exactly_one: tuple[tuple[str, ...], ...] = (),
) -> Policy:
    return _policy(
        name,
        summary,
        (),
        (),
        children,
        scopes=("resolver",),
        gateways=gateways,
        exactly_one=exactly_one,
    )


_INCLUDE_FRAGMENT = Child("include-fragment")
_PUBLISH_EVENT = Child("publish-event", maximum=1)
_LIQUID = _given("template", "How to read the text.", values=("liquid",))
_CONNECTION_STRING = _texts(
    "connection-string",
    "How to connect; without a key or password for a managed identity.",
    1,
    1,
    _given(
        "use-managed-identity",
        "Whether to log in with the identity of the gateway.",
        "boolean",
        expression=True,
        default="false",
    ),
)
_ITEM_ID = _texts("id", "Id of the item.", 1, 1, _LIQUID)
_PARTITION_KEY = _texts(
    "partition-key",
    "Where the item is.",
    0,
    1,
    _given(
        "data-type",
        "Type of the key.",
        values=("string", "number", "bool", "none", "null"),
        default="string",
    ),
    _LIQUID,
)
_ETAG = _texts(
    "etag",
    "State of the item that is expected.",
    0,
    1,
    _given(
        "type",
        "Whether it must be that one.",
        values=("match", "no-match"),
        default="match",
    ),
    _LIQUID,
)
_CONSISTENCY = _given(
    "consistency-level",
    "How consistent the result must be.",
    values=("bounded-staleness", "consistent-prefix", "eventual", "session", "strong"),
)
_TRIGGERS = (
    _given("pre-trigger", "Function of the container that runs before."),
    _given("post-trigger", "Function of the container that runs after."),
)

CHAPTERS: dict[str, tuple[Policy, ...]] = {
    "authentication": (
        _policy(
            "authentication-basic",
            "Logs in to the backend with a user name and password.",
            _INBOUND,
            (
                _required("username", "User name.", expression=True),
                _required(
                    "password",
                    "Password; use a named value that is secret.",
                    expression=True,
                    empty=True,
                ),
            ),
            once="section",
        ),
        _policy(
            "authentication-certificate",
            "Logs in to the backend with a client certificate.",
            _INBOUND,
            (
                _given("thumbprint", "Thumbprint of the certificate.", expression=True),
                _given("certificate-id", "Certificate in API Management.", expression=True),
                _given("body", "The certificate as bytes.", expression=True),
                _given("password", "Password of the certificate in `body`.", expression=True),
            ),
            exactly_one=(("thumbprint", "certificate-id", "body"),),
            along=(("password", "body"),),
        ),
        _policy(
            "authentication-managed-identity",
            "Gets a token for the gateway's managed identity and sends it to the backend.",
            _INBOUND,
            (
                _required(
                    "resource", "Whom the token is for: client id or App ID URI.", expression=True
                ),
                _given("client-id", "Client id of a user-assigned identity.", disputed=True),
                _OUTPUT_TOKEN,
                _IGNORE_ERROR,
                _given(
                    "authentication-provider",
                    "How a self-hosted gateway gets the token.",
                    values=("WorkloadIdentity",),
                ),
            ),
            disputed=("outbound",),
            scopes=_NO_WORKSPACE,
            gateways=_NOT_WORKSPACE,
        ),
        _policy(
            "check-header",
            "Refuses requests without a header, or without one of its values.",
            _INBOUND,
            (
                _required("name", "Name of the header.", expression=True),
                _required(
                    "failed-check-httpcode",
                    "Status code of the refusal.",
                    "integer",
                    expression=True,
                    minimum=100,
                    maximum=599,
                ),
                _required(
                    "failed-check-error-message",
                    "Message of the refusal.",
                    expression=True,
                    empty=True,
                ),
                _required(
                    "ignore-case",
                    "Whether values match in any case.",
                    "boolean",
                    expression=True,
                    tolerated=True,  # Azure-Samples/ai-hub-gateway-solution-accelerator
                ),
            ),
            (_texts("value", "A value that is allowed."),),
        ),
        _policy(
            "get-authorization-context",
            "Gets a token of a connection in the credential manager.",
            _INBOUND,
            (
                _required("provider-id", "Credential provider.", expression=True),
                _required("authorization-id", "Connection.", expression=True),
                _required("context-variable-name", "Variable for the result.", expression=True),
                _given(
                    "identity-type",
                    "Whose access is checked.",
                    expression=True,
                    values=("managed", "jwt"),
                    default="managed",
                ),
                _given("identity", "Token to check for the type `jwt`.", expression=True),
                _given(
                    "ignore-error",
                    "Whether to go on if it fails.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
            ),
            along=(("identity", "identity-type"),),
            disputed=("backend", "outbound"),
            scopes=_NO_WORKSPACE,
            gateways=_CLOUD,
        ),
        _policy(
            "ip-filter",
            "Allows or forbids callers by address.",
            _INBOUND,
            (
                _required(
                    "action",
                    "What to do with these addresses.",
                    expression=True,
                    values=("allow", "forbid"),
                ),
            ),
            (
                _texts("address", "An address.", kind="address"),
                Child(
                    "address-range",
                    ElementSpecification(
                        "address-range",
                        "A range of addresses.",
                        (
                            _required("from", "First address.", "address", expression=True),
                            _required("to", "Last address.", "address", expression=True),
                        ),
                        builder="AddressRange",
                    ),
                ),
            ),
            at_least_one=(("address", "address-range"),),
        ),
        _policy(
            "validate-azure-ad-token",
            "Refuses requests without a valid token of Microsoft Entra ID.",
            _INBOUND,
            (
                _required(
                    "tenant-id",
                    "Tenant id or domain, or `common`, `organizations`.",
                    expression=True,
                ),
                *_TOKEN_SOURCE,
                _given(
                    "authentication-endpoint",
                    "Entra endpoint of a national cloud, such as `https://login.microsoftonline.us`.",
                    expression=True,
                ),
                *_TOKEN_REFUSAL,
                _OUTPUT_TOKEN,
            ),
            (
                _wrapped(
                    "backend-application-ids",
                    "Applications that may be called.",
                    _texts("application-id", "Client id.", 1, expression=False),
                ),
                _wrapped(
                    "client-application-ids",
                    "Applications that may call.",
                    _texts("application-id", "Client id.", 1, expression=False),
                ),
                _wrapped(
                    "audiences",
                    "Accepted audiences.",
                    # The page allows expressions, but they are not run: azure-docs #123314.
                    _texts("audience", "An audience.", 1, expression=False, tolerated=True),
                ),
                _CLAIMS,
                _wrapped(
                    "decryption-keys",
                    "Keys of encrypted tokens.",
                    Child("key", _KEY, 1),
                ),
            ),
            at_most_one=(("header-name", "query-parameter-name", "token-value"),),
        ),
        _policy(
            "validate-jwt",
            "Refuses requests without a valid JSON web token.",
            _INBOUND,
            (
                *_TOKEN_SOURCE,
                *_TOKEN_REFUSAL,
                _given(
                    "require-expiration-time",
                    "Whether `exp` must be there.",
                    "boolean",
                    expression=True,
                    default="true",
                ),
                _given(
                    "require-scheme", "Scheme before the token, such as `Bearer`.", expression=True
                ),
                _given(
                    "require-signed-tokens",
                    "Whether it must be signed.",
                    "boolean",
                    expression=True,
                    default="true",
                ),
                _given(
                    "clock-skew",
                    "Seconds that clocks may differ.",
                    "integer",
                    expression=True,
                    default="0",
                    minimum=0,
                ),
                _OUTPUT_TOKEN,
            ),
            (
                Child(
                    "openid-config",
                    ElementSpecification(
                        "openid-config",
                        "Where to find issuer and keys.",
                        (
                            _required(
                                "url", "Address of the OpenID configuration.", expression=True
                            ),
                            _given(
                                "validate-connectivity",
                                "Whether the address is tried when the policy is saved.",
                                "boolean",
                                expression=True,
                                default="true",
                            ),
                        ),
                        builder="OpenidConfig",
                    ),
                ),
                _wrapped("issuer-signing-keys", "Keys of signatures.", Child("key", _KEY, 1)),
                _wrapped("decryption-keys", "Keys of encrypted tokens.", Child("key", _KEY, 1)),
                _wrapped("audiences", "Accepted audiences.", _texts("audience", "An audience.", 1)),
                _wrapped("issuers", "Accepted issuers.", _texts("issuer", "An issuer.", 1)),
                _CLAIMS,
            ),
            exactly_one=(("header-name", "query-parameter-name", "token-value"),),
        ),
        _policy(
            "validate-client-certificate",
            "Refuses requests without a valid client certificate.",
            _INBOUND,
            (
                _given(
                    "validate-revocation",
                    "Whether to look at revocation lists.",
                    "boolean",
                    default="true",
                ),
                _given(
                    "validate-trust",
                    "Whether the chain must be trusted.",
                    "boolean",
                    default="true",
                ),
                _given(
                    "validate-not-before",
                    "Whether to look at its start.",
                    "boolean",
                    default="true",
                ),
                _given(
                    "validate-not-after", "Whether to look at its end.", "boolean", default="true"
                ),
                _IGNORE_ERROR,
            ),
            (
                _wrapped(
                    "identities",
                    "Certificates that are accepted.",
                    Child(
                        "identity",
                        ElementSpecification(
                            "identity",
                            "A certificate that is accepted, by what it says.",
                            (
                                _given("thumbprint", "Its thumbprint.", expression=True),
                                _given("serial-number", "Its serial number.", expression=True),
                                _given("common-name", "Its common name.", expression=True),
                                _given("subject", "Its subject.", expression=True),
                                _given("dns-name", "Its DNS name.", expression=True),
                                _given("issuer-subject", "Subject of its issuer.", expression=True),
                                _given(
                                    "issuer-thumbprint",
                                    "Thumbprint of its issuer.",
                                    expression=True,
                                ),
                                _given(
                                    "issuer-certificate-id",
                                    "Its issuer in API Management.",
                                    expression=True,
                                ),
                            ),
                            at_most_one=(
                                ("issuer-certificate-id", "issuer-subject"),
                                ("issuer-certificate-id", "issuer-thumbprint"),
                            ),
                            builder="Identity",
                        ),
                        1,
                        10,
                    ),
                ),
            ),
        ),
    ),
    "rate_limiting": (
        _policy(
            "rate-limit",
            "Limits the calls per subscription in a short period.",
            _INBOUND,
            (
                _required("calls", "Calls in the period.", "integer", minimum=0),
                _required(
                    "renewal-period",
                    "Seconds of the period, at most 300.",
                    "integer",
                    minimum=1,
                    maximum=300,
                ),
                *_CALL_COUNTERS,
            ),
            (
                _limits(
                    "rate limit",
                    "RateLimit",
                    _required("calls", "Calls in the period.", "integer", minimum=0),
                    _required(
                        "renewal-period",
                        "Seconds of the period, at most 300.",
                        "integer",
                        minimum=1,
                        maximum=300,
                    ),
                ),
            ),
            scopes=("product", "api", "operation"),
            once="document",
        ),
        _policy(
            "rate-limit-by-key",
            "Limits the calls per key in a short period.",
            _INBOUND,
            (
                _required("calls", "Calls in the period.", "integer", expression=True, minimum=0),
                _required(
                    "renewal-period",
                    "Seconds of the period, at most 300.",
                    "integer",
                    expression=True,
                    minimum=1,
                    maximum=300,
                ),
                _required("counter-key", "What to count by.", expression=True),
                _given("increment-condition", "Which calls count.", "boolean", expression=True),
                _given(
                    "increment-count",
                    "How much a call counts.",
                    "integer",
                    expression=True,
                    default="1",
                ),
                _given("increment-after-response", "Whether to count after the answer.", "boolean"),
                *_CALL_COUNTERS,
            ),
            gateways=_NOT_CONSUMPTION,
        ),
        _policy(
            "quota",
            "Limits calls or bytes per subscription in a long period.",
            _INBOUND,
            (
                _given("calls", "Calls in the period.", "integer", minimum=0),
                _given("bandwidth", "Kilobytes in the period.", "integer", minimum=0),
                _required(
                    "renewal-period",
                    "Seconds of the period; 0 for one without end.",
                    "integer",
                    minimum=0,
                ),
            ),
            (
                _limits(
                    "quota",
                    "Quota",
                    _given("calls", "Calls in the period.", "integer", minimum=0),
                    _given("bandwidth", "Kilobytes in the period.", "integer", minimum=0),
                    _given("renewal-period", "Seconds of the period.", "integer", minimum=0),
                    at_least_one=("calls", "bandwidth"),
                ),
            ),
            scopes=("product",),
            once="document",
            at_least_one=(("calls", "bandwidth"),),
        ),
        _policy(
            "quota-by-key",
            "Limits calls or bytes per key in a long period.",
            _INBOUND,
            (
                _given("calls", "Calls in the period.", "integer", minimum=0),
                _given("bandwidth", "Kilobytes in the period.", "integer", minimum=0),
                _required(
                    "renewal-period",
                    "Seconds of the period, at least 300; 0 for one without end.",
                    "integer",
                    minimum=300,
                    zero=True,
                ),
                _required("counter-key", "What to count by.", expression=True),
                _given("increment-condition", "Which calls count.", "boolean", expression=True),
                _given(
                    "increment-count",
                    "How much a call counts.",
                    "integer",
                    expression=True,
                    default="1",
                ),
                _given(
                    "first-period-start",
                    "When the first period starts: `yyyy-MM-ddTHH:mm:ssZ`.",
                    "moment",
                ),
            ),
            gateways=("classic", "self-hosted", "workspace"),
            at_least_one=(("calls", "bandwidth"),),
        ),
        _policy(
            "limit-concurrency",
            "Runs the policies in it for so many requests at a time; others get 429.",
            _EVERYWHERE,
            (
                _required("key", "What to count by.", expression=True),
                _required("max-count", "Requests at a time.", "integer", minimum=1),
            ),
            policies=True,
        ),
        _token_limit("azure-openai-token-limit", "Azure OpenAI"),
        _token_limit("llm-token-limit", "a language model"),
    ),
    "validation": (
        _policy(
            "llm-content-safety",
            "Has Azure AI Content Safety look at prompts and answers.",
            ("inbound", "outbound"),
            (
                _required("backend-id", "Backend of the service.", expression=True),
                _given(
                    "shield-prompt",
                    "Whether to look for attacks.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _given(
                    "enforce-on-completions",
                    "Whether to look at answers too.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _given(
                    "window-size",
                    "Characters of an answer that are looked at in one go.",
                    "integer",
                    expression=True,
                    default="10000",
                    minimum=1,
                ),
                _given(
                    "window-overlap-size",
                    "Characters that are looked at in both of two goes.",
                    "integer",
                    expression=True,
                    minimum=0,
                ),
            ),
            (
                _wrapped(
                    "categories",
                    "What to refuse.",
                    Child(
                        "category",
                        ElementSpecification(
                            "category",
                            "Content to refuse from a severity on.",
                            (
                                _required(
                                    "name",
                                    "The category.",
                                    expression=True,
                                    values=("Hate", "SelfHarm", "Sexual", "Violence"),
                                ),
                                _required(
                                    "threshold",
                                    "The severity.",
                                    "integer",
                                    expression=True,
                                    minimum=0,
                                    maximum=7,
                                ),
                            ),
                            builder="Category",
                        ),
                        1,
                    ),
                    _given(
                        "output-type",
                        "How many severities there are.",
                        expression=True,
                        values=("FourSeverityLevels", "EightSeverityLevels"),
                        default="FourSeverityLevels",
                    ),
                    builder="Categories",
                ),
                _wrapped("blocklists", "Lists of forbidden content.", _texts("id", "A list.", 1)),
            ),
            scopes=("global", "workspace", "product", "api"),
        ),
        _policy(
            "validate-content",
            "Looks at size and schema of a body.",
            _NOT_BACKEND,
            (
                _required(
                    "unspecified-content-type-action",
                    "For other content types.",
                    expression=True,
                    values=_ACTIONS,
                ),
                _required(
                    "max-size",
                    "Bytes, at most 4 MB.",
                    "integer",
                    expression=True,
                    minimum=1,
                    maximum=4 * 1024 * 1024,
                ),
                _required(
                    "size-exceeded-action",
                    "For bodies that are longer.",
                    expression=True,
                    values=_ACTIONS,
                ),
                _given("errors-variable-name", "Variable for the errors."),
            ),
            (
                _wrapped(
                    "content-type-map",
                    "Which content types to validate as which.",
                    Child(
                        "type",
                        ElementSpecification(
                            "type",
                            "A content type that is validated as another.",
                            (
                                _given("from", "Content type of the body.", expression=True),
                                _given(
                                    "when",
                                    "Condition instead of `from`.",
                                    "boolean",
                                    expression=True,
                                ),
                                _required("to", "What to validate it as.", expression=True),
                            ),
                            exactly_one=(("from", "when"),),
                            builder="ContentType",
                        ),
                    ),
                    _given("any-content-type-value", "What to validate every body as."),
                    _given(
                        "missing-content-type-value", "What to validate bodies without a type as."
                    ),
                    builder="ContentTypeMap",
                ),
                Child(
                    "content",
                    ElementSpecification(
                        "content",
                        "How to validate one content type.",
                        (
                            _required(
                                "validate-as",
                                "The format.",
                                values=("json", "xml", "soap"),
                                expression=True,
                            ),
                            _required(
                                "action",
                                "What to do about errors.",
                                values=_ACTIONS,
                                expression=True,
                            ),
                            _given(
                                "type", "The content type; every one if left out.", expression=True
                            ),
                            _given("schema-id", "Schema in API Management.", expression=True),
                            _given("schema-ref", "Path within the schema.", expression=True),
                            _given(
                                "allow-additional-properties",
                                "Whether others may be there.",
                                "boolean",
                            ),
                            _given(
                                "case-insensitive-property-names",
                                "Whether case matters.",
                                "boolean",
                            ),
                        ),
                        along=(("schema-ref", "schema-id"),),
                        builder="Content",
                    ),
                ),
            ),
            once="section",
        ),
        _policy(
            "validate-graphql-request",
            "Validates and authorizes GraphQL requests.",
            _INBOUND,
            (
                _given("error-variable-name", "Variable for the errors.", expression=True),
                _required(
                    "max-size",
                    "Bytes, at most 102400 unless Azure support raised it.",
                    "integer",
                    expression=True,
                    minimum=1,
                ),
                _given(
                    "max-depth",
                    "How deep a query may be.",
                    "integer",
                    expression=True,
                    default="6",
                    minimum=1,
                ),
            ),
            (
                _wrapped(
                    "authorize",
                    "Rules by path.",
                    Child(
                        "rule",
                        ElementSpecification(
                            "rule",
                            "What to do about a path.",
                            (
                                _required(
                                    "path", "Path of a type, field or directive.", expression=True
                                ),
                                _given(
                                    "action",
                                    "What to do.",
                                    expression=True,
                                    values=("allow", "remove", "reject", "ignore"),
                                    default="allow",
                                ),
                            ),
                            builder="GraphqlRule",
                        ),
                        1,
                    ),
                ),
            ),
            scopes=("global", "workspace", "product", "api"),
            once="section",
        ),
        _policy(
            "validate-odata-request",
            "Validates requests to an OData API.",
            _INBOUND,
            (
                _given("error-variable-name", "Variable for the errors."),
                _given("default-odata-version", "Version if none is named.", expression=True),
                _given("min-odata-version", "Lowest version.", expression=True),
                _given("max-odata-version", "Highest version.", expression=True),
                _given("max-size", "Bytes of a body.", "integer", minimum=1, expression=True),
            ),
            scopes=("global", "workspace", "product", "api"),
            once="section",
        ),
        _policy(
            "validate-parameters",
            "Validates headers, query and path against the API's schema.",
            _INBOUND,
            (
                _required(
                    "specified-parameter-action",
                    "For parameters in the schema.",
                    expression=True,
                    values=_ACTIONS,
                ),
                _required(
                    "unspecified-parameter-action", "For others.", expression=True, values=_ACTIONS
                ),
                _given("errors-variable-name", "Variable for the errors."),
            ),
            (
                _parameters(
                    "headers",
                    _required(
                        "specified-parameter-action",
                        "For headers in the schema.",
                        expression=True,
                        values=_ACTIONS,
                    ),
                    _required(
                        "unspecified-parameter-action",
                        "For others.",
                        expression=True,
                        values=_ACTIONS,
                    ),
                ),
                _parameters(
                    "query",
                    _required(
                        "specified-parameter-action",
                        "For parameters in the schema.",
                        expression=True,
                        values=_ACTIONS,
                    ),
                    _required(
                        "unspecified-parameter-action",
                        "For others.",
                        expression=True,
                        values=_ACTIONS,
                    ),
                ),
                _parameters(
                    "path",
                    _required(
                        "specified-parameter-action",
                        "For parameters in the schema.",
                        expression=True,
                        values=_ACTIONS,
                    ),
                ),
            ),
            once="section",
        ),
        _policy(
            "validate-headers",
            "Validates response headers against the API's schema.",
            ("outbound", "on-error"),
            (
                _required(
                    "specified-header-action",
                    "For headers in the schema.",
                    expression=True,
                    values=_ACTIONS,
                ),
                _required(
                    "unspecified-header-action", "For others.", expression=True, values=_ACTIONS
                ),
                _given("errors-variable-name", "Variable for the errors."),
            ),
            (
                Child(
                    "header",
                    ElementSpecification(
                        "header",
                        "What to do about one header.",
                        (
                            _required("name", "Name of the header.", expression=True),
                            _required("action", "What to do.", expression=True, values=_ACTIONS),
                        ),
                        builder="ValidateHeader",
                    ),
                ),
            ),
            once="section",
        ),
        _policy(
            "validate-status-code",
            "Validates status codes against the API's schema.",
            ("outbound", "on-error"),
            (
                _required(
                    "unspecified-status-code-action",
                    "For codes not in the schema.",
                    expression=True,
                    values=_ACTIONS,
                ),
                _given("errors-variable-name", "Variable for the errors."),
                _given("error-variable-name", "The same, as the policy toolkit calls it."),
            ),
            (
                Child(
                    "status-code",
                    ElementSpecification(
                        "status-code",
                        "What to do about one status code.",
                        (
                            _required(
                                "code",
                                "The code.",
                                "integer",
                                minimum=100,
                                maximum=599,
                                expression=True,
                            ),
                            _required("action", "What to do.", expression=True, values=_ACTIONS),
                        ),
                        builder="StatusCode",
                    ),
                ),
            ),
            once="section",
            at_most_one=(("errors-variable-name", "error-variable-name"),),
        ),
    ),
    "routing": (
        _policy(
            "base",
            "Runs what the scope above says.",
            _EVERYWHERE,
            page="api-management-howto-policies",
        ),
        _policy(
            "forward-request",
            "Forwards the request to the backend.",
            ("backend",),
            (
                _given(
                    "http-version",
                    "Version of HTTP towards the backend.",
                    expression=True,
                    values=("1", "2or1", "2"),
                    default="1",
                ),
                _given(
                    "timeout",
                    "Seconds to wait; beyond 240 connections may be dropped.",
                    "integer",
                    expression=True,
                    default="300",
                    minimum=0,
                ),
                _given(
                    "timeout-ms", "Milliseconds to wait.", "integer", expression=True, minimum=0
                ),
                _given(
                    "continue-timeout",
                    "Seconds to wait for `100 Continue`.",
                    "integer",
                    expression=True,
                    minimum=0,
                ),
                _given(
                    "follow-redirects",
                    "Whether to follow redirects.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _given(
                    "buffer-request-body",
                    "Whether to keep the body for a retry.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _given("buffer-response", "Whether to buffer chunks.", "boolean", default="true"),
                _given(
                    "fail-on-error-status-code",
                    "Whether 400 to 599 lead to on-error.",
                    "boolean",
                    default="false",
                ),
            ),
            once="document",
            at_most_one=(("timeout", "timeout-ms"),),
        ),
        _policy(
            "set-backend-service",
            "Sets where requests go: a backend of API Management or an address.",
            ("inbound", "backend"),
            (
                _given("base-url", "Address.", expression=True),
                _given("backend-id", "Backend in API Management.", expression=True),
                _given(
                    "sf-resolve-condition", "When to ask Service Fabric again.", expression=True
                ),
                _given("sf-service-instance-name", "Service Fabric instance.", expression=True),
                _given("sf-partition-key", "Service Fabric partition.", expression=True),
                _given("sf-listener-name", "Service Fabric listener.", expression=True),
                _given(
                    "sf-replica-type",
                    "Service Fabric replica.",
                    expression=True,
                    values=("primary", "secondary"),
                ),
                _given("dapr-app-id", "Dapr application.", expression=True),
                _given("dapr-method", "Dapr method.", expression=True),
                _given("dapr-namespace", "Dapr namespace.", expression=True),
            ),
            disputed=_EVERYWHERE,
            at_least_one=(("base-url", "backend-id"),),
            at_most_one=(("base-url", "backend-id"),),
        ),
        _policy(
            "proxy",
            "Forwards requests through an HTTP proxy.",
            _INBOUND,
            (
                _required(
                    "url", "Address of the proxy: `http://host:port`.", "http", expression=True
                ),
                _given("username", "User name.", expression=True),
                _given("password", "Password; use a named value that is secret.", expression=True),
            ),
        ),
    ),
    "caching": (
        _policy(
            "cache-lookup",
            "Answers from the cache if it can.",
            _INBOUND,
            (
                _required(
                    "vary-by-developer",
                    "Whether each developer has a cache.",
                    "boolean",
                    expression=True,
                ),
                _required(
                    "vary-by-developer-groups",
                    "Whether each group has one.",
                    "boolean",
                    expression=True,
                ),
                _given(
                    "allow-private-response-caching",
                    "Whether to cache requests with Authorization.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _CACHING_TYPE,
                _given(
                    "downstream-caching-type",
                    "Who else may cache.",
                    expression=True,
                    values=("none", "private", "public"),
                    default="none",
                ),
                _given(
                    "must-revalidate",
                    "Whether they must ask again.",
                    "boolean",
                    expression=True,
                    default="true",
                ),
            ),
            (
                _texts("vary-by-header", "A header that tells answers apart."),
                _texts("vary-by-query-parameter", "A query parameter that does."),
            ),
            once="section",
            partner=("cache-store", "outbound"),
        ),
        _policy(
            "cache-store",
            "Puts the answer into the cache.",
            _OUTBOUND,
            (
                _required("duration", "Seconds to keep it.", "integer", expression=True, minimum=0),
                _CACHE_RESPONSE,
            ),
            once="section",
            partner=("cache-lookup", "inbound"),
        ),
        _policy(
            "cache-lookup-value",
            "Gets a value from the cache.",
            _EVERYWHERE,
            (
                _required("key", "Its key.", expression=True),
                _required("variable-name", "Variable for the value."),
                _given("default-value", "Value if there is none.", expression=True),
                _CACHING_TYPE,
            ),
        ),
        _policy(
            "cache-store-value",
            "Puts a value into the cache.",
            _EVERYWHERE,
            (
                _required("key", "Its key.", expression=True),
                _required("value", "The value.", expression=True, empty=True),
                _required("duration", "Seconds to keep it.", "integer", expression=True, minimum=0),
                _CACHING_TYPE,
            ),
        ),
        _policy(
            "cache-remove-value",
            "Removes a value from the cache.",
            _EVERYWHERE,
            (
                _required("key", "Its key.", expression=True),
                _CACHING_TYPE,
                _given(
                    "fail-on-cache-removal-error",
                    "Whether the request fails if the value cannot be removed.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
            ),
        ),
        _policy(
            "cache-value",
            "Gets a value from the cache, or makes it by the policies in its `value`.",
            _EVERYWHERE,
            (
                _required("key", "Its key.", expression=True),
                _required("variable-name", "Variable for the value."),
                _given(
                    "expires-after", "Seconds to keep it.", "integer", expression=True, minimum=0
                ),
                _given(
                    "refresh-after",
                    "Seconds until it is made anew.",
                    "integer",
                    expression=True,
                    minimum=0,
                ),
                _given("default-value", "Value if there is none.", expression=True),
                _CACHING_TYPE,
            ),
            (
                Child(
                    "value",
                    ElementSpecification(
                        "value",
                        "Policies that make the value.",
                        policies=True,
                        builder="CachedValue",
                    ),
                    1,
                    1,
                ),
            ),
        ),
        _semantic_lookup(
            "azure-openai-semantic-cache-lookup", "Azure OpenAI requests", _ALL_SCOPES
        ),
        _semantic_store("azure-openai-semantic-cache-store", "Azure OpenAI", _ALL_SCOPES),
        _semantic_lookup(
            "llm-semantic-cache-lookup", "requests to a language model", _NO_WORKSPACE
        ),
        _semantic_store("llm-semantic-cache-store", "a language model", _NO_WORKSPACE),
    ),
    "transformation": (
        _policy(
            "set-method",
            "Sets the method of the request.",
            ("inbound", "on-error"),
            text=TextContent(required=True),
            disputed=("backend", "outbound"),
        ),
        _policy(
            "set-status",
            "Sets the status code.",
            _EVERYWHERE,
            (
                _required(
                    "code", "The code.", "integer", expression=True, minimum=100, maximum=999
                ),
                _given("reason", "The phrase.", expression=True),
            ),
        ),
        _policy(
            "set-variable",
            "Keeps a value for later expressions.",
            _EVERYWHERE,
            (
                _required("name", "Name of the variable."),
                _required("value", "The value.", expression=True, empty=True),
            ),
        ),
        _policy(
            "set-body",
            "Sets the body.",
            ("inbound", "backend", "outbound"),
            (
                _given("template", "How to read the text.", values=("none", "liquid")),
                _given(
                    "xsi-nil",
                    "What `xsi:nil` elements become in liquid.",
                    values=("blank", "null"),
                    default="blank",
                ),
                _given(
                    "parse-date",
                    "Whether texts with dates become dates.",
                    "boolean",
                    default="true",
                ),
                _given("use-value-element", "Whether XML text needs `.value`.", "boolean"),
            ),
            text=TextContent(),
            anything=True,
            disputed=("on-error",),
        ),
        _policy(
            "set-header",
            "Sets, adds or deletes a header.",
            _EVERYWHERE,
            (_required("name", "Name of the header.", expression=True), _EXISTS_ACTION),
            (_texts("value", "A value of the header.", required=False),),
            needed=(_VALUE,),
        ),
        _policy(
            "set-query-parameter",
            "Sets, adds or deletes a query parameter.",
            ("inbound", "backend"),
            (_required("name", "Name of the parameter.", expression=True), _EXISTS_ACTION),
            (_texts("value", "A value of the parameter.", required=False),),
            needed=(_VALUE,),
            disputed=("outbound", "on-error"),
        ),
        _policy(
            "rewrite-uri",
            "Changes the path that the backend gets.",
            _INBOUND,
            (
                _required(
                    "template",
                    "The path, with template parameters and query.",
                    expression=True,
                    empty=True,
                ),
                _given(
                    "copy-unmatched-params",
                    "Whether other query parameters go along.",
                    "boolean",
                    expression=True,
                    default="true",
                ),
            ),
        ),
        _policy(
            "json-to-xml",
            "Converts a body from JSON to XML.",
            _NOT_BACKEND,
            (
                _apply("content-type-json"),
                _CONSIDER_ACCEPT,
                _given(
                    "parse-date",
                    "Whether texts with dates become dates.",
                    "boolean",
                    default="true",
                    disputed=True,
                ),
                _given(
                    "namespace-separator",
                    "Character between prefix and name.",
                    expression=True,
                    default="_",
                ),
                _given(
                    "namespace-prefix",
                    "Prefix of namespace declarations.",
                    expression=True,
                    default="xmlns",
                ),
                _given(
                    "attribute-block-name", "Property that becomes attributes.", expression=True
                ),
            ),
            disputed=("backend",),
        ),
        _policy(
            "xml-to-json",
            "Converts a body from XML to JSON.",
            _NOT_BACKEND,
            (
                _required(
                    "kind",
                    "The form of the JSON.",
                    expression=True,
                    values=("javascript-friendly", "direct"),
                ),
                _apply("content-type-xml"),
                _CONSIDER_ACCEPT,
                _given(
                    "always-array-child-elements",
                    "Whether every child becomes an array.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
            ),
            disputed=("backend",),
        ),
        _policy(
            "find-and-replace",
            "Replaces a text in the body.",
            _EVERYWHERE,
            (
                _required("from", "What to look for.", expression=True),
                _required("to", "What to put there.", expression=True, empty=True),
            ),
        ),
        _policy(
            "redirect-content-urls",
            "Makes links in the body point to the gateway.",
            ("inbound", "outbound"),
            once="section",
        ),
        _policy(
            "xsl-transform",
            "Transforms an XML body by a style sheet.",
            ("inbound", "outbound"),
            anything=True,
            disputed=("on-error",),
            once="section",
        ),
        _policy(
            "return-response",
            "Ends the request with this answer.",
            _EVERYWHERE,
            (_given("response-variable-name", "Variable with a response to start from."),),
            (_SET_STATUS, _SET_HEADER, _SET_BODY),
        ),
        _policy(
            "mock-response",
            "Ends the request with an example of the API.",
            _NOT_BACKEND,
            (
                _given(
                    "status-code",
                    "Which response of the operation.",
                    "integer",
                    default="200",
                    minimum=100,
                    maximum=999,
                ),
                _given("content-type", "Which content type of it."),
                _given("index", "Which example of it.", "integer", minimum=0),
            ),
        ),
    ),
    "cross_domain": (
        _policy(
            "cors",
            "Lets browsers call from other origins.",
            _INBOUND,
            (
                _given(
                    "allow-credentials",
                    "Whether with credentials.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
                _given(
                    "terminate-unmatched-request",
                    "Whether other origins get an empty 200.",
                    "boolean",
                    expression=True,
                    default="true",
                ),
            ),
            (
                _wrapped(
                    "allowed-origins",
                    "Origins that may call.",
                    # The page is silent; Azure-Samples/Apim-Samples says that they are not run.
                    # The page wants scheme and host; the toolkit's tests have hosts alone.
                    _texts(
                        "origin",
                        "An origin, or `*`.",
                        1,
                        expression=False,
                        kind="origin",
                        tolerated=True,
                    ),
                    required=True,
                ),
                _wrapped(
                    "allowed-methods",
                    "Methods that they may use.",
                    _texts("method", "A method, or `*`.", 1),
                    _given(
                        "preflight-result-max-age",
                        "Seconds to keep the answer.",
                        "integer",
                        expression=True,
                        default="0",
                        minimum=0,
                    ),
                ),
                _wrapped(
                    "allowed-headers",
                    "Headers that they may send.",
                    _texts("header", "A header, or `*`.", 1),
                ),
                _wrapped(
                    "expose-headers",
                    "Headers that they may read.",
                    _texts("header", "A header, or `*`.", 1),
                ),
            ),
            once="section",
        ),
        _policy(
            "cross-domain",
            "Answers what Flash and Silverlight ask.",
            _INBOUND,
            anything=True,
            scopes=("global",),
        ),
        _policy(
            "jsonp",
            "Wraps JSON into a call.",
            _OUTBOUND,
            (
                _required(
                    "callback-parameter-name",
                    "Query parameter with the function's name.",
                    expression=True,
                ),
            ),
            once="section",
        ),
    ),
    "integration": (
        _policy(
            "send-request",
            "Sends a request and waits for the answer.",
            _EVERYWHERE,
            (
                _given(
                    "mode",
                    "A new request or a copy of this one.",
                    expression=True,
                    values=("new", "copy"),
                    default="new",
                ),
                _required(
                    "response-variable-name",
                    "Variable for the answer.",
                    expression=True,
                    tolerated=True,
                ),
                _given(
                    "timeout",
                    "Seconds to wait.",
                    "integer",
                    expression=True,
                    default="60",
                    minimum=0,
                ),
                _IGNORE_ERROR,
            ),
            (
                _texts("set-url", "The address.", 0, 1),
                _FIXED_METHOD,
                _SET_HEADER,
                _SET_BODY,
                Child("authentication-basic", maximum=1),
                Child("authentication-certificate", maximum=1),
                Child("authentication-managed-identity", maximum=1),
                Child("proxy", maximum=1),
            ),
            needed=(_URL, _METHOD),
        ),
        _policy(
            "send-one-way-request",
            "Sends a request and does not wait.",
            _EVERYWHERE,
            (
                _given(
                    "mode",
                    "A new request or a copy of this one.",
                    expression=True,
                    values=("new", "copy"),
                    default="new",
                ),
                _given(
                    "timeout",
                    "Seconds to wait.",
                    "integer",
                    expression=True,
                    default="60",
                    minimum=0,
                ),
            ),
            (
                _texts("set-url", "The address.", 0, 1),
                _FIXED_METHOD,
                _SET_HEADER,
                _SET_BODY,
                Child("authentication-basic", maximum=1),
                Child("authentication-certificate", maximum=1),
                Child("authentication-managed-identity", maximum=1),
                Child("proxy", maximum=1),
            ),
            needed=(_URL, _METHOD),
        ),
        _policy(
            "invoke-request",
            "Sends a request to a backend and waits for the answer.",
            _EVERYWHERE,
            (
                _given("method", "Method.", expression=True),
                _given("url", "Address.", expression=True),
                _given("backend-id", "Backend in API Management.", expression=True),
                _given("response-variable-name", "Variable for the answer."),
            ),
            anything=True,
        ),
        _policy(
            "log-to-eventhub",
            "Sends a message to an event hub.",
            _EVERYWHERE,
            (
                _required("logger-id", "Logger in API Management.", disputed=True),
                _given("partition-id", "Partition."),
                _given("partition-key", "Key of the partition.", expression=True),
            ),
            scopes=_NO_WORKSPACE,
            gateways=_NOT_WORKSPACE,
            text=TextContent(required=True),
            at_most_one=(("partition-id", "partition-key"),),
        ),
        _policy(
            "send-service-bus-message",
            "Sends a message to a queue or topic of Service Bus.",
            _NOT_BACKEND,
            (
                _given("queue-name", "Queue.", expression=True),
                _given("topic-name", "Topic.", expression=True),
                _given("namespace", "Host name of the Service Bus.", expression=True),
                _given("client-id", "Client id of a user-assigned identity.", expression=True),
            ),
            (
                _wrapped(
                    "message-properties",
                    "Properties of the message.",
                    Child(
                        "message-property",
                        ElementSpecification(
                            "message-property",
                            "A property of the message.",
                            (_required("name", "Its name.", expression=True),),
                            text=TextContent(required=True),
                            builder="MessageProperty",
                        ),
                        1,
                    ),
                ),
                _texts("payload", "The message.", 1, 1),
            ),
            scopes=_NO_WORKSPACE,
            gateways=("classic",),
            any_order=True,
            exactly_one=(("queue-name", "topic-name"),),
        ),
        _policy(
            "publish-to-dapr",
            "Publishes a message by Dapr.",
            _NOT_BACKEND,
            (
                _given("pubsub-name", "Component.", expression=True),
                _required("topic", "Topic, or `component/topic`.", expression=True),
                _IGNORE_ERROR,
                _given("response-variable-name", "Variable for the answer."),
                _given(
                    "timeout",
                    "Seconds to wait.",
                    "integer",
                    expression=True,
                    default="5",
                    minimum=1,
                    maximum=240,
                ),
                _given("template", "How to read the text.", values=("Liquid",), expression=True),
                _given(
                    "content-type",
                    "Content type of the message.",
                    values=("application/json",),
                    expression=True,
                ),
            ),
            text=TextContent(required=True),
            disputed=("backend",),
            scopes=_NO_WORKSPACE,
            gateways=("self-hosted",),
        ),
        _policy(
            "invoke-dapr-binding",
            "Invokes an output binding by Dapr.",
            _NOT_BACKEND,
            (
                _required("name", "Binding.", expression=True),
                _given("operation", "Operation of the binding."),
                _IGNORE_ERROR,
                _given("response-variable-name", "Variable for the answer."),
                _given(
                    "timeout",
                    "Seconds to wait.",
                    "integer",
                    expression=True,
                    default="5",
                    minimum=1,
                    maximum=240,
                ),
                _given("template", "How to read the text.", values=("Liquid",), expression=True),
                _given(
                    "content-type",
                    "Content type of the data.",
                    values=("application/json",),
                    expression=True,
                ),
            ),
            (
                _wrapped(
                    "metadata",
                    "Metadata of the binding.",
                    Child(
                        "item",
                        ElementSpecification(
                            "item",
                            "An entry of the metadata.",
                            (_required("key", "Its key.", expression=True),),
                            text=TextContent(required=True),
                            builder="MetadataItem",
                        ),
                        1,
                    ),
                ),
                _texts("data", "The data.", 0, 1),
            ),
            disputed=("backend",),
            scopes=_NO_WORKSPACE,
            gateways=("self-hosted",),
        ),
    ),
    "logging": (
        _policy(
            "trace",
            "Writes to traces, Application Insights and resource logs.",
            ("inbound", "backend", "outbound"),
            (
                _required("source", "Where it comes from.", disputed=True),
                _given(
                    "severity",
                    "How severe it is.",
                    values=("verbose", "information", "error"),
                    default="verbose",
                ),
            ),
            (
                _texts("message", "What to write, unless it is the text.", 1, 1),
                Child(
                    "metadata",
                    ElementSpecification(
                        "metadata",
                        "A property of the entry.",
                        (
                            _required("name", "Its name.", expression=True),
                            _required("value", "Its value.", expression=True, empty=True),
                        ),
                        builder="Metadata",
                    ),
                ),
            ),
            text=TextContent(instead="message"),
            disputed=("on-error",),
        ),
        _policy(
            "emit-metric",
            "Sends a metric to Application Insights.",
            _EVERYWHERE,
            (
                _required("name", "Name of the metric."),
                _given("namespace", "Namespace of the metric."),
                _given("value", "The value.", "number", expression=True, default="1"),
            ),
            (_DIMENSIONS,),
        ),
        _token_metric("azure-openai-emit-token-metric", "Azure OpenAI"),
        _token_metric("llm-emit-token-metric", "a language model"),
    ),
    # Documents of their own, so none of the four sections is theirs.
    "resolvers": (
        _resolver(
            "sql-data-source",
            "Resolves a GraphQL field from Azure SQL.",
            (
                _part(
                    "connection-info",
                    "The database.",
                    (
                        _CONNECTION_STRING,
                        _INCLUDE_FRAGMENT,
                        Child("authentication-certificate", maximum=1),
                    ),
                    required=True,
                ),
                _INCLUDE_FRAGMENT,
                _part(
                    "request",
                    "What to ask it.",
                    (
                        _INCLUDE_FRAGMENT,
                        _SET_BODY,
                        _texts("sql-statement", "The statement.", 1, 1),
                        _wrapped(
                            "parameters",
                            "Parameters of the statement.",
                            _texts(
                                "parameter",
                                "A parameter of the statement.",
                                1,
                                None,
                                _given("sql-type", "Its type in SQL."),
                                _required("name", "Its name, with `@`."),
                            ),
                        ),
                    ),
                    _given(
                        "single-result",
                        "Whether there is at most one row.",
                        "boolean",
                        expression=True,
                        default="false",
                    ),
                    required=True,
                ),
                _part(
                    "response",
                    "What to do with the answer.",
                    (_INCLUDE_FRAGMENT, _SET_BODY, _PUBLISH_EVENT),
                ),
            ),
            ("classic", "v2"),
        ),
        _resolver(
            "cosmosdb-data-source",
            "Resolves a GraphQL field from Cosmos DB.",
            (
                _part(
                    "connection-info",
                    "The container.",
                    (
                        _CONNECTION_STRING,
                        _texts("database-name", "The database.", 1, 1),
                        _texts("container-name", "The container in it.", 1, 1),
                    ),
                    required=True,
                ),
                _part(
                    "query-request",
                    "Asks for items.",
                    (
                        _texts("sql-statement", "The query.", 0, 1),
                        _wrapped(
                            "parameters",
                            "Parameters of the query.",
                            _texts(
                                "parameter",
                                "A parameter of the query.",
                                1,
                                None,
                                _required("name", "Its name, with `@`."),
                            ),
                        ),
                        _PARTITION_KEY,
                        _part(
                            "paging",
                            "How to divide the result into pages.",
                            (
                                _texts("max-item-count", "Items of a page, or -1.", 1, 1, _LIQUID),
                                _texts("continuation-token", "Where to go on.", 1, 1, _LIQUID),
                            ),
                        ),
                    ),
                    _given(
                        "enable-low-precision-order-by",
                        "Whether to order numbers with less precision.",
                        "boolean",
                    ),
                ),
                _part("read-request", "Reads an item.", (_ITEM_ID, _PARTITION_KEY)),
                _part(
                    "delete-request",
                    "Deletes an item.",
                    (_ETAG, _ITEM_ID, _PARTITION_KEY),
                    _CONSISTENCY,
                    *_TRIGGERS,
                    any_order=True,
                ),
                _part(
                    "write-request",
                    "Writes an item.",
                    (replace(_ITEM_ID, minimum=0), _PARTITION_KEY, _ETAG, _SET_BODY),
                    _given(
                        "type",
                        "How to write it.",
                        values=("insert", "replace", "upsert"),
                        default="upsert",
                    ),
                    _CONSISTENCY,
                    _given("indexing-directive", "How to index it.", default="default"),
                    *_TRIGGERS,
                    needed=(Needed("id", "type", unless=("upsert", "insert")),),
                ),
                _part("response", "What to do with the answer.", (_SET_BODY, _PUBLISH_EVENT)),
            ),
            ("classic", "v2"),
            exactly_one=(("query-request", "read-request", "delete-request", "write-request"),),
        ),
        _resolver(
            "http-data-source",
            "Resolves a GraphQL field by HTTP.",
            (
                _part(
                    "http-request",
                    "The request.",
                    (
                        Child("get-authorization-context", maximum=1),
                        Child("set-backend-service", maximum=1),
                        Child("set-method", minimum=1, maximum=1),
                        _texts("set-url", "The address.", 1, 1),
                        _INCLUDE_FRAGMENT,
                        _SET_HEADER,
                        _SET_BODY,
                        Child("authentication-certificate", maximum=1),
                    ),
                    required=True,
                ),
                _part(
                    "backend", "How to send the request.", (Child("forward-request", maximum=1),)
                ),
                _part(
                    "http-response",
                    "What to do with the answer.",
                    (
                        _SET_BODY,
                        Child("xml-to-json", maximum=1),
                        Child("find-and-replace", maximum=1),
                        _PUBLISH_EVENT,
                        _INCLUDE_FRAGMENT,
                    ),
                ),
            ),
            _CLOUD,
        ),
        _resolver(
            "publish-event",
            "Publishes to a GraphQL subscription.",
            (
                _wrapped(
                    "targets",
                    "Where to.",
                    Child(
                        "graphql-subscription",
                        ElementSpecification(
                            "graphql-subscription",
                            "A subscription of the schema.",
                            (_required("id", "Its field."),),
                        ),
                        1,
                    ),
                    required=True,
                ),
            ),
            _CLOUD,
        ),
    ),
    "control_flow": (
        _policy(
            "choose",
            "Runs the policies of the first condition that holds.",
            _EVERYWHERE,
            (),
            (
                Child(
                    "when",
                    ElementSpecification(
                        "when",
                        "Policies that run if a condition holds.",
                        (_required("condition", "The condition.", "boolean", expression=True),),
                        policies=True,
                        builder="When",
                    ),
                    1,
                ),
                Child(
                    "otherwise",
                    ElementSpecification(
                        "otherwise",
                        "Policies that run if no condition holds.",
                        policies=True,
                        builder="Otherwise",
                    ),
                    0,
                    1,
                ),
            ),
        ),
        _policy(
            "include-fragment",
            "Runs the policies of a fragment.",
            _EVERYWHERE,
            (_required("fragment-id", "The fragment's name in API Management."),),
        ),
        _policy(
            "retry",
            "Runs the policies in it again while a condition holds.",
            _EVERYWHERE,
            (
                _required("condition", "Whether to run again.", "boolean", expression=True),
                _required(
                    "count", "How often at most.", "integer", expression=True, minimum=1, maximum=50
                ),
                _required("interval", "Seconds in between.", "number", expression=True, minimum=0),
                _given(
                    "max-interval",
                    "Most seconds in between, for growing ones.",
                    "number",
                    expression=True,
                    minimum=0,
                ),
                _given("delta", "Seconds by which it grows.", "number", expression=True, minimum=0),
                _given(
                    "first-fast-retry",
                    "Whether the first is at once.",
                    "boolean",
                    expression=True,
                    default="false",
                ),
            ),
            along=(("max-interval", "delta"),),
            policies=True,
        ),
        _policy(
            "wait",
            "Waits for the requests, cache lookups or choices in it, which run at once.",
            ("inbound", "backend", "outbound"),
            (
                _given(
                    "for",
                    "Whether for all or for one of them.",
                    values=("all", "any"),
                    expression=True,
                    default="all",
                ),
            ),
            (Child("send-request"), Child("cache-lookup-value"), Child("choose")),
            any_order=True,
            disputed=("on-error",),
        ),
    ),
}
"""The policies by the chapters of Learn's policy reference."""

POLICIES: dict[str, Policy] = {
    policy.name: policy for chapter in CHAPTERS.values() for policy in chapter
}
"""Every policy by its name."""
