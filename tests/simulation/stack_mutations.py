"""Whole stacks, hand-written or synthesized, changed at random in what a gateway makes of calls."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from constructs_lib.policy.model import Document as Policy
from constructs_lib.policy.model import Element, Fragment
from constructs_lib.policy.reader import read
from constructs_lib.policy.writer import write
from tests.access import samples
from tests.access.samples import APP, AUDIENCE, CLIENT, PRINCIPAL, TENANT, Document
from tests.simulation.mutations import CHANGES as DOOR_CHANGES

SLOT = "azurerm_linux_function_app_slot"
LISTED = "198.51.100.7"
"""An address that policies name, and that not anybody can have."""

_GATEWAY = "azurerm_api_management"
_IN = {"api_management_name": f"${{{_GATEWAY}.gateway.name}}", "resource_group_name": "rg"}
_OTHER = {"api_management_name": f"${{{_GATEWAY}.other.name}}", "resource_group_name": "rg"}
_MORE = "${azuread_application.more.client_id}"
_NOBODY = "9d1c2a1e-5b6f-4a4e-8f0b-8f6b1f0c7a55"
_APP_HOST = f"${{{APP}.orders.default_hostname}}"
_OPEN_ID = "https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration"

_CONDITIONS = (
    'context.Request.Headers.ContainsKey("X-Debug")',
    '!context.Request.Headers.ContainsKey("X-Debug")',
    'context.Request.Headers.GetValueOrDefault("X-Debug", "") == "1"',
    'context.Request.Headers.GetValueOrDefault("Authorization", "").StartsWith("Bearer ")',
    'context.Request.Headers.GetValueOrDefault("Authorization", "") == ""',
    'context.Request.Url.Query.ContainsKey("debug")',
    'context.Request.Method == "POST"',
    'context.Operation.Id == "get"',
    "context.Subscription == null",
    "context.Subscription != null",
    f'context.Request.IpAddress == "{LISTED}"',
)


def _jwt(tenant: str, inner: str = "", attributes: str = 'header-name="Authorization"') -> str:
    metadata = f'<openid-config url="{_OPEN_ID.format(tenant)}" />'
    return f"<validate-jwt {attributes}>{metadata}{inner}</validate-jwt>"


def _audience(*names: str) -> str:
    return f"<audiences>{''.join(f'<audience>{name}</audience>' for name in names)}</audiences>"


def _header(name: str, action: str, *values: str) -> str:
    inner = "".join(f"<value>{value}</value>" for value in values)
    return f'<set-header name="{name}" exists-action="{action}">{inner}</set-header>'


def _token(resource: str, more: str = "") -> str:
    return f'<authentication-managed-identity resource="{resource}" {more} />'


def _answer(code: int) -> str:
    return f'<return-response><set-status code="{code}" reason="Done" /></return-response>'


_DEMAND = (
    "<required-claims><claim name='{}' match='any'><value>{}</value></claim></required-claims>"
)
_VARIABLE = '@("Bearer " + (string)context.Variables[&quot;token&quot;])'.replace('"', "&quot;")
_FROM_CALLER = '@(context.Request.Headers.GetValueOrDefault("X-Token", ""))'.replace('"', "&quot;")

STATEMENTS: tuple[str, ...] = (
    # What proves who calls, or looks so.
    _jwt(TENANT, _audience(AUDIENCE)),
    _jwt(TENANT, _audience(AUDIENCE), 'header-name="Authorization" require-scheme="Bearer"'),
    _jwt(TENANT, _audience(_MORE, AUDIENCE)),
    _jwt(TENANT, _audience(_MORE)),
    _jwt(TENANT),
    _jwt(TENANT, _audience(AUDIENCE), 'header-name="X-Token"'),
    _jwt(TENANT, _audience(AUDIENCE), 'query-parameter-name="token"'),
    _jwt(
        TENANT, _audience(AUDIENCE), 'header-name="Authorization" failed-validation-httpcode="403"'
    ),
    _jwt(TENANT, _audience(AUDIENCE) + _DEMAND.format("roles", "Invoke")),
    _jwt(TENANT, _DEMAND.format("azp", _NOBODY)),
    _jwt("common"),
    _jwt("common", _audience(AUDIENCE)),
    _jwt("organizations", _audience(_MORE)),
    _jwt("common", _DEMAND.format("tid", TENANT)),
    _jwt(TENANT, _audience(AUDIENCE), f'token-value="{_FROM_CALLER}"'),
    f'<validate-azure-ad-token tenant-id="{TENANT}">{_audience(AUDIENCE)}'
    "</validate-azure-ad-token>",
    f'<validate-azure-ad-token tenant-id="{TENANT}" header-name="Authorization">'
    f"<client-application-ids><application-id>{_NOBODY}</application-id></client-application-ids>"
    f"{_audience(AUDIENCE)}</validate-azure-ad-token>",
    f'<validate-azure-ad-token tenant-id="common">{_audience(_MORE)}</validate-azure-ad-token>',
    f'<ip-filter action="allow"><address>{LISTED}</address></ip-filter>',
    '<ip-filter action="allow"><address-range from="198.51.100.0" to="198.51.100.255" />'
    "</ip-filter>",
    '<ip-filter action="allow"><address-range from="0.0.0.0" to="255.255.255.255" /></ip-filter>',
    f'<ip-filter action="forbid"><address>{LISTED}</address></ip-filter>',
    '<check-header name="X-Debug" failed-check-httpcode="401" failed-check-error-message="No" '
    'ignore-case="true"><value>1</value></check-header>',
    # What answers early.
    _answer(200),
    _answer(401),
    '<mock-response status-code="200" content-type="application/json" />',
    '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />',
    "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>",
    # What becomes of the token.
    _token(_MORE, f'client-id="{CLIENT}"'),
    _token(AUDIENCE),
    _token(AUDIENCE, f'client-id="{CLIENT}" ignore-error="true"'),
    _token(_NOBODY, f'client-id="{CLIENT}"'),
    _token("https://management.azure.com/", f'client-id="{CLIENT}"'),
    _token(AUDIENCE, f'client-id="{_NOBODY}"'),
    _token(AUDIENCE, f'client-id="{CLIENT}" output-token-variable-name="token"')
    + _header("Authorization", "override", _VARIABLE),
    _token(AUDIENCE, f'client-id="{CLIENT}" output-token-variable-name="token"')
    + _header("Authorization", "skip", _VARIABLE),
    _token(AUDIENCE, f'client-id="{CLIENT}" output-token-variable-name="token"'),
    _header("Authorization", "delete"),
    _header("Authorization", "skip", "Bearer rubbish"),
    _header("Authorization", "append", "Bearer rubbish"),
    _header("Authorization", "override", _FROM_CALLER),
    _header("Authorization", "override", "Bearer rubbish"),
    '<authentication-basic username="u" password="p" />',
    # Where it goes.
    '<set-backend-service backend-id="slot" />',
    '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />',
    f'<set-backend-service base-url="https://{_APP_HOST}/api" />',
    f'<set-backend-service base-url="http://{_APP_HOST}/api" />',
    '<set-backend-service base-url="https://elsewhere.example.com" />',
    '<set-backend-service backend-id="nowhere" />',
    _header("Host", "override", _APP_HOST),
    '<rewrite-uri template="/items" copy-unmatched-params="true" />',
    "<set-method>GET</set-method>",
    # What changes nothing.
    _header("X-Seen", "override", "yes"),
    '<set-variable name="seen" value="yes" />',
    '<trace source="policy"><message>seen</message></trace>',
    '<rate-limit-by-key calls="1000000" renewal-period="60" counter-key="all" />',
    '<set-query-parameter name="seen" exists-action="override"><value>1</value>'
    "</set-query-parameter>",
)

Change = Callable[[Document, random.Random], None]

# Policies ---------------------------------------------------------------------------------------

_POLICIES = (
    "azurerm_api_management_api_policy",
    "azurerm_api_management_api_policy",
    "azurerm_api_management_api_operation_policy",
    "azurerm_api_management_product_policy",
    "azurerm_api_management_policy",
    "azurerm_api_management_policy_fragment",
)


def _all(document: Document, kind: str) -> dict[str, dict[str, Any]]:
    return document["resource"].get(kind, {})


def _read(block: dict[str, Any]) -> Policy | Fragment:
    return read(block.get("xml_content") or block["value"], terraform=True)


def _edited(edit: Callable[[Policy, list[Any], random.Random], None], *names: str) -> Change:
    """A change of a section of a policy."""

    def change(document: Document, source: random.Random) -> None:
        kinds = [kind for kind in _POLICIES if _all(document, kind)]
        if not kinds:
            return
        block = source.choice(list(_all(document, source.choice(kinds)).values()))
        policy = _read(block)
        if isinstance(policy, Fragment):
            around = Policy(inbound=policy.policies)
            edit(around, around.inbound, source)
            block["value"] = write(replace(policy, policies=around.inbound))
            return
        name = source.choice(names or ("inbound",))
        edit(policy, policy.sections()[name], source)
        block["xml_content"] = write(policy)

    return change


def _statements(text: str) -> list[Any]:
    policy = read(f"<policies><inbound>{text}</inbound></policies>", terraform=True)
    return policy.inbound if isinstance(policy, Policy) else []


def _insert(_: Policy, section: list[Any], source: random.Random) -> None:
    at = source.randrange(len(section) + 1)
    section[at:at] = _statements(source.choice(STATEMENTS))


def _remove(_: Policy, section: list[Any], source: random.Random) -> None:
    if section:
        section.pop(source.randrange(len(section)))


def _move(_: Policy, section: list[Any], source: random.Random) -> None:
    if section:
        statement = section.pop(source.randrange(len(section)))
        section.insert(source.randrange(len(section) + 1), statement)


def _branch(_: Policy, section: list[Any], source: random.Random) -> None:
    """A statement only under a condition, or instead of it another."""
    if not section:
        return
    at = source.randrange(len(section))
    if isinstance(section[at], Element) and section[at].name == "base":
        return
    choose = _statements(
        f'<choose><when condition="@({_quoted(source.choice(_CONDITIONS))})"></when></choose>'
    )[0]
    choose.children[0].children = [section[at]]
    otherwise = source.randrange(3)
    if otherwise:
        other = Element("otherwise")
        other.children = _statements(source.choice((*STATEMENTS, _answer(401), _answer(403))))
        choose.children.append(other)
    if otherwise == 2:
        first, second = choose.children
        first.children, second.children = second.children, first.children
    section[at] = choose


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _refuse(_: Policy, section: list[Any], source: random.Random) -> None:
    """A refusal of whoever meets a condition."""
    text = _quoted(source.choice(_CONDITIONS))
    refusal = _answer(source.choice((401, 403, 200)))
    at = source.randrange(len(section) + 1)
    section[at:at] = _statements(f'<choose><when condition="@({text})">{refusal}</when></choose>')


_ATTRIBUTES: dict[str, tuple[str | None, ...]] = {
    "resource": (AUDIENCE, _MORE, _NOBODY, "api://orders"),
    "client-id": (None, CLIENT, _NOBODY),
    "ignore-error": (None, "true", "false"),
    "exists-action": ("override", "skip", "append", "delete"),
    "backend-id": ("slot", "nowhere", "${azurerm_api_management_backend.orders.name}"),
    "failed-validation-httpcode": (None, "401", "403"),
    "action": ("allow", "forbid"),
    "require-signed-tokens": ("true", "false"),
    "output-token-variable-name": (None, "token"),
}


def _attribute(policy: Policy, section: list[Any], source: random.Random) -> None:
    """Another value of an attribute; `{{resource}}` is a named value."""
    found = [
        (each, name)
        for each in section
        if isinstance(each, Element)
        for name in _ATTRIBUTES
        if name in each.attributes
    ]
    if not found:
        return
    statement, name = source.choice(found)
    value = source.choice(_ATTRIBUTES[name])
    if name == "resource" and source.random() < 0.3:
        value = "{{resource}}"
    if value is None:
        del statement.attributes[name]
    else:
        [other] = _statements(f'<set-status code="{value}" />')
        statement.attributes[name] = other.attributes["code"]


def _empty(_: Policy, section: list[Any], source: random.Random) -> None:
    section.clear()


def _without_base(_: Policy, section: list[Any], source: random.Random) -> None:
    section[:] = [e for e in section if not (isinstance(e, Element) and e.name == "base")]


def _into_fragment(document: Document, source: random.Random) -> None:
    """Statements of an API's policy in a fragment that it includes."""
    policies = _all(document, "azurerm_api_management_api_policy")
    if not policies or not _all(document, _GATEWAY):
        return
    block = source.choice(list(policies.values()))
    policy = _read(block)
    if not isinstance(policy, Policy) or "shared" in _all(
        document, "azurerm_api_management_policy_fragment"
    ):
        return
    section = policy.inbound
    first = source.randrange(len(section) + 1)
    last = source.randrange(first, len(section) + 1)
    moved = [e for e in section[first:last] if isinstance(e, Element) and e.name != "base"]
    kept = [e for e in section[first:last] if isinstance(e, Element) and e.name == "base"]
    section[first:last] = [*kept, *_statements('<include-fragment fragment-id="shared" />')]
    fragment = read("<fragment></fragment>")
    assert isinstance(fragment, Fragment)
    fragment.policies = moved
    block["xml_content"] = write(policy)
    document["resource"].setdefault("azurerm_api_management_policy_fragment", {})["shared"] = {
        "api_management_id": f"${{{_name_of_gateway(document)}.id}}",
        "name": "shared",
        "format": "rawxml",
        "value": write(fragment),
    }


