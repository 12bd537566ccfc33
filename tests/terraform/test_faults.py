"""Applies that fail in the middle converge, and nothing stands open in between."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.terraform.faults import FaultyStack
from tests.terraform.harness import ROOT, copy_of_project, needs_stand_in, synthesize
from tests.terraform.order import Order, leads_somewhere

BINDING = re.compile(r"cdktf_cdktf_provider_(azurerm|azuread)\.(?!data_|provider$)(\w+)")
OPERATION = "azurerm_api_management_api_operation"
API_POLICY = "azurerm_api_management_api_policy"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> FaultyStack:
    return FaultyStack(tmp_path_factory.mktemp("every-type"))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Order]:
    """What every environment, and the stack of every type, imposes."""
    stacks = synthesize(copy_of_project(tmp_path_factory.mktemp("project")) / "main.py")
    every_type = tmp_path_factory.mktemp("every") / "main.py"
    every_type.write_text((Path(__file__).parent / "every_type.py").read_text())
    return {name: Order(each.document) for name, each in (stacks | synthesize(every_type)).items()}


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
        assert order.document["resource"].keys() <= imported | {"terraform_data"}


# -- The order that the JSON imposes, whatever else happens


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


# -- Terraform itself


@needs_stand_in
def test_terraform_knows_the_same_dependencies(stack: FaultyStack) -> None:
    edges = re.findall(r'"([\w.-]+)" -> "([\w.-]+)"', stack.stack.terraform("graph"))
    assert edges
    missing = {(a, n) for a, n in edges if n not in stack.order.needs[a]}
    assert missing == set()


@needs_stand_in
def test_each_type_fails_once_and_the_stack_still_converges(stack: FaultyStack) -> None:
    stack.reset()
    failed: set[str] = set()
    while failed != set(stack.types):
        steps = stack.run("apply", rf"(?!(?:{'|'.join(failed)})$)\w+:create")
        new = {step.address.split(".")[0] for step in steps if not step.done}
        assert new, f"nothing failed, and {set(stack.types) - failed} never did"
        assert not new & failed
        failed |= new
    stack.run("apply")
    stack.assert_converged()
    assert stack.doors == []


@needs_stand_in
def test_a_destroy_that_fails_again_and_again_opens_nothing(stack: FaultyStack) -> None:
    stack.reset()
    stack.run("apply")
    for kind in (
        OPERATION,
        API_POLICY,
        "azurerm_api_management_backend|azuread_app_role_assignment",
        r"azurerm_\w+_function_app\w*",
    ):
        steps = stack.run("destroy", f"{kind}:delete")
        assert [step for step in steps if not step.done]
        assert stack.in_state() != []
    stack.run("destroy")
    assert stack.in_state() == []
    assert stack.live == set()
    assert stack.doors == []
