"""Validates a bundled document against its version of OpenAPI.

Its form is checked against the schema that the OpenAPI Initiative publishes, which
openapi-spec-validator brings, by jsonschema-rs, because validators in Python take half a minute for
13 MB. What a schema cannot say is checked here: ids, parameters of paths, default values.
"""

# jsonschema-rs types what it returns, the schemas of openapi-spec-validator have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import jsonschema_rs
from openapi_spec_validator import schemas

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Json, Pointer
from constructs_lib.operations.openapi.document import DATA, NAME_MAPS, Bundler, Notes

Object = dict[str, Json]
SchemaProblem = tuple[Pointer, str]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN = 10
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "number": (int, float),
    "integer": (int, float),
    "null": type(None),
}


def validate(document: Object, bundler: Bundler) -> None:
    """Refuse a document that is not valid.

    Raises:
        InputError: It is not valid; the message has the first problems, each with its place.
    """
    problems = list(dict.fromkeys(_form(document))) or list(dict.fromkeys(_meaning(document)))
    if not problems:
        return
    shown = [(bundler.place(pointer), problem) for pointer, problem in problems[:_SHOWN]]
    (first, problem), *others = sorted(shown)
    lines = "".join(f"\n  {place}: {other}" for place, other in others)
    if len(problems) > _SHOWN:
        lines += f"\n  and {len(problems) - _SHOWN} more"
    raise InputError(f"not valid OpenAPI: {problem}{lines}", where=str(first))


def drop_empty_types(document: Object, notes: Notes) -> None:
    """Take the empty type of a schema for none: what API Management exports has them."""
    for schema, pointer in _schemas(document, within=True):
        if schema.get("type") == "":
            del schema["type"]
            notes.report("OP214", "a type is empty", (*pointer, "type"))


def _form(document: Object) -> Iterator[SchemaProblem]:
    """Yield what the published schema of the version finds."""
    number = str(document.get("swagger") or document.get("openapi"))
    lazy: Any = schemas.schema_v31
    if number.startswith("2."):
        lazy = schemas.schema_v2
    elif number.startswith("3.0"):
        lazy = schemas.schema_v30
    schema = cast(Object, {key: lazy[key] for key in lazy})
    validator = jsonschema_rs.validator_for(schema, validate_formats=False)
    for error in validator.iter_errors(document):
        yield _problem(error)
    if number.startswith("3.1") and "jsonSchemaDialect" not in document:
        checker = jsonschema_rs.Draft202012Validator(_META, validate_formats=False)
        for schema, pointer in _schemas(document):
            if "$schema" not in schema:
                for error in checker.iter_errors(schema):
                    inner, message = _problem(error)
                    yield (*pointer, *inner), message


_META = {"$ref": "https://json-schema.org/draft/2020-12/schema"}


def _problem(error: Any) -> SchemaProblem:
    """Return what is wrong, at the key that is not expected if it is one."""
    error = _farthest(error)
    unexpected: list[str] = getattr(error.kind, "unexpected", None) or []
    message = str(error.message)
    if len(message) > 200:  # the value comes first, what is wrong with it last
        message = f"{message[:60]} … {message[-120:]}"
    return (*error.instance_path, *unexpected[:1]), message


def _farthest(error: Any) -> Any:
    """Return the error that another comes from: of several ways, the one that goes farthest."""
    context: list[list[Any]] = getattr(error.kind, "context", None) or []
    ways = [_farthest(inner) for way in context for inner in way]
    deeper = max(ways, key=lambda way: len(way.instance_path), default=None)
    if deeper is not None and len(deeper.instance_path) >= len(error.instance_path):
        return deeper
    return error


def _meaning(document: Object) -> Iterator[SchemaProblem]:
    """Yield what is wrong with a document that has its form."""
    ids: set[str] = set()
    for path, item in cast("dict[str, Object]", document.get("paths") or {}).items():
        shared = cast("list[Object]", item.get("parameters") or [])
        yield from _twice(shared, ("paths", path, "parameters"))
        for method in _METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            pointer: Pointer = ("paths", path, method)
            identity = operation.get("operationId")
            if isinstance(identity, str):
                if identity in ids:
                    yield (
                        (*pointer, "operationId"),
                        f"the operationId {identity!r} is there twice",
                    )
                ids.add(identity)
            own = cast("list[Object]", operation.get("parameters") or [])
            yield from _twice(own, (*pointer, "parameters"))
            given = {str(p.get("name")) for p in (*shared, *own) if p.get("in") == "path"}
            wanted = set(re.findall(r"\{([^{}]+)\}", path))
            for name in sorted(wanted - given):
                yield pointer, f"the path has {{{name}}}, and no parameter {name!r} describes it"
            for name in sorted(given - wanted):
                yield pointer, f"the parameter {name!r} is not in the path"
    yield from _defaults(document)


