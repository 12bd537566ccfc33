"""The JSON Schema of the settings, which editors complete from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from constructs_lib._cdk.props.fields import (
    Evaluated,
    Field,
    bare,
    is_list,
    is_map,
    members,
    short_form,
)
from constructs_lib._core.problems import Between, Pattern
from constructs_lib.stack.settings.environment import Environment
from constructs_lib.stack.settings.keys import is_section, keys, writable

_PLAIN = {str: "string", Path: "string", int: "integer", float: "number", bool: "boolean"}


def json_schema() -> str:
    """Return the JSON Schema of the settings, as a file's text."""
    definitions: dict[str, Any] = {}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": definitions,
        **_section(Environment, definitions),
    }
    return json.dumps(schema, indent=2) + "\n"


def _section(section: type, definitions: dict[str, Any]) -> dict[str, Any]:
    known = keys(section)
    return {
        "type": "object",
        "description": " ".join((section.__doc__ or "").partition("\n\n")[0].split()),
        "properties": {key: _property(field, definitions) for key, (_, field) in known.items()},
        "required": [key for key, (_, field) in known.items() if field.required],
        "additionalProperties": False,
    }


def _property(field: Field, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = {**_any(field.kind, definitions), "description": field.meaning}
    if isinstance(field.default, (str, int, float)):
        schema["default"] = field.default
    return schema


def _any(kind: Evaluated, definitions: dict[str, Any]) -> dict[str, Any]:
    choices: list[dict[str, Any]] = []
    for member in members(writable(kind)):
        if member is not type(None):
            if is_section(member) and short_form(member):
                choices.append({"type": "string"})
            choices.append(_one(member, definitions))
    # A path and a text are both text.
    choices = [each for number, each in enumerate(choices) if each not in choices[:number]]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _one(kind: Evaluated, definitions: dict[str, Any]) -> dict[str, Any]:
    kind, rules = bare(kind)
    if is_section(kind):
        name = kind.__name__
        if name not in definitions:
            definitions[name] = {}  # known from here on, however deep it is needed again
            definitions[name] = _section(kind, definitions)
        return {"$ref": f"#/$defs/{name}"}
    if get_origin(kind) is Literal:
        choices = list(get_args(kind))
        return {"const": choices[0]} if len(choices) == 1 else {"enum": choices}
    if is_list(kind):
        return {"type": "array", "items": _any(get_args(kind)[0], definitions)}
    if get_origin(kind) is tuple:
        count = len(get_args(kind))
        items = _any(get_args(kind)[0], definitions)
        return {"type": "array", "items": items, "minItems": count, "maxItems": count}
    if is_map(kind):
        of_key, of_value = get_args(kind)
        names = _one(of_key, definitions)
        names.pop("type")
        schema = {"type": "object", "additionalProperties": _any(of_value, definitions)}
        return {**schema, "propertyNames": names} if names else schema
    schema: dict[str, Any] = {"type": _PLAIN[kind]}
    for rule in rules:
        if isinstance(rule, Pattern) and not rule.ignore_case:
            schema["pattern"] = f"^(?:{rule.expression})$"
        elif isinstance(rule, Between):
            schema |= {"minimum": rule.low, "maximum": rule.high}
    return schema