def _name_of_gateway(document: Document) -> str:
    return f"{_GATEWAY}.{next(iter(_all(document, _GATEWAY)))}"


# Other resources --------------------------------------------------------------------------------


def _setting(kind: str, name: str, *values: Any) -> Change:
    def change(document: Document, source: random.Random) -> None:
        blocks = list(_all(document, kind).values())
        if blocks:
            value = source.choice(values)
            block = source.choice(blocks)
            if value is None:
                block.pop(name, None)
            else:
                block[name] = value

    return change


def _gone(*kinds: str) -> Change:
    """A resource that is not there."""

    def change(document: Document, source: random.Random) -> None:
        kind = source.choice(kinds)
        if _all(document, kind):
            del document["resource"][kind][source.choice(list(_all(document, kind)))]

    return change


def _joined(document: Document, source: random.Random) -> None:
    """An API in a further product."""
    products = list(_all(document, "azurerm_api_management_product"))
    if products:
        name = source.choice(products)
        joined = document["resource"].setdefault("azurerm_api_management_product_api", {})
        joined[f"more-{name}"] = {
            **_IN,
            "product_id": f"${{azurerm_api_management_product.{name}.product_id}}",
            "api_name": "${azurerm_api_management_api.orders.name}",
        }


def _at_door(document: Document, source: random.Random) -> None:
    source.choice(DOOR_CHANGES)(document, source)


