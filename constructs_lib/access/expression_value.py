"""What a policy expression gives for a request that is imagined, as far as it is understood.

Where `expression_flow` says what a result is made of, this says what it is: constants are folded,
the claims of the imagined token are looked up, and what the caller may choose is left free. It
reads the C# that checks of tokens are written in; of anything else it says that it is not
understood.

Source: Learn, "API Management policy expressions", `context`, `Jwt` and the types that are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from constructs_lib.access.expression_flow import unescaped
from constructs_lib.access.expression_methods import (
    FREE,
    OF_LISTS,
    OF_TEXTS,
    OPERATORS,
    STATIC,
    THROWN,
    UNCLEAR,
    Function,
    NotUnderstoodError,
    Path,
    Rest,
    ThrownError,
    Unknown,
    Value,
    equal,
    known,
    opposite,
)
from constructs_lib.access.imagined import FORGED, IMAGINED, SENT_TOKEN, Imagined
from constructs_lib.access.policy_document import HOLE
from constructs_lib.policy.csharp import Syntax, parse

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class SentToken:
    """The token that the caller sent."""


@dataclass(frozen=True, slots=True)
class Given:
    """What an expression can look at besides the request.

    Attributes:
        variables: What variables hold that policies set, by their names: a value for each of
            `IMAGINED`.
        headers: What headers hold that policies set or take away, by their names in lower case.
    """

    variables: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    headers: tuple[tuple[str, Value], ...] = ()


@lru_cache(maxsize=4096)
def values_of(expression: str, given: Given) -> tuple[Value, ...]:
    """The value of an expression for each of `IMAGINED`."""
    syntax = parse(expression)
    if syntax is None:
        return (UNCLEAR,) * len(IMAGINED)
    readers = [_Reader(syntax, given, position) for position in range(len(IMAGINED))]
    first = readers[0].result()
    # What looks at nothing in which the requests differ is the same for all of them.
    others = (each.result() for each in readers[1:]) if readers[0].looked else ()
    return (first, *others) if readers[0].looked else (first,) * len(IMAGINED)


def truths_of(condition: str, given: Given) -> tuple[bool | Unknown, ...]:
    """Whether a condition is met, for each of `IMAGINED`."""
    text = condition.strip()
    if not text.startswith("@"):
        return ({"true": True, "false": False}.get(text.lower(), UNCLEAR),) * len(IMAGINED)
    found = values_of(text, given)
    return tuple(each if isinstance(each, (bool, Unknown)) else UNCLEAR for each in found)


@dataclass(frozen=True, slots=True)
class _Map:
    """A dictionary: the claims of the token, the headers or the variables."""

    kind: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the claims."""

    key: Value
    value: Value


_Names = dict[str, Value]
_MAXIMUM_STEPS = 4000


