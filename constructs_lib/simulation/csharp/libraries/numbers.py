"""Numbers, Boolean, Convert, Math, Random, Guid and BitConverter.

Source: Learn, .NET API reference of namespace System.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import base64
import math
import re
import struct
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import formatted, to_text
from constructs_lib.simulation.csharp.libraries.json_values import reader
from constructs_lib.simulation.csharp.operators import (
    CLASSES,
    INTEGERS,
    NUMBERS,
    by_value,
    cast_number,
    comparison,
    promoted,
    single,
)
from constructs_lib.simulation.csharp.tables import ALIASES, TYPES, define, enumeration
from constructs_lib.simulation.csharp.values import (
    Bytes,
    Char,
    EnumValue,
    Thing,
    Time,
    argument_null,
    bad_argument,
    bad_format,
    out_of_range,
)

_WORDS = {name: word for word, name in ALIASES.items()}
_RANGE = {
    "int": "an Int32",
    "long": "an Int64",
    "short": "an Int16",
    "byte": "an unsigned byte",
    "uint": "a UInt32",
    "ulong": "a UInt64",
    "ushort": "a UInt16",
    "sbyte": "a signed byte",
}
_REAL = re.compile(r"\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")


def _made(name: str, value: Any) -> Any:
    make: Any = CLASSES[name]
    return make(value)


def _too_large(name: str) -> ExpressionFailed:
    return ExpressionFailed(
        f"Value was either too large or too small for {_RANGE.get(name, 'a ' + _WORDS[name])}.",
        "System.OverflowException",
    )


def parse_number(name: str, text: Any) -> Any:
    """`int.Parse(text)` and the like."""
    if text is None:
        raise argument_null("s" if name != "decimal" else "value")
    if name in INTEGERS:
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", text):
            raise bad_format()
        number = int(text)
        if not INTEGERS[name][1] <= number <= INTEGERS[name][2]:
            raise _too_large(name)
        return _made(name, number)
    plain = text.strip()
    special = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    if name != "decimal" and plain in special:
        return _made(name, special[plain])
    if not _REAL.fullmatch(text) or (name == "decimal" and "e" in plain.lower()):
        raise bad_format()
    plain = plain.replace(",", "")
    if name == "decimal":
        return Decimal(plain)
    value = float(plain)
    return single(value) if name == "float" else value


def try_number(name: str) -> Callable[..., bool]:
    """`int.TryParse(text, out value)` and the like."""

    def attempt(text: Any, out: Any, *styles: Any) -> bool:
        if styles:
            raise NotSimulated("TryParse with styles")
        try:
            out.value = parse_number(name, text)
        except ExpressionFailed:
            out.value = cast_number(0, name)
            return False
        return True

    return attempt


def _convert(name: str) -> Callable[..., Any]:
    def convert(value: Any = None, base: Any = None) -> Any:
        if value is None:
            return cast_number(0, name)
        if isinstance(value, str):
            if isinstance(base, int) and name in INTEGERS and base != 10:
                return _based(value, base, name)
            return parse_number(name, value)
        if isinstance(value, bool):
            return cast_number(int(value), name)
        if isinstance(value, Time):
            raise ExpressionFailed(
                f"Invalid cast from 'DateTime' to '{_WORDS[name]}'.", "System.InvalidCastException"
            )
        own = getattr(value, "explicit", None)
        if own:
            return own(name)
        if isinstance(value, (float, Decimal)) and name in INTEGERS:
            if isinstance(value, float) and not math.isfinite(value):
                raise _too_large(name)
            value = int(Decimal(value).to_integral_value(ROUND_HALF_EVEN))
        if not isinstance(value, (int, float, Decimal)):
            raise ExpressionFailed(
                "Unable to cast object of type to type 'System.IConvertible'.",
                "System.InvalidCastException",
            )
        if name in INTEGERS and not INTEGERS[name][1] <= int(value) <= INTEGERS[name][2]:
            raise _too_large(name)
        return cast_number(value, name)

    return convert


def _based(text: str, base: int, name: str) -> Any:
    try:
        number = int(text, base)
    except ValueError as error:
        raise bad_format("Could not find any recognizable digits.") from error
    if number > INTEGERS[name][2]:
        number -= 1 << {"int": 32, "long": 64, "short": 16}.get(name, 8)
    return cast_number(number, name)


def _boolean(value: Any = None, *_: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, str):
        return parse_truth(value)
    own = getattr(value, "explicit", None)
    return own("bool") if own else bool(value)


def parse_truth(text: Any) -> bool:
    """`bool.Parse(text)`."""
    if text is None:
        raise argument_null("value")
    word = text.strip().strip("\0").lower()
    if word not in ("true", "false"):
        raise bad_format("String was not recognized as a valid Boolean.")
    return word == "true"


def _try_truth(text: Any, out: Any) -> bool:
    word = (text or "").strip().lower()
    out.value = word == "true"
    return word in ("true", "false")


def from_base64(text: Any) -> Bytes:
    """`Convert.FromBase64String(text)`."""
    if text is None:
        raise argument_null("s")
    plain = re.sub(r"[ \t\r\n]", "", text)
    if re.search(r"[^A-Za-z0-9+/=]", plain) or "=" in plain.rstrip("="):
        raise bad_format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more "
            "than two padding characters, or an illegal character among the padding characters. "
        )
    if len(plain) % 4 or plain.endswith("==="):
        raise bad_format("Invalid length for a Base-64 char array or string.")
    return Bytes(base64.b64decode(plain))


def to_base64(data: Any, *part: Any) -> str:
    """`Convert.ToBase64String(data)`."""
    if data is None:
        raise argument_null("inArray")
    if len(part) >= 2:
        data = data[part[0] : part[0] + part[1]]
    return base64.b64encode(bytes(data)).decode()


def _convert_text(value: Any = None, base: Any = None) -> str:
    if isinstance(base, int) and isinstance(value, int) and base in (2, 8, 16):
        width = 64 if type(value).__name__ == "Long" else 32
        number = int(value) % (1 << width)
        return format(number, {2: "b", 8: "o", 16: "x"}[base])
    return to_text(value)


_READ = {name: _convert(name) for name in NUMBERS if name != "char"}
for _name, _function in _READ.items():
    reader(_name, _function)
reader("bool", _boolean)
reader("char", lambda value: Char(ord(value)))


def _compare(left: Any, right: Any) -> int:
    return int(comparison(">")(left, right)) - int(comparison("<")(left, right))


def _define_number(name: str) -> None:
    static: dict[str, Any] = {}
    if name in INTEGERS:
        static[f"MaxValue -> {name}"] = lambda: _made(name, INTEGERS[name][2])
        static[f"MinValue -> {name}"] = lambda: _made(name, INTEGERS[name][1])
    elif name == "decimal":
        for each, number in {"Zero": 0, "One": 1, "MinusOne": -1}.items():
            static[f"{each} -> decimal"] = lambda number=number: Decimal(number)
        top = Decimal("79228162514264337593543950335")
        static |= {"MaxValue -> decimal": lambda: top, "MinValue -> decimal": lambda: -top}
    else:
        top = 1.7976931348623157e308 if name == "double" else 3.4028234663852886e38
        static |= {f"MaxValue -> {name}": lambda: CLASSES[name](top)}
        static |= {f"MinValue -> {name}": lambda: CLASSES[name](-top)}
        static |= {f"NaN -> {name}": lambda: CLASSES[name](math.nan)}
        static |= {f"PositiveInfinity -> {name}": lambda: CLASSES[name](math.inf)}
        static |= {f"NegativeInfinity -> {name}": lambda: CLASSES[name](-math.inf)}
        static |= {f"Epsilon -> {name}": lambda: CLASSES[name](5e-324)}
    define(
        name,
        f"System.{_WORDS[name]}",
        value=CLASSES[name],
        methods={
            "ToString -> string": lambda value, *form: formatted(
                value, form[0] if form and isinstance(form[0], str) else ""
            ),
            "CompareTo -> int": _compare,
        },
        static=static,
        static_methods={
            f"Parse -> {name}": lambda text, *_: parse_number(name, text),
            "TryParse -> bool": try_number(name),
            "IsNaN -> bool": lambda value: value != value,
            "IsInfinity -> bool": math.isinf,
            **(
                {
                    f"{m} -> decimal": TYPES_MATH[m]
                    for m in ("Round", "Floor", "Ceiling", "Truncate")
                }
                if name == "decimal"
                else {}
            ),
        },
        known="GetTypeCode",
    )


def _absolute(value: Any) -> Any:
    if (
        type(value) in (int, CLASSES["long"])
        and value == INTEGERS["int" if type(value) is int else "long"][1]
    ):
        raise ExpressionFailed(
            "Negating the minimum value of a twos complement number is invalid.",
            "System.OverflowException",
        )
    return type(value)(abs(value))


def _rounded(value: Any, *rest: Any) -> Any:
    digits = next((each for each in rest if type(each) is int), 0)
    away = any(isinstance(each, EnumValue) and each.name == "AwayFromZero" for each in rest)
    if digits < 0 or digits > (28 if isinstance(value, Decimal) else 15):
        raise out_of_range("digits", "Rounding digits must be between 0 and 15, inclusive.")
    if isinstance(value, float) and (not math.isfinite(value) or abs(value) > 1e15):
        return value
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    found = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP if away else ROUND_HALF_EVEN)
    return found if isinstance(value, Decimal) else float(found)


def _pick(choose: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        name = promoted(left, right)
        if type(left) is type(right):
            name = next(each for each, kind in CLASSES.items() if kind is type(left))
        return cast_number(left if choose(left, right) else right, name)

    return apply


def _whole(apply: Callable[[Any], int]) -> Callable[[Any], Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return value
        number = apply(value)
        return Decimal(number) if isinstance(value, Decimal) else float(number)

    return rounded


def _power(value: Any, exponent: Any) -> float:
    try:
        found = float(value) ** float(exponent)
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf
    return found if isinstance(found, float) else math.nan


def _real(apply: Callable[..., float]) -> Callable[..., float]:
    def call(*values: Any) -> float:
        try:
            return float(apply(*map(float, values)))
        except (ValueError, ZeroDivisionError):
            return math.nan
        except OverflowError:
            return math.inf

    return call


def _logarithm(value: Any, *base: Any) -> float:
    if value == 0:
        return -math.inf
    return _real(math.log)(value, *base)


TYPES_MATH: dict[str, Any] = {
    "Round": _rounded,
    "Floor": _whole(math.floor),
    "Ceiling": _whole(math.ceil),
    "Truncate": _whole(math.trunc),
}
enumeration("MidpointRounding", "System.MidpointRounding", ToEven=0, AwayFromZero=1)
for _name in sorted(NUMBERS - {"char"}):
    _define_number(_name)
define(
    "bool",
    "System.Boolean",
    value=bool,
    methods={
        "CompareTo -> int": lambda a, b: int(a) - int(b),
        "ToString -> string": lambda value, *_: to_text(value),
    },
    static={"TrueString -> string": lambda: "True", "FalseString -> string": lambda: "False"},
    static_methods={"Parse -> bool": parse_truth, "TryParse -> bool": _try_truth},
)
define(
    "Math",
    "System.Math",
    static={"PI -> double": lambda: math.pi, "E -> double": lambda: math.e},
    static_methods={
        "Abs": _absolute,
        "Max": _pick(lambda a, b: a >= b or a != a),
        "Min": _pick(lambda a, b: a <= b or a != a),
        "Sign -> int": lambda value: (value > 0) - (value < 0),
        **TYPES_MATH,
        "Pow -> double": _power,
        "Sqrt -> double": _real(math.sqrt),
        "Exp -> double": _real(math.exp),
        "Log -> double": _logarithm,
        "Log10 -> double": _real(math.log10),
        **{
            f"{name} -> double": _real(getattr(math, name.lower()))
            for name in (
                "Sin",
                "Cos",
                "Tan",
                "Asin",
                "Acos",
                "Atan",
                "Atan2",
                "Sinh",
                "Cosh",
                "Tanh",
            )
        },
    },
    known="BigMul DivRem IEEERemainder",
)
define(
    "Convert",
    "System.Convert",
    static_methods={
        **{f"To{_WORDS[name]} -> {name}": call for name, call in _READ.items()},
        "ToBoolean -> bool": _boolean,
        "ToChar -> char": lambda value: Char(ord(value) if isinstance(value, str) else value),
        "ToString -> string": _convert_text,
        "ToBase64String -> string": to_base64,
        "FromBase64String -> byte[]": from_base64,
        "ToDateTime -> DateTime": lambda value, *_: (
            TYPES["DateTime"].static_methods["Parse"].call(value)
        ),  # pyright: ignore
    },
    known="ChangeType IsDBNull GetTypeCode FromBase64CharArray ToBase64CharArray",
)


def _next(run: Any, _random: Any, *limits: int) -> int:
    low, high = (0, 2**31 - 1) if not limits else (0, limits[0]) if len(limits) == 1 else limits
    if high < low:
        name = "maxValue" if len(limits) == 1 else "minValue"
        raise out_of_range(name, f"'{name}' must be greater than zero.")
    return low if high == low else run.context.random.randrange(low, high)


define(
    "Random",
    "System.Random",
    methods={
        "Next! -> int": _next,
        "NextDouble! -> double": lambda run, _random: run.context.random.random(),
        "NextBytes!": lambda run, _random, data: data.__setitem__(
            slice(None), run.context.random.randbytes(len(data))
        ),
    },
    make=lambda *_seed: Thing("Random", {}),
)


def _guid(value: Any = None, *rest: Any) -> uuid.UUID:
    if isinstance(value, Bytes):
        if len(value) != 16:
            raise bad_argument("Byte array for GUID must be exactly 16 bytes long.")
        return uuid.UUID(bytes_le=bytes(value))
    if rest:
        raise NotSimulated("this constructor of Guid")
    return uuid.UUID(int=0) if value is None else parse_guid(value)


_GUID = re.compile(
    r"\s*(?:[0-9a-fA-F]{32}|(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|"
    r"\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|"
    r"\([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\))\s*"
)


def parse_guid(text: Any) -> uuid.UUID:
    """`Guid.Parse(text)`."""
    if text is None:
        raise argument_null("input")
    if not _GUID.fullmatch(text):
        raise bad_format(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
        )
    return uuid.UUID(re.sub(r"[^0-9a-fA-F]", "", text))


def _try_guid(text: Any, out: Any) -> bool:
    try:
        out.value = parse_guid(text)
    except ExpressionFailed:
        out.value = uuid.UUID(int=0)
        return False
    return True


by_value(uuid.UUID)
reader("Guid", lambda value: value if isinstance(value, uuid.UUID) else parse_guid(value))
define(
    "Guid",
    "System.Guid",
    value=uuid.UUID,
    methods={
        "ToString -> string": lambda value, *form: formatted(value, form[0] if form else "D"),
        "ToByteArray -> byte[]": lambda value: Bytes(value.bytes_le),
        "CompareTo -> int": lambda a, b: (a.int > b.int) - (a.int < b.int),
    },
    static={"Empty -> Guid": lambda: uuid.UUID(int=0)},
    static_methods={
        "NewGuid! -> Guid": lambda run: uuid.UUID(
            int=run.context.random.getrandbits(128), version=4
        ),
        "Parse -> Guid": parse_guid,
        "TryParse -> bool": _try_guid,
        "ParseExact -> Guid": lambda text, _format: parse_guid(text),
    },
    make=_guid,
    known="TryParseExact",
)


def _hex(data: Any, start: int = 0, length: int | None = None) -> str:
    if data is None:
        raise argument_null("value")
    data = data[start:] if length is None else data[start : start + length]
    return "-".join(f"{each:02X}" for each in data)


def _unpack(form: str, name: str) -> Callable[..., Any]:
    size = struct.calcsize(form)

    def read(data: Any, at: int = 0) -> Any:
        if at < 0 or at + size > len(data):
            raise bad_argument(
                "Destination array is not long enough to copy all the items in the collection. "
                "Check array index and length."
            )
        return _made(name, struct.unpack_from(form, data, at)[0])

    return read


def _pack(value: Any) -> Bytes:
    forms = {"int": "<i", "long": "<q", "short": "<h", "uint": "<I", "ulong": "<Q", "ushort": "<H"}
    forms |= {"double": "<d", "float": "<f", "bool": "<?", "char": "<H"}
    name = next(each for each, kind in CLASSES.items() if kind is type(value))
    return Bytes(struct.pack(forms[name], value))


define(
    "BitConverter",
    "System.BitConverter",
    static={"IsLittleEndian -> bool": lambda: True},
    static_methods={
        "ToString -> string": _hex,
        "ToInt32 -> int": _unpack("<i", "int"),
        "ToInt64 -> long": _unpack("<q", "long"),
        "ToInt16 -> short": _unpack("<h", "short"),
        "ToUInt32 -> uint": _unpack("<I", "uint"),
        "ToUInt64 -> ulong": _unpack("<Q", "ulong"),
        "ToUInt16 -> ushort": _unpack("<H", "ushort"),
        "ToDouble -> double": _unpack("<d", "double"),
        "GetBytes -> byte[]": _pack,
    },
    known="ToChar ToBoolean ToSingle DoubleToInt64Bits Int64BitsToDouble",
)