_KEYS = ("azurerm_api_management_api", "azurerm_api_management_product")
_INBOUND = ("inbound",) * 6
GENERAL: tuple[Change, ...] = (
    *[_edited(_insert)] * 6,
    _edited(_insert, "backend", "outbound", "on-error"),
    *[_edited(_remove, *_INBOUND, "backend", "outbound")] * 2,
    *[_edited(_move)] * 2,
    *[_edited(_branch)] * 3,
    *[_edited(_refuse)] * 2,
    *[_edited(_attribute)] * 2,
    _edited(_empty, "inbound", "backend", "outbound", "on-error"),
    _edited(_without_base, "inbound", "inbound", "backend", "outbound", "on-error"),
    _into_fragment,
    *[_setting(kind, "subscription_required", None, True, False) for kind in _KEYS] * 2,
    _setting("azurerm_api_management_product", "published", True, False),
    _gone("azurerm_api_management_product_api"),
    _gone("azuread_app_role_assignment"),
    _gone("azurerm_api_management_api_policy", "azurerm_api_management_api_operation_policy"),
)
"""Changes that fit any stack."""

OWN: tuple[Change, ...] = (
    *[_joined] * 2,
    *[_at_door] * 4,
    _setting(
        "azurerm_api_management_api", "service_url", None, f"https://{_APP_HOST}/api", "https://x.y"
    ),
    _setting("azurerm_api_management_backend", "url", f"https://{_APP_HOST}/api", "https://x.y/z"),
    _setting(
        "azurerm_api_management_named_value", "value", AUDIENCE, _MORE, "${var.unknown}", None
    ),
)
"""Changes that name what is in the hand-written stack."""


