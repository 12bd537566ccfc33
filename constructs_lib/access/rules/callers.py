"""Rules of who may use the gateway and its identity (SF5xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from constructs_lib.access import subscription_keys
from constructs_lib.access.callers import Calls
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import APP_HOST, IdentityLink, key
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Deferred, Resource
from constructs_lib.access.terraform.values import Term, Value, references_in, text_of
from constructs_lib.access.urls import host_of

CHAPTER = Chapter("Who may use the gateway")
_rule = CHAPTER.rule


@_rule(
    "SF501",
    "error",
    "open",
    title="The gateway lets anybody through",
    reason="Easy Auth proves only that the gateway calls the function. Without a subscription "
    "key or a check in the policy, nobody checks who calls the gateway. Such a check must "
    "come before the gateway's own token replaces the caller's.",
    fix="Leave subscription_required at true, or add validate-jwt before "
    "authentication-managed-identity; or accept it with a reason.",
)
def _anybody(calls: Calls) -> Iterator[Breach]:
    """The gateway's token and functions in other hands; of apps that are here, a call tells it."""
    doubts = calls.chain.doubts
    for route in calls.routes:
        api, host = route.api, text_of(host_of(route.url))
        if route.app is not None or route.way.unknown is not None or api.resource is None:
            continue
        if not APP_HOST.search(host) or subscription_keys.key_demanded(calls.chain, route):
            continue
        if doubts.on(api.resource, "subscription_required") is None:
            message = f"whoever calls {api.name} reaches {host} through {api.gateway.name}"
            product = subscription_keys.open_product(calls.chain, api)
            yield Breach(product or api.resource, "subscription_required", message)


@_rule(
    "SF502",
    "warning",
    "open",
    title="Another resource has the gateway's identity",
    reason="Easy Auth recognises the gateway by its identity alone: whoever runs code on that "
    "resource, or signs in with the federated credential, can call the functions like the "
    "gateway.",
    fix="Keep the identity for the gateway alone, and give the other caller an identity of "
    "its own.",
)
def _holders(calls: Calls) -> Iterator[Breach]:
    holding: dict[Any, list[tuple[Resource, str]]] | None = None
    for app in visible_apps(calls):
        if app.directory is None:
            continue
        calling = calls.gateways_of(app)
        own = [each.resource for each in calling]
        for identity in (each for gateway in calling for each in gateway.users):
            admitted = any_same(
                app.directory.values("allowed_applications"), identity.client_ids
            ) or any_same(app.directory.values("allowed_identities"), identity.object_ids)
            if not admitted or identity.id is None:
                continue
            holding = _holding(calls.chain.configuration) if holding is None else holding
            ids = {key(identity.id), text_of(identity.id).lower(), *_written_out(calls, identity)}
            holders = [holder for name in ids for holder in holding.get(name, ())]
            for each, attribute in holders:
                if each not in own:
                    message = f"{each.address} can use {identity.record.name}, "
                    message += f"which {app.name} lets in as the gateway's"
                    yield Breach(each, attribute, message)


def _written_out(calls: Calls, identity: IdentityLink) -> Iterator[tuple[str, str]]:
    """By what an id finds an identity that is made here and is named by its address."""
    for reference in references_in(identity.id):
        made = calls.chain.configuration.resource(reference.stack, reference.address)
        name = made and calls.chain.configuration.attribute(made, "name")
        if isinstance(name, str):
            yield "written out", name.lower()


def _holding(configuration: Configuration) -> dict[Any, list[tuple[Resource, str]]]:
    """What can use an identity, by the identity's id and by the name in one that is written out."""
    found: dict[Any, list[tuple[Resource, str]]] = {}
    for each, attribute, value in _uses(configuration):
        found.setdefault(key(value), []).append((each, attribute))
        named = _IDENTITY.search(text_of(value))
        if named is not None:
            found.setdefault(("written out", named[1].lower()), []).append((each, attribute))
        elif references := _parent_of_child(value):
            found.setdefault(key(references), []).append((each, attribute))
    return found


def _parent_of_child(value: Value) -> Value:
    """The id of an identity before that of a federated credential of it."""
    last = value.parts[-1] if isinstance(value, Term) and len(value.parts) > 1 else ""
    child = isinstance(last, str) and last.lower().startswith("/federatedidentitycredentials/")
    return Term(value.parts[:-1]) if isinstance(value, Term) and child else None


def _uses(configuration: Configuration) -> Iterator[tuple[Resource, str, Value]]:
    """Resources that can use an identity: they have it, or sign in as it."""
    for each in configuration.resources:
        if not each.managed or each.type in _NO_HOLDERS or each.type.startswith("azuread_"):
            continue
        if "identity" in each.body:
            for block in configuration.body(each).blocks("identity"):
                for identity in block.values("identity_ids"):
                    yield each, "identity.identity_ids", identity
        for attribute, raw in each.body.items():
            if attribute not in _NO_HOLDER and _may_name_identity(raw):
                value = configuration.mentioned(raw, each, each.stack)
                for path, leaf in _leaves(value, attribute):
                    yield each, path, leaf


