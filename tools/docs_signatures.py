"""Write out `**props: Unpack[…]` in the signatures of the documentation, inherited keys too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from griffe import Class, Expr, ExprSubscript, Extension, Function, Module, Parameter, ParameterKind


class UnpackedProps(Extension):
    """Griffe's own extension reads the keys of one `TypedDict`, not those of its bases."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """Called when the package is loaded as a whole, so that every base can be looked up."""
        for function in _functions(pkg):
            _write_out(function)


def _functions(parent: Module | Class) -> Iterator[Function]:
    for member in parent.members.values():
        if isinstance(member, Function):
            yield member
            yield from member.overloads or ()
        elif isinstance(member, Module | Class):
            yield from _functions(member)
            if isinstance(member, Class):
                yield from (each for group in member.overloads.values() for each in group)


def _write_out(function: Function) -> None:
    for parameter in list(function.parameters):
        props = _unpacked(parameter.annotation)
        if parameter.kind is ParameterKind.var_keyword and props is not None:
            del function.parameters[parameter.name]
            # Like keyword arguments, those that must be given first.
            for key in sorted(_keys(function.modules_collection[props]), key=_is_optional):
                function.parameters.add(key)


def _keys(props: Class) -> Iterator[Parameter]:
    for key in props.attributes.values():
        annotation, optional = key.annotation, "total" in key.parent.keywords
        if _subscripted(annotation, "Required"):
            annotation, optional = annotation.slice, False
        yield Parameter(
            key.name,
            annotation=annotation,
            kind=ParameterKind.keyword_only,
            default="…" if optional else None,
        )


def _is_optional(key: Parameter) -> bool:
    return key.default is not None


def _unpacked(annotation: str | Expr | None) -> str | None:
    return annotation.slice.canonical_path if _subscripted(annotation, "Unpack") else None


def _subscripted(annotation: Any, name: str) -> bool:
    return isinstance(annotation, ExprSubscript) and annotation.canonical_path.endswith(f".{name}")
