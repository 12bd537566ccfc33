"""Newtonsoft.Json.Linq's tokens, read from text and written as text.

Source: Json.NET documentation, "LINQ to JSON"; by default the text of a token is indented.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.libraries.json_values import (
    TYPE_NAMES,
    atom,
    converted,
    dated,
    kind_of,
    quoted,
    whole,
)
from constructs_lib.simulation.csharp.operators import CONVERSIONS
from constructs_lib.simulation.csharp.values import (
    Array,
    Bytes,
    Char,
    Dictionary,
    EnumValue,
    List,
    Long,
    OffsetTime,
    Pair,
    Record,
    Sequence,
    Span,
    Time,
    argument_null,
    bad_argument,
)


class JToken:
    """A piece of JSON."""

    __slots__ = ("parent",)
    parent: JToken | None
    kind = "None"

    def children(self) -> list[Any]:
        """What is directly in it."""
        return []

    def to_text(self) -> str:
        """`ToString()`: indented."""
        return write(self, indented=True)

    def clone(self) -> Any:
        """A deep copy."""
        return _parsed(write(self, indented=False))

    def explicit(self, target: str) -> Any:
        """`(target)token`."""
        raise bad_argument(f"Can not convert {self.kind} to {TYPE_NAMES.get(target, target)}.")

    def path(self) -> str:
        """Where it stands."""
        steps: list[str] = []
        at: Any = self
        while at is not None and at.parent is not None:
            if isinstance(at.parent, JArray):
                steps.append(f"[{next(i for i, e in enumerate(at.parent.items) if e is at)}]")
            elif isinstance(at, JProperty):
                steps.append(f".{at.name}")
            at = at.parent
        return "".join(reversed(steps)).removeprefix(".")


class JValue(JToken):
    """A text, number, truth, date or null in JSON."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.parent = None
        self.value = value

    @property
    def kind(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - by its value
        """Its JTokenType."""
        return kind_of(self.value)

    def to_text(self) -> str:
        """`ToString()`."""
        return to_text(self.value)

    def clone(self) -> JValue:
        """A copy."""
        return JValue(self.value)

    def explicit(self, target: str) -> Any:
        """`(target)token`."""
        return converted(self.value, target, self.kind)

    def equals(self, other: Any) -> bool:
        """`Equals`: by value."""
        return isinstance(other, JValue) and (other.kind, other.value) == (self.kind, self.value)


class JProperty(JToken):
    """A name and a value."""

    __slots__ = ("name", "value")
    kind = "Property"

    def __init__(self, name: str, value: JToken) -> None:
        self.parent = None
        self.name = name
        self.value = adopt(value, self)

    def children(self) -> list[Any]:
        """The value."""
        return [self.value]

    def clone(self) -> JProperty:
        """A deep copy."""
        return JProperty(self.name, self.value.clone())


class JObject(JToken):
    """An object."""

    __slots__ = ("items",)
    kind = "Object"

    def __init__(self) -> None:
        self.parent = None
        self.items: dict[str, JProperty] = {}

    def children(self) -> list[Any]:
        """The properties."""
        return list(self.items.values())

    def get(self, name: Any) -> Any:
        """The value of a property; None without it."""
        found = self.items.get(name)
        return found.value if found is not None else None

    def put(self, name: str, value: Any) -> None:
        """Set a property."""
        held = self.items.get(name)
        if held is None:
            made = JProperty(name, value)
            made.parent = self
            self.items[name] = made
        else:
            held.value = adopt(value, held)

    def add(self, item: JProperty) -> None:
        """Add a property.

        Raises:
            ExpressionFailed: If there is one of this name.
        """
        if item.name in self.items:
            raise bad_argument(
                f"Can not add property {item.name} to Newtonsoft.Json.Linq.JObject. Property with "
                "the same name already exists on object."
            )
        made = adopt(item, self)
        self.items[made.name] = made


class JArray(JToken):
    """An array."""

    __slots__ = ("items",)
    kind = "Array"

    def __init__(self) -> None:
        self.parent = None
        self.items: list[JToken] = []

    def children(self) -> list[Any]:
        """The items."""
        return list(self.items)

    def add(self, item: Any) -> None:
        """Append an item."""
        self.items.append(adopt(token_of(item), self))


def adopt(token: JToken, parent: JToken) -> Any:
    """The token under its parent; a copy of it, if it stands somewhere else already."""
    if token.parent is not None and token.parent is not parent:
        token = token.clone()
    token.parent = parent
    return token


def items_of(value: Any) -> Iterator[Any] | None:
    """What a collection holds that becomes an array; None for anything else."""
    if isinstance(value, Sequence):
        return value.start()
    if isinstance(value, (Array, List)):
        return iter(value)
    return None


def token_of(value: Any) -> JToken:
    """`JToken.FromObject`, and the implicit conversions to JToken."""
    if isinstance(value, JToken):
        return value
    if isinstance(value, EnumValue):
        return JValue(Long(int(value)))
    if isinstance(value, (Record, Dictionary)):
        made = JObject()
        members = value.members.items() if isinstance(value, Record) else value.items.values()
        for name, each in members:
            made.put(to_text(name), token_of(each))
        return made
    items = items_of(value)
    if items is not None:
        array = JArray()
        for each in items:
            array.add(each)
        return array
    if isinstance(value, Pair):
        made = JObject()
        made.put("Key", token_of(value.key))
        made.put("Value", token_of(value.value))
        return made
    if isinstance(value, Char):
        return JValue(chr(value))
    known = (str, bool, int, float, Decimal, Time, OffsetTime, Span, Bytes, uuid.UUID, type(None))
    if not isinstance(value, known):
        raise NotSimulated(f"{type(value).__name__} as JSON")
    return JValue(value)


CONVERSIONS["JToken"] = CONVERSIONS["JValue"] = token_of


def token_of_python(value: Any) -> Any:
    """JSON that Python holds."""
    return _parsed(json.dumps(value)) if value is not None else None


def _object(pairs: list[tuple[str, Any]]) -> JObject:
    made = JObject()
    for name, value in pairs:
        made.put(name, _token(value))
    return made


def _token(value: Any) -> JToken:
    if isinstance(value, JToken):
        return value
    if isinstance(value, list):
        made = JArray()
        for each in value:  # pyright: ignore[reportUnknownVariableType] - JSON
            token = _token(each)
            token.parent = made
            made.items.append(token)
        return made
    if type(value) is str:
        return JValue(dated(value))
    return JValue(value)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=whole, strict=False)


