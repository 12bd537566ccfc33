"""Writes Terraform JSON in Terraform's own language, laid out as `terraform fmt` does.

Both are syntaxes of one language: a string of the JSON is a template, as a quoted string is here.
Source: HCL's specification, "JSON Syntax" and "Native Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

from constructs_lib.access.terraform.coverage import arguments
from constructs_lib.policy.terraform import parts

_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f\u2028\u2029]')
_NOT_IN_LINES = re.compile(r"[^\S \t\n]|[\x00-\x08\x0e-\x1f]")
_FIRST = ("count", "for_each")
# Blocks and arguments of Terraform itself, in the order in which they end a resource.
_LAST = ("timeouts", "depends_on", "lifecycle")
_META_BLOCKS = frozenset({"timeouts", "lifecycle", "precondition", "postcondition"})
# What names resources and arguments, and so stands without quotes.
_BARE = frozenset(
    {"depends_on", "lifecycle.ignore_changes", "lifecycle.replace_triggered_by", "from", "to"}
)
# Providers whose objects are arguments, save these blocks.
_FEW_BLOCKS = {"azapi": ("identity",), "terraform": ()}

# Lists of objects that may be written as blocks too, so that an empty one differs from none.
# Sources: developer.hashicorp.com/terraform/language/attr-as-blocks, the schemas of azurerm.
_EITHER = frozenset(
    {"access_policy", "encryption", "headers", "network_rule_set", "network_rulesets", "route"}
    | {"rule", "security_rule", "subnet"}
)

IsBlock = Callable[[str], "bool | None"]
"""Whether what has this dotted path is a block; None if that is not known."""


class Name(str):
    """A text that names something, such as a type, and so stands without quotes."""


class NotWritable(Exception):
    """Something has no certain form in HCL, and so has to stay JSON."""


def resource(kind_of_block: str, kind: str, name: str, body: Mapping[str, Any]) -> str:
    """A block of a resource or data source.

    Args:
        kind_of_block: `resource` or `data`.
        kind: The type.
        name: Its name.
        body: What the JSON says of it.

    Raises:
        NotWritable: It cannot be told which of its objects are blocks.
    """
    return _text(_block((kind_of_block, kind, name), body, partial(_in_schema, kind), "", ""))


def section(labels: Sequence[str], body: Mapping[str, Any], *, blocks: Sequence[str] = ()) -> str:
    """A block of Terraform itself, such as `output`.

    Args:
        labels: Its type and its names.
        body: What it says.
        blocks: The dotted paths of the arguments that are blocks.
    """
    return _text(_block(labels, body, blocks.__contains__, "", ""))


def check(name: str, body: Mapping[str, Any]) -> str:
    """A `check` block, which may have a data source of its own."""
    own = [
        _block(("data", kind, label), data, partial(_in_schema, kind), "", "  ")
        for kind, bodies in body.get("data", {}).items()
        for label, data in bodies.items()
    ]
    asserted = {"assert": body.get("assert", [])}
    lines = list(_block(("check", name), asserted, {"assert"}.__contains__, "", ""))
    return _text([lines[0], *(line for data in own for line in (*data, "")), *lines[1:]])


def expression(value: object, indent: str = "", *, bare: bool = False) -> str:
    """A value as an expression.

    Args:
        value: The value, as in JSON.
        indent: What each line after the first begins with.
        bare: Whether texts are names and not templates, as in `depends_on`.

    Raises:
        NotWritable: A text has an expression of several lines.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        named = isinstance(value, Name) or (bare and "${" not in value)
        return value if named else _template(value)
    deeper = f"{indent}  "
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value).items()
        pairs = [(_key(key), expression(each, deeper)) for key, each in entries]
        lines = ["{", *(deeper + line for line in _aligned(pairs)), f"{indent}}}"]
        return "\n".join(lines) if pairs else "{}"
    items = [expression(item, deeper, bare=bare) for item in cast("list[object]", value)]
    line = f"[{', '.join(items)}]"
    if "\n" not in line and len(line) <= 80:
        return line
    return "\n".join(["[", *(f"{deeper}{item}," for item in items), f"{indent}]"])


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _block(
    labels: Sequence[str], body: Mapping[str, Any], is_block: IsBlock, path: str, indent: str
) -> Iterator[str]:
    """The lines of a block."""
    head = f"{indent}{labels[0]}{''.join(f' {_quote(label)}' for label in labels[1:])} {{"
    inner = list(_lines(body, is_block, path, f"{indent}  "))
    if inner:
        yield head
        yield from inner
        yield f"{indent}}}"
    else:
        yield f"{head}}}"


