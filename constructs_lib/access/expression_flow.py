"""What the result of a policy expression is made of: followed as a flow through the C# in it.

An expression is taken for a text of pieces: literals, and holes that carry what sources give. Every
step (a member, a method, a LINQ call, one that is not known) passes on what its parts carry, unless
its result surely says nothing of them, as that of a comparison does. The flow is computed once for
an expression, in time that grows with its length.

Source: Learn, "API Management policy expressions", `context` and its members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Literal

from constructs_lib.policy.csharp import Syntax, parse

if TYPE_CHECKING:
    from tree_sitter import Node

SourceKind = Literal[
    "header",
    "query",
    "url",
    "variable",
    "key",
    "certificate",
    "address",
    "method",
    "claim",
    "caller",
    "user",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Something in `context` that decides or is secret.

    Attributes:
        kind: `key` is the subscription key, `claim` something in a token that a header holds,
            `url` the address of the request with its query, `caller` anything else that the caller
            sends, `user` whose subscription it is and of what: nobody's without one.
        name: Which one, in lower case, of a variable as it is written; None is any of them.
    """

    kind: SourceKind
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece of text that is not known, and what it carries."""

    sources: frozenset[Origin] = frozenset()


Piece = str | Hole
Option = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """The result of an expression.

    Attributes:
        options: Each text that it may be.
        reads: Everything that it looks at, also where the result carries nothing of it.
        traced: What it gives to `context.Trace`.
    """

    options: tuple[Option, ...]
    reads: frozenset[Origin] = frozenset()
    traced: frozenset[Origin] = frozenset()

    @property
    def sources(self) -> frozenset[Origin]:
        """Everything that the result may carry."""
        return _carried(self.options)


_MAXIMUM_OPTIONS = 8
_NOTHING: tuple[Option, ...] = ((),)

# Their results say nothing of what is compared or counted.
_TELLING_NOTHING = frozenset(
    {"All", "Any", "CompareTo", "Compare", "Contains", "ContainsKey", "Count", "EndsWith", "Equals"}
    | {"Exists", "GetHashCode", "GetType", "HasValue", "IndexOf", "IsMatch", "IsNullOrEmpty"}
    | {"IsNullOrWhiteSpace", "LastIndexOf", "Length", "LongCount", "SequenceEqual", "StartsWith"}
    | {"Verify", "VerifyNoRevocation"}
)
_SAME_TEXT = frozenset(
    {"ToString", "Trim", "TrimEnd", "TrimStart", "First", "FirstOrDefault", "Single", "Last"}
    | {"SingleOrDefault", "LastOrDefault", "AsEnumerable", "ToArray", "ToList", "AsJwt", "As"}
)
# What is made of a text alone has the same text.
_OF_ONE_TEXT = frozenset({"String", "StringBuilder", "StringReader", "Uri", "string"})
# Methods of texts and sequences, which leave what they are called on as it is.
_CHANGING_NOTHING = (
    _TELLING_NOTHING
    | _SAME_TEXT
    | {"Aggregate", "Cast", "Concat", "Distinct", "ElementAt", "ElementAtOrDefault", "GetBytes"}
    | {"GetString", "GetValueOrDefault", "GroupBy", "OfType", "OrderBy", "OrderByDescending"}
    | {"PadLeft", "PadRight", "Remove", "Replace", "Reverse", "Select", "SelectMany", "SelectToken"}
    | {"SelectTokens", "Skip", "Split", "Substring", "Take", "ToDictionary", "ToLower", "Value"}
    | {"ToLowerInvariant", "ToUpper", "ToUpperInvariant", "TryGetValue", "TryParseJwt", "Union"}
    | {"Values", "Where", "Zip"}
)
_SENT = frozenset({"caller", "header", "query"})
# What is read out of a token is not the token.
_OF_A_JWT = frozenset(
    {"Algorithm", "Audiences", "Claims", "ExpirationTime", "Id", "Issuer", "NotBefore", "Subject"}
    | {"Type"}
)
_OPERATORS_OF_TRUTH = frozenset(
    {"==", "!=", "<", ">", "<=", ">=", "&&", "||", "&", "|", "^", "-", "*", "/", "%"}
)
_HARMLESS = frozenset(
    {"Api", "Deployment", "Elapsed", "GraphQL", "LastError", "Operation", "RequestId"}
    | {"Response", "Timestamp", "Tracing", "Workspace"}
)
_WHOLE_REQUEST = frozenset(
    {Origin("header"), Origin("query"), Origin("url"), Origin("caller"), Origin("certificate")}
)
_WHOLE_CONTEXT = _WHOLE_REQUEST | {Origin("variable"), Origin("key")}


@lru_cache(maxsize=4096)
def flow_of(expression: str) -> Flow | None:
    """What the result of an expression is made of; None when it is not understood."""
    syntax = parse(expression)
    if syntax is None:
        return None
    try:
        return _Follower(syntax).flow()
    except RecursionError:
        return None


@dataclass(frozen=True, slots=True)
class _Object:
    """A member of `context`, as the way that leads to it."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Jwt:
    """A token that was read, and the text that it was read from."""

    options: tuple[Option, ...]


