"""The values of expressions: .NET's types that Python does not keep apart.

`str`, `bool`, `int` (System.Int32), `float` (System.Double), `Decimal` and None stand for
themselves.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import datetime as _dt
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated


class Long(int):
    """System.Int64."""

    __slots__ = ()


class Short(int):
    """System.Int16."""

    __slots__ = ()


class Byte(int):
    """System.Byte."""

    __slots__ = ()


class SByte(int):
    """System.SByte."""

    __slots__ = ()


class UShort(int):
    """System.UInt16."""

    __slots__ = ()


class UInt(int):
    """System.UInt32."""

    __slots__ = ()


class ULong(int):
    """System.UInt64."""

    __slots__ = ()


class Char(int):
    """System.Char: a UTF-16 code unit."""

    __slots__ = ()


class Single(float):
    """System.Single."""

    __slots__ = ()


class EnumValue(int):
    """A value of an enumeration, such as `StringComparison.Ordinal`."""

    type: str
    name: str

    def __new__(cls, type_: str, name: str, value: int) -> EnumValue:
        """A value with its type and name."""
        made = super().__new__(cls, value)
        made.type, made.name = type_, name
        return made


class Array(list[Any]):
    """An array; `element` names the type of its items."""

    element: str = "object"

    @classmethod
    def of(cls, element: str, items: Any = ()) -> Any:
        """An array of a type."""
        made = cls(items)
        made.element = element
        return made

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType] - by reference, as in .NET


class List(Array):
    """List<T>."""

    version = 0


class Bytes(bytearray):
    """byte[]."""

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType] - by reference, as in .NET


class Dictionary:
    """Dictionary<K,V> and the read-only maps of `context`."""

    __slots__ = ("fold", "items", "types")

    def __init__(
        self,
        items: dict[Any, tuple[Any, Any]] | None = None,
        types: tuple[str, str] = ("object", "object"),
        fold: Callable[[Any], Any] | None = None,
    ) -> None:
        self.items: dict[Any, tuple[Any, Any]] = items if items is not None else {}
        self.types = types
        self.fold = fold

    @classmethod
    def of(
        cls, pairs: Any, types: tuple[str, str], fold: Callable[[Any], Any] | None = None
    ) -> Dictionary:
        """A map of pairs."""
        made = cls(None, types, fold)
        for key, value in pairs:
            made.items[made.key(key)] = (key, value)
        return made

    def key(self, key: Any) -> Any:
        """What two keys that are equal have in common."""
        if key is None:
            raise argument_null("key")
        return self.fold(key) if self.fold else (type(key), key) if type(key) is not str else key


class HashSet:
    """HashSet<T>."""

    __slots__ = ("element", "fold", "items")

    def __init__(self, element: str = "object", fold: Callable[[Any], Any] | None = None) -> None:
        self.items: dict[Any, Any] = {}
        self.element = element
        self.fold = fold

    def key(self, item: Any) -> Any:
        """What two items that are equal have in common."""
        return self.fold(item) if self.fold and item is not None else (type(item), item)


class Queue(deque[Any]):
    """Queue<T>."""

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType] - by reference, as in .NET


class Stack(list[Any]):
    """Stack<T>; the top is the last item."""

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType] - by reference, as in .NET


class Sequence:
    """IEnumerable<T> that is made anew for each reader."""

    __slots__ = ("key", "order", "start")

    def __init__(self, start: Callable[[], Iterator[Any]], key: Any = None) -> None:
        self.start = start
        self.key = key
        self.order: list[tuple[Any, bool]] | None = None


class Pair:
    """KeyValuePair<K,V>."""

    __slots__ = ("key", "value")

    def __init__(self, key: Any, value: Any) -> None:
        self.key = key
        self.value = value


class Record:
    """An anonymous object or a Tuple."""

    __slots__ = ("kind", "members")

    def __init__(self, members: dict[str, Any], kind: str = "anonymous") -> None:
        self.members = members
        self.kind = kind


class Builder:
    """StringBuilder."""

    __slots__ = ("text",)

    def __init__(self, text: str = "") -> None:
        self.text = text


class Time:
    """DateTime: ticks of 100 ns since year 1, and `Utc`, `Local` or `Unspecified`."""

    __slots__ = ("kind", "ticks")

    def __init__(self, ticks: int, kind: str = "Unspecified") -> None:
        if not 0 <= ticks <= MAXIMUM_TICKS:
            raise ExpressionFailed(
                "The added or subtracted value results in an un-representable DateTime.",
                "System.ArgumentOutOfRangeException",
            )
        self.ticks = ticks
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self.ticks == other.ticks

    def __hash__(self) -> int:
        return hash(self.ticks)

    @property
    def date(self) -> _dt.datetime:
        """The same for Python, to the microsecond."""
        return _dt.datetime(1, 1, 1) + _dt.timedelta(microseconds=self.ticks // 10)


class OffsetTime:
    """DateTimeOffset: ticks of the local clock, and its offset to UTC in ticks."""

    __slots__ = ("offset", "ticks")

    def __init__(self, ticks: int, offset: int = 0) -> None:
        self.ticks = Time(ticks).ticks
        self.offset = offset

    @property
    def utc(self) -> int:
        """Ticks of UTC."""
        return self.ticks - self.offset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OffsetTime) and self.utc == other.utc

    def __hash__(self) -> int:
        return hash(self.utc)


class Span:
    """TimeSpan in ticks."""

    __slots__ = ("ticks",)

    def __init__(self, ticks: int) -> None:
        if not -(2**63) <= ticks < 2**63:
            raise ExpressionFailed(
                "TimeSpan overflowed because the duration is too long.", "System.OverflowException"
            )
        self.ticks = ticks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and self.ticks == other.ticks

    def __hash__(self) -> int:
        return hash(self.ticks)


class Thing:
    """An object of a type that needs no class of its own: its members are known when it is made."""

    __slots__ = ("members", "text", "type")

    def __init__(self, type_: str, members: dict[str, Any], text: str | None = None) -> None:
        self.type = type_
        self.members = members
        self.text = text


class Ref:
    """Where an `out` or `ref` argument is put."""

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value


class Delegate:
    """A lambda, local function or method as a value."""

    __slots__ = ("arity", "call")

    def __init__(self, call: Callable[..., Any], arity: int) -> None:
        self.call = call
        self.arity = arity


class TypeOf:
    """System.Type."""

    __slots__ = ("full", "name")

    def __init__(self, name: str, full: str) -> None:
        self.name = name
        self.full = full


MAXIMUM_TICKS = 3155378975999999999
EPOCH_TICKS = 621355968000000000
SECOND = 10_000_000

FULL_NAMES: dict[type, str] = {
    str: "System.String",
    bool: "System.Boolean",
    int: "System.Int32",
    Long: "System.Int64",
    Short: "System.Int16",
    Byte: "System.Byte",
    SByte: "System.SByte",
    UShort: "System.UInt16",
    UInt: "System.UInt32",
    ULong: "System.UInt64",
    Char: "System.Char",
    float: "System.Double",
    Single: "System.Single",
    Decimal: "System.Decimal",
    Bytes: "System.Byte[]",
    Time: "System.DateTime",
    OffsetTime: "System.DateTimeOffset",
    Span: "System.TimeSpan",
    uuid.UUID: "System.Guid",
    Builder: "System.Text.StringBuilder",
    Queue: "System.Collections.Generic.Queue`1",
    Stack: "System.Collections.Generic.Stack`1",
    Pair: "System.Collections.Generic.KeyValuePair`2",
    TypeOf: "System.RuntimeType",
    ExpressionFailed: "System.Exception",
}
_ARGUMENTS: dict[str, str] = {
    "string": "System.String",
    "int": "System.Int32",
    "object": "System.Object",
    "bool": "System.Boolean",
    "long": "System.Int64",
    "double": "System.Double",
    "char": "System.Char",
}


def _argument(name: str) -> str:
    return _ARGUMENTS.get(name, name)


def full_name(value: Any) -> str:
    """The full name of a value's type."""
    kind = type(value)
    if kind in (Thing, EnumValue):
        name: str = value.type
        return THING_NAMES.get(name, name)
    if kind is ExpressionFailed:
        return value.dotnet_type
    if kind is Array:
        return _argument(value.element) + "[]"
    if kind is List:
        return f"System.Collections.Generic.List`1[{_argument(value.element)}]"
    if kind is Dictionary:
        inner = ",".join(_argument(each) for each in value.types)
        return f"System.Collections.Generic.Dictionary`2[{inner}]"
    return FULL_NAMES.get(kind) or f"Newtonsoft.Json.Linq.{kind.__name__}"