def _hand_written(source: random.Random) -> Document:
    """The recipe in plain resources: operations, products, a slot, and another gateway at times."""
    document = samples.chain()
    resources = document["resource"]
    document["variable"] = {"unknown": {}}
    resources["azurerm_user_assigned_identity"]["other"] = {
        "name": "id-other",
        "resource_group_name": "rg",
        "location": "westeurope",
    }
    resources["azuread_application"]["more"] = {
        "display_name": "more",
        "sign_in_audience": source.choice(("AzureADMyOrg", "AzureADMultipleOrgs")),
    }
    resources["azuread_service_principal"]["more"] = {"client_id": _MORE}
    resources["azurerm_api_management_api_operation"] = {
        name: {
            **_IN,
            "api_name": "${azurerm_api_management_api.orders.name}",
            "operation_id": name,
            "display_name": name,
            "method": method,
            "url_template": template,
        }
        for name, method, template in (
            ("get", "GET", "/{id}"),
            ("post", "POST", "/"),
            ("report", "GET", "/admin/report"),
        )
    }
    slot = copy.deepcopy(resources[APP]["orders"])
    slot |= {"name": "staging", "function_app_id": f"${{{APP}.orders.id}}"}
    resources[SLOT] = {"staging": slot}
    resources["azurerm_api_management_backend"]["slot"] = {
        **_IN,
        "name": "slot",
        "protocol": "http",
        "url": f"https://${{{SLOT}.staging.default_hostname}}/api",
    }
    resources["azurerm_api_management_named_value"] = {
        "resource": {**_IN, "name": "resource", "display_name": "resource", "value": AUDIENCE}
    }
    scoped = ("operation", "product", "global", "other")
    for scope in source.sample(scoped, source.randrange(4)):
        _SCOPES[scope](resources, source)
    return document


