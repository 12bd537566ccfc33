"""Tokens of JavaScript, TypeScript, C#, Java and JSON, enough to read constants from them.

The readers of Functions projects look for calls and attributes with constant arguments. For that
they need to know what is a comment, a string or code, and nothing of types or statements: one
scanner, told what differs, serves the four languages. What it cannot scan is an error with its
place, and nobody's guess.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Kind = Literal["name", "number", "string", "mark", "directive", "end"]


class SourceError(ValueError):
    """The text cannot be read from a place on.

    Args:
        problem: What is wrong.
        offset: Where in the text, counted from 0.
    """

    def __init__(self, problem: str, offset: int) -> None:
        self.problem = problem
        self.offset = offset
        super().__init__(problem)


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: What it is; `mark` is an operator or bracket, `directive` a `#if` line of C#.
        text: Its text; a name's or mark's is what it means.
        start: Offset of its first character in the source.
        parts: Of a string, what it is made of: text, and the tokens of each expression that is
            interpolated.
    """

    kind: Kind
    text: str
    start: int
    parts: tuple[str | tuple[Token, ...], ...] = ()


@dataclass(frozen=True)
class Language:
    """What tells the languages apart.

    Attributes:
        strings: A regular expression for the opening of every kind of string.
        regular_expressions: Whether `/…/` may be one.
        directives: Whether a line that starts with `#` is for a preprocessor.
    """

    strings: str
    regular_expressions: bool = False
    directives: bool = False


JAVASCRIPT = Language(strings=r"""["'`]""", regular_expressions=True)
CSHARP = Language(strings=r"""\$*"{3,}|\$@"|@\$"|@"|\$"|"|\'""", directives=True)
JAVA = Language(strings=r'''"""|"|\'''')

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{1,4}|.)", re.DOTALL)
# After these a slash divides; after anything else it opens a regular expression.
_OPERAND_END = frozenset({")", "]", "}"})
_KEYWORDS_BEFORE_REGEX = frozenset(
    {"return", "typeof", "case", "in", "of", "delete", "void", "throw"}
)


