"""First plans of HCL in which names, host names and policies are known only after apply.

Such a plan tells of an expression no more than what it mentions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.shown import read_shown
from constructs_lib.access.terraform.values import sole_reference

SUFFIX = {"references": ["var.project", "random_string.suffix.result", "random_string.suffix"]}
GATEWAY = "azurerm_api_management"
APP = "azurerm_linux_function_app"
KNOWN = {"https_only": True, "site_config": [{}]}


def of(address: str, attribute: str = "name") -> dict[str, Any]:
    """An expression that mentions one attribute, as a plan lists it."""
    return {"references": [f"{address}.{attribute}", address]}


def planned(
    resources: Mapping[str, Mapping[str, Any]], module: Mapping[str, Any] | None = None
) -> Configuration:
    """A first plan: literals are known, what has references is known after apply."""
    shown: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    for address, arguments in resources.items():
        local, data = address.removeprefix("data."), address.startswith("data.")
        kind, _, name = local.rpartition(".")
        later = {n: v for n, v in arguments.items() if isinstance(v, dict) and "references" in v}
        mode = "data" if data else "managed"
        each = {"address": address, "mode": mode, "type": kind, "name": name}
        values = {n: v for n, v in arguments.items() if n not in later}
        unknown = {"id": True, "default_hostname": True, **dict.fromkeys(later, True)}
        shown.append({**each, "values": values})
        changes.append({**each, "change": {"actions": ["create"], "after_unknown": unknown}})
        constants = {n: {"constant_value": v} for n, v in values.items()}
        written.append({**each, "expressions": {**constants, **later}})
    values_of: dict[str, Any] = {"root_module": {"resources": shown}}
    root: dict[str, Any] = {"resources": written}
    if module is not None:
        inner = planned_module(module)
        values_of["root_module"]["child_modules"] = [inner["values"]]
        changes.append(inner["change"])
        root["module_calls"] = {"app": inner["call"]}
    return read_shown(
        "plan",
        "plan",
        {
            "format_version": "1.2",
            "planned_values": values_of,
            "resource_changes": changes,
            "configuration": {"root_module": root},
        },
    )


def planned_module(module: Mapping[str, Any]) -> dict[str, Any]:
    """A module `app` with one app, of which an argument is a part of its variable `settings`."""
    argument, settings = module["argument"], module["settings"]
    each = {"mode": "managed", "type": APP, "name": "this"}
    address = f"module.app.{APP}.this"
    unknown = {"id": True, argument: True}
    mentions = [f"var.settings.{argument}", "var.settings"]
    return {
        "values": {
            "address": "module.app",
            "resources": [{**each, "address": address, "values": {"name": "app", **KNOWN}}],
        },
        "change": {
            **each,
            "address": address,
            "change": {"actions": ["create"], "after_unknown": unknown},
        },
        "call": {
            "expressions": {"settings": settings},
            "module": {
                "resources": [
                    {
                        **each,
                        "address": f"{APP}.this",
                        "expressions": {argument: {"references": mentions}},
                    }
                ],
                "variables": {"settings": {}},
            },
        },
    }


def gateway(name: Mapping[str, Any] = SUFFIX) -> dict[str, Any]:
    return {"name": name, "publisher_name": "x", "identity": [{"type": "SystemAssigned"}]}


def api(of_gateway: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "orders",
        "api_management_name": of(f"{GATEWAY}.{of_gateway}"),
        "path": of_gateway,
        "subscription_required": True,
        **more,
    }


def verdicts(analysis: Analysis, kind: str) -> dict[str, str]:
    return {a.target.address: a.verdict for a in analysis.answers if a.caller.kind == kind}


# Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [SUFFIX, of("random_id.suffix", "hex"), {"references": ["local.name"]}]
)
def test_two_gateways_whose_names_are_made_of_the_same_stay_two(name: dict[str, Any]) -> None:
    host = of(f"{APP}.b", "default_hostname")
    analysis = analyse(
        planned(
            {
                f"{GATEWAY}.a": gateway(name),
                f"{GATEWAY}.b": gateway(name),
                f"{GATEWAY}_api.a": api("a"),
                f"{GATEWAY}_api.b": api("b", service_url=host),
                f"{APP}.b": {"name": "func-b", **KNOWN},
            }
        )
    )
    assert {each.address for each in analysis.gateways} == {f"{GATEWAY}.a", f"{GATEWAY}.b"}
    assert {each.address: each.gateway for each in analysis.apis} == {
        f"{GATEWAY}_api.a": f"{GATEWAY}.a",
        f"{GATEWAY}_api.b": f"{GATEWAY}.b",
    }
    assert verdicts(analysis, "gateway") == {f"{APP}.b": "unknown"}


@pytest.mark.parametrize("attribute", ["default_hostname", "name"])
@pytest.mark.parametrize("app", ["a", "b"])
def test_two_apps_whose_names_are_made_of_the_same_are_told_apart(app: str, attribute: str) -> None:
    analysis = analyse(
        planned(
            {
                f"{GATEWAY}.a": gateway(),
                f"{GATEWAY}_api.a": api("a", service_url=of(f"{APP}.{app}", attribute)),
                f"{APP}.a": {"name": SUFFIX, **KNOWN},
                f"{APP}.b": {"name": SUFFIX, **KNOWN},
            }
        )
    )
    assert verdicts(analysis, "gateway") == {f"{APP}.{app}": "unknown"}
    assert not [each for each in analysis.findings if "already" in each.message]


def test_two_apis_whose_names_are_made_of_the_same_keep_their_policies() -> None:
    text = "<policies><inbound><base /></inbound></policies>"
    configuration = planned(
        {
            f"{GATEWAY}.a": gateway(),
            f"{GATEWAY}_api.a": api("a", name=SUFFIX),
            f"{GATEWAY}_api.b": api("a", name=SUFFIX, path="b", service_url=of(f"{APP}.b")),
            f"{GATEWAY}_api_policy.b": {
                "api_management_name": of(f"{GATEWAY}.a"),
                "api_name": of(f"{GATEWAY}_api.b"),
                "xml_content": text,
            },
            f"{APP}.b": {"name": SUFFIX, **KNOWN},
        }
    )
    analysis = analyse(configuration)
    assert [each.targets for each in analysis.apis] == [(), (f"{APP}.b",)]
    told = [each.address for each in analysis.findings if each.rule == "SF312"]
    assert told == [f"{GATEWAY}_api_policy.b"]


@pytest.mark.parametrize("name", [SUFFIX, {"references": ["local.name"]}])
def test_a_name_that_is_written_out_again_is_still_that_of_the_one_gateway(
    name: dict[str, Any],
) -> None:
    analysis = analyse(
        planned(
            {
                f"{GATEWAY}.a": gateway(name),
                f"{GATEWAY}_api.a": {**api("a"), "api_management_name": name},
            }
        )
    )
    assert [each.gateway for each in analysis.apis] == [f"{GATEWAY}.a"]


@pytest.mark.parametrize("name", [SUFFIX, {"references": ["local.name"]}, of(f"{APP}.a")])
def test_an_app_that_is_looked_up_by_such_a_name_is_the_one_that_is_made(
    name: dict[str, Any],
) -> None:
    own = SUFFIX if name == of(f"{APP}.a") else name
    looked_up = {f"data.{APP}.a": {"name": name}}
    analysis = analyse(planned({f"{APP}.a": {"name": own, **KNOWN}, **looked_up}))
    assert [each.address for each in analysis.function_apps] == [f"{APP}.a"]


def test_what_has_no_name_yet_is_called_by_its_address() -> None:
    analysis = analyse(planned({f"{APP}.b": {"name": SUFFIX, **KNOWN}}))
    assert [each.name for each in analysis.function_apps] == [f"{APP}.b"]
    assert not [each for each in analysis.findings if "(known after apply)" in each.message]


# Parts of objects ------------------------------------------------------------------------------

INSIGHTS = of("azurerm_application_insights.this", "connection_string")


@pytest.mark.parametrize(
    ("argument", "settings", "path"),
    [
        ("zip_deploy_file", INSIGHTS, None),
        ("https_only", INSIGHTS, None),
        ("name", of("azurerm_resource_group.this", "location"), None),
        ("app_insights_connection_string", INSIGHTS, ("connection_string",)),
        ("client_id", of("azuread_application.this", "client_id"), ("client_id",)),
    ],
)
def test_a_part_of_an_object_is_what_it_is_made_of_only_where_that_fits(
    argument: str, settings: dict[str, Any], path: tuple[str, ...] | None
) -> None:
    configuration = planned({}, {"argument": argument, "settings": settings})
    [app] = configuration.of_type(APP)
    value = configuration.lookup("", "module.app", ("var", "settings", argument))
    found = sole_reference(value)
    assert (found.path if found else None) == path
    assert "SF415" not in {each.rule for each in analyse(configuration).findings}
    assert app.address == f"module.app.{APP}.this"


# Policies --------------------------------------------------------------------------------------

BACKEND = f"{GATEWAY}_backend.orders"


@pytest.mark.parametrize(
    "mention",
    [of(f"{APP}.orders", "default_hostname"), of(f"{APP}.orders"), of(BACKEND)],
    ids=["host name", "name", "backend"],
)
@pytest.mark.parametrize(("demanded", "without"), [(True, "closed"), (False, "unknown")])
def test_a_policy_that_is_known_later_leads_perhaps_to_the_app_that_it_mentions(
    mention: dict[str, Any], demanded: bool, without: str
) -> None:
    analysis = analyse(
        planned(
            {
                f"{GATEWAY}.a": gateway(),
                f"{GATEWAY}_api.a": {**api("a"), "subscription_required": demanded},
                f"{GATEWAY}_api_policy.a": {
                    "api_management_name": of(f"{GATEWAY}.a"),
                    "api_name": "orders",
                    "xml_content": mention,
                },
                BACKEND: {
                    "name": SUFFIX,
                    "api_management_name": of(f"{GATEWAY}.a"),
                    "url": of(f"{APP}.orders", "default_hostname"),
                },
                f"{APP}.orders": {"name": SUFFIX, **KNOWN},
                f"{APP}.other": {"name": SUFFIX, **KNOWN},
            }
        )
    )
    assert verdicts(analysis, "gateway") == {f"{APP}.orders": "unknown"}
    assert verdicts(analysis, "gateway-without-key") == {f"{APP}.orders": without}
