"""The allowed types and their members, as data: what the modules of `libraries/` define.

Types are written as in C#: `string`, `List<string>`, `string[]`. In the type of a result `T`, `K`
and `V` stand for what the receiver holds, `R` for what the last lambda gives, `M` for the type
argument of the call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from constructs_lib.simulation.csharp.values import (
    FULL_NAMES,
    THING_NAMES,
    EnumValue,
    Thing,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member.

    Attributes:
        call: The function behind it; None: it is not simulated.
        result: The type of its result; None: it is known at run time only.
        run: Whether the function wants the `Run` first.
        generic: Whether it wants the type arguments next.
    """

    call: Callable[..., Any] | None
    result: str | None
    run: bool = False
    generic: bool = False


@dataclass(slots=True)
class TypeInfo:
    """A type that expressions may use."""

    name: str
    full: str
    bases: tuple[str, ...] = ()
    properties: dict[str, Member] = field(default_factory=dict[str, Member])
    methods: dict[str, Member] = field(default_factory=dict[str, Member])
    static_properties: dict[str, Member] = field(default_factory=dict[str, Member])
    static_methods: dict[str, Member] = field(default_factory=dict[str, Member])
    make: Member | None = None
    index: Member | None = None
    set_index: Callable[..., Any] | None = None
    setters: dict[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])
    forbidden: frozenset[str] = frozenset()


TYPES: dict[str, TypeInfo] = {}
RUNTIME: dict[type, str] = {}
ALIASES = {
    "String": "string",
    "Int32": "int",
    "Int64": "long",
    "Int16": "short",
    "Boolean": "bool",
    "Double": "double",
    "Single": "float",
    "Decimal": "decimal",
    "Char": "char",
    "Byte": "byte",
    "SByte": "sbyte",
    "UInt16": "ushort",
    "UInt32": "uint",
    "UInt64": "ulong",
    "Object": "object",
}
Entries = Mapping[str, "Callable[..., Any] | None"]


def define(
    name: str,
    full: str,
    *,
    value: type | None = None,
    bases: tuple[str, ...] = (),
    properties: Entries | None = None,
    methods: Entries | None = None,
    static: Entries | None = None,
    static_methods: Entries | None = None,
    make: Callable[..., Any] | None = None,
    make_run: bool = False,
    make_generic: bool = False,
    index: Entries | None = None,
    set_index: Callable[..., Any] | None = None,
    setters: dict[str, Callable[..., Any]] | None = None,
    known: str = "",
    forbidden: str = "",
) -> None:
    """Define a type.

    Members are written `Name -> type`, with `!` after the name if they want the run, `<>` if they
    want the type arguments.

    Args:
        name: Its name, without namespace and arguments.
        full: Its full name.
        value: The Python type of its values.
        bases: Names of the types that it inherits from.
        properties: Getters.
        methods: Methods.
        static: Static properties, as functions without an argument.
        static_methods: Static methods.
        make: The constructors.
        make_run: Whether they want the run.
        make_generic: Whether they want the type arguments.
        index: The indexer, as one entry.
        set_index: What sets by index.
        setters: What sets properties.
        known: Members that the type has and that are not simulated.
        forbidden: Members that it has and that API Management does not allow.
    """
    info = TypeInfo(name, full, bases, forbidden=frozenset(forbidden.split()))
    info.properties = dict(map(_entry, (properties or {}).items()))
    info.methods = dict(map(_entry, (methods or {}).items()))
    info.static_properties = dict(map(_entry, (static or {}).items()))
    info.static_methods = dict(map(_entry, (static_methods or {}).items()))
    for each in known.split():
        member = Member(None, None)
        for table in (info.properties, info.methods, info.static_properties, info.static_methods):
            table.setdefault(each, member)
    if make is not None:
        info.make = Member(make, name, make_run, make_generic)
    if index:
        info.index = _entry(next(iter(index.items())))[1]
    info.set_index = set_index
    info.setters = setters or {}
    TYPES[name] = info
    THING_NAMES[name] = full
    if value is not None:
        RUNTIME[value] = name
        FULL_NAMES.setdefault(value, full)


