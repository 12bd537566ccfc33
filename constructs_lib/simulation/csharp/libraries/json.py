"""Newtonsoft.Json: tokens, parsing and writing.

Source: Json.NET documentation, "LINQ to JSON"; its defaults: dates are recognised, the text of a
token is indented, `JsonConvert` writes compactly.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import base64
import json
import math
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import formatted, round_trip, to_text
from constructs_lib.simulation.csharp.operators import CONVERSIONS, default_of
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    SECOND,
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
    Single,
    Span,
    Time,
    argument_null,
    bad_argument,
    invalid_operation,
    out_of_range,
)

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?")
_TYPES = (
    *("None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float"),
    *("String", "Boolean", "Null", "Undefined", "Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan"),
)
enumeration(
    "JTokenType",
    "Newtonsoft.Json.Linq.JTokenType",
    **{name: number for number, name in enumerate(_TYPES)},
)
enumeration("Formatting", "Newtonsoft.Json.Formatting", **{"None": 0, "Indented": 1})


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
        raise bad_argument(f"Can not convert {self.kind} to {_NAMES.get(target, target)}.")

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
        return _kind(self.value)

    def to_text(self) -> str:
        """`ToString()`."""
        return to_text(self.value)

    def clone(self) -> JValue:
        """A copy."""
        return JValue(self.value)

    def explicit(self, target: str) -> Any:
        """`(target)token`."""
        return _converted(self.value, target, self.kind)

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
        self.value = _adopt(value, self)

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
            held.value = _adopt(value, held)

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
        made = _adopt(item, self)
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
        self.items.append(_adopt(token_of(item), self))


def _adopt(token: JToken, parent: JToken) -> Any:
    """The token under its parent; a copy of it, if it stands somewhere else already."""
    if token.parent is not None and token.parent is not parent:
        token = token.clone()
    token.parent = parent
    return token


def _kind(value: Any) -> str:
    kind = type(value)
    if kind in (str, Char):
        return "String"
    if kind is bool:
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, (float, Decimal)):
        return "Float"
    names: dict[type, str] = {Time: "Date", OffsetTime: "Date", Span: "TimeSpan", Bytes: "Bytes"}
    names[uuid.UUID] = "Guid"
    return "Null" if value is None else names.get(kind, "Uri")


_NAMES = {
    "string": "String",
    "int": "Int32",
    "long": "Int64",
    "short": "Int16",
    "bool": "Boolean",
    "double": "Double",
    "float": "Single",
    "decimal": "Decimal",
    "char": "Char",
    "byte": "Byte",
}
_READERS: dict[str, Callable[[Any], Any]] = {}


def _converted(value: Any, target: str, kind: str) -> Any:
    name = target.rstrip("?")
    if value is None:
        if name == "string" or target.endswith("?"):
            return None
        raise bad_argument(f"Can not convert Null to {_NAMES.get(name, name)}.")
    if name == "string":
        if isinstance(value, Bytes):
            return base64.b64encode(value).decode()
        return to_text(value)
    convert = _READERS.get(name)
    if convert is None:
        raise NotSimulated(f"the conversion of JSON to {target}")
    if name == "DateTime" and kind not in ("Date", "String", "Integer"):
        raise bad_argument(f"Can not convert {kind} to {_NAMES.get(name, name)}.")
    return convert(value)


def reader(name: str, convert: Callable[[Any], Any]) -> None:
    """Say how a value of JSON becomes one of a type."""
    _READERS[name] = convert


def _collection(value: Any) -> Iterator[Any] | None:
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
    items = _collection(value)
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


# Reading ------------------------------------------------------------------------------------------


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
        return JValue(_dated(value))
    return JValue(value)


def _dated(text: str) -> Any:
    """A text that Json.NET takes for a date, as that date; other texts as they are."""
    if len(text) < 19 or text[10] != "T":
        return text
    return iso_date(text) or text


def iso_date(text: str) -> Time | None:
    """A date in ISO 8601; the gateway's zone is UTC."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    import datetime

    try:
        year, month, day, hour, minute, second = (int(found[index]) for index in range(1, 7))
        date = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    ticks = (date - datetime.datetime(1, 1, 1)) // datetime.timedelta(seconds=1) * SECOND
    ticks += int((found[7] or "0").ljust(7, "0"))
    zone = found[8]
    if zone is None:
        return Time(ticks)
    if zone == "Z":
        return Time(ticks, "Utc")
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return Time(ticks - minutes * 60 * SECOND * (1 if zone[0] == "+" else -1), "Local")


