"""`secured-functions schema`: the JSON Schema of `environments/*.yaml`, for editors."""

from __future__ import annotations

import argparse
from typing import Any


def register(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "schema", help="print the JSON Schema of the settings", description=__doc__
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - it has no options
    """Print the schema."""
    from constructs_lib._lazy_bindings import ahead

    ahead.only_when_used()
    from constructs_lib.stack.settings import json_schema

    print(json_schema(), end="")
    return 0
