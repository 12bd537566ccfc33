"""`secured-functions settings`: all that is wrong in files of settings, with file, line and key."""

from __future__ import annotations

import argparse

from constructs_lib.cli._help import Commands, Help


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="Check files of settings, without a synth.",
        more="All that is wrong is listed at once, each with file, line and key, and what to write "
        "instead.",
        examples=["secured-functions settings", "secured-functions settings other/environments"],
        done="nothing is wrong; the environments are named",
    ).command(commands, "settings")
    parser.add_argument(
        "folder",
        nargs="?",
        default="environments",
        metavar="FOLDER",
        help="where the files are (default: environments)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read all files, and name the environments."""
    from constructs_lib._lazy_bindings import ahead

    ahead.only_when_used()
    from constructs_lib.stack.settings.files import read_environments

    print(f"{options.folder}: {', '.join(read_environments(options.folder))}")
    return 0