def _lines(body: Mapping[str, Any], is_block: IsBlock, path: str, indent: str) -> Iterator[str]:
    """The lines of a block's body: arguments, then blocks, then what Terraform itself has."""
    groups: list[list[str]] = []
    arguments: list[tuple[str, str]] = []
    for key in sorted(body, key=_place):
        value = body[key]
        if key == "//":  # a comment of the JSON
            continue
        blocks = _blocks(key, value, is_block(f"{path}{key}"))
        if blocks is None:
            bare = f"{path}{key}" in _BARE
            text = _heredoc(value) or expression(value, indent, bare=bare)
            if key in (*_FIRST, "depends_on"):
                groups.append([f"{indent}{key} = {text}"])
            else:
                arguments.append((key, text))
        else:
            deeper = f"{path}{key}."
            groups += [list(_block((key,), each, is_block, deeper, indent)) for each in blocks]
    if arguments:
        first = sum(group[0].split()[0] in _FIRST for group in groups)
        groups.insert(first, [indent + line for line in _aligned(arguments)])
    for number, group in enumerate(groups):
        if number:
            yield ""
        yield from group


def _place(key: str) -> tuple[int, str]:
    if key in _FIRST:
        return 0, key
    return (2 + _LAST.index(key), key) if key in _LAST else (1, key)


def _blocks(key: str, value: object, is_block: bool | None) -> list[Mapping[str, Any]] | None:
    """The blocks that a value stands for; None if it is the value of an argument."""
    objects = cast("list[Any]", value if isinstance(value, list) else [value])
    all_objects = all(isinstance(each, dict) for each in objects)
    if is_block is None and all_objects and objects:
        raise NotWritable
    if not is_block or (not objects and key in _EITHER):
        return None
    if not all_objects:
        raise NotWritable
    return objects


def _in_schema(kind: str, path: str) -> bool | None:
    """Whether an argument is a block: with azurerm and azuread, what has arguments of its own."""
    provider = kind.partition("_")[0]
    if path.partition(".")[0] in _META_BLOCKS:
        return path.rpartition(".")[2] in _META_BLOCKS
    if path in ("depends_on", "count", "for_each", "tags"):
        return False
    if provider in _FEW_BLOCKS:
        return path in _FEW_BLOCKS[provider]
    known = arguments().get(kind)
    if known is None or path not in known:
        return None
    return any(each.startswith(f"{path}.") for each in known)


def _aligned(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Lines of arguments; those of one line that follow each other have their `=` in a column."""
    group: list[tuple[str, str]] = []
    for key, value in pairs:
        heredoc = value.startswith("<<")
        if heredoc or "\n" not in value:
            group.append((key, value))
        if "\n" in value:
            yield from _columns(group)
            group = []
            if not heredoc:
                yield f"{key} = {value}"
    yield from _columns(group)


def _columns(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((len(key) for key, _ in pairs), default=0)
    yield from (f"{key:<{width}} = {value}" for key, value in pairs)


def _heredoc(value: object) -> str | None:
    """A text of several lines, such as a policy, in lines; None if it is none or cannot be so."""
    if not isinstance(value, str) or value.count("\n") < 2 or not value.endswith("\n"):
        return None
    if _NOT_IN_LINES.search(value):
        return None
    end = "XML" if value.lstrip().startswith("<") else "TEXT"
    lines = value.split("\n")
    while any(line.strip() == end for line in lines):
        end += "_"
    return f"<<{end}\n{value}{end}"


def _template(text: str) -> str:
    pieces = list(parts(text))
    if len(pieces) == 1 and pieces[0][1] and text.startswith("${"):
        return text[2:-1].strip()
    if any(read and "\n" in part for part, read in pieces):
        raise NotWritable
    return '"' + "".join(part if read else _escaped(part) for part, read in pieces) + '"'


def _quote(label: str) -> str:
    return f'"{_escaped(label)}"'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else _template(key)
