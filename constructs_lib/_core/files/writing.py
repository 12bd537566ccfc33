"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from constructs_lib._core.errors import InputError


def write_whole(path: Path, text: str) -> None:
    """Write a file by renaming a finished one, so that nobody ever reads half of it.

    It keeps the mode of the file that it replaces. Line ends are written as they are in `text`.

    Raises:
        InputError: When it cannot be written; what was there before is still there.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")  # A device or pipe cannot be replaced.
            return
        path = path.resolve()
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            newline="",
            dir=path.parent,
            prefix=f".{path.name}.",
            delete=False,
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else _usual_mode())
        temporary.replace(path)
    except (OSError, ValueError) as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be written: {problem}", where=str(path)) from error


def _usual_mode() -> int:
    """The mode that the user's other new files have; temporary ones are for their owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
