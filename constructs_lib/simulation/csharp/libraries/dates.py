"""DateTime, DateTimeOffset, TimeSpan and TimeZoneInfo.

Source: Learn, .NET API reference of these types. The gateway's zone is UTC (assumed).
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import datetime as _dt
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import formatted
from constructs_lib.simulation.csharp.libraries.json_values import reader
from constructs_lib.simulation.csharp.operators import by_value, comparison
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    EPOCH_TICKS,
    MAXIMUM_TICKS,
    SECOND,
    EnumValue,
    Long,
    OffsetTime,
    Span,
    Thing,
    Time,
    argument_null,
    bad_format,
    out_of_range,
)

_UNITS = {
    "Days": 86400 * SECOND,
    "Hours": 3600 * SECOND,
    "Minutes": 60 * SECOND,
    "Seconds": SECOND,
    "Milliseconds": SECOND // 1000,
}
_WEEK = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
enumeration("DayOfWeek", "System.DayOfWeek", **{name: n for n, name in enumerate(_WEEK)})
enumeration("DateTimeKind", "System.DateTimeKind", Unspecified=0, Utc=1, Local=2)


def ticks_of(date: _dt.datetime) -> int:
    """Ticks of a date of Python, in UTC."""
    if date.tzinfo is not None:
        date = date.astimezone(_dt.timezone.utc).replace(tzinfo=None)
    return (date - _dt.datetime(1, 1, 1)) // _dt.timedelta(microseconds=1) * 10


def _now(kind: str) -> Callable[[Any], Time]:
    return lambda run: Time(ticks_of(run.context.now()), kind)


def _offset_now(run: Any) -> OffsetTime:
    return OffsetTime(ticks_of(run.context.now()), 0)


def _invalid() -> ExpressionFailed:
    return ExpressionFailed(
        "Year, Month, and Day parameters describe an un-representable DateTime.",
        "System.ArgumentOutOfRangeException",
    )


def _ticks(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    try:
        return ticks_of(_dt.datetime(year, month, day, hour, minute, second))
    except ValueError as error:
        raise _invalid() from error


def _make(*given: Any) -> Time:
    if not given:
        return Time(0)
    kind = given[-1].name if isinstance(given[-1], EnumValue) else "Unspecified"
    numbers = [each for each in given if not isinstance(each, EnumValue)]
    if len(numbers) == 1:
        return Time(int(numbers[0]), kind)
    extra = numbers[6] * (SECOND // 1000) if len(numbers) > 6 else 0
    return Time(_ticks(*numbers[:6]) + extra, kind)


def _make_offset(*given: Any) -> OffsetTime:
    if not given:
        return OffsetTime(0)
    if isinstance(given[0], Time):
        return OffsetTime(given[0].ticks, given[1].ticks if len(given) > 1 else 0)
    if isinstance(given[-1], Span):
        return OffsetTime(_make(*given[:-1]).ticks, given[-1].ticks)
    raise NotSimulated("this constructor of DateTimeOffset")


def _like(value: Any, ticks: int) -> Any:
    return Time(ticks, value.kind) if isinstance(value, Time) else OffsetTime(ticks, value.offset)


def _adder(unit: int) -> Callable[[Any, Any], Any]:
    def add(value: Any, amount: Any) -> Any:
        # .NET Framework rounds to whole milliseconds.
        if unit == 1:
            return _like(value, value.ticks + int(amount))
        milliseconds = float(amount) * (unit / (SECOND // 1000))
        whole = int(milliseconds + (0.5 if milliseconds >= 0 else -0.5))
        return _like(value, value.ticks + whole * (SECOND // 1000))

    return add


def _add_months(value: Any, months: int) -> Any:
    date = value.date if isinstance(value, Time) else Time(value.ticks).date
    index = date.year * 12 + date.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise out_of_range("months", "Months value must be between +/-120000.")
    day = min(date.day, _days_in(year, month + 1))
    start = _ticks(year, month + 1, day)
    return _like(value, start + value.ticks % _UNITS["Days"])


def _days_in(year: int, month: int) -> int:
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        raise out_of_range("month", "Month must be between one and twelve.")
    following = (
        _dt.date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else None
    )
    return (following - _dt.timedelta(days=1)).day if following else 31


def _subtract(value: Any, other: Any) -> Any:
    if isinstance(other, Span):
        return _like(value, value.ticks - other.ticks)
    one = value.utc if isinstance(value, OffsetTime) else value.ticks
    return Span(one - (other.utc if isinstance(other, OffsetTime) else other.ticks))


def _date(value: Any) -> _dt.datetime:
    return Time(value.ticks).date


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(AM|PM|am|pm)?)?"
_ZONE = r"\s*(Z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?)?"
_FORMS = (
    re.compile(rf"(?P<y>\d{{4}})[-/](?P<m>\d{{1,2}})[-/](?P<d>\d{{1,2}}){_TIME}{_ZONE}"),
    re.compile(rf"(?P<m>\d{{1,2}})[-/](?P<d>\d{{1,2}})[-/](?P<y>\d{{4}}){_TIME}{_ZONE}"),
    re.compile(
        rf"(?:[A-Za-z]+,\s*)?(?P<d>\d{{1,2}})[\s-](?P<m>[A-Za-z]+)[\s-](?P<y>\d{{4}}){_TIME}{_ZONE}"
    ),
    re.compile(
        rf"(?:[A-Za-z]+,\s*)?(?P<m>[A-Za-z]+)\s(?P<d>\d{{1,2}}),?\s(?P<y>\d{{4}}){_TIME}{_ZONE}"
    ),
)


def _parsed(text: Any) -> tuple[int, int | None]:
    """Ticks of a text's clock, and its offset."""
    if text is None:
        raise argument_null("s")
    for form in _FORMS:
        found = form.fullmatch(text.strip())
        if found is None:
            continue
        month = found["m"]
        if not month.isdigit():
            if month[:3].lower() not in _MONTHS:
                break
            month = _MONTHS.index(month[:3].lower()) + 1
        hour, minute, second, fraction, half, zone = found.groups()[3:]
        clock = int(hour or 0)
        if half:
            clock = clock % 12 + (12 if half.lower() == "pm" else 0)
        try:
            ticks = _ticks(
                int(found["y"]),
                int(month),
                int(found["d"]),
                clock,
                int(minute or 0),
                int(second or 0),
            )
        except ExpressionFailed:
            break
        ticks += int((fraction or "0")[:7].ljust(7, "0"))
        return ticks, _zone(zone)
    raise bad_format("String was not recognized as a valid DateTime.")


