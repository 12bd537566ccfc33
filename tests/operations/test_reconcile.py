"""What a project answers and what its document promises are held side by side."""

from __future__ import annotations

from constructs_lib.operations import Operation, Operations, Parameter
from constructs_lib.operations.reconcile import reconcile


def differences(project: Operations, document: Operations) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in reconcile(project, document)]


def test_the_same_operations() -> None:
    project = Operations.parse("GET /orders/{id}\nPOST /Orders")
    document = Operations.parse("POST /orders\nGET /orders/{orderId}")
    assert differences(project, document) == []


def test_each_side_may_lack_something() -> None:
    project = Operations.parse("GET /orders\nDELETE /orders")
    document = Operations.parse("GET /orders\nPATCH /orders")
    assert differences(project, document) == [
        ("OP301", "PATCH /orders is in the document and no function answers it"),
        ("OP302", "DELETE /orders (DELETE /orders) is not in the document"),
    ]


def test_a_catch_all_answers_what_is_below_it() -> None:
    project = Operations.parse("GET /files/{*path}\nGET /other/*")
    document = Operations.parse("GET /files/{folder}/{name}\nPUT /files/{name}")
    assert differences(project, document) == [
        ("OP301", "PUT /files/{name} is in the document and no function answers it"),
        ("OP302", "GET /other/* (GET /other/*) is not in the document"),
    ]


def test_types_that_differ() -> None:
    def one(kind: str) -> Operations:
        return Operations.of(
            Operation(
                method="GET", url_template="/{id}", parameters=(Parameter(name="id", type=kind),)
            )
        )

    assert differences(one("string"), one("integer")) == []
    assert differences(one("integer"), one("integer")) == []
    assert differences(one("integer"), one("string")) == [
        ("OP303", "GET /{id}: the route takes 'id' as integer, the document as string")
    ]


def test_findings_know_where_the_function_is() -> None:
    function = Operation(method="GET", url_template="/a", source="app/function_app.py:7")
    (finding,) = reconcile(Operations.of(function), Operations.of())
    assert (finding.path, finding.line) == ("app/function_app.py", 7)
