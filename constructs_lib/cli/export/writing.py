"""Puts a module into a folder, and touches nothing there that somebody else wrote."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import load_json, read_text
from constructs_lib._core.files.writing import write_all
from constructs_lib.cli.export.module import ExportedModule

LIST = ".secured-functions-export.json"
"""Which files were written, with the SHA-256 of each, so that the next export may replace them."""


def write_module(module: ExportedModule, folder: Path) -> list[str]:
    """Write the files of a module, and remove those that an earlier export wrote and this does not.

    Args:
        module: The module.
        folder: Where; it is made if it is not there.

    Returns:
        The names of the files that are new or other than before.

    Raises:
        InputError: A file is not from an export, or was changed since; then nothing is written.
    """
    before = _written(folder)
    for name in {*module.files, *before}:
        path = folder / name
        if path.exists() and before.get(name) != _sum(path.read_bytes()):
            problem = (
                "was changed since the last export" if name in before else "is not from an export"
            )
            raise InputError(
                f"{problem}, so nothing was written",
                where=str(path),
                fix="move it away, or name another folder",
            )
    sums = {name: _sum(text.encode()) for name, text in module.files.items()}
    listed = json.dumps({"stack": module.name, "files": sums}, indent=2) + "\n"
    write_all(folder, {**module.files, LIST: listed})
    gone = [name for name in before if name not in sums]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return sorted(name for name in {*sums, *gone} if before.get(name) != sums.get(name))


def _written(folder: Path) -> dict[str, str]:
    """The sums of the files that the last export wrote."""
    path = folder / LIST
    if not path.exists():
        return {}
    listed = load_json(read_text(path), str(path))
    files: object = (
        cast("dict[str, object]", listed).get("files") if isinstance(listed, dict) else 0
    )
    names = cast("dict[str, str]", files if isinstance(files, dict) else {"/": ""})
    # A name that leads out of the folder is none that we wrote.
    if any(Path(name).name != name for name in names):
        raise InputError("is not a list of exported files", where=str(path), fix="remove it")
    return names


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
