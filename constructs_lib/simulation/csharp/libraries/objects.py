"""System.Object and what is close to it: types, exceptions, tuples, enumerations and delegates.

Source: Learn, .NET API reference of System: results and messages of exceptions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.operators import same
from constructs_lib.simulation.csharp.tables import define
from constructs_lib.simulation.csharp.values import Delegate, Record, Thing, TypeOf, full_name


def _hash(value: Any) -> int:
    """A hash code: like .NET's for whole numbers, for others only stable."""
    from zlib import crc32

    if isinstance(value, bool) or type(value) is int:
        return int(value)
    return crc32(to_text(value).encode("utf-8", "surrogatepass")) - 2**31


define(
    "object",
    "System.Object",
    methods={
        "ToString -> string": lambda value, *_format: to_text(value),
        "Equals -> bool": lambda value, other, *_: same(value, other),
        "GetHashCode -> int": _hash,
        "GetType -> Type": lambda value: TypeOf(
            full_name(value).rpartition(".")[2], full_name(value)
        ),
    },
    static_methods={
        "Equals -> bool": lambda a, b: (a is None and b is None) or (a is not None and same(a, b)),
        "ReferenceEquals -> bool": lambda a, b: a is b,
    },
    make=lambda: Thing("object", {}),
)
define(
    "Type",
    "System.Type",
    value=TypeOf,
    properties={"Name -> string": lambda t: t.name, "FullName -> string": lambda t: t.full},
)
define(
    "Nullable",
    "System.Nullable",
    properties={
        "HasValue -> bool": lambda value: value is not None,
        "Value": lambda value: value,
    },
    methods={"GetValueOrDefault": lambda value, *_: value},
)


def _inner(error: ExpressionFailed) -> Any:
    return error.inner


define(
    "Exception",
    "System.Exception",
    value=ExpressionFailed,
    properties={
        "Message -> string": lambda error: error.message,
        "InnerException -> Exception": _inner,
        "StackTrace -> string": lambda _error: "",
        "Source -> string": lambda _error: "",
    },
    methods={"GetBaseException -> Exception": lambda error: error},
    known="Data HResult HelpLink TargetSite",
)


def _item(number: int) -> Callable[[Any], Any]:
    return lambda record: record.members[f"Item{number}"]


define(
    "Tuple",
    "System.Tuple",
    value=Record,
    static_methods={
        "Create": lambda *items: Record({f"Item{i + 1}": e for i, e in enumerate(items)}, "Tuple")
    },
    make=lambda *items: Record({f"Item{i + 1}": e for i, e in enumerate(items)}, "Tuple"),
    properties={f"Item{i}": _item(i) for i in range(1, 8)},
)
define(
    "Enum",
    "System.Enum",
    methods={"HasFlag -> bool": lambda a, b: int(a) & int(b) == int(b)},
    static_methods={"Parse": None, "TryParse": None},
)
define("Function", "System.Delegate", value=Delegate, methods={"Invoke": lambda f, *a: f.call(*a)})
for _name in ("Func", "Action", "Predicate"):
    define(_name, f"System.{_name}", methods={"Invoke": lambda f, *a: f.call(*a)})
