"""Constant expressions of JavaScript, TypeScript, C# and Java: what they are and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from constructs_lib.operations.sources.source_text import JAVASCRIPT, Language, Token

Kind = Literal["text", "word", "list", "object", "name", "call", "join", "opaque"]

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_ENDS = frozenset({",", ";", ")", "]", "}"})
_WORDS = frozenset({"true", "false", "null", "undefined"})
# `'x' as const`, `{…} satisfies T` of TypeScript: what follows is a type.
_TYPE_WORDS = frozenset({"as", "satisfies"})


@dataclass(frozen=True)
class Node:
    """An expression.

    Attributes:
        kind: Its form. `join` is a sum or an interpolated string, `word` one of `true`, `false`,
            `null` and `undefined` or a number, `opaque` anything that has no constant value.
        start: Offset of its first character.
        text: The text of a `text`, `word` or `name` (with its dots), or what a `call` calls.
        items: The elements, summands or arguments by position; of an `object`, what is spread
            into it.
        fields: The members of an object, or the arguments by name.
    """

    kind: Kind
    start: int
    text: str = ""
    items: tuple[Node, ...] = ()
    fields: Mapping[str, Node] = field(default_factory=dict["str", "Node"])


class NotConstant(ValueError):
    """An expression's value cannot be told without running the program.

    Args:
        node: The expression.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        super().__init__("not a constant")


Lookup = Callable[[str], "Node | None"]
"""Finds what a dotted name stands for, if it is a constant."""


class Reader:
    """Reads expressions from tokens.

    Args:
        tokens: The tokens, the last of kind `end`.
        language: Whose braces they are: objects in JavaScript, arrays elsewhere.
    """

    def __init__(self, tokens: Sequence[Token], language: Language) -> None:
        self.tokens = tokens
        self.language = language

    def expression(self, at: int) -> tuple[Node, int]:
        """Read the expression at a token; return it and the index of what ends it."""
        first = self.tokens[at]
        summands: list[Node] = []
        while True:
            node, at = self._primary(at)
            summands.append(node)
            if self.tokens[at].text == "!" and self._ends(at + 1):
                at += 1
            if self.tokens[at].text in _TYPE_WORDS:
                return _sum(summands), self.skip(at)
            if self._ends(at) or self._starts_statement(at):
                return _sum(summands), at
            if self.tokens[at].text != "+":
                return Node("opaque", first.start), self.skip(at)
            at += 1

    def arguments(self, at: int) -> tuple[tuple[Node, ...], dict[str, Node], int]:
        """Read arguments from an opening bracket; return them and the index after them."""
        close = _CLOSERS[self.tokens[at].text]
        items: list[Node] = []
        named: dict[str, Node] = {}
        at += 1
        while self.tokens[at].text != close and self.tokens[at].kind != "end":
            token, after = self.tokens[at], self.tokens[at + 1]
            if token.kind == "name" and after.kind == "mark" and after.text in ("=", ":"):
                named[token.text], at = self.expression(at + 2)
            else:
                node, at = self.expression(at)
                items.append(node)
            if self.tokens[at].text == ",":
                at += 1
            elif self.tokens[at].text != close:
                break
        return tuple(items), named, self._after(at)

    def skip(self, at: int) -> int:
        """Return the index of the token that ends the expression which goes on at a token."""
        depth = 0
        while self.tokens[at].kind != "end":
            token = self.tokens[at]
            if token.kind == "mark":
                if not depth and token.text in _ENDS:
                    return at
                if token.text in _CLOSERS:
                    depth += 1
                elif token.text in (")", "]", "}"):
                    depth -= 1
            at += 1
        return at

    def _after(self, at: int) -> int:
        """Return the index after a closing bracket, or that of the end where one is missing."""
        return min(at + 1, len(self.tokens) - 1)

    def _ends(self, at: int) -> bool:
        token = self.tokens[at]
        return token.kind == "end" or (token.kind == "mark" and token.text in _ENDS)

    def _starts_statement(self, at: int) -> bool:
        """Whether a new statement starts here although no semicolon ends the one before."""
        token = self.tokens[at]
        return self.language is JAVASCRIPT and token.kind == "name"

    def _primary(self, at: int) -> tuple[Node, int]:
        token = self.tokens[at]
        if token.kind == "string":
            return self._string(token), at + 1
        if token.kind == "number" or (token.kind == "name" and token.text in _WORDS):
            return Node("word", token.start, token.text), at + 1
        if token.text == "(" and token.kind == "mark":
            node, end = self.expression(at + 1)
            if self.tokens[end].text == ")" and self.tokens[end + 1].text != "=>":
                return node, end + 1
            return Node("opaque", token.start), self.skip(at)
        if token.text == "[" and token.kind == "mark":
            items, named, end = self.arguments(at)
            return Node("opaque" if named else "list", token.start, items=items), end
        if token.text == "{" and token.kind == "mark":
            if self.language is JAVASCRIPT:
                return self._object(at)
            items, _, end = self.arguments(at)
            return Node("list", token.start, items=items), end
        if token.text == "new" and self.language is not JAVASCRIPT:
            brace = at
            while (
                self.tokens[brace].text not in ("{", "(", ";") and self.tokens[brace].kind != "end"
            ):
                brace += 1
            if self.tokens[brace].text == "{":
                items, _, end = self.arguments(brace)
                return Node("list", token.start, items=items), end
        elif token.kind == "name" and token.text not in ("async", "function", "class", "await"):
            return self._name(at)
        return Node("opaque", token.start), self.skip(at)

    def _name(self, at: int) -> tuple[Node, int]:
        start = self.tokens[at].start
        path = [self.tokens[at].text]
        at += 1
        while self.tokens[at].text in (".", "?.") and self.tokens[at + 1].kind == "name":
            path.append(self.tokens[at + 1].text)
            at += 2
        if self.tokens[at].text == "(" and self.tokens[at].kind == "mark":
            items, named, end = self.arguments(at)
            return Node("call", start, ".".join(path), items, named), end
        return Node("name", start, ".".join(path)), at

    def _string(self, token: Token) -> Node:
        if len(token.parts) == 1 and isinstance(token.parts[0], str):
            return Node("text", token.start, token.parts[0])
        items: list[Node] = []
        for part in token.parts:
            if isinstance(part, str):
                items.append(Node("text", token.start, part))
            else:
                inner = Reader((*part, Token("end", "", token.start)), self.language)
                node, end = inner.expression(0)
                whole = inner.tokens[end].kind == "end"
                items.append(node if whole else Node("opaque", token.start))
        return Node("join", token.start, items=tuple(items))

    def _object(self, at: int) -> tuple[Node, int]:
        start = self.tokens[at].start
        fields: dict[str, Node] = {}
        spread: list[Node] = []
        at += 1
        while self.tokens[at].text != "}" and self.tokens[at].kind != "end":
            token, after = self.tokens[at], self.tokens[at + 1]
            if token.text == "..." and token.kind == "mark":
                node, at = self.expression(at + 1)
                spread.append(node)
            elif token.kind in ("name", "string", "number") and after.text == ":":
                key = token.text if token.kind != "string" else self._string(token).text
                fields[key], at = self.expression(at + 2)
            elif token.kind == "name" and after.text in (",", "}"):
                fields[token.text], at = Node("name", token.start, token.text), at + 1
            elif token.text == "[" and token.kind == "mark":
                spread.append(Node("opaque", token.start))  # a computed key could be any
                at = self.skip(at)
            else:  # a method: its name stands before the brackets
                while self.tokens[at].kind == "name" and self.tokens[at + 1].kind == "name":
                    at += 1
                fields[self.tokens[at].text] = Node("opaque", token.start)
                at = self.skip(at)
            if self.tokens[at].text == ",":
                at += 1
            elif self.tokens[at].text != "}":
                break
        return Node("object", start, items=tuple(spread), fields=fields), self._after(at)


