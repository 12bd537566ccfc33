"""Members, calls, indexes, types and constructors as closures."""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from constructs_lib.policy.csharp import Syntax
from constructs_lib.simulation.csharp.errors import (
    ExpressionFailed,
    ExpressionRefused,
    NotSimulated,
)
from constructs_lib.simulation.csharp.libraries.collections import get_item, set_item
from constructs_lib.simulation.csharp.libraries.iterating import is_enumerable
from constructs_lib.simulation.csharp.operators import CLASSES
from constructs_lib.simulation.csharp.scopes import FunctionScope
from constructs_lib.simulation.csharp.tables import (
    ALIASES,
    TYPES,
    Member,
    arguments_of,
    family,
    head_of,
    inherits,
    item_of,
    methods_of,
    properties_of,
    result_of,
    type_name,
)
from constructs_lib.simulation.csharp.values import (
    Delegate,
    Dictionary,
    Record,
    Ref,
    Thing,
    TypeOf,
    full_name,
    null_reference,
)

if TYPE_CHECKING:
    from tree_sitter import Node

Code = Callable[[list[Any]], Any]
Typed = tuple[Code, "str | None"]
_SIZED = (str, bytearray, list)
_EXCEPTIONS = re.compile(r"\w*Exception")


class Members:
    """Compiles what is done with objects. What it takes of values comes from the compiler."""

    SKIP = object()
    syntax: Syntax
    scope: FunctionScope
    bound: list[Typed]
    value: Callable[[Node], Typed]
    chain: Callable[[Node], tuple[Code, str | None, bool]]
    inner: Callable[[Node], list[Node]]
    value_for: Callable[[Node, str | None], Typed]
    lambda_: Callable[[Node, tuple[str | None, ...]], Code]
    assigner: Callable[[str, Node], tuple[Callable[[list[Any], Any], None], str | None]]
    functions: dict[str, str | None]
    last: str | None

    def refused(self, node: Node, message: str) -> ExpressionRefused:
        """An error at a node."""
        line, column = self.syntax.place(node)
        return ExpressionRefused(message, line, column)

    # Types --------------------------------------------------------------------------------------

    def type_of(self, node: Node) -> str:
        """The type that is written at a node."""
        return self.named_type(re.sub(r"\s+", "", self.syntax.text(node)), node)

    def named_type(self, text: str, node: Node) -> str:
        """A type as the tables write it.

        Raises:
            ExpressionRefused: If it is none that API Management allows.
        """
        if text.endswith("?"):
            return f"{self.named_type(text[:-1], node)}?"
        if text.endswith("[]"):
            return f"{self.named_type(text[:-2], node)}[]"
        head, opened, _ = text.partition("<")
        short = head.rpartition(".")[2]
        name = ALIASES.get(short, short)
        if opened:
            inner = [self.named_type(each, node) for each in arguments_of(f"{name}<{_}")]
            if name == "Nullable":
                return f"{inner[0]}?"
            self.known(name, head, node)
            return f"{name}<{','.join(inner)}>"
        self.known(name, head, node)
        return name

    def known(self, name: str, written: str, node: Node) -> None:
        """Refuse a type that expressions may not use."""
        if name in TYPES or name in ("void", "dynamic") or name in ("Func", "Action", "Predicate"):
            if "." in written and name in TYPES and TYPES[name].full.partition("`")[0] != written:
                raise self.refused(node, f"The type or namespace name '{written}' does not exist")
            return
        if _EXCEPTIONS.fullmatch(name):
            return
        if written in _FORBIDDEN or name in _FORBIDDEN:
            full = _FORBIDDEN.get(name, written)
            raise self.refused(node, f"Usage of type '{full}' is not supported within expressions")
        raise self.refused(
            node,
            f"The type or namespace name '{written}' could not be found (are you missing a using "
            "directive or an assembly reference?)",
        )

    def static_type(self, node: Node) -> str | None:
        """The type that an expression names, if it names one."""
        if node.type == "predefined_type":
            return self.type_of(node)
        if node.type == "generic_name":
            return self.type_of(node)
        text = re.sub(r"\s+", "", self.syntax.text(node)).replace("global::", "")
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", text):
            return None
        first, *rest = text.split(".")
        if self.scope.find(first) is not None or first == "context":
            return None
        name = text.rpartition(".")[2]
        name = ALIASES.get(name, name)
        if not rest:
            if name in _FORBIDDEN:
                self.known(name, name, node)
            return name if name in TYPES else None
        if first not in ("System", "Newtonsoft"):
            return None
        if name in TYPES and TYPES[name].full == text:
            return name
        if text in _FORBIDDEN.values():
            self.known(name, text, node)
        return None

    def tester(self, target: str) -> Callable[[Any], bool]:
        """What tells whether a value is of a type."""
        name = target.rstrip("?")
        if name in CLASSES:
            kind = CLASSES[name]
            return lambda value: type(value) is kind
        if name == "object":
            return lambda value: value is not None
        head = head_of(name)
        if _EXCEPTIONS.fullmatch(head):
            return lambda value: isinstance(value, ExpressionFailed) and _is_exception(value, head)
        if head in ("IEnumerable", "ICollection", "IList", "IReadOnlyCollection", "[]"):
            return is_enumerable
        if head in ("IDictionary", "IReadOnlyDictionary"):
            return lambda value: isinstance(value, Dictionary)
        return lambda value: inherits(type_name(value), head)

    def typeof(self, node: Node) -> Typed:
        """Compile `typeof(T)`."""
        name = self.type_of(self.inner(node)[0])
        full = TYPES[head_of(name)].full if head_of(name) in TYPES else name
        return (lambda _frame: TypeOf(full.rpartition(".")[2], full)), None

    # Members ------------------------------------------------------------------------------------

    def member_access(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile `a.B`."""
        base, name = node.child_by_field_name("expression"), node.child_by_field_name("name")
        if base is None or name is None:
            raise self.refused(node, "Invalid expression")
        text = self.syntax.text(name)
        static = self.static_type(base)
        if static is not None:
            return (*self.static_property(static, text, name), False)
        code, type_, conditional = self.chain(base)
        return (*self.property(code, type_, text, name, conditional=conditional), conditional)

    def static_property(self, type_: str, name: str, node: Node) -> Typed:
        """A static property, or a static method taken as a value."""
        info = TYPES[head_of(type_)]
        member = info.static_properties.get(name)
        if member is None and name in info.static_methods:
            return self.method_group(info.static_methods[name])
        if member is None:
            raise self.unknown(info.name, info.full, name, node, static=True)
        call = member.call
        if call is None:
            return fail(f"{info.name}.{name}"), member.result
        if member.run:
            return (lambda frame: call(frame[0])), member.result
        return (lambda _frame: call()), member.result

    def method_group(self, member: Member) -> Typed:
        """A method as a function."""
        call = member.call
        if call is None or member.generic:
            return fail("this method as a function"), None
        if member.run:
            return (lambda frame: Delegate(lambda *given: call(frame[0], *given), 1)), None
        self.last = member.result
        function = Delegate(call, 1)
        return (lambda _frame: function), None

    def unknown(
        self, name: str, full: str, member: str, node: Node, *, static: bool = False
    ) -> ExpressionRefused:
        """A member that a type has not, or that may not be used."""
        if any(member in info.forbidden for info in family(name)):
            return self.refused(
                node,
                f"Usage of member '{member}' of type '{full}' is not supported within expressions",
            )
        if static:
            return self.refused(node, f"'{name}' does not contain a definition for '{member}'")
        return self.refused(
            node,
            f"'{name}' does not contain a definition for '{member}' and no extension method "
            f"'{member}' accepting a first argument of type '{name}' could be found (are you "
            "missing a using directive or an assembly reference?)",
        )

    def find(self, type_: str | None, name: str, node: Node, table: str) -> Member | None:
        """A member by the static type; None where the type is not known."""
        if type_ is None or type_ in ("dynamic", "null", "void"):
            return None
        head = head_of(type_)
        if type_.endswith("?") and name in ("HasValue", "Value", "GetValueOrDefault"):
            return TYPES["Nullable"].properties.get(name) or TYPES["Nullable"].methods[name]
        if head not in TYPES:
            return None
        members = methods_of(head) if table == "methods" else properties_of(head)
        member = members.get(name)
        if member is None and table == "methods" and item_of(type_) is not None:
            member = TYPES["Enumerable"].methods.get(name)
        if member is None and table == "properties":
            member = methods_of(head).get(name)
        if member is None:
            raise self.unknown(type_, TYPES[head].full, name, node)
        return member

    def property(
        self, code: Code, type_: str | None, name: str, node: Node, *, conditional: bool
    ) -> Typed:
        """A property."""
        member = self.find(type_, name, node, "properties")
        result = result_of(member.result, type_, None, ()) if member else None
        if name in ("HasValue", "Value") and type_ and type_.endswith("?"):
            result = "bool" if name == "HasValue" else type_[:-1]
        skip = self.SKIP

        def get(frame: list[Any]) -> Any:
            value = code(frame)
            if value is None:
                if name == "HasValue":
                    return False
                raise null_reference()
            if conditional and value is skip:
                return skip
            return get_property(frame[0], value, name)

        return get, result

    def conditional_access(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile `a?.B`: without `a` its value is SKIP."""
        condition, binding = self.inner(node)
        code, type_, _ = self.chain(condition)
        skip = self.SKIP

        def test(frame: list[Any]) -> Any:
            value = code(frame)
            return skip if value is None else value

        self.bound.append((test, type_[:-1] if type_ and type_.endswith("?") else type_))
        found, result, _ = self.chain(binding)
        self.bound.pop()
        return found, result, True

    def binding(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile the `.B` or `[b]` after a `?`."""
        code, type_ = self.bound[-1]
        if node.type == "element_binding_expression":
            return (*self.element(code, type_, self.inner(node), conditional=True), True)
        name = self.inner(node)[-1]
        return (
            *self.property(code, type_, self.syntax.text(name), name, conditional=True),
            True,
        )

    def element_access(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile `a[b]`."""
        base, subscript = (
            node.child_by_field_name("expression"),
            node.child_by_field_name("subscript"),
        )
        if base is None or subscript is None:
            raise self.refused(node, "Invalid expression")
        code, type_, conditional = self.chain(base)
        found = self.element(code, type_, self.inner(subscript), conditional=conditional)
        return (*found, conditional)

    def element(
        self, code: Code, type_: str | None, nodes: list[Node], *, conditional: bool
    ) -> Typed:
        """An item by its index."""
        if len(nodes) == 1 and nodes[0].type == "argument":
            nodes = self.inner(nodes[0])
        if len(nodes) != 1 or nodes[0].type in ("range_expression",):
            return fail("an index of several parts"), None
        key, _ = self.value(nodes[0])
        skip = self.SKIP
        result = None
        if type_ is not None:
            head = head_of(type_)
            member = next((info.index for info in family(head) if info.index), None)
            if member is not None:
                result = result_of(member.result, type_, None, ())
            elif head in TYPES:
                raise self.refused(
                    nodes[0], f"Cannot apply indexing with [] to an expression of type '{type_}'"
                )

        def get(frame: list[Any]) -> Any:
            value = code(frame)
            if value is None:
                raise null_reference()
            if conditional and value is skip:
                return skip
            return get_item(value, key(frame))

        return get, result

    # Places -------------------------------------------------------------------------------------

    def target_type(self, node: Node) -> str | None:
        """The type of what is assigned to."""
        if node.type == "identifier":
            return self.assigner(self.syntax.text(node).lstrip("@"), node)[1]
        type_ = self.value(node)[1]
        return None if type_ in ("JToken", "object") else type_

    def place(self, node: Node) -> Callable[[list[Any], Any], None]:
        """What stores into a variable, item or property."""
        if node.type == "identifier":
            return self.assigner(self.syntax.text(node).lstrip("@"), node)[0]
        base = node.child_by_field_name("expression")
        if node.type == "element_access_expression" and base is not None:
            subscript = node.child_by_field_name("subscript")
            if subscript is not None:
                target, type_ = self.value(base)
                if type_ and (head_of(type_).startswith("IReadOnly") or type_ == "string"):
                    raise self.refused(
                        node,
                        f"Property or indexer '{type_}.this[]' cannot be assigned to -- it is read "
                        "only",
                    )
                inner = self.inner(subscript)[0]
                key = self.value(self.inner(inner)[0] if inner.type == "argument" else inner)[0]
                return lambda frame, value: set_item(_there(target(frame)), key(frame), value)
        name = node.child_by_field_name("name")
        if node.type == "member_access_expression" and base is not None and name is not None:
            target, type_ = self.value(base)
            text = self.syntax.text(name)
            if type_ and not any(text in info.setters for info in family(head_of(type_))):
                raise self.refused(
                    name,
                    f"Property or indexer '{type_}.{text}' cannot be assigned to -- it is read "
                    "only",
                )
            return lambda frame, value: set_property(_there(target(frame)), text, value)
        raise self.refused(
            node, "The left-hand side of an assignment must be a variable, property or indexer"
        )

    # Calls --------------------------------------------------------------------------------------

    def invocation(self, node: Node) -> tuple[Code, str | None, bool]:
        """Compile a call."""
        function, given = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        if function is None or given is None:
            raise self.refused(node, "Invalid expression")
        nodes = [each for each in self.inner(given) if each.type == "argument"]
        if function.type == "member_access_expression":
            base, name = (
                function.child_by_field_name("expression"),
                function.child_by_field_name("name"),
            )
            if base is not None and name is not None:
                static = self.static_type(base)
                if static is not None:
                    return (*self.static_call(static, name, nodes), False)
                code, type_, conditional = self.chain(base)
                return (*self.call(code, type_, name, nodes, conditional=conditional), conditional)
        if function.type == "conditional_access_expression":
            condition, binding = self.inner(function)
            if binding.type == "member_binding_expression":
                code, type_, _ = self.chain(condition)
                skip = self.SKIP

                def test(frame: list[Any]) -> Any:
                    value = code(frame)
                    return skip if value is None else value

                plain = type_[:-1] if type_ and type_.endswith("?") else type_
                name = self.inner(binding)[-1]
                return (*self.call(test, plain, name, nodes, conditional=True), True)
        if function.type == "member_binding_expression":
            code, type_ = self.bound[-1]
            return (
                *self.call(code, type_, self.inner(function)[-1], nodes, conditional=True),
                True,
            )
        return (*self.local_call(function, nodes), False)

    def local_call(self, function: Node, nodes: list[Node]) -> Typed:
        """A call of a local function or of a lambda in a variable; and `nameof`."""
        text = self.syntax.text(function)
        if text == "nameof" and len(nodes) == 1:
            name = re.findall(r"\w+", self.syntax.text(nodes[0]))[-1]
            return (lambda _frame: name), "string"
        code, _ = self.value(function)
        arguments, stores = self.arguments(nodes, ())
        if stores:
            return fail("out arguments of a local function"), None

        def call(frame: list[Any]) -> Any:
            target = code(frame)
            if not isinstance(target, Delegate):
                raise NotSimulated(f"a call of {full_name(target)}")
            return target.call(*[each(frame) for each in arguments])

        return call, self.functions.get(text)

    def arguments(
        self, nodes: list[Node], types: tuple[str | None, ...]
    ) -> tuple[list[Code], list[tuple[int, Callable[[list[Any], Any], None]]]]:
        """Compile arguments; those that are `out` with what stores their results."""
        codes: list[Code] = []
        stores: list[tuple[int, Callable[[list[Any], Any], None]]] = []
        for index, node in enumerate(nodes):
            text = self.syntax.text(node)
            inner = self.inner(node)[-1]
            if re.match(r"(out|ref)\b", text):
                stores.append((index, self.out(inner)))
                codes.append(lambda _frame: Ref())
            elif inner.type in ("lambda_expression", "anonymous_method_expression"):
                codes.append(self.lambda_(inner, types))
            else:
                name = node.child_by_field_name("name")
                if name is not None and self.syntax.text(name) != "preserveContent":
                    codes.append(fail(f"the named argument {self.syntax.text(name)}"))
                else:
                    codes.append(self.value(inner)[0])
        return codes, stores

    def out(self, node: Node) -> Callable[[list[Any], Any], None]:
        """What stores an `out` argument."""
        if node.type == "declaration_expression":
            written, name = node.child_by_field_name("type"), node.child_by_field_name("name")
            if written is not None and name is not None:
                type_ = None if written.type == "implicit_type" else self.type_of(written)
                self.scope.declare(self.syntax.text(name), type_)
                return self.assigner(self.syntax.text(name), node)[0]
        return self.place(node)

    def generics(self, name: Node) -> tuple[str, tuple[str, ...]]:
        """The name of a method and its type arguments."""
        if name.type != "generic_name":
            return self.syntax.text(name), ()
        first, given = self.inner(name)
        return self.syntax.text(first), tuple(self.type_of(each) for each in self.inner(given))

    def static_call(self, type_: str, name: Node, nodes: list[Node]) -> Typed:
        """A call of a static method."""
        text, given = self.generics(name)
        info = TYPES[head_of(type_)]
        member = info.static_methods.get(text)
        if member is None and text in ("Equals", "ReferenceEquals"):
            member = TYPES["object"].static_methods[text]
        if member is None and info.name == "Enumerable":
            member = TYPES["Enumerable"].methods.get(text)
        if member is None and text in info.static_properties:
            raise self.refused(
                name, f"Non-invocable member '{info.name}.{text}' cannot be used like a method."
            )
        if member is None:
            raise self.unknown(info.name, info.full, text, name, static=True)
        self.last = None
        first = "Match" if info.name == "Regex" else None
        if info.name in ("Enumerable", "Array") and any(
            each.type == "lambda_expression" for node in nodes for each in self.inner(node)
        ):
            first = item_of(self.value(self.inner(nodes[0])[-1])[1])
        codes, stores = self.arguments(nodes, (first, first))
        result = result_of(
            member.result, f"IEnumerable<{first}>" if first else None, self.last, given
        )
        if result == "T":
            result = first
        call = member.call
        if call is None:
            return fail(f"{info.name}.{text}"), result
        self.check_count(member, name, len(codes), offset=0)
        return _bound_call(call, member, given, codes, stores), result

    def check_count(self, member: Member, name: Node, count: int, offset: int) -> None:
        """Refuse a number of arguments that no overload takes."""
        if member.call is None:
            return
        least, most = _arity(member.call)
        extra = offset + member.run + member.generic
        if not least <= count + extra <= most:
            text = self.syntax.text(name)
            raise self.refused(name, f"No overload for method '{text}' takes {count} arguments")

    def call(
        self, code: Code, type_: str | None, name: Node, nodes: list[Node], *, conditional: bool
    ) -> Typed:
        """A call of a method of an object."""
        text, given = self.generics(name)
        member = self.find(type_, text, name, "methods")
        item = item_of(type_)
        self.last = None
        parameters = (
            ("int" if text == "Aggregate" and item == "int" else None, item)
            if text == "Aggregate"
            else (item, "int" if text in ("Select", "Where", "SelectMany") else item)
        )
        codes, stores = self.arguments(nodes, parameters)
        result = result_of(member.result, type_, self.last, given) if member else None
        if member is not None and member.result == "M" and not given and nodes:
            result = self.value(self.inner(nodes[-1])[-1])[1]
        if result == "null":
            result = None
        if member is not None:
            self.check_count(member, name, len(codes), offset=1)
        skip = self.SKIP

        def call(frame: list[Any]) -> Any:
            value = code(frame)
            if conditional and value is skip:
                return skip
            arguments = [each(frame) for each in codes]
            found = invoke(frame[0], value, text, given, arguments)
            for index, store in stores:
                store(frame, arguments[index].value)
            return found

        return call, result

    # Constructors -------------------------------------------------------------------------------

    def creation(self, node: Node) -> Typed:
        """Compile `new T(…) {…}`."""
        written = node.child_by_field_name("type")
        if written is None:
            raise self.refused(node, "target-typed `new` needs a newer language version than C# 7")
        type_ = self.type_of(written)
        head = head_of(type_)
        given = node.child_by_field_name("arguments")
        nodes = [each for each in self.inner(given) if each.type == "argument"] if given else []
        codes, _ = self.arguments(nodes, ())
        if _EXCEPTIONS.fullmatch(head):
            return _exception(type_, codes), "Exception"
        info = TYPES.get(head)
        if info is None:
            return fail(f"new {type_}"), type_
        if info.make is None or info.make.call is None:
            return fail(f"new {type_}"), type_
        self.check_count(info.make, written, len(codes), offset=0)
        made = _bound_call(info.make.call, info.make, arguments_of(type_), codes, [])
        filled = node.child_by_field_name("initializer")
        if filled is None:
            return made, type_
        steps = [self.initial(each, type_) for each in self.inner(filled)]

        def build(frame: list[Any]) -> Any:
            value = made(frame)
            for step in steps:
                step(frame, value)
            return value

        return build, type_

    def initial(self, node: Node, type_: str) -> Callable[[list[Any], Any], None]:
        """One entry of an initializer: `{key, value}`, `[key] = value`, `Name = value`, item."""
        arguments = arguments_of(type_)
        if node.type == "initializer_expression":
            codes = [
                self.value_for(each, arguments[index] if index < len(arguments) else None)[0]
                for index, each in enumerate(self.inner(node))
            ]
            return lambda frame, value: invoke(
                frame[0], value, "Add", (), [code(frame) for code in codes]
            )
        if node.type == "assignment_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                if left.type in ("element_binding_expression", "bracketed_argument_list"):
                    argument = self.inner(left)[0]
                    key = self.value(
                        self.inner(argument)[-1] if argument.type == "argument" else argument
                    )[0]
                    code = self.value_for(right, arguments[-1] if arguments else None)[0]
                    return lambda frame, value: set_item(value, key(frame), code(frame))
                name, code = self.syntax.text(left), self.value(right)[0]
                return lambda frame, value: set_property(value, name, code(frame))
        code = self.value_for(node, arguments[0] if arguments else None)[0]
        return lambda frame, value: invoke(frame[0], value, "Add", (), [code(frame)])


def fail(what: str) -> Code:
    """What is refused only when it is run."""

    def run(_frame: list[Any]) -> Any:
        raise NotSimulated(what)

    return run


def _there(value: Any) -> Any:
    if value is None:
        raise null_reference()
    return value


def get_property(run: Any, value: Any, name: str) -> Any:
    """A property of a value, by its type at run time."""
    kind = type(value)
    if kind is Record or kind is Thing:
        if name in value.members:
            return value.members[name]
        if kind is Record and value.kind == "anonymous":
            raise NotSimulated(f"{name} of an anonymous object")
    type_ = type_name(value)
    member = properties_of(type_).get(name)
    if member is None or member.call is None:
        if name in ("Value", "HasValue"):
            return value if name == "Value" else True
        if name in methods_of(type_):
            return Delegate(lambda *given: invoke(run, value, name, (), list(given)), 1)
        raise NotSimulated(f"{type_}.{name}")
    return member.call(run, value) if member.run else member.call(value)


def set_property(value: Any, name: str, given: Any) -> None:
    """Set a property."""
    for info in family(type_name(value)):
        if name in info.setters:
            info.setters[name](value, given)
            return
    raise NotSimulated(f"setting {type_name(value)}.{name}")


def invoke(run: Any, value: Any, name: str, given: tuple[str, ...], arguments: list[Any]) -> Any:
    """Call a method of a value, by its type at run time."""
    run.step()
    if value is None:
        if name in ("GetValueOrDefault",):
            return arguments[0] if arguments else None
        raise null_reference()
    member = methods_of(type_name(value)).get(name)
    if member is None and type(value) in (Record, Thing) and name in value.members:
        return value.members[name].call(*arguments)
    if member is None and is_enumerable(value):
        member = TYPES["Enumerable"].methods.get(name)
    if member is None or member.call is None:
        raise NotSimulated(f"{type_name(value)}.{name}")
    arguments = [given, value, *arguments] if member.generic else [value, *arguments]
    found = member.call(run, *arguments) if member.run else member.call(*arguments)
    if isinstance(found, _SIZED):
        run.grow(len(found))
    return found


def _bound_call(
    call: Callable[..., Any],
    member: Member,
    given: tuple[str, ...],
    codes: list[Code],
    stores: list[tuple[int, Callable[[list[Any], Any], None]]],
) -> Code:
    """A call of a function of the tables."""
    run, generic = member.run, member.generic

    def apply(frame: list[Any]) -> Any:
        frame[0].step()
        arguments = [each(frame) for each in codes]
        extra: list[Any] = [frame[0]] if run else []
        if generic:
            extra.append(given)
        found = call(*extra, *arguments)
        for index, store in stores:
            store(frame, arguments[index].value)
        if isinstance(found, _SIZED):
            frame[0].grow(len(found))
        return found

    return apply


@cache
def _arity(call: Callable[..., Any]) -> tuple[int, int]:
    """The least and the greatest number of arguments that a function takes."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return 0, 99
    least = sum(
        each.default is each.empty and each.kind < each.VAR_POSITIONAL for each in parameters
    )
    open_ = any(each.kind == each.VAR_POSITIONAL for each in parameters)
    return least, 99 if open_ else sum(each.kind < each.VAR_POSITIONAL for each in parameters)


def _exception(type_: str, codes: list[Code]) -> Code:
    full = type_ if "." in type_ else f"System.{type_}"

    def make(frame: list[Any]) -> ExpressionFailed:
        given = [code(frame) for code in codes]
        message = given[0] if given else f"Exception of type '{full}' was thrown."
        inner = given[1] if len(given) > 1 and isinstance(given[1], ExpressionFailed) else None
        return ExpressionFailed(message, full, inner)

    return make


def _is_exception(error: ExpressionFailed, name: str) -> bool:
    if name in ("Exception", "SystemException"):
        return True
    own = error.dotnet_type.rpartition(".")[2]
    return own == name or name in _PARENTS.get(own, ())


_PARENTS = {
    "ArgumentNullException": ("ArgumentException",),
    "ArgumentOutOfRangeException": ("ArgumentException",),
    "DivideByZeroException": ("ArithmeticException",),
    "OverflowException": ("ArithmeticException",),
    "JsonReaderException": ("JsonException",),
}

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{1,4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(text: str) -> str:
    """The text of a string literal."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: (
            chr(int(found[1][1:], 16))
            if found[1][0] in "uUx" and len(found[1]) > 1
            else _ESCAPES.get(found[1], found[1])
        ),
        text,
    )


