"""Checks of literal values at construction, before a provider would refuse them at plan or apply.

A value that Terraform only knows later is a token; it passes unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NoReturn

from constructs import Construct

from constructs_lib._core.errors import InputError

UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


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


def check_pattern(
    scope: Construct, argument: str, value: str, pattern: str | re.Pattern[str], rule: str
) -> None:
    """Refuse a literal `value` that does not match the whole of `pattern`.

    Raises:
        InputError: With `rule`, which says in words what is allowed.
    """
    # The providers are written in Go, where `\w` and `\d` mean ASCII.
    found = pattern if isinstance(pattern, re.Pattern) else re.compile(pattern, re.ASCII)
    if not is_token(value) and not found.fullmatch(value):
        refuse(scope, argument, f"{value!r} is not allowed", rule)


def check_choice(scope: Construct, argument: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a literal `value` that is none of `allowed`.

    Raises:
        InputError: With the values that are allowed.
    """
    if not is_token(value) and value not in allowed:
        refuse(scope, argument, f"{value!r} is not allowed", f"write one of {', '.join(allowed)}")


def check_child_name(scope: Construct, argument: str, value: str) -> None:
    """Refuse a literal `value` that azurerm 4.55 refuses as the name of a named value or product.

    Raises:
        InputError: With what is allowed.
    """
    pattern = r"[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?"
    rule = "at most 80 letters, digits, - and _, a letter or digit at both ends"
    check_pattern(scope, argument, value, pattern, rule)


def check_uuid(scope: Construct, argument: str, value: str, meaning: str) -> None:
    """Refuse a literal `value` that is not a UUID.

    Raises:
        InputError: With `meaning`, which says whose id is expected.
    """
    check_pattern(scope, argument, value, UUID, f"write {meaning}, a UUID")
