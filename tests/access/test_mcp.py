"""MCP servers behind the gateway: ours is clean, and each habit of public samples is found."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.kinds import AUTH, GATEWAY, REMOVED, RESOURCE, put
from tests.access.samples import APP, AUDIENCE, CLIENT, Document, chain

EXTENSION = "AzureFunctionsJobHost__extensions__mcp"
LEVEL = f"{EXTENSION}__system__webhookAuthorizationLevel"
HOST = "${azurerm_api_management.gateway.gateway_url}"
METADATA = f"{HOST}/.well-known/oauth-protected-resource/weather/mcp"
FRONT = "${azuread_application.weather.client_id}"
NAMED = {
    "api_management_name": "${azurerm_api_management.gateway.name}",
    "resource_group_name": "rg",
}
CHALLENGE = (
    '<set-header name="WWW-Authenticate" exists-action="override"><value>'
    f'Bearer resource_metadata="{METADATA}", scope="{HOST}/weather/mcp/access"</value></set-header>'
)
NO_TOKEN = (
    '<choose><when condition="@(!context.Request.Headers.GetValueOrDefault(&quot;Authorization'
    '&quot;, &quot;&quot;).StartsWith(&quot;Bearer &quot;))"><return-response>'
    f'<set-status code="401" reason="Unauthorized" />{CHALLENGE}</return-response></when></choose>'
)
CLIENTS = (
    "<client-application-ids><application-id>aebc6443-996d-45c2-90f0-388ff96faa56"
    "</application-id></client-application-ids>"
)
AUDIENCES = f"<audiences><audience>{FRONT}</audience></audiences>"
VALIDATED = (
    '<validate-azure-ad-token tenant-id="11111111-2222-4333-8444-555555555555" '
    'output-token-variable-name="caller">'
    f"{CLIENTS}{AUDIENCES}</validate-azure-ad-token>"
)
REFUSED = '<return-response><set-status code="403" reason="Forbidden" /></return-response>'
SCOPE = (
    '<choose><when condition="@(!((Jwt)context.Variables[&quot;caller&quot;]).Claims'
    ".GetValueOrDefault(&quot;scp&quot;, &quot;&quot;).Split(' ').Contains(&quot;access&quot;))\">"
    f"{REFUSED}</when></choose>"
)
ORIGIN = (
    '<choose><when condition="@(context.Request.Headers.GetValueOrDefault(&quot;Origin&quot;, '
    f'&quot;&quot;) != &quot;&quot;)">{REFUSED}</when></choose>'
)
OWN = f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" />'
KEYS = (
    '<set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />'
    '<set-query-parameter name="subscription-key" exists-action="delete" />'
)
FORWARD = '<forward-request timeout="230" buffer-response="false" />'
TO_BACKEND = '<set-backend-service backend-id="func-orders" />'
POLICY = (
    f"<policies><inbound><base />{TO_BACKEND}{ORIGIN}{NO_TOKEN}{VALIDATED}{SCOPE}{OWN}{KEYS}"
    f"</inbound><backend>{FORWARD}</backend><outbound><base /></outbound>"
    "<on-error><base /></on-error></policies>"
)
ANSWER = (
    '<policies><inbound><base /><return-response><set-status code="200" reason="OK" />'
    f'<set-body>{{"resource": "{HOST}/weather/mcp", "authorization_servers": '
    '["https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0"]}</set-body>'
    "</return-response></inbound><backend><base /></backend><outbound><base /></outbound>"
    "<on-error><base /></on-error></policies>"
)
REGISTERED = "resource.azuread_application.weather"
PRINCIPAL = "resource.azuread_service_principal.weather"
API = f"resource.{GATEWAY}_api.orders"
OPERATION = f"resource.{GATEWAY}_api_operation"
TEXT = f"resource.{GATEWAY}_api_policy.orders.xml_content"
ANSWERED = f"resource.{GATEWAY}_api_operation_policy.metadata.xml_content"
KEYS_OF_HOST = {
    "data.azurerm_function_app_host_keys.k": {"name": "func-orders", "resource_group_name": "rg"}
}


def operation(api: str, method: str, template: str) -> dict[str, Any]:
    return {
        **NAMED,
        "api_name": api,
        "operation_id": f"{method}-{template}".replace("/", "-").lower(),
        "display_name": template,
        "method": method,
        "url_template": template,
    }


def server() -> Document:
    """An MCP server as it should be: Entra authorizes the clients, no key is anywhere."""
    document = chain()
    put(document, REGISTERED, {"display_name": "weather"})
    put(document, f"{API}.path", "weather")
    put(document, f"{API}.subscription_required", False)
    put(
        document,
        f"resource.{GATEWAY}_backend.orders.url",
        f"https://${{{APP}.orders.default_hostname}}/runtime/webhooks",
    )
    put(document, TEXT, POLICY)
    put(document, f"{RESOURCE}.app_settings", {LEVEL: "Anonymous"})
    for method in ("POST", "GET", "DELETE"):
        put(document, f"{OPERATION}.{method.lower()}", operation("orders", method, "/mcp"))
    well_known = {
        **NAMED,
        "name": "metadata",
        "revision": "1",
        "path": ".well-known/oauth-protected-resource",
        "protocols": ["https"],
        "subscription_required": False,
    }
    put(document, f"resource.{GATEWAY}_api.metadata", well_known)
    metadata = operation("metadata", "GET", "/weather/mcp")
    put(document, f"{OPERATION}.metadata", metadata)
    names = {name: metadata[name] for name in ("api_name", "operation_id")}
    put(
        document,
        f"resource.{GATEWAY}_api_operation_policy.metadata",
        {**NAMED, **names, "xml_content": ANSWER},
    )
    return document


def changed(changes: Mapping[str, Any]) -> Analysis:
    document = server()
    for path, value in changes.items():
        put(document, path, value if value is REMOVED else copy.deepcopy(value))
    return analyse(read_stacks({"stack": document}))


def without(*parts: str) -> dict[str, Any]:
    """The policy without some of its statements."""
    text = POLICY
    for part in parts:
        assert part in text
        text = text.replace(part, "")
    return {TEXT: text}


def instead(old: str, new: str) -> dict[str, Any]:
    assert old in POLICY
    return {TEXT: POLICY.replace(old, new)}


def rules(analysis: Analysis) -> set[str]:
    return {each.rule for each in analysis.findings}


def verdicts(analysis: Analysis) -> dict[str, str]:
    return {each.caller.kind: each.verdict for each in analysis.answers}


def test_a_server_with_the_identity_is_clean_and_says_who_gets_in() -> None:
    analysis = changed({})
    assert [each.message for each in analysis.findings] == []
    assert verdicts(analysis) == {
        "gateway": "open",
        "mcp-client": "open",
        "gateway-policy": "open",
        "mcp-other-client": "closed",
        "gateway-without-key": "closed",
        "anonymous": "closed",
        "function-key": "closed",
        "host-key": "closed",
        "application": "closed",
        "application-with-role": "closed",
        "user": "closed",
        "foreign": "closed",
        "plain-http": "closed",
        "publishing": "closed",
    }


def test_an_api_that_is_no_mcp_server_has_no_clients_of_mcp() -> None:
    kinds = {each.caller.kind for each in analyse(read_stacks({"stack": chain()})).answers}
    assert not kinds & {"mcp-client", "mcp-other-client", "host-key"}


MASTER = "${data.azurerm_function_app_host_keys.k.primary_key}"
NAMED_VALUE = {
    f"resource.{GATEWAY}_named_value.k": {
        **NAMED,
        "name": "function-host-key",
        "display_name": "function-host-key",
        "secret": True,
        "value": MASTER,
    },
    **KEYS_OF_HOST,
}
LISTED_BY_AZAPI = {
    "data.azapi_resource_action.keys": {
        "type": "Microsoft.Web/sites/host@2023-12-01",
        "resource_id": f"${{{APP}.orders.id}}/host/default",
        "action": "listKeys",
        "response_export_values": ["*"],
    },
    f"resource.{GATEWAY}_named_value.k": {
        **NAMED,
        "name": "k",
        "display_name": "k",
        "secret": True,
        "value": "${data.azapi_resource_action.keys.output.systemKeys.mcp_extension}",
    },
}
SENDS_KEY = (
    '<set-header name="x-functions-key" exists-action="override"><value>{{k}}</value></set-header>'
)
IN_QUERY = (
    '<set-query-parameter name="code" exists-action="override"><value>{{k}}</value>'
    "</set-query-parameter>"
)
COPIED = (
    '<set-header name="X-User-Token" exists-action="override"><value>'
    '@(context.Request.Headers.GetValueOrDefault("Authorization"))</value></set-header>'
)
OPEN = {AUTH: REMOVED}
API_OF_OAUTH = {
    f"resource.{GATEWAY}_api.oauth": {
        **NAMED,
        "name": "oauth",
        "revision": "1",
        "path": "",
        "protocols": ["https"],
        "subscription_required": False,
    },
    f"{OPERATION}.register": operation("oauth", "POST", "/register"),
    f"{OPERATION}.authorize": operation("oauth", "GET", "/authorize"),
    f"{OPERATION}.token": operation("oauth", "POST", "/token"),
    f"resource.{GATEWAY}_api_policy.oauth": {**NAMED, "api_name": "oauth", "xml_content": ANSWER},
}
ANOTHER = ANSWER.replace("/weather/mcp", "/other/mcp")
DIAGNOSTIC = {
    f"resource.{GATEWAY}_api_diagnostic.d": {
        **NAMED,
        "api_name": "orders",
        "identifier": "applicationinsights",
        "frontend_response": {"body_bytes": 1024},
    }
}


OF_GATEWAY = {
    f"resource.{GATEWAY}_diagnostic.d": {
        **NAMED,
        "identifier": "applicationinsights",
        "frontend_response": {"body_bytes": 8192},
    }
}
HOST_OF_APP = f"https://${{{APP}.orders.default_hostname}}"


def inherited(statement: str) -> dict[str, Any]:
    """A policy of the gateway with a backend section."""
    text = f"<policies><inbound /><backend>{statement}</backend><outbound /><on-error /></policies>"
    gateway = "${azurerm_api_management.gateway.id}"
    return {f"resource.{GATEWAY}_policy.g": {"api_management_id": gateway, "xml_content": text}}


@pytest.mark.parametrize(
    ("rule", "changes", "doors"),
    [
        # The master key in a named value, sent to a public host.
        ("SF601", {**NAMED_VALUE, **instead(OWN, SENDS_KEY), **OPEN}, {"host-key": "open"}),
        ("SF601", NAMED_VALUE, {"host-key": "closed"}),
        ("SF601", LISTED_BY_AZAPI, {}),
        ("SF601", instead(OWN, SENDS_KEY + OWN), {}),
        (
            "SF601",
            {
                f"resource.{GATEWAY}_backend.orders.credentials": {"header": {"code": MASTER}},
                **KEYS_OF_HOST,
            },
            {},
        ),
        (
            "SF601",
            {
                f"resource.{GATEWAY}_backend.orders.credentials": {
                    "header": {"X-Functions-Key": "k"}
                }
            },
            {},
        ),
        (
            "SF601",
            {f"resource.{GATEWAY}_backend.orders.credentials": {"query": {"code": "{{k}}"}}},
            {},
        ),
        ("SF601", instead(OWN, IN_QUERY + OWN), {}),
        ("SF602", instead(OWN, COPIED + OWN), {}),
        # The caller's token goes to an open backend; nobody asks which client it is of.
        ("SF602", {**without(OWN), **OPEN}, {"mcp-client": "open"}),
        ("SF602", without(OWN), {"mcp-client": "closed"}),
        ("SF603", {**without(OWN, CLIENTS), **OPEN}, {"mcp-other-client": "open"}),
        ("SF603", without(CLIENTS), {"mcp-other-client": "open"}),
        # The scope is looked for where no token was put, so that every call may fail.
        ("SF603", without(VALIDATED), {"mcp-other-client": "unknown"}),
        ("SF604", without(SCOPE), {"mcp-client": "open"}),
        # Without the check nobody needs a token at all.
        ("SF603", without(NO_TOKEN, VALIDATED, SCOPE), {"gateway-without-key": "open"}),
        # The webhook is open when authentication is switched off.
        ("SF605", OPEN, {"anonymous": "open", "host-key": "open"}),
        ("SF605", {f"{AUTH}.auth_enabled": False}, {"anonymous": "open"}),
        ("SF605", {f"{AUTH}.unauthenticated_action": "AllowAnonymous"}, {"anonymous": "open"}),
        # Clients are led astray.
        ("SF606", {ANSWERED: ANOTHER}, {}),
        ("SF606", {ANSWERED: ANSWER.replace("/weather/mcp", "")}, {}),
        ("SF606", instead("oauth-protected-resource/weather/mcp", "oauth-protected-resource"), {}),
        ("SF606", without(CHALLENGE), {}),
        ("SF606", {ANSWERED: ANSWER.replace("/weather/mcp", "/weather/mcp/")}, {}),
        (
            "SF606",
            {
                TEXT: POLICY.replace(HOST, "https://apim-sample.azure-api.net"),
                ANSWERED: ANSWER.replace(HOST, "https://apim-other.azure-api.net"),
            },
            {},
        ),
        (
            "SF606",
            {f"{RESOURCE}.app_settings.WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES": "api://x/access"},
            {},
        ),
        # A token for any API of the tenant opens the tools.
        ("SF613", without(AUDIENCES), {}),
        ("SF204", {PRINCIPAL: {"client_id": FRONT}}, {"mcp-client": "open"}),
        ("SF206", {f"{REGISTERED}.sign_in_audience": "AzureADMultipleOrgs"}, {}),
        # An authorization server of policies.
        ("SF607", API_OF_OAUTH, {}),
        (
            "SF608",
            {
                f"{RESOURCE}.app_settings.AzureFunctionsJobHost__extensionBundle__id": (
                    "Microsoft.Azure.Functions.ExtensionBundle.Experimental"
                )
            },
            {},
        ),
        (
            "SF609",
            {
                f"{RESOURCE}.app_settings.{EXTENSION}__encryptClientState": "false",
            },
            {},
        ),
        (
            "SF610",
            {
                f"resource.{GATEWAY}.gateway.sku_name": "BasicV2_1",
                f"{RESOURCE}.site_config.minimum_tls_version": "1.3",
            },
            {},
        ),
        ("SF611", {f"resource.{GATEWAY}.gateway.sku_name": "Consumption_0"}, {}),
        (
            "SF611",
            {
                "resource.azapi_resource.w": {
                    "type": "Microsoft.ApiManagement/service/workspaces/apis@2025-09-01-preview",
                    "name": "w",
                    "parent_id": "/subscriptions/0/workspaces/w",
                    "body": {"properties": {"type": "mcp"}},
                }
            },
            {},
        ),
        # Answers wait until they are complete.
        ("SF612", instead(FORWARD, "<base />"), {}),
        ("SF612", instead(FORWARD, "<forward-request />"), {}),
        ("SF612", instead(FORWARD, FORWARD.replace("false", "true")), {}),
        ("SF612", DIAGNOSTIC, {}),
        ("SF612", OF_GATEWAY, {}),
        ("SF612", {**instead(FORWARD, "<base />"), **inherited("<forward-request />")}, {}),
        (
            "SF612",
            instead(
                "<outbound><base />",
                '<outbound><base /><set-variable name="b" '
                'value="@(context.Response.Body.As&lt;string&gt;())" />',
            ),
            {},
        ),
    ],
)
def test_each_habit_of_public_samples_is_found(
    rule: str, changes: dict[str, Any], doors: dict[str, str]
) -> None:
    analysis = changed(changes)
    assert rule in rules(analysis)
    found = verdicts(analysis)
    for kind, wanted in doors.items():
        assert found[kind] in wanted.split("/"), (kind, found[kind])


@pytest.mark.parametrize(
    "changes",
    [
        # A minimum of TLS 1.3 behind a classic tier, and 1.2 behind any.
        {f"{RESOURCE}.site_config.minimum_tls_version": "1.3"},
        {f"resource.{GATEWAY}.gateway.sku_name": "BasicV2_1"},
        # The audience of the clients by app roles.
        instead("&quot;scp&quot;", "&quot;roles&quot;"),
        instead(
            AUDIENCES,
            f"{AUDIENCES}"
            '<required-claims><claim name="roles"><value>Mcp.Invoke</value></claim>'
            "</required-claims>",
        ),
        {f"{RESOURCE}.app_settings": {LEVEL: "System"}},
        # The API's own diagnostics take the place of those of the gateway.
        {
            **OF_GATEWAY,
            f"resource.{GATEWAY}_api_diagnostic.d": {
                **NAMED,
                "api_name": "orders",
                "identifier": "applicationinsights",
            },
        },
        {**instead(FORWARD, "<base />"), **inherited(FORWARD)},
        # Another check of the audience.
        instead(
            AUDIENCES,
            f'<required-claims><claim name="aud"><value>{FRONT}</value></claim></required-claims>',
        ),
        {PRINCIPAL: {"client_id": FRONT, "app_role_assignment_required": True}},
        # The server's own path, and the endpoint of the extension as a whole.
        {f"resource.{GATEWAY}_backend.orders.url": HOST_OF_APP, f"{RESOURCE}.app_settings": {}},
        {
            f"resource.{GATEWAY}_backend.orders.url": f"{HOST_OF_APP}/runtime/webhooks/mcp",
            f"{API}.path": "weather/mcp",
            **{f"{OPERATION}.{method}.url_template": "/" for method in ("post", "get", "delete")},
        },
        {
            **instead(CHALLENGE, '<include-fragment fragment-id="challenge" />'),
            f"resource.{GATEWAY}_policy_fragment.challenge": {
                "name": "challenge",
                "api_management_id": "${azurerm_api_management.gateway.id}",
                "value": f"<fragment>{CHALLENGE}</fragment>",
            },
        },
        instead(OWN, OWN + '<set-header name="x-functions-key" exists-action="delete" />'),
        {
            f"resource.{GATEWAY}_api_diagnostic.d": {
                **DIAGNOSTIC[f"resource.{GATEWAY}_api_diagnostic.d"],
                "frontend_response": {"body_bytes": 0},
            }
        },
    ],
)
def test_what_is_right_too(changes: dict[str, Any]) -> None:
    assert rules(changed(changes)) == set()


TENANT = "11111111-2222-4333-8444-555555555555"
OTHER_TENANT = "99999999-2222-4333-8444-555555555555"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
NOT_ISSUED = "which does not issue the tokens that the API takes"


def authorized_by(servers: str, policy: str = POLICY) -> Analysis:
    """The server, with metadata that names other authorization servers."""
    listed = f'["{ENTRA}"]'
    assert listed in ANSWER
    return changed({ANSWERED: ANSWER.replace(listed, servers), TEXT: policy})


@pytest.mark.parametrize(
    ("servers", "fault"),
    [
        (f'["http{ENTRA[5:]}"]', "not called over https"),
        (f'["{ENTRA.replace(TENANT, OTHER_TENANT)}"]', NOT_ISSUED),
        (f'["{ENTRA}", "{ENTRA.replace(TENANT, OTHER_TENANT)}"]', NOT_ISSUED),
        ('["https://login.example.com/oauth"]', NOT_ISSUED),
        (f'["{HOST}/oauth"]', NOT_ISSUED),
        (f'["{ENTRA.replace(TENANT, "common")}"]', "the user's tenant"),
        (f'["{ENTRA.replace(TENANT, "organizations")}"]', "the user's tenant"),
        (f'["{ENTRA.replace(TENANT, "contoso.onmicrosoft.com")}"]', "the tenant's id"),
        (f'["{ENTRA.removesuffix("/v2.0")}"]', "another address"),
        ('["login.microsoftonline.com"]', "no address"),
        ("[]", "names no authorization server"),
    ],
)
def test_metadata_that_names_another_authorization_server(servers: str, fault: str) -> None:
    [found] = authorized_by(servers).findings
    assert (found.rule, found.severity) == ("SF606", "warning")
    assert fault in found.message
    assert "authorization_servers" in found.fix


def test_metadata_without_an_authorization_server() -> None:
    whole = f', "authorization_servers": ["{ENTRA}"]'
    assert whole in ANSWER
    [found] = changed({ANSWERED: ANSWER.replace(whole, "")}).findings
    assert "names no authorization server" in found.message


JWT = (
    f'<validate-jwt header-name="Authorization"><openid-config url="%s/.well-known/'
    f'openid-configuration" />{AUDIENCES}<required-claims><claim name="azp"><value>c</value>'
    '</claim><claim name="scp"><value>access</value></claim></required-claims></validate-jwt>'
)


@pytest.mark.parametrize(
    ("servers", "issuer", "found"),
    [
        ("https://login.example.com/oauth", "https://login.example.com/oauth", set[str]()),
        (ENTRA, ENTRA, set[str]()),
        (ENTRA, ENTRA.replace(TENANT, OTHER_TENANT), {"SF606"}),
        (ENTRA, "https://login.example.com/oauth", {"SF606"}),
        # The tenant by its name, which may be that of any id; and a value that is not known here.
        (ENTRA, ENTRA.replace(TENANT, "contoso.onmicrosoft.com"), set[str]()),
        (ENTRA.replace(TENANT, "${var.tenant}"), ENTRA, set[str]()),
        (ENTRA, ENTRA.replace(TENANT, "${var.tenant}"), set[str]()),
        (*(ENTRA.replace(TENANT, "${data.azurerm_client_config.c.tenant_id}"),) * 2, set[str]()),
        (ENTRA.replace(TENANT, "${data.azurerm_client_config.c.tenant_id}"), ENTRA, set[str]()),
        (f"https://sts.windows.net/{TENANT}/", ENTRA.removesuffix("/v2.0"), set[str]()),
    ],
)
def test_the_issuer_of_the_tokens_that_are_taken(
    servers: str, issuer: str, found: set[str]
) -> None:
    policy = POLICY.replace(NO_TOKEN + VALIDATED + SCOPE, NO_TOKEN + JWT % issuer)
    analysis = authorized_by(f'["{servers}"]', policy)
    assert rules(analysis) - {"SF904"} == found


def test_metadata_that_an_expression_makes_is_not_told() -> None:
    made = ANSWER.replace('"authorization_servers"', "{{list}} authorization_servers")
    assert rules(changed({ANSWERED: made})) & {"SF606"} == set()


def _conditional(text: str) -> str:
    condition = "@(context.Request.Method == &quot;POST&quot;)"
    return f'<choose><when condition="{condition}">{text}</when></choose>'


@pytest.mark.parametrize(
    ("mutant", "found"),
    [
        (lambda: instead(VALIDATED, _conditional(VALIDATED)), {"SF501", "SF603"}),
        (lambda: instead(SCOPE, _conditional("")), {"SF604"}),
        (lambda: instead(OWN + KEYS, KEYS + _conditional(OWN)), {"SF602"}),
        (lambda: {TEXT: POLICY.replace(OWN, "").replace(VALIDATED, OWN + VALIDATED)}, {"SF603"}),
        (lambda: {ANSWERED: ANSWER.replace("/weather/mcp", "/weather")}, {"SF606"}),
        (lambda: {f"{API}.path": "forecast"}, {"SF606"}),
    ],
)
def test_a_mutant_is_killed(mutant: Callable[[], dict[str, Any]], found: set[str]) -> None:
    assert found & rules(changed(mutant())), rules(changed(mutant()))


def native(**properties: Any) -> Document:
    """The same server as an API of API Management's own type, which azapi writes."""
    document = server()
    for method in ("post", "get", "delete"):
        put(document, f"{OPERATION}.{method}", REMOVED)
    put(document, API, REMOVED)
    put(document, f"resource.{GATEWAY}_api_policy.orders.api_name", "orders")
    api = {
        "type": "Microsoft.ApiManagement/service/apis@2025-09-01-preview",
        "name": "orders",
        "parent_id": f"${{{GATEWAY}.gateway.id}}",
        "body": {
            "properties": {
                "type": "mcp",
                "path": "weather",
                "protocols": ["https"],
                "subscriptionRequired": False,
                **properties,
            }
        },
    }
    tool = {
        "type": "Microsoft.ApiManagement/service/apis/tools@2025-09-01-preview",
        "name": "list",
        "parent_id": "${azapi_resource.weather.id}",
        "body": {"properties": {"displayName": "list", "operationId": "/x/operations/list"}},
    }
    put(document, "resource.azapi_resource", {"weather": api})
    if "backendId" not in properties:  # the service refuses both
        put(document, "resource.azapi_resource.tool", tool)
    return document