def enumeration(name: str, full: str, **values: int) -> None:
    """Define an enumeration."""

    def constant(value: EnumValue) -> Callable[[], EnumValue]:
        return lambda: value

    static = {
        f"{each} -> {name}": constant(EnumValue(name, each, number))
        for each, number in values.items()
    }
    define(name, full, bases=("Enum",), static=static)


def _entry(entry: tuple[str, Callable[..., Any] | None]) -> tuple[str, Member]:
    head, _, result = entry[0].partition(" -> ")
    name = head.rstrip("!<>")
    marks = head[len(name) :]
    return name, Member(entry[1], result or None, "!" in marks, "<>" in marks)


def type_name(value: Any) -> str:
    """The name of a value's type in the tables."""
    if isinstance(value, (Thing, EnumValue)):
        return value.type
    return RUNTIME.get(type(value), "object")  # pyright: ignore[reportUnknownArgumentType]


@cache
def family(name: str) -> tuple[TypeInfo, ...]:
    """A type and all that it inherits from, itself first."""
    info = TYPES.get(name)
    if info is None:
        return ()
    found = [info]
    for base in (*info.bases, "object"):
        found += [each for each in family(base) if each not in found] if base != name else []
    return tuple(found)


@cache
def methods_of(name: str) -> dict[str, Member]:
    """All methods of a type."""
    found: dict[str, Member] = {}
    for info in reversed(family(name)):
        found.update(info.methods)
    return found


@cache
def properties_of(name: str) -> dict[str, Member]:
    """All properties of a type."""
    found: dict[str, Member] = {}
    for info in reversed(family(name)):
        found.update(info.properties)
    return found


def inherits(name: str, base: str) -> bool:
    """Whether a type is another or inherits from it."""
    return base == "object" or any(info.name == base for info in family(name))


# Types as text ------------------------------------------------------------------------------------

# The maps of `context`, which are types of their own here.
MAPS = {
    "Headers": "IReadOnlyDictionary<string,string[]>",
    "Variables": "IReadOnlyDictionary<string,object>",
    "Form": "IDictionary<string,IList<string>>",
}
_WORDS = re.compile(r"\b[TKVRM]\b")


@cache
def head_of(type_: str) -> str:
    """`List` of `List<string>`, `[]` of an array, `int` of `int?`."""
    if type_.endswith("[]"):
        return "byte[]" if type_ == "byte[]" else "[]"
    return type_.rstrip("?").partition("<")[0]


@cache
def arguments_of(type_: str) -> tuple[str, ...]:
    """The type arguments; of an array the type of its items."""
    if type_.endswith("[]"):
        return (type_[:-2],)
    _, opened, inner = type_.rstrip("?").partition("<")
    if not opened:
        return ()
    found, depth, start = list[str](), 0, 0
    inner = inner[:-1]
    for position, sign in enumerate(inner):
        depth += (sign == "<") - (sign == ">")
        if sign == "," and not depth:
            found.append(inner[start:position])
            start = position + 1
    return (*found, inner[start:])


@cache
def item_of(type_: str | None) -> str | None:
    """What a collection holds."""
    if type_ is None:
        return None
    type_ = MAPS.get(type_, type_)
    head, arguments = head_of(type_), arguments_of(type_)
    if head == "string":
        return "char"
    if head in ("JObject", "JToken", "JArray", "JProperty", "JContainer"):
        return "KeyValuePair<string,JToken>" if head == "JObject" else "JToken"
    if "Dictionary" in head and len(arguments) == 2:
        return f"KeyValuePair<{arguments[0]},{arguments[1]}>"
    return arguments[-1] if arguments else None


def result_of(
    result: str | None, receiver: str | None, last: str | None, given: tuple[str, ...]
) -> str | None:
    """The type of a result, with what the letters in it stand for."""
    if result is None or not _WORDS.search(result):
        return result
    arguments = arguments_of(MAPS.get(receiver, receiver)) if receiver else ()
    bound = {
        "T": item_of(receiver),
        "K": arguments[0] if len(arguments) > 1 else None,
        "V": arguments[1] if len(arguments) > 1 else None,
        "R": last,
        "M": given[0] if given else None,
    }
    if any(bound[each] is None for each in _WORDS.findall(result)):
        return None
    return _WORDS.sub(lambda found: bound[found[0]] or "", result)
