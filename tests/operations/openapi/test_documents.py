"""OpenAPI documents as people write them: extensions, examples, media types, ids that collide."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.operations import Operations, Parameter

Read = Callable[..., Operations]
OK = {"responses": {"200": {"description": "ok"}}}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a document that has these paths, components and other members."""

    def document(
        paths: dict[str, Any],
        schemas: dict[str, Any] | None = None,
        *,
        version: str = "3.0.3",
        mode: str = "expand",
        **others: Any,
    ) -> Operations:
        content: dict[str, Any] = {
            "openapi": version,
            "info": {"title": "t", "version": "1"},
            "paths": paths,
            **others,
        }
        if version == "2.0":
            content["swagger"] = content.pop("openapi")
            content["definitions"] = schemas or {}
        elif schemas:
            content["components"] = {"schemas": schemas}
        path = tmp_path / "api.json"
        path.write_text(json.dumps(content, indent=1))
        return Operations.from_openapi(path, mode=mode, strict=False)  # type: ignore[arg-type]

    return document


def told(operations: Operations) -> list[str]:
    return [finding.rule for finding in operations.findings]


def place_of(error: InputError) -> str:
    text = Path((error.where or "").split(":")[0]).read_text().splitlines()
    return text[int((error.where or "").split(":")[1]) - 1].strip()


def body(content: dict[str, Any]) -> dict[str, Any]:
    return {"post": {**OK, "requestBody": {"content": content}}}


def path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def query(name: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "schema": {"type": "string", **schema},
    }


