"""What azapi writes to a gateway or a site is said, and never taken for absent."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.samples import Document, chain

API = "azurerm_api_management_api"
SERVICE = "Microsoft.ApiManagement/service"


def rules(document: Document) -> set[str]:
    return {each.rule for each in analyse(read_stacks({"stack": document})).findings}


@pytest.mark.parametrize(
    ("kind", "of", "found"),
    [
        ("azapi_resource", f"{SERVICE}/policies@2024-05-01", True),
        ("azapi_update_resource", f"{SERVICE}/apis@2024-05-01", True),
        ("azapi_resource", f"{SERVICE}/backends@2024-05-01", True),
        ("azapi_resource", f"{SERVICE}/apis/operations/policies@2024-05-01", True),
        ("azapi_resource", f"{SERVICE}/loggers@2024-05-01", False),
        ("azapi_resource", f"{SERVICE}@2024-05-01", False),
        ("azapi_resource_action", "Microsoft.Web/sites@2024-04-01", True),
        ("azapi_resource_action", "Microsoft.Web/sites/config@2024-04-01", True),
        ("azapi_resource_action", "Microsoft.Web/serverFarms@2024-04-01", False),
    ],
)
def test_what_azapi_writes_to_a_link_is_said(kind: str, of: str, found: bool) -> None:
    document = chain()
    document["resource"][kind] = {"x": {"type": of, "name": "x"}}
    assert rules(document) - {"SF901"} == ({"SF903"} if found else set())


@pytest.mark.parametrize(
    "parent",
    [f"${{{API}.orders.id}}", f"/x/{SERVICE}/apim-sample/apis/Orders;rev=1", "${var.api}"],
)
def test_an_api_whose_policy_azapi_writes_is_not_without_one(parent: Any) -> None:
    document = chain()
    del document["resource"][f"{API}_policy"]
    assert rules(document) & {"SF301", "SF307"}
    document["resource"]["azapi_resource"] = {
        "policy": {"type": f"{SERVICE}/apis/policies@2024-05-01", "name": "policy"}
        | {"parent_id": parent}
    }
    assert rules(document) == {"SF901", "SF903"}


@pytest.mark.parametrize("parent", ["${var.operation}", "${azapi_resource.elsewhere.id}"])
def test_a_policy_of_an_operation_that_is_not_known_may_be_of_any(parent: str) -> None:
    document = chain()
    document["resource"]["azapi_resource"] = {
        "policy": {"type": f"{SERVICE}/apis/operations/policies@2024-05-01", "name": "policy"}
        | {"parent_id": parent, "body": {"properties": {"format": "rawxml", "value": "<x/>"}}}
    }
    answers = analyse(read_stacks({"stack": document})).answers
    assert {each.verdict for each in answers if each.caller.kind == "gateway"} == {"unknown"}