PASSED_THROUGH = {
    "backendId": "func-orders",
    "mcpProperties": {"endpoints": {"mcp": {"uriTemplate": "/mcp"}}},
}


def test_an_api_of_the_type_mcp_is_a_server() -> None:
    document = native(**PASSED_THROUGH)
    put(document, TEXT, POLICY.replace(TO_BACKEND, ""))
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.message for each in analysis.findings] == []
    assert verdicts(analysis)["mcp-client"] == "open"
    assert verdicts(analysis)["mcp-other-client"] == "closed"
    put(document, TEXT, POLICY.replace(TO_BACKEND, "").replace(CLIENTS, ""))
    assert rules(analyse(read_stacks({"stack": document}))) == {"SF603"}


def with_tools(operation: str = "", **api: Any) -> Document:
    """The same server with an operation of another API as its tool."""
    called = operation or f"${{{GATEWAY}_api.rest.id}}/operations/list"
    document = native(mcpTools=[{"name": "list", "operationId": called}])
    del document["resource"]["azapi_resource"]["tool"]
    put(document, TEXT, POLICY.replace(TO_BACKEND, ""))
    rest = {
        **NAMED,
        "name": "rest",
        "revision": "1",
        "path": "rest",
        "protocols": ["https"],
        "subscription_required": False,
        **api,
    }
    put(document, f"resource.{GATEWAY}_api.rest", rest)
    put(
        document,
        f"{OPERATION}.list",
        {**operation_of("rest", "GET", "/list"), "operation_id": "list"},
    )
    text = (
        f"<policies><inbound><base />{TO_BACKEND}{OF_THE_GATEWAY}{OWN}{KEYS}</inbound>"
        "<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error>"
        "</policies>"
    )
    put(document, f"resource.{GATEWAY}_backend.orders.url", f"{HOST_OF_APP}/api")
    put(document, REST_POLICY, {**NAMED, "api_name": "rest", "xml_content": text})
    return document


