"""Loads a file of YAML or JSON and tells where in it a value is."""

# PyYAML has no types: what it hands out is checked here and nowhere else.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from constructs_lib._core.files.json_text import Pointer, Value, load_json, read_text
from constructs_lib._core.files.yaml_text import load_yaml
from constructs_lib.operations.findings import Place
from constructs_lib.operations.sources.constants import Node
from constructs_lib.operations.sources.function_json import Json
from constructs_lib.operations.sources.source_text import SourceError


@dataclass
class SpecFile:
    """One file of a document.

    Attributes:
        path: The file.
        text: Its text.
        value: What it says, as JSON would.
    """

    path: Path
    text: str
    value: Value
    _nodes: Any = None

    @classmethod
    def load(cls, path: Path) -> SpecFile:
        """Load a file.

        Raises:
            InputError: It cannot be read, or is neither YAML nor JSON.
        """
        where = path.as_posix()
        text = read_text(path)
        if text.lstrip().startswith("{"):
            return cls(path, text, load_json(text, where))
        return cls(path, text, *load_yaml(text, where))

    def place(self, pointer: Pointer) -> Place:
        """Return where a value is, or what is nearest to it."""
        path = self.path.as_posix()
        try:
            if self.text.lstrip().startswith("{"):
                document = self._nodes = self._nodes or Json(path, self.text)
                return document.place(_json_node(document.root, pointer))
        except SourceError:
            return Place(path)
        if self._nodes is None:  # an empty file
            return Place(path)
        mark = _yaml_mark(self._nodes, pointer)
        return Place(path, mark.line + 1, mark.column + 1)


def _json_node(node: Node, pointer: Pointer) -> Node:
    for key in pointer:
        if isinstance(key, int) and key < len(node.items):
            node = node.items[key]
        elif str(key) in node.fields:
            node = node.fields[str(key)]
        else:
            break
    return node


def _yaml_mark(node: Any, pointer: Pointer) -> Any:
    mark = node.start_mark
    for key in pointer:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            mark = node.start_mark
            continue
        pairs = (
            cast("list[tuple[Any, Any]]", node.value) if isinstance(node, yaml.MappingNode) else []
        )
        found = next((pair for pair in pairs if str(pair[0].value) == str(key)), None)
        if found is None:
            break
        mark, node = found[0].start_mark, found[1]
    return mark
