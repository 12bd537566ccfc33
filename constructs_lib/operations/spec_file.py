"""Loads a file of YAML or JSON and tells where in it a value is."""

# PyYAML has no types: what it hands out is checked here and nowhere else.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from constructs_lib.errors import InputError
from constructs_lib.operations.expressions import Node
from constructs_lib.operations.function_json import Json
from constructs_lib.operations.reading import Place
from constructs_lib.operations.source_text import SourceError

Value = Any
"""A value of JSON: `dict`, `list`, `str`, `int`, `float`, `bool` or None."""
Pointer = tuple["str | int", ...]
"""The keys and indices from the root of a document to a value."""

_BOOLEAN = re.compile("^(?:true|True|TRUE|false|False|FALSE)$")
_INTEGER = re.compile("^[-+]?[0-9]+$")
_FLOAT = re.compile(
    r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$"
)


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.2's core schema, as OpenAPI asks for: `no` is text, a date is text, keys are text."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own idiom)

    def construct_mapping(self, node: Any, deep: bool = True) -> dict[str, Any]:
        """Build a mapping whose keys are text, each of them once."""
        self.flatten_mapping(node)
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in mapping:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is there twice", problem_mark=key_node.start_mark
                )
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping

    def construct_integer(self, node: Any) -> int:
        """Build an integer; a leading zero means nothing."""
        return int(node.value)


for _tag, _pattern, _first in (
    ("bool", _BOOLEAN, "tTfF"),
    ("int", _INTEGER, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", re.compile("^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile("^<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_integer)


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
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise InputError("there is no such file", where=where) from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", where=where) from error
        try:
            if text.lstrip().startswith("{"):
                return cls(path, text, json.loads(text))
            return cls(path, text, yaml.load(text, Loader=_Loader))  # noqa: S506  (a safe loader)
        except json.JSONDecodeError as error:
            raise InputError(
                f"this is no JSON: {error.msg}", where=f"{where}:{error.lineno}:{error.colno}"
            ) from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            raise InputError(
                f"this is no YAML: {error.problem}", where=f"{where}{place}"
            ) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise InputError(f"this is no YAML: {error}", where=where) from error

    def place(self, pointer: Pointer) -> Place:
        """Return where a value is, or what is nearest to it."""
        path = self.path.as_posix()
        try:
            if self.text.lstrip().startswith("{"):
                document = self._nodes = self._nodes or Json(path, self.text)
                return document.place(_json_node(document.root, pointer))
            self._nodes = self._nodes or yaml.compose(self.text, Loader=_Loader)
        except (SourceError, yaml.YAMLError):
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
