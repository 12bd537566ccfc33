"""Terraform's own language, read as the JSON syntax that says the same, with the lines.

Source: HCL's specification of the JSON syntax; Terraform's documentation, "JSON Configuration
Syntax". Needs the extra `hcl`. What an expression comes to is left to whoever reads the JSON.
"""

# python-hcl2 has types, but not for all that its rules hold.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

from constructs_lib._core.errors import InputError

Lines = Mapping[str, int]
"""The line of a block under "", and of each argument and block in it by its dotted path."""


@dataclass(frozen=True, slots=True)
class Hcl:
    """What a file says.

    Attributes:
        document: The same in JSON syntax.
        lines: Of each block with labels, by its type and labels: `("resource", "a", "b")`.
    """

    document: dict[str, Any]
    lines: dict[tuple[str, ...], Lines] = field(default_factory=dict[tuple[str, ...], Lines])


@cache
def can_be_read() -> bool:
    """Whether the extra is installed."""
    return find_spec("hcl2") is not None


def read_hcl(text: str, file: str) -> Hcl:
    """Read a file of HCL.

    Raises:
        InputError: It is none, or python-hcl2 cannot read it; with line and column.
    """
    import hcl2
    from lark.exceptions import LarkError

    try:
        tree: Any = hcl2.parses(text if text.endswith("\n") else f"{text}\n")
    except LarkError as error:
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        place = ":".join(str(part) for part in (file, line, column) if isinstance(part, (int, str)))
        raise InputError(
            "is not HCL that can be read", where=place, fix="try `terraform validate`"
        ) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=file) from error
    found = Hcl({})
    for kind, labels, body, line in _blocks(tree.body if hasattr(tree, "body") else tree):
        lines = {"": line}
        content = _body(body, lines, "")
        if kind in ("import", "moved", "removed"):
            content = {name: _traversal(value) for name, value in content.items()}
        if kind == "variable" and "type" in content:
            content["type"] = _traversal(content["type"])
        found.lines.setdefault((kind, *labels), lines)
        for label in reversed(labels):
            content = {label: content}
        found.document.setdefault(kind, []).append(content)
    return found


def _blocks(body: Any) -> Iterator[tuple[str, tuple[str, ...], Any, int]]:
    """Type, labels, body and line of each block in a body."""
    for child in body.children:
        if type(child).__name__ == "BlockRule":
            kind, *labels = (_plain(each) for each in child.labels)
            yield kind, tuple(labels), child.body, _line(child)


def _body(body: Any, lines: dict[str, int], path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in body.children:
        if type(child).__name__ == "AttributeRule":
            name = _plain(child.identifier)
            lines.setdefault(path + name, _line(child))
            value = _value(child.expression)
            # These are names of Terraform's, not expressions.
            if name in ("depends_on", "ignore_changes", "iterator", "provider"):
                value = _traversal(value)
            found[name] = value
    for kind, labels, inner, line in _blocks(body):
        # What `dynamic` makes is known by the name of the blocks that it stands for.
        name = labels[0] if kind == "dynamic" and labels else kind
        lines.setdefault(path + name, line)
        below = path if kind == "content" else f"{path}{name}."
        content = _body(inner, lines, below)
        for label in reversed(labels):
            content = {label: content}
        found.setdefault(kind, [])
        if isinstance(found[kind], list):
            found[kind].append(content)
    return found


def _value(expression: Any) -> Any:
    """An expression as JSON says it: a literal, a template, or `${…}` around anything else."""
    inner = [each for each in expression.children if each is not None]
    if len(inner) == 1 and type(inner[0]).__name__.startswith("Heredoc"):
        return _heredoc(str(inner[0].serialize(_options())))
    return _with_heredocs(expression.serialize(_options()))


def _with_heredocs(value: Any) -> Any:
    """A value, with the heredocs that stand in its objects and lists as the text that they are."""
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        return {name: _with_heredocs(each) for name, each in named.items()}
    if isinstance(value, list):
        return [_with_heredocs(each) for each in cast("list[Any]", value)]
    return _heredoc(value) if isinstance(value, str) and _HEREDOC.match(value) else value


_HEREDOC = re.compile(r'"?<<(-?)(\w[\w-]*)[ \t]*\n(.*?)\n?[ \t]*\2"?\s*\Z', re.DOTALL)


def _heredoc(text: str) -> str:
    """The text of a heredoc: as it stands, without the common indentation after `<<-`."""
    found = _HEREDOC.match(text)
    if found is None:
        return text
    lines = found[3].split("\n")
    if found[1]:
        filled = [line for line in lines if line.strip()]
        common = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
        lines = [line[common:] for line in lines]
    return "\n".join(lines) + "\n" if found[3] else ""


_WRAPPED = re.compile(r"\$\{(.*)\}", re.DOTALL)


def _traversal(value: Any) -> Any:
    """The name that an expression is, as JSON writes it where nothing but a name may stand."""
    if isinstance(value, list):
        return [_traversal(each) for each in cast("list[Any]", value)]
    found = _WRAPPED.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else value


@cache
def _options() -> Any:
    from hcl2 import SerializationOptions

    return SerializationOptions(
        with_comments=False, explicit_blocks=False, strip_string_quotes=True
    )


def _plain(rule: Any) -> str:
    return str(rule.serialize(_options())).strip('"')


def _line(rule: Any) -> int:
    return int(rule._meta.line)
