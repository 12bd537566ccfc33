"""Where the HCL stands that a plan was made of: the file and the lines of each resource.

A plan names neither. Its configuration says what is declared and where its modules come from, so
that the folder beside the plan, or the current one, is taken for its source if it declares all of
that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.folder import folder
from constructs_lib.access.terraform.hcl import Lines, can_be_read
from constructs_lib.access.terraform.json_text import entries, object_of, objects

Sources = Mapping[str, tuple[str, Lines]]
"""File and lines by address, without the keys of instances."""

_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_DEEPEST = 20


def without_keys(address: str) -> str:
    """An address as its block has it, for all instances alike."""
    return _KEY.sub("", address)


def sources_of(document: Mapping[str, Any], beside: Path | None) -> Sources:
    """The sources of a plan's resources, as far as they are found.

    Args:
        document: The plan as `terraform show -json` writes it.
        beside: The folder that the plan lies in, if it is a file.
    """
    root = object_of(object_of(document.get("configuration")).get("root_module"))
    if not can_be_read() or not root:
        return {}
    for directory in dict.fromkeys(each for each in (beside, Path()) if each is not None):
        found = dict(_declared(directory, root, "", 0))
        wanted = {str(each.get("address")) for each in objects(root.get("resources"))}
        if found and wanted <= found.keys():
            return found
    return {}


def _declared(
    directory: Path, module: Mapping[str, Any], prefix: str, depth: int
) -> Iterator[tuple[str, tuple[str, Lines]]]:
    try:
        content = folder(directory)
    except (InputError, OSError):
        return
    for file, blocks in content.lines.items():
        for (section, *labels), lines in blocks.items():
            if section in ("resource", "data") and len(labels) == 2:
                data = "data." if section == "data" else ""
                yield f"{prefix}{data}{'.'.join(labels)}", (file, lines)
    for name, call in entries(module.get("module_calls")):
        source, inner = object_of(call).get("source"), object_of(object_of(call).get("module"))
        if isinstance(source, str) and source.startswith(("./", "../")) and depth < _DEEPEST:
            there = Path(os.path.normpath(directory / source))
            yield from _declared(there, inner, f"{prefix}module.{name}.", depth + 1)