class _Reader:
    """Reads one expression for one of `IMAGINED`.

    Attributes:
        looked: Whether it has looked at something in which those differ.
    """

    def __init__(self, syntax: Syntax, given: Given, position: int) -> None:
        self.syntax = syntax
        self.given = given
        self.position = position
        self.looked = False
        self.steps = 0

    @property
    def request(self) -> Imagined:
        """The request."""
        self.looked = True
        return IMAGINED[self.position]

    def result(self) -> Value:
        """The value of the expression."""
        try:
            found = self.block(self.syntax.body.named_children, {})
        except ThrownError:
            return THROWN
        except (NotUnderstoodError, RecursionError):
            return UNCLEAR
        except (AttributeError, LookupError, TypeError, ValueError):
            # C# would not compile it.
            return UNCLEAR
        return UNCLEAR if isinstance(found, (Path, Function, _Map, _Entry, Rest)) else found

    # Statements ---------------------------------------------------------------------------------

    def block(self, statements: Sequence[Node | tuple[str, Value]], names: _Names) -> Value:
        """What statements return; where a condition is not known, both ways are followed."""
        for position, each in enumerate(statements):
            rest = statements[position + 1 :]
            if isinstance(each, tuple):
                names[each[0]] = each[1]
                continue
            kind = each.type
            if kind == "return_statement":
                return self.value(each.named_children[0], names) if each.named_children else None
            if kind == "throw_statement":
                raise ThrownError
            if kind == "block":
                return self.block([*each.named_children, *rest], names)
            if kind == "if_statement":
                condition = self.value(_field(each, "condition"), names)
                found = [each.child_by_field_name(one) for one in ("consequence", "alternative")]
                then, otherwise = ([*([one] if one else []), *rest] for one in found)
                return self._either(condition, names, then, otherwise)
            if kind == "foreach_statement":
                return self._loop(each, rest, names)
            self._plain(each, names)
        return None

    def _plain(self, statement: Node, names: _Names) -> None:
        """A statement that is followed by the next one whatever it does."""
        if statement.type == "local_declaration_statement":
            for each in statement.named_children[0].named_children:
                if each.type == "variable_declarator":
                    name, *value = each.named_children
                    names[self.syntax.text(name)] = self.value(value[-1], names) if value else None
        elif statement.type == "expression_statement":
            self.value(statement.named_children[0], names)
        elif statement.type not in ("empty_statement", "comment"):
            raise NotUnderstoodError

    def _either(
        self,
        condition: Value,
        names: _Names,
        then: Sequence[Node | tuple[str, Value]],
        otherwise: Sequence[Node | tuple[str, Value]],
    ) -> Value:
        if isinstance(condition, bool):
            return self.block(then if condition else otherwise, names)
        ways = [_caught(lambda way=way: self.block(way, dict(names))) for way in (then, otherwise)]
        return _joined(condition, *ways)

    def _loop(self, loop: Node, rest: Sequence[Node | tuple[str, Value]], names: _Names) -> Value:
        name, body = self.syntax.text(_field(loop, "left")), _field(loop, "body")
        items = self._items(self.value(_field(loop, "right"), names))
        if isinstance(items, Unknown):
            return self._either(items, names, [(name, items), body, *rest], rest)
        unrolled = [part for item in items for part in ((name, item), body)]
        return self.block([*unrolled, *rest], names)

    # Expressions --------------------------------------------------------------------------------

    def value(self, node: Node, names: _Names) -> Value:
        """The value of an expression."""
        self.steps += 1
        read = getattr(self, f"_{node.type}", None)
        if read is None or self.steps > _MAXIMUM_STEPS:
            raise NotUnderstoodError
        return read(node, names)

    def _string_literal(self, node: Node, _: _Names) -> Value:
        return unescaped(self.syntax.text(node)[1:-1])

    _character_literal = _string_literal

    def _verbatim_string_literal(self, node: Node, _: _Names) -> Value:
        return self.syntax.text(node)[2:-1].replace('""', '"')

    def _boolean_literal(self, node: Node, _: _Names) -> Value:
        return self.syntax.text(node) == "true"

    def _null_literal(self, _node: Node, _: _Names) -> Value:
        return None

    def _integer_literal(self, node: Node, _: _Names) -> Value:
        text = self.syntax.text(node)
        return int(text) if text.isdecimal() else UNCLEAR

    def _identifier(self, node: Node, names: _Names) -> Value:
        name = self.syntax.text(node)
        return names[name] if name in names else Path((name,))

    _predefined_type = _identifier

    def _parenthesized_expression(self, node: Node, names: _Names) -> Value:
        return self.value(_inner(node)[0], names)

    _checked_expression = _parenthesized_expression

    def _cast_expression(self, node: Node, names: _Names) -> Value:
        value = self.value(_field(node, "value"), names)
        kind = self.syntax.text(_field(node, "type")).lower()
        if not isinstance(value, (str, bool)):
            return value
        return value if kind in _KINDS[type(value)] else UNCLEAR

    def _as_expression(self, node: Node, names: _Names) -> Value:
        return self.value(_inner(node)[0], names)

    def _prefix_unary_expression(self, node: Node, names: _Names) -> Value:
        if not self.syntax.text(node).startswith("!"):
            raise NotUnderstoodError
        return opposite(_plain_value(self.value(_inner(node)[0], names)))

    def _binary_expression(self, node: Node, names: _Names) -> Value:
        sign = self.syntax.text(_field(node, "operator"))
        left = self._or_unclear(_field(node, "left"), names)
        right = _field(node, "right")
        if sign in ("&&", "||"):
            return self._logical(left, right, names, ends=sign == "||")
        if sign == "??":
            if isinstance(left, Unknown):
                other = _caught(lambda: self.value(right, names))
                return _joined(left, left, other)
            return self.value(right, names) if left is None else left
        other = _plain_value(self.value(right, names))
        if sign in ("==", "!="):
            return equal(left, other) if sign == "==" else opposite(equal(left, other))
        return known((left, other), lambda: OPERATORS[sign](left, other))

    def _or_unclear(self, node: Node, names: _Names) -> Value:
        """A side of an operator, of which the other side may decide."""
        try:
            return _plain_value(self.value(node, names))
        except NotUnderstoodError:
            return UNCLEAR

    def _logical(self, left: Value, right: Node, names: _Names, *, ends: bool) -> Value:
        """`&&` and `||`, which end where the left side decides."""
        if left is ends:
            return ends
        if isinstance(left, bool):
            return _plain_value(self.value(right, names))
        other = _caught(lambda: _plain_value(self.value(right, names)))
        return ends if other is ends else _joined(left, ends, other)

    def _conditional_expression(self, node: Node, names: _Names) -> Value:
        condition = _plain_value(self.value(_field(node, "condition"), names))
        branches = [_field(node, one) for one in ("consequence", "alternative")]
        if isinstance(condition, bool):
            return self.value(branches[0 if condition else 1], names)
        found = [_caught(lambda one=one: self.value(one, names)) for one in branches]
        return _joined(condition, *found)

    def _is_pattern_expression(self, node: Node, names: _Names) -> Value:
        pattern = self.syntax.text(_field(node, "pattern")).split()
        if pattern not in (["null"], ["not", "null"]):
            raise NotUnderstoodError
        found = equal(_plain_value(self.value(_inner(node)[0], names)), None)
        return found if len(pattern) == 1 else opposite(found)

    def _assignment_expression(self, node: Node, names: _Names) -> Value:
        left = _field(node, "left")
        if left.type != "identifier" or self.syntax.text(_field(node, "operator")) != "=":
            raise NotUnderstoodError
        found = self.value(_field(node, "right"), names)
        names[self.syntax.text(left)] = found
        return found

    def _interpolated_string_expression(self, node: Node, names: _Names) -> Value:
        found = ""
        for each in node.named_children:
            if each.type == "interpolation":
                inner = [one for one in each.named_children if "brace" not in one.type]
                value = _plain_value(self.value(inner[0], names)) if len(inner) == 1 else UNCLEAR
                if not isinstance(value, str):
                    return value if isinstance(value, Unknown) else UNCLEAR
                found += value
            elif each.type in ("string_content", "interpolated_string_text", "escape_sequence"):
                found += unescaped(self.syntax.text(each))
        return found

    def _initializer_expression(self, node: Node, names: _Names) -> Value:
        return tuple(_plain_value(self.value(each, names)) for each in _inner(node))

    def _implicit_array_creation_expression(self, node: Node, names: _Names) -> Value:
        return self.value(_inner(node)[-1], names)

    _array_creation_expression = _implicit_array_creation_expression

    def _object_creation_expression(self, node: Node, names: _Names) -> Value:
        kind = self.syntax.text(_field(node, "type")).partition("<")[0]
        if kind.rpartition(".")[2] not in ("List", "HashSet"):
            raise NotUnderstoodError
        found: tuple[Value, ...] = ()
        arguments, given = (node.child_by_field_name(one) for one in ("arguments", "initializer"))
        for each in _inner(arguments) if arguments is not None else ():
            items = self._items(self.value(_inner(each)[-1], names))
            if isinstance(items, Unknown):
                return items
            found += items
        return found + (self.value(given, names) if given is not None else ())

    def _lambda_expression(self, node: Node, names: _Names) -> Value:
        parameter, body = self.syntax.text(_field(node, "parameters")), _field(node, "body")
        if not parameter.strip("() ").isidentifier():
            raise NotUnderstoodError

        def call(item: Value) -> Value:
            inner = {**names, parameter.strip("() "): item}
            if body.type == "block":
                return self.block(body.named_children, inner)
            return _plain_value(self.value(body, inner))

        return Function(call)

    # Members, indices, methods ------------------------------------------------------------------

    def _member_access_expression(self, node: Node, names: _Names) -> Value:
        base = self.value(_field(node, "expression"), names)
        return self._member(base, self.syntax.text(_field(node, "name")))

    def _conditional_access_expression(self, node: Node, names: _Names) -> Value:
        first, *bindings = _inner(node)
        found = self.value(first, names)
        for each in bindings:
            if found is None:
                return None
            found = self._bound(found, each, names)
        return found

    def _bound(self, base: Value, node: Node, names: _Names) -> Value:
        """What follows `?.`, which may go on with further members and calls."""
        if node.type == "member_binding_expression":
            return self._member(base, self.syntax.text(_inner(node)[-1]))
        if node.type == "element_binding_expression":
            return self._element(base, [self.value(_inner(one)[-1], names) for one in _inner(node)])
        if node.type == "invocation_expression":
            function, arguments = _field(node, "function"), _field(node, "arguments")
            inner = _inner(function)
            if function.type == "member_access_expression":
                base = self._bound(base, inner[0], names)
            elif function.type != "member_binding_expression":
                raise NotUnderstoodError
            return self._called(base, self._name(inner[-1]), arguments, names)
        if node.type == "member_access_expression":
            inner = _inner(node)
            return self._member(self._bound(base, inner[0], names), self.syntax.text(inner[-1]))
        if node.type == "element_access_expression":
            found = self._bound(base, _field(node, "expression"), names)
            subscript = _inner(_field(node, "subscript"))
            return self._element(found, [self.value(_inner(one)[-1], names) for one in subscript])
        if node.type == "conditional_access_expression":
            for each in _inner(node):
                if base is None:
                    return None
                base = self._bound(base, each, names)
            return base
        raise NotUnderstoodError

    def _name(self, node: Node) -> str:
        return self.syntax.text(node).partition("<")[0].strip()

    def _member(self, base: Value, name: str) -> Value:
        if base is None:
            raise ThrownError
        if isinstance(base, Path):
            path = (*base.path, name)
            kind = _MAPS.get(path)
            return _Map(kind) if kind is not None else Path(path)
        if isinstance(base, SentToken):
            if name == "Audiences":
                return (self._claim("aud"),) if "aud" in self.request.known else FREE
            return _Map("claims") if name == "Claims" else FREE
        if isinstance(base, _Entry):
            return {"Key": base.key, "Value": base.value}.get(name, UNCLEAR)
        if isinstance(base, _Map):
            if base.kind == "claims" and name in ("Keys", "Values"):
                part = [each.key if name == "Keys" else each.value for each in self._entries()]
                return tuple(part)
            return UNCLEAR if base.kind == "variables" else FREE
        if name in ("Length", "Count"):
            return known((base,), lambda: len(base))
        return base if isinstance(base, Unknown) else UNCLEAR

    def _element_access_expression(self, node: Node, names: _Names) -> Value:
        base = self.value(_field(node, "expression"), names)
        subscript = _inner(_field(node, "subscript"))
        return self._element(base, [self.value(_inner(one)[-1], names) for one in subscript])

    def _element(self, base: Value, arguments: list[Value]) -> Value:
        index = arguments[0]
        if isinstance(base, _Map):
            found = self._looked_up(base, index)
            if found is _MISSING:
                raise ThrownError
            # Of a claim and of a header there may be several, so their entries are lists.
            lists = base.kind != "variables" and not isinstance(found, Unknown)
            return (found,) if lists else found
        if base is None:
            raise ThrownError
        held: Value = base
        if isinstance(base, (str, tuple)) and isinstance(index, int):
            if not 0 <= index < len(held):
                raise ThrownError
            return held[index]
        return _plain_value(base) if isinstance(_plain_value(base), Unknown) else UNCLEAR

    def _looked_up(self, map: _Map, name: Value) -> Value:
        """What an entry of a map holds, a text where there are several."""
        if not isinstance(name, str) or HOLE in name:
            return name if isinstance(name, Unknown) else UNCLEAR
        if map.kind == "variables":
            return self._variable(name)
        if map.kind == "claims":
            return self._claim(name)
        held = dict(self.given.headers)
        if name.lower() in held:
            return held[name.lower()]
        if name.lower() == "authorization":
            return f"Bearer {SENT_TOKEN}"
        return self.request.origin or FREE if name.lower() == "origin" else FREE

    def _variable(self, name: str) -> Value:
        values = dict(self.given.variables).get(name)
        if values is None:
            # What nobody validates is not there to be looked at either, which is no refusal.
            return FREE if self.request is FORGED else _MISSING
        self.looked |= any(each is not values[0] for each in values)
        return values[self.position]

    def _claim(self, name: str) -> Value:
        known = self.request.known
        found = known.get(name, FREE)
        return _MISSING if found is None else found

    def _entries(self) -> tuple[_Entry, ...]:
        known = self.request.known
        found = [_Entry(name, (text,)) for name, text in known.items() if text is not None]
        return (*found, _Entry(Rest(frozenset(known)), FREE))

    def _items(self, value: Value) -> tuple[Value, ...] | Unknown:
        """What is in a list."""
        value = _plain_value(value)
        if isinstance(value, _Map) and value.kind == "claims":
            return self._entries()
        listed: Value = value
        return listed if isinstance(value, (tuple, Unknown)) else UNCLEAR

    def _invocation_expression(self, node: Node, names: _Names) -> Value:
        function, arguments = _field(node, "function"), _field(node, "arguments")
        if function.type == "member_access_expression":
            base = self.value(_field(function, "expression"), names)
            return self._called(base, self._name(_field(function, "name")), arguments, names)
        if function.type == "conditional_access_expression":
            first, binding = _inner(function)
            base = self.value(first, names)
            if base is None:
                return None
            if binding.type == "member_access_expression":
                inner = _inner(binding)
                base = self._bound(base, inner[0], names)
                return self._called(base, self._name(inner[-1]), arguments, names)
            return self._called(base, self._name(_inner(binding)[-1]), arguments, names)
        raise NotUnderstoodError

    def _called(self, base: Value, name: str, arguments: Node, names: _Names) -> Value:
        nodes = [each for each in _inner(arguments) if each.type == "argument"]
        outs = {
            each: self.syntax.text(each).split()[-1]
            for each in nodes
            if self.syntax.text(each).startswith("out ")
        }
        given = [
            _plain_value(self.value(_inner(each)[-1], names)) for each in nodes if each not in outs
        ]
        if base is None:
            raise ThrownError
        if isinstance(base, _Map) and name in ("GetValueOrDefault", "TryGetValue", "ContainsKey"):
            found = self._looked_up(base, given[0])
            if name == "GetValueOrDefault":
                return (given[1] if len(given) > 1 else None) if found is _MISSING else found
            for each in outs.values():
                names[each] = (
                    None
                    if found is _MISSING
                    else (
                        found
                        if isinstance(found, Unknown) or base.kind == "variables"
                        else (found,)
                    )
                )
            return found if isinstance(found, Unknown) else found is not _MISSING
        if name in ("AsJwt", "TryParseJwt"):
            token = self._token(_plain_value(base))
            for each in outs.values():
                names[each] = token
            return token if name == "AsJwt" else (True if token == SentToken() else token)
        if outs:
            raise NotUnderstoodError
        if isinstance(base, Path) and base.path[0] != "context":
            static = STATIC.get((base.path[-1].lower(), name))
            if static is None:
                raise NotUnderstoodError
            return known(given, lambda: static(given))
        if isinstance(base, _Map) and base.kind == "claims":
            base = self._entries()
        return self._method(_plain_value(base), name, given)

    def _token(self, text: Value) -> Value:
        if isinstance(text, str):
            return SentToken() if SENT_TOKEN in text else UNCLEAR
        return text if isinstance(text, Unknown) else UNCLEAR

    def _method(self, base: Value, name: str, given: list[Value]) -> Value:
        if name in ("Contains", "StartsWith", "EndsWith") and given[:1] == [""] and base is FREE:
            return True
        if name in ("ToString", "ToList", "ToArray", "AsEnumerable") and not given:
            return str(base) if isinstance(base, bool) else base
        if isinstance(base, Unknown):
            return UNCLEAR if UNCLEAR in given else base
        methods = OF_LISTS if isinstance(base, tuple) else OF_TEXTS
        method = methods.get(name)
        if method is None or not isinstance(base, (str, tuple)):
            if name == "Equals" and len(given) == 1:
                return equal(base, given[0])
            raise NotUnderstoodError
        if isinstance(base, tuple) and name == "Contains" and UNCLEAR not in given:
            return method(base, given)
        return known(given, lambda: method(base, given))


