"""System.Collections.Generic, System.Array and System.Linq.

Source: Learn, .NET API reference of these namespaces: results, order and messages of exceptions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cmp_to_key
from itertools import chain as _chain
from itertools import islice
from typing import Any

from constructs_lib.simulation.csharp.errors import BudgetExceeded, ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.libraries.json import JArray, JObject, JProperty, JToken
from constructs_lib.simulation.csharp.operators import (
    CLASSES,
    comparison,
    default_of,
    hash_key,
    implicit,
    same,
)
from constructs_lib.simulation.csharp.tables import RUNTIME, TYPES, define, family, type_name
from constructs_lib.simulation.csharp.values import (
    Array,
    Byte,
    Bytes,
    Char,
    Dictionary,
    Function,
    HashSet,
    List,
    Pair,
    Queue,
    Record,
    Sequence,
    Stack,
    Thing,
    TypeOf,
    argument_null,
    bad_argument,
    full_name,
    invalid_operation,
    key_missing,
    narrow,
    out_of_range,
)

_MAXIMUM = 10_000_000


def iterate(value: Any) -> Iterator[Any]:
    """The items of a collection."""
    kind = type(value)
    if kind is Sequence:
        return value.start()
    if kind in (Array, List):
        return _guarded(value) if kind is List else iter(value)
    if kind is str:
        return map(Char, map(ord, narrow(value)))
    if kind is Bytes:
        return map(Byte, value)
    if isinstance(value, Dictionary):
        return iter([Pair(key, item) for key, item in value.items.values()])
    if kind is HashSet:
        return iter(list(value.items.values()))
    if kind is JObject:
        return iter([Pair(each.name, each.value) for each in value.children()])
    if isinstance(value, JToken):
        return iter(value.children())
    if kind is Queue:
        return iter(list(value))
    if kind is Stack:
        return iter(value[::-1])
    raise NotSimulated(f"going through {full_name(value)}")


def _guarded(items: List) -> Iterator[Any]:
    """The items of a list, which must not change meanwhile."""
    version = items.version
    for each in list(items):
        if items.version != version:
            raise invalid_operation(
                "Collection was modified; enumeration operation may not execute."
            )
        yield each


_COLLECTIONS = (Sequence, Array, List, str, Bytes, Dictionary, HashSet, JToken, Queue, Stack)


def is_enumerable(value: Any) -> bool:
    """Whether a value can be gone through."""
    return isinstance(value, _COLLECTIONS)


def new_array(run: Any, element: str, length: Any) -> Any:
    """`new T[length]`."""
    if length < 0:
        raise ExpressionFailed(
            "Arithmetic operation resulted in an overflow.", "System.OverflowException"
        )
    run.grow(length)
    return Bytes(length) if element == "byte" else Array.of(element, [default_of(element)] * length)


def array_from(element: str, items: list[Any]) -> Any:
    """`new T[] {…}`."""
    return Bytes(items) if element == "byte" else Array.of(element, items)


def get_item(value: Any, key: Any) -> Any:
    """`value[key]`."""
    kind = type(value)
    if isinstance(value, Dictionary):
        found = value.items.get(value.key(key))
        if found is None:
            raise key_missing()
        return found[1]
    if isinstance(value, JToken):
        return TYPES["JToken"].index.call(value, key)  # pyright: ignore
    if kind in (Array, Bytes, List):
        if not 0 <= key < len(value):
            raise out_of_range("index") if kind is List else _outside()
        return Byte(value[key]) if kind is Bytes else value[key]
    if kind is str:
        if not 0 <= key < len(narrow(value)):
            raise _outside()
        return Char(ord(value[key]))
    for info in family(type_name(value)):
        if info.index and info.index.call:
            return info.index.call(value, key)
    raise NotSimulated(f"an index of {full_name(value)}")


def _outside() -> ExpressionFailed:
    return ExpressionFailed(
        "Index was outside the bounds of the array.", "System.IndexOutOfRangeException"
    )


def set_item(value: Any, key: Any, item: Any) -> None:
    """`value[key] = item`."""
    if isinstance(value, Dictionary):
        value.items[value.key(key)] = (key, implicit(item, value.types[1]))
        return
    if isinstance(value, (Array, Bytes)):
        if not 0 <= key < len(value):
            raise out_of_range("index") if isinstance(value, List) else _outside()
        value[key] = item if isinstance(value, Bytes) else implicit(item, value.element)
        return
    for info in family(type_name(value)):
        if info.set_index:
            info.set_index(value, key, item)
            return
    raise NotSimulated(f"setting an index of {full_name(value)}")


# Order --------------------------------------------------------------------------------------------


def compare(left: Any, right: Any) -> int:
    """`Comparer<T>.Default`: texts as in the invariant culture, null first."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and isinstance(right, str):
        return compare_texts(left, right)
    if isinstance(left, bool) and isinstance(right, bool):
        return left - right
    if isinstance(left, JToken):
        return compare(getattr(left, "value", None), getattr(right, "value", None))
    return comparison(">")(left, right) - comparison("<")(left, right)


