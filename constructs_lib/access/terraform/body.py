"""A block of arguments, read with its references followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, cast

from constructs_lib.access.terraform.resources import Bound, Deferred, Raw, Resource
from constructs_lib.access.terraform.values import Opaque, Term, Value, references_in, text_of


class BodyReader(Protocol):
    """What follows references: the configuration that a block belongs to."""

    def read(
        self,
        raw: Raw,
        stack: str,
        module: str,
        *,
        literal: bool,
        attribute: str = "",
        bound: Bound = ...,
    ) -> Value:
        """The value of a piece of JSON in a stack's module."""
        ...


# The names of arguments that the providers take as bool.
_BOOLEAN = re.compile(
    "(.+_)?enabled|enable_.+|.+_required|https_only|require_authentication|require_https|"
    "scm_use_main_ip_restriction|validate_certificate_(chain|name)"
)
# As Terraform converts text where it expects a bool; all other text is an error to it.
_BOOLEAN_TEXT = {"true": True, "1": True, "false": False, "0": False}


class Body:
    """A block of arguments: a resource's own, or one within it.

    Args:
        configuration: What references in it are followed in.
        resource: Whose block it is.
        raw: The arguments as written.
        bound: What `each`, `count` and iterators mean in it; as in the resource, if not given.
        certain: Whether it is there for sure. What a block says that may be left out is unknown.
        known: Whether it is known what stands in it; a block may be computed as a whole.
    """

    __slots__ = ("_bound", "_certain", "_configuration", "_known", "_values", "raw", "resource")

    def __init__(
        self,
        configuration: BodyReader,
        resource: Resource,
        raw: Mapping[str, Raw],
        *,
        bound: Bound | None = None,
        certain: bool = True,
        known: bool = True,
    ) -> None:
        self._known = known
        self._values: dict[str, Value] = {}
        self._configuration = configuration
        self._bound = resource.bound if bound is None else bound
        self._certain = certain
        self.resource = resource
        self.raw = raw

    @property
    def certain(self) -> bool:
        """Whether it is surely there, and known what stands in it."""
        return self._certain and self._known

    def value(self, name: str, default: Value = None) -> Value:
        """An argument with its references followed; `default` when it is absent or null."""
        if not self._known:
            return LATER
        raw = self.raw.get(name)
        if raw is None:
            return default
        if name in self._values:
            value = self._values[name]
            return default if value is None else value
        value = self._read(raw, name)
        if isinstance(value, str) and _BOOLEAN.fullmatch(name):
            value = _BOOLEAN_TEXT.get(value, value)
        if value is not None and not self._certain:
            value = _doubtful(value)
        self._values[name] = value
        return default if value is None else value

    def _read(self, raw: Raw, name: str) -> Value:
        resource = self.resource
        return self._configuration.read(
            raw,
            resource.stack,
            resource.module,
            literal=resource.literal,
            attribute=name,
            bound=self._bound,
        )

    def values(self, name: str) -> list[Value]:
        """An argument that is a list or set; one that is computed as a whole has one item."""
        value = self.value(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def blocks(self, name: str) -> list[Body]:
        """The blocks of a name, written as an object, a list, or `dynamic`."""
        if not self._known:
            return [self]
        raw = self.raw.get(name)
        if isinstance(raw, (str, Deferred)):
            raw = self.value(name)
            if isinstance(raw, Term):
                return [Body(self._configuration, self.resource, {}, known=False)]
        found = [self._inner(each, self._bound) for each in _objects(raw)]
        for dynamic in _objects(self.raw.get("dynamic")):
            for each in _objects(dynamic.get(name)):
                found += self._generated(name, each)
        return found

    def _generated(self, name: str, dynamic: Mapping[str, Raw]) -> list[Body]:
        """The blocks that a `dynamic` one stands for."""
        iterator = str(dynamic.get("iterator") or name).strip("${} ")
        value = self._read(dynamic.get("for_each"), "for_each") if "for_each" in dynamic else LATER
        # The key of a set is its element, and whether a list is meant for one cannot be told.
        items = list(value.items()) if isinstance(value, dict) else None
        if isinstance(value, list) or value is None:
            items = [(LATER, item) for item in value or ()]
        return [
            self._inner(
                content,
                {**self._bound, iterator: {"key": key, "value": item}},
                certain=items is not None,
            )
            for key, item in ([(LATER, LATER)] if items is None else items)
            for content in _objects(dynamic.get("content"))
        ]

    def _inner(self, raw: Mapping[str, Raw], bound: Bound, *, certain: bool = True) -> Body:
        certain = certain and self._certain
        return Body(self._configuration, self.resource, raw, bound=bound, certain=certain)

    def block(self, name: str) -> Body | None:
        """The one block of a name."""
        return next(iter(self.blocks(name)), None)


def _objects(raw: Raw) -> list[dict[str, Any]]:
    """The objects in a list, or the one that stands without a list."""
    if raw is None:
        return []
    items = cast("list[Any]", raw) if isinstance(raw, list) else [raw]
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


LATER = Term((Opaque("(known after apply)", known=False),))


def _doubtful(value: Value) -> Value:
    """What is left of a value that may be there or not."""
    if isinstance(value, list):
        return [_doubtful(item) for item in value]
    if isinstance(value, dict):
        return {key: _doubtful(item) for key, item in value.items()}
    return Term((Opaque(text_of(value), references_in(value), known=False),))