# Types of .NET that somebody may try and that API Management does not allow in expressions.
_FORBIDDEN = {
    "XmlDocument": "System.Xml.XmlDocument",
    "XmlReader": "System.Xml.XmlReader",
    "RSACng": "System.Security.Cryptography.RSACng",
    "CultureInfo": "System.Globalization.CultureInfo",
    "NumberStyles": "System.Globalization.NumberStyles",
    "DateTimeStyles": "System.Globalization.DateTimeStyles",
    "HttpClient": "System.Net.Http.HttpClient",
    "WebClient": "System.Net.WebClient",
    "Environment": "System.Environment",
    "Console": "System.Console",
    "File": "System.IO.File",
    "Path": "System.IO.Path",
    "Thread": "System.Threading.Thread",
    "Task": "System.Threading.Tasks.Task",
    "Process": "System.Diagnostics.Process",
    "Stopwatch": "System.Diagnostics.Stopwatch",
    "MemoryStream": "System.IO.MemoryStream",
    "HttpUtility": "System.Web.HttpUtility",
    "JsonSerializer": "System.Text.Json.JsonSerializer",
    "JwtSecurityTokenHandler": "System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler",
    "UriBuilder": "System.UriBuilder",
    "Activator": "System.Activator",
    "GC": "System.GC",
}
