"""What of a gateway is not read, and may lead to an app: linked policies, and workspaces."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.kinds import GATEWAY
from tests.access.samples import APP, Document, chain
from tests.access.test_estates import _in_azapi

IN_GATEWAY = {
    "api_management_name": f"${{{GATEWAY}.gateway.name}}",
    "resource_group_name": "rg",
}
LINK = "https://example.com/policy.xml"
OPERATION = {
    **IN_GATEWAY,
    "api_name": f"${{{GATEWAY}_api.orders.name}}",
    "display_name": "x",
    "method": "GET",
}


def by_azurerm() -> Document:
    document = chain()
    policy = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    del policy["xml_content"]
    policy["xml_link"] = LINK
    return document


def by_azapi(form: str) -> Document:
    document = chain()
    _in_azapi(document)
    written = document["resource"]["azapi_resource"]["policy"]["body"]["properties"]
    written |= {"format": form, "value": LINK}
    return document


def with_operations() -> Document:
    document = by_azurerm()
    operations = document["resource"].setdefault(f"{GATEWAY}_api_operation", {})
    for name in ("get", "list"):
        operations[name] = {**OPERATION, "operation_id": name, "url_template": f"/{name}"}
    return document


def answers(analysis: Analysis) -> list[tuple[str, str]]:
    return sorted(
        (each.caller.kind, each.verdict)
        for each in analysis.answers
        if each.caller.kind.startswith("gateway")
    )


LINKED: dict[str, Any] = {
    "by azurerm": by_azurerm,
    "by azapi, xml-link": lambda: by_azapi("xml-link"),
    "by azapi, rawxml-link": lambda: by_azapi("rawxml-link"),
    "of an API with operations": with_operations,
}


@pytest.mark.parametrize("name", LINKED)
def test_a_linked_policy_may_lead_to_the_app_of_the_backend(name: str) -> None:
    analysis = analyse(read_stacks({"stack": LINKED[name]()}))
    assert answers(analysis) == [("gateway", "unknown"), ("gateway-without-key", "closed")]
    rules = {each.rule for each in analysis.findings}
    assert rules <= {"SF901", "SF906"}


def test_an_app_that_another_api_calls_is_not_said_to_be_called_by_it() -> None:
    document = chain()
    api = document["resource"][f"{GATEWAY}_api"]["orders"]
    document["resource"][f"{GATEWAY}_api"]["linked"] = {**api, "name": "linked", "path": "linked"}
    document["resource"][f"{GATEWAY}_api_policy"]["linked"] = {
        **IN_GATEWAY,
        "api_name": f"${{{GATEWAY}_api.linked.name}}",
        "xml_link": LINK,
    }
    analysis = analyse(read_stacks({"stack": document}))
    assert {each.caller.address for each in analysis.answers if each.caller.kind == "gateway"} == {
        f"{GATEWAY}_api.orders"
    }


WORKSPACE = "Microsoft.ApiManagement/service/workspaces"
HOST = f"https://${{{APP}.orders.default_hostname}}"
NAMED = "https://func-orders.azurewebsites.net/api"
BASE = f'<set-backend-service base-url="{HOST}" />'
POLICY = f"<policies><inbound><base />{BASE}</inbound></policies>"


@pytest.mark.parametrize(
    ("part", "properties", "called"),
    [
        ("apis", {"path": "x", "serviceUrl": f"{HOST}/api"}, True),
        ("apis", {"path": "x", "serviceUrl": NAMED}, True),
        ("backends", {"url": HOST, "protocol": "http"}, True),
        ("apis/policies", {"format": "rawxml", "value": POLICY}, True),
        ("apis", {"path": "x", "serviceUrl": "https://example.com"}, False),
        ("policies", {"format": "rawxml", "value": POLICY.replace(BASE, "")}, False),
    ],
)
def test_what_calls_the_app_from_a_workspace_is_a_caller(
    part: str, properties: dict[str, Any], called: bool
) -> None:
    document = chain()
    document["resource"]["azapi_resource"] = {
        "it": {
            "type": f"{WORKSPACE}/{part}@2024-05-01",
            "name": "it",
            "parent_id": f"${{{GATEWAY}.gateway.id}}/workspaces/team",
            "body": {"properties": properties},
        }
    }
    analysis = analyse(read_stacks({"stack": document}))
    found = {
        (each.caller.kind, each.verdict)
        for each in analysis.answers
        if each.caller.address == "azapi_resource.it"
    }
    kinds = ("gateway", "gateway-without-key")
    assert found == ({(kind, "unknown") for kind in kinds} if called else set())
    assert ("SF901" in {each.rule for each in analysis.findings}) == called
