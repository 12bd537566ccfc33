"""Rules of what cannot be proven (SF9xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.access import easy_auth, network
from constructs_lib.access.azapi import content_of
from constructs_lib.access.callers import Calls
from constructs_lib.access.links import APP_HOST
from constructs_lib.access.routes import backend_of, policy_of
from constructs_lib.access.rules import mcp
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.rules.gateway import policy_problems
from constructs_lib.access.terraform.values import Term, text_of
from constructs_lib.access.urls import host_of

CHAPTER = Chapter("What cannot be proven")
_rule = CHAPTER.rule


@_rule(
    "SF901",
    "note",
    "unproven",
    title="What a caller gets cannot be proven",
    reason="Something that decides is managed elsewhere or known only after apply.",
    fix="Check the plan or the state, where more is known.",
)
def _unproven(calls: Calls) -> Iterator[Breach]:
    settled = "Check the state after apply, where more is known"
    fix = settled if calls.chain.configuration.planned else None
    for breach in _all_unproven(calls):
        yield breach._replace(fix=breach.fix or fix)


def _all_unproven(calls: Calls) -> Iterator[Breach]:
    for call in calls.calls:
        if call.decision.verdict != "unknown":
            continue
        if call.caller.kind in ("gateway", "gateway-without-key"):
            said, does = call.decision, f"{call.caller.label} reaches {call.app.name}"
        elif call.caller.kind == "anonymous" and call.app.visible:
            said = easy_auth.easy_auth(call.app, None)[0]
            does = f"{call.app.name} lets in {call.caller.label}"
        else:
            continue
        if said.verdict == "unknown" and said.rule not in _TOLD_APART:
            message = f"whether {does} cannot be proven: {said.reason}"
            yield Breach(said.resource, said.attribute, message, said.fix)
    yield from _unknown_settings(calls)
    for route in calls.routes:
        backend = backend_of(route) if route.app is not None else None
        for tls in calls.chain.configuration.body(backend).blocks("tls") if backend else ():
            for name in ("validate_certificate_chain", "validate_certificate_name"):
                if isinstance(tls.value(name, True), Term):
                    message = f"whether {route.api.gateway.name} checks the backend's certificate "
                    yield Breach(backend, f"tls.{name}", message + "is not known here")
    for unproven, breach in policy_problems(calls):
        if unproven:
            yield breach
    for route in calls.routes if calls.chain.apps else ():
        made = route.api.resource is not None
        if made and route.app is None and route.way.unknown is not None:
            message = f"where {route.api.name} sends requests cannot be proven: {route.way.unknown}"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)
    yield from mcp.unproven(calls)
    if not calls.chain.apps:
        yield from _apps_elsewhere(calls)
    # What is not told yet of a place that decides; every answer that is not known has a finding.
    for call in calls.calls:
        said = call.decision
        if said.verdict == "unknown" and said.rule not in _TOLD_APART:
            message = f"whether {call.caller.label} reaches {call.app.name} cannot be proven: "
            yield Breach(said.resource, said.attribute, message + said.reason)


def _unknown_settings(calls: Calls) -> Iterator[Breach]:
    """Settings of apps that may let further callers in, and are not known."""
    for app in visible_apps(calls):
        deployment = network.to_the_internet(app, scm=True) if app.managed else None
        if deployment is not None and deployment.verdict == "unknown":
            message = f"whether the deployment site of {app.name} is open to every network is not "
            yield Breach(app.resource, deployment.attribute, message + "known here")
        auth = app.auth
        if auth is None or auth.value("auth_enabled", False) is False:
            continue
        if easy_auth.told_later(auth.value("excluded_paths")):
            message = f"which paths Easy Auth of {app.name} does not check is not known here"
            yield Breach(app.resource, "auth_settings_v2.excluded_paths", message)
        if easy_auth.told_later(app.body.value("app_settings")):
            message = f"whether the settings of {app.name} let further callers in, as "
            message += "WEBSITE_AUTH_SIGNING_KEY and WEBSITE_WARMUP_PATH do, is not known here"
            yield Breach(app.resource, "app_settings", message)
        for provider in easy_auth.OTHER_PROVIDERS if auth.certain else ():
            if any(not block.certain for block in auth.blocks(provider)):
                message = f"whether {app.name} accepts sign-in through another provider is not "
                message += f"known here: {provider}"
                yield Breach(app.resource, f"auth_settings_v2.{provider}", message)


def _apps_elsewhere(calls: Calls) -> Iterator[Breach]:
    """Apps that a gateway calls, where the configuration has none of its own."""
    told: dict[str, Breach] = {}
    for gateway in calls.chain.gateways:
        for backend in gateway.backends.values():
            host = host_of(calls.chain.configuration.attribute(backend, "url"))
            told.setdefault(text_of(host), Breach(backend, "url", ""))
    for route in calls.routes:
        where = route.api.resource
        told.setdefault(text_of(host_of(route.url)), Breach(where, "service_url", ""))
    for host, breach in told.items():
        if APP_HOST.search(host):
            message = f"the gateway calls {host}, and who else may call it is not known here"
            yield breach._replace(message=message)


_rule(
    "SF902",
    "warning",
    "unproven",
    title="An acceptance fits no finding",
    reason="What is accepted must stay true: nothing was found for the rule and the address that "
    "this acceptance names.",
    fix="Remove it, or correct the address and the rule.",
)


_TOLD_APART = frozenset({"SF504", "SF903", "SF905", "SF906", "SF907"})
"""Rules whose own findings say why an answer is not known."""

_LINKS = (
    r"Microsoft\.Web/sites(/slots)?(/config)?(/|@|$)"
    r"|Microsoft\.ApiManagement/service/([\w-]+/)*(policies|apis|backends)(@|$)"
)
_AZAPI_LINKS = {
    "azapi_resource": _LINKS,
    "azapi_resource_action": r"Microsoft\.Web/sites(/|@|$)",
    "azapi_update_resource": _LINKS,
}


@_rule(
    "SF903",
    "warning",
    "unproven",
    title="A link is changed past its resource",
    reason="An azapi resource writes something to a site or a gateway that this check does not "
    "read. It reads Easy Auth, publishing credentials and some web settings of apps that "
    "are made elsewhere.",
    fix="Write the setting in the azurerm resource.",
)
def _past_the_resource(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for each in configuration.of_type(*_AZAPI_LINKS):
        kind = configuration.body(each).value("type")
        known = not each.managed or each in calls.chain.azapi.read
        if (
            isinstance(kind, str)
            and not known
            and re.match(_AZAPI_LINKS[each.type], kind, re.IGNORECASE)
        ):
            yield Breach(each, "type", f"{each.address} writes {kind}")
    for by, subject in calls.chain.azapi.over:
        yield Breach(by, "type", f"{by.address} writes over {subject.address}")
    yield from _doubts(calls, "SF903")


def _doubts(calls: Calls, rule: str) -> Iterator[Breach]:
    for doubt in calls.chain.doubts:
        if doubt.rule == rule:
            yield Breach(doubt.by, doubt.attribute, doubt.reason)


@_rule(
    "SF904",
    "error",
    "broken",
    title="A reference leads nowhere",
    reason="Terraform refuses a reference to a resource that the stack does not have.",
    fix="Add the resource, or correct the address.",
)
def _dangling(calls: Calls) -> Iterator[Breach]:
    for _, address in calls.chain.configuration.dangling:
        message = f"the configuration has no {address}, which it refers to"
        yield Breach(None, address, message)


@_rule(
    "SF905",
    "note",
    "unproven",
    title="A part was not read",
    reason="What a module makes, what stands in HCL, and what a plan leaves out is not seen here: "
    "it may hold further apps, and change those that are seen.",
    fix="Check the output of `terraform show -json` for a plan or the state, which hold it all.",
)
def _gaps(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for gap in configuration.gaps:
        yield Breach(None, None, gap.reason)
    for each in configuration.of_type("azapi_resource"):
        body = configuration.body(each)
        content = content_of(body)
        kind = text_of(content.get("kind") if isinstance(content, dict) else None).lower()
        on = text_of(body.value("type")).lower().startswith("microsoft.app/containerapps@")
        if each.managed and on and kind.startswith("functionapp"):
            message = f"{each.address} is a function app on Container Apps, which is not read"
            yield Breach(each, "type", message)


@_rule(
    "SF906",
    "note",
    "unproven",
    title="An argument is not understood",
    reason="What it could change is not known: the table of the providers' arguments does not have "
    "it, or says that it is not read.",
    fix="Leave it out, or check by hand what it changes.",
)
def _not_understood(calls: Calls) -> Iterator[Breach]:
    yield from _doubts(calls, "SF906")


@_rule(
    "SF907",
    "note",
    "unproven",
    title="What is written is not applied",
    reason="With ignore_changes Terraform writes an argument when it makes the resource and never "
    "again; of what exists already it says nothing.",
    fix="Remove it from ignore_changes, or check the plan or the state.",
)
def _ignored(calls: Calls) -> Iterator[Breach]:
    yield from _doubts(calls, "SF907")
