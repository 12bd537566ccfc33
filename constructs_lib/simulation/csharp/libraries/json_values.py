"""The values in JSON: their kinds, what they convert to, and how each is read and written.

Source: Json.NET documentation, "LINQ to JSON": dates are recognised.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import base64
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from constructs_lib.simulation.csharp.errors import NotSimulated
from constructs_lib.simulation.csharp.formatting import formatted, round_trip, to_text
from constructs_lib.simulation.csharp.values import (
    SECOND,
    Bytes,
    Char,
    Long,
    OffsetTime,
    Single,
    Span,
    Time,
    bad_argument,
)

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?")


def kind_of(value: Any) -> str:
    """The JTokenType of a value."""
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


TYPE_NAMES = {
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


def converted(value: Any, target: str, kind: str) -> Any:
    """`(target)token` of a token with this value and of this kind."""
    name = target.rstrip("?")
    if value is None:
        if name == "string" or target.endswith("?"):
            return None
        raise bad_argument(f"Can not convert Null to {TYPE_NAMES.get(name, name)}.")
    if name == "string":
        if isinstance(value, Bytes):
            return base64.b64encode(value).decode()
        return to_text(value)
    convert = _READERS.get(name)
    if convert is None:
        raise NotSimulated(f"the conversion of JSON to {target}")
    if name == "DateTime" and kind not in ("Date", "String", "Integer"):
        raise bad_argument(f"Can not convert {kind} to {TYPE_NAMES.get(name, name)}.")
    return convert(value)


def reader(name: str, convert: Callable[[Any], Any]) -> None:
    """Say how a value of JSON becomes one of a type."""
    _READERS[name] = convert


def dated(text: str) -> Any:
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


def whole(text: str) -> Any:
    """An integer as JSON writes it.

    Raises:
        NotSimulated: If it has more than 64 bits.
    """
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise NotSimulated("an integer in JSON of more than 64 bits")
    return Long(number)


_SHORT = {ord('"'): '\\"', ord("\\"): "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 8: "\\b", 12: "\\f"}
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), 0x85, 0x2028, 0x2029)} | _SHORT


def quoted(text: str) -> str:
    """A text in quotes."""
    return f'"{text.translate(_ESCAPES)}"'


def atom(value: Any) -> str:
    """A value as JSON writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Char):
        return quoted(chr(value))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return quoted(to_text(value))
        text = to_text(value) if isinstance(value, Single) else round_trip(value)
        return text if any(sign in text for sign in ".E") else f"{text}.0"
    if isinstance(value, Decimal):
        text = to_text(value)
        return text if "." in text else f"{text}.0"
    if isinstance(value, Time):
        return quoted(
            formatted(value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK").replace(".Z", "Z").rstrip(".")
        )
    if isinstance(value, OffsetTime):
        return quoted(formatted(value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"))
    if isinstance(value, Bytes):
        return quoted(base64.b64encode(value).decode())
    return quoted(to_text(value))
