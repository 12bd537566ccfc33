"""Values as text, as .NET writes them in the invariant culture.

Source: Learn, "Standard numeric format strings", "Custom numeric format strings", "Standard date
and time format strings", "Custom date and time format strings", "Standard TimeSpan format strings".
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import re
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.values import (
    SECOND,
    Builder,
    Char,
    EnumValue,
    OffsetTime,
    Pair,
    Record,
    Single,
    Span,
    Thing,
    Time,
    TypeOf,
    bad_format,
    full_name,
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def to_text(value: Any) -> str:
    """`value.ToString()`; of null an empty text, as where texts are joined."""
    kind = type(value)
    if kind is str:
        return value
    if value is None:
        return ""
    if kind is bool:
        return "True" if value else "False"
    if kind is Char:
        return chr(value)
    if kind is EnumValue:
        return value.name
    if isinstance(value, int):
        return int.__str__(value)
    return _other_text(value, kind)


def _other_text(value: Any, kind: type) -> str:
    if isinstance(value, float):
        return _real_text(value, 7 if kind is Single else 15)
    if kind is Decimal:
        return f"{value:f}"
    if kind is uuid.UUID:
        return str(value)
    if kind in (Time, OffsetTime, Span):
        return formatted(value, "")
    if kind is Builder:
        return value.text
    if kind is Pair:
        return f"[{to_text(value.key)}, {to_text(value.value)}]"
    if kind is Record:
        return _record_text(value)
    if kind is Thing:
        return value.text if value.text is not None else full_name(value)
    if kind is TypeOf:
        return value.full
    if isinstance(value, ExpressionFailed):
        return f"{value.dotnet_type}: {value.message}"
    own = getattr(value, "to_text", None)
    return own() if own else full_name(value)


def _record_text(value: Record) -> str:
    if value.kind == "Tuple":
        return f"({', '.join(to_text(each) for each in value.members.values())})"
    inner = ", ".join(f"{name} = {to_text(each)}" for name, each in value.members.items())
    return f"{{ {inner} }}" if inner else "{ }"


def _real_text(value: float, digits: int) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"
    return "0" if text == "-0" else text


def round_trip(value: float) -> str:
    """The shortest text that gives the same number again: format R."""
    if value != value or value in (float("inf"), float("-inf")):
        return _real_text(value, 15)
    text = repr(float(value))
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.removesuffix(".0")
    if exponent:
        sign = "-" if exponent[0] == "-" else "+"
        return f"{mantissa}E{sign}{exponent.lstrip('+-').lstrip('0').zfill(2)}"
    if abs(value) >= 1e15 and value == int(value):
        plain = str(int(value))
        return _real_text(value, 17) if len(plain.lstrip("-")) > 15 else plain
    return mantissa


def formatted(value: Any, format_: str | None) -> str:
    """`value.ToString(format)`.

    Raises:
        ExpressionFailed: If the type has no such format.
    """
    kind = type(value)
    if kind is Time:
        return _time(value.ticks, format_ or "G", _zone(value), value.kind)
    if kind is OffsetTime:
        return _offset_time(value, format_ or "")
    if kind is Span:
        return _span(value, format_ or "c")
    if not format_ or value is None or kind in (str, bool, Char):
        return to_text(value)
    if kind is uuid.UUID:
        return _guid(value, format_)
    if kind is EnumValue:
        return _enumeration(value, format_)
    if isinstance(value, (int, float, Decimal)):
        return _number(value, format_)
    return to_text(value)


def _enumeration(value: EnumValue, format_: str) -> str:
    styles = {"G": value.name, "F": value.name, "D": str(int(value)), "X": f"{int(value):08X}"}
    if format_.upper() not in styles:
        raise bad_format('Format String can be only "G", "g", "X", "x", "F", "f", "D" or "d".')
    return styles[format_.upper()]


def _guid(value: uuid.UUID, format_: str) -> str:
    styles = {"N": value.hex, "D": str(value), "B": f"{{{value}}}", "P": f"({value})"}
    if format_.upper() not in styles:
        raise bad_format(
            'Format String can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".'
        )
    return styles[format_.upper()]


def _number(value: Any, format_: str) -> str:
    found = re.fullmatch(r"([A-Za-z])(\d{0,2})", format_)
    if found is None:
        return _custom_number(value, format_)
    letter, digits = found[1].upper(), int(found[2]) if found[2] else None
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return to_text(value)
    if letter in "DX":
        return _whole(value, found[1], digits or 0)
    if letter == "R" and isinstance(value, float):
        return round_trip(value)
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if letter in "FN":
        return _fixed(exact, 2 if digits is None else digits, grouped=letter == "N")
    if letter == "P":
        return _fixed(exact * 100, 2 if digits is None else digits, grouped=True) + " %"
    if letter == "C":
        text = _fixed(abs(exact), 2 if digits is None else digits, grouped=True)
        return f"(¤{text})" if exact < 0 else f"¤{text}"
    if letter == "E":
        mantissa, _, exponent = f"{exact:.{6 if digits is None else digits}e}".partition("e")
        return f"{mantissa}{found[1]}{exponent[0]}{exponent[1:].zfill(3)}"
    if letter == "G":
        if not digits:
            return to_text(value)
        return _real_text(float(exact), digits)
    raise bad_format("Format specifier was invalid.")


def _whole(value: Any, letter: str, digits: int) -> str:
    if not isinstance(value, int):
        raise bad_format("Format specifier was invalid.")
    if letter in "Dd":
        return ("-" if value < 0 else "") + str(abs(int(value))).zfill(digits)
    bits = {"Byte": 8, "SByte": 8, "Short": 16, "UShort": 16}.get(type(value).__name__, 32)
    bits = 64 if type(value).__name__ in ("Long", "ULong") else bits
    return f"{int(value) % (1 << bits):{'X' if letter == 'X' else 'x'}}".zfill(digits)


def _fixed(value: Decimal, digits: int, *, grouped: bool) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)
    return f"{rounded:,f}" if grouped else f"{rounded:f}"


def _custom_number(value: Any, format_: str) -> str:
    """A format of `0`, `#`, `.`, `,` and `%`, and literal text around them."""
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    sections = format_.split(";")
    if len(sections) > 1 and exact < 0:
        exact, format_ = -exact, sections[1]
    else:
        format_ = sections[2] if len(sections) > 2 and not exact else sections[0]
    pieces = re.findall(r"'[^']*'|\"[^\"]*\"|\\.|.", format_)
    if any(piece in "eE‰" for piece in pieces):
        raise NotSimulated(f"the number format {format_}")
    if "%" in pieces:
        exact *= 100
    digits = [index for index, piece in enumerate(pieces) if piece in "0#"]
    if not digits:
        return "".join(_literal(piece) for piece in pieces)
    point = pieces.index(".") if "." in pieces else len(pieces)
    decimals = [pieces[index] for index in digits if index > point]
    whole = [pieces[index] for index in digits if index < point]
    text = _fixed(abs(exact), len(decimals), grouped=False)
    left, _, right = text.partition(".")
    needed = len(whole) - whole.index("0") if "0" in whole else 0
    left = left.lstrip("0").zfill(needed) if needed else left.lstrip("0")
    if "," in pieces[digits[0] : point]:
        left = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", left)
    least = max((index + 1 for index, each in enumerate(decimals) if each == "0"), default=0)
    right = right[:least] + right[least:].rstrip("0")
    sign = "-" if exact < 0 and (left.strip("0,") or right.strip("0")) else ""
    before = "".join(_literal(piece) for piece in pieces[: digits[0]] if piece not in ".,")
    after = "".join(_literal(piece) for piece in pieces[digits[-1] + 1 :] if piece not in ".,")
    return sign + before + left + (f".{right}" if right else "") + after


def _literal(piece: str) -> str:
    return piece[1:-1] if piece[0] in "'\"" else piece[1:] if piece[0] == "\\" else piece


# Dates and times ----------------------------------------------------------------------------------

_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
_DATE_PIECES = re.compile(
    r"d+|M+|y+|H+|h+|m+|s+|f+|\.?F+|t+|z+|K|'[^']*'|\"[^\"]*\"|\\.|%.|.", re.DOTALL
)


def _zone(value: Time) -> int | None:
    return None if value.kind == "Unspecified" else 0


def _offset_time(value: OffsetTime, format_: str) -> str:
    if not format_:
        return _time(value.ticks, "MM/dd/yyyy HH:mm:ss zzz", value.offset, "Offset")
    if format_ in ("u", "r", "R"):
        return _time(value.utc, format_, 0, "Utc")
    return _time(value.ticks, format_, value.offset, "Offset")


def _time(ticks: int, format_: str, zone: int | None, kind: str) -> str:
    if len(format_) == 1:
        if format_ == "U":
            format_ = "F"
        if format_ not in _STANDARD:
            raise bad_format()
        format_ = _STANDARD[format_]
    value = Time(ticks)
    return "".join(
        _date_piece(piece, value, zone, kind) for piece in _DATE_PIECES.findall(format_)
    ).replace("\0", "")


def _date_piece(piece: str, value: Time, zone: int | None, kind: str) -> str:
    if piece[0] == "%" and len(piece) == 2:
        piece = piece[1]
    date, count = value.date, len(piece)
    match piece[0]:
        case "d":
            name = _DAYS[date.weekday()]
            return str(date.day).zfill(count) if count < 3 else name[:3] if count == 3 else name
        case "M":
            name = _MONTHS[date.month - 1]
            return str(date.month).zfill(count) if count < 3 else name[:3] if count == 3 else name
        case "y":
            return str(date.year % 100).zfill(count) if count < 3 else str(date.year).zfill(count)
        case "H" | "m" | "s":
            number = {"H": date.hour, "m": date.minute, "s": date.second}[piece[0]]
            return str(number).zfill(min(count, 2))
        case "h":
            return str(date.hour % 12 or 12).zfill(min(count, 2))
        case "f" | "F":
            digits = f"{value.ticks % SECOND:07}"[:count]
            return digits if piece[0] == "f" else digits.rstrip("0")
        case "." if count > 1:
            digits = f"{value.ticks % SECOND:07}"[: count - 1].rstrip("0")
            return f".{digits}" if digits else ""
        case "t":
            return ("AM" if date.hour < 12 else "PM")[:count]
        case "z" | "K":
            return _zone_text(piece, zone, kind)
        case "'" | '"' | "\\":
            return _literal(piece)
        case _:
            return piece


def _zone_text(piece: str, zone: int | None, kind: str) -> str:
    if piece == "K" and kind in ("Utc", "Unspecified"):
        return "Z" if kind == "Utc" else ""
    minutes = (zone or 0) // (60 * SECOND)
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    if piece in ("z", "zz"):
        return f"{sign}{hours:0{len(piece)}}"
    return f"{sign}{hours:02}:{rest:02}"


def _span(value: Span, format_: str) -> str:
    ticks, sign = abs(value.ticks), "-" if value.ticks < 0 else ""
    seconds, fraction = divmod(ticks, SECOND)
    days, rest = divmod(seconds, 86400)
    hours, minutes, secs = rest // 3600, rest // 60 % 60, rest % 60
    if format_ in ("c", "t", "T"):
        text = f"{f'{days}.' if days else ''}{hours:02}:{minutes:02}:{secs:02}"
        return sign + text + (f".{fraction:07}" if fraction else "")
    if format_ in ("g", "G"):
        digits = f"{fraction:07}"
        if format_ == "G":
            return f"{sign}{days}:{hours:02}:{minutes:02}:{secs:02}.{digits}"
        text = f"{f'{days}:' if days else ''}{hours}:{minutes:02}:{secs:02}"
        return sign + text + (f".{digits.rstrip('0')}" if fraction else "")
    parts = {"d": days, "h": hours, "m": minutes, "s": secs}
    found: list[str] = []
    for piece in re.findall(r"d+|h+|m+|s+|f+|F+|'[^']*'|\"[^\"]*\"|\\.|%.|.", format_):
        piece = piece[1] if piece[0] == "%" and len(piece) == 2 else piece
        if piece[0] in parts:
            found.append(str(parts[piece[0]]).zfill(len(piece)))
        elif piece[0] in "fF":
            digits = f"{fraction:07}"[: len(piece)]
            found.append(digits if piece[0] == "f" else digits.rstrip("0"))
        elif piece[0] in "'\"\\":
            found.append(_literal(piece))
        else:
            raise bad_format()
    return "".join(found)


# Composite formats --------------------------------------------------------------------------------

_HOLE = re.compile(r"\{\{|\}\}|\{(\d+)\s*(?:,\s*(-?\d+)\s*)?(?::((?:[^{}]|\{\{|\}\})*))?\}|[{}]")


def composite(format_: str, arguments: list[Any]) -> str:
    """`string.Format(format, arguments)`.

    Raises:
        ExpressionFailed: If the format has a brace too many, or an index without its argument.
    """

    def fill(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None:
            raise bad_format()
        if int(found[1]) >= len(arguments):
            raise bad_format(
                "Index (zero based) must be greater than or equal to zero and less than the size "
                "of the argument list."
            )
        return aligned(formatted(arguments[int(found[1])], found[3]), int(found[2] or 0))

    return _HOLE.sub(fill, format_)


def aligned(text: str, width: int) -> str:
    """A text filled up with blanks: on the left, with a negative width on the right."""
    if abs(width) > 100_000:
        raise NotSimulated("a width of more than 100,000 characters")
    return text.rjust(width) if width >= 0 else text.ljust(-width)
