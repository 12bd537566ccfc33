"""System.Array and System.Collections.Generic: arrays, lists, dictionaries, sets and queues.

Source: Learn, .NET API reference of these namespaces: results, order and messages of exceptions.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.libraries.iterating import (
    compare,
    element_of,
    folding,
    is_enumerable,
    iterate,
    listed,
)
from constructs_lib.simulation.csharp.libraries.json_tokens import JToken
from constructs_lib.simulation.csharp.libraries.linq import any_of, contains, count_of
from constructs_lib.simulation.csharp.operators import CLASSES, default_of, implicit, same
from constructs_lib.simulation.csharp.tables import TYPES, define, family, type_name
from constructs_lib.simulation.csharp.values import (
    Array,
    Byte,
    Bytes,
    Char,
    Delegate,
    Dictionary,
    HashSet,
    List,
    Pair,
    Queue,
    Sequence,
    Stack,
    argument_null,
    bad_argument,
    full_name,
    invalid_operation,
    key_missing,
    narrow,
    out_of_range,
)


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
    if how and isinstance(how[0], Delegate):
        items.sort(key=cmp_to_key(how[0].call))
    else:
        items.sort(key=cmp_to_key(compare))


def _find(items: Any, test: Any) -> Any:
    return next((e for e in iterate(items) if test.call(e)), default_of(element_of(items)))


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
        return List.of(types[0], listed(run, iterate(given[0])))
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
        "Contains -> bool": contains,
        "IndexOf -> int": _index_of,
        "Remove -> bool": _changed(_remove),
        "RemoveAt": _changed(_remove_at),
        "RemoveRange": _changed(_remove_at),
        "RemoveAll -> int": _changed(_remove_all),
        "Reverse": _changed(lambda items: items.reverse()),
        "Sort": _changed(_sort),
        "Exists -> bool": any_of,
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
        properties={"Count -> int": count_of},
        methods={"Add": _changed(_append), "Contains -> bool": contains},
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
        "Contains -> bool": contains,
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
        "Contains -> bool": contains,
    },
    make=lambda _types, *given: Stack(
        iterate(given[0]) if given and is_enumerable(given[0]) else ()
    ),
    make_generic=True,
)
