"""Values of Terraform JSON: literals, references, and text with references in it.

A value that Terraform computes is compared symbolically, so an expression is reduced to the parts
that it is made of: text, references to resource attributes, and whatever cannot be reduced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias, cast


class Reference(NamedTuple):
    """An attribute that is known only after apply, or is managed elsewhere.

    Attributes:
        stack: The stack that `address` is in.
        address: Address of a resource or data source, or `var.NAME` without a default.
        path: The way to the attribute, without the `[0]` of single blocks.
        created: Whether the configuration creates the resource, so that nobody can know it before.
        new: Whether it surely does not exist yet, as a plan says. A configuration says nothing of
            it: what it makes may have been applied before.
    """

    stack: str
    address: str
    path: tuple[str | int, ...]
    created: bool
    new: bool = False


class Opaque(NamedTuple):
    """A part that cannot be reduced: a function call, or text that is known only after apply.

    Attributes:
        text: The expression, or words that say why there is none.
        references: What it is computed from.
        known: Whether equal text means an equal value.
        given: What the names in the text stand for: `each.key` differs from instance to instance.
    """

    text: str
    references: tuple[Reference, ...] = ()
    known: bool = True
    given: tuple[str, ...] = ()


class Term(NamedTuple):
    """A value with at least one part that is not literal."""

    parts: tuple[str | Reference | Opaque, ...]


Value: TypeAlias = "bool | int | float | str | Term | list[Value] | dict[str, Value] | None"
Resolve: TypeAlias = Callable[[tuple["str | int | None", ...]], Value]
ReadFile: TypeAlias = Callable[[Value], "str | Term"]

_MAXIMUM_DEPTH = 40


def evaluate(
    text: str,
    lookup: Resolve,
    read_file: ReadFile | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Value:
    """The value of a string of Terraform JSON, which is a template.

    Args:
        text: The string with its `${…}`, as written.
        lookup: Gives the value of a traversal such as `("azurerm_x", "y", "identity", 0, "id")`,
            in which None stands for an index that is not literal.
        read_file: Gives the text of a file, or words that say why it is not read.
        functions: What may be called, where it is not Terraform's functions for values.
    """
    if "${" not in text and "%{" not in text:
        return text
    try:
        known = _FUNCTIONS if functions is None else functions
        return _ExpressionParser(text, lookup, read_file, known).template()
    except (_Unreadable, RecursionError):
        return Term((Opaque(text),))


def text_of(value: Value) -> str:
    """A value as a reader would write it; references as `${…}`."""
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Term):
        return "".join(_part_text(part) for part in value.parts)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text_of(item)}" for key, item in value.items()) + "}"
    return str(value)


def references_in(value: Value) -> tuple[Reference, ...]:
    """Every reference that a value is made of."""
    if isinstance(value, Term):
        found: list[Reference] = []
        for part in value.parts:
            if isinstance(part, Reference):
                found.append(part)
            elif isinstance(part, Opaque):
                found.extend(part.references)
        return tuple(found)
    if isinstance(value, list):
        return tuple(reference for item in value for reference in references_in(item))
    if isinstance(value, dict):
        return tuple(reference for item in value.values() for reference in references_in(item))
    return ()


def join(values: Sequence[Value]) -> Value:
    """What a template makes of its parts."""
    parts: list[str | Reference | Opaque] = []
    for value in values:
        new: Sequence[str | Reference | Opaque]
        if isinstance(value, Term):
            new = value.parts
        elif value is None or isinstance(value, (list, dict)):
            new = (Opaque(text_of(value), references_in(value)),)
        else:
            new = (text_of(value),)
        for part in new:
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return Term(tuple(parts))


def sole_reference(value: Value) -> Reference | None:
    """The reference that a value is, if it is one and nothing else."""
    if isinstance(value, Term) and len(value.parts) == 1 and isinstance(value.parts[0], Reference):
        return value.parts[0]
    return None


def same(one: Value, other: Value) -> bool | None:
    """Whether two values agree; None when that cannot be told before apply.

    Two literals agree when they are equal. References agree when they lead to the same attribute.
    A literal and an attribute that Terraform is still to compute do not agree: nobody can have
    written down an id that does not exist. Of what may exist already, an id may be written out, and
    what is managed elsewhere may be anything.
    """
    if isinstance(one, (list, dict)) or isinstance(other, (list, dict)):
        return one == other
    if not isinstance(one, Term) and not isinstance(other, Term):
        return _plain(one) == _plain(other)
    if one == other:
        parts = cast(Term, one).parts
        return None if any(isinstance(p, Opaque) and not p.known for p in parts) else True
    if _settled(one) and _settled(other):
        return None if _may_be_written_out(one, other) else False
    return None


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IDS = frozenset({"client_id", "application_id", "principal_id", "object_id", "tenant_id"})


def _may_be_written_out(one: Value, other: Value) -> bool:
    """Whether a literal may be the id of something that was applied before."""
    text, reference = (one, sole_reference(other)) if isinstance(one, str) else (other, None)
    if reference is None:
        reference = sole_reference(one)
    if not isinstance(text, str) or reference is None or reference.new or not reference.path:
        return False
    if reference.path[-1] == "id":
        return text.startswith("/") or _UUID.fullmatch(text.strip()) is not None
    return reference.path[-1] in _IDS and _UUID.fullmatch(text.strip()) is not None


def _plain(value: Value) -> str:
    # Ids are compared without regard to case: Entra and Easy Auth print them in lower case.
    return text_of(value).strip().lower()


def _settled(value: Value) -> bool:
    """Whether a value is literal or comes from resources that this configuration creates."""
    return not isinstance(value, Term) or all(
        isinstance(part, str) or (isinstance(part, Reference) and part.created)
        for part in value.parts
    )


def _part_text(part: str | Reference | Opaque) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Opaque):
        return part.text
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in part.path)
    return f"${{{part.address}{path}}}"


class _Unreadable(Exception):
    """The expression is not one that this reader follows."""


_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MARKS = re.compile(r"\$\$?\{|%%?\{")
_QUOTED = re.compile(r'\$\$?\{|%%?\{|["\\]')
_BLANK = re.compile(r"\s*")
_PATH = re.compile(r"\$\{([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\d+\])+)\}")


class _ExpressionParser:
    """Reads the part of the expression language that wiring is written in, and evaluates it."""

    def __init__(
        self,
        text: str,
        lookup: Resolve,
        read_file: ReadFile | None,
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        self.text = text
        self.functions = functions
        self.at = 0
        self.lookup = lookup
        self.read_file = read_file
        self.depth = 0

    def template(self, end: str = "") -> Value:
        """Text with `${…}`, up to `end`, or the end of the text."""
        values: list[Value] = []
        literal: list[str] = []
        text = self.text
        special = _QUOTED if end else _MARKS
        while True:
            mark = special.search(text, self.at)
            position = mark.start() if mark else len(text)
            if position > self.at:
                literal.append(text[self.at : position])
                self.at = position
            if end and text.startswith(end, self.at):
                self.at += len(end)
                break
            if self.at >= len(text):
                if end:
                    raise _Unreadable
                break
            if text.startswith(("$${", "%%{"), self.at):
                literal.append(text[self.at + 1 : self.at + 3])
                self.at += 3
            elif text.startswith("${", self.at):
                values.append("".join(literal))
                literal.clear()
                values.append(self._interpolation())
            elif text.startswith("%{", self.at):
                raise _Unreadable
            else:
                literal.append(self._escape())
        values.append("".join(literal))
        told = [value for value in values if value != ""]
        return told[0] if len(told) == 1 else join(told)

    def _interpolation(self) -> Value:
        start = self.at
        try:
            path = _PATH.match(self.text, start)
            if path is not None:  # As nearly all of them are.
                self.at = path.end()
                steps = path[1].replace("[", ".").replace("]", "").split(".")
                return self.lookup(tuple(int(s) if s.isdecimal() else s for s in steps))
            self.at += 2
            if self._character() == "~":
                self.at += 1
            value = self.expression()
            if self._character() == "~":
                self.at += 1
            self._expect("}")
        except _Unreadable:
            self.at, mentions = _skimmed(self.text, start)
            values = [self.lookup(steps) for steps in mentions]
            references = tuple(r for value in values for r in references_in(value))
            given = tuple(text_of(value) for value in values)
            return Term((Opaque(self.text[start : self.at], references, given=given),))
        return value

    def _escape(self) -> str:
        escaped = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        return {"n": "\n", "t": "\t", "r": "\r"}.get(escaped, escaped)

    def expression(self) -> Value:
        value = self._conditional()
        if self._character() not in (",", "]", "}", ")", "~", ":", ""):
            raise _Unreadable
        return value

    def _conditional(self) -> Value:
        self.depth += 1
        if self.depth > _MAXIMUM_DEPTH:
            raise _Unreadable
        value = self._operation()
        if self._character() == "?":
            self.at += 1
            when_true = self.expression()
            self._expect(":")
            when_false = self.expression()
            value = when_true if _truth(value) else when_false
        self.depth -= 1
        return value

    def _operation(self, level: int = 0) -> Value:
        if level == len(_OPERATORS):
            return self._operand()
        value = self._operation(level + 1)
        while True:
            self._character()
            sign = self.text[self.at : self.at + 2]
            operator = _OPERATORS[level].get(sign)
            if operator is None:
                return value
            self.at += 2
            value = operator(value, self._operation(level + 1))

    def _operand(self) -> Value:
        negations = 0
        while self._character() == "!":
            negations += 1
            self.at += 1
        value = self._primary()
        return value if not negations else _truth(value) is (negations % 2 == 0)

    def _primary(self) -> Value:
        character = self._character()
        if character == "(":
            self.at += 1
            value = self.expression()
            self._expect(")")
            return self._part(value)
        if character == '"':
            self.at += 1
            return self.template('"')
        if character in ("[", "{"):
            self.at += 1
            end = "]" if character == "[" else "}"
            self._character()
            loop = _FOR.match(self.text, self.at)
            if loop is not None:
                self.at = loop.end()
                return self._part(self._for(loop["names"].replace(",", " ").split(), end))
            return self._part(self._items(end) if end == "]" else self._object())
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return float(number[0]) if "." in number[0] else int(number[0])
        name = self._identifier()
        if name in ("true", "false", "null"):
            return {"true": True, "false": False}.get(name)
        if self._character() == "(":
            self.at += 1
            return self._part(self._call(name, self._items(")")))
        return self.lookup((name, *self._steps()))

    def _items(self, end: str) -> list[Value]:
        items: list[Value] = []
        while self._character() != end:
            items.append(self.expression())
            if self._character() == ",":
                self.at += 1
            elif self._character() != end:
                raise _Unreadable
        self.at += 1
        return items

    def _object(self) -> dict[str, Value]:
        """An object, whose entries end with a comma or the line."""
        found: dict[str, Value] = {}
        while self._character() != "}":
            if self._character() == '"':
                self.at += 1
                name = self.template('"')
            elif self._character() == "(":
                self.at += 1
                name = self.expression()
                self._expect(")")
            else:
                name = self._identifier()
            if self._character() not in ("=", ":") or not isinstance(name, str):
                raise _Unreadable
            self.at += 1
            found[name] = self._conditional()
            if self._character() == ",":
                self.at += 1
            elif self._character() != "}":
                before = self.text[: self.at]
                if "\n" not in before[len(before.rstrip()) :]:
                    raise _Unreadable
        self.at += 1
        return found

    def _for(self, names: list[str], end: str) -> Value:
        """What a `for` expression makes of each item of what is known."""
        collection = self._conditional()
        self._expect(":")
        if isinstance(collection, list):
            entries: list[tuple[Value, Value]] = list(enumerate(collection))
        elif isinstance(collection, dict):
            entries = list(collection.items())
        else:
            raise _Unreadable
        outer = self.lookup
        try:
            made = self._each(names, entries, end, outer)
        finally:
            self.lookup = outer
        if end == "]":
            return [value for _, value in made]
        if any(name is None or isinstance(name, (Term, list, dict)) for name, _ in made):
            raise _Unreadable  # No name, or none that is known.
        return {text_of(name): value for name, value in made}

    def _each(
        self, names: list[str], entries: list[tuple[Value, Value]], end: str, outer: Resolve
    ) -> list[tuple[Value, Value]]:
        """Name and value of each entry that a `for` expression makes."""
        start, made = self.at, list[tuple[Value, Value]]()
        # Of nothing it is read once all the same, to see where it ends.
        for key, item in entries or [(_ANY, _ANY)]:
            self.at = start
            bound = dict(zip(reversed(names), (item, key), strict=False))
            self.lookup = partial(_bound_or, bound, outer)
            name = value = self._conditional()
            if end == "}":
                self._expect("=")
                self._expect(">")
                value = self._conditional()
            kept = bool(entries)
            if self._character() == "i":
                self._expect("i")
                self._expect("f")
                condition = self._conditional()
                kept = kept and _truth(condition)
            self._expect(end)
            if kept:
                made.append((name, value))
        return made

    def _part(self, value: Value) -> Value:
        """A value, or the part of it that the steps after it name: `split(" ", text)[0]`."""
        return _bound_or({"": value}, self.lookup, ("", *self._steps()))

    def _steps(self) -> list[str | int | None]:
        """The attributes and indexes that follow."""
        steps: list[str | int | None] = []
        while True:
            character = self.text[self.at : self.at + 1]
            if character == ".":
                self.at += 1
                number = _NUMBER.match(self.text, self.at)
                if number:
                    self.at = number.end()
                    steps.append(int(float(number[0])))
                elif self._character() == "*":
                    raise _Unreadable
                else:
                    steps.append(self._identifier())
            elif character == "[":
                self.at += 1
                if self._character() == "*":
                    raise _Unreadable
                index = self.expression()
                self._expect("]")
                steps.append(index if isinstance(index, (str, int)) else None)
            else:
                return steps

    def _call(self, name: str, arguments: list[Value]) -> Value:
        function = self.functions.get(name)
        if self.read_file is not None and name == "file":
            function = self.read_file
        if self.read_file is not None and name == "templatefile":
            function = self._template_file
        if function is None:
            raise _Unreadable
        try:
            return function(*arguments)
        except (TypeError, ValueError, LookupError, ArithmeticError, StopIteration) as error:
            raise _Unreadable from error

    def _template_file(self, path: Value, given: Value) -> Value:
        if self.read_file is None or not isinstance(given, dict):
            raise _Unreadable
        text = self.read_file(path)
        if isinstance(text, Term):
            return text

        def lookup(steps: tuple[str | int | None, ...]) -> Value:
            name = str(steps[0]) if steps else ""
            value = given.get(name)
            if len(steps) != 1 or value is None:
                return Term((Opaque(f"${{{name}}}", references_in(value), known=False),))
            return value

        return evaluate(text, lookup, self.read_file)

    def _identifier(self) -> str:
        self._character()
        found = _IDENTIFIER.match(self.text, self.at)
        if not found:
            raise _Unreadable
        self.at = found.end()
        return found[0]

    def _character(self) -> str:
        character = self.text[self.at : self.at + 1]
        if character.isspace():
            self.at = cast("re.Match[str]", _BLANK.match(self.text, self.at)).end()
            character = self.text[self.at : self.at + 1]
        return character

    def _expect(self, character: str) -> None:
        if self._character() != character:
            raise _Unreadable
        self.at += 1


_FOR = re.compile(r"for\s+(?P<names>[A-Za-z_][\w-]*(\s*,\s*[A-Za-z_][\w-]*)?)\s+in\b")
_ANY = Term((Opaque("(any)", known=False),))


def _bound_or(
    bound: Mapping[str, Value], outer: Resolve, steps: tuple[str | int | None, ...]
) -> Value:
    """The value of a traversal from a variable of a `for` expression, or from elsewhere."""
    if not steps or steps[0] not in bound:
        return outer(steps)
    value = bound[str(steps[0])]
    for step in steps[1:]:
        if value is _ANY:
            return value
        if isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            raise _Unreadable
    return value


def _literal(value: Value) -> Value:
    """A value that is known in all its parts."""
    if isinstance(value, Term):
        raise _Unreadable
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            _literal(item)
    return value


def _truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise _Unreadable


def _equal(one: Value, other: Value) -> bool:
    # To Terraform, values of two types are never equal; to Python, True is 1.
    same_type = isinstance(one, bool) is isinstance(other, bool)
    return _literal(one) == _literal(other) and same_type


_OPERATORS: tuple[dict[str, Callable[[Value, Value], Value]], ...] = (
    {"||": lambda one, other: _truth(one) or _truth(other)},
    {"&&": lambda one, other: _truth(one) and _truth(other)},
    {"==": _equal, "!=": lambda one, other: not _equal(one, other)},
)
"""By how strongly they bind, the weakest first."""

_NAME = r"[A-Za-z_][\w-]*"
_CODE = re.compile(
    rf"for\s+(?P<bound>{_NAME}(?:\s*,\s*{_NAME})?)\s+in\b|"
    rf"(?P<within>\.)?{_NAME}(?P<rest>(?:\.{_NAME}|\.\d+|\[\d+\]|"
    r'\["[^"\\$%]*"\])*)|.',
    re.DOTALL,
)
_STEP = re.compile(r'\["(?P<key>[^"]*)"\]|(?P<index>\d+)|(?P<name>[A-Za-z_][\w-]*)')


def _skimmed(text: str, start: int) -> tuple[int, list[tuple[str | int, ...]]]:
    """Where the `${` at `start` is closed, and what the expression mentions.

    The text of strings, the variables of `for` and the attributes of what is computed are no
    mentions.
    """
    within: list[str] = []
    bound: set[str] = set()
    mentions: list[tuple[str | int, ...]] = []
    at = start
    while at < len(text):
        quoted = within[-1:] == ['"']
        mark = _QUOTED.search(text, at) if quoted else _CODE.match(text, at)
        if mark is None:
            break
        at = mark.end()
        found = mark[0]
        if found == '"' and quoted:
            within.pop()
        elif found == "\\" and quoted:
            at += 1
        elif found in ('"', "{") or (quoted and found in ("${", "%{")):
            within.append(found[-1])
        elif found == "}":
            within.pop()
            if not within:
                return at, mentions
        elif not quoted and mark["bound"]:
            bound.update(re.findall(_NAME, mark["bound"]))
        elif not quoted and mark["rest"] and not mark["within"]:
            steps = tuple(
                int(step["index"]) if step["index"] else step["name"] or step["key"]
                for step in _STEP.finditer(found)
            )
            if steps[0] not in bound:
                mentions.append(steps)
    raise _Unreadable


def _known_text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _format(template: Value, *arguments: Value) -> Value:
    pieces = re.split(r"(%%|%[sdv])", _known_text(template))
    if any("%" in piece for piece in pieces[::2]):
        raise ValueError
    given = list(arguments)
    values = [
        "%" if piece == "%%" else given.pop(0) if piece.startswith("%") else piece
        for piece in pieces
    ]
    return join(values)


def _join(separator: Value, *lists: Value) -> Value:
    items = [item for each in lists for item in _flat(each)]
    values: list[Value] = []
    for item in items:
        values += [separator, item] if values else [item]
    return join(values)


def _flat(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _concat(*lists: Value) -> Value:
    return [item for each in lists for item in _flat(each)]


def _compact(values: Value) -> Value:
    return [item for item in _flat(values) if item not in (None, "")]


def _coalesce(*values: Value) -> Value:
    return next(value for value in values if value not in (None, ""))


def _replace(text: Value, old: Value, new: Value) -> Value:
    old = _known_text(old)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise ValueError  # Terraform takes it for a regular expression, of another flavour.
    return _known_text(text).replace(old, _known_text(new))


def _element(values: Value, index: Value) -> Value:
    if not isinstance(index, int):
        raise TypeError
    return _flat(values)[index % len(_flat(values))]


def _one(values: Value) -> Value:
    if isinstance(values, Term):
        return values
    items = _flat(values)
    if len(items) > 1:
        raise ValueError
    return items[0] if items else None


def _same(value: Value) -> Value:
    return value


def _tobool(value: Value) -> Value:
    if isinstance(value, (bool, Term)) or value is None:
        return value
    return {"true": True, "false": False}[_known_text(value)]


def _distinct(values: Value) -> Value:
    items: list[Value] = []
    for item in _flat(values):
        if item not in items:
            items.append(item)
    return items


def _merge(*maps: Value) -> Value:
    found: dict[str, Value] = {}
    for each in maps:
        if each is not None:
            if not isinstance(each, dict):
                raise TypeError
            found |= each
    return found


def _lookup(entries: Value, name: Value, *default: Value) -> Value:
    if not isinstance(entries, dict):
        raise TypeError
    return entries.get(_known_text(name), *default) if default else entries[_known_text(name)]


def _contains(values: Value, value: Value) -> Value:
    return any(_equal(each, value) for each in _flat(values))


def _flatten(values: Value) -> Value:
    found: list[Value] = []
    for item in _flat(values):
        found += _flat(_flatten(item)) if isinstance(item, list) else [_sized(item)]
    return found


def _sized(value: Value) -> Value:
    """A value that surely is no list: what is computed may be one."""
    if isinstance(value, Term) and not all(isinstance(part, str) for part in value.parts[:1]):
        raise TypeError
    return value


def _length(value: Value) -> Value:
    if not isinstance(value, (str, list, dict)):
        raise TypeError
    return len(value)


def _split(separator: Value, text: Value) -> Value:
    return list(_known_text(text).split(_known_text(separator)))


def _try(first: Value, *_: Value) -> Value:
    # What is null or computed may be an error, which leads on to the next.
    if first is None or isinstance(first, Term):
        raise ValueError
    return first


def _jsondecode(text: Value) -> Value:
    return cast("Value", json.loads(_known_text(text)))


def _text_function(function: Callable[..., str]) -> Callable[..., Value]:
    return lambda *arguments: function(*[_known_text(argument) for argument in arguments])


def _lower(value: Value) -> Value:
    # Ids and host names compare without case, so a reference stays what it is.
    return value if isinstance(value, Term) else _known_text(value).lower()


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "coalesce": _coalesce,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    # The value is kept: what takes JSON text apart wants what stands in it.
    "jsonencode": _same,
    "jsondecode": _jsondecode,
    "length": _length,
    "lookup": _lookup,
    "lower": _lower,
    "merge": _merge,
    "nonsensitive": _same,
    "one": _one,
    "replace": _replace,
    "sensitive": _same,
    "split": _split,
    "tobool": _tobool,
    "tolist": _same,
    "tomap": _same,
    "toset": _same,
    "tostring": _same,
    "trimprefix": _text_function(str.removeprefix),
    "trimspace": _text_function(str.strip),
    "trimsuffix": _text_function(str.removesuffix),
    "try": _try,
    "upper": _text_function(str.upper),
}
