"""What the directory team hands over is what the teams' stacks take, or is refused by its key."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import (
    AppRegistration,
    DirectoryContract,
    FunctionAppProps,
    Gateway,
    InputError,
    Placement,
    Principal,
    Runtime,
    SecuredFunctionApi,
    add_contract,
)

TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
CALLER = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
WHOLE: dict[str, Any] = {
    "contract": 1,
    "tenant_id": TENANT,
    "registrations": {
        "orders": {
            "client_id": CLIENT,
            "token_version": 1,
            "audiences": ["api://orders"],
            "callers": {"gateway": {"client_id": CALLER.client_id, "object_id": CALLER.object_id}},
        }
    },
}


@pytest.fixture
def contract(tmp_path):
    """Write a contract and return its path."""

    def write(value: Any):
        path = tmp_path / "directory.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


def test_a_registration_comes_with_all_that_easy_auth_needs(contract):
    registration = AppRegistration.from_contract(contract(WHOLE), "orders")
    assert registration.client_id == CLIENT
    assert registration.issuer == f"https://login.microsoftonline.com/{TENANT}"
    assert registration.audiences == ("api://orders",)
    assert registration.callers == (CALLER,)
    assert DirectoryContract.read(contract(WHOLE)).caller("orders") == CALLER


def test_the_output_of_the_directory_stack_is_a_contract(build, contract):
    def make(stack):
        registration = AppRegistration(stack, "orders", display_name="orders", tenant_id=TENANT)
        registration.grant(CALLER)
        add_contract(stack, {"orders": registration})

    terraform = build(make)
    output = terraform["output"]["directory_contract"]
    assert not output.get("sensitive")
    value = copy.deepcopy(output["value"])
    client_id = value["registrations"]["orders"]["client_id"]
    assert client_id.startswith("${azuread_application.")
    value["registrations"]["orders"]["client_id"] = CLIENT
    registration = AppRegistration.from_contract(contract(value), "orders")
    assert registration.callers == (CALLER,)
    assert registration.token_version == 2


def test_a_registration_whose_role_nobody_has_is_not_handed_over(stack):
    registration = AppRegistration(stack, "orders", display_name="orders")
    with pytest.raises(InputError, match=r"nobody has the role of orders .*call grant|nobody has"):
        add_contract(stack, {"orders": registration})
    with pytest.raises(InputError, match="no registration to hand over"):
        add_contract(stack, {})


def test_a_gateway_that_the_contract_does_not_name_is_refused_at_synth(stack, contract):
    other = Principal(
        name="gateway",
        client_id="11111111-6f0e-4f2b-9c61-5d5f3f6f2c11",
        object_id="22222222-2c55-4f6e-8a9e-7a6c1f0f3e22",
    )
    with pytest.raises(InputError, match=r"none of them .*secured-functions request"):
        SecuredFunctionApi(
            stack,
            "orders",
            gateway=Gateway.existing(
                stack, "gateway", name="apim", resource_group_name="rg", principal=other
            ),
            path="orders",
            operations=["GET /a"],
            registration=AppRegistration.from_contract(contract(WHOLE), "orders"),
            function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
            resource_group=Placement("rg", "westeurope"),
        )


def changed(*path: str, to: Any) -> dict[str, Any]:
    value = copy.deepcopy(WHOLE)
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return value


@pytest.mark.parametrize(
    ("value", "where", "problem"),
    [
        (changed("contract", to=2), "contract", "2 is not known"),
        (changed("tenant_id", to="contoso"), "tenant_id", "'contoso' is not an id"),
        (changed("secret", to="s"), "secret", "this key is not known"),
        (changed("registrations", to={}), "registrations", "empty"),
        (changed("registrations", "orders", to=[]), "registrations.orders", "not an object"),
        (
            changed("registrations", "orders", "client_id", to=None),
            "registrations.orders.client_id",
            "missing",
        ),
        (
            changed("registrations", "orders", "callers", "gateway", "oid", to="x"),
            "registrations.orders.callers.gateway.oid",
            "this key is not known",
        ),
        (
            changed("registrations", "orders", "callers", "gateway", "object_id", to="x"),
            "registrations.orders.callers.gateway.object_id",
            "'x' is not an id",
        ),
        (
            changed("registrations", "orders", "token_version", to=3),
            "registrations.orders.token_version",
            "3 is not known",
        ),
        (
            changed("registrations", "orders", "audiences", to="api://x"),
            "registrations.orders.audiences",
            "not a list",
        ),
        (changed("contract", to=True), "contract", "True is not known"),
        (
            changed("registrations", "orders", "token_version", to=True),
            "registrations.orders.token_version",
            "True is not known",
        ),
        (
            changed("registrations", "orders", "audiences", to=['${file("/etc/passwd")}']),
            "registrations.orders.audiences.0",
            "Terraform would evaluate",
        ),
        (
            changed("registrations", "orders", "callers", "${x}", to={}),
            "registrations.orders.callers.${x}",
            "Terraform would evaluate",
        ),
        (changed("$schema", to="%{ if true }"), "$schema", "Terraform would evaluate"),
        ([], "", "not an object"),
    ],
)
def test_what_does_not_belong_is_named_with_file_and_key(contract, value, where, problem):
    path = contract(value)
    with pytest.raises(InputError) as error:
        DirectoryContract.read(path)
    place = f"{path}: {where}" if where else str(path)
    assert str(error.value).startswith(f"{place}: {problem}")


def test_text_that_is_no_json_is_named_with_line_and_column(contract):
    path = contract('{\n  "contract": 1,,\n}')
    with pytest.raises(InputError, match=rf"{path}:2:\d+: the contract is not JSON"):
        DirectoryContract.read(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000, "deep"),
        ('{"contract": ' * 200 + "1" + "}" * 200, "deep"),
        ('{"contract": ' + "1" * 5000 + "}", "5000 digits"),
        ("", "empty"),
    ],
)
def test_text_that_python_cannot_take_is_refused_with_the_file(contract, text, problem):
    path = contract(text)
    with pytest.raises(InputError, match=f"^{path}.*{problem}"):
        DirectoryContract.read(path)


def test_a_path_with_a_nul_character_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a path"):
        DirectoryContract.read(tmp_path / "a\0.json")


def test_a_contract_may_begin_with_a_byte_order_mark(contract):
    path = contract(WHOLE)
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert DirectoryContract.read(path).registration("orders").client_id == CLIENT


def test_a_missing_file_says_where_to_get_it(tmp_path):
    with pytest.raises(InputError, match="terraform output -json directory_contract"):
        DirectoryContract.read(tmp_path / "none.json")


def test_an_unknown_name_lists_those_that_are_there(contract):
    with pytest.raises(InputError, match=r"there is no 'billing' \(write one of orders"):
        AppRegistration.from_contract(contract(WHOLE), "billing")
    with pytest.raises(InputError, match=r"callers: there is no 'ci'"):
        DirectoryContract.read(contract(WHOLE)).caller("orders", "ci")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["contract", "tenant_id", "registrations", "orders", "callers", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_document_whatever_it_holds_gives_anything_but_an_input_error(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "any-contract.json"
    path.write_text(json.dumps({**WHOLE, "registrations": value}))
    with pytest.raises(InputError):
        DirectoryContract.read(path)
