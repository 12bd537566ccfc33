"""Policy expressions parsed: the syntax tree of the C# in `@(…)` and `@{…}`.

The grammar is tree-sitter's (https://github.com/tree-sitter/tree-sitter-c-sharp). It is loaded on
first use only, as most documents hold no expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from constructs_lib.policy.expressions import UnbalancedError, expression_end

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MAXIMUM_LENGTH = 16_384
"""API Management refuses longer policies (256 KiB each); longer expressions are not looked into."""


class Syntax:
    """The syntax tree of an expression.

    Args:
        body: The block of statements; of `@(…)` one that returns the expression.
        source: What was parsed, in UTF-8.
    """

    __slots__ = ("_source", "body")

    def __init__(self, body: Node, source: bytes) -> None:
        self.body = body
        self._source = source

    def text(self, node: Node) -> str:
        """What stands at a node."""
        return self._source[node.start_byte : node.end_byte].decode()


def parse(expression: str) -> Syntax | None:
    """Parse an expression; None when it is not C# that is understood.

    Args:
        expression: It as a whole, with `@(` and `)` or `@{` and `}`.
    """
    expression = expression.strip()
    if expression[:2] + expression[-1:] not in ("@()", "@{}"):
        return None
    inner = expression[2:-1]
    if len(inner) > _MAXIMUM_LENGTH:
        return None
    body = inner if expression.startswith("@{") else f"return ({inner}\n);"
    source = f"object _() {{{body}\n}}".encode()
    root = _parser().parse(source).root_node
    if root.has_error or root.child_count != 1:
        return None
    function = root.children[0].children[0]
    block = function.child_by_field_name("body")
    if function.type != "local_function_statement" or block is None:
        return None
    return Syntax(block, source)


def expressions_in(text: str) -> Iterator[tuple[int, int]]:
    """Where expressions stand in a text, as slices."""
    position = 0
    while True:
        found = min(
            (at for opening in ("@(", "@{") if (at := text.find(opening, position)) >= 0),
            default=-1,
        )
        if found < 0:
            return
        try:
            position = expression_end(text, found)
        except UnbalancedError:
            yield found, len(text)
            return
        yield found, position


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_c_sharp

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c_sharp.language()))
