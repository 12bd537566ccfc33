"""What Azure has once is defined once, or what is checked may not be what is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib._core.findings import Finding
from constructs_lib.access import analyse, read_stacks
from tests.access.samples import APP, Document, chain, without_token

GATEWAY = "azurerm_api_management"
API = f"{GATEWAY}_api"
NAMED = {"api_management_name": "apim-sample", "resource_group_name": "rg"}


def twice(*documents: Document) -> list[Finding]:
    stacks = {f"stack{number}": document for number, document in enumerate(documents)}
    return [each for each in analyse(read_stacks(stacks)).findings if each.rule == "SF316"]


def again(document: Document, kind: str, **changes: Any) -> None:
    """Define a resource of the document once more under another address."""
    resources = document["resource"][kind]
    resources["twin"] = copy.deepcopy(resources["orders"]) | changes


def operations(document: Document, *api_names: str) -> None:
    """Define an operation with one id in each of the APIs."""
    document["resource"][f"{API}_operation"] = {
        f"get{number}": {**NAMED, "api_name": name, "operation_id": "get"}
        for number, name in enumerate(api_names)
    }


def _policy_that_gets_no_token(document: Document) -> None:
    again(document, f"{API}_policy", xml_content=without_token())


def _fragments(document: Document) -> None:
    part = {"name": "part", "api_management_id": "${azurerm_api_management.gateway.id}"}
    document["resource"][f"{GATEWAY}_policy_fragment"] = {"one": {**part}, "twin": {**part}}


def _service_policies(document: Document) -> None:
    part = {"api_management_id": "${azurerm_api_management.gateway.id}"}
    document["resource"][f"{GATEWAY}_policy"] = {"one": {**part}, "twin": {**part}}


@pytest.mark.parametrize(
    ("vary", "address"),
    [
        (lambda d: again(d, API), f"{API}.twin"),
        (lambda d: again(d, API, name="ORDERS"), f"{API}.twin"),
        (_policy_that_gets_no_token, f"{API}_policy.twin"),
        (lambda d: again(d, f"{GATEWAY}_backend"), f"{GATEWAY}_backend.twin"),
        (lambda d: operations(d, "orders", "orders"), f"{API}_operation.get1"),
        (_fragments, f"{GATEWAY}_policy_fragment.twin"),
        (_service_policies, f"{GATEWAY}_policy.twin"),
    ],
    ids=["API", "API by case", "policy", "backend", "operation", "fragment", "service policy"],
)
def test_a_part_of_a_gateway_that_is_there_twice(
    vary: Callable[[Document], None], address: str
) -> None:
    document = chain()
    vary(document)
    [found] = twice(document)
    assert (found.address, found.severity) == (address, "error")
    assert found.message.startswith(f"The gateway has it already, from {address.split('.')[0]}.")


def _names_that_are_known_later(document: Document) -> None:
    document["resource"][API]["orders"]["name"] = "${var.name}"
    again(document, API)


@pytest.mark.parametrize(
    "vary",
    [
        lambda d: again(d, API, name="billing", path="billing"),
        lambda d: again(d, API, revision="2"),
        lambda d: again(d, API, count="${var.blue ? 1 : 0}"),
        lambda d: again(d, API, for_each={"a": "a"}),
        _names_that_are_known_later,
        lambda d: operations(d, "orders", "orders;rev=2"),
        lambda d: again(d, f"{GATEWAY}_backend", api_management_name="apim-other"),
    ],
    ids=[
        "another API",
        "another revision",
        "one of two by a condition",
        "instances",
        "names that are known later",
        "an operation of another revision",
        "a backend of another gateway",
    ],
)
def test_what_only_looks_alike_is_not(vary: Callable[[Document], None]) -> None:
    document = chain()
    vary(document)
    assert twice(document) == []


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (APP, {}, f"Azure has a function app of this name already, from {APP}.orders"),
        (APP, {"name": "FUNC-orders"}, "Azure has a function app of this name already"),
        (API, {"name": "twin"}, "The gateway serves another API at the path 'orders' already"),
        (API, {"name": "twin", "path": "Orders"}, "The gateway serves another API at the path"),
    ],
    ids=["app", "app by case", "path", "path by case"],
)
def test_a_name_or_path_that_is_taken(kind: str, changes: dict[str, Any], said: str) -> None:
    document = chain()
    again(document, kind, **changes)
    [found] = twice(document)
    assert (found.address, found.severity) == (f"{kind}.twin", "error")
    assert found.message.startswith(said)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (APP, {"name": "func-other"}),
        (APP, {"name": "${var.name}"}),
        (APP, {"count": "${var.windows ? 1 : 0}"}),
        (API, {"name": "v2", "version": "v2", "version_set_id": "${var.set}"}),
        (API, {"name": "twin", "path": "${var.path}"}),
        (API, {"name": "twin", "path": "orders/v2"}),
        (API, {"name": "socket", "api_type": "websocket"}),
    ],
)
def test_what_may_share_a_name_or_path_does(kind: str, changes: dict[str, Any]) -> None:
    document = chain()
    again(document, kind, **changes)
    assert twice(document) == []


def stack_on_an_existing_gateway() -> Document:
    document = chain()
    operations(document, "orders")
    resources = document["resource"]
    del resources[GATEWAY]
    for kind in (API, f"{API}_policy", f"{GATEWAY}_backend"):
        for body in resources[kind].values():
            body |= NAMED
    return document


def test_an_api_in_two_stacks_is_told_once_and_not_for_want_of_a_backend() -> None:
    both = (stack_on_an_existing_gateway(), stack_on_an_existing_gateway())
    assert {each.address for each in twice(*both)} == {
        f"{API}.orders",
        f"{GATEWAY}_backend.orders",
    }
    found = analyse(read_stacks({"first": both[0], "second": both[1]})).findings
    assert "SF307" not in {each.rule for each in found}
    assert twice(both[0]) == []


def test_two_environments_with_a_gateway_each_are_two_systems() -> None:
    assert twice(chain(), chain()) == []