# What names an identity and cannot use it.
_NO_HOLDERS = frozenset(
    {"azurerm_management_lock", "azurerm_monitor_diagnostic_setting", "azurerm_role_assignment"}
    | {"azurerm_user_assigned_identity", "azurerm_key_vault_access_policy"}
)
_NO_HOLDER = frozenset(
    {"//", "depends_on", "id", "identity", "lifecycle", "provider", "tags", "triggers"}
)
# An id that is written out, at least from the provider on; a child of an identity acts as it.
_IDENTITY = re.compile(
    r"/userAssignedIdentities/([^/]+)(?:/federatedIdentityCredentials/[^/]+)?$", re.IGNORECASE
)
# How an expression that names an identity by its id begins, or where it may come from.
_NAMING = re.compile(r"_identity\b|userAssignedIdentities|\b(var|local|module|each|one)\b")


def _may_name_identity(raw: Any) -> bool:
    """Whether an argument can hold the id of an identity, told without following it."""
    if isinstance(raw, str):
        return _NAMING.search(raw) is not None
    if isinstance(raw, dict):
        entries = cast("dict[str, Any]", raw)
        return any(_may_name_identity(each) for each in (*entries, *entries.values()))
    if isinstance(raw, list):
        return any(_may_name_identity(each) for each in cast("list[Any]", raw))
    if isinstance(raw, Deferred):
        return any(_NAMING.search(each) for each in raw.references)
    return False


def _leaves(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            # ARM names identities as keys of `userAssignedIdentities`.
            if "userAssignedIdentities" in name or path.endswith("userAssignedIdentities"):
                yield path, name
            yield from _leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    elif isinstance(value, (str, Term)):
        yield path, value


# Whoever has an account of theirs can sign up at the developer portal.
_OF_EVERYBODY = tuple(
    f"azurerm_api_management_identity_provider_{each}"
    for each in ("aadb2c", "facebook", "google", "microsoft", "twitter")
)


@_rule(
    "SF503",
    "note",
    "open",
    title="Anybody who signs up gets a key",
    reason="The developer portal lets people sign up, and everybody who sees the product "
    "gets a subscription without approval.",
    fix="Set approval_required = true on the product, or turn sign_up off.",
)
def _self_service(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    shown: dict[Any, Resource] = {}
    for each in configuration.of_type("azurerm_api_management_product_group"):
        group = text_of(configuration.attribute(each, "group_name")).lower()
        if group in ("developers", "guests"):
            shown[key(configuration.attribute(each, "product_id"))] = each
    anybodys = {
        key(configuration.attribute(each, "api_management_name"))
        for each in configuration.of_type(*_OF_EVERYBODY)
    }
    for gateway in calls.chain.gateways:
        if gateway.resource is None:
            continue
        sign_up = configuration.body(gateway.resource).block("sign_up")
        enabled: Value = sign_up.value("enabled", False) if sign_up is not None else False
        if key(configuration.attribute(gateway.resource, "name")) in anybodys:
            enabled = True
        if enabled is False:
            continue
        for name, product in gateway.products.items():
            body = configuration.body(product)
            serves = any(name in api.products for api in gateway.apis.values())
            if (
                name in shown
                and serves
                and product.managed
                and body.value("approval_required", False) is False
                and body.value("subscription_required", True) is not False
            ):
                gets = "gets" if enabled is True else "may get"
                message = f"whoever signs up at {gateway.name} {gets} a key of {text_of(name)}"
                yield Breach(product, "approval_required", message)


@_rule(
    "SF504",
    "warning",
    "open",
    title="A Static Web App calls the functions",
    reason="Linking one makes its proxy a caller, through which visitors of the site reach /api, "
    "and adds a provider to Easy Auth that no argument shows.",
    fix="Let the site call the gateway, and remove the link.",
)
def _static_web_app(calls: Calls) -> Iterator[Breach]:
    for doubt in calls.chain.doubts:
        if doubt.rule == "SF504":
            yield Breach(doubt.by, doubt.attribute, doubt.reason)


@_rule(
    "SF505",
    "note",
    "open",
    title="A cache answers before anything is checked",
    reason="An answer that was stored for a caller who passed the check is given to everybody who "
    "sends the same request.",
    fix="Put cache-lookup after the check, and vary the cache by who calls.",
)
def _cached(calls: Calls) -> Iterator[Breach]:
    for api, forwarding in calls.forwardings:
        for way in forwarding.ways:
            if way.cached is not None and way.doubtful is not None and way.checked is None:
                stack = api.gateway.stack if api.resource is None else api.resource.stack
                policy = calls.chain.configuration.resource(stack, way.cached) or api.resource
                yield Breach(policy, "xml_content", f"{api.name}: {way.doubtful}")


_rule(
    "SF506",
    "warning",
    "open",
    title="Another identity of the gateway may call",
    reason="No policy that is read here uses this identity of the gateway, and the app lets it in "
    "all the same: whoever may change a policy can call as it.",
    fix="Take the identity off the gateway or off the allow-lists, or name it as client-id in the "
    "policy.",
)
