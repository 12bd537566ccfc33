"""Operators and conversions of C#, by the types of the values at run time.

Source: C# 7 specification, "Numeric promotions", "Explicit numeric conversions", "Operators".
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.values import (
    Byte,
    Char,
    EnumValue,
    Long,
    OffsetTime,
    SByte,
    Short,
    Single,
    Span,
    Time,
    UInt,
    ULong,
    UShort,
    bad_cast,
    full_name,
    null_reference,
)

# name -> (class, lowest, highest)
INTEGERS: dict[str, tuple[type, int, int]] = {
    "sbyte": (SByte, -(2**7), 2**7 - 1),
    "byte": (Byte, 0, 2**8 - 1),
    "short": (Short, -(2**15), 2**15 - 1),
    "ushort": (UShort, 0, 2**16 - 1),
    "int": (int, -(2**31), 2**31 - 1),
    "uint": (UInt, 0, 2**32 - 1),
    "long": (Long, -(2**63), 2**63 - 1),
    "ulong": (ULong, 0, 2**64 - 1),
    "char": (Char, 0, 2**16 - 1),
}
NUMBERS = frozenset(INTEGERS) | {"float", "double", "decimal"}
CLASSES: dict[str, type] = {
    **{name: each[0] for name, each in INTEGERS.items()},
    "float": Single,
    "double": float,
    "decimal": Decimal,
    "bool": bool,
    "string": str,
}
_NAMES = {kind: name for name, kind in CLASSES.items()}
_ARITHMETIC = frozenset(CLASSES[name] for name in NUMBERS)


def overflow() -> ExpressionFailed:
    """An integer outside its type's range."""
    return ExpressionFailed(
        "Arithmetic operation resulted in an overflow.", "System.OverflowException"
    )


def fit(value: int, name: str, *, checked: bool = False) -> Any:
    """An integer as one of a type: wrapped, or in a checked context refused, if it is too large."""
    kind, low, high = INTEGERS[name]
    if not low <= value <= high:
        if checked:
            raise overflow()
        value = (value - low) % (high - low + 1) + low
    return value if kind is int else kind(value)


