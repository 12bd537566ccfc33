"""Parses JavaScript, TypeScript, C# and Java with the grammars of tree-sitter.

Offsets are those of bytes, as tree-sitter counts; `Source.place` makes lines and columns of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from constructs_lib._core.errors import InputError
from constructs_lib.operations.findings import FilePlace

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax
    from tree_sitter import Parser

Language = Literal["javascript", "typescript", "tsx", "csharp", "java"]

# Where each grammar is: module and function.
_GRAMMARS: dict[Language, tuple[str, str]] = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "java": ("tree_sitter_java", "language"),
}

# What a grammar does not know yet, and what may stand in its place: assignments to `a?.b` (C# 14),
# `allows ref struct` (C# 13), `export type *` (TypeScript 5.0), `in` and `out` of types (4.7).
_TYPESCRIPT = re.compile(
    rb"(?<=\bexport )type(?= +\*)"
    rb"|(?<=[<,])[ \t]*(?:in[ \t]+out|in|out)[ \t]+(?=[A-Z]\w*[ \t]*[,>=])"
)
_NEWER: dict[Language, re.Pattern[bytes]] = {
    "csharp": re.compile(rb"\?(?=\.[A-Za-z_])|\ballows[ \t]+ref[ \t]+struct\b"),
    "typescript": _TYPESCRIPT,
    "tsx": _TYPESCRIPT,
}

_QUOTES = frozenset({'"', "'", "`", '"""'})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "s": " "}


@cache
def _parser(name: Language) -> Parser:
    module, function = _GRAMMARS[name]
    try:
        import tree_sitter

        grammar = import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(
            f"reading functions in JavaScript, TypeScript, C# and Java needs {error.name},"
            " which is not installed",
            fix="pip install 'secured-functions[cli]'",
        ) from error
    # What the grammars hand over is a capsule, which has no type.
    load: Any = tree_sitter.Language
    return tree_sitter.Parser(load(getattr(grammar, function)()))


@dataclass(frozen=True)
class SourceText:
    """A file's text, parsed.

    Attributes:
        path: The file, as the reader should see it.
        data: Its text in UTF-8.
        language: The language that it is in.
    """

    path: str
    data: bytes
    language: Language

    @cached_property
    def root(self) -> Syntax:
        """The root of the syntax tree.

        Raises:
            InputError: The grammar is not installed.
        """
        return _parser(self.language).parse(self.data).root_node

    def in_older_words(self) -> SourceText:
        """Write what the grammar does not know yet as what it knows, each in its place.

        If something else cannot be read, the text stays what it is.
        """
        newer = _NEWER.get(self.language)
        if newer is None or not self.root.has_error:
            return self
        data = bytearray(self.data)
        for match in newer.finditer(self.data):
            node = self.root.descendant_for_byte_range(match.start(), match.start() + 1)
            if node is None or not re.search("comment|string", node.type):
                older = b"class" if match[0].startswith(b"allows") else b""
                data[match.start() : match.end()] = older.ljust(len(match[0]))
        source = SourceText(self.path, bytes(data), self.language)
        return self if source.root.has_error else source

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(b"\n", self.data))]

    def place(self, offset: int) -> FilePlace:
        """Return line and column of an offset."""
        line = bisect_right(self._lines, offset)
        before = self.data[self._lines[line - 1] : offset]
        return FilePlace(self.path, line, len(before.decode("utf-8", "replace")) + 1)

    def errors(self, bodies: Collection[str], matters: re.Pattern[bytes]) -> Iterator[int]:
        """Yield where the grammar could not read on, unless nothing that matters hangs on it.

        Args:
            bodies: Types of nodes that hold the code of one function.
            matters: What a body has to have for an error in it to matter.
        """
        nodes = [self.root]
        while nodes:
            node = nodes.pop()
            if node.is_error or node.is_missing:
                yield _stuck(node)
            elif node.has_error and not (
                node.type in bodies
                and not matters.search(self.data, node.start_byte, node.end_byte)
            ):
                nodes.extend(reversed(node.children))


def _stuck(error: Syntax) -> int:
    """Return where, in what could not be read, the parser probably got stuck."""
    for number, child in enumerate(error.children):
        if child.has_error or child.is_missing:
            return _stuck(child) if child.children else child.start_byte
        comment = child.type == "/" and [c.type for c in error.children[number + 1 :]][:1] == ["*"]
        if comment or (child.type in _QUOTES and not child.is_named):
            return child.start_byte  # a string or comment that nothing ends
    return error.children[-1].start_byte if error.children else error.start_byte


def text(node: Syntax) -> str:
    """Return the source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def pieces(source: SourceText, node: Syntax, opening: int, closing: int) -> Iterator[str | Syntax]:
    """Yield the parts of a string: text with its escapes undone, and what is interpolated.

    Args:
        source: The file.
        node: The string.
        opening: How many bytes open it.
        closing: How many bytes close it.
    """
    at, end = node.start_byte + opening, node.end_byte - closing
    for child in node.children:
        if child.start_byte < at or child.end_byte > end or child.start_byte == child.end_byte:
            continue
        if child.type in ("template_substitution", "interpolation"):
            part: str | Syntax = child
        elif child.type == "escape_sequence":
            part = unescape(text(child))
        else:
            continue
        if child.start_byte > at:
            yield source.data[at : child.start_byte].decode("utf-8", "replace")
        yield part
        at = child.end_byte
    if at < end:
        yield source.data[at:end].decode("utf-8", "replace")


def unescape(escape: str) -> str:
    r"""Return what an escape sequence stands for: `\n`, `\x41`, `\u0041`, `\u{41}`, `\101`."""
    body = escape[1:]
    if re.fullmatch(r"[uUx]\{?[0-9A-Fa-f]+\}?", body):
        code = int(body[1:].strip("{}"), 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    if re.fullmatch("[0-7]{2,3}", body):
        return chr(int(body, 8))
    return "" if body in ("\n", "\r\n") else _ESCAPES.get(body, body)


def unindent(content: str) -> str:
    """Drop the line breaks next to the quotes of a multi-line string and its common indentation."""
    if "\n" not in content:
        return content
    lines = content.split("\n")[1:]
    indent = min(
        len(line) - len(line.lstrip()) for line in lines if line.strip() or line is lines[-1]
    )
    return "\n".join(line[indent:] for line in lines).removesuffix("\n")
