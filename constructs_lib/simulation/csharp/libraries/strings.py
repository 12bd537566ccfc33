"""System.String, System.Char, StringBuilder, Regex and what goes with them.

Source: Learn, .NET API reference of System.String and System.Text.RegularExpressions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import regex

from constructs_lib.simulation.csharp.errors import BudgetExceeded, NotSimulated
from constructs_lib.simulation.csharp.formatting import composite, to_text
from constructs_lib.simulation.csharp.libraries.iterating import (
    compare_texts,
    is_enumerable,
    iterate,
)
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    Array,
    Builder,
    Char,
    Thing,
    argument_null,
    bad_argument,
    narrow,
    out_of_range,
)

enumeration(
    "StringSplitOptions", "System.StringSplitOptions", **{"None": 0, "RemoveEmptyEntries": 1}
)
enumeration(
    "StringComparison",
    "System.StringComparison",
    CurrentCulture=0,
    CurrentCultureIgnoreCase=1,
    InvariantCulture=2,
    InvariantCultureIgnoreCase=3,
    Ordinal=4,
    OrdinalIgnoreCase=5,
)
_SPACES = "".join(
    map(
        chr,
        (
            9,
            10,
            11,
            12,
            13,
            32,
            0x85,
            0xA0,
            0x1680,
            *range(0x2000, 0x200B),
            0x2028,
            0x2029,
            0x202F,
            0x205F,
            0x3000,
        ),
    )
)


def _ignores(comparison: Any) -> bool:
    return comparison is True or "IgnoreCase" in getattr(comparison, "name", "")


def _upper(text: str) -> str:
    """Capital letters, one for each: `ß` stays."""
    return (
        text.upper()
        if text.isascii()
        else "".join(each.upper() if len(each.upper()) == 1 else each for each in text)
    )


def _lower(text: str) -> str:
    return (
        text.lower()
        if text.isascii()
        else "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
    )


def _string(value: Any) -> str:
    if value is None:
        raise argument_null("value")
    return chr(value) if type(value) is Char else value


def _pair(text: str, value: Any, comparison: tuple[Any, ...]) -> tuple[str, str]:
    value = _string(value)
    if comparison and _ignores(comparison[0]):
        return _upper(text), _upper(value)
    return text, value


def _contains(text: str, value: Any, *how: Any) -> bool:
    one, other = _pair(text, value, how)
    return other in one


def _starts(text: str, value: Any, *how: Any) -> bool:
    one, other = _pair(text, value, how)
    return one.startswith(other)


def _ends(text: str, value: Any, *how: Any) -> bool:
    one, other = _pair(text, value, how)
    return one.endswith(other)


def _equals(text: Any, other: Any, *how: Any) -> bool:
    if not isinstance(text, str) or not isinstance(other, str):
        return text is None and other is None
    return _upper(text) == _upper(other) if how and _ignores(how[0]) else text == other


def _replace(text: str, old: Any, new: Any) -> str:
    if old is None:
        raise argument_null("oldValue")
    old = _string(old)
    if not old:
        raise bad_argument("String cannot be of zero length.\r\nParameter name: oldValue")
    return text.replace(old, "" if new is None else _string(new))


def _substring(text: str, start: int, length: int | None = None) -> str:
    size = len(narrow(text))
    if start < 0:
        raise out_of_range("startIndex", "StartIndex cannot be less than zero.")
    if start > size:
        raise out_of_range("startIndex", "startIndex cannot be larger than length of string.")
    if length is None:
        return text[start:]
    if length < 0:
        raise out_of_range("length", "Length cannot be less than zero.")
    if start + length > size:
        raise out_of_range("length", "Index and length must refer to a location within the string.")
    return text[start : start + length]


def _split(text: str, *arguments: Any) -> Array:
    separators: list[str] = []
    count, remove = None, False
    for each in arguments:
        if type(each) is Char:
            separators.append(chr(each))
        elif isinstance(each, str):
            separators.append(each)
        elif isinstance(each, Array):
            separators += [chr(e) if type(e) is Char else e for e in each if e not in (None, "")]
        elif hasattr(each, "name"):
            remove = each == 1
        elif isinstance(each, int):
            count = each
    if count is not None and count < 0:
        raise out_of_range("count", "Count cannot be less than zero.")
    separators = separators or list(_SPACES)
    parts = _parts(text, separators, count, remove=remove)
    return Array.of("string", parts)


def _parts(text: str, separators: list[str], count: int | None, *, remove: bool) -> list[str]:
    if count == 0:
        return []
    if len(separators) == 1 and count is None:
        found = text.split(separators[0])
        return [each for each in found if each] if remove else found
    import re

    pattern = re.compile(
        "|".join(re.escape(each) for each in sorted(separators, key=len, reverse=True))
    )
    found: list[str] = []
    at = 0
    while True:
        if count is not None and len(found) == count - 1:
            rest = text[at:]
            while remove and (next_ := pattern.match(rest)):
                rest = rest[next_.end() :]
            if rest or not remove:
                found.append(rest)
            return found
        match = pattern.search(text, at)
        piece = text[at : match.start() if match else len(text)]
        if piece or not remove:
            found.append(piece)
        if match is None:
            return found
        at = match.end()


def _signs(given: tuple[Any, ...]) -> str:
    if not given or given[0] is None:
        return _SPACES
    items = given[0] if isinstance(given[0], Array) else given
    return "".join(chr(each) if type(each) is Char else each for each in items) or _SPACES


def _index(find: Callable[[str, str, int, int], int]) -> Callable[..., int]:
    def apply(text: str, value: Any, *rest: Any) -> int:
        how = [each for each in rest if hasattr(each, "name")]
        numbers = [each for each in rest if not hasattr(each, "name")]
        narrow(text)
        one, other = _pair(text, value, tuple(how))
        if find is str.rfind:
            end = numbers[0] + len(other) if numbers else len(one)
            return one.rfind(other, 0, end)
        start = numbers[0] if numbers else 0
        if start < 0 or start > len(one):
            raise out_of_range("startIndex")
        end = start + numbers[1] if len(numbers) > 1 else len(one)
        return one.find(other, start, end)

    return apply


def _index_any(text: str, signs: Any, start: int = 0) -> int:
    wanted = _signs((signs,))
    return next((i for i in range(start, len(text)) if text[i] in wanted), -1)


def _insert(text: str, at: int, value: Any) -> str:
    if value is None:
        raise argument_null("value")
    if not 0 <= at <= len(narrow(text)):
        raise out_of_range("startIndex")
    return text[:at] + value + text[at:]


def _remove(text: str, start: int, count: int | None = None) -> str:
    size = len(narrow(text))
    if start < 0:
        raise out_of_range("startIndex", "StartIndex cannot be less than zero.")
    if count is None:
        if start >= size:
            raise out_of_range("startIndex", "startIndex must be less than length of string.")
        return text[:start]
    if count < 0 or start + count > size:
        raise out_of_range("count", "Index and count must refer to a location within the string.")
    return text[:start] + text[start + count :]


def _pad(*, left: bool) -> Callable[..., str]:
    def apply(run: Any, text: str, width: int, sign: Any = 32) -> str:
        run.grow(max(width, 0))
        return text.rjust(width, chr(sign)) if left else text.ljust(width, chr(sign))

    return apply


def _joined(run: Any, separator: Any, *values: Any) -> str:
    separator = "" if separator is None else to_text(separator)
    if len(values) == 1 and is_enumerable(values[0]) and not isinstance(values[0], str):
        values = tuple(iterate(values[0]))
    if len(values) == 1 and values[0] is None:
        raise argument_null("values")
    text = separator.join(map(to_text, values))
    run.grow(len(text))
    return text


def _concat(*values: Any) -> str:
    if len(values) == 1 and is_enumerable(values[0]) and not isinstance(values[0], str):
        values = tuple(iterate(values[0]))
    return "".join(map(to_text, values))


def _format(format_: Any, *values: Any) -> str:
    if format_ is None:
        raise argument_null("format")
    if isinstance(format_, Thing):
        format_, *rest = values
        values = tuple(rest)
    if len(values) == 1 and type(values[0]) is Array:
        values = tuple(values[0])
    return composite(format_, list(values))


def _compare(left: Any, right: Any, *how: Any) -> int:
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if how and _ignores(how[0]):
        left, right = _upper(left), _upper(right)
    if how and "Ordinal" in getattr(how[0], "name", ""):
        return (left > right) - (left < right)
    return compare_texts(left, right)


def _make_string(run: Any, first: Any, *rest: Any) -> str:
    if type(first) is Char:
        if rest[0] < 0:
            raise out_of_range("count")
        run.grow(rest[0])
        return chr(first) * rest[0]
    text = "".join(map(chr, first or ()))
    return text[rest[0] : rest[0] + rest[1]] if rest else text


def _characters(text: str, *part: int) -> Array:
    piece = text[part[0] : part[0] + part[1]] if part else text
    return Array.of("char", map(Char, map(ord, narrow(piece))))


_STRING_STATIC: dict[str, Any] = {
    "IsNullOrEmpty -> bool": lambda text: not (text if text is None else _must(text)),
    "IsNullOrWhiteSpace -> bool": lambda text: not text or not text.strip(_SPACES),
    "Join! -> string": _joined,
    "Concat -> string": _concat,
    "Format -> string": _format,
    "Equals -> bool": _equals,
    "Compare -> int": _compare,
    "CompareOrdinal -> int": lambda a, b: (a > b) - (a < b),
    "Copy -> string": lambda text: text,
}


def _must(text: Any) -> str:
    if not isinstance(text, str):
        raise NotSimulated("an argument that is no string")
    return text


define(
    "string",
    "System.String",
    value=str,
    properties={"Length -> int": lambda text: len(narrow(text))},
    methods={
        "Contains -> bool": _contains,
        "StartsWith -> bool": _starts,
        "EndsWith -> bool": _ends,
        "Equals -> bool": _equals,
        "CompareTo -> int": _compare,
        "Replace -> string": _replace,
        "Substring -> string": _substring,
        "Split -> string[]": _split,
        "Trim -> string": lambda text, *signs: text.strip(_signs(signs)),
        "TrimStart -> string": lambda text, *signs: text.lstrip(_signs(signs)),
        "TrimEnd -> string": lambda text, *signs: text.rstrip(_signs(signs)),
        "ToLower -> string": _lower,
        "ToLowerInvariant -> string": _lower,
        "ToUpper -> string": _upper,
        "ToUpperInvariant -> string": _upper,
        "IndexOf -> int": _index(str.find),
        "LastIndexOf -> int": _index(str.rfind),
        "IndexOfAny -> int": _index_any,
        "Insert -> string": _insert,
        "Remove -> string": _remove,
        "PadLeft! -> string": _pad(left=True),
        "PadRight! -> string": _pad(left=False),
        "ToCharArray -> char[]": _characters,
        "ToString -> string": lambda text: text,
        "Clone -> object": lambda text: text,
    },
    static={"Empty -> string": lambda: ""},
    static_methods=_STRING_STATIC,
    index={"Item -> char": lambda text, at: text[at]},
    make=_make_string,
    make_run=True,
    known="Normalize IsNormalized LastIndexOfAny CopyTo GetTypeCode Intern IsInterned",
)


def _char_test(test: Callable[[str], bool]) -> Callable[..., bool]:
    return lambda sign, *at: test(chr(sign) if not at else sign[at[0]])


define(
    "char",
    "System.Char",
    value=Char,
    methods={"CompareTo -> int": lambda a, b: a - b, "ToString -> string": chr},
    static_methods={
        "IsDigit -> bool": _char_test(lambda s: s.isdecimal()),
        "IsNumber -> bool": _char_test(str.isnumeric),
        "IsLetter -> bool": _char_test(str.isalpha),
        "IsLetterOrDigit -> bool": _char_test(lambda s: s.isalpha() or s.isdecimal()),
        "IsUpper -> bool": _char_test(str.isupper),
        "IsLower -> bool": _char_test(str.islower),
        "IsWhiteSpace -> bool": _char_test(lambda s: s in _SPACES),
        "IsPunctuation -> bool": _char_test(lambda s: unicodedata.category(s)[0] == "P"),
        "IsControl -> bool": _char_test(lambda s: unicodedata.category(s) == "Cc"),
        "ToUpper -> char": lambda sign: Char(ord(_upper(chr(sign)))),
        "ToUpperInvariant -> char": lambda sign: Char(ord(_upper(chr(sign)))),
        "ToLower -> char": lambda sign: Char(ord(_lower(chr(sign)))),
        "ToLowerInvariant -> char": lambda sign: Char(ord(_lower(chr(sign)))),
        "ToString -> string": chr,
        "GetNumericValue -> double": lambda sign: (
            float(chr(sign)) if chr(sign).isdecimal() else -1.0
        ),
        "Parse -> char": lambda text: Char(ord(text)),
    },
    static={"MaxValue -> char": lambda: Char(65535), "MinValue -> char": lambda: Char(0)},
    known="IsSymbol IsSurrogate ConvertFromUtf32 ConvertToUtf32 TryParse IsSeparator",
)


def _comparer(name: str) -> Callable[[], Thing]:
    made = Thing("StringComparer", {"name": name})
    return lambda: made


define(
    "StringComparer",
    "System.StringComparer",
    static={
        f"{name} -> StringComparer": _comparer(name)
        for name in (
            *("Ordinal", "OrdinalIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase"),
            *("CurrentCulture", "CurrentCultureIgnoreCase"),
        )
    },
    methods={
        "Equals -> bool": lambda comparer, a, b: _equals(a, b, _How(comparer)),
        "Compare -> int": lambda comparer, a, b: _compare(a, b, _How(comparer)),
    },
)


class _How:
    def __init__(self, comparer: Thing) -> None:
        self.name: str = comparer.members["name"]


# StringBuilder ------------------------------------------------------------------------------------


def _append(run: Any, builder: Builder, value: Any, *count: Any) -> Builder:
    text = to_text(value) if type(value) is not Array else "".join(map(to_text, value))
    if count and type(value) is Char:
        text *= count[0]
    elif len(count) == 2:
        text = text[count[0] : count[0] + count[1]]
    run.grow(len(text))
    builder.text += text
    return builder


def _append_line(run: Any, builder: Builder, value: Any = "") -> Builder:
    return _append(run, builder, to_text(value) + "\r\n")


def _append_format(run: Any, builder: Builder, format_: str, *values: Any) -> Builder:
    return _append(run, builder, _format(format_, *values))


def _edit(change: Callable[..., str]) -> Callable[..., Builder]:
    def apply(builder: Builder, *arguments: Any) -> Builder:
        builder.text = change(builder.text, *arguments)
        return builder

    return apply


define(
    "StringBuilder",
    "System.Text.StringBuilder",
    value=Builder,
    properties={
        "Length -> int": lambda builder: len(narrow(builder.text)),
        "Capacity -> int": lambda builder: max(16, len(builder.text)),
    },
    methods={
        "Append! -> StringBuilder": _append,
        "AppendLine! -> StringBuilder": _append_line,
        "AppendFormat! -> StringBuilder": _append_format,
        "Insert -> StringBuilder": _edit(lambda text, at, value: _insert(text, at, to_text(value))),
        "Remove -> StringBuilder": _edit(_remove),
        "Replace -> StringBuilder": _edit(_replace),
        "Clear -> StringBuilder": _edit(lambda _text: ""),
        "ToString -> string": lambda builder, *part: (
            builder.text if not part else _substring(builder.text, *part)
        ),
    },
    index={"Item -> char": lambda builder, at: Char(ord(builder.text[at]))},
    setters={
        "Length": lambda builder, size: setattr(
            builder, "text", builder.text[:size].ljust(size, "\0")
        )
    },
    make=lambda *given: Builder(given[0] if given and isinstance(given[0], str) else ""),
    known="EnsureCapacity CopyTo AppendJoin MaxCapacity",
)
define(
    "StringReader",
    "System.IO.StringReader",
    methods={"ReadToEnd -> string": None, "ReadLine -> string": None},
    make=lambda text: Thing("StringReader", {"text": text}),
    known="Read Peek",
)
define("StringWriter", "System.IO.StringWriter", known="Write WriteLine")

# Regex --------------------------------------------------------------------------------------------

enumeration(
    "RegexOptions",
    "System.Text.RegularExpressions.RegexOptions",
    **{"None": 0},
    IgnoreCase=1,
    Multiline=2,
    ExplicitCapture=4,
    Compiled=8,
    Singleline=16,
    IgnorePatternWhitespace=32,
    RightToLeft=64,
    ECMAScript=256,
    CultureInvariant=512,
)


class Regex:
    """A pattern, made ready to match."""

    __slots__ = ("compiled", "text")

    def __init__(self, text: Any, options: Any = 0, *_timeout: Any) -> None:
        if text is None:
            raise argument_null("pattern")
        if int(options) & 64 or int(options) & 4:
            raise NotSimulated("this option of Regex")
        self.text = text
        self.compiled = _compiled(text, int(options))

    def to_text(self) -> str:
        """The pattern."""
        return self.text


class Match:
    """Match and Group."""

    __slots__ = ("found", "group", "run")

    def __init__(self, run: Any, found: Any, group: Any = 0) -> None:
        self.run = run
        self.found = found
        self.group = group

    @property
    def success(self) -> bool:
        """Whether it took part."""
        return self.found is not None and self.found.start(self.group) >= 0

    def to_text(self) -> str:
        """What was matched."""
        return self.found[self.group] if self.success else ""


_CACHE: dict[tuple[str, int], Any] = {}


def _compiled(text: str, options: int) -> Any:
    found = _CACHE.get((text, options))
    if found is None:
        flags = regex.VERSION0
        flags |= regex.IGNORECASE if options & 1 else 0
        flags |= regex.MULTILINE if options & 2 else 0
        flags |= regex.DOTALL if options & 16 else 0
        flags |= regex.VERBOSE if options & 32 else 0
        flags |= regex.ASCII if options & 256 else 0
        try:
            found = regex.compile(_translated(text), flags)
        except regex.error as error:
            raise bad_argument(f'parsing "{text}" - {error}.') from error
        if len(_CACHE) > 1000:
            _CACHE.clear()
        _CACHE[text, options] = found
    return found


_PIECES = regex.compile(
    r"\\.|\[(?:\^?\])?(?:\\.|[^\]\\])*\]|\(\?<(?![=!])|\(\?'(\w+)'|\$|.", regex.DOTALL
)


def _translated(text: str) -> str:
    """A pattern of .NET in the words of `regex`."""

    def change(found: Any) -> str:
        piece = found[0]
        if piece == "(?<":
            return "(?P<"
        if found[1]:
            return f"(?P<{found[1]}>"
        if piece == "\\Z":
            return r"(?=\n?\Z)"
        if piece == "\\z":
            return r"\Z"
        return piece

    if "-[" in text:
        raise NotSimulated("subtraction in a class of Regex")
    return _PIECES.sub(change, text)


def _timed(run: Any, call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments, timeout=run.seconds_left())
    except TimeoutError as error:
        raise BudgetExceeded("a regular expression takes too long") from error


def _input(text: Any) -> str:
    if text is None:
        raise argument_null("input")
    return text


def _is_match(run: Any, pattern: Regex, text: Any, start: int = 0) -> bool:
    return _timed(run, pattern.compiled.search, _input(text), start) is not None


def _match(run: Any, pattern: Regex, text: Any, start: int = 0) -> Match:
    return Match(run, _timed(run, pattern.compiled.search, _input(text), start))


def _matches(run: Any, pattern: Regex, text: Any) -> Array:
    found = _timed(
        run, lambda t, timeout: list(pattern.compiled.finditer(t, timeout=timeout)), _input(text)
    )
    return Array.of("Match", [Match(run, each) for each in found])


_SUBSTITUTION = regex.compile(r"\$(?:(\d+)|\{(\w+)\}|([$&`']))")


def _number(pattern: Any, number: int) -> int:
    """The number of a group: .NET counts those without a name first."""
    named = set(pattern.groupindex.values())
    order = [each for each in range(1, pattern.groups + 1) if each not in named] + sorted(named)
    return order[number - 1] if 0 < number <= len(order) else number


def _result(found: Any, replacement: str) -> str:
    def fill(sign: Any) -> str:
        if sign[3]:
            parts = {"$": "$", "&": found[0], "`": found.string[: found.start()]}
            return parts.get(sign[3], found.string[found.end() :])
        name = sign[1] or sign[2]
        try:
            return found[_number(found.re, int(name)) if name.isdigit() else name] or ""
        except IndexError:
            return sign[0]

    return _SUBSTITUTION.sub(fill, replacement)


def _regex_replace(run: Any, pattern: Regex, text: Any, how: Any, count: int = 0) -> str:
    if how is None:
        raise argument_null("replacement")
    change = (
        (lambda found: _result(found, how))
        if isinstance(how, str)
        else (lambda found: how.call(Match(run, found)))
    )
    size = [0]

    def counted(found: Any) -> str:
        made = change(found)
        size[0] += len(made)
        run.step()
        run.grow(len(made))
        return made

    return _timed(
        run,
        lambda t, timeout: pattern.compiled.sub(counted, t, count=max(count, 0), timeout=timeout),
        _input(text),
    )


def _regex_split(run: Any, pattern: Regex, text: Any, *_count: Any) -> Array:
    found = _timed(run, lambda t, timeout: pattern.compiled.split(t, timeout=timeout), _input(text))
    return Array.of("string", [each for each in found if each is not None])


def _static(call: Callable[..., Any], *, more: int = 0) -> Callable[..., Any]:
    def apply(run: Any, text: Any, pattern: Any, *rest: Any) -> Any:
        own, options = rest[:more], rest[more:]
        return call(run, Regex(pattern, options[0] if options else 0), text, *own)

    return apply


def _group(match: Match, key: Any) -> Match:
    if match.found is None:
        return Match(match.run, None)
    if isinstance(key, int):
        key = _number(match.found.re, key)
    try:
        match.found.start(key)
    except IndexError:
        return Match(match.run, None)
    return Match(match.run, match.found, key)


def _groups(match: Match) -> Thing:
    count = match.found.re.groups + 1 if match.found else 1
    return Thing("GroupCollection", {"match": match, "Count": count})


define(
    "Regex",
    "System.Text.RegularExpressions.Regex",
    value=Regex,
    methods={
        "IsMatch! -> bool": _is_match,
        "Match! -> Match": _match,
        "Matches! -> Match[]": _matches,
        "Replace! -> string": _regex_replace,
        "Split! -> string[]": _regex_split,
        "ToString -> string": lambda pattern: pattern.text,
    },
    static_methods={
        "IsMatch! -> bool": _static(_is_match),
        "Match! -> Match": _static(_match),
        "Matches! -> Match[]": _static(_matches),
        "Replace! -> string": _static(_regex_replace, more=1),
        "Split! -> string[]": _static(_regex_split),
        "Unescape -> string": lambda text: regex.sub(r"\\(.)", r"\1", text),
    },
    make=Regex,
    forbidden="Escape CompileToAssembly Options GetGroupNames",
)
define(
    "Capture",
    "System.Text.RegularExpressions.Capture",
    properties={
        "Value -> string": lambda match: match.to_text(),
        "Index -> int": lambda match: match.found.start(match.group) if match.success else 0,
        "Length -> int": lambda match: len(match.to_text()),
    },
)
define(
    "Group",
    "System.Text.RegularExpressions.Group",
    bases=("Capture",),
    properties={
        "Success -> bool": lambda match: match.success,
        "Captures -> string[]": lambda match: Array.of("Capture", [match] if match.success else []),
    },
)
define(
    "Match",
    "System.Text.RegularExpressions.Match",
    value=Match,
    bases=("Group",),
    properties={"Groups -> GroupCollection": _groups},
    methods={"Result -> string": lambda match, how: _result(match.found, how)},
    forbidden="NextMatch",
)
define(
    "GroupCollection",
    "System.Text.RegularExpressions.GroupCollection",
    properties={"Count -> int": lambda groups: groups.members["Count"]},
    index={"Item -> Group": lambda groups, key: _group(groups.members["match"], key)},
)
