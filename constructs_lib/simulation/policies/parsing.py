"""Bodies as templates see them: JSON and XML as trees."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.simulation.http import Request, Response


def parsed(message: Request | Response | None) -> Any:
    """What `body` is to a template: parsed JSON or XML, else text."""
    content = message.content if message is not None else b""
    if message is None or not content:
        return None
    kind = (message.headers.get("Content-Type") or "").lower()
    text = content.decode("utf-8", "replace")
    if "xml" in kind:
        from xml.etree.ElementTree import fromstring

        root = fromstring(text)  # noqa: S314 - expat refuses entity bombs
        return {_local(root.tag): _tree(root)}
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tree(element: Any) -> Any:
    children = list(element)
    if not children and not element.attrib:
        return element.text or ""
    found: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    for child in children:
        name, value = _local(child.tag), _tree(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]