def _whole(text: str) -> Any:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise NotSimulated("an integer in JSON of more than 64 bits")
    return Long(number)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, strict=False)


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
                return JValue(_dated(self.string(sign)))
            number = self._NUMBER.match(self.text, self.at)
            if number:
                self.at = number.end()
                if number[0].lstrip("-").isdigit():
                    return JValue(_whole(number[0]))
                if "x" in number[0].lower():
                    return JValue(_whole(str(int(number[0], 16))))
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


# Writing ------------------------------------------------------------------------------------------

_SHORT = {ord('"'): '\\"', ord("\\"): "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 8: "\\b", 12: "\\f"}
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), 0x85, 0x2028, 0x2029)} | _SHORT


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _atom(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Char):
        return _quoted(chr(value))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return _quoted(to_text(value))
        text = to_text(value) if isinstance(value, Single) else round_trip(value)
        return text if any(sign in text for sign in ".E") else f"{text}.0"
    if isinstance(value, Decimal):
        text = to_text(value)
        return text if "." in text else f"{text}.0"
    if isinstance(value, Time):
        return _quoted(
            formatted(value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK").replace(".Z", "Z").rstrip(".")
        )
    if isinstance(value, OffsetTime):
        return _quoted(formatted(value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"))
    if isinstance(value, Bytes):
        return _quoted(base64.b64encode(value).decode())
    return _quoted(to_text(value))


def write(token: JToken, *, indented: bool) -> str:
    """A token as text."""
    found: list[str] = []
    _write(token, "\r\n" if indented else "", found)
    return "".join(found)


def _write(token: JToken, line: str, found: list[str]) -> None:
    if isinstance(token, JValue):
        found.append(_atom(token.value))
        return
    if isinstance(token, JProperty):
        found.append(_quoted(token.name) + (": " if line else ":"))
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


# Members ------------------------------------------------------------------------------------------


def _child(token: Any, key: Any) -> Any:
    if isinstance(token, JObject):
        if not isinstance(key, str):
            raise bad_argument(
                f"Accessed JObject values with invalid key value: {to_text(key)}. Object property "
                "name expected."
            )
        return token.get(key)
    if isinstance(token, JArray):
        if not isinstance(key, int):
            raise bad_argument(
                f'Accessed JArray values with invalid key value: "{key}". Int32 array index '
                "expected."
            )
        if not 0 <= key < len(token.items):
            raise out_of_range("index")
        return token.items[key]
    raise invalid_operation(
        f"Cannot access child value on Newtonsoft.Json.Linq.{type(token).__name__}."
    )


def _set_child(token: Any, key: Any, value: Any) -> None:
    if isinstance(token, JObject):
        token.put(key, token_of(value))
    elif isinstance(token, JArray):
        if not 0 <= key < len(token.items):
            raise out_of_range("index")
        token.items[key] = _adopt(token_of(value), token)
    else:
        raise invalid_operation(
            f"Cannot set child value on Newtonsoft.Json.Linq.{type(token).__name__}."
        )


def to_object(types: tuple[str, ...], token: Any) -> Any:
    """`ToObject<T>`, `Value<T>`: the token as a value of a type."""
    target = types[0] if types else "object"
    if token is None:
        return default_of(target)
    if target in ("JToken", "JObject", "JArray", "JValue"):
        if target != "JToken" and type(token).__name__ != target:
            raise ExpressionFailed(
                f"Cannot cast Newtonsoft.Json.Linq.{type(token).__name__} to "
                "Newtonsoft.Json.Linq.JToken.",
                "System.InvalidCastException",
            )
        return token
    if target == "object":
        return token.value if isinstance(token, JValue) else token
    if target.endswith("[]") and isinstance(token, JArray):
        return Array.of(target[:-2], [to_object((target[:-2],), each) for each in token.items])
    head, _, inner = target.partition("<")
    inner = inner[:-1]
    if head in ("List", "IList", "IEnumerable", "ICollection") and isinstance(token, JArray):
        return List.of(inner, [to_object((inner,), each) for each in token.items])
    if "Dictionary" in head and isinstance(token, JObject):
        key, _, value = inner.partition(",")
        pairs = ((each.name, to_object((value,), each.value)) for each in token.items.values())
        return Dictionary.of(pairs, (key, value))
    return token.explicit(target)


def _value(types: tuple[str, ...], token: Any, *key: Any) -> Any:
    child = _child(token, key[0]) if key else token
    if child is not None and types and types[0] == "string" and not isinstance(child, JValue):
        raise ExpressionFailed(
            f"Cannot cast Newtonsoft.Json.Linq.{type(child).__name__} to "
            "Newtonsoft.Json.Linq.JToken.",
            "System.InvalidCastException",
        )
    return to_object(types, child)


_PATH = re.compile(r"\.?([^.\[\]]+)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|(-?\d+)|(\*))\s*\]|(\.\.)")
_FILTER = re.compile(
    r"\[\?\(\s*@\.?([\w.\-]*)\s*(?:(==|!=|<=|>=|<|>)\s*('[^']*'|-?[\d.]+|true|false|null))?\s*\)\]"
)


def _descend(token: Any) -> Iterator[Any]:
    yield token
    for each in token.children():
        yield from _descend(each.value if isinstance(each, JProperty) else each)


def _below(token: Any) -> list[Any]:
    return [each.value if isinstance(each, JProperty) else each for each in token.children()]


def _selected(path: str, start: Any) -> list[Any]:
    found, at = [start], 0
    if path.startswith("$"):
        at = 1
    while at < len(path):
        if path.startswith("..", at):
            found = [each for token in found for each in _descend(token)]
            at += 1 if path[at + 2 : at + 3] not in ("[", "") else 2
            continue
        condition = _FILTER.match(path, at)
        if condition:
            items = [each for token in found for each in _below(token)]
            found = [each for each in items if _passes(each, condition)]
            at = condition.end()
            continue
        step = _PATH.match(path, at)
        if step is None:
            raise NotSimulated(f"the JSON path {path}")
        at = step.end()
        name = step[1] or step[2] or step[3]
        if step[5] or name == "*":
            found = [each for token in found for each in _below(token)]
        elif step[4] is not None:
            index = int(step[4])
            found = [
                token.items[index]
                for token in found
                if isinstance(token, JArray) and 0 <= index < len(token.items)
            ]
        else:
            named = (token.get(name) for token in found if isinstance(token, JObject))
            found = [each for each in named if each is not None]
    return found


def _passes(token: Any, condition: re.Match[str]) -> bool:
    path, sign, literal = condition[1], condition[2], condition[3]
    inner = _selected(path, token) if path else [token]
    if not inner or sign is None:
        return bool(inner)
    value = inner[0].value if isinstance(inner[0], JValue) else None
    wanted: Any = literal[1:-1] if literal[0] == "'" else json.loads(literal)
    if isinstance(value, str) != isinstance(wanted, str):
        return sign == "!="
    if sign in ("==", "!="):
        return (value == wanted) == (sign == "==")
    return {"<": value < wanted, ">": value > wanted, "<=": value <= wanted}.get(
        sign, value >= wanted
    )


def _select(token: Any, path: str, error: bool = False) -> Any:
    found = _selected(path, token)
    if len(found) > 1:
        raise ExpressionFailed("Path returned multiple tokens.", "Newtonsoft.Json.JsonException")
    if not found and error:
        raise ExpressionFailed(
            f"Property '{path}' does not exist on {type(token).__name__}.",
            "Newtonsoft.Json.JsonException",
        )
    return found[0] if found else None


def _text(token: Any, style: Any = 1, *_converters: Any) -> str:
    if isinstance(token, JValue) and style == 1:
        return token.to_text()
    if isinstance(style, str):
        return formatted(token.value, style)
    return write(token, indented=bool(style))


def _remove(token: Any, *name: Any) -> Any:
    if name and isinstance(token, JObject):
        return token.items.pop(name[0], None) is not None
    if name:
        at = next((i for i, each in enumerate(token.items) if each is name[0]), -1)
        if at >= 0:
            del token.items[at]
        return at >= 0
    parent = token.parent
    if parent is None:
        raise invalid_operation("The parent is missing.")
    if isinstance(parent, JArray):
        parent.items = [each for each in parent.items if each is not token]
    elif isinstance(parent, JProperty):
        parent.value = _adopt(JValue(None), parent)
    elif isinstance(parent, JObject):
        del parent.items[token.name]
    token.parent = None
    return None


def _replace(token: Any, value: Any) -> None:
    parent, made = token.parent, token_of(value)
    if isinstance(parent, JProperty):
        parent.value = _adopt(made, parent)
    elif isinstance(parent, JArray):
        at = next(i for i, each in enumerate(parent.items) if each is token)
        parent.items[at] = _adopt(made, parent)
    elif isinstance(parent, JObject) and isinstance(made, JProperty):
        held = list(parent.items.values())
        parent.items = {}
        for each in held:
            parent.add(made if each is token else each)
    else:
        raise invalid_operation("The parent is missing.")


def _beside(offset: int) -> Callable[[Any, Any], None]:
    def put(token: Any, value: Any) -> None:
        parent = token.parent
        if isinstance(parent, JArray):
            at = next(i for i, each in enumerate(parent.items) if each is token)
            parent.items.insert(at + offset, _adopt(token_of(value), parent))
        elif isinstance(parent, JObject):
            held = list(parent.items.values())
            held.insert(next(i for i, each in enumerate(held) if each is token) + offset, value)
            parent.items = {}
            for each in held:
                parent.add(each)
        else:
            raise invalid_operation("The parent is missing.")

    return put


def _add(token: Any, *content: Any) -> None:
    if isinstance(token, JObject):
        if len(content) == 2:
            token.add(JProperty(content[0], token_of(content[1])))
        elif isinstance(content[0], JProperty):
            token.add(content[0])
        else:
            _fill(token, content)
    else:
        token.add(content[0])


def _add_first(token: Any, content: Any) -> None:
    if isinstance(token, JObject):
        held, token.items = list(token.items.values()), {}
        for each in (content, *held):
            token.add(each)
    else:
        token.items.insert(0, _adopt(token_of(content), token))


def _fill(token: Any, content: Any) -> Any:
    for each in content:
        inner = _collection(each)
        if inner is not None:
            _fill(token, inner)
        elif isinstance(token, JObject):
            if isinstance(each, JObject):
                _fill(token, each.children())
            elif isinstance(each, JProperty):
                token.add(each)
            else:
                raise bad_argument(
                    f"Can not add {('Newtonsoft.Json.Linq.' + type(each).__name__)} to "
                    "Newtonsoft.Json.Linq.JObject."
                )
        else:
            token.add(each)
    return token


def _make_property(name: str, *content: Any) -> JProperty:
    if len(content) == 1 and _collection(content[0]) is None:
        return JProperty(name, token_of(content[0]))
    if len(content) == 1:
        content = tuple(_collection(content[0]) or ())
    return JProperty(name, _fill(JArray(), content))


def _make_array(*content: Any) -> JArray:
    # `new JArray(otherArray)` copies it.
    if len(content) == 1 and isinstance(content[0], JArray):
        content = tuple(content[0].items)
    return _fill(JArray(), content)


def _insert(token: Any, index: int, value: Any) -> None:
    token.items.insert(index, _adopt(token_of(value), token))


def _remove_at(token: Any, index: int) -> None:
    if not 0 <= index < len(token.items):
        raise out_of_range("index")
    del token.items[index]


def _get_value(token: Any, name: str, comparison: Any = None) -> Any:
    found = token.get(name)
    if found is None and comparison is not None and "IgnoreCase" in comparison.name:
        found = next(
            (each.value for each in token.items.values() if each.name.lower() == name.lower()), None
        )
    return found


def _try_get(token: Any, name: str, *rest: Any) -> bool:
    rest[-1].value = _get_value(token, name, *rest[:-1])
    return rest[-1].value is not None


def _merge(token: Any, other: Any, *_settings: Any) -> None:
    if isinstance(token, JArray):
        for each in other.children():
            token.add(each)
        return
    for each in other.children():
        held = token.get(each.name)
        if type(held) is type(each.value) and isinstance(held, (JObject, JArray)):
            _merge(held, each.value)
        elif not (isinstance(each.value, JValue) and each.value.value is None):
            token.put(each.name, each.value)


def deep_equal(left: Any, right: Any) -> bool:
    """`JToken.DeepEquals`."""
    if left is None or right is None or type(left) is not type(right):
        return left is right
    if isinstance(left, JValue):
        return left.equals(right)
    if isinstance(left, JProperty):
        return left.name == right.name and deep_equal(left.value, right.value)
    if isinstance(left, JObject):
        return left.items.keys() == right.items.keys() and all(
            deep_equal(each.value, right.items[name].value) for name, each in left.items.items()
        )
    return len(left.items) == len(right.items) and all(map(deep_equal, left.items, right.items))


def _deep(token: Any) -> Iterator[Any]:
    for each in token.children():
        yield each
        yield from _deep(each)


def _ancestors(token: Any) -> Iterator[Any]:
    while token.parent is not None:
        token = token.parent
        yield token


def _sibling(offset: int) -> Callable[[Any], Any]:
    def find(token: Any) -> Any:
        held = token.parent.children() if token.parent is not None else []
        at = next((i for i, each in enumerate(held) if each is token), -1) + offset
        return held[at] if 0 <= at < len(held) and held else None

    return find


def _serialize(value: Any, style: Any = 0, *_rest: Any) -> str:
    return write(token_of(value), indented=isinstance(style, EnumValue) and style == 1)


def _deserialize(types: tuple[str, ...], text: Any, *_rest: Any) -> Any:
    token = parse(text) if text is None or text.strip() else None
    return to_object(types, token) if types else to_object(("object",), token)


def _root(token: Any) -> Any:
    while token.parent is not None:
        token = token.parent
    return token


def _type(token: Any) -> EnumValue:
    return EnumValue("JTokenType", token.kind, _TYPES.index(token.kind))


def _set_value(token: Any, value: Any) -> None:
    if isinstance(token, JProperty):
        token.value = _adopt(token_of(value), token)
    else:
        token.value = value


define(
    "JToken",
    "Newtonsoft.Json.Linq.JToken",
    value=JToken,
    properties={
        "Type -> JTokenType": _type,
        "Path -> string": lambda token: token.path(),
        "Parent -> JContainer": lambda token: token.parent,
        "Root -> JToken": _root,
        "HasValues -> bool": lambda token: bool(token.children()),
        "First -> JToken": lambda token: next(iter(token.children()), None),
        "Last -> JToken": lambda token: (token.children() or [None])[-1],
        "Next -> JToken": _sibling(1),
        "Previous -> JToken": _sibling(-1),
    },
    methods={
        "ToString -> string": _text,
        "Value<> -> M": _value,
        "Values<> -> IEnumerable<M>": lambda types, token, *key: Sequence(
            lambda: iter(
                [
                    to_object(types or ("JToken",), each)
                    for each in _below(_child(token, key[0]) if key else token)
                ]
            )
        ),
        "ToObject<> -> M": to_object,
        "SelectToken -> JToken": _select,
        "SelectTokens -> IEnumerable<JToken>": lambda token, path, *_: Sequence(
            lambda: iter(_selected(path, token))
        ),
        "Children<> -> IEnumerable<JToken>": lambda _types, token: Sequence(
            lambda: iter(token.children())
        ),
        "Remove": _remove,
        "Replace": _replace,
        "DeepClone -> JToken": lambda token: token.clone(),
        "AddAfterSelf": _beside(1),
        "AddBeforeSelf": _beside(0),
        "Ancestors -> IEnumerable<JToken>": lambda token: Sequence(lambda: _ancestors(token)),
        "AfterSelf": None,
        "BeforeSelf": None,
        "WriteTo": None,
        "CreateReader": None,
    },
    static_methods={
        "Parse -> JToken": lambda text, *_: parse(text),
        "FromObject -> JToken": lambda value, *_: token_of(value),
        "DeepEquals -> bool": deep_equal,
    },
    index={"Item -> JToken": _child},
    set_index=_set_child,
    known="Load ReadFrom EqualityComparer Annotation AddAnnotation GetHashCode",
)
define(
    "JContainer",
    "Newtonsoft.Json.Linq.JContainer",
    bases=("JToken",),
    properties={"Count -> int": lambda token: len(token.children())},
    methods={
        "Add": _add,
        "AddFirst": _add_first,
        "Descendants -> IEnumerable<JToken>": lambda token: Sequence(lambda: _deep(token)),
        "RemoveAll": lambda token: token.items.clear(),
        "Merge": _merge,
        "ReplaceAll": lambda token, *content: (token.items.clear(), _fill(token, content))[0],
    },
    known="DescendantsAndSelf",
)
define(
    "JObject",
    "Newtonsoft.Json.Linq.JObject",
    value=JObject,
    bases=("JContainer",),
    methods={
        "Property -> JProperty": lambda token, name, *_: token.items.get(name),
        "Properties -> IEnumerable<JProperty>": lambda token: Sequence(
            lambda: iter(token.children())
        ),
        "PropertyValues -> IEnumerable<JToken>": lambda token: Sequence(
            lambda: iter([each.value for each in token.children()])
        ),
        "ContainsKey -> bool": lambda token, name: name in token.items,
        "GetValue -> JToken": _get_value,
        "TryGetValue -> bool": _try_get,
    },
    static_methods={
        "Parse -> JObject": lambda text, *_: parse(text, JObject),
        "FromObject -> JObject": lambda value, *_: token_of(value),
    },
    make=lambda *content: _fill(JObject(), content),
)
define(
    "JArray",
    "Newtonsoft.Json.Linq.JArray",
    value=JArray,
    bases=("JContainer",),
    methods={
        "Insert": _insert,
        "RemoveAt": _remove_at,
        "Clear": lambda token: token.items.clear(),
        "IndexOf -> int": lambda token, item: next(
            (i for i, each in enumerate(token.items) if each is item), -1
        ),
        "Contains -> bool": lambda token, item: any(
            each is item
            or (isinstance(each, JValue) and not isinstance(item, JToken) and each.value == item)
            for each in token.items
        ),
    },
    static_methods={
        "Parse -> JArray": lambda text, *_: parse(text, JArray),
        "FromObject -> JArray": lambda value, *_: token_of(value),
    },
    make=_make_array,
    known="CopyTo IsReadOnly",
)
define(
    "JProperty",
    "Newtonsoft.Json.Linq.JProperty",
    value=JProperty,
    bases=("JContainer",),
    properties={
        "Name -> string": lambda token: token.name,
        "Value -> JToken": lambda token: token.value,
    },
    make=_make_property,
    setters={"Value": _set_value},
)
define(
    "JValue",
    "Newtonsoft.Json.Linq.JValue",
    value=JValue,
    bases=("JToken",),
    properties={"Value -> object": lambda token: token.value},
    methods={"Equals -> bool": lambda token, other: token.equals(other)},
    static_methods={
        "CreateString -> JValue": JValue,
        "CreateNull -> JValue": lambda: JValue(None),
    },
    make=lambda value: token_of(value).clone(),
    setters={"Value": _set_value},
    known="CompareTo CreateComment CreateUndefined",
)
define("JRaw", "Newtonsoft.Json.Linq.JRaw", bases=("JValue",), known="Create")
define("JConstructor", "Newtonsoft.Json.Linq.JConstructor", bases=("JContainer",))
define(
    "JsonConvert",
    "Newtonsoft.Json.JsonConvert",
    static_methods={
        "SerializeObject -> string": _serialize,
        "DeserializeObject<> -> M": _deserialize,
    },
    forbidden="ToString DeserializeXmlNode SerializeXmlNode DeserializeXNode SerializeXNode "
    "PopulateObject DeserializeAnonymousType",
)
