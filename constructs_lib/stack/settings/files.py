"""Reads the files in `environments/`; says all that is wrong at once, with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError as error:
    raise ImportError(
        "files of settings need PyYAML: pip install 'secured-functions[cli]'", name="yaml"
    ) from error

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import read_text, unusable
from constructs_lib._core.files.yaml_text import load_yaml
from constructs_lib._core.problems import DocumentPath
from constructs_lib.stack.settings.environment import Environment
from constructs_lib.stack.settings.file_reader import FileReader


def read_environment(path: Path) -> Environment:
    """Read and check one file of settings.

    Raises:
        InputError: With a line for each thing that is wrong: file, line, key, and what is allowed.
    """
    return environment_of(read_text(path), str(path), path.parent)


def environment_of(text: str, where: str, folder: Path | None) -> Environment:
    """Read and check the text of a file of settings.

    Args:
        text: The text.
        where: The file's name, for messages.
        folder: Where paths in it start; None if its files are not there yet.

    Raises:
        InputError: With a line for each thing that is wrong.
    """
    return _checked(*load_yaml(text, where), where, folder)


def _checked(data: Any, node: yaml.Node | None, where: str, folder: Path | None) -> Environment:
    if not isinstance(data, dict):
        raise InputError("holds no settings", where=where, fix="start from environments/dev.yaml")
    reader = FileReader(folder)
    environment = reader.take(Environment, data, ())
    problems = [(*_place(node, place), problem) for place, problem in unusable(data)]
    for each in reader.problems:
        fix = f" ({each.fix})" if each.fix else ""
        problems.append((*_place(node, each.place), f"{each.problem}{fix}"))
    if isinstance(environment, Environment) and not problems:
        return environment
    raise InputError(
        "\n".join(
            f"{where}:{line}: {keys or 'settings'}: {problem}"
            for keys, line, problem in sorted(dict.fromkeys(problems), key=lambda each: each[1])
        )
    )


def read_environments(folder: Path | str) -> dict[str, Environment]:
    """Read every environment in a folder, by the name of its file.

    Raises:
        InputError: With everything that is wrong in all of them.
    """
    folder = Path(folder)
    paths = sorted({*folder.glob("*.yaml"), *folder.glob("*.yml")})
    if folder.is_file():
        raise InputError("is a file", where=str(folder), fix="name the folder that it lies in")
    if not paths:
        raise InputError(
            "no environments there", where=str(folder), fix="write one as <environment>.yaml"
        )
    environments: dict[str, Environment] = {}
    taken: dict[tuple[str, str], str] = {}
    problems: list[str] = []
    for path in paths:
        try:
            if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", path.stem, re.ASCII):
                raise InputError(
                    "the file's name is that of a stack and cannot be one",
                    where=str(path),
                    fix="write letters, digits, -, _ and .",
                )
            if path.stem in environments:
                raise InputError("there are two files of this name", where=str(path))
            text, where = read_text(path), str(path)
            data, node = load_yaml(text, where)
            environment = environments[path.stem] = _checked(data, node, where, path.parent)
            problems += _taken_elsewhere(environment, node, where, taken)
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))
    return environments


def _taken_elsewhere(
    environment: Environment, node: yaml.Node | None, where: str, taken: dict[tuple[str, str], str]
) -> Iterator[str]:
    """Find the names of an environment that another file has taken; add its own."""
    own: dict[tuple[str, str], str] = {}
    refused: set[tuple[str, str]] = set()
    for each in environment.takes(Path(where).stem):
        keys, line = _place(node, each.place)
        place = f"{where}:{line}"
        # What is in a gateway that is another file's needs no word of its own.
        there = ("API Management service", each.gateway) in refused
        if (other := taken.get((each.what, each.name))) and not there:
            refused.add((each.what, each.name))
            yield f"{place}: {keys}: {each.shown} is taken by {other} already ({each.fix})"
        own[each.what, each.name] = place
    taken |= {name: place for name, place in own.items() if name not in taken}


def _place(node: yaml.Node | None, place: DocumentPath) -> tuple[str, int]:
    """Return the key in words, and the line of the last part of it that the file has."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is None:
                break
            line, node = _line(found[0], line), found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = _line(node, line)
        else:
            break
    return ".".join(map(str, place)), line


def _line(node: yaml.Node | None, otherwise: int) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else otherwise
