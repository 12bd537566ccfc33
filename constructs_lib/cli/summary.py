"""`secured-functions summary`: what a synth made, and where its JSON lies."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import load_json, read_text
from constructs_lib.cli._help import Commands, Help
from constructs_lib.cli._synthesized import object_in, stacks_in


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="Show what a synth made, and where its JSON lies.",
        more="For each stack: how many resources, its gateway, APIs and function apps.",
        examples=["secured-functions summary", "secured-functions summary other/cdktf.out"],
    ).command(commands, "summary")
    parser.add_argument(
        "folder",
        nargs="?",
        default="cdktf.out",
        metavar="FOLDER",
        help="what cdktf wrote (default: cdktf.out)",
    )
    parser.set_defaults(run=run)


# What a reader looks for, in the order of a request's path: label, resource types, attribute.
_ROWS = (
    ("gateway", ("azurerm_api_management",), "name"),
    ("API", ("azurerm_api_management_api",), "path"),
    (
        "function app",
        (
            "azurerm_linux_function_app",
            "azurerm_windows_function_app",
            "azurerm_function_app_flex_consumption",
        ),
        "name",
    ),
)


def run(options: argparse.Namespace) -> int:
    """Print a block of lines for each stack."""
    lines: list[str] = []
    for name, path in stacks_in(Path(options.folder)):
        resources = _resources(path)
        count = sum(len(entries) for entries in resources.values())
        lines.append(f"{name}: {count} resources in {path}")
        for label, kinds, attribute in _ROWS:
            found = [
                str(entry.get(attribute, ""))
                for kind in kinds
                for entry in resources.get(kind, {}).values()
            ]
            lines += [f"  {label:<12}  {value}" for value in found]
    print("\n".join(lines))
    return 0


def _resources(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the resources of a stack by type and name."""
    try:
        stack = object_in(load_json(read_text(path), str(path)))
        return {
            kind: {name: object_in(entry) for name, entry in object_in(entries).items()}
            for kind, entries in object_in(stack.get("resource", {})).items()
        }
    except (InputError, TypeError) as error:
        raise InputError(
            "is not Terraform JSON", where=str(path), fix="synthesize again"
        ) from error
