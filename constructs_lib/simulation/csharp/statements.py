"""Statements as closures: each returns None, or a signal that it leaves the block."""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from constructs_lib.policy.csharp import Syntax
from constructs_lib.simulation.csharp.errors import ExpressionFailed, ExpressionRefused
from constructs_lib.simulation.csharp.libraries.iterating import iterate
from constructs_lib.simulation.csharp.operators import equal, implicit
from constructs_lib.simulation.csharp.scopes import FunctionScope
from constructs_lib.simulation.csharp.tables import item_of
from constructs_lib.simulation.csharp.values import null_reference

if TYPE_CHECKING:
    from tree_sitter import Node

BREAK, CONTINUE, RETURN = "break", "continue", "return"
Code = Callable[[list[Any]], Any]


class Statements:
    """Compiles statements. What it takes of values comes from the compiler."""

    syntax: Syntax
    scope: FunctionScope
    checked: bool
    results: list[list[str | None]]
    value: Callable[[Node], tuple[Code, str | None]]
    condition: Callable[[Node], Code]
    inner: Callable[[Node], list[Node]]
    type_of: Callable[[Node], str]
    tester: Callable[[str], Callable[[Any], bool]]
    refused: Callable[[Node, str], ExpressionRefused]
    value_for: Callable[[Node, str | None], tuple[Code, str | None]]
    function: Callable[[list[tuple[str, str | None]], Node], Code]
    assigner: Callable[[str, Node], tuple[Callable[[list[Any], Any], None], str | None]]
    last: str | None = None
    array_of: Callable[[str | None, Node | None], tuple[Code, str | None]]

    def statements(self, node: Node) -> Code:
        """Compile a block."""
        self.scope.blocks.append({})
        nodes = [each for each in self.inner(node) if each.type != "empty_statement"]
        for each in nodes:
            if each.type == "local_function_statement":
                name = each.child_by_field_name("name")
                self.scope.declare(self.syntax.text(name or each), None)
        compiled = [(each.type, self.statement(each)) for each in nodes]
        # Local functions can be called before the place where they stand.
        compiled.sort(key=lambda each: each[0] != "local_function_statement")
        codes = [code for _, code in compiled]
        self.scope.blocks.pop()
        if len(codes) == 1:
            return codes[0]

        def run(frame: list[Any]) -> Any:
            for code in codes:
                signal = code(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def statement(self, node: Node) -> Code:
        """Compile a statement."""
        compile_ = _STATEMENTS.get(node.type)
        if compile_ is None:
            raise self.refused(node, f"{node.type.replace('_', ' ')} is not supported")
        return compile_(self, node)

    def ends(self, node: Node) -> bool:
        """Whether every way through a statement returns or throws."""
        kind, parts = node.type, self.inner(node)
        if kind in ("return_statement", "throw_statement"):
            return True
        if kind in ("block", "checked_statement", "using_statement", "lock_statement"):
            return any(self.ends(each) for each in parts)
        if kind == "if_statement":
            branches = [
                node.child_by_field_name("consequence"),
                node.child_by_field_name("alternative"),
            ]
            return all(each is not None and self.ends(each) for each in branches)
        if kind == "try_statement":
            last = parts[-1]
            if last.type == "finally_clause" and any(self.ends(each) for each in self.inner(last)):
                return True
            kept = [each for each in parts if each.type != "finally_clause"]
            return all(self.ends(each) for each in kept)
        if kind == "catch_clause":
            return self.ends(parts[-1])
        if kind == "switch_statement":
            text = self.syntax.text(node)
            return "default" in text and "break" not in text
        if kind in ("while_statement", "do_statement", "for_statement"):
            condition = node.child_by_field_name("condition") or (
                parts[0] if kind == "while_statement" else None
            )
            endless = condition is None or self.syntax.text(condition) == "true"
            return endless and "break" not in self.syntax.text(node)
        return False

    def block_of(self, node: Node | None) -> Code:
        """Compile what stands under a statement."""
        if node is None:
            return lambda _frame: None
        return self.statements(node) if node.type == "block" else self.statement(node)

    def repeated(
        self, node: Node | None, name: str | None = None, type_: str | None = None
    ) -> Callable[..., Any]:
        """Compile the body of a loop; with a name, the variable that each pass is given.

        The variables of each pass are its own: a lambda keeps those of the pass that makes it.
        Without one nobody can tell, so that the frame around is used.
        """
        apart = node is not None and _makes_functions(node)
        if apart:
            self.scope = FunctionScope(self.scope)
        scope = self.scope
        scope.blocks.append({})
        index = scope.declare(name, type_) if name is not None else None
        body = self.block_of(node)
        scope.blocks.pop()
        if apart and scope.parent is not None:
            self.scope = scope.parent

        def run(frame: list[Any], item: Any = None) -> Any:
            frame[0].step()
            if apart:
                frame = [frame[0], frame, *([None] * scope.size)]
            if index is not None:
                frame[index] = item
            return body(frame)

        return run

    def expression_statement(self, node: Node) -> Code:
        """Compile a value on its own."""
        code, _ = self.value(self.inner(node)[0])

        def run(frame: list[Any]) -> None:
            code(frame)

        return run

    def return_(self, node: Node) -> Code:
        """Compile `return`."""
        parts = self.inner(node)
        if not parts:
            return lambda _frame: RETURN
        code, type_ = self.value(parts[0])
        self.results[-1].append(type_)

        def run(frame: list[Any]) -> str:
            frame[0].returned = code(frame)
            return RETURN

        return run

    def throw_statement(self, node: Node) -> Code:
        """Compile `throw`."""
        parts = self.inner(node)
        if not parts:

            def again(frame: list[Any]) -> None:
                raise frame[0].caught[-1]

            return again
        code, _ = self.value(parts[0])

        def throw(frame: list[Any]) -> None:
            error = code(frame)
            raise error if error is not None else null_reference()

        return throw

    def declaration(self, node: Node) -> Code:
        """Compile a declaration."""
        inner = self.inner(node)
        holder = next(each for each in inner if each.type == "variable_declaration")
        return self.variables(holder)

    def variables(self, holder: Node) -> Code:
        """Compile `type name = value, …`."""
        written = holder.child_by_field_name("type")
        implicit_type = written is None or written.type == "implicit_type"
        type_ = None if implicit_type or written is None else self.type_of(written)
        codes: list[tuple[int, Code]] = []
        for each in self.inner(holder):
            if each.type != "variable_declarator":
                continue
            name, *rest = self.inner(each)
            if name.type != "identifier":
                raise self.refused(each, "deconstruction is not supported")
            text = self.syntax.text(name).lstrip("@")
            if any(text in block for block in self.scope.blocks):
                raise self.refused(
                    each,
                    f"A local variable or function named '{text}' is already defined in this scope",
                )
            code: Code = _nothing
            found = type_
            if rest:
                if rest[-1].type == "initializer_expression" and type_ and type_.endswith("[]"):
                    code = self.array_of(type_[:-2], rest[-1])[0]
                else:
                    code, given = self.value_for(rest[-1], type_)
                    found = type_ or given
            codes.append((self.scope.declare(text, found), code))
        if len(codes) == 1:
            (index, code) = codes[0]

            def one(frame: list[Any]) -> None:
                frame[index] = code(frame)

            return one

        def several(frame: list[Any]) -> None:
            for index, code in codes:
                frame[index] = code(frame)

        return several

    def if_(self, node: Node) -> Code:
        """Compile `if`."""
        condition = node.child_by_field_name("condition")
        alternative = node.child_by_field_name("alternative")
        if condition is None:
            raise self.refused(node, "Invalid expression")
        test = self.condition(condition)
        yes = self.block_of(node.child_by_field_name("consequence"))
        if alternative is None:
            return lambda frame: yes(frame) if test(frame) else None
        no = self.block_of(alternative)
        return lambda frame: yes(frame) if test(frame) else no(frame)

    def while_(self, node: Node) -> Code:
        """Compile `while`."""
        parts = self.inner(node)
        test, body = self.condition(parts[0]), self.repeated(parts[-1])

        def run(frame: list[Any]) -> Any:
            while test(frame):
                signal = body(frame)
                if signal is BREAK:
                    return None
                if signal is RETURN:
                    return signal
            return None

        return run

    def do(self, node: Node) -> Code:
        """Compile `do`."""
        parts = self.inner(node)
        body, test = self.repeated(parts[0]), self.condition(parts[-1])

        def run(frame: list[Any]) -> Any:
            while True:
                signal = body(frame)
                if signal is RETURN:
                    return signal
                if signal is BREAK or not test(frame):
                    return None

        return run

    def for_(self, node: Node) -> Code:
        """Compile `for`."""
        self.scope.blocks.append({})
        first, condition = (
            node.child_by_field_name("initializer"),
            node.child_by_field_name("condition"),
        )
        start: Code = _nothing
        if first is not None:
            start = (
                self.variables(first)
                if first.type == "variable_declaration"
                else self.value(first)[0]
            )
        test: Code = self.condition(condition) if condition is not None else lambda _frame: True
        updates = [
            self.value(each)[0] for each in node.children_by_field_name("update") if each.is_named
        ]
        body = self.repeated(node.child_by_field_name("body"))
        self.scope.blocks.pop()

        def run(frame: list[Any]) -> Any:
            start(frame)
            while test(frame):
                signal = body(frame)
                if signal is BREAK:
                    return None
                if signal is RETURN:
                    return signal
                for update in updates:
                    update(frame)
            return None

        return run

    def foreach(self, node: Node) -> Code:
        """Compile `foreach`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        written = node.child_by_field_name("type")
        if left is None or right is None or left.type != "identifier":
            raise self.refused(node, "deconstruction is not supported")
        code, type_ = self.value(right)
        declared = None
        if written is not None and written.type != "implicit_type":
            declared = self.type_of(written)
        name, of_item = self.syntax.text(left), declared or item_of(type_)
        body = self.repeated(node.child_by_field_name("body"), name, of_item)

        def run(frame: list[Any]) -> Any:
            source = code(frame)
            if source is None:
                raise null_reference()
            for item in iterate(source):
                signal = body(frame, item if declared is None else implicit(item, declared))
                if signal is BREAK:
                    return None
                if signal is RETURN:
                    return signal
            return None

        return run

    def try_(self, node: Node) -> Code:
        """Compile `try`."""
        body = self.block_of(node.child_by_field_name("body"))
        catches: list[tuple[Callable[[list[Any], ExpressionFailed], bool], Code]] = []
        last: Code | None = None
        for each in self.inner(node):
            if each.type == "catch_clause":
                catches.append(self.catch(each))
            elif each.type == "finally_clause":
                last = self.block_of(self.inner(each)[-1])

        def attempt(frame: list[Any]) -> Any:
            try:
                return body(frame)
            except ExpressionFailed as error:
                for matches, handle in catches:
                    if matches(frame, error):
                        frame[0].caught.append(error)
                        try:
                            return handle(frame)
                        finally:
                            frame[0].caught.pop()
                raise

        if last is None:
            return attempt
        finish = last

        def run(frame: list[Any]) -> Any:
            try:
                return attempt(frame)
            finally:
                kept = frame[0].returned
                finish(frame)
                frame[0].returned = kept

        return run

    def catch(self, node: Node) -> tuple[Callable[[list[Any], ExpressionFailed], bool], Code]:
        """Compile a catch clause: what it catches, and what it does."""
        self.scope.blocks.append({})
        index, test, when = None, (lambda _error: True), None
        for each in self.inner(node):
            if each.type == "catch_declaration":
                written, name = each.child_by_field_name("type"), each.child_by_field_name("name")
                type_ = self.type_of(written) if written is not None else "Exception"
                test = self.tester(type_)
                if name is not None:
                    index = self.scope.declare(self.syntax.text(name), type_)
            elif each.type == "catch_filter_clause":
                when = self.condition(self.inner(each)[0])
        body = self.block_of(node.child_by_field_name("body"))
        self.scope.blocks.pop()

        def matches(frame: list[Any], error: ExpressionFailed) -> bool:
            if not test(error):
                return False
            if index is not None:
                frame[index] = error
            return when is None or when(frame)

        return matches, body

    def switch(self, node: Node) -> Code:
        """Compile `switch`."""
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        if value is None or body is None:
            raise self.refused(node, "Invalid expression")
        code, type_ = self.value(value)
        sections: list[tuple[list[Callable[[list[Any], Any], bool]], Code]] = []
        default: Code | None = None
        self.scope.blocks.append({})
        for section in self.inner(body):
            labels: list[Node] = []
            rest: list[Node] = []
            when, is_default = None, False
            for each in section.children:
                if each.type.endswith("_pattern"):
                    labels.append(each)
                elif each.type == "when_clause":
                    when = self.inner(each)[0]
                elif each.type == "default":
                    is_default = True
                elif each.is_named and each.type != "comment":
                    rest.append(each)
            tests = [self.case(each, type_, when) for each in labels]
            codes = [self.statement(each) for each in rest]
            run = _in_order(codes)
            sections.append((tests, run))
            default = run if is_default else default
        self.scope.blocks.pop()

        def choose(frame: list[Any]) -> Any:
            found = code(frame)
            for tests, run in sections:
                if any(test(frame, found) for test in tests):
                    signal = run(frame)
                    return None if signal is BREAK else signal
            signal = default(frame) if default is not None else None
            return None if signal is BREAK else signal

        return choose

    def case(
        self, node: Node, type_: str | None, when: Node | None
    ) -> Callable[[list[Any], Any], bool]:
        """Compile a label of a switch."""
        match = self.pattern(node, type_)
        if when is None:
            return match
        condition = self.condition(when)
        return lambda frame, value: match(frame, value) and condition(frame)

    def pattern(self, node: Node, _type: str | None) -> Callable[[list[Any], Any], bool]:
        """Compile a pattern of C# 7: a constant, a type with a name, `var`."""
        if node.type == "declaration_pattern":
            written, name = node.child_by_field_name("type"), node.child_by_field_name("name")
            if written is not None and name is not None:
                target = self.type_of(written)
                test = self.tester(target)
                index = self.scope.declare(self.syntax.text(name), target)

                def bind(frame: list[Any], value: Any) -> bool:
                    frame[index] = value
                    return value is not None and test(value)

                return bind
        if node.type == "constant_pattern" or node.type.endswith("_literal"):
            inner = self.inner(node)[0] if node.type == "constant_pattern" else node
            code, _ = self.value(inner)
            return lambda frame, value: equal(value, code(frame))
        raise self.refused(node, "this pattern needs a newer language version than C# 7")

    def using(self, node: Node) -> Code:
        """Compile `using`."""
        self.scope.blocks.append({})
        body = node.child_by_field_name("body")
        if body is None:
            raise self.refused(node, "using declarations need a newer language version than C# 7")
        first = next(each for each in self.inner(node) if each != body)
        start = (
            self.variables(first) if first.type == "variable_declaration" else self.value(first)[0]
        )
        run = self.block_of(body)
        self.scope.blocks.pop()

        def both(frame: list[Any]) -> Any:
            start(frame)
            return run(frame)

        return both

    def checked_statement(self, node: Node) -> Code:
        """Compile `checked {…}` or `unchecked {…}`."""
        before, self.checked = self.checked, self.syntax.text(node).startswith("checked")
        code = self.statements(self.inner(node)[-1])
        self.checked = before
        return code

    def local_function(self, node: Node) -> Code:
        """Compile a local function."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        parameters = node.child_by_field_name("parameters")
        if name is None or body is None or parameters is None:
            raise self.refused(node, "Invalid expression")
        text = self.syntax.text(name)
        written = node.child_by_field_name("type")
        names: list[tuple[str, str | None]] = []
        for each in self.inner(parameters):
            type_, own = each.child_by_field_name("type"), each.child_by_field_name("name")
            names.append(
                (self.syntax.text(own or each), self.type_of(type_) if type_ is not None else None)
            )
        inner = body if body.type == "block" else self.inner(body)[0]
        make = self.function(names, inner)
        result = self.type_of(written) if written is not None else None
        store, _ = self.assigner(text, node)
        self.functions[text] = result

        def run(frame: list[Any]) -> None:
            store(frame, make(frame))

        return run

    functions: dict[str, str | None]


def _makes_functions(node: Node) -> bool:
    """Whether a function is made in it, which may keep variables."""
    if node.type in (
        "lambda_expression",
        "anonymous_method_expression",
        "local_function_statement",
    ):
        return True
    return any(_makes_functions(each) for each in node.named_children)


def _nothing(_frame: list[Any]) -> Any:
    return None


def _in_order(codes: list[Code]) -> Code:
    def run(frame: list[Any]) -> Any:
        for code in codes:
            signal = code(frame)
            if signal is not None:
                return signal
        return None

    return run


_STATEMENTS: dict[str, Callable[[Any, Node], Code]] = {
    "block": Statements.statements,
    "expression_statement": Statements.expression_statement,
    "return_statement": Statements.return_,
    "throw_statement": Statements.throw_statement,
    "local_declaration_statement": Statements.declaration,
    "if_statement": Statements.if_,
    "while_statement": Statements.while_,
    "do_statement": Statements.do,
    "for_statement": Statements.for_,
    "foreach_statement": Statements.foreach,
    "try_statement": Statements.try_,
    "switch_statement": Statements.switch,
    "using_statement": Statements.using,
    "checked_statement": Statements.checked_statement,
    "local_function_statement": Statements.local_function,
    "break_statement": lambda _compiler, _node: lambda _frame: BREAK,
    "continue_statement": lambda _compiler, _node: lambda _frame: CONTINUE,
    "empty_statement": lambda _compiler, _node: _nothing,
}