# Values -----------------------------------------------------------------------------------------

_MISSING = object()
_KINDS = {str: ("string", "object"), bool: ("bool", "boolean", "object")}
_MAPS: dict[tuple[str, ...], str] = {
    ("context", "Request", "Headers"): "headers",
    ("context", "Variables"): "variables",
}


def _field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    if found is None:
        raise NotUnderstoodError
    return found


def _inner(node: Node) -> list[Node]:
    return [each for each in node.named_children if each.type != "comment"]


def _caught(read: Callable[[], Value]) -> Value:
    """A value that is needed on some ways only, on which it may fail."""
    try:
        return read()
    except ThrownError:
        return THROWN
    except NotUnderstoodError:
        return UNCLEAR


def _plain_value(value: Value) -> Value:
    """A value; what is looked up at `context` otherwise may hold anything."""
    return FREE if isinstance(value, Path) and value.path[0] == "context" else value


def _joined(condition: Value, one: Value, other: Value) -> Value:
    """What is left where a condition, which is not known, decides between two values."""
    if type(one) is type(other) and one == other:
        return one
    if UNCLEAR in (condition, one, other) or not isinstance(condition, Unknown):
        return UNCLEAR
    # Whoever calls avoids what fails.
    return other if one is THROWN else one if other is THROWN else FREE
