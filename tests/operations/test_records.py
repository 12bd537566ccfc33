"""Operations are checked when they are written down, not when Azure refuses them."""

from __future__ import annotations

import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.operations import Operation, Operations, Parameter
from constructs_lib.operations.operation import ID_PATTERN, derive_id


def test_the_short_form_says_everything() -> None:
    operation = Operation.parse("get /orders/{id}/files/{*path}")
    assert operation == Operation(
        method="GET",
        url_template="/orders/{id}/files/{*path}",
        id="get-orders-id-files-path",
        display_name="GET /orders/{id}/files/{*path}",
        parameters=(Parameter(name="id"), Parameter(name="path")),
    )


def test_lines_of_operations() -> None:
    text = "GET,POST /orders  # both\n\n   DELETE /orders/{id}\n# nothing\n"
    assert [operation.name for operation in Operations.parse(text)] == [
        "GET /orders",
        "POST /orders",
        "DELETE /orders/{id}",
    ]
    assert Operations.parse("GET /orders") == Operations.of("GET /orders")


def test_a_wildcard_per_method_is_a_choice_of_its_own() -> None:
    assert [(o.id, o.url_template) for o in Operations.any(("GET", "POST"))] == [
        ("get-wildcard", "/*"),
        ("post-wildcard", "/*"),
    ]
    assert len(Operations.any()) == 7


def test_operations_are_a_sequence() -> None:
    operations = Operations.parse("GET /a\nGET /b\nGET /c")
    assert operations[0].url_template == "/a"
    assert [o.url_template for o in operations[1:]] == ["/b", "/c"]
    assert Operation.parse("GET /b") in operations


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("GET", "'GET' is not an operation"),
        ("GET orders", "starts with a slash"),
        ("G<T /orders", "not an HTTP method"),
        ("GET /orders/{id:int}", "{id:int} is not a placeholder"),
        ("GET /orders/{id?}", "{id?} is not a placeholder"),
        ("GET /orders/{page=1}", "{page=1} is not a placeholder"),
        ("GET /orders/{}", "{} is not a placeholder"),
        ("GET /{id}/{ID}", "names 'ID' twice"),
        ("GET /orders/{id", "braces"),
        ("GET /orders/id}", "braces"),
        ("GET /*/orders", "last segment"),
        ("GET /orders*", "last segment"),
        ("GET /{*path}/orders", "only come last"),
        ("GET /my orders", "white space"),
        ("GET /orders#top", "#"),
        ("GET /${id}", "Terraform"),
        ("GET /a%{id}", "Terraform"),
        ("GET /" + "x" * 1000, "1000 characters"),
    ],
)
def test_what_api_management_would_refuse(text: str, problem: str) -> None:
    with pytest.raises(InputError) as error:
        Operation.parse(text)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"parameters": (Parameter(name="name"),)}, "'name' is not in the URL template"),
        ({"parameters": (Parameter(name="id"), Parameter(name="id"))}, "given twice"),
        ({"id": "-x"}, "cannot be the id"),
        ({"id": "x" * 81}, "cannot be the id"),
        ({"display_name": "x" * 301}, "300"),
        ({"parameters": (Parameter(name="id", values=("a",), default="b"),)}, "none of its values"),
    ],
)
def test_what_does_not_fit_together(arguments: dict, problem: str) -> None:
    with pytest.raises(InputError, match=r"^GET /orders/\{id\}: ") as error:
        Operation(method="GET", url_template="/orders/{id}", **arguments)
    assert problem in str(error.value)


def test_a_placeholder_without_its_parameter() -> None:
    with pytest.raises(InputError, match=r"\{b\} has no parameter"):
        Operation(method="GET", url_template="/{a}/{b}", parameters=(Parameter(name="a"),))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("GET /orders/{id}", "GET /orders/{name}"),
        ("GET /Orders", "get /orders"),
        ("GET /files/{*path}", "GET /files/{*rest}"),
    ],
)
def test_two_operations_for_the_same_requests(first: str, second: str) -> None:
    with pytest.raises(InputError, match="the same requests match"):
        Operations.of(first, second)


def test_two_operations_with_one_id() -> None:
    with pytest.raises(InputError, match=r"GET /a has the id 'one' too"):
        Operations.of(
            Operation(method="GET", url_template="/a", id="one"),
            Operation(method="GET", url_template="/b", id="one"),
        )


def test_wildcard_root_and_parameter_are_three_things() -> None:
    assert len(Operations.parse("GET /\nGET /*\nGET /{id}")) == 3


@given(
    st.sampled_from(["GET", "DELETE"]),
    st.text(st.sampled_from(string.ascii_letters + string.digits + "/-_.~{}é大"), max_size=200),
)
def test_an_id_is_stable_and_allowed(method: str, path: str) -> None:
    identity = derive_id(method, f"/{path}")
    assert ID_PATTERN.fullmatch(identity)
    assert identity == derive_id(method, f"/{path}")


def test_letters_that_an_id_cannot_have_still_tell_operations_apart() -> None:
    assert derive_id("GET", "/é") != derive_id("GET", "/ü")
    assert derive_id("GET", "/" + "x" * 90 + "a") != derive_id("GET", "/" + "x" * 90 + "b")


def test_records_load_nothing_that_reads_files() -> None:
    program = (
        "import constructs_lib.operations, sys;"
        "heavy = {'yaml', 'pydantic', 'tree_sitter', 'jsonschema', 'jsonschema_rs',"
        "'openapi_spec_validator', 'cdktf', 'jsii'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
