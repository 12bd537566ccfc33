"""Operators and assignments as closures, with the types that C# gives their results."""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from constructs_lib.policy.csharp import Syntax
from constructs_lib.simulation.csharp import operators
from constructs_lib.simulation.csharp.errors import ExpressionRefused, NotSimulated
from constructs_lib.simulation.csharp.formatting import formatted
from constructs_lib.simulation.csharp.members import Code, Typed
from constructs_lib.simulation.csharp.operators import (
    INTEGERS,
    NUMBERS,
    arithmetic,
    bits,
    comparison,
    equal,
    implicit,
)
from constructs_lib.simulation.csharp.tables import arguments_of, head_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ORDER = ("decimal", "double", "float", "ulong", "long", "uint", "int")
_WITHOUT_OPERATORS = frozenset(
    {"JToken", "JObject", "JArray", "JProperty", "Jwt", "IResponse", "Guid", "[]", "List"}
    | {"Dictionary", "HashSet", "XElement", "IEnumerable", "Uri"}
)
_WIDER = {
    "byte": "short ushort int uint long ulong float double decimal",
    "sbyte": "short int long float double decimal",
    "short": "int long float double decimal",
    "ushort": "int uint long ulong float double decimal",
    "char": "ushort int uint long ulong float double decimal",
    "int": "long float double decimal",
    "uint": "long ulong float double decimal",
    "long": "float double decimal",
    "ulong": "float double decimal",
    "float": "double",
}
# Constants that are there with a minus only (C# 7 specification, "Integer literals").
_LOWEST = {
    "2147483648": "int",
    "9223372036854775808": "long",
    "9223372036854775808l": "long",
}


