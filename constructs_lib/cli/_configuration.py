"""What a project says about its checks: `[tool.secured-functions]` or `secured-functions.toml`.

    paths = ["cdktf.out"]
    fail-on = "warning"
    baseline = "access-baseline.toml"

    [tool.secured-functions.skip]
    SF410 = "deployed from hosted agents"

It stands in the current folder or in one above it, up to that of the repository. Paths in it are
seen from its own folder. What the command line says goes before it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import read_text
from constructs_lib._core.files.toml_text import load_toml

OWN = "secured-functions.toml"
SHARED = "pyproject.toml"
TABLE = "secured-functions"
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, kw_only=True)
class ProjectConfiguration:
    """What a project says about its checks.

    Attributes:
        paths: What is checked.
        fail_on: The least severity that fails.
        skip: Rules that are accepted everywhere, with the reasons.
        baseline: The file of what is accepted in single places.
    """

    paths: Sequence[str] = ()
    fail_on: str = "error"
    skip: Mapping[str, str] = field(default_factory=dict[str, str])
    baseline: Path | None = None


def find_configuration(named: str | None) -> ProjectConfiguration:
    """Read the file that is named, or that which the project has, if any.

    Raises:
        InputError: It cannot be read, or says what has no meaning.
    """
    if named is not None:
        file = Path(named)
        table = _table(file)
        if table is None:
            raise InputError(f"has no table [tool.{TABLE}]", where=named, fix="add it")
        return _configuration(file, table)
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in (OWN, SHARED):
            file = Path(os.path.relpath(folder / name))
            table = _table(file) if file.is_file() else None
            if table is not None:
                return _configuration(file, table)
        if (folder / ".git").exists():
            break
    return ProjectConfiguration()


def _table(file: Path) -> dict[str, Any] | None:
    """The part of a file that speaks of the checks."""
    found = load_toml(read_text(file), str(file))
    if file.name != SHARED:
        return found
    tools = found.get("tool")
    table = cast("dict[str, Any]", tools).get(TABLE) if isinstance(tools, dict) else None
    return cast("dict[str, Any]", table) if isinstance(table, dict) else None


def _configuration(file: Path, table: Mapping[str, Any]) -> ProjectConfiguration:
    where = str(file)
    for name in table:
        if name not in ("paths", "fail-on", "skip", "baseline"):
            near = get_close_matches(name, ("paths", "fail-on", "skip", "baseline"), 1)
            fix = f"did you mean {near[0]}?" if near else "write paths, fail-on, skip or baseline"
            raise InputError(f"has no key {name!r}", where=where, fix=fix)
    paths = table.get("paths", [])
    if not isinstance(paths, list) or not all(isinstance(each, str) for each in cast("Any", paths)):
        raise InputError("paths is no list of texts", where=where, fix='write paths = ["…"]')
    fail_on = table.get("fail-on", "error")
    if fail_on not in SEVERITIES:
        raise InputError(
            f"fail-on cannot be {fail_on!r}", where=where, fix=f"write {', '.join(SEVERITIES)}"
        )
    baseline = table.get("baseline")
    if baseline is not None and not isinstance(baseline, str):
        raise InputError("baseline is no text", where=where, fix="write the name of a file")
    skip = table.get("skip", {})
    if not isinstance(skip, dict):
        fix = f'write [tool.{TABLE}.skip] and below it SF410 = "why"'
        raise InputError("skip is no table of reasons", where=where, fix=fix)
    reasons: dict[str, str] = {}
    for rule, reason in cast("dict[str, Any]", skip).items():
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(f"skip: {rule} has no reason", where=where, fix="say why in a text")
        reasons[known_rule(rule, f"{where}: skip")] = reason.strip()
    return ProjectConfiguration(
        paths=[_seen_from_here(file, each) for each in cast("list[str]", paths)],
        fail_on=fail_on,
        skip=reasons,
        baseline=Path(_seen_from_here(file, baseline)) if baseline else None,
    )


def _seen_from_here(file: Path, path: str) -> str:
    return path if path == "-" else os.path.normpath(file.parent / path)


def known_rule(id: str, where: str) -> str:
    """The id of a rule of the access check, in its own capitals.

    Raises:
        InputError: There is none.
    """
    from constructs_lib.access.rules import RULES

    if id.upper() in RULES:
        return id.upper()
    near = get_close_matches(id.upper()[:60], RULES, 1)
    fix = f"did you mean {near[0]}?" if near else "`secured-functions check --rules` lists them"
    raise InputError(f"there is no rule {id}", where=where, fix=fix)
