"""Bodies as trees, for templates and for conversions."""

from __future__ import annotations

import json
from typing import Any
from xml.dom.minidom import Element, parseString
from xml.parsers.expat import ExpatError

from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse


class NotXmlError(ValueError):
    """A text is no XML."""


def parsed(message: SimulatedRequest | SimulatedResponse | None) -> Any:
    """What `body` is to a template: parsed JSON or XML, else text."""
    content = message.content if message is not None else b""
    if message is None or not content:
        return None
    text = content.decode("utf-8-sig", "replace")
    try:
        if "xml" in (message.headers.get("Content-Type") or "").lower():
            return tree_of_xml(text, "", "text")
        return json.loads(text)
    except ValueError:
        return text


def tree_of_xml(
    text: str, attribute: str, content: str, *, separator: str = "", arrays: bool = False
) -> dict[str, Any]:
    """XML as a tree of JSON, as Newtonsoft.Json builds it.

    Args:
        text: The XML.
        attribute: What names of attributes begin with.
        content: Name of the text that stands beside attributes or elements.
        separator: What stands between prefix and name; without it prefixes are left out.
        arrays: Whether an element within another becomes an array even if it is the only one.

    Raises:
        NotXmlError: If it is none.
    """
    try:
        document = parseString(text)  # noqa: S318 - expat refuses entity bombs
    except ExpatError as error:
        raise NotXmlError(str(error)) from None

    def named(name: str) -> str:
        return name.replace(":", separator) if separator else name.rpartition(":")[2]

    def tree(element: Element) -> Any:
        pairs = element.attributes.items()
        found: dict[str, Any] = {
            attribute + named(name): value
            for name, value in pairs
            if separator or not name.startswith("xmlns")
        }
        text, groups = "", dict[str, list[Any]]()
        for child in element.childNodes:
            if isinstance(child, Element):
                groups.setdefault(named(child.tagName), []).append(tree(child))
            elif child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
                text += child.data
        if not found and not groups:
            return text if element.childNodes or not separator else None
        for name, values in groups.items():
            found[name] = values if arrays or len(values) > 1 else values[0]
        return {**found, content: text} if text.strip() else found

    root = document.documentElement
    declared = {"version": document.version, "encoding": document.encoding} if separator else {}
    made = {name: value for name, value in declared.items() if value}
    return {**made, named(root.tagName): tree(root)} if root is not None else made
