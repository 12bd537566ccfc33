"""Loads an OpenAPI document: YAML or JSON, from one file or several, put into one.

Everything that a document refers to comes from local files: a build that reads the network is none
that can be repeated. What refers to other files is put into one document, as API Management cannot
follow such references (Learn, "API import restrictions and known issues").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Json, Pointer
from constructs_lib._core.findings import Finding
from constructs_lib.operations.findings import FilePlace
from constructs_lib.operations.openapi.spec_file import SpecFile
from constructs_lib.operations.rules import RULES

# Under these, keys are names that somebody chose and say nothing about what their values are.
NAME_MAPS = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas"}
    | {"responses", "parameters", "headers", "requestBodies", "paths", "content", "links"}
    | {"callbacks", "pathItems", "webhooks", "examples", "variables"}
)
# What stands under these is data, whatever it looks like.
DATA = frozenset({"example", "examples", "default", "enum", "const"})
# In these maps, keys that begin with `x-` are extensions of any form; elsewhere they are names.
_EXTENDED_MAPS = frozenset({"paths", "callbacks"})
# So they are among the responses of an operation, which have codes, but not where they have names.
_RESPONSES_BY_NAME = (("responses",), ("components", "responses"))


@dataclass
class Notes:
    """Findings, each once however often it is true, at the first place."""

    file: SpecFile
    found: dict[tuple[str, str], tuple[SpecFile, Pointer, int]] = field(
        default_factory=dict["tuple[str, str]", "tuple[SpecFile, Pointer, int]"]
    )

    def report(
        self, rule: str, message: str, pointer: Pointer, file: SpecFile | None = None
    ) -> None:
        """Add a finding of a rule."""
        first, where, count = self.found.get((rule, message), (file or self.file, pointer, 0))
        self.found[rule, message] = first, where, count + 1

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings in the order of their places."""
        findings: list[Finding] = []
        for (rule, message), (file, pointer, count) in self.found.items():
            place = file.place(pointer)
            findings.append(
                Finding.of(
                    RULES[rule],
                    message + (f" (here and {count - 1} times more)" if count > 1 else ""),
                    path=place.path,
                    line=place.line,
                    column=place.column,
                )
            )
        return tuple(sorted(findings, key=lambda f: (f.path or "", f.line or 0, f.rule)))


