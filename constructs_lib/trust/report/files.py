"""Writes a report whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from constructs_lib.errors import InputError


def write(path: Path, text: str) -> None:
    """Write a file by renaming a finished one, so that nobody ever reads half of it.

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
            newline="\n",
            dir=path.parent,
            prefix=f".{path.name}.",
            delete=False,
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        # Temporary files are for their owner only; a report is as readable as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except (OSError, ValueError) as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be written: {problem}", where=str(path)) from error
