"""Reads YAML that somebody else wrote: what JSON could say as well, each key once, not too deep."""

# PyYAML has no types: what it hands out is checked here and nowhere else.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from typing import Any

import yaml

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import DEEPEST, Json, check_depth, integer, too_deep

_PREFIX = "tag:yaml.org,2002:"
_BOOLEAN = re.compile("^(?:true|True|TRUE|false|False|FALSE)$")
_INTEGER = re.compile("^[-+]?[0-9]+$")
_FLOAT = re.compile(
    r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$"
)

# libyaml's own limit; it looks ahead for a key, so it meets it before the first bracket's event.
_TOO_DEEP = "exceeded maximum nesting depth"


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.2's core schema, as OpenAPI asks for: `no` is text, a date is text, keys are text."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own idiom)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Build a value; say where, if a tag asks for what the text is not."""
        if node in self.recursive_objects:
            raise yaml.MarkedYAMLError(problem="this holds itself", problem_mark=node.start_mark)
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, TypeError) as error:
            kind = _NAMES.get(node.tag.removeprefix(_PREFIX), "what its tag says")
            problem = f"what stands here cannot be read as {kind}"
            if isinstance(error, InputError):
                problem = error.problem
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error

    def construct_mapping(self, node: Any, deep: bool = True) -> dict[str, Any]:
        """Build a mapping whose keys are text, each of them once."""
        first: dict[str, Any] = {}
        # Before merge keys (`<<`) bring in what the mapping's own keys may replace.
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key must be text", problem_mark=key.start_mark
                )
            twin = first.setdefault(key.value, key)
            if twin is not key:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice, "
                    f"first in line {twin.start_mark.line + 1}",
                    problem_mark=key.start_mark,
                )
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    def construct_integer(self, node: Any) -> int:
        """Build an integer; a leading zero means nothing."""
        return integer(node.value)

    def construct_undefined(self, node: Any) -> None:
        """Refuse a tag that is none of JSON's types: bytes, dates, sets, objects of Python."""
        raise yaml.MarkedYAMLError(
            problem=f"the tag {node.tag} is not allowed (write plain text)",
            problem_mark=node.start_mark,
        )


for _tag, _pattern, _first in (
    ("bool", _BOOLEAN, "tTfF"),
    ("int", _INTEGER, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", re.compile("^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile("^<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"{_PREFIX}{_tag}", _pattern, list(_first))
_Loader.yaml_constructors = {
    tag: build
    for tag, build in yaml.SafeLoader.yaml_constructors.items()
    if tag and tag.removeprefix(_PREFIX) in ("null", "bool", "float", "seq", "str")
}
_Loader.add_constructor(None, _Loader.construct_undefined)
_Loader.add_constructor(f"{_PREFIX}map", _Loader.construct_mapping)
_Loader.add_constructor(f"{_PREFIX}int", _Loader.construct_integer)


_NAMES = {"int": "a whole number", "float": "a number", "bool": "true or false", "null": "null"}


def load_yaml(text: str, where: str) -> tuple[Json, yaml.Node | None]:
    """Return what a YAML text says, and its nodes, which know their lines.

    Raises:
        InputError: If it is not YAML, says what JSON could not, has a key twice, or is too deep.
    """
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        raise InputError(
            f"this is not valid YAML: the character U+{ord(unprintable[0]):04X} is not allowed",
            where=f"{where}:{line}",
        )
    try:
        # Composing recurses in C and would crash; parsing does not.
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise too_deep(f"{where}:{event.start_mark.line + 1}")
        loader = _Loader(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if error.problem == _TOO_DEEP and mark:
            raise too_deep(f"{where}:{mark.line + 1}") from error
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise InputError(
            f"this is not valid YAML: {error.problem}", where=f"{where}{place}"
        ) from error
    check_depth(value, where)  # once more: aliases stand for what may be deep itself
    return value, node