_Value = "tuple[Option, ...] | _Object | _Jwt"


def _carried(options: Iterable[Option]) -> frozenset[Origin]:
    return frozenset(
        source
        for option in options
        for piece in option
        if isinstance(piece, Hole)
        for source in piece.sources
    )


def _hole(*parts: tuple[Option, ...]) -> tuple[Option, ...]:
    sources = frozenset[Origin]().union(*(_carried(each) for each in parts))
    return ((Hole(sources),),)


def _either(*parts: tuple[Option, ...]) -> tuple[Option, ...]:
    options = tuple(dict.fromkeys(option for each in parts for option in each))
    return options if len(options) <= _MAXIMUM_OPTIONS else _hole(options)


def _joined(*parts: tuple[Option, ...]) -> tuple[Option, ...]:
    count = 1
    for each in parts:
        count *= max(len(each), 1)
    if count > _MAXIMUM_OPTIONS:
        return _hole(*parts)
    options = (tuple(piece for option in chosen for piece in option) for chosen in product(*parts))
    return tuple(dict.fromkeys(options))


class _Follower:
    """Follows one expression."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.names: dict[str, tuple[Option, ...] | _Object | _Jwt] = {}
        self.returned: list[tuple[Option, ...]] = []
        self.reads: set[Origin] = set()
        self.traced: set[Origin] = set()

    def flow(self) -> Flow:
        # What a loop leaves in a variable is there when it comes round again.
        for _ in range(2):
            self.returned.clear()
            self.statement(self.syntax.body)
        options = _either(*self.returned) if self.returned else _NOTHING
        return Flow(options, frozenset(self.reads), frozenset(self.traced))

    # Statements ---------------------------------------------------------------------------------

    def statement(self, node: Node) -> None:
        kind = node.type
        if kind == "return_statement":
            for child in node.named_children:
                self.returned.append(self.text(child))
        elif kind == "variable_declarator":
            name, *rest = node.named_children
            if rest:
                self._assign(self.syntax.text(name), self.value(rest[-1]))
        elif kind == "foreach_statement":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                self._assign(self.syntax.text(left), self._item(self.value(right)))
            body = node.child_by_field_name("body")
            if body is not None:
                self.statement(body)
        elif kind.endswith(("_statement", "_clause", "_section", "_declaration", "_body")) or (
            kind in ("block", "switch_body")
        ):
            for child in node.named_children:
                self.statement(child)
        elif kind not in ("identifier", "predefined_type", "implicit_type", "comment"):
            self.value(node)

    def _assign(self, name: str, value: tuple[Option, ...] | _Object | _Jwt) -> None:
        before = self.names.get(name)
        if before is None or before == value:
            self.names[name] = value
        else:
            self.names[name] = _either(self._text_of(before), self._text_of(value))

    def _item(self, value: tuple[Option, ...] | _Object | _Jwt) -> tuple[Option, ...]:
        """What one of several is made of."""
        return _hole(self._text_of(value))

    # Values -------------------------------------------------------------------------------------

    def text(self, node: Node) -> tuple[Option, ...]:
        return self._text_of(self.value(node))

    def _text_of(self, value: tuple[Option, ...] | _Object | _Jwt) -> tuple[Option, ...]:
        if isinstance(value, _Jwt):
            return value.options
        if isinstance(value, _Object):
            return self._given(_of_object(value.path))
        return value

    def _given(self, sources: Iterable[Origin]) -> tuple[Option, ...]:
        found = frozenset(sources)
        self.reads |= found
        return ((Hole(found),),)

    def value(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        follow = getattr(self, f"_{node.type}", None)
        if follow is not None:
            return follow(node)
        if node.type.endswith("_literal"):
            return _NOTHING if node.type == "null_literal" else ((self.syntax.text(node),),)
        parts = [self.text(child) for child in node.named_children]
        return _hole(*parts) if parts else _NOTHING

    def _identifier(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        name = self.syntax.text(node)
        return _Object(()) if name == "context" else self.names.get(name, _NOTHING)

    def _predefined_type(self, _node: Node) -> tuple[Option, ...]:
        return _NOTHING

    _generic_name = _qualified_name = _type_argument_list = _implicit_type = _predefined_type
    _nullable_type = _array_type = _default_expression = _typeof_expression = _predefined_type
    _comment = _predefined_type

    def _argument(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        inner = [each for each in node.named_children if each.type != "comment"]
        return self.value(inner[-1]) if inner else _NOTHING

    def _string_literal(self, node: Node) -> tuple[Option, ...]:
        return ((unescaped(self.syntax.text(node)[1:-1]),),)

    _character_literal = _string_literal

    def _verbatim_string_literal(self, node: Node) -> tuple[Option, ...]:
        return ((self.syntax.text(node)[2:-1].replace('""', '"'),),)

    def _interpolated_string_expression(self, node: Node) -> tuple[Option, ...]:
        parts: list[tuple[Option, ...]] = []
        for child in node.named_children:
            if child.type == "interpolation":
                inner = [each for each in child.named_children if "brace" not in each.type]
                parts.append(self.text(inner[0]) if inner else _NOTHING)
            elif (
                child.type in ("string_content", "interpolated_string_text")
                or child.type == "escape_sequence"
            ):
                parts.append(((unescaped(self.syntax.text(child)),),))
        return _joined(*parts) if parts else _NOTHING

    def _parenthesized_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        inner = [each for each in node.named_children if each.type != "comment"]
        return self.value(inner[0]) if inner else _NOTHING

    def _cast_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        value = node.child_by_field_name("value")
        return self.value(value) if value is not None else _NOTHING

    _checked_expression = _parenthesized_expression

    def _as_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        return self.value(node.named_children[0])

    def _binary_expression(self, node: Node) -> tuple[Option, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None:
            return _NOTHING
        sign = self.syntax.text(operator) if operator is not None else ""
        one, other = self.text(left), self.text(right)
        if sign in _OPERATORS_OF_TRUTH:
            return ((Hole(),),)
        if sign == "??":
            return _either(one, other)
        return _joined(one, other) if sign == "+" else _hole(one, other)

    def _conditional_expression(self, node: Node) -> tuple[Option, ...]:
        condition, *branches = [each for each in node.named_children if each.type != "comment"]
        self.value(condition)
        return _either(*(self.text(each) for each in branches))

    def _is_expression(self, node: Node) -> tuple[Option, ...]:
        self.value(node.named_children[0])
        return ((Hole(),),)

    def _prefix_unary_expression(self, node: Node) -> tuple[Option, ...]:
        inner = _hole(*(self.text(each) for each in node.named_children))
        return ((Hole(),),) if self.syntax.text(node).startswith("!") else inner

    def _is_pattern_expression(self, node: Node) -> tuple[Option, ...]:
        value = self.value(node.named_children[0])
        for each in _descendants(node, "declaration_pattern"):
            name = each.child_by_field_name("name")
            if name is not None:
                self._assign(self.syntax.text(name), value)
        return ((Hole(),),)

    def _assignment_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return _NOTHING
        value = self.value(right)
        if left.type == "identifier":
            name = self.syntax.text(left)
            operator = self.syntax.text(node)[left.end_byte - node.start_byte :].lstrip()
            if operator.startswith("+="):
                before = self._text_of(self.names.get(name, _NOTHING))
                value = _joined(before, self._text_of(value))
            self._assign(name, value)
        else:
            # What is put into an object is carried by it.
            self.value(left)
            for each in _descendants(left, "identifier"):
                name = self.syntax.text(each)
                if name in self.names:
                    held = self._text_of(self.names[name])
                    self.names[name] = _hole(held, self._text_of(value))
                break
        return value

    def _lambda_expression(self, node: Node) -> tuple[Option, ...]:
        body = node.child_by_field_name("body")
        if body is None:
            return _NOTHING
        if body.type != "block":
            return self.text(body)
        outer, self.returned = self.returned, []
        self.statement(body)
        inner, self.returned = self.returned, outer
        return _either(*inner) if inner else _NOTHING

    def _query_expression(self, node: Node) -> tuple[Option, ...]:
        parts: list[tuple[Option, ...]] = []
        for clause in node.named_children:
            children = clause.named_children
            if clause.type in ("from_clause", "join_clause", "let_clause") and len(children) > 1:
                value = self.value(children[-1])
                self._assign(self.syntax.text(children[-2]), self._item(value))
                parts.append(self._text_of(value))
            elif clause.type == "where_clause":
                self.text(clause)
            else:
                parts += [self.text(each) for each in children]
        return _hole(*parts)

    # Members, methods, indices ------------------------------------------------------------------

    def _member_access_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        base, name = node.child_by_field_name("expression"), node.child_by_field_name("name")
        if base is None or name is None:
            return _NOTHING
        return self._member(self.value(base), self._name(name))

    def _conditional_access_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        base, *bindings = node.named_children
        value = self.value(base)
        for binding in bindings:
            value = self._bound(value, binding)
        return value

    def _bound(
        self, value: tuple[Option, ...] | _Object | _Jwt, binding: Node
    ) -> tuple[Option, ...] | _Object | _Jwt:
        """What follows `?.`, which may go on with further members and calls."""
        if binding.type == "member_binding_expression":
            return self._member(value, self._name(binding.named_children[-1]))
        if binding.type == "element_binding_expression":
            return self._element(value, binding.named_children)
        if binding.type == "invocation_expression":
            function = binding.child_by_field_name("function")
            arguments = binding.child_by_field_name("arguments")
            if function is not None and arguments is not None:
                inner = function.named_children
                if function.type == "member_binding_expression":
                    return self._called(value, self._name(inner[-1]), arguments)
                if function.type == "member_access_expression":
                    base = self._bound(value, inner[0])
                    return self._called(base, self._name(inner[-1]), arguments)
        if binding.type == "member_access_expression":
            base = self._bound(value, binding.named_children[0])
            return self._member(base, self._name(binding.named_children[-1]))
        if binding.type == "conditional_access_expression":
            first, *rest = binding.named_children
            value = self._bound(value, first)
            for each in rest:
                value = self._bound(value, each)
            return value
        return _hole(self._text_of(value), self.text(binding))

    def _name(self, node: Node) -> str:
        return self.syntax.text(node).partition("<")[0].strip()

    def _member(
        self, value: tuple[Option, ...] | _Object | _Jwt, name: str
    ) -> tuple[Option, ...] | _Object | _Jwt:
        if isinstance(value, _Object):
            return self._of_context((*value.path, name))
        if isinstance(value, _Jwt) and name in _OF_A_JWT:
            # Unless something checks the token, whoever sends it writes what stands in it.
            sent = [each for each in _carried(value.options) if each.kind in _SENT]
            return ((Hole(frozenset(Origin("claim", each.name) for each in sent)),),)
        if name in _TELLING_NOTHING:
            return ((Hole(),),)
        return _hole(self._text_of(value))

    def _of_context(self, path: tuple[str, ...]) -> tuple[Option, ...] | _Object:
        member = path[-1]
        if path[0] == "Subscription" and len(path) == 2:
            if path[1] in ("Key", "PrimaryKey", "SecondaryKey"):
                return self._given({Origin("key")})
            return ((Hole(),),)
        if path[:2] == ("Request", "Certificate") and len(path) > 2:
            return self._given({Origin("certificate", path[2])})
        if member in ("Keys", "Count", "Length"):
            return ((Hole(),),)
        return _Object(path)

    def _element_access_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        base = node.child_by_field_name("expression")
        subscript = node.child_by_field_name("subscript")
        if base is None or subscript is None:
            return _NOTHING
        return self._element(self.value(base), subscript.named_children)

    def _element(
        self, value: tuple[Option, ...] | _Object | _Jwt, arguments: Sequence[Node]
    ) -> tuple[Option, ...]:
        if isinstance(value, _Object):
            name = self.text(arguments[0]) if arguments else _NOTHING
            return self._given(_of_map(value.path, _literal(name)))
        return _hole(self._text_of(value))

    def _invocation_expression(self, node: Node) -> tuple[Option, ...] | _Object | _Jwt:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return _NOTHING
        if function.type == "member_access_expression":
            base, name = function.named_children[0], function.named_children[-1]
            if base.type == "predefined_type" or self.syntax.text(base) in ("String", "string"):
                return self._of_string(self._name(name), arguments)
            result = self._called(self.value(base), self._name(name), arguments)
            if self._name(name) not in _CHANGING_NOTHING:
                self._changed(base, arguments)
            return result
        if function.type == "conditional_access_expression":
            base, binding = function.named_children
            value = self.value(base)
            if binding.type == "member_binding_expression":
                return self._called(value, self._name(binding.named_children[-1]), arguments)
            inner = binding.named_children
            if binding.type == "member_access_expression":
                return self._called(self._bound(value, inner[0]), self._name(inner[-1]), arguments)
            return _hole(self._text_of(value), *self._arguments(arguments, ()))
        # A function that a variable holds gives what it is made of.
        return _hole(self.text(function), *self._arguments(arguments, ()))

    def _changed(self, base: Node, arguments: Node) -> None:
        """Let a variable carry what a method of it is given, which may keep it."""
        while base.type in ("member_access_expression", "invocation_expression"):
            base = base.named_children[0]
        name = self.syntax.text(base)
        held = self.names.get(name)
        if base.type == "identifier" and isinstance(held, tuple):
            given = _hole(*self._arguments(arguments, ()))
            if _carried(given):
                self.names[name] = _hole(held, given)

    def _object_creation_expression(self, node: Node) -> tuple[Option, ...]:
        made, arguments = node.child_by_field_name("type"), node.child_by_field_name("arguments")
        given = self._arguments(arguments, ()) if arguments is not None else []
        initializer = node.child_by_field_name("initializer")
        if len(given) == 1 and initializer is None and made is not None:
            return given[0] if self.syntax.text(made) in _OF_ONE_TEXT else _hole(*given)
        return _hole(*given, *(() if initializer is None else (self.text(initializer),)))

    def _called(
        self, base: tuple[Option, ...] | _Object | _Jwt, name: str, arguments: Node
    ) -> tuple[Option, ...] | _Object | _Jwt:
        if isinstance(base, _Object) and name in ("GetValueOrDefault", "TryGetValue"):
            return self._looked_up(base, name, arguments)
        receiver = self._text_of(base)
        given = self._arguments(arguments, receiver)
        if base == _Object(()) and name == "Trace":
            self.traced |= _carried(option for each in given for option in each)
            return _NOTHING
        if name == "TryParseJwt":
            for each in re.findall(r"\bout\s+(?:\w+\s+)?(\w+)", self.syntax.text(arguments)):
                self.names[each] = _Jwt(receiver)
        if name in ("AsJwt", "TryParseJwt"):
            return _Jwt(receiver) if name == "AsJwt" else ((Hole(),),)
        if name in _TELLING_NOTHING:
            return ((Hole(),),)
        if name in _SAME_TEXT:
            if isinstance(base, _Jwt) and name != "ToString":
                return base
            # A type of C# carries nothing, unlike what its method is given.
            return _joined(*given) if receiver == _NOTHING and given else receiver
        if name in ("Concat", "Append"):
            return _joined(receiver, *given)
        return _hole(receiver, *given)

    def _looked_up(self, base: _Object, name: str, arguments: Node) -> tuple[Option, ...]:
        nodes = [each for each in arguments.named_children if each.type == "argument"]
        which = self.text(nodes[0]) if nodes else _NOTHING
        found = self._given(_of_map(base.path, _literal(which)))
        if name == "TryGetValue":
            for each in nodes[1:]:
                self._out(each, found)
            return ((Hole(),),)
        # The default counts where nothing is there.
        return _either(found, *(self.text(each) for each in nodes[1:]))

    def _of_string(self, name: str, arguments: Node) -> tuple[Option, ...]:
        given = self._arguments(arguments, ())
        if name in _TELLING_NOTHING:
            return ((Hole(),),)
        if name == "Concat":
            return _joined(*given) if given else _NOTHING
        template = _literal(given[0]) if name == "Format" and given else None
        if template is not None:
            parts: list[tuple[Option, ...]] = []
            for position, piece in enumerate(re.split(r"\{(\d+)[^}]*\}", template)):
                if position % 2 == 0:
                    parts.append(((piece,),))
                else:
                    index = int(piece) + 1
                    parts.append(given[index] if index < len(given) else _NOTHING)
            return _joined(*parts)
        return _hole(*given)

    def _arguments(self, arguments: Node, receiver: tuple[Option, ...]) -> list[tuple[Option, ...]]:
        """What a call is given; functions in it take their parameters from what they are called on.

        An `out` argument carries what the call was given.
        """
        found: list[tuple[Option, ...]] = []
        nodes = [each for each in arguments.named_children if each.type == "argument"]
        for each in nodes:
            for function in _descendants(each, "lambda_expression", "anonymous_method_expression"):
                parameters = function.child_by_field_name("parameters")
                if parameters is not None:
                    for name in re.findall(r"[A-Za-z_]\w*", self.syntax.text(parameters)):
                        self._assign(name, _hole(receiver))
                break
            found.append(self.text(each))
        for each in nodes:
            self._out(each, _hole(receiver, *found))
        return found

    def _out(self, argument: Node, value: tuple[Option, ...]) -> None:
        text = self.syntax.text(argument).strip()
        if text.startswith(("out ", "ref ")):
            self._assign(re.findall(r"[A-Za-z_]\w*", text)[-1], value)


def _descendants(node: Node, *types: str) -> Iterable[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type in types:
            yield each
        waiting.extend(reversed(each.named_children))


def _literal(options: tuple[Option, ...]) -> str | None:
    """The one text that something is, if that is known."""
    if len(options) != 1 or not all(isinstance(piece, str) for piece in options[0]):
        return None
    return "".join(str(piece) for piece in options[0])


def _of_map(path: tuple[str, ...], name: str | None) -> frozenset[Origin]:
    """What an entry of one of the maps in `context` gives."""
    if path and path[-1] == "Headers":
        if path[0] == "Response":
            return frozenset()
        return frozenset({Origin("header", name.lower() if name is not None else None)})
    if path and path[-1] == "Query":
        return frozenset({Origin("query", name.lower() if name is not None else None)})
    if path == ("Variables",):
        return frozenset({Origin("variable", name)})
    return _of_object(path)


def _of_object(path: tuple[str, ...]) -> frozenset[Origin]:
    """What a member of `context` carries as a whole."""
    if not path:
        return _WHOLE_CONTEXT
    if path[0] == "Variables":
        return frozenset({Origin("variable")})
    if path[0] == "Subscription":
        return frozenset({Origin("key")})
    if path[0] in ("Product", "User"):
        return frozenset({Origin("user")})
    if path[0] != "Request":
        return frozenset() if path[0] in _HARMLESS else _WHOLE_CONTEXT
    if len(path) == 1:
        return _WHOLE_REQUEST
    member = path[1]
    if member == "Headers":
        return frozenset({Origin("header")})
    if member in ("Url", "OriginalUrl"):
        if len(path) > 2 and path[2] in ("Host", "Path", "Port", "Scheme"):
            return frozenset({Origin("caller")})
        kind: SourceKind = "query" if len(path) > 2 and path[2] == "Query" else "url"
        return frozenset({Origin(kind)})
    if member == "Certificate":
        return frozenset({Origin("certificate")})
    if member == "IpAddress":
        return frozenset({Origin("address")})
    if member in ("Method", "Id"):
        return frozenset({Origin("method")})
    return frozenset({Origin("caller")})


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{1,4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(text: str) -> str:
    """The content of a literal text with its escapes put back."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: (
            chr(int(found[1][1:], 16))
            if found[1][0] in "ux" and len(found[1]) > 1
            else _ESCAPES.get(found[1], found[1])
        ),
        text,
    )
