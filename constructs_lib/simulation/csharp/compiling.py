"""An expression made ready to run: its syntax tree turned into closures, with the types known.

Types are followed as far as the tables say them; `None` is a type that is known at run time only.
Each closure takes a frame: the run, the frame around it, and the variables.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from constructs_lib.policy.csharp import Syntax, fault, parse
from constructs_lib.simulation.context import ExpressionContext
from constructs_lib.simulation.csharp import libraries, operators
from constructs_lib.simulation.csharp.errors import (
    Budget,
    BudgetExceeded,
    ExpressionFailed,
    ExpressionRefused,
    NotSimulated,
)
from constructs_lib.simulation.csharp.formatting import aligned, formatted
from constructs_lib.simulation.csharp.libraries.collections import new_array
from constructs_lib.simulation.csharp.members import Members, fail, unescaped
from constructs_lib.simulation.csharp.operators import (
    INTEGERS,
    NUMBERS,
    arithmetic,
    bits,
    comparison,
    equal,
    implicit,
)
from constructs_lib.simulation.csharp.running import Run
from constructs_lib.simulation.csharp.scopes import FunctionScope
from constructs_lib.simulation.csharp.statements import Statements
from constructs_lib.simulation.csharp.tables import TYPES, head_of
from constructs_lib.simulation.csharp.values import (
    Char,
    Function,
    Record,
    full_name,
    null_reference,
)

if TYPE_CHECKING:
    from tree_sitter import Node

Code: TypeAlias = Callable[[list[Any]], Any]
Typed: TypeAlias = "tuple[Code, str | None]"

_MISTAKES = (
    *(TypeError, AttributeError, ValueError, KeyError, IndexError, ArithmeticError),
    *(StopIteration, RuntimeError, AssertionError, LookupError),
)
_NEWER = {
    "switch_expression": "switch expressions",
    "negated_pattern": "`not` patterns",
    "relational_pattern": "relational patterns",
    "and_pattern": "`and` patterns",
    "or_pattern": "`or` patterns",
    "recursive_pattern": "property patterns",
    "list_pattern": "list patterns",
    "implicit_object_creation_expression": "target-typed `new`",
    "raw_string_literal": "raw strings",
    "range_expression": "ranges",
    "with_expression": "`with`",
    "collection_expression": "collection expressions",
}


class Expression:
    """An expression that API Management would save; `compile_expression` makes it.

    Attributes:
        text: It, with `@(…)` or `@{…}`.
        type: The type of its result, as in C#; None if that shows at run time only.
    """

    def __init__(self, text: str, body: Code, scope: FunctionScope, type_: str | None) -> None:
        self.text = text
        self.type = type_
        self._body = body
        self._scope = scope

    def evaluate(self, context: ExpressionContext, *, budget: Budget | None = None) -> object:
        """Run it.

        Returns:
            The result as a value of the simulation: `str`, `bool`, `int`, `float`, None and the
            types of `csharp.values`. `to_text` gives what a policy makes of it.

        Raises:
            ExpressionFailed: If it throws.
            NotSimulated: If it uses what is not simulated.
            BudgetExceeded: If it needs more than the budget.
        """
        run = Run(context, budget or _BUDGET)
        try:
            return self._body([run, None, *([None] * self._scope.size)])
        except (ExpressionFailed, NotSimulated, BudgetExceeded):
            raise
        except (RecursionError, MemoryError) as error:
            raise BudgetExceeded("it calls itself too often, or needs too much memory") from error
        except _MISTAKES as error:
            raise NotSimulated(f"a call with these arguments ({error})") from error


_BUDGET = Budget()


def compile_expression(text: str, *, line: int = 1, column: int = 1) -> Expression:
    """Check an expression as API Management does when it saves a policy, and make it ready to run.

    Args:
        text: The expression with `@(…)` or `@{…}`, named values already put in.
        line: Line of its `@` in the document, counted from 1.
        column: Column of its `@` in the document, counted from 1.

    Raises:
        ExpressionRefused: If API Management would not save it.
    """
    try:
        return _compiled(text.strip())
    except ExpressionRefused as error:
        at = column + error.column - 1 if error.line == 1 else error.column
        raise ExpressionRefused(error.message, line + error.line - 1, at) from None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Expression:
    syntax = parse(text)
    if syntax is None:
        raise ExpressionRefused(*fault(text))
    libraries.load()
    compiler = _Compiler(syntax)
    try:
        return compiler.expression(text)
    except RecursionError as error:
        raise ExpressionRefused("the expression is nested too deeply", 1, 1) from error


class _Compiler(Statements, Members):
    """Compiles one expression."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.scope = FunctionScope(None)
        self.checked = False
        self.bound: list[Typed] = []
        self.results: list[list[str | None]] = [[]]
        self.functions: dict[str, str | None] = {}

    def expression(self, text: str) -> Expression:
        """The whole."""
        body = self.statements(self.syntax.body)
        types = set(self.results[0])
        if text.startswith("@{") and not self.ends(self.syntax.body):
            raise self.refused(self.syntax.body, "not all code paths return a value")

        def run(frame: list[Any]) -> Any:
            body(frame)
            return frame[0].returned

        return Expression(text, run, self.scope, types.pop() if len(types) == 1 else None)

    # Values -------------------------------------------------------------------------------------

    def value(self, node: Node) -> Typed:
        """Compile an expression."""
        code, type_, conditional = self.chain(node)
        if not conditional:
            return code, type_

        def whole(frame: list[Any]) -> Any:
            found = code(frame)
            return None if found is SKIP else found

        if type_ in NUMBERS or type_ in ("bool", "DateTime", "TimeSpan", "Guid", "DateTimeOffset"):
            type_ = f"{type_}?"
        return whole, type_

    def chain(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile an expression that `?.` may cut short: then its value is SKIP."""
        kind = node.type
        if kind in ("member_access_expression", "element_access_expression"):
            return self.member_access(node) if kind[0] == "m" else self.element_access(node)
        if kind == "invocation_expression":
            return self.invocation(node)
        if kind in ("conditional_access_expression", "member_binding_expression"):
            return self.conditional_access(node) if kind[0] == "c" else self.binding(node)
        if kind == "element_binding_expression":
            return self.binding(node)
        compile_ = _VALUES.get(kind)
        if compile_ is None:
            if kind in _NEWER:
                raise self.refused(node, f"{_NEWER[kind]} need a newer language version than C# 7")
            return fail(f"{kind.replace('_', ' ')} in an expression"), None, False
        return (*compile_(self, node), False)

    def condition(self, node: Node) -> Code:
        """Compile a condition."""
        code, type_ = self.value(node)
        if type_ == "bool":
            return code
        if type_ is not None and type_ not in ("dynamic",):
            raise self.refused(node, f"Cannot implicitly convert type '{type_}' to 'bool'")

        def test(frame: list[Any]) -> bool:
            found = code(frame)
            if found is True or found is False:
                return found
            if found is None:
                raise null_reference()
            raise NotSimulated(f"a condition of type {full_name(found)}")

        return test

    def inner(self, node: Node) -> list[Node]:
        """The parts of a node, without comments."""
        return [each for each in node.named_children if each.type != "comment"]

    def parenthesized(self, node: Node) -> Typed:
        return self.value(self.inner(node)[0])

    def checked_expression(self, node: Node) -> Typed:
        before, self.checked = self.checked, self.syntax.text(node).startswith("checked")
        found = self.value(self.inner(node)[0])
        self.checked = before
        return found

    # Literals -----------------------------------------------------------------------------------

    def constant(self, value: Any, type_: str | None) -> Typed:
        return (lambda _frame: value), type_

    def string(self, node: Node) -> Typed:
        return self.constant(unescaped(self.syntax.text(node)[1:-1]), "string")

    def verbatim(self, node: Node) -> Typed:
        return self.constant(self.syntax.text(node)[2:-1].replace('""', '"'), "string")

    def character(self, node: Node) -> Typed:
        text = unescaped(self.syntax.text(node)[1:-1])
        if len(text) != 1:
            raise self.refused(node, "Too many characters in character literal")
        return self.constant(Char(ord(text)), "char")

    def truth(self, node: Node) -> Typed:
        return self.constant(self.syntax.text(node) == "true", "bool")

    def null(self, _node: Node) -> Typed:
        return self.constant(None, "null")

    def integer(self, node: Node) -> Typed:
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
        text = self.syntax.text(node).replace("_", "").lower()
        if text[-1] == "m":
            return self.constant(Decimal(text[:-1]), "decimal")
        if text[-1] == "f":
            return self.constant(operators.single(float(text[:-1])), "float")
        return self.constant(float(text.rstrip("d")), "double")

    def interpolated(self, node: Node) -> Typed:
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

    # Names --------------------------------------------------------------------------------------

    def identifier(self, node: Node) -> Typed:
        name = self.syntax.text(node).lstrip("@")
        if name == "context" and self.scope.find(name) is None:
            return (lambda frame: frame[0].context), "context"
        found = self.scope.find(name)
        if found is None:
            if name in TYPES:
                raise self.refused(node, f"'{name}' is a type, which is not valid in this context")
            raise self.refused(node, f"The name '{name}' does not exist in the current context")
        depth, index, type_ = found
        if depth == 0:
            return (lambda frame: frame[index]), type_
        if depth == 1:
            return (lambda frame: frame[1][index]), type_

        def outer(frame: list[Any]) -> Any:
            for _ in range(depth):
                frame = frame[1]
            return frame[index]

        return outer, type_

    def assigner(
        self, name: str, node: Node
    ) -> tuple[Callable[[list[Any], Any], None], str | None]:
        """What stores into a variable."""
        found = self.scope.find(name)
        if found is None:
            raise self.refused(node, f"The name '{name}' does not exist in the current context")
        depth, index, type_ = found

        def store(frame: list[Any], value: Any) -> None:
            for _ in range(depth):
                frame = frame[1]
            frame[index] = value

        return store, type_

    # Operators ----------------------------------------------------------------------------------

    def binary(self, node: Node) -> Typed:
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
            from constructs_lib.simulation.csharp.libraries.xml import Name

            return (lambda frame: Name(other(frame), one(frame).uri)), "XName"
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
        return self.increment(self.inner(node)[0], self.syntax.text(node)[-2:], post=True)

    def increment(self, target: Node, sign: str, *, post: bool) -> Typed:
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
                code = _coerced(code, target or "")
        store = self.place(left)

        def assign(frame: list[Any]) -> Any:
            value = code(frame)
            store(frame, value)
            return value

        return assign, target or type_

    def value_for(self, node: Node, target: str | None) -> Typed:
        """Compile a value that is put where a type is wanted."""
        if node.type == "lambda_expression" and target:
            return self.lambda_(node, _parameters_of(target)), target
        if node.type in ("default_expression", "default_literal") and node.named_child_count == 0:
            value = operators.default_of(target or "object")
            return (lambda _frame: value), target
        code, type_ = self.value(node)
        self.check_assignable(node, type_, target)
        if target in NUMBERS or target in ("JToken", "DateTimeOffset", "XName", "XNamespace"):
            if type_ != target:
                return _coerced(code, target or ""), target
        elif target and target.rstrip("?") in NUMBERS:
            return _coerced(code, target), target
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

    # Types --------------------------------------------------------------------------------------

    def cast(self, node: Node) -> Typed:
        written, operand = node.child_by_field_name("type"), node.child_by_field_name("value")
        if written is None or operand is None:
            raise self.refused(node, "Invalid expression")
        target = self.type_of(written)
        code, source = self.value(operand)
        if source == target or (source == "null" and target not in NUMBERS):
            return code, target
        if source in NUMBERS | {"bool"} and target == "string":
            raise self.refused(node, f"Cannot convert type '{source}' to 'string'")
        if source == "string" and target in NUMBERS | {"bool"}:
            raise self.refused(node, f"Cannot convert type 'string' to '{target}'")
        if target == "object":
            return code, target
        checked = self.checked
        if target.rstrip("?") in _SIMPLE:
            return (
                lambda frame: operators.cast(code(frame), target, source, checked=checked)
            ), target
        test = self.tester(target)
        full = TYPES[head_of(target)].full if head_of(target) in TYPES else target

        def convert(frame: list[Any]) -> Any:
            found = code(frame)
            if found is None or test(found):
                return found
            made = implicit(found, target)
            if made is found or source == "object":
                raise operators.bad_cast(found, full)
            return made

        return convert, target

    def as_(self, node: Node) -> Typed:
        left, right = self.inner(node)
        target = self.type_of(right)
        code, _ = self.value(left)
        test = self.tester(target)

        def convert(frame: list[Any]) -> Any:
            found = code(frame)
            return found if found is not None and test(found) else None

        return convert, target

    def is_(self, node: Node) -> Typed:
        left, right = self.inner(node)
        code, _ = self.value(left)
        if right.type == "constant_pattern" or right.type.endswith("_literal"):
            return self.is_pattern(node)
        test = self.tester(self.type_of(right))
        return (lambda frame: (found := code(frame)) is not None and test(found)), "bool"

    def is_pattern(self, node: Node) -> Typed:
        left, pattern = self.inner(node)
        code, type_ = self.value(left)
        match = self.pattern(pattern, type_)
        return (lambda frame: match(frame, code(frame))), "bool"

    def default(self, node: Node) -> Typed:
        parts = self.inner(node)
        type_ = self.type_of(parts[0]) if parts else "null"
        value = operators.default_of(type_)
        return (lambda _frame: value), type_

    def throw(self, node: Node) -> Typed:
        code, _ = self.value(self.inner(node)[0])

        def throw(frame: list[Any]) -> Any:
            raise code(frame)

        return throw, None

    # Functions ----------------------------------------------------------------------------------

    def lambda_expression(self, node: Node) -> Typed:
        return self.lambda_(node, ()), None

    def lambda_(self, node: Node, types: tuple[str | None, ...]) -> Code:
        """Compile a lambda whose parameters are of these types; its result type is in `last`."""
        parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        if body is None:
            body = self.inner(node)[-1]
        names: list[tuple[str, str | None]] = []
        if parameters is not None and parameters.type == "implicit_parameter":
            names.append((self.syntax.text(parameters), types[0] if types else None))
        elif parameters is not None:
            for index, each in enumerate(self.inner(parameters)):
                written = each.child_by_field_name("type")
                name = each.child_by_field_name("name")
                given = types[index] if index < len(types) else None
                type_ = self.type_of(written) if written is not None else given
                names.append((self.syntax.text(name or each), type_))
        return self.function(names, body)

    def function(self, names: list[tuple[str, str | None]], body: Node) -> Code:
        """Compile a function."""
        scope = self.scope = FunctionScope(self.scope)
        for name, type_ in names:
            scope.declare(name, type_)
        if body.type == "block":
            self.results.append([])
            block = self.statements(body)
            types = set(self.results.pop())
            self.last = types.pop() if len(types) == 1 else None

            def statements(frame: list[Any]) -> Any:
                run = frame[0]
                run.returned = None
                block(frame)
                found, run.returned = run.returned, None
                return found

            code: Code = statements
        else:
            inner, self.last = self.value(body)
            code = inner
        self.scope = scope.parent or scope
        count = len(names)

        def make(outer: list[Any]) -> Function:
            run = outer[0]

            def call(*arguments: Any) -> Any:
                run.step()
                frame = [run, outer, *arguments[:count]]
                frame.extend([None] * (scope.size + 2 - len(frame)))
                return code(frame)

            return Function(call, count)

        return make

    # Objects ------------------------------------------------------------------------------------

    def anonymous(self, node: Node) -> Typed:
        members: list[tuple[str, Code]] = []
        children = [each for each in node.children if each.type not in ("comment", "new", "{", "}")]
        part: list[Node] = []
        for each in [*children, None]:
            if each is not None and each.type != ",":
                part.append(each)
                continue
            if len(part) == 3 and part[1].type == "=":
                members.append((self.syntax.text(part[0]), self.value(part[2])[0]))
            elif part:
                name = re.findall(r"\w+", self.syntax.text(part[0]))[-1]
                members.append((name, self.value(part[0])[0]))
            part = []
        return (lambda frame: Record({name: code(frame) for name, code in members})), None

    def array(self, node: Node) -> Typed:
        written = node.child_by_field_name("type")
        filled = next((e for e in node.named_children if e.type == "initializer_expression"), None)
        if written is None:
            return self.array_of(None, filled)
        element = written.child_by_field_name("type")
        rank = written.child_by_field_name("rank")
        if element is None or rank is None or self.syntax.text(rank).count(","):
            return fail("arrays of several dimensions"), None
        name = self.type_of(element)
        if filled is not None:
            return self.array_of(name, filled)
        length = self.value(self.inner(rank)[0])[0]
        return (lambda frame: new_array(frame[0], name, length(frame))), f"{name}[]"

    def array_of(self, name: str | None, filled: Node | None) -> Typed:
        """An array with its items."""
        nodes = self.inner(filled) if filled is not None else []
        parts = [self.value_for(each, name) for each in nodes]
        element = name
        if element is None:
            kinds = {type_ for _, type_ in parts if type_ != "null"}
            element = kinds.pop() if len(kinds) == 1 else None
            if kinds and element is None:
                known = {*kinds}
                element = _widest(known)
        codes = [
            code if type_ == element or element not in NUMBERS else _coerced(code, element)
            for code, type_ in parts
        ]
        from constructs_lib.simulation.csharp.libraries.collections import array_from

        return (
            lambda frame: array_from(element or "object", [code(frame) for code in codes])
        ), f"{element}[]" if element else None

    def initializer(self, node: Node) -> Typed:
        return self.array_of(None, node)


def _text_code(text: str) -> Code:
    return lambda _frame: text


def _concatenation(one: Code, other: Code) -> Code:
    def join(frame: list[Any]) -> str:
        left, right = one(frame), other(frame)
        text = (left if type(left) is str else formatted(left, "")) + (
            right if type(right) is str else formatted(right, "")
        )
        frame[0].grow(len(text))
        return text

    return join


def _coerced(code: Code, target: str) -> Code:
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


_SIMPLE = NUMBERS | {"bool", "string", "DateTime", "DateTimeOffset", "TimeSpan", "Guid"}
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


def _widens(type_: str, target: str, node: Node) -> bool:
    """Whether a simple type becomes another without a cast; constants of int fit anywhere."""
    constant = node.type in ("integer_literal", "prefix_unary_expression", "binary_expression")
    if type_ == "int" and constant and target in INTEGERS and target != "char":
        return True
    return target in _WIDER.get(type_, "").split()


def _widest(types: set[str | None]) -> str | None:
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


def _parameters_of(target: str) -> tuple[str | None, ...]:
    from constructs_lib.simulation.csharp.tables import arguments_of

    return arguments_of(target)


# Constants that are there with a minus only (C# 7 specification, "Integer literals").
_LOWEST = {
    "2147483648": "int",
    "9223372036854775808": "long",
    "9223372036854775808l": "long",
}
_VALUES: dict[str, Callable[[_Compiler, Node], Typed]] = {
    "parenthesized_expression": _Compiler.parenthesized,
    "checked_expression": _Compiler.checked_expression,
    "string_literal": _Compiler.string,
    "verbatim_string_literal": _Compiler.verbatim,
    "character_literal": _Compiler.character,
    "boolean_literal": _Compiler.truth,
    "null_literal": _Compiler.null,
    "integer_literal": _Compiler.integer,
    "real_literal": _Compiler.real,
    "interpolated_string_expression": _Compiler.interpolated,
    "identifier": _Compiler.identifier,
    "binary_expression": _Compiler.binary,
    "conditional_expression": _Compiler.conditional,
    "prefix_unary_expression": _Compiler.prefix,
    "postfix_unary_expression": _Compiler.postfix,
    "assignment_expression": _Compiler.assignment,
    "cast_expression": _Compiler.cast,
    "as_expression": _Compiler.as_,
    "is_expression": _Compiler.is_,
    "is_pattern_expression": _Compiler.is_pattern,
    "default_expression": _Compiler.default,
    "throw_expression": _Compiler.throw,
    "lambda_expression": _Compiler.lambda_expression,
    "anonymous_method_expression": _Compiler.lambda_expression,
    "anonymous_object_creation_expression": _Compiler.anonymous,
    "array_creation_expression": _Compiler.array,
    "implicit_array_creation_expression": _Compiler.array,
    "initializer_expression": _Compiler.initializer,
    "object_creation_expression": _Compiler.creation,
    "typeof_expression": _Compiler.typeof,
}
SKIP = Members.SKIP
