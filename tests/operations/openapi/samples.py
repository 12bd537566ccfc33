"""OpenAPI documents of any size, the same API in each version, for tests and benchmarks."""

from __future__ import annotations

from typing import Any

VERSIONS = ("2.0", "3.0.3", "3.1.0")
_KINDS = ("get", "put", "delete", "list", "post")


def document(operations: int, version: str) -> dict[str, Any]:
    """Describe an API of so many operations: five to a resource, with parameters and schemas."""
    old = version == "2.0"
    refs = "#/definitions/" if old else "#/components/schemas/"
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {
        "Problem": {"type": "object", "properties": {"detail": _nullable(version)}}
    }
    for number in range(operations):
        resource, kind = f"resource{number // 5}", _KINDS[number % 5]
        name = f"Resource{number // 5}"
        schemas.setdefault(name, _schema(refs))
        one = kind in ("get", "put", "delete")
        path = f"/{resource}/{{id}}" if one else f"/{resource}"
        method = {"list": "get"}.get(kind, kind)
        parameters = [_parameter("id", "path", {"type": "integer"}, old)] if one else []
        if kind == "list":
            parameters += [
                _parameter("limit", "query", {"type": "integer", "default": 20}, old),
                _parameter("order", "query", {"type": "string", "enum": ["up", "down"]}, old),
                _parameter("x-trace", "header", {"type": "string"}, old),
            ]
        body = {"$ref": refs + name}
        answer = {"type": "array", "items": body} if kind == "list" else body
        operation: dict[str, Any] = {
            "operationId": f"{kind}{name}",
            "summary": f"{kind} {resource}",
            "description": f"Does {kind} of {resource}.",
            "parameters": parameters,
            "responses": {
                "200": _response("Done.", answer, old),
                "404": _response("Not there.", {"$ref": refs + "Problem"}, old),
            },
        }
        if kind in ("put", "post") and old:
            parameters.append({"name": "body", "in": "body", "required": True, "schema": body})
        elif kind in ("put", "post"):
            operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        paths.setdefault(path, {})[method] = operation
    info = {"title": "Generated", "version": "1"}
    if old:
        return {
            "swagger": version,
            "info": info,
            "host": "app.azurewebsites.net",
            "basePath": "/api",
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "paths": paths,
            "definitions": schemas,
        }
    return {
        "openapi": version,
        "info": info,
        "servers": [{"url": "https://app.azurewebsites.net/api"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _nullable(version: str) -> dict[str, Any]:
    if version.startswith("3.1"):
        return {"type": ["string", "null"]}
    return {"type": "string"} if version == "2.0" else {"type": "string", "nullable": True}


def _schema(refs: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer", "format": "int64"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "problem": {"$ref": f"{refs}Problem"},
        },
    }


def _parameter(name: str, place: str, schema: dict[str, Any], old: bool) -> dict[str, Any]:
    described = {
        "name": name,
        "in": place,
        "description": f"The {name}.",
        "required": place == "path",
    }
    return {**described, **schema} if old else {**described, "schema": schema}


def _response(text: str, schema: dict[str, Any], old: bool) -> dict[str, Any]:
    if old:
        return {"description": text, "schema": schema}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