def single(value: float) -> Single:
    """The nearest number of single precision."""
    try:
        return Single(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return Single(math.copysign(math.inf, value))


def promoted(left: Any, right: Any) -> str:
    """The type that both operands of an arithmetic operator become."""
    kinds = (type(left), type(right))
    if kinds[0] not in _ARITHMETIC or kinds[1] not in _ARITHMETIC:
        raise NotSimulated(f"an operator on {full_name(left)} and {full_name(right)}")
    for kind in (Decimal, float, Single, ULong, Long):
        if kind in kinds:
            return _NAMES[kind]
    if UInt in kinds:
        other = kinds[0] if kinds[1] is UInt else kinds[1]
        return "long" if other in (int, SByte, Short) else "uint"
    return "int"


def _divide(left: Any, right: Any, name: str) -> Any:
    if name in INTEGERS or name == "decimal":
        if not right:
            raise ExpressionFailed("Attempted to divide by zero.", "System.DivideByZeroException")
        if name == "decimal":
            return _decimal(left / right)
        return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    if right:
        return left / right
    return math.nan if not left or left != left else math.copysign(math.inf, left)


def _remainder(left: Any, right: Any, name: str) -> Any:
    if name in INTEGERS:
        return left - right * _divide(left, right, name)
    if name == "decimal":
        return left - right * Decimal(int(_divide(left, right, name)))
    return math.fmod(left, right) if right and not math.isinf(left) else math.nan


def _decimal(value: Decimal) -> Decimal:
    """A decimal of 28 digits."""
    text = value.normalize() if -value.as_tuple().exponent > 28 else value  # pyright: ignore[reportOperatorIssue]
    if abs(text) > Decimal("79228162514264337593543950335"):
        raise ExpressionFailed(
            "Value was either too large or too small for a Decimal.", "System.OverflowException"
        )
    return text


def arithmetic(sign: str, *, checked: bool = False) -> Callable[[Any, Any], Any]:
    """The function of `-`, `*`, `/` or `%`; and of `+` on numbers."""

    def compute(left: Any, right: Any) -> Any:
        if type(left) is int and type(right) is int and sign in "+-*":
            value = left + right if sign == "+" else left - right if sign == "-" else left * right
            if -0x80000000 <= value <= 0x7FFFFFFF:
                return value
            return fit(value, "int", checked=checked)
        special = _times(sign, left, right)
        if special is not None:
            return special
        if left is None or right is None:
            return None
        name = promoted(left, right)
        if name == "decimal":
            left, right = Decimal(left), Decimal(right)
        elif name in INTEGERS:
            left, right = int(left), int(right)
        else:
            left, right = float(left), float(right)
        match sign:
            case "+":
                value = left + right
            case "-":
                value = left - right
            case "*":
                value = left * right
            case "/":
                value = _divide(left, right, name)
            case _:
                value = _remainder(left, right, name)
        if name in INTEGERS:
            return fit(value, name, checked=checked)
        return _decimal(value) if name == "decimal" else single(value) if name == "float" else value

    return compute


def _times(sign: str, left: Any, right: Any) -> Any:
    """Arithmetic of dates and durations; None if it is none."""
    if sign not in "+-" or not isinstance(left, (Time, OffsetTime, Span)):
        return None
    if isinstance(right, Span):
        ticks = left.ticks + right.ticks if sign == "+" else left.ticks - right.ticks
        if isinstance(left, Span):
            return Span(ticks)
        return Time(ticks, left.kind) if isinstance(left, Time) else OffsetTime(ticks, left.offset)
    if sign == "-" and isinstance(left, Time) and isinstance(right, Time):
        return Span(left.ticks - right.ticks)
    if sign == "-" and isinstance(left, OffsetTime) and isinstance(right, (OffsetTime, Time)):
        return Span(left.utc - (right.utc if isinstance(right, OffsetTime) else right.ticks))
    return None


def bits(sign: str) -> Callable[[Any, Any], Any]:
    """The function of `&`, `|`, `^`, `<<` or `>>`."""

    def compute(left: Any, right: Any) -> Any:
        if isinstance(left, bool) and isinstance(right, bool):
            return left & right if sign == "&" else left | right if sign == "|" else left ^ right
        if isinstance(left, EnumValue):
            value = left | right if sign == "|" else left & right
            return EnumValue(left.type, to_text(int(value)), value)
        if left is None or right is None:
            return None
        name = promoted(left, left if sign in ("<<", ">>") else right)
        if name not in INTEGERS:
            raise NotSimulated(f"{sign} on {full_name(left)}")
        width = 64 if name in ("long", "ulong") else 32
        left, right = int(left), int(right)
        match sign:
            case "&":
                value = left & right
            case "|":
                value = left | right
            case "^":
                value = left ^ right
            case "<<":
                value = left << (right & (width - 1))
            case _:
                value = left >> (right & (width - 1))
        return fit(value, name)

    return compute


def comparison(sign: str) -> Callable[[Any, Any], bool]:
    """The function of `<`, `>`, `<=` or `>=`."""

    def compute(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        kind = type(left)
        if kind in (Time, Span) and type(right) is kind:
            left, right = left.ticks, right.ticks
        elif kind is OffsetTime or type(right) is OffsetTime:
            left = left.utc if kind is OffsetTime else left.ticks
            right = right.utc if isinstance(right, OffsetTime) else right.ticks
        elif kind is not EnumValue and promoted(left, right) == "decimal":
            left, right = Decimal(left), Decimal(right)
        if sign == "<":
            return left < right
        if sign == ">":
            return left > right
        return left <= right if sign == "<=" else left >= right

    return compute


def equal(left: Any, right: Any) -> bool:
    """`left == right`, where both are of types that compare by value, or references."""
    if left is None or right is None:
        return left is right
    one, other = type(left), type(right)
    if one is other:
        if one in _BY_VALUE or one in _ARITHMETIC:
            return left == right
        own = getattr(left, "operator_equal", None)
        return own(right) if own else left is right
    if one in _ARITHMETIC and other in _ARITHMETIC:
        if Decimal in (one, other):
            return Decimal(left) == Decimal(right)
        return left == right
    if OffsetTime in (one, other) and Time in (one, other):
        return comparison("<=")(left, right) and comparison(">=")(left, right)
    own = getattr(left, "operator_equal", None)
    return own(right) if own else False


def same(left: Any, right: Any) -> bool:
    """`object.Equals(left, right)`: of the same type and equal."""
    if type(left) is not type(right):
        return False
    own = getattr(left, "equals", None)
    if own:
        return own(right)
    return equal(left, right) or (isinstance(left, float) and left != left and right != right)


def hash_key(value: Any) -> Any:
    """What values that are `same` have in common."""
    kind = type(value)
    return value if kind is str or value is None else (kind, value)


_BY_VALUE: set[type] = {str, bool, Time, OffsetTime, Span, EnumValue}


def by_value(kind: type) -> None:
    """Say that values of a type are compared by what they hold."""
    _BY_VALUE.add(kind)


def negative(value: Any, *, checked: bool = False) -> Any:
    """`-value`."""
    if isinstance(value, Span):
        return Span(-value.ticks)
    if value is None:
        return None
    if isinstance(value, UInt):
        return Long(-value)
    if isinstance(value, (float, Decimal)):
        return type(value)(-value)
    return fit(-int(value), promoted(value, 0), checked=checked)


def inverted(value: Any) -> Any:
    """`~value`."""
    return fit(~int(value), promoted(value, value))


# Conversions --------------------------------------------------------------------------------------

_NULLABLE_ERROR = "Nullable object must have a value."


def cast_number(value: Any, name: str, *, checked: bool = False) -> Any:
    """An explicit conversion between numbers."""
    kind = type(value)
    if kind is CLASSES[name]:
        return value
    if name in INTEGERS:
        if isinstance(value, (float, Decimal)):
            if isinstance(value, float) and (value != value or math.isinf(value)):
                if checked:
                    raise overflow()
                return fit(-(2**63) if name in ("long", "ulong") else -(2**31), name)
            number = int(value)
            _, low, high = INTEGERS[name]
            if (checked or isinstance(value, Decimal)) and not low <= number <= high:
                message = f"Value was either too large or too small for {_article(name)}."
                raise ExpressionFailed(message, "System.OverflowException")
            if not low <= number <= high and name in ("int", "long"):
                return fit(low, name)
            return fit(number, name)
        return fit(int(value), name, checked=checked)
    if name == "decimal":
        return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(int(value))
    return single(float(value)) if name == "float" else float(value)


def _article(name: str) -> str:
    full = {"int": "an Int32", "long": "an Int64", "short": "an Int16", "byte": "an unsigned byte"}
    return full.get(name, f"a {name}")


def cast(value: Any, target: str, source: str | None, *, checked: bool = False) -> Any:
    """`(target)value`, where `source` is the static type of the value, if that is known."""
    nullable = target.endswith("?")
    name = target.rstrip("?")
    own = getattr(value, "explicit", None)
    if own and source != "object" and (name in CLASSES or name in _OTHERS):
        return own(target)
    if name in CLASSES:
        return _cast_simple(value, name, source, nullable=nullable, checked=checked)
    if value is None:
        if name in ("DateTime", "DateTimeOffset", "TimeSpan", "Guid") and not nullable:
            raise null_reference()
        return None
    return value


_OTHERS: dict[str, type] = {
    "DateTime": Time,
    "DateTimeOffset": OffsetTime,
    "TimeSpan": Span,
    "Guid": object,
}


def _cast_simple(
    value: Any, name: str, source: str | None, *, nullable: bool, checked: bool
) -> Any:
    if value is None:
        if name == "string" or nullable:
            return None
        if source and source.endswith("?"):
            raise ExpressionFailed(_NULLABLE_ERROR, "System.InvalidOperationException")
        raise null_reference()
    kind = type(value)
    if kind is CLASSES[name]:
        return value
    if kind is EnumValue and name in INTEGERS:
        return fit(int(value), name)
    if name == "string":
        raise bad_cast(value, "System.String")
    if source == "object" or kind not in _ARITHMETIC or name == "bool":
        raise ExpressionFailed("Specified cast is not valid.", "System.InvalidCastException")
    return cast_number(value, name, checked=checked)


def implicit(value: Any, target: str) -> Any:
    """A value put into a variable, argument or array of a type."""
    if value is None or isinstance(value, EnumValue):
        return value
    name = target.rstrip("?")
    if name in NUMBERS:
        kind = type(value)
        if kind is not CLASSES[name] and kind in _ARITHMETIC:
            return cast_number(value, name)
        return value
    if name == "DateTimeOffset" and isinstance(value, Time):
        return OffsetTime(value.ticks, 0)
    if name in CONVERSIONS:
        return CONVERSIONS[name](value)
    return value


CONVERSIONS: dict[str, Callable[[Any], Any]] = {}


def default_of(type_: str) -> Any:
    """`default(T)`."""
    if type_ in NUMBERS:
        return cast_number(0, type_)
    if type_ == "bool":
        return False
    if type_ == "DateTime":
        return Time(0)
    if type_ == "DateTimeOffset":
        return OffsetTime(0)
    if type_ == "TimeSpan":
        return Span(0)
    if type_ == "Guid":
        import uuid

        return uuid.UUID(int=0)
    return None


def add(left: Any, right: Any) -> Any:
    """`left + right`: texts are joined, numbers added."""
    if type(left) is str:
        return left + (right if type(right) is str else to_text(right))
    if type(right) is str:
        return to_text(left) + right
    return _plus(left, right)


_plus = arithmetic("+")
