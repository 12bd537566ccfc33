"""What a body of azapi says that is not known leaves no door closed that some value opens."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from constructs_lib.access import analyse, azapi_gateways, azapi_sites, read_stacks
from tests.access.samples import Document, chain
from tests.access.test_coverage import UNKNOWN, VALUES, verdicts
from tests.access.test_estates import SERVICE, WEB, _in_azapi
from tests.access.test_kinds_of_writers import SITE, made_by_azapi

OF_ARM: list[Any] = ["Disabled", "Enabled", "Any", "rawxml", "openapi-link", {}, [], "", 0]
OF_ARM += [{"enabled": False}, {"properties": {}}, {"properties": {"platform": {"enabled": False}}}]
OF_ARM += ["<policies><inbound><base /></inbound></policies>", "functionapp", "config"]
"""What decides in ARM's words, besides the values of azurerm's."""


def gateway_by_azapi() -> Document:
    document = chain()
    _in_azapi(document)
    gateway = "${azapi_resource.gateway.id}"
    document["resource"]["azapi_resource"] |= {
        "product": {
            "type": f"{SERVICE}/products@2024-05-01",
            "name": "p",
            "parent_id": gateway,
            "body": {"properties": {"subscriptionRequired": True, "state": "published"}},
        },
        "served": {
            "type": f"{SERVICE}/products/apis@2024-05-01",
            "name": "orders",
            "parent_id": "${azapi_resource.product.id}",
        },
        "operation": {
            "type": f"{SERVICE}/apis/operations@2024-05-01",
            "name": "get",
            "parent_id": "${azapi_resource.api.id}",
            "body": {"properties": {"method": "GET", "urlTemplate": "/"}},
        },
    }
    return document


def updated_by_azapi() -> Document:
    """What azurerm makes with all doors open, and azapi closes."""
    document = chain()
    [app] = document["resource"]["azurerm_linux_function_app"].values()
    made = made_by_azapi()["resource"]["azapi_resource"]
    app |= {"https_only": False, "webdeploy_publish_basic_authentication_enabled": True}
    del app["auth_settings_v2"]
    [api] = document["resource"]["azurerm_api_management_api"].values()
    api["subscription_required"] = False
    document["resource"]["azapi_update_resource"] = {
        name: {
            "type": f"{kind}@2024-04-01",
            "resource_id": f"{SITE}{part}",
            "body": {"properties": properties},
        }
        for name, kind, part, properties in (
            ("site", WEB, "", {"httpsOnly": True}),
            ("auth", f"{WEB}/config", "/config/authsettingsV2", made["auth"]["body"]["properties"]),
            ("web", f"{WEB}/config", "/config/web", {"ftpsState": "Disabled"}),
            (
                "scm",
                f"{WEB}/basicPublishingCredentialsPolicies",
                "/basicPublishingCredentialsPolicies/scm",
                {"allow": False},
            ),
        )
    } | {
        "api": {
            "type": f"{SERVICE}/apis@2024-05-01",
            "resource_id": "${azurerm_api_management_api.orders.id}",
            "body": {"properties": {"subscriptionRequired": True}},
        }
    }
    return document


def behind_rules_by_azapi() -> Document:
    rules = [{"ipAddress": "192.0.2.0/24", "action": "Allow", "priority": 1}]
    site = {"ipSecurityRestrictions": rules, "scmIpSecurityRestrictions": rules}
    document = made_by_azapi(siteConfig=site)
    resources = document["resource"]["azapi_resource"]
    resources["auth"]["body"]["properties"]["platform"]["enabled"] = False
    resources["scm"]["body"]["properties"]["allow"] = True
    return document


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "site": made_by_azapi,
    "rules": behind_rules_by_azapi,
    "gateway": gateway_by_azapi,
    "updated": updated_by_azapi,
}
_AUTH = [*azapi_sites._AUTH.values(), *azapi_sites._DIRECTORY.values(), *azapi_sites._AUTH_HARMLESS]
_RULE = ("ipAddress", "action", "priority", "tag", "headers", "subnetMask", "vnetSubnetResourceId")
_WEB = [
    *azapi_sites._WEB.values(),
    *azapi_sites._WEB_HARMLESS,
    *(f"{rules}.{each}" for rules in azapi_sites._RULES.values() for each in _RULE),
]
_SITE = [*azapi_sites._SITE.values(), *azapi_sites._SITE_HARMLESS]


def properties_of(kind: str, name: str) -> list[str]:
    kind = kind.partition("@")[0].lower()
    if kind.startswith(azapi_gateways.SERVICE):
        part = azapi_gateways.PARTS[kind.removeprefix(azapi_gateways.SERVICE).strip("/")]
        return [*part.properties.values(), "format", *azapi_gateways._HARMLESS]
    if name == "auth":
        return _AUTH
    if name == "web":
        return _WEB
    if "publishing" in kind:
        return ["allow"]
    return [*_SITE, *(f"siteConfig.{each}" for each in _WEB)]


def places() -> Iterator[tuple[str, str, str, str]]:
    for document, make in DOCUMENTS.items():
        for kind in ("azapi_resource", "azapi_update_resource"):
            for name, body in make()["resource"].get(kind, {}).items():
                found = {"type", "body", "sensitive_body", "parent_id", "resource_id", "lifecycle"}
                found |= {"body.properties", "body.kind", "body.identity", "name", "count"}
                for path in properties_of(body["type"], name):
                    steps = path.split(".")
                    found |= {
                        f"body.properties.{'.'.join(steps[:end])}"
                        for end in range(1, len(steps) + 1)
                    }
                yield from ((document, kind, name, path) for path in sorted(found))


PLACES = list(places())


def opened(place: tuple[str, str, str, str], value: Any) -> dict[tuple[str, str], str]:
    document, kind, name, path = place
    changed = DOCUMENTS[document]()
    inner: Any = changed["resource"][kind][name]
    *steps, last = path.split(".")
    for step in steps:
        inner = inner.setdefault(step, {})
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if not isinstance(inner, dict):
            return {}
    inner[last] = copy.deepcopy(value)
    analysis = analyse(read_stacks({"stack": changed}))
    assert "null" not in json.dumps([each.message for each in analysis.findings])
    return verdicts(analysis)


@given(st.sampled_from(PLACES))
@example(("site", "azapi_resource", "auth", "count"))
@example(("updated", "azapi_update_resource", "api", "count"))
@example(("gateway", "azapi_resource", "api", "body.properties.format"))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_not_known_in_a_body_closes_no_door_that_some_value_opens(
    place: tuple[str, str, str, str],
) -> None:
    unknown = opened(place, UNKNOWN)
    for value in [*VALUES, *OF_ARM]:
        for door, verdict in opened(place, value).items():
            said = unknown.get(door, "unknown")
            assert "unknown" in (said, verdict) or said == verdict, (place, value, door, said)
