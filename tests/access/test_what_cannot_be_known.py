"""What is not known is no error, what surely is the same is, and stacks are kept apart."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks, read_terraform
from tests.access.samples import (
    APP,
    AUDIENCE,
    Document,
    chain,
    directory,
    easy_auth,
    without_token,
)

GATEWAY = "azurerm_api_management"
API = f"{GATEWAY}_api"
NO_TOKEN = without_token()
OTHER = "33333333-3333-4333-8333-333333333333"
NAMED_API = {"api_name": f"${{{API}.orders.name}}"}


def of(document: Document) -> Analysis:
    return analyse(read_stacks({"stack": document}))


def rules(document: Document) -> set[str]:
    return {each.rule for each in of(document).findings}


def verdicts(document: Document) -> set[str]:
    return {each.verdict for each in of(document).answers if each.caller.kind == "gateway"}


def calling(url: str) -> Document:
    document = chain()
    document["resource"][f"{GATEWAY}_backend"]["orders"]["url"] = url
    return document


# The host of a backend ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://${var.host}/api",
        "https://${module.dns.host}/api",
        "${var.url}",
        "${module.dns.url}",
    ],
)
def test_a_host_that_is_not_known_is_not_foreign(url: str) -> None:
    assert "SF310" not in rules(calling(url))
    assert verdicts(calling(url)) == {"unknown"}


def test_a_host_of_another_resource_is_foreign() -> None:
    document = calling("https://${azurerm_container_app.x.latest_revision_fqdn}/api")
    document["resource"]["azurerm_container_app"] = {"x": {"name": "x"}}
    assert "SF310" in rules(document)


@pytest.mark.parametrize(
    "host",
    [
        "func-orders.azurewebsites.us",
        "func-orders.chinacloudsites.cn",
    ],
)
def test_apps_have_default_hosts_in_every_cloud(host: str) -> None:
    assert verdicts(calling(f"https://{host}/api")) == {"open"}


@pytest.mark.parametrize(
    "slot_id",
    [f"${{{APP}_slot.blue.id}}", "/x/sites/func-orders/slots/blue"],
)
def test_a_host_can_be_bound_to_a_slot(slot_id: str) -> None:
    document = calling("https://blue.contoso.com/api")
    resources = document["resource"]
    slot = copy.deepcopy(resources[APP]["orders"])
    slot |= {"name": "blue", "function_app_id": f"${{{APP}.orders.id}}"}
    resources[f"{APP}_slot"] = {"blue": slot}
    resources["azurerm_app_service_slot_custom_hostname_binding"] = {
        "blue": {"app_service_slot_id": slot_id, "hostname": "blue.contoso.com"}
    }
    reached = {
        each.target.address for each in of(document).answers if each.caller.kind == "gateway"
    }
    assert reached == {f"{APP}_slot.blue"}


# The tenant -----------------------------------------------------------------------------------


def expecting(tenant: str) -> Document:
    document = chain()
    directory(document)["tenant_auth_endpoint"] = f"https://login.microsoftonline.com/{tenant}/v2.0"
    return document


def test_a_tenant_that_is_written_out_may_be_the_one_that_is_looked_up() -> None:
    assert rules(expecting(OTHER)) == set()


def test_a_stack_that_publishes_the_tenant_it_looks_up_should_not_write_out_another() -> None:
    document = expecting(OTHER)
    tenant = "${data.azuread_client_config.current.tenant_id}"
    document["output"] = {"tenant_id": {"value": tenant}}
    assert rules(document) == {"SF121"}


@pytest.mark.parametrize(("tenant", "found"), [(OTHER, set[str]()), (OTHER[:-1] + "4", {"SF121"})])
def test_a_provider_that_is_told_its_tenant_tells_it(tenant: str, found: set[str]) -> None:
    document = expecting(tenant)
    document["provider"] = {"azuread": [{"tenant_id": OTHER}]}
    assert rules(document) == found


# What is defined twice ------------------------------------------------------------------------


def with_second_policy(name: str, **changes: Any) -> Document:
    document = chain()
    document["resource"][API]["orders"]["name"] = name
    policies = document["resource"][f"{API}_policy"]
    policies["second"] = policies["orders"] | {"xml_content": NO_TOKEN} | changes
    return document


def test_two_policies_of_one_api_are_two_whatever_its_name_will_be() -> None:
    document = with_second_policy("orders-${var.env}")
    assert [each.address for each in of(document).findings if each.rule == "SF316"] == [
        f"{API}_policy.second"
    ]
    assert "SF316" not in rules(with_second_policy("orders-${var.env}", count="${var.n}"))


def test_instances_in_a_plan_are_not_told_to_be_twice(tmp_path: Path) -> None:
    def planned(*addresses: str) -> set[str]:
        values = {
            "api_management_name": "apim-sample",
            "resource_group_name": "rg",
            "name": "orders",
            "revision": "1",
        }
        resources = [
            {"address": each, "mode": "managed", "type": API, "name": "o", "values": values}
            for each in addresses
        ]
        plan: Document = {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": resources}},
            "configuration": {"root_module": {}},
        }
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        return {each.rule for each in analyse(read_terraform(file)).findings}

    assert "SF316" not in planned(f'{API}.o["a"]', f'{API}.o["b"]')
    assert "SF316" in planned(f"{API}.o", f"{API}.p")


def test_a_policy_of_another_revision_leaves_that_of_the_current_one_alone() -> None:
    document = with_second_policy("orders", api_name="orders;rev=2")
    assert rules(document) <= {"SF301", "SF315"}
    current = [each for each in of(document).answers if each.caller.id == f"gateway:{API}.orders"]
    assert [each.verdict for each in current] == ["open"]
    assert rules(with_second_policy("orders", api_name="orders;rev=1")) == {"SF301"}


# Stacks ---------------------------------------------------------------------------------------


def test_each_environment_has_only_its_own_gateway_for_a_caller() -> None:
    analysis = analyse(read_stacks({"dev": chain(), "prod": chain()}))
    assert [each for each in analysis.answers if each.caller.kind == "listed-application"] == []
    assert analysis.findings == ()


def test_an_api_that_an_earlier_stack_looks_up_leaves_the_managed_one_its_policy() -> None:
    later = chain()
    looking = {
        "data": {
            API: {
                "orders": {
                    "name": "orders",
                    "api_management_name": "apim-sample",
                    "resource_group_name": "rg",
                    "revision": "1",
                }
            }
        }
    }
    analysis = analyse(read_stacks({"a": looking, "b": later}))
    assert analysis.findings == ()
    verdict = [each.verdict for each in analysis.answers if each.caller.kind == "gateway"]
    assert verdict == ["open"]


def test_the_audience_is_still_compared() -> None:
    document = chain()
    body = document["resource"][f"{API}_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(AUDIENCE, "api://other")
    assert "SF305" in rules(document)


@pytest.mark.parametrize(
    "value",
    [
        "${var.apps}",
        "${azurerm_user_assigned_identity.gateway[*].client_id}",
        "${[for each in [azurerm_user_assigned_identity.gateway] : each.client_id]}",
    ],
)
def test_a_list_that_is_computed_as_a_whole_breaks_no_pair(value: str) -> None:
    document = chain()
    directory(document)["allowed_applications"] = value
    assert {each.rule for each in analyse(read_stacks({"stack": document})).findings} == {"SF901"}


def test_paths_that_are_computed_as_a_whole_may_be_none() -> None:
    document = chain()
    easy_auth(document)["excluded_paths"] = "${var.paths}"
    [found] = analyse(read_stacks({"stack": document})).findings
    assert (found.rule, found.attribute) == ("SF901", "auth_settings_v2.excluded_paths")
    easy_auth(document)["excluded_paths"] = ["${var.path}"]
    [found] = analyse(read_stacks({"stack": document})).findings
    assert found.rule == "SF113"


@pytest.mark.parametrize(
    ("address", "verdict"), [("${var.range}", "unknown"), ("${var.address}/32", "closed")]
)
def test_a_range_that_is_not_known_may_be_everywhere(address: str, verdict: str) -> None:
    document = chain()
    del document["resource"][APP]["orders"]["auth_settings_v2"]
    document["resource"][APP]["orders"]["site_config"] |= {
        "ip_restriction_default_action": "Deny",
        "ip_restriction": [{"name": "x", "ip_address": address}],
    }
    answers = analyse(read_stacks({"stack": document})).answers
    [anonymous] = [each for each in answers if each.caller.kind == "anonymous"]
    assert anonymous.verdict == verdict