class OperatorExpressions:
    """Compiles operators and assignments. What it takes of values comes from the compiler."""

    syntax: Syntax
    checked: bool
    value: Callable[[Node], Typed]
    condition: Callable[[Node], Code]
    inner: Callable[[Node], list[Node]]
    constant: Callable[[Any, str | None], Typed]
    lambda_: Callable[[Node, tuple[str | None, ...]], Code]
    place: Callable[[Node], Callable[[list[Any], Any], None]]
    target_type: Callable[[Node], str | None]
    refused: Callable[[Node, str], ExpressionRefused]

    def binary(self, node: Node) -> Typed:
        """`left operator right`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = node.child_by_field_name("operator")
        if left is None or right is None or sign is None:
            raise self.refused(node, "Invalid expression")
        operator = self.syntax.text(sign)
        if operator in ("&&", "||"):
            one, other = self.condition(left), self.condition(right)
            if operator == "&&":
                return (lambda frame: one(frame) and other(frame)), "bool"
            return (lambda frame: one(frame) or other(frame)), "bool"
        if operator == "??":
            return self.coalesce(left, right)
        return self.operation(operator, self.value(left), self.value(right), node)

    def coalesce(self, left: Node, right: Node) -> Typed:
        """`left ?? right`."""
        one, type_ = self.value(left)
        other, second = self.value(right)

        def choose(frame: list[Any]) -> Any:
            found = one(frame)
            return other(frame) if found is None else found

        if type_ and type_.endswith("?"):
            return choose, second if second in ("null", None) else type_[:-1]
        return choose, second if type_ == "null" else type_ if second != "object" else "object"

    def operation(self, sign: str, left: Typed, right: Typed, node: Node) -> Typed:
        """A binary operator on two values."""
        (one, first), (other, second) = left, right
        if sign in ("==", "!="):
            compare = self.equality(first, second, node)
            if sign == "==":
                return (lambda frame: compare(one(frame), other(frame))), "bool"
            return (lambda frame: not compare(one(frame), other(frame))), "bool"
        if sign == "+" and first == "XNamespace":
            from constructs_lib.simulation.csharp.libraries.xml import XName

            return (lambda frame: XName(other(frame), one(frame).uri)), "XName"
        if sign == "+" and "string" in (first, second):
            return _concatenation(one, other), "string"
        self.check_operands(sign, first, second, node)
        if sign in ("<", ">", "<=", ">="):
            test = comparison(sign)
            return (lambda frame: test(one(frame), other(frame))), "bool"
        if sign in ("&", "|", "^", "<<", ">>"):
            compute = bits(sign)
        elif sign == "+":
            compute = arithmetic("+", checked=True) if self.checked else operators.add
        else:
            compute = arithmetic(sign, checked=self.checked)

        def apply(frame: list[Any]) -> Any:
            found = compute(one(frame), other(frame))
            if type(found) is str:
                frame[0].grow(len(found))
            return found

        return apply, _result_type(sign, first, second)

    def check_operands(self, sign: str, first: str | None, second: str | None, node: Node) -> None:
        """Refuse operators on types that have none."""
        for each in (first, second):
            if each is not None and (each == "object" or head_of(each) in _WITHOUT_OPERATORS):
                raise self.refused(
                    node,
                    f"Operator '{sign}' cannot be applied to operands of type '{first}' and "
                    f"'{second}'",
                )
        if {first, second} & {"string", "bool"} and sign not in ("+", "&", "|", "^"):
            raise self.refused(
                node,
                f"Operator '{sign}' cannot be applied to operands of type '{first}' and '{second}'",
            )

    def equality(
        self, first: str | None, second: str | None, node: Node
    ) -> Callable[[Any, Any], bool]:
        """What compares two values, where C# has such a comparison."""
        known = {first, second}
        if known & NUMBERS and known & {"string", "object", "bool", "JToken", "JObject", "JArray"}:
            raise self.refused(
                node,
                f"Operator '==' cannot be applied to operands of type '{first}' and '{second}'",
            )
        if "object" in known and "null" not in known:
            return _same_reference
        return equal

    def conditional(self, node: Node) -> Typed:
        """`test ? one : other`."""
        test, one, other = self.inner(node)
        condition = self.condition(test)
        (yes, first), (no, second) = self.value(one), self.value(other)
        type_ = _common(first, second)
        if first != second and type_ in NUMBERS:
            target = type_ or ""
            return (
                lambda frame: implicit(yes(frame) if condition(frame) else no(frame), target)
            ), type_
        return (lambda frame: yes(frame) if condition(frame) else no(frame)), type_

    def prefix(self, node: Node) -> Typed:
        """An operator before its operand."""
        operand = self.inner(node)[0]
        sign = self.syntax.text(node).removesuffix(self.syntax.text(operand)).strip()[:2]
        if sign == "!":
            test = self.condition(operand)
            return (lambda frame: not test(frame)), "bool"
        if sign in ("++", "--"):
            return self.increment(operand, sign, post=False)
        name = _LOWEST.get(self.syntax.text(operand).replace("_", "").lower())
        if sign == "-" and name is not None:
            return self.constant(operators.fit(INTEGERS[name][1], name), name)
        code, type_ = self.value(operand)
        if sign == "-":
            checked = self.checked
            return (lambda frame: operators.negative(code(frame), checked=checked)), _promoted(
                type_
            )
        if sign == "~":
            return (lambda frame: operators.inverted(code(frame))), _promoted(type_)
        if sign == "+":
            return (lambda frame: operators.add(0, code(frame))), _promoted(type_)
        raise self.refused(node, f"{sign} is not allowed")

    def postfix(self, node: Node) -> Typed:
        """`target++` and `target--`."""
        return self.increment(self.inner(node)[0], self.syntax.text(node)[-2:], post=True)

    def increment(self, target: Node, sign: str, *, post: bool) -> Typed:
        """Add one to a target, or take one away."""
        code, type_ = self.value(target)
        store = self.place(target)
        compute = arithmetic(sign[0], checked=self.checked)

        def change(frame: list[Any]) -> Any:
            before = code(frame)
            after = compute(before, 1)
            name = operators._NAMES.get(type(before))  # pyright: ignore[reportPrivateUsage]
            if name in INTEGERS:
                after = operators.cast_number(after, name)
            store(frame, after)
            return before if post else after

        return change, type_

    def assignment(self, node: Node) -> Typed:
        """`target = value`, and with an operator `target += value`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            raise self.refused(node, "Invalid expression")
        sign = self.syntax.text(node)[left.end_byte - node.start_byte :].split()[0]
        sign = re.match(r"[^\w\s\"'(@$]+", sign)
        operator = sign[0].rstrip("-!~") if sign else "="
        operator = operator if operator.endswith("=") else operator.partition("=")[0] + "="
        if operator == "??=":
            raise self.refused(node, "`??=` needs a newer language version than C# 7")
        target = None if left.type == "element_binding_expression" else self.target_type(left)
        if operator == "=":
            code, type_ = self.value_for(right, target)
        else:
            code, type_ = self.operation(operator[:-1], self.value(left), self.value(right), node)
            if target in NUMBERS:
                code = coerced(code, target or "")
        store = self.place(left)

        def assign(frame: list[Any]) -> Any:
            value = code(frame)
            store(frame, value)
            return value

        return assign, target or type_

    def value_for(self, node: Node, target: str | None) -> Typed:
        """Compile a value that is put where a type is wanted."""
        if node.type == "lambda_expression" and target:
            return self.lambda_(node, arguments_of(target)), target
        if node.type in ("default_expression", "default_literal") and node.named_child_count == 0:
            value = operators.default_of(target or "object")
            return (lambda _frame: value), target
        code, type_ = self.value(node)
        self.check_assignable(node, type_, target)
        if target in NUMBERS or target in ("JToken", "DateTimeOffset", "XName", "XNamespace"):
            if type_ != target:
                return coerced(code, target or ""), target
        elif target and target.rstrip("?") in NUMBERS:
            return coerced(code, target), target
        return code, type_

    def check_assignable(self, node: Node, type_: str | None, target: str | None) -> None:
        """Refuse what C# does not convert on its own."""
        if type_ is None or target is None or type_ == target or target in ("object", "var"):
            return
        simple = NUMBERS | {"string", "bool"}
        wrong = type_ == "object" and target in simple | {"JObject", "JArray", "JToken", "Jwt"}
        wrong |= type_ in simple and target in simple and not _widens(type_, target, node)
        wrong |= head_of(type_) in ("JToken", "JObject", "JArray") and target in simple
        wrong |= type_ == "null" and target in NUMBERS | {"bool"}
        if wrong:
            explicit = type_ == "object" or head_of(type_)[0] == "J" or type_ in NUMBERS
            more = (
                ". An explicit conversion exists (are you missing a cast?)"
                if explicit and not (type_ in NUMBERS and target in ("string", "bool"))
                else ""
            )
            raise self.refused(
                node, f"Cannot implicitly convert type '{type_}' to '{target}'{more}"
            )


