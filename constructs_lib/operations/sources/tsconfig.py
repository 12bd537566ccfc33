"""Reads what `tsconfig.json` says of places: where modules are, and what is compiled of them.

Source: TypeScript's TSConfig Reference, `outDir`, `paths`, `baseUrl` and `extends`. Node.js itself
knows neither `paths` nor `baseUrl`; a project that runs has a bundler that puts in what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from constructs_lib.operations.sources.reading import Reading


@dataclass(frozen=True)
class CompilerOptions:
    """The options that say where something is.

    Attributes:
        output: Where TypeScript puts what it compiles: the same functions once more.
        base: The folder in which names of modules are looked up.
        paths: Names of modules, with `*` for any part, and where each may be.
    """

    output: Path | None = None
    base: Path | None = None
    paths: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, "tuple[Path, ...]"])

    def places(self, name: str) -> Iterator[Path]:
        """Yield where a module may be whose name is not relative, the likeliest first."""
        fitting: dict[int, tuple[str, str]] = {}
        for pattern in self.paths:
            before, star, after = pattern.partition("*")
            if name == pattern:
                fitting[len(name) + 1] = pattern, ""
            elif star and re.fullmatch(f"{re.escape(before)}.*{re.escape(after)}", name):
                fitting[len(before)] = pattern, name[len(before) : len(name) - len(after)]
        if fitting:  # the pattern counts that has most before its `*`
            pattern, part = fitting[max(fitting)]
            for place in self.paths[pattern]:
                yield Path(place.as_posix().replace("*", part))
        elif self.base is not None:
            yield self.base / name


def compiler_options(reading: Reading) -> CompilerOptions:
    """Read `tsconfig.json` of a project and what it extends."""
    found: dict[str, tuple[Path, object]] = {}
    path = reading.root / "tsconfig.json"
    for _ in range(10):
        document = reading.read_json(path) if path.is_file() else None
        for key in ("outDir", "baseUrl", "paths"):
            value = document.get("compilerOptions", key) if document else None
            if value:
                found.setdefault(key, (path.parent, value))
        extended = document.get("extends") if document else None
        if not isinstance(extended, str) or not extended.startswith("."):
            break
        path = path.parent / (extended if extended.endswith(".json") else f"{extended}.json")

    def placed(folder: Path, value: object) -> Path | None:
        if not isinstance(value, str):
            return None
        return folder / value.replace("${configDir}", reading.root.resolve().as_posix())

    output = placed(*found.get("outDir", (path, None)))
    base = placed(*found.get("baseUrl", (path, None)))
    folder, given = found.get("paths", (path, None))
    paths: dict[str, tuple[Path, ...]] = {}
    for name, places in cast("dict[str, object]", given if isinstance(given, dict) else {}).items():
        listed = cast("list[object]", places) if isinstance(places, list) else []
        paths[name] = tuple(filter(None, (placed(base or folder, each) for each in listed)))
    return CompilerOptions(output.resolve() if output else None, base, paths)
