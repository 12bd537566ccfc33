"""`secured-functions settings`: all that is wrong in files of settings, with file, line and key."""

from __future__ import annotations

import argparse
from typing import Any


def register(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "settings",
        help="check files of settings",
        description=__doc__,
        epilog="Exit code: 0 nothing is wrong, 2 something is.",
    )
    parser.add_argument(
        "folder", nargs="?", default="environments", help="where they are (default: environments)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read all files, and name the environments."""
    from constructs_lib._lazy_bindings import ahead

    ahead.only_when_used()
    from constructs_lib.stack.settings.files import read_environments

    print(f"{options.folder}: {', '.join(read_environments(options.folder))}")
    return 0
