"""Writes every file that is made from another: `make generate`; `--check` tells which are stale.

`FILES` is the list: what is written, and what makes it; the builders of policies are several files
more. Pictures of a terminal or a browser are not among them, because they need programs that not
every machine has; `tests/docs` compares those with what the commands print.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tools import architecture_picture, rules, simulation, versions

ROOT = Path(__file__).resolve().parent.parent


def _settings_schema() -> str:
    from constructs_lib.stack.settings import json_schema

    return json_schema()


FILES: dict[str, Callable[[], str]] = {
    "docs/pictures/rooms.svg": architecture_picture.picture,
    "environments/settings.schema.json": _settings_schema,
    **rules.pages(),
    **simulation.pages(),
    **versions.pages(),
}


def stale() -> dict[Path, str]:
    """The files that are not what they are made from would give now, with what they should hold."""
    from tools.generate_policy_builders import formatted

    made = {ROOT / name: make() for name, make in FILES.items()} | formatted()
    return {
        path: text
        for path, text in made.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def main(arguments: list[str]) -> int:
    """Write what is stale, or with `--check` only name it.

    Returns:
        The exit code: 1 if something is stale and was only named.
    """
    check = "--check" in arguments
    found = stale()
    for path, text in found.items():
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.relative_to(ROOT)}: {'stale, run `make generate`' if check else 'written'}")
    return int(check and bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
