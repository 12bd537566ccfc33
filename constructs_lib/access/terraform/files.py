"""Files that expressions read with `file` and `templatefile`, as far as they lie in the folder.

Source: Terraform's documentation of both functions and of `path.module` and `path.root`; a relative
path is one of the folder that Terraform runs in, which is taken for that of the root module.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from constructs_lib.access.terraform.values import Opaque, Term, Value, text_of

LARGEST = 1_048_576
"""In bytes. API Management takes policies of 512 KB (Learn, "API Management limits")."""


def text_of_file(path: Value, folders: Mapping[str, Path]) -> str | Term:
    """The text of a file; where it is not read, words that say why.

    Args:
        path: The argument of the function.
        folders: Those of `${path.module}` and `${path.root}`, as far as they are known.
    """
    parts = path.parts if isinstance(path, Term) else (path,)
    base, rest = folders.get("${path.root}"), parts
    if isinstance(parts[0], Opaque):
        base, rest = folders.get(parts[0].text), parts[1:]
    name = "".join(part for part in rest if isinstance(part, str)).lstrip("/")
    if any(not isinstance(part, str) for part in rest):
        return _unread(text_of(path), "its name is known only after apply")
    if base is None:
        return _unread(text_of(path), "its folder is not known here")
    if isinstance(path, str) and Path(path).is_absolute():
        return _unread(path, "it lies outside of the folder")
    try:
        folder = base.resolve()
        found = (folder / name).resolve()
        if not found.is_relative_to(folder):
            return _unread(name, "it lies outside of the folder")
        if not found.is_file():
            return _unread(name, "it is not there")
        with found.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            return _unread(name, "it is larger than 1 MB")
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return _unread(name, "it is not text in UTF-8")
    except (OSError, ValueError) as error:
        return _unread(name, f"it cannot be read: {getattr(error, 'strerror', None) or error}")


def _unread(name: str, reason: str) -> Term:
    return Term((Opaque(f"(the file {name} is not read: {reason})", known=False),))