operation_of = operation
REST_POLICY = f"resource.{GATEWAY}_api_policy.rest"
REST_TEXT = f"{REST_POLICY}.xml_content"
OF_THE_GATEWAY = (
    '<validate-azure-ad-token tenant-id="11111111-2222-4333-8444-555555555555">'
    f"<client-application-ids><application-id>{CLIENT}</application-id></client-application-ids>"
    f"<audiences><audience>{AUDIENCE}</audience></audiences></validate-azure-ad-token>"
)


def told(document: Document) -> tuple[set[str], dict[str, str]]:
    """The rules that are broken, and the verdict of each caller, by the API that it calls."""
    analysis = analyse(read_stacks({"stack": document}))
    names = {"azapi_resource.weather": "tools", f"{GATEWAY}_api.rest": "rest"}
    verdicts = {
        f"{each.caller.kind} {names[each.caller.address]}": each.verdict
        for each in analysis.answers
        if each.caller.address in names
    }
    return rules(analysis), verdicts


@pytest.mark.parametrize(
    "operation",
    [
        "",
        f"${{{OPERATION.removeprefix('resource.')}.list.id}}",
        "/subscriptions/s/providers/Microsoft.ApiManagement/service/apim/apis/rest/operations/list",
        f'${{replace({GATEWAY}_api.rest.id, "/;rev=[0-9]+/", "")}}/operations/list',
    ],
)
def test_both_apis_stand_between_a_client_and_a_tool(operation: str) -> None:
    assert told(with_tools(operation)) == (
        set(),
        {
            "gateway tools": "open",
            "mcp-client tools": "open",
            "mcp-other-client tools": "closed",
            "gateway-without-key tools": "closed",
            "gateway rest": "open",
            "gateway-without-key rest": "closed",
        },
    )


