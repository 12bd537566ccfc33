"""A folder as Terraform reads it: all of its files, with overrides and values of variables.

Sources: Terraform's documentation, "Override Files", "Files and Configuration Structure" and
"Assign values to input variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import read_text as text_of_file
from constructs_lib.access.terraform.expressions import evaluate
from constructs_lib.access.terraform.hcl import Lines, can_be_read, read_hcl
from constructs_lib.access.terraform.json_text import document, entries, object_of, objects
from constructs_lib.access.terraform.resources import Raw
from constructs_lib.access.terraform.values import Opaque, Term

_OVERRIDE = re.compile(r"(.*_)?override\.tf(\.json)?")
_TEXT = r'"(?:[^"\\\n]|\\.)*"|<<-?(?P<end>[A-Za-z_]\w*)\n.*?^[ \t]*(?P=end)[ \t]*$'
_ASSIGNMENT = re.compile(
    rf"{_TEXT}|"
    r"(?P<open>[\[{(])|(?P<close>[\])}])|^[ \t]*(?P<name>[A-Za-z_][\w-]*)[ \t]*=(?!=)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(rf"(?P<text>{_TEXT})|(?:#|//)[^\n]*|/\*.*?\*/", re.MULTILINE | re.DOTALL)
_NOT_READ = Term((Opaque("(in a file of variables)", known=False),))


@dataclass(slots=True)
class Folder:
    """What a folder holds for Terraform.

    Attributes:
        documents: Files of the configuration: name and content.
        overrides: Those that are merged into them, in their order.
        variables: Values of variables, by name.
        unread: Files that belong to the configuration and are not read, each with the reason.
        told: Names of variables whose values may be given otherwise, by a file that is named.
        lines: Of each file in HCL the lines of its blocks.
    """

    documents: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )
    overrides: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    variables: dict[str, Raw] = field(default_factory=dict[str, Raw])
    unread: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    told: set[str] = field(default_factory=set[str])
    lines: dict[str, Mapping[tuple[str, ...], Lines]] = field(
        default_factory=dict[str, Mapping[tuple[str, ...], Lines]]
    )


def folder(directory: Path) -> Folder:
    """Read the files of a folder.

    Raises:
        InputError: When a file that should be JSON is not.
        OSError: When a file cannot be read.
    """
    found = Folder()
    for file in sorted(directory.glob("*.tf.json")):
        content = document(str(file), file.read_bytes())
        if _OVERRIDE.fullmatch(file.name):
            found.overrides.append(content)
        else:
            found.documents.append((str(file), content))
    for file in sorted(directory.glob("*.tf")):
        _hcl(found, file)
    for file in sorted(directory.glob("*.tofu")) + sorted(directory.glob("*.tofu.json")):
        found.unread.append((file, f"{file.name} is read by OpenTofu only, in place of a .tf file"))
    automatic = [*directory.glob("*.auto.tfvars"), *directory.glob("*.auto.tfvars.json")]
    given = [directory / "terraform.tfvars", directory / "terraform.tfvars.json"]
    for file in (*given, *sorted(automatic, key=lambda each: each.name)):
        if file.is_file():
            found.variables.update(_variables(file))
    # Files of values for one environment each: which of them is used is told to Terraform.
    for pattern in ("*.tfvars", "*.tfvars.json"):
        for file in (*directory.glob(pattern), *directory.glob(f"*/{pattern}")):
            hidden = file.parent != directory and file.parent.name.startswith(".")
            if file not in given and not hidden and ".auto.tfvars" not in file.name:
                found.told.update(_variables(file))
    return found


def _hcl(found: Folder, file: Path) -> None:
    """Read a file of HCL, or say why not."""
    if not can_be_read():
        found.unread.append((file, f"{file.name} is written in HCL, which the extra `hcl` reads"))
        return
    try:
        read = read_hcl(text_of_file(file), str(file))
    except InputError as error:
        found.unread.append((file, f"{error.where}: {error.problem}"))
        return
    found.lines[str(file)] = read.lines
    if _OVERRIDE.fullmatch(file.name):
        found.overrides.append(read.document)
    else:
        found.documents.append((str(file), read.document))


def _variables(file: Path) -> dict[str, Raw]:
    content = file.read_bytes()
    if file.suffix == ".json":
        return document(str(file), content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{file}: byte {error.start}"
        raise InputError("is not text in UTF-8", where=where, fix="save it as UTF-8") from error
    return assignments(text)


def assignments(text: str) -> dict[str, Raw]:
    """The values in a `.tfvars` file; one that is not written out simply is unknown."""
    text = _COMMENT.sub(lambda found: found["text"] or " ", text)
    starts: list[re.Match[str]] = []
    names: list[str] = []
    depth = 0
    for each in _ASSIGNMENT.finditer(text):
        depth += bool(each["open"]) - bool(each["close"])
        if each["name"]:
            names.append(each["name"])
            if depth == 0:  # Within brackets it is an attribute of a value.
                starts.append(each)
    if depth:
        return dict.fromkeys(names, _NOT_READ)  # Where the brackets end is not known.
    found: dict[str, Raw] = {}
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        expression = text[start.end() : following.start() if following else len(text)].strip()
        value = evaluate(f"${{{expression}}}", lambda _: _NOT_READ)
        found[start["name"]] = _NOT_READ if _computed(value) else value
    return found


def _computed(value: Any) -> bool:
    if isinstance(value, list):
        return any(_computed(item) for item in cast("list[Any]", value))
    return isinstance(value, Term)


def merge_overrides(
    documents: Iterable[dict[str, Any]], overrides: Iterable[Mapping[str, Any]]
) -> None:
    """Put override files into the documents that they override.

    A block's arguments and nested blocks are replaced one by one; only those of `lifecycle` are
    merged in their turn.
    """
    originals = list(documents)
    for override in overrides:
        for section, content in entries(override):
            for path, body in _blocks(section, content):
                targets = [
                    each for document in originals for each in _blocks_at(document, section, path)
                ]
                if targets:
                    for target in targets:
                        _override(target, body)
                elif originals:
                    _insert(originals[0], section, path, body)


_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "locals": 0, "terraform": 0}


def _blocks(section: str, content: Any) -> Iterable[tuple[tuple[str, ...], dict[str, Any]]]:
    return _labelled(content, _LABELS.get(section, 1), ())


def _labelled(
    content: Any, labels: int, path: tuple[str, ...]
) -> Iterable[tuple[tuple[str, ...], dict[str, Any]]]:
    if labels == 0:
        for each in objects(content):
            yield path, each
        return
    for name, inner in entries(content):
        yield from _labelled(inner, labels - 1, (*path, name))


def _blocks_at(
    document: Mapping[str, Any], section: str, path: tuple[str, ...]
) -> list[dict[str, Any]]:
    found = [each for at, each in _blocks(section, document.get(section)) if at == path]
    if section == "provider":
        found = [each for each in found if "alias" not in each]
    return found


def _insert(
    document: dict[str, Any], section: str, path: tuple[str, ...], body: Mapping[str, Any]
) -> None:
    """Terraform refuses to override what is not there; what it says is kept to be seen."""
    place = document
    for step in (section, *path):
        place = object_of(place.setdefault(step, {}))
    place.update(body)


def _override(target: dict[str, Any], body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        if name == "lifecycle":
            merged: dict[str, Any] = {}
            for each in (*objects(target.get(name)), *objects(value)):
                merged.update(each)
            target[name] = merged
        elif name in ("required_providers", "required_version") and name in target:
            if isinstance(target[name], dict) and isinstance(value, dict):
                target[name] = {**target[name], **value}
            else:
                target[name] = value
        else:
            target[name] = value
