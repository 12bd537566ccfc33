"""Writes a file, or several, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from constructs_lib._core.errors import InputError


def write_whole(path: Path, text: str) -> None:
    """Write a file by renaming a finished one, so that nobody ever reads half of it.

    It keeps the mode of the file that it replaces. Line ends are written as they are in `text`.

    Raises:
        InputError: When it cannot be written; what was there before is still there.
    """
    staged: list[Path] = []
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")  # A device or pipe cannot be replaced.
            return
        path = path.resolve()
        _stage(path, text, staged).replace(path)
    except (OSError, ValueError) as error:
        for temporary in staged:
            temporary.unlink(missing_ok=True)
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be written: {problem}", where=str(path)) from error


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write several files, and undo what was written if one fails.

    Args:
        folder: Where; it is made if it is not there.
        texts: The content by path relative to the folder.

    Raises:
        InputError: A file cannot be written; then none is changed.
    """
    made: list[Path] = []
    staged: list[Path] = []
    replaced: list[tuple[Path, bytes | None]] = []
    path = folder
    try:
        for name, text in texts.items():
            path = folder / name
            _stay_inside(folder, path)
            made += _make_folder(path.parent)
            _stage(path, text, staged)
        for temporary, name in zip(staged, texts, strict=True):
            path = folder / name
            before = path.read_bytes() if path.exists() else None
            temporary.replace(path)
            replaced.append((path, before))
    except BaseException as error:
        _undo(made, staged, replaced)
        if not isinstance(error, OSError):
            raise
        problem = f"cannot be written, so nothing was: {error.strerror}"
        raise InputError(problem, where=str(path)) from error


def _stage(path: Path, text: str, staged: list[Path]) -> Path:
    """Write the file beside its place; what is left to undo is noted before anything can fail."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    staged.append(temporary)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else _usual_mode())
    return temporary


def _usual_mode() -> int:
    """The mode that the user's other new files have; temporary ones are for their owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


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