class Bundler:
    """Puts a document and what it refers to into one.

    References to schemas stay references, to schemas of the document itself; every other reference
    is replaced by what it refers to.

    Args:
        file: The document's file.
        notes: Takes what cannot be resolved.
    """

    def __init__(self, file: SpecFile, notes: Notes) -> None:
        self.root = file
        self.notes = notes
        self.home: Pointer = (
            ("definitions",) if "swagger" in file.value else ("components", "schemas")
        )
        self.files = {file.path.resolve(): file}
        self.names: dict[tuple[Path, str], str] = {}
        self.schemas: dict[str, Json] = {}
        # What a reference outside of schemas was replaced by, so that it is worked out once.
        self.resolved: dict[tuple[Path, str], Json] = {}
        self.taken: set[str] = set(_get(file.value, self.home) or {})

    def bundle(self) -> dict[str, Json]:
        """Return the document in one piece."""
        document = self._walk(
            self.root.value, self.root, (), in_schema=False, names=False, within=()
        )
        home = document
        for key in self.home if self.schemas else ():
            home = home.setdefault(key, {})
        home.update(self.schemas)
        return document

    def place(self, pointer: Pointer) -> FilePlace:
        """Return where something of the bundled document stands, whatever file that is in."""
        file, place = self.root, Pointer()
        imported = {name: key for key, name in self.names.items()}
        for number, step in enumerate(pointer):
            if pointer[:number] == self.home and step in imported:
                path, fragment = imported[str(step)]
                file, place = self.files[path], _pointer(fragment)
            else:
                place = (*place, step)
            value = _get(file.value, place)
            for _ in range(20):  # references to references; circles have been refused
                reference = _get(value, ("$ref",))
                target = (
                    self._look_up(reference, file)[0]
                    if isinstance(reference, str) and number + 1 < len(pointer)
                    else None
                )
                if target is None:
                    break
                file, fragment, value = target
                place = _pointer(fragment)
        return file.place(place)

    def _walk(
        self,
        value: Json,
        file: SpecFile,
        pointer: Pointer,
        *,
        in_schema: bool,
        names: bool,
        within: tuple[tuple[Path, str], ...],
    ) -> Json:
        if isinstance(value, list):
            return [
                self._walk(
                    item, file, (*pointer, i), in_schema=in_schema, names=False, within=within
                )
                for i, item in enumerate(cast("list[Json]", value))
            ]
        if not isinstance(value, dict):
            return value
        mapping = cast("dict[str, Json]", value)
        reference = mapping.get("$ref")
        if isinstance(reference, str) and not names:
            return self._reference(mapping, reference, file, pointer, in_schema, within)
        result: dict[str, Json] = {}
        for key, item in mapping.items():
            if not names and self._is_data(key, pointer, in_schema):
                result[key] = item
                continue
            if names and key.startswith("x-") and not in_schema:
                if pointer[-1] in _EXTENDED_MAPS:
                    continue
                if pointer[-1] == "responses" and pointer not in _RESPONSES_BY_NAME:
                    result[key] = item
                    continue
            if in_schema and key == "discriminator" and not names:
                result[key] = self._discriminator(item, file, pointer)
                continue
            at_home = (*pointer, key) == self.home and file is self.root
            result[key] = self._walk(
                item,
                file,
                (*pointer, key),
                in_schema=in_schema or at_home or (key == "schema" and not names),
                names=not names and key in NAME_MAPS,
                within=within,
            )
        return result

    def _is_data(self, key: str, pointer: Pointer, in_schema: bool) -> bool:
        """Whether what stands under a key is data or an extension, so nothing in it refers."""
        if not in_schema and pointer[-2:-1] == ("links",) and key in ("parameters", "requestBody"):
            return True  # of a Link Object: values, and expressions for them
        if key == "value":  # of an Example Object
            return not in_schema and pointer[-2:-1] == ("examples",)
        if key == "examples":  # of version 3, outside of schemas, a map of Example Objects
            return in_schema or self.home == ("definitions",)
        return key in DATA or key.startswith("x-")

    def _reference(
        self,
        mapping: dict[str, Json],
        reference: str,
        file: SpecFile,
        pointer: Pointer,
        in_schema: bool,
        within: tuple[tuple[Path, str], ...],
    ) -> Json:
        beside = {key: item for key, item in mapping.items() if key != "$ref"}
        target = self._target(reference, file, pointer)
        if target is None:
            return beside
        home, fragment, value = target
        if in_schema:
            name = self._schema_name(home, fragment, value)
            return {"$ref": "#/" + "/".join((*map(str, self.home), _escape(name))), **beside}
        key = (home.path.resolve(), fragment)
        if key in within:
            self.notes.report("OP201", f"{reference} refers to itself", pointer, file)
            return beside
        if key not in self.resolved:
            self.resolved[key] = self._walk(
                value,
                home,
                _pointer(fragment),
                in_schema=False,
                names=False,
                within=(*within, key),
            )
        resolved = self.resolved[key]
        if not beside:
            return resolved
        return (
            {**cast("dict[str, Json]", resolved), **beside}
            if isinstance(resolved, dict)
            else resolved
        )

    def _schema_name(self, file: SpecFile, fragment: str, value: Json) -> str:
        parts = _parts(fragment)
        if file is self.root and tuple(parts[:-1]) == self.home:
            return parts[-1]
        key = (file.path.resolve(), fragment)
        if key not in self.names:
            wanted = re.sub(r"[^A-Za-z0-9._-]", "_", parts[-1] if parts else file.path.stem)
            name, number = wanted, 2
            while name in self.taken:
                name, number = f"{wanted}_{number}", number + 1
            self.taken.add(name)
            self.names[key] = name
            self.schemas[name] = None  # its place, before what it refers to itself
            self.schemas[name] = self._walk(
                value, file, tuple(parts), in_schema=True, names=False, within=()
            )
        return self.names[key]

    def _discriminator(self, value: Json, file: SpecFile, pointer: Pointer) -> Json:
        mapping = _get(value, ("mapping",))
        if not isinstance(mapping, dict):
            return value
        rewritten: dict[str, str] = {}
        for key, given in cast("dict[str, Json]", mapping).items():
            reference = str(given)
            is_reference = (
                "#" in reference
                or "/" in reference
                or reference.endswith((".yaml", ".yml", ".json"))
            )
            target = self._target(reference, file, pointer) if is_reference else None
            if target is not None:
                name = self._schema_name(*target)
                reference = "#/" + "/".join((*map(str, self.home), _escape(name)))
            rewritten[key] = reference
        return {**value, "mapping": rewritten}

    def _target(
        self, reference: str, file: SpecFile, pointer: Pointer
    ) -> tuple[SpecFile, str, Json] | None:
        target, problem = self._look_up(reference, file)
        if target is None:
            self.notes.report("OP201", f"{reference} {problem}", pointer, file)
        return target

    def _look_up(
        self, reference: str, file: SpecFile
    ) -> tuple[tuple[SpecFile, str, Json] | None, str]:
        """Return what a reference refers to, or why it leads nowhere."""
        address, _, fragment = reference.partition("#")
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", address) or address.startswith("//"):
            return None, "is not a local file"
        home = file
        if address:
            path = file.path.parent / unquote(address)
            try:
                home = self.files.get(path.resolve()) or SpecFile.load(path)
            except InputError as error:
                return None, f"cannot be read: {error.problem}"
            self.files[path.resolve()] = home
        if fragment and not fragment.startswith("/"):
            return None, "names an anchor, not a path"
        value = _get(home.value, _parts(fragment))
        return (None, "refers to nothing") if value is None else ((home, fragment, value), "")


def _pointer(fragment: str) -> Pointer:
    return tuple(int(part) if part.isdigit() else part for part in _parts(fragment))


def _parts(fragment: str) -> list[str]:
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in fragment.split("/")[1:]]


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _get(value: Json, keys: Iterable[str | int]) -> Json:
    for key in keys:
        if isinstance(value, dict):
            value = cast("dict[str, Json]", value).get(str(key))
        elif (
            isinstance(value, list)
            and str(key).isdigit()
            and int(key) < len(cast("list[Json]", value))
        ):
            value = cast("list[Json]", value)[int(key)]
        else:
            return None
    return value


def resolve_schema(document: Mapping[str, Json], schema: Json) -> dict[str, Json]:
    """Follow a schema's reference within a bundled document; nothing if it leads nowhere."""
    seen: set[str] = set()
    while isinstance(schema, dict):
        found = cast("dict[str, Json]", schema)
        reference = found.get("$ref")
        if not isinstance(reference, str):
            return found
        if reference in seen:
            break
        seen.add(reference)
        schema = _get(document, _parts(reference.partition("#")[2]))
    return {}
