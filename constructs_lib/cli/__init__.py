"""`secured-functions`: the library's command line.

Each command is a module of this package with `register(commands)`, which adds its parser and sets
`run` to a function that takes the parsed arguments and returns the exit code: 0 done or clean,
1 findings, 2 unusable input. A command imports what it needs when it runs, so that `--help` is
quick.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__
from constructs_lib._lazy_bindings.engine import NO_ENGINE
from constructs_lib.cli._help import Help

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
    "serve",
    "settings",
    "schema",
    "export",
)

# What `pip install 'secured-functions[cli]'` brings.
EXTRA = (
    "argcomplete",
    "jsonschema_rs",
    "openapi_spec_validator",
    "pydantic",
    "rich",
    "tomli",
    "yaml",
)


def command_line() -> argparse.ArgumentParser:
    """The parser of `secured-functions`, with those of all commands."""
    parser = Help(
        purpose="Write, check, run and verify Azure Functions that only API Management can call.",
        examples=[
            "secured-functions init orders",
            "secured-functions check cdktf.out",
            "secured-functions COMMAND --help",
        ],
        found="findings, or what else the help of a command says",
    ).of(argparse.ArgumentParser(prog="secured-functions"))
    parser.add_argument(
        "--version", action="version", version=__version__, help="show the version and exit"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        import_module(f"{__name__}.{command}").register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `secured-functions` with `arguments` (those of the process if left out)."""
    parser = command_line()
    if "_ARGCOMPLETE" in os.environ:  # The shell asks what could follow.
        import_module("argcomplete").autocomplete(parser)
    options = parser.parse_args(arguments)
    if sys.stdout is None:  # Python has none when it was closed before the start.
        sys.stdout = _Closed()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # what its encoding lacks
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"secured-functions: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if NO_ENGINE in str(error):
            print(f"secured-functions: {NO_ENGINE}", file=sys.stderr)
            return 2
        if error.name not in EXTRA:
            raise
        print(
            f"secured-functions: {error.name} is not installed "
            "(pip install 'secured-functions[cli]')",
            file=sys.stderr,
        )
        return 2
    except OSError as error:
        if error.filename is not None:
            raise
        # A pipe that the reader closed is no fault of whoever wrote to it.
        if not isinstance(error, BrokenPipeError):
            problem = f"standard output cannot be written: {error.strerror or error}"
            print(f"secured-functions: {problem}", file=sys.stderr)
        # Python would try once more at its end, and complain in its own words.
        sys.stdout = _Closed()
        return 2


class _Closed(io.TextIOBase):
    """Stands for a standard output that nothing can be written to."""

    def write(self, _: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")