@dataclass(frozen=True)
class Source:
    """A file's text, with the way from an offset to line and column.

    Attributes:
        path: The file, as the reader should see it.
        text: Its text.
        language: The language that it is in.
    """

    path: str
    text: str
    language: Language

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens, the last of kind `end`.

        Raises:
            SourceError: A string or comment has no end.
        """
        scanned = list(_scan(self.text, 0, len(self.text), self.language))
        return (*scanned, Token("end", "", len(self.text)))

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, both counted from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


def _scan(text: str, start: int, end: int, language: Language) -> Iterator[Token]:
    opening = re.compile(language.strings)
    plain = re.compile(
        r"(?P<space>\s+)|(?P<comment>//[^\n]*|/\*.*?\*/)"
        r"|(?P<name>[^\W\d][\w$]*|\$[\w$]*)|(?P<number>\d[\w.]*)|(?P<mark>=>|\?\.|\.\.\.|.)",
        re.DOTALL,
    )
    at = start
    last: Token | None = None
    if language.regular_expressions and text.startswith("#!", at):
        at = _line_end(text, at)
    while at < end:
        string = opening.match(text, at, end)
        if string:
            parts, after = _string(text, string, end, language)
            last = Token("string", text[at:after], at, parts)
            at = after
            yield last
            continue
        if (
            language.directives
            and text[at] == "#"
            and not text[text.rfind("\n", 0, at) + 1 : at].strip()
        ):
            after = _line_end(text, at)
            yield Token("directive", text[at:after].strip(), at)
            at = after
            continue
        match = plain.match(text, at, end)
        assert match is not None  # noqa: S101  (the last alternative takes any character)
        kind, found = match.lastgroup, match[0]
        if kind == "mark" and text.startswith("/*", at):
            raise SourceError("this comment has no end", at)
        if found == "/" and language.regular_expressions and _regex_follows(last):
            at = _regex_end(text, at, end)
            last = Token("mark", "/…/", match.start())
            yield last
            continue
        if kind == "name" or kind == "number" or kind == "mark":
            last = Token(kind, found, at)
            yield last
        at = match.end()


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _regex_follows(last: Token | None) -> bool:
    if last is None or last.kind == "mark":
        return last is None or last.text not in _OPERAND_END
    return last.kind == "name" and last.text in _KEYWORDS_BEFORE_REGEX


def _regex_end(text: str, start: int, end: int) -> int:
    at = start + 1
    in_class = False
    while at < end and text[at] != "\n":
        if text[at] == "\\":
            at += 1
        elif text[at] == "/" and not in_class:
            return at + 1
        else:
            in_class = text[at] == "[" or (in_class and text[at] != "]")
        at += 1
    return start + 1  # no regular expression after all, a division


def _string(
    text: str, opening: re.Match[str], end: int, language: Language
) -> tuple[tuple[str | tuple[Token, ...], ...], int]:
    """Read one string from its opening; return its parts and the offset after it."""
    prefix = opening[0].rstrip("\"'`")
    quote = opening[0][len(prefix) :]
    raw = len(quote) >= 3 and language is CSHARP
    block = len(quote) >= 3 and language is JAVA
    verbatim = "@" in prefix
    many_lines = raw or block or verbatim or quote == "`"
    # What opens an interpolated expression; raw strings of C# need as many braces as dollars.
    hole = "${" if quote == "`" else "{" * prefix.count("$") if "$" in prefix else None
    parts: list[str | tuple[Token, ...]] = []
    literal: list[str] = []
    at = opening.end()
    while at < end:
        if text.startswith(quote, at):
            if verbatim and text.startswith('""', at):
                literal.append('"')
                at += 2
                continue
            tail = at + len(quote)
            while raw and text.startswith('"', tail):  # the last three quotes are the end
                literal.append('"')
                tail += 1
            parts.append("".join(literal))
            return tuple(_unindent(parts) if raw or block else parts), tail
        character = text[at]
        if hole and text.startswith(hole, at):
            if not raw and hole == "{" and text.startswith("{{", at):
                literal.append("{")
                at += 2
                continue
            close = _hole_end(text, at + len(hole), end, language)
            parts += ["".join(literal), tuple(_scan(text, at + len(hole), close, language))]
            literal = []
            at = close + (1 if quote == "`" else len(hole))
        elif hole == "{" and not raw and text.startswith("}}", at):
            literal.append("}")
            at += 2
        elif character == "\\" and not raw and not verbatim:
            match = _ESCAPE.match(text, at, end)
            if match is None:
                break
            literal.append(_unescape(match[1]))
            at = match.end()
        elif character == "\n" and not many_lines:
            break
        else:
            literal.append(character)
            at += 1
    raise SourceError("this string has no end", opening.start())


def _hole_end(text: str, start: int, end: int, language: Language) -> int:
    """Find the brace that closes an interpolated expression."""
    depth = 0
    at = start
    opening = re.compile(language.strings)
    while at < end:
        string = opening.match(text, at, end)
        if string:
            _, at = _string(text, string, end, language)
            continue
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            if not depth:
                return at
            depth -= 1
        at += 1
    raise SourceError("this interpolated expression has no end", start)


def _unescape(escape: str) -> str:
    if escape[0] in "ux" and len(escape) > 1:
        return chr(int(escape[1:].strip("{}"), 16))
    return _ESCAPES.get(escape, escape)


def _unindent(parts: list[str | tuple[Token, ...]]) -> list[str | tuple[Token, ...]]:
    """Drop the line breaks next to the quotes of a multi-line string and its common indentation."""
    if len(parts) != 1 or not isinstance(parts[0], str) or "\n" not in parts[0]:
        return parts
    lines = parts[0].split("\n")[1:]
    indent = min(
        len(line) - len(line.lstrip()) for line in lines if line.strip() or line is lines[-1]
    )
    return ["\n".join(line[indent:] for line in lines).removesuffix("\n")]
