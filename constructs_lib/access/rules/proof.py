"""Rules of what cannot be told (SF9xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.access import easy_auth
from constructs_lib.access.callers import Calls
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.rules.gateway import policy_problems

CHAPTER = Chapter("What cannot be told")
_rule = CHAPTER.rule


@_rule(
    "SF901",
    "note",
    "unproven",
    title="What a caller gets cannot be proven",
    reason="A link is managed elsewhere or known only after apply.",
    fix="Check the plan or the state, where more is known.",
)
def _unproven(calls: Calls) -> Iterator[Breach]:
    for call in calls.calls:
        if call.decision.verdict != "unknown":
            continue
        if call.caller.trusted and call.caller.kind == "gateway":
            said, does = call.decision, f"{call.caller.label} reaches {call.app.name}"
        elif call.caller.kind == "anonymous" and call.app.visible:
            said = easy_auth.easy_auth(call.app, None)[0]
            does = f"{call.app.name} lets in {call.caller.label}"
        else:
            continue
        if said.verdict == "unknown":
            message = f"whether {does} cannot be proven: {said.reason}"
            yield Breach(said.resource, said.attribute, message)
    for app in visible_apps(calls):
        auth = app.auth
        if auth is None or auth.value("auth_enabled", False) is False:
            continue
        if easy_auth.told_later(auth.value("excluded_paths")):
            message = f"whether Easy Auth of {app.name} looks at every path is not known here"
            yield Breach(app.resource, "auth_settings_v2.excluded_paths", message)
    for unproven, breach in policy_problems(calls):
        if unproven:
            yield breach


_rule(
    "SF902",
    "warning",
    "unproven",
    title="An acceptance fits no finding",
    reason="What is accepted must stay true; this one names a rule or an address that nothing was "
    "found for.",
    fix="Remove it, or correct the address and the rule.",
)


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
    reason="An azapi resource writes something to a site or a gateway that is not read: of apps "
    "that are made elsewhere, Easy Auth, publishing credentials and some web settings are.",
    fix="Write the setting in the azurerm resource.",
)
def _past_the_resource(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for each in configuration.of_type(*_AZAPI_LINKS):
        kind = configuration.body(each).value("type")
        known = not each.managed or each in calls.chain.written_by_azapi
        if (
            isinstance(kind, str)
            and not known
            and re.match(_AZAPI_LINKS[each.type], kind, re.IGNORECASE)
        ):
            yield Breach(each, "type", f"{each.address} writes {kind}")


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
