"""Reads text and JSON that somebody else wrote, and looks at what a file of data cannot mean.

What passes is nested so little that it can be walked by recursion. YAML is in `plain_yaml.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError

Json = Any
"""A value of JSON: `dict`, `list`, `str`, `int`, `float`, `bool` or None."""
Pointer = tuple["str | int", ...]
"""The keys and indices from the root of a document to a value."""

DEEPEST = 100
"""How deep objects and lists may be within each other: no person writes more."""

_LONGEST_NUMBER = 100
_TEMPLATE = re.compile(r"[$%]\{")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_text(path: Path, what: str = "the file", *, fix: str | None = None) -> str:
    """Return a file's text, without its byte order mark if it has one.

    Raises:
        InputError: If it cannot be read; `what` says which file it is, `fix` where to get it.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = "there is no such file"
    except OSError as error:
        problem = f"{what} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        problem = f"{what} is not UTF-8"
    except ValueError:  # a path with a NUL character
        raise InputError(f"{what} cannot be read: {str(path)!r} is not a path", fix=fix) from None
    raise InputError(problem, where=str(path), fix=fix)


def load_json(
    text: str, where: str, problem: str = "this is not valid JSON", *, fix: str | None = None
) -> Json:
    """Return what a JSON text says; `problem` says that it is none.

    Raises:
        InputError: If it is not JSON, or too deep.
    """
    if not text.strip():
        raise InputError(f"{problem}: it is empty", where=where, fix=fix)
    try:
        value = json.loads(text, parse_int=integer)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{problem}: {error.msg}",
            where=f"{where}:{error.lineno}:{error.colno}",
            fix=fix,
        ) from error
    except InputError as error:
        raise InputError(error.problem, where=where, fix=fix) from None
    except RecursionError:
        raise too_deep(where) from None
    check_depth(value, where)
    return value


def unusable(value: Json) -> Iterator[tuple[Pointer, str]]:
    """Find the keys and texts that cannot be meant as they stand, and what is wrong with each.

    They hold Terraform's template language, though nothing in a file of data is to run as code, or
    control characters, which no path and no name in Azure has.
    """
    for place, text in texts(value):
        if _TEMPLATE.search(text):
            yield place, f"Terraform would evaluate {text!r} (write it without ${{ and %{{)"
        elif _CONTROL.search(text):
            yield place, f"{text!r} holds a control character (write it without)"


def texts(value: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Find all texts of a value and where they stand; a key stands where its value does."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Json]", value).items():
            yield (*pointer, key), key
            yield from texts(each, (*pointer, key))
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[Json]", value)):
            yield from texts(each, (*pointer, number))
    elif isinstance(value, str):
        yield pointer, value


def check_depth(value: Json, where: str) -> None:
    """Refuse objects and lists that are too deep in each other.

    Raises:
        InputError: If they are.
    """
    level: list[Json] = [value]
    for _ in range(DEEPEST + 1):
        # By identity: with aliases a short text of YAML says the same thing without end.
        inner: dict[int, Json] = {}
        for each in level:
            if isinstance(each, dict):
                inner |= {id(one): one for one in cast("dict[str, Json]", each).values()}
            elif isinstance(each, list):
                inner |= {id(one): one for one in cast("list[Json]", each)}
        level = list(inner.values())
        if not level:
            return
    raise too_deep(where)


def too_deep(where: str) -> InputError:
    """Return the error for what is nested too deeply."""
    return InputError(
        f"objects and lists are in each other more than {DEEPEST} deep",
        where=where,
        fix="write it flatter",
    )


def integer(text: str) -> int:
    """Return an integer; one of thousands of digits takes Python long to read or to show.

    Raises:
        InputError: If it is that long.
    """
    if len(text) > _LONGEST_NUMBER:
        raise InputError(f"a number of {len(text)} digits cannot be used")
    return int(text)