def test_a_tool_of_its_own_resource_is_read_like_one_in_the_api() -> None:
    document = with_tools()
    tool = {
        "type": "Microsoft.ApiManagement/service/apis/tools@2025-09-01-preview",
        "name": "list",
        "parent_id": "${azapi_resource.weather.id}",
        "body": {"properties": {"operationId": f"${{{GATEWAY}_api.rest.id}}/operations/list"}},
    }
    put(document, "resource.azapi_resource.tool", tool)
    del document["resource"]["azapi_resource"]["weather"]["body"]["properties"]["mcpTools"]
    assert told(document) == told(with_tools())


@pytest.mark.parametrize(
    ("path", "old", "new", "rule", "doors"),
    [
        (TEXT, CLIENTS, "", "SF603", {"mcp-other-client tools": "open"}),
        (TEXT, SCOPE, "", "SF604", {}),
        (TEXT, AUDIENCES, "", "SF613", {}),
        (TEXT, FORWARD, "<base />", "SF612", {}),
        (TEXT, VALIDATED, "", "SF603", {"gateway-without-key tools": "unknown"}),
        # What the gateway's token proves to the API behind is nothing of who calls the server.
        (TEXT, NO_TOKEN + VALIDATED + SCOPE, "", "SF501", {"gateway-without-key tools": "open"}),
        (REST_TEXT, OWN, "", None, {"gateway rest": "closed"}),
        (REST_TEXT, OF_THE_GATEWAY, "", "SF501", {"gateway-without-key rest": "open"}),
    ],
)
def test_a_mutant_of_either_policy_is_killed(
    path: str, old: str, new: str, rule: str | None, doors: dict[str, str]
) -> None:
    document = with_tools()
    policy = document["resource"][f"{GATEWAY}_api_policy"]["orders" if path == TEXT else "rest"]
    assert old in policy["xml_content"]
    put(document, path, policy["xml_content"].replace(old, new))
    found, verdicts = told(document)
    assert rule is None or rule in found, found
    assert {each: verdicts[each] for each in doors} == doors


