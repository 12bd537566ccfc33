"""The arguments of constructs and value objects: kind, default and meaning of each."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import (
    Annotated,
    Any,
    ForwardRef,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from typing_extensions import Required

Evaluated = Any
"""An annotation, evaluated."""


class BindingResource:
    """Stands for a class that is imported for type checkers only: a resource of a binding."""


@dataclasses.dataclass(frozen=True)
class Field:
    """One argument.

    Attributes:
        kind: Its annotation.
        required: Whether it has no default.
        default: Its default, if it has one that is no object made anew each time.
        meaning: What the docstring says of it.
    """

    kind: Evaluated
    required: bool
    default: object
    meaning: str

    @cached_property
    def choices(self) -> list[Evaluated]:
        """The kinds of value that it takes."""
        return members(self.kind)


@cache
def fields(owner: type) -> Mapping[str, Field]:
    """Return the arguments of a dataclass, or the keyword arguments of a class, by name."""
    if is_record(owner):
        return _of_dataclass(owner)
    return of_function(cast("Any", owner).__init__, owner.__doc__ or "")


def _of_dataclass(owner: type) -> dict[str, Field]:
    kinds: dict[str, Evaluated] = {}
    said: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        names = vars(sys.modules[base.__module__])
        for name, annotation in inspect.get_annotations(base).items():
            kinds[name] = evaluated(annotation, names)
        said |= meanings(base.__doc__ or "")
    return {
        field.name: Field(
            kinds[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            None if field.default is dataclasses.MISSING else field.default,
            said.get(field.name, ""),
        )
        for field in dataclasses.fields(owner)
        if field.init
    }


@cache
def of_function(function: Callable[..., Any], documentation: str) -> Mapping[str, Field]:
    """Return the keyword arguments of a function, those of an unpacked `TypedDict` among them."""
    function = inspect.unwrap(function)
    names = function.__globals__
    said = meanings(documentation)
    found: dict[str, Field] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            required = parameter.default is parameter.empty
            found[name] = Field(
                evaluated(parameter.annotation, names),
                required,
                None if required else parameter.default,
                said.get(name, ""),
            )
        elif parameter.kind is parameter.VAR_KEYWORD:
            [props] = get_args(evaluated(parameter.annotation, names))
            said |= {key: said.get(key) or text for key, text in meanings(props.__doc__).items()}
            module = vars(sys.modules[props.__module__])
            for key, annotation in props.__annotations__.items():
                kind = evaluated(getattr(annotation, "__forward_arg__", annotation), module)
                required = get_origin(kind) is Required
                kind = get_args(kind)[0] if required else kind | None
                found[key] = Field(kind, required, None, said.get(key, ""))
    return found


class _Names(dict[str, Any]):
    """The names of a module; one that is imported for type checkers only stands for a resource."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, None) or type(name, (BindingResource,), {})


def evaluated(annotation: Any, names: Mapping[str, Any]) -> Evaluated:
    """Return what an annotation says in a module with these names."""
    if not isinstance(annotation, str):
        return annotation
    return eval(annotation, {}, _Names(names))  # noqa: S307 - an annotation of our own source


def members(kind: Evaluated) -> list[Evaluated]:
    """Return what a union is made of, flattened; a kind that is no union alone."""
    if isinstance(kind, TypeVar):
        bound = kind.__bound__
        # A bound in quotes is a resource, which is imported for type checkers only.
        return [BindingResource] if isinstance(bound, ForwardRef) else members(bound)
    if get_origin(kind) in (Union, types.UnionType):
        return [each for member in get_args(kind) for each in members(member)]
    return [kind]


@cache
def bare(kind: Evaluated) -> tuple[Evaluated, tuple[Any, ...]]:
    """Return a kind without what `Annotated` adds, and that."""
    if get_origin(kind) is Annotated:
        inner, *rules = get_args(kind)
        return inner, tuple(rules)
    return kind, ()


def is_list(kind: Evaluated) -> bool:
    """Tell whether a kind is a sequence of any length."""
    origin = get_origin(kind)
    return origin is Sequence or (origin is tuple and get_args(kind)[-1] is Ellipsis)


def is_map(kind: Evaluated) -> bool:
    """Tell whether a kind is a mapping."""
    return get_origin(kind) in (Mapping, dict)


def is_record(kind: Evaluated) -> bool:
    """Tell whether a kind is a dataclass."""
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def short_form(kind: Evaluated) -> Callable[[str], object] | None:
    """Return what reads the text that stands for a record, if there is such a text."""
    return cast("Callable[[str], object] | None", getattr(kind, "parse", None))


@cache
def meanings(docstring: str | None) -> dict[str, str]:
    """Read the sections `Args` and `Attributes` of a docstring."""
    found: dict[str, str] = {}
    for section in re.findall(
        r"^ *(?:Args|Attributes):\n(.*?)(?=^ *[A-Z]\w+:\n|\Z)",
        docstring or "",
        re.DOTALL | re.MULTILINE,
    ):
        lines = inspect.cleandoc(f"\n{section}")
        for entry in re.split(r"\n(?=\S)", lines):
            name, colon, text = entry.partition(": ")
            if colon:
                found[name] = " ".join(text.split())
    return found
