"""`secured-functions export`: a stack as a Terraform module, for configurations written in HCL."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib.cli._help import Commands, Help


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="Write a synthesized stack as a Terraform module in HCL.",
        more="The module has variables for what differs between two uses, outputs, and a README "
        "with both. Whoever calls it brings providers and state.",
        examples=[
            "secured-functions export dev modules/orders",
            "secured-functions export dev modules/orders --from other/cdktf.out",
        ],
        done="written, or nothing has changed",
    ).command(commands, "export")
    parser.add_argument("stack", metavar="STACK", help="name of the stack")
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the module is written")
    parser.add_argument(
        "--from",
        dest="source",
        default="cdktf.out",
        type=Path,
        metavar="FOLDER",
        help="what cdktf wrote (default: cdktf.out)",
    )
    parser.add_argument(
        "--variable",
        action="append",
        default=[],
        metavar="NAME=ADDRESS.ARGUMENT",
        help="make a variable of one more argument; can be given several times",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the module, and say what is new."""
    from constructs_lib._core.files.json_text import load_json, read_text
    from constructs_lib.cli._synthesized import stacks_in
    from constructs_lib.cli.export.module import module_of
    from constructs_lib.cli.export.writing import write_module

    stacks = dict(stacks_in(options.source))
    path = stacks.get(options.stack)
    if path is None:
        known = f"there are {', '.join(stacks)}"
        raise InputError(f"has no stack {options.stack!r}", where=str(options.source), fix=known)
    document = load_json(read_text(path), str(path))
    if not isinstance(document, dict):
        raise InputError("is not Terraform JSON", where=str(path), fix="synthesize again")
    stack = cast("dict[str, Any]", document)
    module = module_of(stack, options.stack, where=str(path), variables=options.variable)
    changed = write_module(module, options.folder)
    required = [each.name for each in module.variables if each.required]
    print(f"{options.folder}: {', '.join(changed) or 'nothing has changed'}")
    if required:
        print(f"to be passed: {', '.join(required)}; README.md has the rest")
    return 0