def compare_texts(left: str, right: str) -> int:
    """Two texts in the order of the invariant culture: letters first, small before capital."""
    one, other = _collated(left), _collated(right)
    return (one > other) - (one < other)


def _collated(text: str) -> tuple[Any, ...]:
    kinds = [((2 if each.isalpha() else 1 if each.isdigit() else 0), each.lower()) for each in text]
    return kinds, [each.isupper() for each in text]


def _sorted(items: Iterable[Any], order: list[tuple[Callable[[Any], Any], bool]]) -> list[Any]:
    found = list(items)
    for key, descending in reversed(order):
        keys = [(key(each), each) for each in found]
        sign = -1 if descending else 1
        keys.sort(key=cmp_to_key(lambda a, b, sign=sign: sign * compare(a[0], b[0])))
        found = [each for _, each in keys]
    return found


def _order(*, descending: bool, more: bool) -> Callable[..., Any]:
    def apply(source: Any, key: Any, *_comparer: Any) -> Sequence:
        before = source.order if more else []
        origin = source.key if more else source
        order = [*before, (key.call, descending)]
        made = Sequence(lambda: iter(_sorted(iterate(origin), order)), origin)
        made.order = order
        return made

    return apply


# LINQ ---------------------------------------------------------------------------------------------


def _lazy(make: Callable[..., Iterator[Any]]) -> Callable[..., Sequence]:
    def apply(source: Any, *arguments: Any) -> Sequence:
        if source is None:
            raise argument_null("source")
        return Sequence(lambda: make(source, *arguments))

    return apply


def _where(source: Any, test: Function) -> Iterator[Any]:
    if test.arity == 2:
        return (each for index, each in enumerate(iterate(source)) if test.call(each, index))
    return (each for each in iterate(source) if test.call(each))


def _select(source: Any, change: Function) -> Iterator[Any]:
    if change.arity == 2:
        return (change.call(each, index) for index, each in enumerate(iterate(source)))
    return map(change.call, iterate(source))


def _select_many(source: Any, change: Function, *more: Function) -> Iterator[Any]:
    for each in iterate(source):
        for inner in iterate(change.call(each)):
            yield more[0].call(each, inner) if more else inner


def _found(source: Any, tests: tuple[Any, ...], *, last: bool = False) -> list[Any]:
    items: Iterable[Any] = iterate(source)
    if tests:
        test = tests[0].call
        items = (each for each in items if test(each))
    if last:
        return list(items)[-1:]
    return list(islice(items, 2))


def _first(*, last: bool = False) -> Callable[..., Any]:
    def apply(source: Any, *tests: Any) -> Any:
        found = _found(source, tests, last=last)
        if not found:
            raise invalid_operation(
                f"Sequence contains no {'matching element' if tests else 'elements'}"
            )
        return found[0]

    return apply


def _or_default(*, last: bool = False, single: bool = False) -> Callable[..., Any]:
    def apply(source: Any, *tests: Any) -> Any:
        found = _found(source, tests, last=last)
        if single and len(found) > 1:
            raise _several(tests)
        return found[0] if found else default_of(_element(source))

    return apply


def _several(tests: tuple[Any, ...]) -> ExpressionFailed:
    kind = "matching element" if tests else "element"
    return invalid_operation(f"Sequence contains more than one {kind}")


def _element(source: Any) -> str:
    if isinstance(source, (Array, HashSet)):
        return source.element
    return "byte" if isinstance(source, Bytes) else "char" if isinstance(source, str) else "object"


def _single(source: Any, *tests: Any) -> Any:
    found = _found(source, tests)
    if len(found) > 1:
        raise _several(tests)
    return found[0] if found else _first()(source, *tests)


def _any(source: Any, *tests: Any) -> bool:
    if source is None:
        raise argument_null("source")
    if not tests:
        return next((True for _ in iterate(source)), False)
    return any(tests[0].call(each) for each in iterate(source))