VALUES = ["a text", 1, None, True, ["a", "list"], {"get": OK}, {"$ref": "#/nowhere"}, {"a": 1}]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_extensions_under_paths_may_be_anything(read: Read, value: Any, version: str) -> None:
    operations = read({"x-it": value, "/a": {"x-it": value, "get": OK}}, version=version)
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()
    imported = read({"x-it": value, "/a": {"get": OK}}, version=version, mode="import")
    assert imported.document is not None
    assert list(json.loads(imported.document.content_value)["paths"]) == ["/a"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_extensions_elsewhere_may_be_anything_too(read: Read, value: Any, version: str) -> None:
    answer = {"200": {"description": "ok", "x-it": value}, "x-it": value}
    operations = read({"/a": {"get": {"x-it": value, "responses": answer}}}, version=version)
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


@pytest.mark.parametrize("schema", [True, False])
def test_schemas_that_are_true_or_false(read: Read, schema: bool) -> None:
    content = {"application/json": {"schema": schema}}
    parameter = {"name": "q", "in": "query", "schema": schema}
    answer = {
        "200": {"description": "ok", "content": content, "headers": {"h": {"schema": schema}}}
    }
    form = {"multipart/form-data": {"schema": {"type": "object", "properties": {"f": schema}}}}
    operation = {
        "parameters": [parameter],
        "requestBody": {"content": {**content, **form}},
        "responses": answer,
    }
    schemas = {"Any": schema, "List": {"items": schema, "additionalProperties": schema}}
    for mode in ("expand", "import"):
        operations = read({"/a": {"post": operation}}, schemas, version="3.1.0", mode=mode)
        assert [o.name for o in operations] == ["POST /a"]
        (representation,) = operations[0].responses[0].representations
        assert representation.schema_id is None


DATA = {"$ref": "#/nowhere", "deep": [{"$ref": "nowhere.json"}]}
EXAMPLES = {
    "an example": {"application/json": {"example": DATA}},
    "a named example": {"application/json": {"examples": {"one": {"value": DATA}}}},
    "an example of a schema": {"application/json": {"schema": {"example": DATA}}},
    "a default": {"application/json": {"schema": {"type": "object", "default": DATA}}},
    "an enumeration": {"application/json": {"schema": {"enum": [DATA]}}},
    "an extension": {"application/json": {"x-sample": DATA, "schema": {"x-sample": DATA}}},
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_what_looks_like_a_reference_in_data_is_data(read: Read, case: str) -> None:
    operations = read({"/a": body(EXAMPLES[case])})
    assert [o.name for o in operations] == ["POST /a"]
    assert operations.findings == ()


def test_values_of_a_link_are_data(read: Read) -> None:
    link = {"operationId": "x", "parameters": {"id": DATA}, "requestBody": DATA}
    answer = {"200": {"description": "ok", "links": {"next": link}}}
    assert told(read({"/a": {"get": {"responses": answer}}})) == ["OP202"]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_empty_type_is_none(read: Read, version: str) -> None:
    parameter = {"name": "q", "in": "query", "schema": {"type": ""}}
    schemas = {"A": {"properties": {"type": {"type": "string"}, "a": {"type": ""}}}}
    operations = read({"/a": {"get": {**OK, "parameters": [parameter]}}}, schemas, version=version)
    assert operations[0].request is not None
    assert [found.type for found in operations[0].request.query_parameters] == ["string"]
    (finding,) = operations.findings
    assert (finding.rule, finding.severity) == ("OP214", "warning")
    assert finding.message == "a type is empty (here and 1 times more)"


def test_null_as_default_where_one_of_several_types_takes_it(read: Read) -> None:
    parts = [{"type": "string", "nullable": True}, {"type": "array", "items": {"type": "string"}}]
    schemas = {"A": {"properties": {"stop": {"oneOf": parts, "default": None}}}}
    assert read({"/a": {"get": OK}}, schemas).findings == ()
    parts[0]["nullable"] = False
    with pytest.raises(InputError, match="the default is wrong"):
        read({"/a": {"get": OK}}, schemas)


def test_examples_of_2_0_and_of_parameters_are_data(read: Read) -> None:
    answer = {"description": "ok", "schema": {}, "examples": {"application/json": DATA}}
    operations = read({"/a": {"get": {"responses": {"200": answer}}}}, version="2.0")
    assert operations.findings == ()
    parameter = {**query("q"), "examples": {"one": {"value": DATA}}}
    assert read({"/a": {"get": {**OK, "parameters": [parameter]}}}).findings == ()


def test_an_example_may_still_be_a_reference(read: Read) -> None:
    media = {"application/json": {"examples": {"one": {"$ref": "#/components/examples/E"}}}}
    components = {"examples": {"E": {"value": {"id": 1}}}}
    (operation,) = read({"/a": body(media)}, components=components)
    assert operation.request is not None
    assert operation.request.representations[0].example == '{"id": 1}'


def test_an_example_makes_no_type_contain_itself(read: Read) -> None:
    reference = {"$ref": "#/components/schemas/A"}
    schemas = {"A": {"type": "object", "properties": {"example": {}}, "example": reference}}
    assert read({"/a": {"get": OK}}, schemas).findings == ()
    schemas = {"A": {"type": "object", "properties": {"example": reference}}}
    assert told(read({"/a": {"get": OK}}, schemas)) == ["OP204"]


GET = {"/a": {"get": OK}}
WRONG = {
    "a default of a property": (
        {"paths": GET, "schemas": {"A": {"properties": {"b": {"type": "string", "default": []}}}}},
        '"default": []',
    ),
    "a default that is too small": (
        {"paths": {"/a": {"get": {**OK, "parameters": [query("q", minLength=3, default="ab")]}}}},
        '"default": "ab"',
    ),
    "a default that is none of the values": (
        {"paths": {"/a": {"get": {**OK, "parameters": [query("q", enum=["a"], default="b")]}}}},
        '"default": "b"',
    ),
    "a parameter that is there twice": (
        {"paths": {"/a": {"get": {**OK, "parameters": [query("q"), query("q", maxLength=1)]}}}},
        "{",
    ),
    "an id that is there twice": (
        {"paths": {"/a": {"get": {**OK, "operationId": "x"}, "put": {"operationId": "x", **OK}}}},
        '"operationId": "x",',
    ),
    "a parameter that is not in the path": (
        {"paths": {"/a": {"get": {**OK, "parameters": [path_parameter("id")]}}}},
        '"get": {',
    ),
    "a place that is none": (
        {"paths": {"/a": {"get": {**OK, "parameters": [{"name": "a", "in": "body"}]}}}},
        '"in": "body"',
    ),
    "a type that is none": (
        {"paths": {"/a": {"get": OK}}, "schemas": {"A": {"items": {"type": "text"}}}},
        '"type": "text"',
    ),
    "a key that is not expected": (
        {"paths": {"/a": {"get": {**OK, "parameters": [{**query("q"), "default": "x"}]}}}},
        '"default": "x"',
    ),
    "a response that has no code": (
        {"paths": {"/a": {"get": {"responses": {"2xx": {"description": "d"}}}}}},
        '"2xx": {',
    ),
    "a keyword of a wrong form": (
        {"paths": GET, "schemas": {"A": {"items": {"minimum": "1"}}}, "version": "3.1.0"},
        '"minimum": "1"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_valid_has_its_line(read: Read, case: str) -> None:
    arguments, line = WRONG[case]
    with pytest.raises(InputError, match="not valid OpenAPI") as error:
        read(**arguments)
    assert place_of(error.value) == line


def test_what_is_not_valid_in_another_file_has_its_place_there(write) -> None:
    main = """
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a: {$ref: 'paths.yaml#/a'}
  /b:
    get:
      parameters: [{$ref: '#/components/parameters/Q'}]
      responses: {'200': {description: d, content: {a/b: {schema: {$ref: 'types.yaml#/T'}}}}}
components:
  parameters:
    Q:
      name: q
      in: query
      schema:
        type: string
        default: 1
"""
    paths = """a:
  get:
    parameters:
    - name: q
      in: query
      schema: {type: integer,
       default: x}
    responses: {'200': {description: d}}
"""
    types = "T:\n  properties:\n    a:\n      type: boolean\n      default: 0\n"
    folder = write({"api.yaml": main, "paths.yaml": paths, "types.yaml": types})
    with pytest.raises(InputError) as error:
        Operations.from_openapi(folder / "api.yaml")
    for place in ("api.yaml:17:9", "paths.yaml:7:8", "types.yaml:5:7"):
        assert place in str(error.value)


def test_an_import_has_required_queries_in_templates_and_ids(read: Read) -> None:
    parameters = [path_parameter("bar"), query("buzz"), query("q", required=False), query("z")]
    (operation,) = read({"/foo/{bar}": {"get": {**OK, "parameters": parameters}}}, mode="import")
    assert operation.name == "GET /foo/{bar}?buzz={buzz}&z={z}"
    assert operation.id == "get-foo-bar-buzz-buzz-z-z"
    assert [p.name for p in operation.parameters] == ["bar", "buzz", "z"]
    assert operation.request is not None
    assert [p.name for p in operation.request.query_parameters] == ["q"]
    (expanded,) = read({"/foo/{bar}": {"get": {**OK, "parameters": parameters}}})
    assert (expanded.id, expanded.url_template) == ("get-foo-bar", "/foo/{bar}")


def test_an_import_keeps_an_id_that_is_given(read: Read) -> None:
    described = {**OK, "operationId": "findA", "parameters": [query("state")]}
    (operation,) = read({"/a": {"get": described}}, mode="import")
    assert (operation.id, operation.url_template) == ("finda", "/a?state={state}")


def test_an_import_tells_operations_apart_by_their_queries(read: Read) -> None:
    one, two = ({"get": {**OK, "parameters": [query(name)]}} for name in ("x", "y"))
    operations = read({"/a": one, "/A": two}, mode="import")
    assert [o.id for o in operations] == ["get-a-x-x", "get-a-y-y"]
    assert told(operations) == []
    assert "OP210" in told(read({"/a": one, "/A": two}))


def test_an_import_wants_names_that_are_unique_within_the_query(read: Read) -> None:
    described = {"/a": {"get": {**OK, "parameters": [query("id"), query("ID")]}}}
    operations = read(described, mode="import")
    assert [o.url_template for o in operations] == ["/a?id={id}"]
    assert told(operations) == ["OP212"]


@pytest.mark.parametrize(
    ("second", "rules"),
    [(query("id"), ["OP212"]), (query("ID"), ["OP212"]), (query("id", required=False), [])],
)
def test_an_import_wants_names_that_are_unique(
    read: Read, second: dict[str, Any], rules: list[str]
) -> None:
    described = {"/a/{id}": {"get": {**OK, "parameters": [path_parameter("id"), second]}}}
    assert told(read(described, mode="import")) == rules
    assert told(read(described)) == []


LONG = "/contracts/{a}/versions/{b}/administration/of/contact-informations/by/kind"


def ids(operations: Operations) -> dict[str, str]:
    return {operation.url_template: operation.id for operation in operations}


def item(path: str, **members: Any) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return {"get": {**OK, **members, "parameters": [path_parameter(name) for name in names]}}


def test_long_ids_do_not_depend_on_other_operations(read: Read) -> None:
    paths = {path: item(path) for path in (LONG, f"{LONG}/{{c}}", f"{LONG}/{{c}}/{{d}}")}
    all_of_them = ids(read(paths))
    assert len(set(all_of_them.values())) == 3
    assert all(len(identity) <= 76 for identity in all_of_them.values())
    for path in paths:
        without = {other: content for other, content in paths.items() if other != path}
        assert ids(read(without)) == {p: i for p, i in all_of_them.items() if p != path}
        assert ids(read(dict(reversed(paths.items())))) == all_of_them


def test_long_operation_ids_stay_when_the_path_moves(read: Read) -> None:
    identity = "Get" + "Very" * 20 + "Long"
    (first,) = read({"/a": item("/a", operationId=identity)})
    (second,) = read({"/b": item("/b", operationId=identity), "x-": 1})
    assert first.id == second.id
    (other,) = read({"/b": item("/b", operationId=identity + "er")})
    assert other.id != first.id


COLLISIONS = {
    "a parameter and a word": {"/a/b": item("/a/b"), "/a/{b}": item("/a/{b}")},
    "ids that differ in case": {
        "/a": item("/a", operationId="getOne"),
        "/b": item("/b", operationId="GetOne"),
    },
    "ids that differ in punctuation": {
        "/a": item("/a", operationId="get.one"),
        "/b": item("/b", operationId="get_one"),
        "/c": item("/c", operationId="get-one"),
    },
}


@pytest.mark.parametrize("case", COLLISIONS)
def test_ids_that_depend_on_another_operation_get_a_warning(read: Read, case: str) -> None:
    paths = COLLISIONS[case]
    operations = read(paths)
    named = [f.message for f in operations.findings if f.rule == "OP213"]
    assert len(named) == len(operations) - 1
    warned = {path for path in paths if any(f"GET {path}," in message for message in named)}
    for path in warned:  # without one that has a warning, no other changes
        without = {other: content for other, content in paths.items() if other != path}
        expected = {p: i for p, i in ids(operations).items() if p != path}
        assert ids(read(without)) == expected
    assert ids(read(dict(reversed(paths.items())))) == ids(operations)
    imported = read(paths, mode="import")
    assert told(imported).count("OP213") == len(operations) - 1
    assert [o.id for o in imported][1].endswith("-1")


FORM = {
    "type": "object",
    "required": ["f"],
    "properties": {"f": {"type": "string"}, "g": {"type": "integer"}},
}


@pytest.mark.parametrize(
    "media",
    ["Multipart/Form-Data", "MULTIPART/FORM-DATA; boundary=x", "application/X-WWW-form-urlencoded"],
)
def test_forms_in_any_case(read: Read, media: str) -> None:
    (operation,) = read({"/a": body({media: {"schema": FORM}})})
    assert operation.request is not None
    (form,) = operation.request.representations
    assert form.content_type == media.partition(";")[0]
    assert (form.schema_id, form.type_name) == (None, None)
    assert form.form_parameters == (
        Parameter(name="f"),
        Parameter(name="g", type="integer", required=False),
    )


def test_forms_of_2_0_in_any_case(read: Read) -> None:
    parameter = {"name": "f", "in": "formData", "type": "string"}
    media = ["Multipart/Form-Data; boundary=x", "multipart/form-data"]
    described = {**OK, "consumes": media, "parameters": [parameter]}
    (operation,) = read({"/a": {"post": described}}, version="2.0")
    assert operation.request is not None
    (form,) = operation.request.representations
    assert form.content_type == "Multipart/Form-Data"


def test_a_media_type_that_is_there_in_two_cases(read: Read) -> None:
    content = {"application/json": {"schema": FORM}, "Application/JSON": {"schema": FORM}}
    operations = read({"/a": body(content)})
    assert operations[0].request is not None
    assert len(operations[0].request.representations) == 1
    (finding,) = operations.findings
    assert (finding.rule, (finding.line or 0) > 1) == ("OP209", True)
    content = {
        media: {"schema": FORM} for media in ("multipart/form-data", "multipart/form-data;b=x")
    }
    operations = read({"/a": body(content)})
    assert operations[0].request is not None
    assert len(operations[0].request.representations) == 1


def test_forms_that_are_put_together(read: Read) -> None:
    schemas = {
        "Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
        "More": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["b"]}]},
    }
    form = {
        "allOf": [
            {"$ref": "#/components/schemas/More"},
            {"properties": {"b": {}, "e": {}}},
            {"allOf": [{"required": ["e"]}]},
        ],
        "anyOf": [{"required": ["c"], "properties": {"c": {"type": "boolean"}}}],
        "properties": {"d": {"type": "string", "description": "D."}},
        "required": ["d", "b"],
    }
    (operation,) = read({"/a": body({"multipart/form-data": {"schema": form}})}, schemas)
    assert operation.request is not None
    (representation,) = operation.request.representations
    assert set(representation.form_parameters) == {
        Parameter(name="a", type="integer"),
        Parameter(name="b"),
        Parameter(name="c", type="boolean", required=False),
        Parameter(name="d", description="D."),
        Parameter(name="e"),
    }


def test_a_type_without_a_name_replaces_none_of_the_document(read: Read) -> None:
    inline = {"type": "object", "properties": {"inline": {}}}
    named = {"type": "object", "properties": {"named": {}}}
    for version in ("3.0.3", "2.0"):
        content: dict[str, Any] = body({"application/json": {"schema": inline}})
        if version == "2.0":
            parameter = {"name": "body", "in": "body", "schema": inline}
            content = {"post": {**OK, "parameters": [parameter]}}
        operations = read({"/a": content}, {"post-a-request": named}, version=version)
        (schema,) = operations.schemas
        types = json.loads(schema.components or schema.definitions or "")
        types = types.get("schemas", types)
        assert types["post-a-request"] == named
        assert operations[0].request is not None
        (representation,) = operations[0].request.representations
        assert types[representation.type_name] == inline


@pytest.mark.parametrize(
    ("schema", "values", "default"),
    [
        ({"type": "number", "enum": [1, 1.0, 2.5], "default": 1.0}, ("1", "2.5"), "1"),
        ({"type": "number", "enum": [1.0, 2.0], "default": 1}, ("1", "2"), "1"),
        ({"type": "integer", "default": 10.0}, (), "10"),
        ({"type": "boolean", "enum": [True]}, ("true",), None),
    ],
)
def test_numbers_as_requests_carry_them(
    read: Read, schema: dict[str, Any], values: tuple[str, ...], default: str | None
) -> None:
    parameter = {"name": "q", "in": "query", "schema": schema}
    operations = read({"/a": {"get": {**OK, "parameters": [parameter]}}}, version="3.1.0")
    assert operations[0].request is not None
    (found,) = operations[0].request.query_parameters
    assert (found.values, found.default) == (values, default)
    assert operations.findings == ()


def test_a_large_document_with_a_finding_everywhere(read: Read) -> None:
    numbers = {f"p{n}": {"type": "number", "minimum": -n} for n in range(40)}
    schema = {"type": "object", "properties": numbers}
    operation = {
        **OK,
        "parameters": [{"name": "c", "in": "cookie", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }
    paths = {
        f"/a{n}/{{p{n}}}": {"post": operation, "parameters": [path_parameter(f"p{n}")]}
        for n in range(600)
    }
    start = time.process_time()
    operations = read(paths)
    assert len(operations) == 600
    assert time.process_time() - start < 10  # 2 s where it was written; quadratic it takes minutes
    (finding,) = operations.findings
    assert finding.line is not None
    assert finding.line > 1


def test_a_package_that_is_missing(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in list(sys.modules):
        if name.startswith("constructs_lib.operations.openapi"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(InputError, match=r"jsonschema_rs.*pip install 'secured-functions\[cli\]'"):
        read({"/a": {"get": OK}})
