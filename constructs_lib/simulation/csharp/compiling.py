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
from functools import lru_cache
from typing import TYPE_CHECKING, Any

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
from constructs_lib.simulation.csharp.libraries.collections import array_from, new_array
from constructs_lib.simulation.csharp.literals import Literals
from constructs_lib.simulation.csharp.members import Code, Members, Typed, fail
from constructs_lib.simulation.csharp.operator_expressions import (
    OperatorExpressions,
    coerced,
    widest,
)
from constructs_lib.simulation.csharp.operators import NUMBERS, implicit
from constructs_lib.simulation.csharp.running import Run
from constructs_lib.simulation.csharp.scopes import FunctionScope
from constructs_lib.simulation.csharp.statements import Statements
from constructs_lib.simulation.csharp.tables import TYPES, head_of
from constructs_lib.simulation.csharp.values import Delegate, Record, full_name, null_reference

if TYPE_CHECKING:
    from tree_sitter import Node

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


class CompiledExpression:
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


def compile_expression(text: str, *, line: int = 1, column: int = 1) -> CompiledExpression:
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
def _compiled(text: str) -> CompiledExpression:
    syntax = parse(text)
    if syntax is None:
        raise ExpressionRefused(*fault(text))
    libraries.load()
    compiler = _Compiler(syntax)
    try:
        return compiler.expression(text)
    except RecursionError as error:
        raise ExpressionRefused("the expression is nested too deeply", 1, 1) from error


class _Compiler(Literals, OperatorExpressions, Statements, Members):
    """Compiles one expression."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.scope = FunctionScope(None)
        self.checked = False
        self.bound: list[Typed] = []
        self.results: list[list[str | None]] = [[]]
        self.functions: dict[str, str | None] = {}

    def expression(self, text: str) -> CompiledExpression:
        """The whole."""
        body = self.statements(self.syntax.body)
        types = set(self.results[0])
        if text.startswith("@{") and not self.ends(self.syntax.body):
            raise self.refused(self.syntax.body, "not all code paths return a value")

        def run(frame: list[Any]) -> Any:
            body(frame)
            return frame[0].returned

        return CompiledExpression(text, run, self.scope, types.pop() if len(types) == 1 else None)

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

        def make(outer: list[Any]) -> Delegate:
            run = outer[0]

            def call(*arguments: Any) -> Any:
                run.step()
                frame = [run, outer, *arguments[:count]]
                frame.extend([None] * (scope.size + 2 - len(frame)))
                return code(frame)

            return Delegate(call, count)

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
                element = widest(known)
        codes = [
            code if type_ == element or element not in NUMBERS else coerced(code, element)
            for code, type_ in parts
        ]
        return (
            lambda frame: array_from(element or "object", [code(frame) for code in codes])
        ), f"{element}[]" if element else None

    def initializer(self, node: Node) -> Typed:
        return self.array_of(None, node)


_SIMPLE = NUMBERS | {"bool", "string", "DateTime", "DateTimeOffset", "TimeSpan", "Guid"}
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
