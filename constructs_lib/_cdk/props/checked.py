"""Checks what a constructor is given before its body runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar, cast

from constructs import Construct

from constructs_lib._cdk.arguments import refuse, refuse_all
from constructs_lib._cdk.per_stack import lies_in
from constructs_lib._cdk.props.fields import of_function
from constructs_lib._cdk.props.reading import ValueReader
from constructs_lib._core.problems import Problem, near

Function = TypeVar("Function", bound=Callable[..., Any])


def checked(
    problems: Callable[..., Iterator[Problem]] | None = None,
) -> Callable[[Function], Function]:
    """Have a constructor refuse props that their annotations, or together `problems`, do not allow.

    Everything that is wrong is said at once, with the construct's path and the argument. What may
    be written as text reaches the body as the object that it stands for.

    Args:
        problems: Takes the props and finds what is wrong with them together.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def check(*given: Any, **props: Any) -> Any:
            if len(given) < 2:
                return function(*given, **props)
            scope, id = given[-2:]
            reader = ValueReader()
            if not isinstance(scope, Construct):
                reader.note(("scope",), f"{scope!r} is not allowed", "write the stack")
                refuse_all(str(id), reader.problems)
            fields = of_function(function, "")
            # Python itself lets through what no `TypedDict` has.
            for name in [each for each in props if each not in fields and each != "id"]:
                reader.note((name,), "this argument is not known", near(name, fields))
            for name, field in fields.items():
                if name in props:
                    props[name] = reader.chosen(field.choices, props[name], (name,))
                elif field.required:
                    reader.note((name,), "is missing", f"write {reader.words([field.kind])}")
            if problems is not None and not reader.problems:
                reader.problems += problems(**props)
            if reader.problems:
                refuse_all(f"{scope.node.path}/{id}", reader.problems)
            if isinstance(given[0], Construct) and given[0] is not scope:
                lies_in(given[0], scope)
            try:
                return function(*given, **props)
            except RuntimeError as error:
                if f"already a Construct with name '{id}' in {type(scope).__name__}" in str(error):
                    refuse(scope, id, "there is a construct with this id already", "choose another")
                raise

        cast("Any", check).problems = problems  # files of settings ask for it
        return cast("Function", check)

    return decorate