def _zone(text: str | None) -> int | None:
    if text is None:
        return None
    if text[0].isalpha():
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return (-minutes if text[0] == "-" else minutes) * 60 * SECOND


def parse_time(text: Any, *_: Any) -> Time:
    """`DateTime.Parse(text)`."""
    ticks, offset = _parsed(text)
    return Time(ticks) if offset is None else Time(ticks - offset, "Local")


def parse_offset(text: Any, *_: Any) -> OffsetTime:
    """`DateTimeOffset.Parse(text)`."""
    ticks, offset = _parsed(text)
    return OffsetTime(ticks, offset or 0)


def _attempt(parse: Callable[[Any], Any], empty: Any) -> Callable[..., bool]:
    def attempt(text: Any, out: Any) -> bool:
        try:
            out.value = parse(text)
        except ExpressionFailed:
            out.value = empty
            return False
        return True

    return attempt


def parse_span(text: Any, *_: Any) -> Span:
    """`TimeSpan.Parse(text)`."""
    if text is None:
        raise argument_null("input")
    found = re.fullmatch(
        r"\s*(-)?(?:(?:(\d+)[.:])?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?|(\d+))\s*",
        text,
    )
    if found is None:
        raise bad_format("String was not recognized as a valid TimeSpan.")
    days, hours, minutes, seconds = (int(found[i] or 0) for i in (2, 3, 4, 5))
    if found[2] and found[5] is None:
        days, hours, minutes, seconds = 0, days, hours, minutes
    days += int(found[7] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ExpressionFailed(
            "The TimeSpan could not be parsed because at least one of the numeric components is "
            "out of range or contains too many digits.",
            "System.OverflowException",
        )
    ticks = ((days * 24 + hours) * 60 + minutes) * 60 * SECOND + seconds * SECOND
    ticks += int((found[6] or "0").ljust(7, "0"))
    return Span(-ticks if found[1] else ticks)


def _json_date(value: Any) -> Any:
    if isinstance(value, OffsetTime):
        return Time(value.utc, "Local")
    return value if isinstance(value, Time) else parse_time(value)


def _json_offset(value: Any) -> Any:
    if isinstance(value, Time):
        return OffsetTime(value.ticks)
    return value if isinstance(value, OffsetTime) else parse_offset(value)


for _kind in (Time, OffsetTime, Span):
    by_value(_kind)
reader("DateTime", _json_date)
reader("DateTimeOffset", _json_offset)
reader("TimeSpan", lambda value: value if isinstance(value, Span) else parse_span(value))


def _parts() -> dict[str, Any]:
    return {
        "Year -> int": lambda value: _date(value).year,
        "Month -> int": lambda value: _date(value).month,
        "Day -> int": lambda value: _date(value).day,
        "Hour -> int": lambda value: _date(value).hour,
        "Minute -> int": lambda value: _date(value).minute,
        "Second -> int": lambda value: _date(value).second,
        "Millisecond -> int": lambda value: value.ticks // 10000 % 1000,
        "DayOfYear -> int": lambda value: _date(value).timetuple().tm_yday,
        "DayOfWeek -> DayOfWeek": lambda value: EnumValue(
            "DayOfWeek", _WEEK[(n := _date(value).isoweekday() % 7)], n
        ),
        "Ticks -> long": lambda value: Long(value.ticks),
        "TimeOfDay -> TimeSpan": lambda value: Span(value.ticks % _UNITS["Days"]),
        "Date -> DateTime": lambda value: Time(
            value.ticks - value.ticks % _UNITS["Days"], getattr(value, "kind", "Unspecified")
        ),
    }


def _changes(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {f"Add{unit} -> {kind}": _adder(size) for unit, size in _UNITS.items()}
    return found | {
        f"AddTicks -> {kind}": _adder(1),
        f"AddMonths -> {kind}": _add_months,
        f"AddYears -> {kind}": lambda value, years: _add_months(value, years * 12),
        f"Add -> {kind}": lambda value, span: _like(value, value.ticks + span.ticks),
        "Subtract": _subtract,
        "CompareTo -> int": lambda a, b: comparison(">")(a, b) - comparison("<")(a, b),
        "ToString -> string": lambda value, *form: formatted(
            value, form[0] if form and isinstance(form[0], str) else ""
        ),
    }


define(
    "DateTime",
    "System.DateTime",
    value=Time,
    properties=_parts(),
    methods={**_changes("DateTime"), "IsDaylightSavingTime -> bool": lambda _value: False},
    static={
        "UtcNow! -> DateTime": _now("Utc"),
        "Now! -> DateTime": _now("Local"),
        "Today! -> DateTime": lambda run: Time(
            (t := ticks_of(run.context.now())) - t % _UNITS["Days"], "Local"
        ),
        "MinValue -> DateTime": lambda: Time(0),
        "MaxValue -> DateTime": lambda: Time(MAXIMUM_TICKS),
    },
    static_methods={
        "Parse -> DateTime": parse_time,
        "DaysInMonth -> int": _days_in,
        "IsLeapYear -> bool": lambda year: _days_in(year, 2) == 29,
    },
    make=_make,
    forbidden="Kind ParseExact TryParse TryParseExact ToUniversalTime ToLocalTime SpecifyKind "
    "ToBinary FromBinary ToFileTime ToShortDateString ToLongDateString ToShortTimeString "
    "ToLongTimeString Compare ToOADate FromOADate UnixEpoch",
)
define(
    "DateTimeOffset",
    "System.DateTimeOffset",
    value=OffsetTime,
    properties={
        **_parts(),
        "DateTime -> DateTime": lambda value: Time(value.ticks),
        "UtcDateTime -> DateTime": lambda value: Time(value.utc, "Utc"),
        "LocalDateTime -> DateTime": lambda value: Time(value.utc, "Local"),
        "Offset -> TimeSpan": lambda value: Span(value.offset),
        "UtcTicks -> long": lambda value: Long(value.utc),
    },
    methods={
        **_changes("DateTimeOffset"),
        "ToUnixTimeSeconds -> long": lambda value: Long((value.utc - EPOCH_TICKS) // SECOND),
        "ToUnixTimeMilliseconds -> long": lambda value: Long((value.utc - EPOCH_TICKS) // 10000),
        "ToUniversalTime -> DateTimeOffset": lambda value: OffsetTime(value.utc, 0),
        "ToLocalTime -> DateTimeOffset": lambda value: OffsetTime(value.utc, 0),
        "ToOffset -> DateTimeOffset": lambda value, span: OffsetTime(
            value.utc + span.ticks, span.ticks
        ),
    },
    static={
        "UtcNow! -> DateTimeOffset": _offset_now,
        "Now! -> DateTimeOffset": _offset_now,
        "MinValue -> DateTimeOffset": lambda: OffsetTime(0),
        "MaxValue -> DateTimeOffset": lambda: OffsetTime(MAXIMUM_TICKS),
    },
    static_methods={
        "Parse -> DateTimeOffset": parse_offset,
        "TryParse -> bool": _attempt(parse_offset, OffsetTime(0)),
        "FromUnixTimeSeconds -> DateTimeOffset": lambda n: OffsetTime(EPOCH_TICKS + n * SECOND),
        "FromUnixTimeMilliseconds -> DateTimeOffset": lambda n: OffsetTime(EPOCH_TICKS + n * 10000),
    },
    make=_make_offset,
    known="ParseExact TryParseExact ToFileTime FromFileTime",
)


def _make_span(*given: Any) -> Span:
    if len(given) == 1:
        return Span(int(given[0]))
    if len(given) == 3:
        given = (0, *given)
    units = list(_UNITS.values())
    return Span(sum(int(each) * units[index] for index, each in enumerate(given)))


def _from(unit: int) -> Callable[[Any], Span]:
    def make(amount: Any) -> Span:
        milliseconds = float(amount) * (unit / 10000)
        return Span(int(milliseconds + (0.5 if milliseconds >= 0 else -0.5)) * 10000)

    return make


def _part(unit: int, limit: int | None) -> Callable[[Span], int]:
    def read(span: Span) -> int:
        whole = abs(span.ticks) // unit
        whole = whole % limit if limit else whole
        return -whole if span.ticks < 0 else whole

    return read


def _total(unit: int) -> Callable[[Span], float]:
    return lambda span: span.ticks / unit


def _long(value: int) -> Callable[[], Long]:
    return lambda: Long(value)


_LIMITS = {"Days": None, "Hours": 24, "Minutes": 60, "Seconds": 60, "Milliseconds": 1000}
define(
    "TimeSpan",
    "System.TimeSpan",
    value=Span,
    properties={
        **{f"{name} -> int": _part(size, _LIMITS[name]) for name, size in _UNITS.items()},
        **{f"Total{name} -> double": _total(size) for name, size in _UNITS.items()},
        "Ticks -> long": lambda span: Long(span.ticks),
    },
    methods={
        "Add -> TimeSpan": lambda a, b: Span(a.ticks + b.ticks),
        "Subtract -> TimeSpan": lambda a, b: Span(a.ticks - b.ticks),
        "Negate -> TimeSpan": lambda a: Span(-a.ticks),
        "Duration -> TimeSpan": lambda a: Span(abs(a.ticks)),
        "CompareTo -> int": lambda a, b: (a.ticks > b.ticks) - (a.ticks < b.ticks),
        "ToString -> string": lambda value, *form: formatted(value, form[0] if form else ""),
    },
    static={
        "Zero -> TimeSpan": lambda: Span(0),
        "MaxValue -> TimeSpan": lambda: Span(2**63 - 1),
        "MinValue -> TimeSpan": lambda: Span(-(2**63)),
        **{f"TicksPer{name[:-1]} -> long": _long(size) for name, size in _UNITS.items()},
    },
    static_methods={
        **{f"From{name} -> TimeSpan": _from(size) for name, size in _UNITS.items()},
        "FromTicks -> TimeSpan": lambda ticks: Span(int(ticks)),
        "Parse -> TimeSpan": parse_span,
        "TryParse -> bool": _attempt(parse_span, Span(0)),
    },
    make=_make_span,
    known="ParseExact TryParseExact Compare",
)

# Names of Windows that the gateway knows, as those of IANA (Unicode CLDR, windowsZones).
_ZONES = {
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kiev",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Arabian Standard Time": "Asia/Dubai",
    "SE Asia Standard Time": "Asia/Bangkok",
}


def _find_zone(name: str) -> Thing:
    try:
        return Thing("TimeZoneInfo", {"Id": name, "zone": ZoneInfo(_ZONES.get(name, name))})
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ExpressionFailed(
            f"The time zone ID '{name}' was not found on the local computer.",
            "System.TimeZoneNotFoundException",
        ) from error


def _utc() -> Thing:
    return Thing("TimeZoneInfo", {"Id": "UTC", "zone": _dt.timezone.utc})


def _shift(ticks: int, zone: Any, *, back: bool) -> int:
    """A clock of UTC as one of a zone, or back."""
    date = Time(ticks).date
    if back:
        offset = date.replace(tzinfo=zone).utcoffset()
    else:
        offset = date.replace(tzinfo=_dt.timezone.utc).astimezone(zone).utcoffset()
    shift = (offset or _dt.timedelta()) // _dt.timedelta(microseconds=1) * 10
    return ticks - shift if back else ticks + shift


def _from_utc(value: Any, zone: Thing) -> Any:
    return Time(_shift(value.ticks, zone.members["zone"], back=False))


def _convert(value: Any, *zones: Thing) -> Any:
    if isinstance(value, OffsetTime):
        ticks = _shift(value.utc, zones[0].members["zone"], back=False)
        return OffsetTime(ticks, ticks - value.utc)
    if len(zones) == 2:
        value = _to_utc(value, zones[0])
    return _from_utc(value, zones[-1])


def _to_utc(value: Any, *zone: Thing) -> Time:
    if not zone or value.kind == "Utc":
        return Time(value.ticks, "Utc")
    return Time(_shift(value.ticks, zone[0].members["zone"], back=True), "Utc")


def _offset(zone: Thing, value: Any) -> Span:
    ticks = value.utc if isinstance(value, OffsetTime) else value.ticks
    return Span(_shift(ticks, zone.members["zone"], back=False) - ticks)


define(
    "TimeZoneInfo",
    "System.TimeZoneInfo",
    properties={"Id -> string": lambda zone: zone.members["Id"]},
    methods={"GetUtcOffset -> TimeSpan": _offset, "IsDaylightSavingTime -> bool": None},
    static={"Utc -> TimeZoneInfo": _utc, "Local -> TimeZoneInfo": _utc},
    static_methods={
        "FindSystemTimeZoneById -> TimeZoneInfo": _find_zone,
        "ConvertTimeFromUtc -> DateTime": _from_utc,
        "ConvertTimeToUtc -> DateTime": _to_utc,
        "ConvertTime": _convert,
        "ConvertTimeBySystemTimeZoneId": lambda value, *names: _convert(
            value, *map(_find_zone, names)
        ),
    },
    known="BaseUtcOffset DisplayName StandardName DaylightName GetSystemTimeZones "
    "SupportsDaylightSavingTime GetAdjustmentRules",
)
define("TimeZone", "System.TimeZone", known="CurrentTimeZone")