THING_NAMES: dict[str, str] = {}

# The exceptions that come up in many places -------------------------------------------------------


def null_reference() -> ExpressionFailed:
    """A member of null."""
    return ExpressionFailed(
        "Object reference not set to an instance of an object.", "System.NullReferenceException"
    )


def argument_null(name: str) -> ExpressionFailed:
    """Null for an argument that must be there."""
    return ExpressionFailed(
        f"Value cannot be null.\r\nParameter name: {name}", "System.ArgumentNullException"
    )


def out_of_range(name: str, message: str = "") -> ExpressionFailed:
    """An argument outside its range."""
    text = (
        message
        or "Index was out of range. Must be non-negative and less than the size of the collection."
    )
    return ExpressionFailed(
        f"{text}\r\nParameter name: {name}", "System.ArgumentOutOfRangeException"
    )


def bad_format(message: str = "Input string was not in a correct format.") -> ExpressionFailed:
    """A text that cannot be read as what it should be."""
    return ExpressionFailed(message, "System.FormatException")


def bad_argument(message: str) -> ExpressionFailed:
    """An argument that does not do."""
    return ExpressionFailed(message, "System.ArgumentException")


def invalid_operation(message: str) -> ExpressionFailed:
    """Something that cannot be done now."""
    return ExpressionFailed(message, "System.InvalidOperationException")


def bad_cast(value: Any, target: str) -> ExpressionFailed:
    """An object that is of another type."""
    return ExpressionFailed(
        f"Unable to cast object of type '{full_name(value)}' to type '{target}'.",
        "System.InvalidCastException",
    )


def key_missing() -> ExpressionFailed:
    """A key that a map lacks."""
    return ExpressionFailed(
        "The given key was not present in the dictionary.",
        "System.Collections.Generic.KeyNotFoundException",
    )


def narrow(text: str) -> str:
    """The text, if each of its characters is one of .NET's."""
    if not text.isascii() and max(text) > "\uffff":
        raise NotSimulated("the length of a text with characters outside the basic plane")
    return text