def _twice(parameters: Iterable[Object], pointer: Pointer) -> Iterator[SchemaProblem]:
    known: set[tuple[str, str]] = set()
    for number, parameter in enumerate(parameters):
        key = str(parameter.get("name")), str(parameter.get("in"))
        if key in known:
            yield (*pointer, number), f"the parameter {key[0]!r} is there twice"
        known.add(key)


def _defaults(document: Object) -> Iterator[SchemaProblem]:
    version2 = "swagger" in document
    for schema, pointer in _schemas(document, within=True):
        if "default" in schema and "$ref" not in schema:
            problem = _default_problem(schema, draft4=not str(document.get("openapi", "")) > "3.1")
            if problem:
                yield (*pointer, "default"), problem
    if version2:
        for parameter, pointer in _parameters2(document):
            problem = _default_problem(parameter, draft4=True) if "default" in parameter else None
            if problem:
                yield (*pointer, "default"), problem


def _parameters2(document: Object) -> Iterator[tuple[Object, Pointer]]:
    for path, item in cast("dict[str, Object]", document.get("paths") or {}).items():
        places: list[Pointer] = [(), *((method,) for method in _METHODS)]
        for place in places:
            home = item.get(str(place[0])) if place else item
            parameters = home.get("parameters") if isinstance(home, dict) else None
            for number, parameter in enumerate(cast("list[Object]", parameters or [])):
                yield parameter, ("paths", path, *place, "parameters", number)


def _default_problem(schema: Object, *, draft4: bool) -> str | None:
    """Return what is wrong with a default, as far as it can be told without references."""
    value = schema["default"]
    if value is None and schema.get("nullable") is True:
        return None
    kinds = schema.get("type")
    names = cast("list[str]", kinds if isinstance(kinds, list) else [kinds] if kinds else [])
    if names and not any(_is(value, name) for name in names):
        return f"the default {json.dumps(value, ensure_ascii=False)} is no {' or '.join(names)}"
    if '"$ref"' in json.dumps(schema):
        return None
    plain = {key: item for key, item in schema.items() if key not in ("type", "default")}
    if draft4:
        plain = cast(Object, _with_null(plain))
    checker = jsonschema_rs.Draft4Validator if draft4 else jsonschema_rs.Draft202012Validator
    try:
        error = next(iter(checker(plain, validate_formats=False).iter_errors(value)), None)
    except (ValueError, jsonschema_rs.ValidationError):  # a pattern of another dialect
        return None
    return f"the default is wrong: {_problem(error)[1]}" if error is not None else None


def _with_null(schema: Json) -> Json:
    """Write `nullable` of OpenAPI 3.0 as what validators know: one more type, one more value."""
    if isinstance(schema, list):
        return [_with_null(item) for item in cast("list[Json]", schema)]
    if not isinstance(schema, dict):
        return schema
    result = {key: _with_null(item) for key, item in cast(Object, schema).items()}
    if result.get("nullable") is True:
        if isinstance(result.get("type"), str):
            result["type"] = [result["type"], "null"]
        if isinstance(result.get("enum"), list):
            result["enum"] = [*cast("list[Json]", result["enum"]), None]
    return result


def _is(value: Json, name: str) -> bool:
    known = _TYPES.get(name)
    if known is None:  # `file` of version 2
        return True
    if isinstance(value, bool) and name != "boolean":
        return False
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, known)


def _schemas(document: Object, *, within: bool = False) -> Iterator[tuple[Object, Pointer]]:
    """Yield the schemas of a document; those within others as well, if asked for."""
    home: Pointer = ("definitions",) if "swagger" in document else ("components", "schemas")
    yield from _Schemas(home, within).walk(document, (), in_schema=False, names=False)


@dataclass
class _Schemas:
    """Walks a document; what references share is visited once."""

    home: Pointer
    within: bool
    seen: set[tuple[int, bool, bool]] = field(default_factory=set["tuple[int, bool, bool]"])

    def walk(
        self, value: Json, pointer: Pointer, *, in_schema: bool, names: bool
    ) -> Iterator[tuple[Object, Pointer]]:
        if not isinstance(value, dict | list):
            return
        key = (id(cast(object, value)), in_schema, names)
        if key in self.seen:
            return
        self.seen.add(key)
        if isinstance(value, list):
            for number, item in enumerate(cast("list[Json]", value)):
                yield from self.walk(item, (*pointer, number), in_schema=in_schema, names=False)
            return
        mapping = cast(Object, value)
        if in_schema and not names:
            yield mapping, pointer
            if not self.within:
                return
        for name, item in mapping.items():
            if not names and (name in DATA or name.startswith("x-")):
                continue
            inner = (*pointer, name)
            yield from self.walk(
                item,
                inner,
                in_schema=in_schema or inner == self.home or (name == "schema" and not names),
                names=inner == self.home or (not names and name in NAME_MAPS),
            )