def _count(source: Any, *tests: Any) -> int:
    return sum(1 for each in iterate(source) if not tests or tests[0].call(each))


def _distinct(source: Any, *_comparer: Any) -> Iterator[Any]:
    fold = _comparer[0] if _comparer else None
    return _unique(source, fold)


def _unique(source: Any, fold: Any) -> Iterator[Any]:
    seen = set[Any]()
    for each in iterate(source):
        key = _fold(fold, each)
        if key not in seen:
            seen.add(key)
            yield each


def _fold(comparer: Any, value: Any) -> Any:
    function = folding(comparer)
    return function(value) if function and value is not None else hash_key(value)


def folding(comparer: Any) -> Callable[[Any], Any] | None:
    """What a StringComparer makes equal; None: nothing."""
    if isinstance(comparer, Thing) and "IgnoreCase" in comparer.members.get("name", ""):
        return lambda value: value.upper() if isinstance(value, str) else value
    return None


def _set_operation(keep: Callable[[bool, bool], bool]) -> Callable[..., Iterator[Any]]:
    def apply(source: Any, other: Any, *comparer: Any) -> Iterator[Any]:
        fold = comparer[0] if comparer else None
        inside = {_fold(fold, each) for each in iterate(other)}
        return (each for each in _unique(source, fold) if keep(True, _fold(fold, each) in inside))

    return apply


def _union(source: Any, other: Any, *comparer: Any) -> Iterator[Any]:
    both = Sequence(lambda: _chain(iterate(source), iterate(other)))
    return _unique(both, comparer[0] if comparer else None)


def _group(source: Any, key: Any, *more: Any) -> Iterator[Any]:
    groups: dict[Any, tuple[Any, list[Any]]] = {}
    for each in iterate(source):
        name = key.call(each)
        held = groups.setdefault(hash_key(name), (name, []))[1]
        held.append(more[0].call(each) if more and isinstance(more[0], Function) else each)
    return iter(
        [Sequence(lambda items=items: iter(items), name) for name, items in groups.values()]
    )


def _to_dictionary(run: Any, source: Any, key: Any, *more: Any) -> Dictionary:
    change = next((each for each in more if isinstance(each, Function)), None)
    made = Dictionary(None, fold=folding(more[-1]) if more else None)
    for each in iterate(source):
        run.step()
        name = key.call(each)
        if made.key(name) in made.items:
            raise bad_argument("An item with the same key has already been added.")
        made.items[made.key(name)] = (name, change.call(each) if change else each)
    return made


