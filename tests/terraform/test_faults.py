"""The order that the JSON imposes, so that an apply that fails in the middle opens nothing."""

from __future__ import annotations

import ast
import re

import pytest

from tests.examples import synthesized
from tests.terraform.harness import ROOT, stack_of_every_type, stacks_of
from tests.terraform.order import Order, leads_somewhere

BINDING = re.compile(r"cdktf_cdktf_provider_(azurerm|azuread)\.(?!data_|provider$)(\w+)")
OPERATION = "azurerm_api_management_api_operation"
API_POLICY = "azurerm_api_management_api_policy"


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Order]:
    """What every environment, and the stack of every type, imposes."""
    folder = tmp_path_factory.mktemp("environments")
    synthesized(ROOT / "main.py", folder)
    every_type = stack_of_every_type(tmp_path_factory.mktemp("every-type"))
    stacks = {**stacks_of(folder), "every-type": every_type}
    return {name: Order(each.document) for name, each in stacks.items()}


def test_the_stack_has_every_type_that_constructs_and_examples_make(
    orders: dict[str, Order],
) -> None:
    modules = [*ROOT.glob("constructs_lib/**/*.py"), *ROOT.glob("examples/*/*.py")]
    imported = {
        "_".join(found.groups())
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (found := BINDING.fullmatch(node.module or ""))
    }
    assert imported
    assert imported <= orders["every-type"].document["resource"].keys()
    for order in orders.values():
        assert order.document["resource"].keys() <= imported | {"terraform_data", "azapi_resource"}


def test_no_operation_precedes_its_policy_and_what_the_policy_needs(
    orders: dict[str, Order],
) -> None:
    for order in orders.values():
        operations = [
            each for each, _ in order.of_type(OPERATION) if not order.answers_itself(each)
        ]
        assert operations
        for address in operations:
            policies = order.policies_of(address)
            assert len(policies) == 1
            assert policies <= order.needs[address]
            types = {needed.split(".")[0] for needed in order.needs[address]}
            assert {
                "azurerm_api_management_backend",
                "azuread_app_role_assignment",
                "azuread_service_principal",
            } <= types
            assert types & {
                "azurerm_function_app_flex_consumption",
                "azurerm_linux_function_app",
                "azurerm_windows_function_app",
            }


def test_easy_auth_is_made_with_each_site_and_network_rules_too(orders: dict[str, Order]) -> None:
    """In one resource: no step of Terraform's lies between a site and what protects it."""
    sites = 0
    for order in orders.values():
        assert order.open_doors(set(order.resources)) == []
        for kind in order.document["resource"]:
            if kind.endswith(("_function_app", "_function_app_slot", "_flex_consumption")):
                for _, site in order.of_type(kind):
                    sites += 1
                    assert site["auth_settings_v2"]["require_authentication"] is True
                    assert site["site_config"]["ip_restriction_default_action"] in ("Allow", "Deny")
                    assert site["site_config"]["scm_ip_restriction_default_action"] == "Deny"
    assert sites >= 10


def test_apis_forward_nowhere_before_their_policy(orders: dict[str, Order]) -> None:
    """Imported operations are there with the API; without a server they have no backend."""
    imported = 0
    for order in orders.values():
        for _, api in order.of_type("azurerm_api_management_api"):
            assert "service_url" not in api
            if "import" in api:
                imported += 1
                assert not leads_somewhere(api["import"])
    assert imported


def test_operations_wait_for_the_policies_above_their_api(orders: dict[str, Order]) -> None:
    above = ("azurerm_api_management_policy", "azurerm_api_management_product_policy")
    order = orders["every-type"]
    policies = {address for kind in above for address, _ in order.of_type(kind)}
    assert len(policies) == len(above)
    service = {address for address in policies if not address.startswith(above[1])}
    for address, _ in order.of_type(OPERATION):
        assert order.answers_itself(address) or service <= order.needs[address]
    for address, _ in order.of_type("azurerm_api_management_product_api"):
        assert policies <= order.needs[address]


def test_a_door_that_is_open_is_noticed(orders: dict[str, Order]) -> None:
    order = orders["every-type"]
    everything = set(order.resources)
    policy = next(order.of_type(API_POLICY))[0]
    assert any("without the policy" in door for door in order.open_doors(everything - {policy}))
    grants = {address for address in everything if "app_role_assignment" in address}
    assert order.open_doors(everything - grants)
    site = next(order.of_type("azurerm_linux_function_app"))[1]
    site["auth_settings_v2"]["auth_enabled"] = False
    try:
        assert any("without Easy Auth" in door for door in order.open_doors(everything))
    finally:
        site["auth_settings_v2"]["auth_enabled"] = True


def test_the_page_counts_what_waits_for_each_type(orders: dict[str, Order]) -> None:
    order = orders["every-type"]
    made = [address for address in order.resources if not address.startswith("data.")]
    expected: dict[str, tuple[int, int, int]] = {}
    for kind in order.document["resource"].keys() - {"terraform_data"}:
        own = {address for address, _ in order.of_type(kind)}
        waiting = sum(bool(order.needs[address] & own) for address in set(made) - own)
        expected[kind] = (len(made) - len(own) - waiting, len(own), waiting)
    # Nothing is made in an apply whose plan cannot read.
    expected |= {f"data.{kind}": (0, 0, len(made)) for kind in order.document["data"]}
    page = (ROOT / "docs/guides/faults-and-ordering.md").read_text()
    told = re.findall(r"^\| `([\w.]+)`(?: \(read\))? \| (\d+), (\d+), (\d+) \|", page, re.M)
    assert {kind: tuple(map(int, counts)) for kind, *counts in told} == expected
    assert f"makes, {len(made)} resources" in page
