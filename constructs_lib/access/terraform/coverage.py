"""What is understood of each argument of the resources that links of the chain are made of.

Two files: `arguments.json` lists the arguments that the providers' schemas have, and is generated;
`coverage.tsv` says of each whether it decides (and which rule or link reads it), is harmless (and
why), or is not understood. What neither file has is not understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from constructs_lib.access.terraform.json_text import objects

Standing = Literal["decides", "harmless", "unknown"]

HERE = Path(__file__).parent
TABLE = HERE / "coverage.tsv"
ARGUMENTS = HERE / "arguments.json"

# Arguments that Terraform itself has for every resource.
_META = frozenset(
    {"//", "connection", "count", "depends_on", "dynamic", "for_each", "id", "lifecycle"}
    | {"provider", "provisioner", "timeouts"}
)

# What earlier major versions of the providers call an argument that is read.
_EARLIER = frozenset({("azuread_service_principal", "application_id")})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table.

    Attributes:
        types: Patterns of resource types.
        arguments: Dotted paths; `x.*` is everything within `x`, `*` the whole type.
        standing: What is understood of them.
        why: Which rule or link reads them, or why they are harmless or not understood.
    """

    types: tuple[str, ...]
    arguments: tuple[str, ...]
    standing: Standing
    why: str


@cache
def entries() -> tuple[Entry, ...]:
    """The lines of the table."""
    _, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    found: list[Entry] = []
    for line in lines:
        types, arguments, standing, why = line.split("\t")
        if standing not in ("decides", "harmless", "unknown"):
            raise ValueError(f"{TABLE}: {standing}")
        found.append(Entry(tuple(types.split()), tuple(arguments.split()), standing, why))
    return tuple(found)


@cache
def arguments() -> Mapping[str, frozenset[str]]:
    """The arguments of each type in the providers' schemas, as dotted paths."""
    listed = cast("dict[str, str]", json.loads(ARGUMENTS.read_text(encoding="utf-8"))["arguments"])
    return {kind: frozenset(paths.split()) for kind, paths in listed.items()}


@cache
def _computed() -> Mapping[str, frozenset[str]]:
    listed = cast("dict[str, str]", json.loads(ARGUMENTS.read_text(encoding="utf-8"))["computed"])
    return {kind: frozenset(paths.split()) for kind, paths in listed.items()}


@cache
def _of_type(kind: str) -> tuple[Entry, ...]:
    return tuple(
        each for each in entries() if any(fnmatchcase(kind, pattern) for pattern in each.types)
    )


@cache
def of_type(kind: str) -> Entry | None:
    """What is said of a type as a whole; None where its arguments are listed, or nothing is."""
    found = _of_type(kind)
    return found[0] if found and found[0].arguments == ("*",) else None


@cache
def listed(kind: str) -> bool:
    """Whether the table goes through the arguments of a type."""
    found = _of_type(kind)
    return bool(found) and found[0].arguments != ("*",)


@cache
def entry(kind: str, path: str) -> Entry | None:
    """What the table says of an argument; None is nothing."""
    for each in _of_type(kind):
        for argument in each.arguments:
            if argument in (path, "*") or (
                argument.endswith(".*") and path.startswith(argument[:-1])
            ):
                return each
    return None


@cache
def _understood(kind: str, path: str) -> Entry | None:
    """What is not understood about an argument; None when it is, or the provider computes it."""
    if path in arguments().get(kind, ()):
        found = entry(kind, path)
        return found if found is not None and found.standing == "unknown" else None
    if path in _computed().get(kind, ()) or (kind, path) in _EARLIER:
        return None
    # Azure's other types of the same family may have it, and then it means the same.
    if any(path in each.arguments and each.standing == "harmless" for each in _of_type(kind)):
        return None
    return Entry((kind,), (path,), "unknown", f"{path} is an argument that is not known here")


def not_understood(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Arguments of a resource that are set and not understood, each with the reason.

    Args:
        kind: The type of the resource, one that the table goes through.
        body: Its arguments.
    """
    yield from _walk(kind, body, "")


def _walk(kind: str, body: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if value is None or name == "dynamic" or (not prefix and name in _META):
            continue
        path = prefix + name
        found = _understood(kind, path)
        if found is not None:
            yield path, found.why
        elif isinstance(value, (dict, list)) and is_block(kind, path):
            for each in objects(value):
                yield from _walk(kind, each, f"{path}.")


@cache
def is_block(kind: str, path: str) -> bool:
    """Whether an argument is a block, with arguments of its own."""
    return any(each.startswith(f"{path}.") for each in arguments().get(kind, ()))


@cache
def decides(kind: str, path: str) -> bool:
    """Whether an argument, or one within it, decides; what is not known here may."""
    if kind not in arguments():
        found = of_type(kind)
        return found is None or found.standing != "harmless"
    within = [each for each in arguments()[kind] if each == path or each.startswith(f"{path}.")]
    if not within:
        return path not in _computed().get(kind, ())
    return any(
        (found := entry(kind, each)) is None or found.standing != "harmless" for each in within
    )