_PASSING = (
    "<policies><inbound><base /></inbound><backend><base /></backend>"
    "<outbound><base /></outbound><on-error><base /></on-error></policies>"
)


def _operation_policy(resources: dict[str, Any], source: random.Random) -> None:
    resources["azurerm_api_management_api_operation_policy"] = {
        "report": {
            **_IN,
            "api_name": "${azurerm_api_management_api.orders.name}",
            "operation_id": source.choice(("get", "report")),
            "xml_content": _PASSING,
        }
    }


def _products(resources: dict[str, Any], source: random.Random) -> None:
    resources["azurerm_api_management_product"] = {
        name: {
            **_IN,
            "product_id": name,
            "display_name": name,
            "published": True,
            "subscription_required": True,
        }
        for name in ("standard", "another")
    }
    product = "${azurerm_api_management_product.standard.product_id}"
    resources["azurerm_api_management_product_api"] = {
        "standard": {
            **_IN,
            "product_id": product,
            "api_name": "${azurerm_api_management_api.orders.name}",
        }
    }
    resources["azurerm_api_management_product_policy"] = {
        "standard": {**_IN, "product_id": product, "xml_content": _PASSING}
    }


def _global(resources: dict[str, Any], source: random.Random) -> None:
    forwarding = _PASSING.replace("<backend><base />", "<backend><forward-request />")
    resources["azurerm_api_management_policy"] = {
        "all": {
            "api_management_id": f"${{{_GATEWAY}.gateway.id}}",
            "xml_content": forwarding,
        }
    }


