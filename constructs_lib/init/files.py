"""Writes several files, all of them or none."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from constructs_lib._core.errors import InputError


def show_change(name: str, before: str, after: str) -> str:
    """The change of a file as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files, and undo what was written if one fails.

    Args:
        folder: Where; it is made if it is not there.
        texts: The content by path relative to the folder.

    Raises:
        InputError: A file cannot be written; then none is changed.
    """
    made: list[Path] = []
    staged: list[tuple[Path, Path]] = []
    replaced: list[tuple[Path, bytes | None]] = []
    path = folder
    try:
        for name, text in texts.items():
            path = folder / name
            _stay_inside(folder, path)
            made += _make_folder(path.parent)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged.append((Path(temporary), path))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        for temporary, path in staged:
            before = path.read_bytes() if path.exists() else None
            temporary.replace(path)
            replaced.append((path, before))
    except BaseException as error:
        _undo(made, (temporary for temporary, _ in staged), replaced)
        if not isinstance(error, OSError):
            raise
        problem = f"cannot be written, so nothing was: {error.strerror}"
        raise InputError(problem, where=str(path)) from error


def _stay_inside(folder: Path, path: Path) -> None:
    """Refuse a link: what lies behind it belongs to somebody else."""
    for each in (path, *path.parents):
        if each == folder:
            return
        if each.is_symlink():
            raise InputError("is a link, so nothing was written", where=str(each))


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that are new, the uppermost first."""
    new = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return new


def _undo(
    made: Iterable[Path], staged: Iterable[Path], replaced: Iterable[tuple[Path, bytes | None]]
) -> None:
    for path, before in replaced:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
    for temporary in staged:
        temporary.unlink(missing_ok=True)
    for folder in reversed(list(made)):
        with contextlib.suppress(OSError):  # somebody else put something there meanwhile
            folder.rmdir()
