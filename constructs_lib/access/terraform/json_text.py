"""JSON as Terraform reads it: with both of two properties of one name, and read without harm."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from constructs_lib._core.errors import InputError

SHOW = (
    "give cdktf.out after a synth, a cdk.tf.json, a folder of HCL, or the output of "
    "`terraform show -json`"
)
"""What to give instead of what cannot be read."""

_ZIP = b"PK\x03\x04"
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class Repeated(list[Any]):
    """The contents of properties of one object that have the same name.

    Terraform reads all of them (HCL's specification of the JSON syntax, "Structural Elements").
    """


def document(file: str, content: bytes, *, fix: str = SHOW) -> dict[str, Any]:
    """Return the object of a JSON file.

    Args:
        file: Its name, for messages.
        content: What it holds.
        fix: What to give instead, for messages.

    Raises:
        InputError: When that is none, with line and column.
    """
    if content.startswith(_ZIP):
        raise InputError(
            "is a plan in Terraform's own format, not JSON",
            where=file,
            fix=f"give the output of `terraform show -json {file}`",
        )
    if file.endswith((".tf", ".tofu")):
        raise InputError(
            "is HCL, not JSON",
            where=file,
            fix="give the folder that it lies in, or a plan as `terraform show -json` shows it",
        )
    try:
        text = content.decode("utf-8-sig")
        if "\\ud" in text or "\\uD" in text:
            text = _LONE_SURROGATE.sub(r"\\ufffd", text)
        found: Any = json.loads(text, object_pairs_hook=_object_of)
    except UnicodeDecodeError as error:
        raise InputError(
            "is not text in UTF-8", where=f"{file}: byte {error.start}", fix=fix
        ) from error
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise InputError(f"is not JSON: {error.msg}", where=where, fix=fix) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=file, fix=fix) from error
    except ValueError as error:  # An integer of more digits than Python converts.
        raise InputError(f"is not usable JSON: {error}", where=file, fix=fix) from error
    if not isinstance(found, dict):
        raise InputError("is JSON, but not an object", where=file, fix=fix)
    return cast("dict[str, Any]", found)


def objects(raw: Any) -> list[dict[str, Any]]:
    """The objects in a list, or the one that stands without a list."""
    if isinstance(raw, dict):
        return [cast("dict[str, Any]", raw)]
    if not isinstance(raw, list):
        return []
    found: list[dict[str, Any]] = []
    for item in cast("list[Any]", raw):
        if isinstance(item, dict):
            found.append(cast("dict[str, Any]", item))
        elif isinstance(item, Repeated):
            found += objects(item)
    return found


def object_of(raw: Any) -> dict[str, Any]:
    """An object, or an empty one where there is none."""
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}


def entries(raw: Any) -> list[tuple[str, Any]]:
    """Names and contents of an object, or of a list of objects as Terraform allows too."""
    found: list[tuple[str, Any]] = []
    for each in objects(raw):
        for name, value in each.items():
            if isinstance(value, Repeated):
                found += [(str(name), item) for item in cast("list[Any]", value)]
            else:
                found.append((str(name), value))
    return found


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    several: dict[str, list[Any]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else Repeated(values)
        for name, values in several.items()
    }
