"""`secured-functions schema`: the JSON Schema of `environments/*.yaml`, for editors."""

from __future__ import annotations

import argparse

from constructs_lib.cli._help import Commands, Help


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="Print the JSON Schema of files of settings.",
        more="With it an editor completes a file and marks what is wrong, once the file's first "
        "line is: # yaml-language-server: $schema=settings.schema.json",
        examples=["secured-functions schema > environments/settings.schema.json"],
    ).command(commands, "schema")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - it has no options
    """Print the schema."""
    from constructs_lib._lazy_bindings import ahead

    ahead.only_when_used()
    from constructs_lib.stack.settings import json_schema

    print(json_schema(), end="")
    return 0
