"""OpenAPI documents of every version become operations, or a document that can be imported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.operations import (
    ApiSchema,
    Operation,
    Operations,
    Parameter,
    Representation,
    Request,
    Response,
)
from tests.operations.openapi.samples import VERSIONS, document

DOCUMENTS = Path(__file__).parent / "documents"


def read(name: str, **options: Any) -> Operations:
    return Operations.from_openapi(DOCUMENTS / name, **{"route_prefix": "api", **options})


def told(operations: Operations) -> list[tuple[str, int | None, str]]:
    return [(f.rule, f.line, f.message) for f in operations.findings]


def test_version_3_0_in_several_files() -> None:
    operations = read("orders-3.0.yaml")
    trace = Parameter(name="x-trace", required=False)
    problem = Representation(
        content_type="application/problem+json", schema_id="openapi", type_name="Problem"
    )
    order = Representation(
        content_type="application/json", schema_id="openapi", type_name="Order_2"
    )
    assert list(operations) == [
        Operation(
            method="GET",
            url_template="/v2/orders",
            id="list-orders",
            display_name="List the orders",
            request=Request(
                query_parameters=(
                    Parameter(
                        name="status", values=("open", "closed", "no", "12:30"), default="open"
                    ),
                    Parameter(name="tags", type="array", required=False),
                ),
                headers=(trace,),
            ),
            responses=(
                Response(
                    status_code=200,
                    description="The orders.",
                    headers=(
                        Parameter(
                            name="x-total", type="integer", required=False, description="How many."
                        ),
                    ),
                    representations=(
                        Representation(
                            content_type="application/json",
                            schema_id="openapi",
                            type_name="list-orders-200-response",
                            example='[{"id": 1}]',
                        ),
                    ),
                ),
            ),
        ),
        Operation(
            method="POST",
            url_template="/v2/orders",
            id="post-v2-orders",
            description="Create an order.",
            request=Request(
                description="The order.",
                headers=(trace,),
                representations=(
                    order,
                    Representation(
                        content_type="multipart/form-data",
                        form_parameters=(
                            Parameter(name="file", description="A scan."),
                            Parameter(name="note", required=False),
                        ),
                    ),
                ),
            ),
            responses=(
                Response(status_code=201, description="Created."),
                Response(
                    status_code=409, description="It did not work.", representations=(problem,)
                ),
            ),
        ),
        Operation(
            method="GET",
            url_template="/v2/orders/{id}",
            id="getorder",
            display_name="getOrder",
            description="One order.",
            parameters=(Parameter(name="id", type="integer", description="Its number."),),
            responses=(
                Response(status_code=200, description="The order.", representations=(order,)),
            ),
        ),
        Operation(
            method="GET",
            url_template="/v2/search",
            id="get-v2-search",
            responses=(Response(status_code=200, description="Found."),),
        ),
    ]


def test_types_of_several_files_stand_in_one_schema() -> None:
    (schema,) = read("orders-3.0.yaml").schemas
    assert schema.content_type == "application/vnd.oai.openapi.components+json"
    types = json.loads(schema.components or "")["schemas"]
    assert types.keys() == {
        *("Problem", "Order", "Order_2", "Line", "Trace", "Book", "list-orders-200-response")
    }
    assert types["Line"]["properties"] == {
        "parent": {"$ref": "#/components/schemas/Line"},
        "product": {
            "oneOf": [{"$ref": "#/components/schemas/Book"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"book": "#/components/schemas/Book"},
            },
        },
    }
    # A property may be called `example`; an example may look like a reference.
    assert types["Order_2"]["properties"]["example"] == {"$ref": "#/components/schemas/Trace"}
    assert types["Book"]["example"] == {"$ref": "not a reference"}


def test_what_api_management_does_not_know_is_reported_with_its_line() -> None:
    assert told(read("orders-3.0.yaml")) == [
        ("OP202", 15, "API Management expects 'tags' repeated for each value"),
        ("OP202", 15, "API Management has no cookie parameters"),
        ("OP206", 15, "API Management has no response 'default'"),
        ("OP206", 56, "API Management has no response '4XX'"),
        ("OP207", 58, "API Management drops the body of GET"),
        ("OP202", 61, "API Management ignores callbacks"),
        ("OP202", 62, "API Management ignores the method TRACE"),
        ("OP204", 70, "the type Line contains itself"),
        ("OP203", 73, "API Management ignores security schemes"),
    ]


def test_version_2_0() -> None:
    operations = read("orders-2.0.json")
    number = Parameter(name="id", type="integer")
    get, attach, put = operations
    assert (get.url_template, get.parameters) == ("/orders/{id}", (number,))
    assert [body.content_type for body in get.responses[0].representations] == [
        "application/json",
        "application/xml",
    ]
    assert get.responses[0].representations[0].example == '{"id": 1}'
    assert put.request == Request(
        description="The order.",
        representations=(
            Representation(content_type="application/json", schema_id="openapi", type_name="Order"),
        ),
    )
    assert attach.request == Request(
        query_parameters=(Parameter(name="ids", type="array", required=False),),
        representations=(
            Representation(
                content_type="multipart/form-data",
                form_parameters=(Parameter(name="file", type="file"),),
            ),
        ),
    )
    assert operations.schemas == (
        ApiSchema(
            id="openapi",
            content_type="application/vnd.ms-azure-apim.swagger.definitions+json",
            definitions='{"Order": {"type": "object", "properties": {"id": {"type": "integer"}}}}',
        ),
    )


def test_version_3_1() -> None:
    (operation,) = operations = read("orders-3.1.yaml")
    assert operation.url_template == "/orders/{id}"  # the prefix is the backend's
    assert operation.parameters == (Parameter(name="id", type="integer"),)
    (body,) = operation.responses[0].representations
    assert (body.type_name, body.example) == ("get-orders-id-200-response", '{"id": 1}')
    assert told(operations) == [("OP202", 26, "API Management ignores webhooks")]


@pytest.mark.parametrize(
    ("name", "content_format", "version"),
    [
        ("orders-2.0.json", "swagger-json", "2.0"),
        ("orders-3.0.yaml", "openapi+json", "3.0.3"),
        ("orders-3.1.yaml", "openapi+json", "3.1.1"),
    ],
)
def test_import_hands_over_one_document_without_servers(
    name: str, content_format: str, version: str
) -> None:
    expanded, imported = read(name), read(name, mode="import")
    assert imported.document is not None
    assert imported.schemas == ()
    assert imported.document.content_format == content_format
    content = json.loads(imported.document.content_value)
    assert content.get("swagger", content.get("openapi")) == version
    assert not {"servers", "host", "basePath", "schemes"} & content.keys()
    assert list(content["paths"]) == list(dict.fromkeys(o.url_template for o in expanded))
    plain = [o.url_template.partition("?")[0] for o in imported]
    assert plain == [o.url_template for o in expanded]
    assert not {"parameters", "responses"} & {*content, *content.get("components", {})}
    references = [text for text in walk(content) if text.startswith("#/")]
    homes = ("#/definitions/", "#/components/schemas/")
    assert references
    assert all(reference.startswith(homes) for reference in references)
    # The same operations have the same ids in both modes, so policies find them.
    assert [o.id for o in imported] == [o.id for o in expanded]


def walk(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [
            text for key, item in value.items() if key != "example" for text in walk(item)
        ]
    return [text for item in value for text in walk(item)] if isinstance(value, list) else []


def test_a_document_that_is_too_large_to_import(write) -> None:
    text = json.dumps({**document(10, "3.0.3"), "x-large": "x" * 4_200_000})
    folder = write({"api.json": text})
    with pytest.raises(InputError, match="up to 4 MB"):
        Operations.from_openapi(folder / "api.json", mode="import")
    assert len(Operations.from_openapi(folder / "api.json")) == 10


def servers(*urls: str, paths: tuple[str, ...] = ("/a",)) -> str:
    operation = {"get": {"responses": {"200": {"description": "Done."}}}}
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": url} for url in urls],
            "paths": dict.fromkeys(paths, operation),
        }
    )


@pytest.mark.parametrize(
    ("urls", "paths", "prefix", "expected", "reported"),
    [
        (["https://x/api"], ("/a",), "api", ["/a"], False),
        (["https://x/api/v1/"], ("/a",), "api", ["/v1/a"], False),
        (["https://x/"], ("/api/a", "/api"), "api", ["/a", "/"], False),
        (["https://x/"], ("/api/a", "/b"), "api", ["/api/a", "/b"], False),
        (["https://x/v1"], ("/a",), "", ["/v1/a"], False),
        (["https://x/v1"], ("/a",), "api", ["/a"], True),
        (["https://x.azurewebsites.net"], ("/a",), "api", ["/a"], True),
        (["https://y/other", "https://x/api"], ("/a",), "api", ["/a"], False),
        ([], ("/a",), "api", ["/a"], False),
    ],
)
def test_servers_are_reconciled_with_the_backend(
    write, urls: list[str], paths: tuple[str, ...], prefix: str, expected: list[str], reported: bool
) -> None:
    folder = write({"api.json": servers(*urls, paths=paths)})
    operations = Operations.from_openapi(folder / "api.json", route_prefix=prefix)
    assert [operation.url_template for operation in operations] == expected
    assert [f.rule for f in operations.findings] == (["OP205"] if reported else [])
    assert operations.route_prefix == prefix


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("https://app.azurewebsites.net/api", "api"),
        ("https://app.azurewebsites.net", ""),
        ("http://localhost:7071/v1", "v1"),
        ("https://gateway.example/orders", None),
    ],
)
def test_a_function_app_among_the_servers_tells_the_prefix(
    write, url: str, prefix: str | None
) -> None:
    folder = write({"api.json": servers(url)})
    assert Operations.from_openapi(folder / "api.json").route_prefix == prefix


GOOD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"
WRONG = {
    "no file": (None, "there is no such file", ""),
    "no YAML": ("a: [1\nb: 2", "this is not valid YAML", ":2:"),
    "no JSON": ('{"a": 1,\n}', "this is not valid JSON", ":2:1"),
    "a key twice": ("openapi: 3.0.3\nopenapi: 3.0.3", "is there twice", ":2:1"),
    "brackets without end": ("[" * 100_000, "more than 100 deep", ":1"),
    "dashes without end": ("- " * 3000 + "a", "more than 100 deep", ":1"),
    "objects without end": ('{"a": ' * 900 + "1" + "}" * 900, "more than 100 deep", ""),
    "an alias within itself": ("a: &a {b: *a}", "holds itself", ":1:4"),
    "a list within itself": ("a: &a [*a]", "holds itself", ":1:4"),
    "aliases without end": (
        "a0: &a0 1\n" + "".join(f"a{n}: &a{n} [[[*a{n - 1}]]]\n" for n in range(1, 50)),
        "more than 100 deep",
        "",
    ),
    "a number without end": ("a: " + "1" * 5000, "5000 digits", ":1:4"),
    "a number without end in JSON": ('{"a": ' + "1" * 5000 + "}", "5000 digits", ""),
    "a control character": ("a: 1\nb: \0", "U+0000 is not allowed", ":2"),
    "bytes": ("a: !!binary JHt9", "binary is not allowed", ":1:4"),
    "a tag that does not fit": ("a: !!int x", "as a whole number", ":1:4"),
    "a list": ("- a", "not an OpenAPI document", ""),
    "something else": ("kind: Deployment", "not an OpenAPI document", ""),
    "an old version": ("swagger: '1.2'", "knows nothing of OpenAPI 1.2", ":1:1"),
    "a new version": ("openapi: 4.0.0", "knows nothing of OpenAPI 4.0.0", ":1:1"),
    "no paths": (GOOD, '"paths" is a required property', ":1:1"),
    "a wrong place": (
        GOOD + "paths:\n  /a:\n    get:\n      parameters:\n"
        "      - {name: a,\n         in: nowhere}\n      responses: {}\n",
        "not valid",
        ":8:10",
    ),
    "a parameter that is missing": (
        GOOD + "paths:\n  /a/{id}:\n    get: {responses: {'200': {description: d}}}\n",
        "'id'",
        ":5:5",
    ),
    "two operations with an id": (
        GOOD + "paths:\n  /a:\n    get: {operationId: x, responses: {'200': {description: d}}}\n"
        "    put: {operationId: x, responses: {'200': {description: d}}}\n",
        "'x'",
        ":6:11",
    ),
    "a reference to nothing": (
        GOOD + "paths:\n  /a:\n    get: {responses: {'200':\n"
        "      {$ref: '#/components/responses/R'}}}\n",
        "#/components/responses/R refers to nothing",
        ":5:23",
    ),
    "a reference to no file": (
        GOOD + "paths:\n  /a: {$ref: nowhere.yaml}\n",
        "nowhere.yaml cannot be read: there is no such file",
        ":4:3",
    ),
    "a reference to the network": (
        GOOD + "paths:\n  /a: {$ref: 'https://example.com/a.yaml'}\n",
        "https://example.com/a.yaml is not a local file",
        ":4:3",
    ),
    "a reference to itself": (
        GOOD + "paths:\n  /a: {$ref: '#/paths/~1a'}\n",
        "refers to itself",
        ":4:3",
    ),
    "the same requests twice": (
        GOOD + "paths:\n"
        "  /a/{x}:\n    get: {parameters: [{name: x, in: path, required: true, schema: {}}],"
        " responses: {'200': {description: d}}}\n"
        "  /A/{y}:\n    get: {parameters: [{name: y, in: path, required: true, schema: {}}],"
        " responses: {'200': {description: d}}}\n",
        "the same requests match GET /A/{y} and GET /a/{x}",
        ":7:5",
    ),
    "a path that cannot be": (
        GOOD + "paths:\n  /a b:\n    get: {responses: {'200': {description: d}}}\n",
        "white space",
        ":5:5",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_documents(write, case: str) -> None:
    text, problem, place = WRONG[case]
    folder = write({} if text is None else {"api.yaml": text})
    with pytest.raises(InputError) as error:
        Operations.from_openapi(folder / "api.yaml")
    assert problem in error.value.problem
    assert (error.value.where or "").startswith(f"{folder.as_posix()}/api.yaml{place}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("https://[x"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["$ref", "type", "get", "name", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(VERSIONS), st.integers(0, 200), JSON)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_an_error_for_people(
    tmp_path: Path, version: str, place: int, value: Any
) -> None:
    described = document(5, version)
    nodes = list(containers(described))
    container = nodes[place % len(nodes)]
    key = list(container)[place % len(container)] if isinstance(container, dict) else 0
    container[key] = value
    path = tmp_path / "api.json"
    path.write_text(json.dumps(described))
    for mode in ("expand", "import"):
        try:
            operations = Operations.from_openapi(path, route_prefix="api", mode=mode)
        except InputError:
            continue
        assert len(operations) <= 5


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) and value:
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)


def test_nothing_is_remembered_of_a_document_that_is_wrong(write) -> None:
    folder = write({"api.yaml": GOOD})
    for _ in range(2):
        with pytest.raises(InputError, match='"paths"'):
            Operations.from_openapi(folder / "api.yaml")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", [10, 40, 300])
def test_documents_of_any_size(write, version: str, size: int) -> None:
    described = document(size, version)
    text = json.dumps(described) if version == "2.0" else yaml.safe_dump(described, sort_keys=False)
    operations = Operations.from_openapi(write({"api": text}) / "api")
    assert len(operations) == size
    assert operations.findings == ()
    assert operations.route_prefix == "api"
    (schema,) = operations.schemas
    types = json.loads(schema.components or schema.definitions or "")
    types = types.get("schemas", types)
    used = {
        body.type_name
        for operation in operations
        for response in operation.responses
        for body in response.representations
    }
    assert used <= types.keys()
    assert {"Problem", "Resource0", "Resource1"} <= used
