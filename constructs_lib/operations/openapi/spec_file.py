"""Loads a file of YAML or JSON and tells where in it a value is."""

# PyYAML has no types: what it hands out is checked here and nowhere else.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from constructs_lib._core.files.json_text import Json, Pointer, read_text
from constructs_lib._core.files.yaml_text import load_yaml
from constructs_lib.operations.findings import FilePlace
from constructs_lib.operations.json_file import JsonFile


@dataclass
class SpecFile:
    """One file of a document.

    Attributes:
        path: The file.
        value: What it says, as JSON would.
    """

    path: Path
    value: Json
    _json: JsonFile | None = None
    _yaml: Any = None
    # Of each mapping of YAML, by its pointer: the mark of each key, and the value's node.
    _members: dict[Pointer, dict[str, tuple[Any, Any]]] = field(
        default_factory=dict[Pointer, "dict[str, tuple[Any, Any]]"]
    )

    @classmethod
    def load(cls, path: Path) -> SpecFile:
        """Load a file.

        Raises:
            InputError: It cannot be read, or is neither YAML nor JSON.
        """
        where = path.as_posix()
        text = read_text(path)
        if text.lstrip().startswith("{"):
            document = JsonFile(where, text)
            return cls(path, document.value, _json=document)
        value, node = load_yaml(text, where)
        return cls(path, value, _yaml=node)

    def place(self, pointer: Pointer) -> FilePlace:
        """Return where a value is, or what is nearest to it."""
        if self._json is not None:
            return self._json.place(*pointer)
        if self._yaml is None:  # an empty file
            return FilePlace(self.path.as_posix())
        node, mark = self._yaml, self._yaml.start_mark
        for depth, key in enumerate(pointer):
            if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
                if key >= len(node.value):
                    break
                node = node.value[key]
                mark = node.start_mark
                continue
            found = self._mapping(pointer[:depth], node).get(str(key))
            if found is None:
                break
            mark, node = found
        return FilePlace(self.path.as_posix(), mark.line + 1, mark.column + 1)

    def _mapping(self, pointer: Pointer, node: Any) -> dict[str, tuple[Any, Any]]:
        known = self._members.get(pointer)
        if known is None:
            pairs = (
                cast("list[tuple[Any, Any]]", node.value)
                if isinstance(node, yaml.MappingNode)
                else []
            )
            known = {str(key.value): (key.start_mark, value) for key, value in pairs}
            self._members[pointer] = known
        return known