def _concatenation(one: Code, other: Code) -> Code:
    def join(frame: list[Any]) -> str:
        left, right = one(frame), other(frame)
        text = (left if type(left) is str else formatted(left, "")) + (
            right if type(right) is str else formatted(right, "")
        )
        frame[0].grow(len(text))
        return text

    return join


def coerced(code: Code, target: str) -> Code:
    """The value, converted to a type."""
    return lambda frame: implicit(code(frame), target)


def _same_reference(left: Any, right: Any) -> bool:
    """`==` where one side is an object: whether both are the same object.

    Two equal texts may be one object or two in .NET; that is not known here.
    """
    if left is None or right is None:
        return left is right
    if type(left) is str and type(right) is str and left == right:
        raise NotSimulated("`==` between a text and an object that holds an equal text")
    if type(left) is str or type(right) is str:
        return False
    if isinstance(left, (int, float, Decimal)) or isinstance(right, (int, float, Decimal)):
        return False
    return left is right


def _widens(type_: str, target: str, node: Node) -> bool:
    """Whether a simple type becomes another without a cast; constants of int fit anywhere."""
    constant = node.type in ("integer_literal", "prefix_unary_expression", "binary_expression")
    if type_ == "int" and constant and target in INTEGERS and target != "char":
        return True
    return target in _WIDER.get(type_, "").split()


def widest(types: set[str | None]) -> str | None:
    """The type of numbers to which these types all widen; None if they are not all numbers."""
    return next((each for each in _ORDER if each in types), None) if types <= NUMBERS else None


def _promoted(type_: str | None) -> str | None:
    return "int" if type_ in ("byte", "sbyte", "short", "ushort", "char") else type_


def _result_type(sign: str, first: str | None, second: str | None) -> str | None:
    if first in ("DateTime", "DateTimeOffset", "TimeSpan"):
        return "TimeSpan" if second == first else first
    if first == "bool" and second == "bool":
        return "bool"
    if first in NUMBERS and second in NUMBERS:
        if sign in ("<<", ">>"):
            return _promoted(first)
        return next((each for each in _ORDER if each in (first, second)), "int")
    return None


def _common(first: str | None, second: str | None) -> str | None:
    """The type of `c ? first : second`."""
    if first == second:
        return first
    if "null" in (first, second):
        return first if second == "null" else second
    if first in NUMBERS and second in NUMBERS:
        return _result_type("+", first, second)
    return None