def _listed(run: Any, items: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for each in items:
        found.append(each)
        if not len(found) % 1024:
            run.grow(1024)
            run.step()
        if len(found) > _MAXIMUM:
            raise BudgetExceeded("it makes a collection of more than 10,000,000 items")
    return found


def _to_list(run: Any, source: Any) -> List:
    found = _listed(run, iterate(_given(source)))
    return List.of(_element(source) if _element(source) != "object" else _kind_of(found), found)


def _to_array(run: Any, source: Any) -> Any:
    found = _listed(run, iterate(_given(source)))
    kind = _kind_of(found)
    return Bytes(found) if kind == "byte" else Array.of(kind, found)


def _given(source: Any) -> Any:
    if source is None:
        raise argument_null("source")
    return source


def _kind_of(items: list[Any]) -> str:
    """The type of items, where all are of one type."""
    kinds = {type(each) for each in items}
    if len(kinds) != 1:
        return "object"
    return RUNTIME.get(kinds.pop(), "object")


def _total(source: Any, *changes: Any) -> Any:
    total: Any = None
    for each in iterate(source):
        value = changes[0].call(each) if changes else each
        if value is not None:
            total = value if total is None else _checked_add(total, value)
    return 0 if total is None else total


def _checked_add(left: Any, right: Any) -> Any:
    from constructs_lib.simulation.csharp.operators import arithmetic

    return arithmetic("+", checked=True)(left, right)


def _average(source: Any, *changes: Any) -> Any:
    values = [changes[0].call(each) if changes else each for each in iterate(source)]
    if not values:
        raise invalid_operation("Sequence contains no elements")
    return (
        sum(values) / len(values)
        if isinstance(values[0], Decimal)
        else float(sum(values)) / len(values)
    )


def _extreme(sign: int) -> Callable[..., Any]:
    def apply(source: Any, *changes: Any) -> Any:
        best: Any = None
        for each in iterate(source):
            value = changes[0].call(each) if changes else each
            if value is not None and (best is None or compare(value, best) * sign > 0):
                best = value
        if best is None:
            raise invalid_operation("Sequence contains no elements")
        return best

    return apply


def _aggregate(source: Any, *arguments: Any) -> Any:
    items = iterate(source)
    if len(arguments) == 1:
        found = next(items, None)
        if found is None:
            raise invalid_operation("Sequence contains no elements")
        step = arguments[0]
    else:
        found, step = arguments[0], arguments[1]
    for each in items:
        found = step.call(found, each)
    return arguments[2].call(found) if len(arguments) > 2 else found


def _while(*, take: bool) -> Callable[..., Iterator[Any]]:
    def apply(source: Any, test: Any) -> Iterator[Any]:
        dropping = True
        for each in iterate(source):
            if take:
                if not test.call(each):
                    return
                yield each
            else:
                dropping = dropping and test.call(each)
                if not dropping:
                    yield each

    return apply


def _at(source: Any, index: int) -> Any:
    found = list(islice(iterate(source), index, index + 1)) if index >= 0 else []
    if not found:
        raise out_of_range("index")
    return found[0]


def _range(run: Any, start: int, count: int) -> Sequence:
    if count < 0:
        raise out_of_range("count", "Specified argument was out of the range of valid values.")
    return Sequence(lambda: _counted(run, range(start, start + count)))


def _repeat(run: Any, item: Any, count: int) -> Sequence:
    if count < 0:
        raise out_of_range("count", "Specified argument was out of the range of valid values.")
    return Sequence(lambda: _counted(run, (item for _ in range(count))))


def _counted(run: Any, items: Iterable[Any]) -> Iterator[Any]:
    for each in items:
        run.step()
        yield each


def _of_type(types: tuple[str, ...], source: Any) -> Sequence:
    target = types[0]

    def fits(value: Any) -> bool:
        if target in CLASSES:
            return type(value) is CLASSES[target]
        return value is not None and any(i.name == target for i in family(type_name(value)))

    return Sequence(lambda: (each for each in iterate(source) if target == "object" or fits(each)))


def _values(types: tuple[str, ...], source: Any, *key: Any) -> Sequence:
    from constructs_lib.simulation.csharp.libraries.json import to_object

    target = types or ("JToken",)

    def items() -> Iterator[Any]:
        for each in iterate(source):
            inner = each.get(key[0]) if key and isinstance(each, JObject) else each
            if not key and isinstance(each, (JObject, JArray, JProperty)):
                for one in each.children():
                    yield to_object(target, one.value if isinstance(one, JProperty) else one)
            elif inner is not None:
                yield to_object(target, inner)

    return Sequence(items)


def _join(source: Any, other: Any, left: Any, right: Any, result: Any) -> Iterator[Any]:
    held: dict[Any, list[Any]] = {}
    for each in iterate(other):
        held.setdefault(hash_key(right.call(each)), []).append(each)
    for each in iterate(source):
        for match in held.get(hash_key(left.call(each)), []):
            yield result.call(each, match)


def _contains(source: Any, item: Any, *comparer: Any) -> bool:
    fold = comparer[0] if comparer else None
    if fold is not None:
        return any(_fold(fold, each) == _fold(fold, item) for each in iterate(source))
    return any(same(each, item) if each is not None else item is None for each in iterate(source))


_LINQ: dict[str, Any] = {
    "Where -> IEnumerable<T>": _lazy(_where),
    "Select -> IEnumerable<R>": _lazy(_select),
    "SelectMany": _lazy(_select_many),
    "First -> T": _first(),
    "FirstOrDefault -> T": _or_default(),
    "Last -> T": _first(last=True),
    "LastOrDefault -> T": _or_default(last=True),
    "Single -> T": _single,
    "SingleOrDefault -> T": _or_default(single=True),
    "Any -> bool": _any,
    "All -> bool": lambda source, test: all(test.call(each) for each in iterate(source)),
    "Count -> int": _count,
    "LongCount -> long": lambda source, *tests: CLASSES["long"](_count(source, *tests)),
    "Distinct -> IEnumerable<T>": _lazy(_distinct),
    "Except -> IEnumerable<T>": _lazy(_set_operation(lambda one, other: one and not other)),
    "Intersect -> IEnumerable<T>": _lazy(_set_operation(lambda one, other: one and other)),
    "Union -> IEnumerable<T>": _lazy(_union),
    "Concat -> IEnumerable<T>": _lazy(lambda a, b: _chain(iterate(a), iterate(b))),
    "Append -> IEnumerable<T>": _lazy(lambda a, b: _chain(iterate(a), [b])),
    "Prepend -> IEnumerable<T>": _lazy(lambda a, b: _chain([b], iterate(a))),
    "Skip -> IEnumerable<T>": _lazy(lambda s, n: islice(iterate(s), max(n, 0), None)),
    "Take -> IEnumerable<T>": _lazy(lambda s, n: islice(iterate(s), max(n, 0))),
    "TakeWhile -> IEnumerable<T>": _lazy(_while(take=True)),
    "SkipWhile -> IEnumerable<T>": _lazy(_while(take=False)),
    "Reverse -> IEnumerable<T>": _lazy(lambda s: reversed(list(iterate(s)))),
    "DefaultIfEmpty -> IEnumerable<T>": _lazy(
        lambda s, *d: iter(list(iterate(s)) or [d[0] if d else default_of(_element(s))])
    ),
    "OrderBy -> IOrderedEnumerable<T>": _order(descending=False, more=False),
    "OrderByDescending -> IOrderedEnumerable<T>": _order(descending=True, more=False),
    "ThenBy -> IOrderedEnumerable<T>": _order(descending=False, more=True),
    "ThenByDescending -> IOrderedEnumerable<T>": _order(descending=True, more=True),
    "GroupBy": _lazy(_group),
    "Zip": _lazy(lambda a, b, change: map(change.call, iterate(a), iterate(b))),
    "Join": _lazy(_join),
    "ToList! -> List<T>": _to_list,
    "ToArray! -> T[]": _to_array,
    "ToDictionary!": _to_dictionary,
    "ToLookup": None,
    "GroupJoin": None,
    "ToHashSet": None,
    "Sum": _total,
    "Average": _average,
    "Max": _extreme(1),
    "Min": _extreme(-1),
    "Aggregate": _aggregate,
    "ElementAt -> T": _at,
    "ElementAtOrDefault -> T": lambda source, index: (
        next(islice(iterate(source), index, None), default_of(_element(source)))
        if index >= 0
        else default_of(_element(source))
    ),
    "Contains -> bool": _contains,
    "SequenceEqual -> bool": lambda a, b: (lambda x, y: len(x) == len(y) and all(map(same, x, y)))(
        list(iterate(a)), list(iterate(b))
    ),
    "AsEnumerable -> IEnumerable<T>": lambda source: source,
    "Cast<> -> IEnumerable<M>": lambda _types, source: source,
    "OfType<> -> IEnumerable<M>": _of_type,
    "Values<> -> IEnumerable<M>": _values,
    "Value<> -> M": TYPES["JToken"].methods["Value"].call,
    "Children<> -> IEnumerable<JToken>": lambda _types, source: Sequence(
        lambda: (inner for each in iterate(source) for inner in each.children())
    ),
    "Elements -> IEnumerable<XElement>": lambda source, *name: Sequence(
        lambda: (i for each in iterate(source) for i in each.elements(*name))
    ),
    "Descendants": lambda source, *name: Sequence(
        lambda: (i for each in iterate(source) for i in each.descendants(*name))
    ),
    "Remove": lambda source: [each.remove() for each in list(iterate(source))] and None,
    "GetEnumerator": None,
}
define(
    "Enumerable",
    "System.Linq.Enumerable",
    methods=_LINQ,
    static_methods={
        "Range! -> IEnumerable<int>": _range,
        "Repeat!": _repeat,
        "Empty<> -> IEnumerable<M>": lambda types: Array.of(types[0]),
    },
)
for _name in ("IEnumerable", "IOrderedEnumerable"):
    define(
        _name,
        f"System.{'Linq' if 'Ordered' in _name else 'Collections.Generic'}.{_name}",
        value=Sequence if _name == "IEnumerable" else None,
        properties={"Key": lambda sequence: sequence.key},
    )


# System.Object ------------------------------------------------------------------------------------


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
define("Function", "System.Delegate", value=Function, methods={"Invoke": lambda f, *a: f.call(*a)})
for _name in ("Func", "Action", "Predicate"):
    define(_name, f"System.{_name}", methods={"Invoke": lambda f, *a: f.call(*a)})


# Lists and maps -----------------------------------------------------------------------------------


def _changed(change: Callable[..., Any]) -> Callable[..., Any]:
    def apply(items: Any, *arguments: Any) -> Any:
        items.version += 1
        return change(items, *arguments)

    return apply


def _index_of(items: Any, item: Any, *_: Any) -> int:
    return next((i for i, each in enumerate(items) if same(each, item)), -1)


def _remove(items: Any, item: Any) -> bool:
    at = _index_of(items, item)
    if at >= 0:
        del items[at]
    return at >= 0


def _remove_at(items: Any, index: int, count: int = 1) -> None:
    if not 0 <= index < len(items):
        raise out_of_range("index")
    del items[index : index + count]


def _remove_all(items: Any, test: Any) -> int:
    kept = [each for each in items if not test.call(each)]
    removed = len(items) - len(kept)
    items[:] = kept
    return removed


def _sort(items: Any, *how: Any) -> None:
    if how and isinstance(how[0], Function):
        items.sort(key=cmp_to_key(how[0].call))
    else:
        items.sort(key=cmp_to_key(compare))


def _find(items: Any, test: Any) -> Any:
    return next((e for e in iterate(items) if test.call(e)), default_of(_element(items)))


define(
    "[]",
    "System.Array",
    value=Array,
    bases=("IList",),
    properties={
        "Length -> int": len,
        "LongLength -> long": lambda items: CLASSES["long"](len(items)),
        "Rank -> int": lambda _items: 1,
    },
    methods={
        "Clone -> object": lambda items: type(items).of(items.element, items),
        "CopyTo": lambda items, other, at: _copy(items, 0, other, at, len(items)),
        "GetLength -> int": lambda items, _dimension: len(items),
        "GetValue -> object": get_item,
        "SetValue": lambda items, value, index: set_item(items, index, value),
    },
    index={"Item -> T": get_item},
)
define(
    "byte[]",
    "System.Byte[]",
    value=Bytes,
    bases=("[]",),
    index={"Item -> byte": get_item},
    methods={"Clone -> object": Bytes},
)


def _copy(source: Any, *rest: Any) -> None:
    if len(rest) == 2:
        first, target, second, count = 0, rest[0], 0, rest[1]
    else:
        first, target, second, count = rest
    if first < 0 or second < 0 or first + count > len(source) or second + count > len(target):
        raise bad_argument(
            "Source array was not long enough. Check srcIndex and length, and the array's lower "
            "bounds."
        )
    target[second : second + count] = source[first : first + count]


def _fail_null(items: Any) -> Any:
    if items is None:
        raise argument_null("array")
    return items


define(
    "Array",
    "System.Array",
    static_methods={
        "Exists -> bool": lambda items, test: any(
            test.call(each) for each in iterate(_fail_null(items))
        ),
        "Find -> T": _find,
        "FindIndex -> int": lambda items, test: next(
            (i for i, e in enumerate(iterate(items)) if test.call(e)), -1
        ),
        "FindAll -> T[]": lambda items, test: Array.of(
            items.element, [e for e in items if test.call(e)]
        ),
        "IndexOf -> int": _index_of,
        "Copy": _copy,
        "Reverse": lambda items: items.reverse(),
        "Sort": _sort,
        "Resize": None,
        "ForEach": lambda items, action: [action.call(e) for e in items] and None,
        "TrueForAll -> bool": lambda items, test: all(test.call(e) for e in iterate(items)),
        "ConvertAll -> R[]": lambda items, change: Array.of(
            "object", [change.call(e) for e in items]
        ),
        "Empty<> -> M[]": lambda types: Array.of(types[0]),
        "Clear": lambda items, start, count: items.__setitem__(
            slice(start, start + count),
            bytes(count) if isinstance(items, Bytes) else [default_of(items.element)] * count,
        ),
    },
    known="BinarySearch LastIndexOf AsReadOnly CreateInstance FindLast FindLastIndex",
)


def _make_list(run: Any, types: tuple[str, ...], *given: Any) -> List:
    if given and is_enumerable(given[0]):
        return List.of(types[0], _listed(run, iterate(given[0])))
    return List.of(types[0])


def _append(items: Any, item: Any) -> None:
    items.append(implicit(item, items.element))


define(
    "IList",
    "System.Collections.Generic.IList",
    bases=("IEnumerable",),
    properties={"Count -> int": len},
    index={"Item -> T": get_item},
    methods={
        "Add": _changed(_append),
        "IndexOf -> int": _index_of,
        "Remove -> bool": _changed(_remove),
    },
)
define(
    "List",
    "System.Collections.Generic.List",
    value=List,
    bases=("IList",),
    properties={"Count -> int": len, "Capacity -> int": lambda items: max(4, len(items))},
    methods={
        "Add": _changed(_append),
        "AddRange": _changed(lambda items, more: items.extend(list(iterate(more)))),
        "Insert": _changed(lambda items, at, item: items.insert(at, item)),
        "InsertRange": _changed(
            lambda items, at, more: items.__setitem__(slice(at, at), list(iterate(more)))
        ),
        "Clear": _changed(lambda items: items.clear()),
        "Contains -> bool": _contains,
        "IndexOf -> int": _index_of,
        "Remove -> bool": _changed(_remove),
        "RemoveAt": _changed(_remove_at),
        "RemoveRange": _changed(_remove_at),
        "RemoveAll -> int": _changed(_remove_all),
        "Reverse": _changed(lambda items: items.reverse()),
        "Sort": _changed(_sort),
        "Exists -> bool": _any,
        "Find -> T": _find,
        "FindAll -> List<T>": lambda items, test: List.of(
            items.element, [e for e in items if test.call(e)]
        ),
        "FindIndex -> int": lambda items, test: next(
            (i for i, e in enumerate(items) if test.call(e)), -1
        ),
        "ForEach": lambda items, action: [action.call(e) for e in list(items)] and None,
        "GetRange -> List<T>": lambda items, at, count: List.of(
            items.element, items[at : at + count]
        ),
        "TrueForAll -> bool": lambda items, test: all(test.call(e) for e in items),
        "ConvertAll -> List<R>": lambda items, change: List.of(
            "object", [change.call(e) for e in items]
        ),
        "AsReadOnly": lambda items: items,
    },
    index={"Item -> T": get_item},
    make=_make_list,
    make_run=True,
    make_generic=True,
    known="BinarySearch LastIndexOf FindLast CopyTo TrimExcess FindLastIndex",
)
for _name in ("ICollection", "IReadOnlyCollection"):
    define(
        _name,
        f"System.Collections.Generic.{_name}",
        bases=("IEnumerable",),
        properties={"Count -> int": _count},
        methods={"Add": _changed(_append), "Contains -> bool": _contains},
    )
define("IReadOnlyList", "System.Collections.Generic.IReadOnlyList", bases=("IList",))
define("IEnumerator", "System.Collections.Generic.IEnumerator", known="Current MoveNext Reset")


def _make_dictionary(types: tuple[str, ...], *given: Any) -> Dictionary:
    fold = folding(given[-1]) if given else None
    pairs = given[0].items.values() if given and isinstance(given[0], Dictionary) else ()
    return Dictionary.of(pairs, (types[0], types[1]), fold)


def _add(run: Any, items: Dictionary, key: Any, value: Any) -> None:
    run.grow(1)
    if items.key(key) in items.items:
        raise bad_argument("An item with the same key has already been added.")
    items.items[items.key(key)] = (key, implicit(value, items.types[1]))


def _look_up(items: Dictionary, key: Any, *default: Any) -> Any:
    found = items.items.get(items.key(key))
    if found is None:
        return default[0] if default else default_of(items.types[1])
    return found[1]


def _try(items: Dictionary, key: Any, out: Any) -> bool:
    out.value = _look_up(items, key)
    return items.key(key) in items.items


_MAP: dict[str, Any] = {
    "ContainsKey -> bool": lambda items, key: items.key(key) in items.items,
    "TryGetValue -> bool": _try,
    "GetValueOrDefault -> V": _look_up,
    "ContainsValue -> bool": lambda items, value: any(
        same(each, value) for _, each in items.items.values()
    ),
    "Add!": _add,
    "Remove -> bool": lambda items, key: items.items.pop(items.key(key), None) is not None,
    "Clear": lambda items: items.items.clear(),
}
_MAP_PROPERTIES: dict[str, Any] = {
    "Count -> int": lambda items: len(items.items),
    "Keys -> ICollection<K>": lambda items: Sequence(
        lambda: iter([key for key, _ in items.items.values()])
    ),
    "Values -> ICollection<V>": lambda items: Sequence(
        lambda: iter([value for _, value in items.items.values()])
    ),
}
for _name in ("Dictionary", "IDictionary", "IReadOnlyDictionary"):
    _writes = () if _name == "IReadOnlyDictionary" else ("Add!", "Remove -> bool", "Clear")
    define(
        _name,
        f"System.Collections.Generic.{_name}",
        value=Dictionary if _name == "Dictionary" else None,
        bases=("IEnumerable",),
        properties=_MAP_PROPERTIES,
        methods={
            each: call
            for each, call in _MAP.items()
            if each in _writes or each not in ("Add!", "Remove -> bool", "Clear")
        },
        index={"Item -> V": get_item},
        make=_make_dictionary if _name == "Dictionary" else None,
        make_generic=True,
        known="Comparer",
    )
define(
    "KeyValuePair",
    "System.Collections.Generic.KeyValuePair",
    value=Pair,
    properties={"Key -> K": lambda pair: pair.key, "Value -> V": lambda pair: pair.value},
    make=lambda _types, key, value: Pair(key, value),
    make_generic=True,
)


def _make_set(types: tuple[str, ...], *given: Any) -> HashSet:
    made = HashSet(types[0], folding(given[-1]) if given else None)
    if given and is_enumerable(given[0]):
        for each in iterate(given[0]):
            _set_add(made, each)
    return made


def _set_add(items: HashSet, item: Any) -> bool:
    key = items.key(item)
    if key in items.items:
        return False
    items.items[key] = item
    return True


def _except(items: HashSet, other: Any) -> None:
    for each in iterate(other):
        items.items.pop(items.key(each), None)


def _intersect(items: HashSet, other: Any) -> None:
    kept = {items.key(each) for each in iterate(other)}
    items.items = {key: each for key, each in items.items.items() if key in kept}


for _name in ("HashSet", "ISet"):
    define(
        _name,
        f"System.Collections.Generic.{_name}",
        value=HashSet if _name == "HashSet" else None,
        bases=("IEnumerable",),
        properties={"Count -> int": lambda items: len(items.items)},
        methods={
            "Add -> bool": _set_add,
            "Contains -> bool": lambda items, item: items.key(item) in items.items,
            "Remove -> bool": lambda items, item: (
                items.items.pop(items.key(item), items) is not items
            ),
            "Clear": lambda items: items.items.clear(),
            "UnionWith": lambda items, other: [_set_add(items, e) for e in iterate(other)] and None,
            "ExceptWith": _except,
            "IntersectWith": _intersect,
            "Overlaps -> bool": lambda items, other: any(
                items.key(e) in items.items for e in iterate(other)
            ),
            "IsSubsetOf -> bool": lambda items, other: (
                items.items.keys() <= {items.key(e) for e in iterate(other)}
            ),
            "IsSupersetOf -> bool": lambda items, other: all(
                items.key(e) in items.items for e in iterate(other)
            ),
            "SetEquals -> bool": lambda items, other: (
                items.items.keys() == {items.key(e) for e in iterate(other)}
            ),
        },
        make=_make_set if _name == "HashSet" else None,
        make_generic=True,
        known="SymmetricExceptWith RemoveWhere CopyTo IsProperSubsetOf",
    )


def _taken(name: str, *, remove: bool, end: int) -> Callable[[Any], Any]:
    def take(items: Any) -> Any:
        if not items:
            raise invalid_operation(f"{name} empty.")
        value = items[end]
        if remove:
            del items[end]
        return value

    return take


define(
    "Queue",
    "System.Collections.Generic.Queue",
    value=Queue,
    bases=("IEnumerable",),
    properties={"Count -> int": len},
    methods={
        "Enqueue": lambda items, item: items.append(item),
        "Dequeue -> T": _taken("Queue", remove=True, end=0),
        "Peek -> T": _taken("Queue", remove=False, end=0),
        "Clear": lambda items: items.clear(),
        "Contains -> bool": _contains,
    },
    make=lambda _types, *given: Queue(
        iterate(given[0]) if given and is_enumerable(given[0]) else ()
    ),
    make_generic=True,
)
define(
    "Stack",
    "System.Collections.Generic.Stack",
    value=Stack,
    bases=("IEnumerable",),
    properties={"Count -> int": len},
    methods={
        "Push": lambda items, item: items.append(item),
        "Pop -> T": _taken("Stack", remove=True, end=-1),
        "Peek -> T": _taken("Stack", remove=False, end=-1),
        "Clear": lambda items: items.clear(),
        "Contains -> bool": _contains,
    },
    make=lambda _types, *given: Stack(
        iterate(given[0]) if given and is_enumerable(given[0]) else ()
    ),
    make_generic=True,
)