def _other_gateway(resources: dict[str, Any], source: random.Random) -> None:
    """Another gateway with an API that leads to the same app, with its own identity."""
    other = copy.deepcopy(resources[_GATEWAY]["gateway"])
    other |= {"name": "apim-other", "identity": {"type": "SystemAssigned"}}
    resources[_GATEWAY]["other"] = other
    api = resources["azurerm_api_management_api"]["orders"]
    required = source.choice((True, True, False))
    resources["azurerm_api_management_api"]["sideways"] = (
        api
        | _OTHER
        | {
            "name": "sideways",
            "path": "sideways",
            "subscription_required": required,
            "service_url": f"https://{_APP_HOST}/api",
        }
    )
    in_api = {**_OTHER, "api_name": "${azurerm_api_management_api.sideways.name}"}
    resources["azurerm_api_management_api_operation"]["sideways"] = {
        **in_api,
        "operation_id": "sideways",
        "display_name": "sideways",
        "method": "GET",
        "url_template": "/{id}",
    }
    resources["azurerm_api_management_api_policy"]["sideways"] = {
        **in_api,
        "xml_content": _PASSING.replace("<base />", f"<base />{_token(AUDIENCE)}", 1),
    }
    own = f"${{{_GATEWAY}.other.identity[0].principal_id}}"
    directory = resources[APP]["orders"]["auth_settings_v2"]["active_directory_v2"]
    if source.random() < 0.5:
        resources["azuread_app_role_assignment"]["other"] = {
            "app_role_id": '${azuread_service_principal.orders.app_role_ids["Invoke"]}',
            "principal_object_id": own,
            "resource_object_id": "${azuread_service_principal.orders.object_id}",
        }
    if source.random() < 0.3:
        directory["allowed_identities"] = [PRINCIPAL, own]
        directory.pop("allowed_applications", None)


_SCOPES: dict[str, Callable[[dict[str, Any], random.Random], None]] = {
    "operation": _operation_policy,
    "product": _products,
    "global": _global,
    "other": _other_gateway,
}


def stack(source: random.Random, synthesized: Sequence[Document] = ()) -> Document:
    """A stack that is changed at random: hand-written, or one of those that were synthesized."""
    chosen = source.randrange(len(synthesized) + 1) if synthesized else 0
    if chosen and source.random() < 0.7:
        document = json.loads(json.dumps(synthesized[chosen - 1]))
        changes: Sequence[Change] = GENERAL
    else:
        document, changes = _hand_written(source), (*GENERAL, *OWN)
    for change in source.choices(changes, k=source.randrange(0, 6)):
        change(document, source)
    _define(document["resource"])
    return document


def _define(resources: dict[str, Any]) -> None:
    """Define what a statement of the hand-written stack names in one that was synthesized."""
    text = json.dumps(resources)
    for kind, name, block in (
        ("azuread_application", "orders", {"display_name": "orders"}),
        ("azuread_application", "more", {"display_name": "more"}),
        ("azurerm_user_assigned_identity", "gateway", {"name": "id-gateway"}),
    ):
        if f"${{{kind}.{name}." in text:
            resources.setdefault(kind, {}).setdefault(name, block)
