"""`secured-functions`: the library's command line.

Each command is a module of this package with `register(commands)`, which adds its parser and sets
`run` to a function that takes the parsed arguments and returns the exit code: 0 done or clean,
1 findings, 2 unusable input. A command imports what it needs when it runs, so that `--help` is
quick.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__

COMMANDS = (
    "init",
    "summary",
    "access",
    "check",
    "explain",
    "policy",
    "operations",
    "request",
    "verify",
    "schema",
)

# What `pip install 'secured-functions[cli]'` brings.
EXTRA = ("jsonschema_rs", "openapi_spec_validator", "pydantic", "rich", "yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `secured-functions` with `arguments` (those of the process if left out)."""
    parser = argparse.ArgumentParser(
        prog="secured-functions",
        description="Azure Functions that only API Management can call: check, see and verify it.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        import_module(f"{__name__}.{command}").register(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except InputError as error:
        print(f"secured-functions: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        print(
            f"secured-functions: {error.name} is not installed "
            "(pip install 'secured-functions[cli]')",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 2
