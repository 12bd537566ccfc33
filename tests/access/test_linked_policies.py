"""A policy that stands behind a link is not read: it may lead to an app that nothing else calls."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.kinds import GATEWAY
from tests.access.samples import Document, chain
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
