"""Newtonsoft.Json: the members of tokens, and `JsonConvert`.

Source: Json.NET documentation, "LINQ to JSON"; its defaults: the text of a
token is indented, `JsonConvert` writes compactly.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed
from constructs_lib.simulation.csharp.formatting import formatted, to_text
from constructs_lib.simulation.csharp.libraries.json_paths import below, select, selected
from constructs_lib.simulation.csharp.libraries.json_tokens import (
    JArray,
    JObject,
    JProperty,
    JToken,
    JValue,
    adopt,
    items_of,
    parse,
    token_of,
    write,
)
from constructs_lib.simulation.csharp.operators import default_of
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    Array,
    Dictionary,
    EnumValue,
    List,
    Sequence,
    bad_argument,
    invalid_operation,
    out_of_range,
)

_TYPES = (
    *("None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float"),
    *("String", "Boolean", "Null", "Undefined", "Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan"),
)
enumeration(
    "JTokenType",
    "Newtonsoft.Json.Linq.JTokenType",
    **{name: number for number, name in enumerate(_TYPES)},
)
enumeration("Formatting", "Newtonsoft.Json.Formatting", **{"None": 0, "Indented": 1})


def _child(token: Any, key: Any) -> Any:
    if isinstance(token, JObject):
        if not isinstance(key, str):
            raise bad_argument(
                f"Accessed JObject values with invalid key value: {to_text(key)}. Object property "
                "name expected."
            )
        return token.get(key)
    if isinstance(token, JArray):
        if not isinstance(key, int):
            raise bad_argument(
                f'Accessed JArray values with invalid key value: "{key}". Int32 array index '
                "expected."
            )
        if not 0 <= key < len(token.items):
            raise out_of_range("index")
        return token.items[key]
    raise invalid_operation(
        f"Cannot access child value on Newtonsoft.Json.Linq.{type(token).__name__}."
    )


def _set_child(token: Any, key: Any, value: Any) -> None:
    if isinstance(token, JObject):
        token.put(key, token_of(value))
    elif isinstance(token, JArray):
        if not 0 <= key < len(token.items):
            raise out_of_range("index")
        token.items[key] = adopt(token_of(value), token)
    else:
        raise invalid_operation(
            f"Cannot set child value on Newtonsoft.Json.Linq.{type(token).__name__}."
        )


def to_object(types: tuple[str, ...], token: Any) -> Any:
    """`ToObject<T>`, `Value<T>`: the token as a value of a type."""
    target = types[0] if types else "object"
    if token is None:
        return default_of(target)
    if target in ("JToken", "JObject", "JArray", "JValue"):
        if target != "JToken" and type(token).__name__ != target:
            raise ExpressionFailed(
                f"Cannot cast Newtonsoft.Json.Linq.{type(token).__name__} to "
                "Newtonsoft.Json.Linq.JToken.",
                "System.InvalidCastException",
            )
        return token
    if target == "object":
        return token.value if isinstance(token, JValue) else token
    if target.endswith("[]") and isinstance(token, JArray):
        return Array.of(target[:-2], [to_object((target[:-2],), each) for each in token.items])
    head, _, inner = target.partition("<")
    inner = inner[:-1]
    if head in ("List", "IList", "IEnumerable", "ICollection") and isinstance(token, JArray):
        return List.of(inner, [to_object((inner,), each) for each in token.items])
    if "Dictionary" in head and isinstance(token, JObject):
        key, _, value = inner.partition(",")
        pairs = ((each.name, to_object((value,), each.value)) for each in token.items.values())
        return Dictionary.of(pairs, (key, value))
    return token.explicit(target)


def _value(types: tuple[str, ...], token: Any, *key: Any) -> Any:
    child = _child(token, key[0]) if key else token
    if child is not None and types and types[0] == "string" and not isinstance(child, JValue):
        raise ExpressionFailed(
            f"Cannot cast Newtonsoft.Json.Linq.{type(child).__name__} to "
            "Newtonsoft.Json.Linq.JToken.",
            "System.InvalidCastException",
        )
    return to_object(types, child)


def _text(token: Any, style: Any = 1, *_converters: Any) -> str:
    if isinstance(token, JValue) and style == 1:
        return token.to_text()
    if isinstance(style, str):
        return formatted(token.value, style)
    return write(token, indented=bool(style))


def _remove(token: Any, *name: Any) -> Any:
    if name and isinstance(token, JObject):
        return token.items.pop(name[0], None) is not None
    if name:
        at = next((i for i, each in enumerate(token.items) if each is name[0]), -1)
        if at >= 0:
            del token.items[at]
        return at >= 0
    parent = token.parent
    if parent is None:
        raise invalid_operation("The parent is missing.")
    if isinstance(parent, JArray):
        parent.items = [each for each in parent.items if each is not token]
    elif isinstance(parent, JProperty):
        parent.value = adopt(JValue(None), parent)
    elif isinstance(parent, JObject):
        del parent.items[token.name]
    token.parent = None
    return None


def _replace(token: Any, value: Any) -> None:
    parent, made = token.parent, token_of(value)
    if isinstance(parent, JProperty):
        parent.value = adopt(made, parent)
    elif isinstance(parent, JArray):
        at = next(i for i, each in enumerate(parent.items) if each is token)
        parent.items[at] = adopt(made, parent)
    elif isinstance(parent, JObject) and isinstance(made, JProperty):
        held = list(parent.items.values())
        parent.items = {}
        for each in held:
            parent.add(made if each is token else each)
    else:
        raise invalid_operation("The parent is missing.")


def _beside(offset: int) -> Callable[[Any, Any], None]:
    def put(token: Any, value: Any) -> None:
        parent = token.parent
        if isinstance(parent, JArray):
            at = next(i for i, each in enumerate(parent.items) if each is token)
            parent.items.insert(at + offset, adopt(token_of(value), parent))
        elif isinstance(parent, JObject):
            held = list(parent.items.values())
            held.insert(next(i for i, each in enumerate(held) if each is token) + offset, value)
            parent.items = {}
            for each in held:
                parent.add(each)
        else:
            raise invalid_operation("The parent is missing.")

    return put


def _add(token: Any, *content: Any) -> None:
    if isinstance(token, JObject):
        if len(content) == 2:
            token.add(JProperty(content[0], token_of(content[1])))
        elif isinstance(content[0], JProperty):
            token.add(content[0])
        else:
            _fill(token, content)
    else:
        token.add(content[0])


def _add_first(token: Any, content: Any) -> None:
    if isinstance(token, JObject):
        held, token.items = list(token.items.values()), {}
        for each in (content, *held):
            token.add(each)
    else:
        token.items.insert(0, adopt(token_of(content), token))


def _fill(token: Any, content: Any) -> Any:
    for each in content:
        inner = items_of(each)
        if inner is not None:
            _fill(token, inner)
        elif isinstance(token, JObject):
            if isinstance(each, JObject):
                _fill(token, each.children())
            elif isinstance(each, JProperty):
                token.add(each)
            else:
                raise bad_argument(
                    f"Can not add {('Newtonsoft.Json.Linq.' + type(each).__name__)} to "
                    "Newtonsoft.Json.Linq.JObject."
                )
        else:
            token.add(each)
    return token


def _make_property(name: str, *content: Any) -> JProperty:
    if len(content) == 1 and items_of(content[0]) is None:
        return JProperty(name, token_of(content[0]))
    if len(content) == 1:
        content = tuple(items_of(content[0]) or ())
    return JProperty(name, _fill(JArray(), content))


def _make_array(*content: Any) -> JArray:
    # `new JArray(otherArray)` copies it.
    if len(content) == 1 and isinstance(content[0], JArray):
        content = tuple(content[0].items)
    return _fill(JArray(), content)


def _insert(token: Any, index: int, value: Any) -> None:
    token.items.insert(index, adopt(token_of(value), token))


def _remove_at(token: Any, index: int) -> None:
    if not 0 <= index < len(token.items):
        raise out_of_range("index")
    del token.items[index]


def _get_value(token: Any, name: str, comparison: Any = None) -> Any:
    found = token.get(name)
    if found is None and comparison is not None and "IgnoreCase" in comparison.name:
        found = next(
            (each.value for each in token.items.values() if each.name.lower() == name.lower()), None
        )
    return found


def _try_get(token: Any, name: str, *rest: Any) -> bool:
    rest[-1].value = _get_value(token, name, *rest[:-1])
    return rest[-1].value is not None


def _merge(token: Any, other: Any, *_settings: Any) -> None:
    if isinstance(token, JArray):
        for each in other.children():
            token.add(each)
        return
    for each in other.children():
        held = token.get(each.name)
        if type(held) is type(each.value) and isinstance(held, (JObject, JArray)):
            _merge(held, each.value)
        elif not (isinstance(each.value, JValue) and each.value.value is None):
            token.put(each.name, each.value)


def deep_equal(left: Any, right: Any) -> bool:
    """`JToken.DeepEquals`."""
    if left is None or right is None or type(left) is not type(right):
        return left is right
    if isinstance(left, JValue):
        return left.equals(right)
    if isinstance(left, JProperty):
        return left.name == right.name and deep_equal(left.value, right.value)
    if isinstance(left, JObject):
        return left.items.keys() == right.items.keys() and all(
            deep_equal(each.value, right.items[name].value) for name, each in left.items.items()
        )
    return len(left.items) == len(right.items) and all(map(deep_equal, left.items, right.items))


def _deep(token: Any) -> Iterator[Any]:
    for each in token.children():
        yield each
        yield from _deep(each)


def _ancestors(token: Any) -> Iterator[Any]:
    while token.parent is not None:
        token = token.parent
        yield token


def _sibling(offset: int) -> Callable[[Any], Any]:
    def find(token: Any) -> Any:
        held = token.parent.children() if token.parent is not None else []
        at = next((i for i, each in enumerate(held) if each is token), -1) + offset
        return held[at] if 0 <= at < len(held) and held else None

    return find


def _serialize(value: Any, style: Any = 0, *_rest: Any) -> str:
    return write(token_of(value), indented=isinstance(style, EnumValue) and style == 1)


def _deserialize(types: tuple[str, ...], text: Any, *_rest: Any) -> Any:
    token = parse(text) if text is None or text.strip() else None
    return to_object(types, token) if types else to_object(("object",), token)


def _root(token: Any) -> Any:
    while token.parent is not None:
        token = token.parent
    return token


def _type(token: Any) -> EnumValue:
    return EnumValue("JTokenType", token.kind, _TYPES.index(token.kind))


def _set_value(token: Any, value: Any) -> None:
    if isinstance(token, JProperty):
        token.value = adopt(token_of(value), token)
    else:
        token.value = value


define(
    "JToken",
    "Newtonsoft.Json.Linq.JToken",
    value=JToken,
    properties={
        "Type -> JTokenType": _type,
        "Path -> string": lambda token: token.path(),
        "Parent -> JContainer": lambda token: token.parent,
        "Root -> JToken": _root,
        "HasValues -> bool": lambda token: bool(token.children()),
        "First -> JToken": lambda token: next(iter(token.children()), None),
        "Last -> JToken": lambda token: (token.children() or [None])[-1],
        "Next -> JToken": _sibling(1),
        "Previous -> JToken": _sibling(-1),
    },
    methods={
        "ToString -> string": _text,
        "Value<> -> M": _value,
        "Values<> -> IEnumerable<M>": lambda types, token, *key: Sequence(
            lambda: iter(
                [
                    to_object(types or ("JToken",), each)
                    for each in below(_child(token, key[0]) if key else token)
                ]
            )
        ),
        "ToObject<> -> M": to_object,
        "SelectToken -> JToken": select,
        "SelectTokens -> IEnumerable<JToken>": lambda token, path, *_: Sequence(
            lambda: iter(selected(path, token))
        ),
        "Children<> -> IEnumerable<JToken>": lambda _types, token: Sequence(
            lambda: iter(token.children())
        ),
        "Remove": _remove,
        "Replace": _replace,
        "DeepClone -> JToken": lambda token: token.clone(),
        "AddAfterSelf": _beside(1),
        "AddBeforeSelf": _beside(0),
        "Ancestors -> IEnumerable<JToken>": lambda token: Sequence(lambda: _ancestors(token)),
        "AfterSelf": None,
        "BeforeSelf": None,
        "WriteTo": None,
        "CreateReader": None,
    },
    static_methods={
        "Parse -> JToken": lambda text, *_: parse(text),
        "FromObject -> JToken": lambda value, *_: token_of(value),
        "DeepEquals -> bool": deep_equal,
    },
    index={"Item -> JToken": _child},
    set_index=_set_child,
    known="Load ReadFrom EqualityComparer Annotation AddAnnotation GetHashCode",
)
define(
    "JContainer",
    "Newtonsoft.Json.Linq.JContainer",
    bases=("JToken",),
    properties={"Count -> int": lambda token: len(token.children())},
    methods={
        "Add": _add,
        "AddFirst": _add_first,
        "Descendants -> IEnumerable<JToken>": lambda token: Sequence(lambda: _deep(token)),
        "RemoveAll": lambda token: token.items.clear(),
        "Merge": _merge,
        "ReplaceAll": lambda token, *content: (token.items.clear(), _fill(token, content))[0],
    },
    known="DescendantsAndSelf",
)
define(
    "JObject",
    "Newtonsoft.Json.Linq.JObject",
    value=JObject,
    bases=("JContainer",),
    methods={
        "Property -> JProperty": lambda token, name, *_: token.items.get(name),
        "Properties -> IEnumerable<JProperty>": lambda token: Sequence(
            lambda: iter(token.children())
        ),
        "PropertyValues -> IEnumerable<JToken>": lambda token: Sequence(
            lambda: iter([each.value for each in token.children()])
        ),
        "ContainsKey -> bool": lambda token, name: name in token.items,
        "GetValue -> JToken": _get_value,
        "TryGetValue -> bool": _try_get,
    },
    static_methods={
        "Parse -> JObject": lambda text, *_: parse(text, JObject),
        "FromObject -> JObject": lambda value, *_: token_of(value),
    },
    make=lambda *content: _fill(JObject(), content),
)
define(
    "JArray",
    "Newtonsoft.Json.Linq.JArray",
    value=JArray,
    bases=("JContainer",),
    methods={
        "Insert": _insert,
        "RemoveAt": _remove_at,
        "Clear": lambda token: token.items.clear(),
        "IndexOf -> int": lambda token, item: next(
            (i for i, each in enumerate(token.items) if each is item), -1
        ),
        "Contains -> bool": lambda token, item: any(
            each is item
            or (isinstance(each, JValue) and not isinstance(item, JToken) and each.value == item)
            for each in token.items
        ),
    },
    static_methods={
        "Parse -> JArray": lambda text, *_: parse(text, JArray),
        "FromObject -> JArray": lambda value, *_: token_of(value),
    },
    make=_make_array,
    known="CopyTo IsReadOnly",
)
define(
    "JProperty",
    "Newtonsoft.Json.Linq.JProperty",
    value=JProperty,
    bases=("JContainer",),
    properties={
        "Name -> string": lambda token: token.name,
        "Value -> JToken": lambda token: token.value,
    },
    make=_make_property,
    setters={"Value": _set_value},
)
define(
    "JValue",
    "Newtonsoft.Json.Linq.JValue",
    value=JValue,
    bases=("JToken",),
    properties={"Value -> object": lambda token: token.value},
    methods={"Equals -> bool": lambda token, other: token.equals(other)},
    static_methods={
        "CreateString -> JValue": JValue,
        "CreateNull -> JValue": lambda: JValue(None),
    },
    make=lambda value: token_of(value).clone(),
    setters={"Value": _set_value},
    known="CompareTo CreateComment CreateUndefined",
)
define("JRaw", "Newtonsoft.Json.Linq.JRaw", bases=("JValue",), known="Create")
define("JConstructor", "Newtonsoft.Json.Linq.JConstructor", bases=("JContainer",))
define(
    "JsonConvert",
    "Newtonsoft.Json.JsonConvert",
    static_methods={
        "SerializeObject -> string": _serialize,
        "DeserializeObject<> -> M": _deserialize,
    },
    forbidden="ToString DeserializeXmlNode SerializeXmlNode DeserializeXNode SerializeXNode "
    "PopulateObject DeserializeAnonymousType",
)
