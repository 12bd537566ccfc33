"""Expressions of Terraform JSON: strings with `${…}` are read and evaluated to values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, cast

from constructs_lib.access.terraform.functions import FUNCTIONS, OPERATORS, Unreadable, truth
from constructs_lib.access.terraform.values import (
    Opaque,
    Term,
    Value,
    join,
    references_in,
    text_of,
)

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
        known = FUNCTIONS if functions is None else functions
        return _ExpressionParser(text, lookup, read_file, known).template()
    except (Unreadable, RecursionError):
        return Term((Opaque(text),))


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
                    raise Unreadable
                break
            if text.startswith(("$${", "%%{"), self.at):
                literal.append(text[self.at + 1 : self.at + 3])
                self.at += 3
            elif text.startswith("${", self.at):
                values.append("".join(literal))
                literal.clear()
                values.append(self._interpolation())
            elif text.startswith("%{", self.at):
                raise Unreadable
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
        except Unreadable:
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
            raise Unreadable
        return value

    def _conditional(self) -> Value:
        self.depth += 1
        if self.depth > _MAXIMUM_DEPTH:
            raise Unreadable
        value = self._operation()
        if self._character() == "?":
            self.at += 1
            when_true = self.expression()
            self._expect(":")
            when_false = self.expression()
            value = when_true if truth(value) else when_false
        self.depth -= 1
        return value

    def _operation(self, level: int = 0) -> Value:
        if level == len(OPERATORS):
            return self._operand()
        value = self._operation(level + 1)
        while True:
            self._character()
            sign = self.text[self.at : self.at + 2]
            operator = OPERATORS[level].get(sign)
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
        return value if not negations else truth(value) is (negations % 2 == 0)

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
        return self._of_each((name, *self._steps()))

    def _of_each(self, steps: tuple[str | int | None, ...]) -> Value:
        """The value of a traversal, or with `[*]` in it a list of those of each item."""
        if _EACH not in steps:
            return self.lookup(steps)
        at = steps.index(_EACH)
        items = self.lookup(steps[:at])
        if not isinstance(items, list):
            raise Unreadable  # Whether it is a list is not known, or it is one thing.
        return [
            self._of_each((*steps[:at], number, *steps[at + 1 :])) for number in range(len(items))
        ]

    def _items(self, end: str) -> list[Value]:
        items: list[Value] = []
        while self._character() != end:
            items.append(self.expression())
            if self._character() == ",":
                self.at += 1
            elif self._character() != end:
                raise Unreadable
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
                raise Unreadable
            self.at += 1
            found[name] = self._conditional()
            if self._character() == ",":
                self.at += 1
            elif self._character() != "}":
                before = self.text[: self.at]
                if "\n" not in before[len(before.rstrip()) :]:
                    raise Unreadable
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
            raise Unreadable
        outer = self.lookup
        try:
            made = self._each(names, entries, end, outer)
        finally:
            self.lookup = outer
        if end == "]":
            return [value for _, value in made]
        if any(name is None or isinstance(name, (Term, list, dict)) for name, _ in made):
            raise Unreadable  # No name, or none that is known.
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
                kept = kept and truth(condition)
            self._expect(end)
            if kept:
                made.append((name, value))
        return made

    def _part(self, value: Value) -> Value:
        """A value, or the part of it that the steps after it name: `split(" ", text)[0]`."""
        steps = self._steps()
        if _EACH in steps:
            raise Unreadable
        return _bound_or({"": value}, self.lookup, ("", *steps))

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
                    self.at += 1
                    rest = self._steps()
                    if not all(isinstance(step, str) for step in rest):
                        raise Unreadable  # After `.*` an index is one of the list that is made.
                    return [*steps, _EACH, *rest]
                else:
                    steps.append(self._identifier())
            elif character == "[":
                self.at += 1
                if self._character() == "*":
                    self.at += 1
                    self._expect("]")
                    steps.append(_EACH)
                    continue
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
            raise Unreadable
        try:
            return function(*arguments)
        except (TypeError, ValueError, LookupError, ArithmeticError, StopIteration) as error:
            raise Unreadable from error

    def _template_file(self, path: Value, given: Value) -> Value:
        if self.read_file is None or not isinstance(given, dict):
            raise Unreadable
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
            raise Unreadable
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
            raise Unreadable
        self.at += 1


_EACH = "[*]"
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
            raise Unreadable
    return value


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
    raise Unreadable