def _parsed(text: str) -> JToken:
    try:
        return _token(_DECODER.decode(text.lstrip("\ufeff")))
    except (json.JSONDecodeError, RecursionError):
        return _Lenient(text).document()


class _Lenient:
    """Reads what Json.NET takes beyond the standard, and says what is wrong in its words."""

    _SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
    _WORD = re.compile(r"[A-Za-z0-9_$]+")
    _NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)")
    _WORDS: ClassVar[dict[str, Any]] = {
        "true": True,
        "false": False,
        "null": None,
        "undefined": None,
    }

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def fail(self, position: int, what: str = "") -> ExpressionFailed:
        line = self.text.count("\n", 0, position)
        column = position - (self.text.rfind("\n", 0, position) + 1)
        if not what and position < len(self.text):
            sign = self.text[position]
            what = f"Unexpected character encountered while parsing value: {sign}."
            column += line > 0
        what = what or "Unexpected end of content while loading JSON."
        return ExpressionFailed(
            f"{what} Path '', line {line + (position > 0 or line > 0)}, position {column}.",
            "Newtonsoft.Json.JsonReaderException",
        )

    def space(self) -> str:
        found = self._SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def document(self) -> JToken:
        if not self.space():
            raise self.fail(0, "Error reading JToken from JsonReader.")
        value = self.value()
        if self.space():
            raise self.fail(
                self.at,
                "Additional text encountered after finished reading JSON content: "
                f"{self.text[self.at]}.",
            )
        return value

    def value(self) -> JToken:
        sign = self.space()
        self.depth += 1
        if self.depth > 64:
            raise self.fail(self.at, "The reader's MaxDepth of 64 has been exceeded.")
        try:
            if sign == "{":
                return self.object()
            if sign == "[":
                return self.array()
            if sign in ("'", '"') and sign:
                return JValue(dated(self.string(sign)))
            number = self._NUMBER.match(self.text, self.at)
            if number:
                self.at = number.end()
                if number[0].lstrip("-").isdigit():
                    return JValue(whole(number[0]))
                if "x" in number[0].lower():
                    return JValue(whole(str(int(number[0], 16))))
                return JValue(float(number[0]))
            word = self._WORD.match(self.text, self.at)
            if word and word[0] in self._WORDS:
                self.at = word.end()
                return JValue(self._WORDS[word[0]])
            raise self.fail(self.at)
        finally:
            self.depth -= 1

    def string(self, quote: str) -> str:
        start = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != quote:
            self.at += 2 if self.text[self.at] == "\\" else 1
        if self.at >= len(self.text):
            raise self.fail(len(self.text), f"Unterminated string. Expected delimiter: {quote}.")
        inner = self.text[start + 1 : self.at]
        self.at += 1
        if quote == "'":
            inner = inner.replace("\\'", "'").replace('"', '\\"')
        try:
            return json.loads(f'"{inner}"', strict=False)
        except json.JSONDecodeError as error:
            raise self.fail(start, "Bad JSON escape sequence.") from error

    def object(self) -> JObject:
        made = JObject()
        self.at += 1
        while True:
            sign = self.space()
            if sign == "}":
                self.at += 1
                return made
            if sign in ("'", '"') and sign:
                name = self.string(sign)
            else:
                word = self._WORD.match(self.text, self.at)
                if word is None:
                    what = f"Invalid property identifier character: {sign}." if sign else ""
                    raise self.fail(self.at, what)
                name, self.at = word[0], word.end()
            if self.space() != ":":
                sign = self.text[self.at : self.at + 1]
                raise self.fail(
                    self.at,
                    f"Invalid character after parsing property name. Expected ':' but got: {sign}.",
                )
            self.at += 1
            made.put(name, self.value())
            if self.space() == ",":
                self.at += 1
            elif self.text[self.at : self.at + 1] != "}":
                raise self.after()

    def array(self) -> JArray:
        made = JArray()
        self.at += 1
        while True:
            sign = self.space()
            if sign == "]":
                self.at += 1
                return made
            made.add(self.value())
            if self.space() == ",":
                self.at += 1
            elif self.text[self.at : self.at + 1] != "]":
                raise self.after()

    def after(self) -> ExpressionFailed:
        sign = self.text[self.at : self.at + 1]
        if not sign:
            return self.fail(self.at)
        return self.fail(
            self.at,
            f"After parsing a value an unexpected character was encountered: {sign}.",
        )