def _sum(summands: list[Node]) -> Node:
    if len(summands) == 1:
        return summands[0]
    return Node("join", summands[0].start, items=tuple(summands))


def resolve(node: Node, lookup: Lookup, depth: int = 0) -> Node:
    """Follow names to what they stand for.

    Raises:
        NotConstant: A name stands for nothing that is known, or for itself.
    """
    while node.kind == "name" and depth < 20:
        found = lookup(node.text)
        if found is None:
            raise NotConstant(node)
        node, depth = found, depth + 1
    return node


def text_of(node: Node, lookup: Lookup) -> str:
    """Return the text that an expression means.

    Raises:
        NotConstant: It is no constant text.
    """
    value = resolve(node, lookup)
    if value.kind == "text":
        return value.text
    if value.kind == "join":
        try:
            return "".join(text_of(item, lookup) for item in value.items)
        except RecursionError:
            raise NotConstant(node) from None
    if value.kind == "call" and value.text == "nameof" and len(value.items) == 1:
        return value.items[0].text.rpartition(".")[2]
    raise NotConstant(node)


def member(node: Node, key: str, lookup: Lookup) -> Node | None:
    """Return a member of an object, those that are spread into it included; None without one.

    Raises:
        NotConstant: It is no object, or what is spread into it is not known.
    """
    value = resolve(node, lookup)
    if value.kind != "object":
        raise NotConstant(node)
    if key in value.fields:
        return value.fields[key]
    for spread in reversed(value.items):
        found = member(spread, key, lookup)
        if found is not None:
            return found
    return None


def elements(node: Node, lookup: Lookup) -> Iterator[Node]:
    """Yield the elements of a list, or the node itself where it is none."""
    value = resolve(node, lookup)
    if value.kind == "list":
        yield from value.items
    else:
        yield node
