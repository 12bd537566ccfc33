"""System.Linq: what can be asked of every collection.

Source: Learn, .NET API reference of System.Linq: results, order and messages of exceptions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cmp_to_key
from itertools import chain, islice
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed
from constructs_lib.simulation.csharp.libraries.iterating import (
    compare,
    element_of,
    fold_of,
    folding,
    iterate,
    listed,
)
from constructs_lib.simulation.csharp.libraries.json import to_object
from constructs_lib.simulation.csharp.libraries.json_tokens import JArray, JObject, JProperty
from constructs_lib.simulation.csharp.operators import (
    CLASSES,
    arithmetic,
    default_of,
    hash_key,
    same,
)
from constructs_lib.simulation.csharp.tables import RUNTIME, TYPES, define, family, type_name
from constructs_lib.simulation.csharp.values import (
    Array,
    Bytes,
    Delegate,
    Dictionary,
    List,
    Sequence,
    argument_null,
    bad_argument,
    invalid_operation,
    out_of_range,
)


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


def _lazy(make: Callable[..., Iterator[Any]]) -> Callable[..., Sequence]:
    def apply(source: Any, *arguments: Any) -> Sequence:
        if source is None:
            raise argument_null("source")
        return Sequence(lambda: make(source, *arguments))

    return apply


def _where(source: Any, test: Delegate) -> Iterator[Any]:
    if test.arity == 2:
        return (each for index, each in enumerate(iterate(source)) if test.call(each, index))
    return (each for each in iterate(source) if test.call(each))


def _select(source: Any, change: Delegate) -> Iterator[Any]:
    if change.arity == 2:
        return (change.call(each, index) for index, each in enumerate(iterate(source)))
    return map(change.call, iterate(source))


def _select_many(source: Any, change: Delegate, *more: Delegate) -> Iterator[Any]:
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
        return found[0] if found else default_of(element_of(source))

    return apply


def _several(tests: tuple[Any, ...]) -> ExpressionFailed:
    kind = "matching element" if tests else "element"
    return invalid_operation(f"Sequence contains more than one {kind}")


def _single(source: Any, *tests: Any) -> Any:
    found = _found(source, tests)
    if len(found) > 1:
        raise _several(tests)
    return found[0] if found else _first()(source, *tests)


def any_of(source: Any, *tests: Any) -> bool:
    """`Any`: whether there is an item, or one that passes the test."""
    if source is None:
        raise argument_null("source")
    if not tests:
        return next((True for _ in iterate(source)), False)
    return any(tests[0].call(each) for each in iterate(source))


def count_of(source: Any, *tests: Any) -> int:
    """`Count`: how many items there are, or pass the test."""
    return sum(1 for each in iterate(source) if not tests or tests[0].call(each))


def _distinct(source: Any, *_comparer: Any) -> Iterator[Any]:
    fold = _comparer[0] if _comparer else None
    return _unique(source, fold)


def _unique(source: Any, fold: Any) -> Iterator[Any]:
    seen = set[Any]()
    for each in iterate(source):
        key = fold_of(fold, each)
        if key not in seen:
            seen.add(key)
            yield each


def _set_operation(keep: Callable[[bool, bool], bool]) -> Callable[..., Iterator[Any]]:
    def apply(source: Any, other: Any, *comparer: Any) -> Iterator[Any]:
        fold = comparer[0] if comparer else None
        inside = {fold_of(fold, each) for each in iterate(other)}
        return (each for each in _unique(source, fold) if keep(True, fold_of(fold, each) in inside))

    return apply


def _union(source: Any, other: Any, *comparer: Any) -> Iterator[Any]:
    both = Sequence(lambda: chain(iterate(source), iterate(other)))
    return _unique(both, comparer[0] if comparer else None)


def _group(source: Any, key: Any, *more: Any) -> Iterator[Any]:
    groups: dict[Any, tuple[Any, list[Any]]] = {}
    for each in iterate(source):
        name = key.call(each)
        held = groups.setdefault(hash_key(name), (name, []))[1]
        held.append(more[0].call(each) if more and isinstance(more[0], Delegate) else each)
    return iter(
        [Sequence(lambda items=items: iter(items), name) for name, items in groups.values()]
    )


def _to_dictionary(run: Any, source: Any, key: Any, *more: Any) -> Dictionary:
    change = next((each for each in more if isinstance(each, Delegate)), None)
    made = Dictionary(None, fold=folding(more[-1]) if more else None)
    for each in iterate(source):
        run.step()
        name = key.call(each)
        if made.key(name) in made.items:
            raise bad_argument("An item with the same key has already been added.")
        made.items[made.key(name)] = (name, change.call(each) if change else each)
    return made


def _to_list(run: Any, source: Any) -> List:
    found = listed(run, iterate(_given(source)))
    return List.of(element_of(source) if element_of(source) != "object" else _kind_of(found), found)


def _to_array(run: Any, source: Any) -> Any:
    found = listed(run, iterate(_given(source)))
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


def contains(source: Any, item: Any, *comparer: Any) -> bool:
    """`Contains`."""
    fold = comparer[0] if comparer else None
    if fold is not None:
        return any(fold_of(fold, each) == fold_of(fold, item) for each in iterate(source))
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
    "Any -> bool": any_of,
    "All -> bool": lambda source, test: all(test.call(each) for each in iterate(source)),
    "Count -> int": count_of,
    "LongCount -> long": lambda source, *tests: CLASSES["long"](count_of(source, *tests)),
    "Distinct -> IEnumerable<T>": _lazy(_distinct),
    "Except -> IEnumerable<T>": _lazy(_set_operation(lambda one, other: one and not other)),
    "Intersect -> IEnumerable<T>": _lazy(_set_operation(lambda one, other: one and other)),
    "Union -> IEnumerable<T>": _lazy(_union),
    "Concat -> IEnumerable<T>": _lazy(lambda a, b: chain(iterate(a), iterate(b))),
    "Append -> IEnumerable<T>": _lazy(lambda a, b: chain(iterate(a), [b])),
    "Prepend -> IEnumerable<T>": _lazy(lambda a, b: chain([b], iterate(a))),
    "Skip -> IEnumerable<T>": _lazy(lambda s, n: islice(iterate(s), max(n, 0), None)),
    "Take -> IEnumerable<T>": _lazy(lambda s, n: islice(iterate(s), max(n, 0))),
    "TakeWhile -> IEnumerable<T>": _lazy(_while(take=True)),
    "SkipWhile -> IEnumerable<T>": _lazy(_while(take=False)),
    "Reverse -> IEnumerable<T>": _lazy(lambda s: reversed(list(iterate(s)))),
    "DefaultIfEmpty -> IEnumerable<T>": _lazy(
        lambda s, *d: iter(list(iterate(s)) or [d[0] if d else default_of(element_of(s))])
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
        next(islice(iterate(source), index, None), default_of(element_of(source)))
        if index >= 0
        else default_of(element_of(source))
    ),
    "Contains -> bool": contains,
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