def parse(text: Any, kind: type | None = None) -> Any:
    """`JToken.Parse`, `JObject.Parse`, `JArray.Parse`.

    Raises:
        ExpressionFailed: If it is not JSON, or of another kind.
    """
    if text is None:
        raise argument_null("json")
    if kind in (JObject, JArray) and not text.strip():
        raise ExpressionFailed(
            f"Error reading {kind.__name__} from JsonReader. Path '', line 0, position 0.",
            "Newtonsoft.Json.JsonReaderException",
        )
    token = _parsed(text)
    if kind is not None and not isinstance(token, kind):
        found = {"Object": "StartObject", "Array": "StartArray"}.get(token.kind, token.kind)
        raise ExpressionFailed(
            f"Error reading {kind.__name__} from JsonReader. Current JsonReader item is not an "
            f"{kind.__name__[1:].lower()}: {found}. Path '', line 1, position 1.",
            "Newtonsoft.Json.JsonReaderException",
        )
    return token


def write(token: JToken, *, indented: bool) -> str:
    """A token as text."""
    found: list[str] = []
    _write(token, "\r\n" if indented else "", found)
    return "".join(found)


def _write(token: JToken, line: str, found: list[str]) -> None:
    if isinstance(token, JValue):
        found.append(atom(token.value))
        return
    if isinstance(token, JProperty):
        found.append(quoted(token.name) + (": " if line else ":"))
        _write(token.value, line, found)
        return
    opening, closing = ("{", "}") if isinstance(token, JObject) else ("[", "]")
    children = token.children()
    found.append(opening)
    inner = f"{line}  " if line else ""
    for position, each in enumerate(children):
        found.append(f"{',' if position else ''}{inner}")
        _write(each, inner, found)
    found.append(f"{line if children else ''}{closing}")
