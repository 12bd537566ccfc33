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
        before: How many bytes of it stand before what `@(` or `@{` is followed by.
        inserted: Where brackets stand in it that the expression has not.
    """

    __slots__ = ("_before", "_inserted", "_source", "body")

    def __init__(
        self, body: Node, source: bytes, before: int, inserted: tuple[int, ...] = ()
    ) -> None:
        self.body = body
        self._source = source
        self._before = before
        self._inserted = inserted

    def text(self, node: Node) -> str:
        """What stands at a node."""
        return self._source[node.start_byte : node.end_byte].decode()

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column of a node, counted from 1, where the expression's `@` is at 1, 1."""
        return _place(self._source, node.start_byte, self._before, self._inserted)


def _place(source: bytes, at: int, before: int, inserted: tuple[int, ...]) -> tuple[int, int]:
    kept = bytes(source[each] for each in range(before, at) if each not in inserted)
    text = "@(" + kept.decode(errors="replace")
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def parse(expression: str) -> Syntax | None:
    """Parse an expression; None when it is not C# that is understood.

    Args:
        expression: It as a whole, with `@(` and `)` or `@{` and `}`.
    """
    found = _parsed(expression.strip())
    if found is None:
        return None
    root, source, before, inserted = found
    if root.has_error or root.child_count != 1:
        return None
    function = root.children[0].children[0]
    block = function.child_by_field_name("body")
    if function.type != "local_function_statement" or block is None:
        return None
    return Syntax(block, source, before, inserted)


def fault(expression: str) -> tuple[str, int, int]:
    """What is wrong with an expression that `parse` does not take, its line and its column."""
    expression = expression.strip()
    found = _parsed(expression)
    if found is None:
        if len(expression) > _MAXIMUM_LENGTH:
            return f"the expression is longer than {_MAXIMUM_LENGTH} characters", 1, 1
        return "an expression starts with `@(` or `@{` and ends with its bracket", 1, 1
    root, source, before, inserted = found
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_missing:
            return (f"`{node.type}` expected", *_place(source, node.start_byte, before, inserted))
        if node.is_error:
            text = source[node.start_byte : node.end_byte].decode(errors="replace").strip()
            message = f"Invalid expression term '{text[:40]}'"
            return (message, *_place(source, node.start_byte, before, inserted))
        waiting.extend(reversed(node.children))
    return "Invalid expression", 1, 1


def _parsed(expression: str) -> tuple[Node, bytes, int, tuple[int, ...]] | None:
    """The tree of a function around an expression, its source, the length of what stands before it.

    And where brackets were put in, so that the grammar reads it as C# does.
    """
    if expression[:2] + expression[-1:] not in ("@()", "@{}"):
        return None
    inner = expression[2:-1]
    if len(inner) > _MAXIMUM_LENGTH:
        return None
    opening = "object _() {" if expression.startswith("@{") else "object _() {return ("
    closing = "\n}" if expression.startswith("@{") else "\n);\n}"
    source = f"{opening}{inner}{closing}".encode()
    root = _parser().parse(source).root_node
    inserted: list[int] = []
    # One mistake can hide behind another.
    for _ in range(_MAXIMUM_MENDS):
        changed = bytearray(source)
        brackets = _false_casts(root)
        for at in brackets:
            changed[at : at + 1] = b" "
        missing = None if brackets else _false_operand(root)
        if missing is not None:
            for at, sign in ((missing[1], b")"), (missing[0], b"(")):
                changed[at:at] = sign
                inserted = [*(each + (each >= at) for each in inserted), at]
        if not brackets and missing is None:
            break
        source = bytes(changed)
        root = _parser().parse(source).root_node
    return root, source, len(opening), tuple(inserted)


_MAXIMUM_MENDS = 64
_POSTFIX = frozenset(
    {"conditional_access_expression", "member_access_expression", "element_access_expression"}
    | {"invocation_expression"}
)


def _false_operand(root: Node) -> tuple[int, int] | None:
    """Where an operand starts and ends that the grammar takes apart; None if it takes none.

    `a + b?.C` is read as `(a + b)?.C`, and `(T)a.F<U>(b)` as two comparisons.
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(node.named_children))
        if node.type == "conditional_access_expression":
            first = node.named_children[0]
            while first.type in _POSTFIX:
                first = first.named_children[0]
            operand = _last_operand(first)
            if operand is not None:
                end = node
                while end.parent is not None and end.parent.type in _POSTFIX:
                    if end.parent.named_children[0] != end:
                        break
                    end = end.parent
                return operand.start_byte, end.end_byte
        elif node.type == "binary_expression":
            found = _false_comparisons(node)
            if found is not None:
                return found
    return None


def _last_operand(node: Node) -> Node | None:
    """The last operand of an operator or cast; None for what is none."""
    found = None
    while node.type in ("binary_expression", "cast_expression", "prefix_unary_expression"):
        field = "right" if node.type == "binary_expression" else "value"
        found = node = node.child_by_field_name(field) or node.named_children[-1]
    return found


def _false_comparisons(node: Node) -> tuple[int, int] | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "binary_expression":
        return None
    type_, method = left.child_by_field_name("right"), left.child_by_field_name("left")
    signs = [each.child_by_field_name("operator") for each in (left, node)]
    if [sign.type if sign is not None else "" for sign in signs] != ["<", ">"]:
        return None
    if type_ is None or method is None or type_.type not in _TYPE_NAMES:
        return None
    operand = _last_operand(method)
    if operand is None or operand.type != "member_access_expression":
        return None
    while right.type in ("binary_expression", "conditional_expression"):
        right = right.named_children[0]
    first = right
    while first.type in _POSTFIX:
        first = first.named_children[0]
    if first.type not in ("parenthesized_expression", "tuple_expression"):
        return None
    return operand.start_byte, right.end_byte


_TYPE_NAMES = ("identifier", "predefined_type", "member_access_expression", "nullable_type")


def _false_casts(root: Node) -> list[int]:
    """Where the brackets of `(a) + b` stand, which the grammar takes for a cast of `+b`.

    C# takes it for a sum, unless a keyword such as `int` stands in the brackets. Without them it
    means the same.
    """
    found: list[int] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if node.type != "cast_expression":
            continue
        type_, value = node.child_by_field_name("type"), node.child_by_field_name("value")
        if type_ is None or value is None or value.type != "prefix_unary_expression":
            continue
        sign = value.children[0].type
        plain = type_.type not in ("predefined_type", "nullable_type", "generic_name")
        of_keyword = type_.type == "array_type" and not any(
            each.type == "array_rank_specifier" and each.named_child_count
            for each in type_.children
        )
        if sign in ("+", "-") and plain and not of_keyword:
            found += [each.start_byte for each in node.children if each.type in ("(", ")")]
    return found


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
