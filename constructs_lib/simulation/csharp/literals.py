"""Literals and interpolated texts as closures."""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from constructs_lib.policy.csharp import Syntax
from constructs_lib.simulation.csharp import operators
from constructs_lib.simulation.csharp.errors import ExpressionRefused
from constructs_lib.simulation.csharp.formatting import aligned, formatted
from constructs_lib.simulation.csharp.members import Code, Typed, unescaped
from constructs_lib.simulation.csharp.operators import INTEGERS
from constructs_lib.simulation.csharp.values import Char

if TYPE_CHECKING:
    from tree_sitter import Node


class Literals:
    """Compiles literals and interpolated texts. What it takes of values comes from the compiler."""

    syntax: Syntax
    value: Callable[[Node], Typed]
    inner: Callable[[Node], list[Node]]
    refused: Callable[[Node, str], ExpressionRefused]

    def constant(self, value: Any, type_: str | None) -> Typed:
        """A value that is known."""
        return (lambda _frame: value), type_

    def string(self, node: Node) -> Typed:
        """`"…"`."""
        return self.constant(unescaped(self.syntax.text(node)[1:-1]), "string")

    def verbatim(self, node: Node) -> Typed:
        """`@"…"`."""
        return self.constant(self.syntax.text(node)[2:-1].replace('""', '"'), "string")

    def character(self, node: Node) -> Typed:
        """`'…'`."""
        text = unescaped(self.syntax.text(node)[1:-1])
        if len(text) != 1:
            raise self.refused(node, "Too many characters in character literal")
        return self.constant(Char(ord(text)), "char")

    def truth(self, node: Node) -> Typed:
        """`true` and `false`."""
        return self.constant(self.syntax.text(node) == "true", "bool")

    def null(self, _node: Node) -> Typed:
        """`null`."""
        return self.constant(None, "null")

    def integer(self, node: Node) -> Typed:
        """A whole number, of the first type that holds it."""
        text = self.syntax.text(node).replace("_", "").lower()
        digits = text.rstrip("ul")
        suffix = text[len(digits) :]
        if text.startswith("0x"):
            value = int(digits, 16)
        else:
            value = int(digits, 2 if digits.startswith("0b") else 10)
        choices = {"": "int uint long ulong", "u": "uint ulong", "l": "long ulong"}
        for name in choices.get(suffix, "ulong").split():
            if value <= INTEGERS[name][2]:
                return self.constant(operators.fit(value, name), name)
        raise self.refused(node, "Integral constant is too large")

    def real(self, node: Node) -> Typed:
        """A number with a fraction, or with the suffix of such a type."""
        text = self.syntax.text(node).replace("_", "").lower()
        if text[-1] == "m":
            return self.constant(Decimal(text[:-1]), "decimal")
        if text[-1] == "f":
            return self.constant(operators.single(float(text[:-1])), "float")
        return self.constant(float(text.rstrip("d")), "double")

    def interpolated(self, node: Node) -> Typed:
        """`$"…"`."""
        verbatim = "@" in self.syntax.text(node)[:2]
        parts: list[Code | str] = []
        for child in node.named_children:
            if child.type == "interpolation":
                parts.append(self.hole(child))
            elif child.type in ("string_content", "escape_sequence"):
                text = self.syntax.text(child).replace("{{", "{").replace("}}", "}")
                parts.append(text.replace('""', '"') if verbatim else unescaped(text))
        codes = [part if callable(part) else _text_code(part) for part in parts]

        def join(frame: list[Any]) -> str:
            text = "".join([code(frame) for code in codes])
            frame[0].grow(len(text))
            return text

        return join, "string"

    def hole(self, node: Node) -> Code:
        """`{value,width:style}` in an interpolated text."""
        style, width, code = "", 0, None
        for child in self.inner(node):
            if child.type == "interpolation_format_clause":
                style = self.syntax.text(child)[1:]
            elif child.type == "interpolation_alignment_clause":
                width = int(self.syntax.text(child)[1:].strip())
            elif "brace" not in child.type:
                code = self.value(child)[0]
        if code is None:
            raise self.refused(node, "Expression expected")
        value = code
        if width:
            return lambda frame: aligned(formatted(value(frame), style), width)
        return lambda frame: formatted(value(frame), style)


def _text_code(text: str) -> Code:
    return lambda _frame: text
