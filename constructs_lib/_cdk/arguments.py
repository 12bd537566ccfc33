"""Checks of literal values at construction, before a provider would refuse them at plan or apply.

A value that Terraform only knows later is a token; it passes unchecked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from constructs import Construct

from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import Pattern, Problem


def is_token(value: object) -> bool:
    """Tell whether `value` is, or contains, something that is only known to Terraform.

    Recognizes the three encodings of CDKTF (text, list, number) and references written out by hand,
    without asking jsii's kernel.
    """
    if isinstance(value, str):
        return "${" in value or "#{Tf" in value
    if isinstance(value, (int, float)):
        return value < -1e300
    if isinstance(value, list):
        return len(value) == 1 and is_token(value[0])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any list
    return not isinstance(value, (bool, type(None), dict, tuple, set))


def refuse(scope: Construct, argument: str, problem: str, fix: str) -> NoReturn:
    """Raise an `InputError` that names the construct's path and the argument.

    Raises:
        InputError: Always.
    """
    raise InputError(problem, where=f"{scope.node.path}: {argument}", fix=fix)


def refuse_all(path: str, problems: Sequence[Problem]) -> NoReturn:
    """Raise an `InputError` that says everything that is wrong with a construct's arguments.

    Raises:
        InputError: Always.
    """
    errors = [
        InputError(
            each.problem, where=f"{path}: {'.'.join(map(str, each.place))}", fix=each.fix or None
        )
        for each in problems
    ]
    raise errors[0] if len(errors) == 1 else InputError("\n".join(map(str, errors)))


def check_pattern(scope: Construct, argument: str, value: str, pattern: Pattern) -> None:
    """Refuse a literal `value` that does not match.

    Raises:
        InputError: With what is allowed, in words.
    """
    if not is_token(value) and not pattern.allows(value):
        refuse(scope, argument, f"{value!r} is not allowed", pattern.rule)