def test_the_clients_token_that_neither_policy_replaces_is_passed_on() -> None:
    document = with_tools()
    for name in ("orders", "rest"):
        policy = document["resource"][f"{GATEWAY}_api_policy"][name]
        policy["xml_content"] = policy["xml_content"].replace(OWN, "")
    assert "SF602" in told(document)[0]


@pytest.mark.parametrize(
    ("api", "rule", "verdict"),
    [
        ({"subscription_required": True}, ["SF614"], "closed"),
        # A key in a header of its own may be put there by the policy.
        (
            {
                "subscription_required": True,
                "subscription_key_parameter_names": {"header": "x-key", "query": "key"},
            },
            [],
            "unknown",
        ),
    ],
)
def test_calls_of_tools_carry_no_subscription_key(
    api: dict[str, Any], rule: list[str], verdict: str
) -> None:
    found, verdicts = told(with_tools(**api))
    assert [*found & {"SF614"}] == rule
    assert verdicts["mcp-client tools"] == verdict


@pytest.mark.parametrize(
    "operation", ["/x/apis/elsewhere/operations/list", "${var.operation}", "list"]
)
def test_an_operation_that_is_not_found_leaves_the_answer_unknown(operation: str) -> None:
    document = with_tools(operation)
    _, verdicts = told(document)
    assert verdicts.get("mcp-client tools", "unknown") == "unknown"
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.name for each in analysis.apis if each.targets] == ["rest"]


def test_tools_that_are_operations_of_another_api_need_no_backend() -> None:
    document = native(mcpTools=[{"name": "list", "operationId": "/x/operations/list"}])
    put(document, f"resource.{GATEWAY}_api_policy.orders", REMOVED)
    assert not rules(analyse(read_stacks({"stack": document}))) & {"SF307", "SF903"}
