"""Finds what a provider's schema calls sensitive, in a stack's Terraform JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

REFERENCE = re.compile(r"\b([a-z][a-z0-9]*_[a-z0-9_]+)\.([\w-]+)\.([a-z][\w.\[\]*-]*)")

# Sensitive by the schema, but no secret: it says where telemetry goes.
HARMLESS = re.compile(r".*application_insights[._](?:[\w-]+\.)?connection_string")


def resource_schemas(printed: str) -> dict[str, Any]:
    """The block of each type of resource, from what `terraform providers schema -json` prints."""
    providers = json.loads(printed).get("provider_schemas", {}).values()
    schemas = [provider.get("resource_schemas", {}) for provider in providers]
    return {kind: schema["block"] for types in schemas for kind, schema in types.items()}


def secrets(document: dict[str, Any], types: dict[str, Any]) -> list[str]:
    """The sensitive arguments that the JSON gives, and the sensitive attributes that it reads.

    Args:
        document: What cdk.tf.json holds.
        types: The block of each type of resource.
    """
    found = []
    for kind, resources in document.get("resource", {}).items():
        for name, body in resources.items():
            if kind == "azurerm_api_management_named_value" and not body.get("secret"):
                body = {key: value for key, value in body.items() if key != "value"}
            found += [f"{kind}.{name}.{path}" for path in given(body, types[kind])]
    for text in strings(document):
        for kind, name, path in REFERENCE.findall(text):
            if kind in types and is_sensitive(re.sub(r"\[[^]]*\]", "", path), types[kind]):
                found.append(f"{kind}.{name}.{path}")
    return [place for place in found if not HARMLESS.fullmatch(place)]


def given(body: dict[str, Any], block: dict[str, Any]) -> Iterator[str]:
    for key, value in body.items():
        if block.get("attributes", {}).get(key, {}).get("sensitive") and value is not None:
            yield key
        elif key in block.get("block_types", {}):
            for part in value if isinstance(value, list) else [value]:
                inner = block["block_types"][key]["block"]
                yield from (f"{key}.{path}" for path in given(part, inner))


def is_sensitive(path: str, block: dict[str, Any]) -> bool:
    first, _, rest = path.partition(".")
    if first in block.get("block_types", {}):
        return bool(rest) and is_sensitive(rest, block["block_types"][first]["block"])
    return bool(block.get("attributes", {}).get(first, {}).get("sensitive"))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
