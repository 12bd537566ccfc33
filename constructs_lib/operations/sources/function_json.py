"""Reads `function.json`: Node v3, Python v1, PowerShell, C# script and custom handlers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from constructs_lib.operations.findings import Place
from constructs_lib.operations.sources.constants import Node, Reader
from constructs_lib.operations.sources.reading import HttpTrigger, Reading
from constructs_lib.operations.sources.source_text import JAVASCRIPT, Source, SourceError


class Json:
    """A JSON file (with comments, as the Functions host reads it) whose values know their place.

    Args:
        path: The file, as the reader should see it.
        text: Its text.

    Raises:
        SourceError: It is no JSON.
    """

    def __init__(self, path: str, text: str) -> None:
        self.source = Source(path, text, JAVASCRIPT)
        tokens = self.source.tokens
        reader = Reader(tokens, JAVASCRIPT)
        self.root, end = reader.expression(0)
        if self.root.kind != "object" or self.root.items or tokens[end].kind != "end":
            raise SourceError("this is no JSON object", tokens[end].start)
        opaque = next(_opaque(self.root), None)
        if opaque is not None:
            raise SourceError("this is no JSON value", opaque.start)

    def place(self, node: Node) -> Place:
        """Return where a value is."""
        return Place(self.source.path, *self.source.place(node.start))


def _opaque(node: Node) -> Iterator[Node]:
    if node.kind not in ("text", "word", "list", "object"):
        yield node
    for child in (*node.items, *node.fields.values()):
        yield from _opaque(child)


def read_json(path: Path, reading: Reading) -> Json | None:
    """Read a JSON file; a finding and None if it is none."""
    text = reading.read_text(path)
    if text is None:
        return None
    try:
        return Json(reading.display(path), text)
    except SourceError as error:
        place = Source(reading.display(path), text, JAVASCRIPT).place(error.offset)
        reading.report("OP102", error.problem, Place(reading.display(path), *place))
        return None


def read_function_files(reading: Reading) -> None:
    """Read `<function>/function.json` of every function."""
    for path in sorted(reading.root.glob("*/function.json")):
        if path.parent.name in ("bin", "obj", "node_modules"):
            continue
        document = read_json(path, reading)
        if document is not None:
            _read_function(path.parent.name, document, reading)


def _read_function(function: str, document: Json, reading: Reading) -> None:
    bindings = document.root.fields.get("bindings", document.root).items
    for binding in bindings:
        kind = binding.fields.get("type")
        if kind is None or not kind.text.lower().endswith("trigger"):
            continue
        place = document.place(kind)
        if kind.text.lower() != "httptrigger":
            reading.add_other(function, kind.text, place)
            return
        route = binding.fields.get("route")
        level = binding.fields.get("authLevel")
        disabled = document.root.fields.get("disabled")
        if disabled is not None and disabled.kind == "text":
            reading.report(
                "OP101",
                f"whether {function} is disabled depends on the setting {disabled.text!r}",
                document.place(disabled),
            )
        reading.add(
            HttpTrigger(
                function=function,
                place=document.place(route or kind),
                route=route.text if route is not None and route.kind == "text" else None,
                methods=tuple(
                    method.text for method in binding.fields.get("methods", Node("list", 0)).items
                ),
                auth_level=level.text.lower() if level is not None else "function",
                disabled=disabled is not None and disabled.text == "true",
            )
        )
        return
    reading.report(
        "OP102", f"{function} has no trigger among its bindings", document.place(document.root)
    )
