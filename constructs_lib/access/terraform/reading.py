"""Reads `cdktf.out`, `cdk.tf.json`, and `terraform show -json` of a plan or a state."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib._core.collector import paused
from constructs_lib._core.creation_sites import FILE as SITES
from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import STANDARD_INPUT
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.folder import Folder, folder, merge_overrides
from constructs_lib.access.terraform.hcl import can_be_read
from constructs_lib.access.terraform.json_text import SHOW, document
from constructs_lib.access.terraform.shown import is_shown, read_shown
from constructs_lib.access.terraform.stack import Stacks

__all__ = ["document", "read_stacks", "read_terraform"]


@paused()
def read_terraform(path: str | Path) -> Configuration:
    """Read Terraform JSON.

    Args:
        path: A `cdktf.out` directory or a directory with `*.tf.json` or, with the extra `hcl`,
            `*.tf`, one file of JSON, the output of `terraform show -json` of a plan or a state, or
            `-` for one of the latter on the standard input.

    Raises:
        InputError: When it is none of these.
    """
    source = str(path)
    if source == "-":
        return _file(source, document(STANDARD_INPUT, sys.stdin.buffer.read()), STANDARD_INPUT)
    path = Path(path)
    try:
        if path.is_dir():
            return _directory(source, path)
        return _file(source, document(source, path.read_bytes()), source)
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, where=source, fix=SHOW) from error
    except InputError:
        raise
    except ValueError as error:  # A null byte in the path.
        raise InputError(f"cannot be read: {error}", where=repr(source), fix=SHOW) from error


def read_stacks(stacks: Mapping[str, Mapping[str, Any]], source: str = "synth") -> Configuration:
    """The same, from what `TerraformStack.to_terraform` gives, by the name of the stack.

    Raises:
        InputError: When a stack is not a Terraform configuration.
    """
    found = Stacks()
    for stack, content in stacks.items():
        found.add(stack, stack, content)
    return found.configuration(source)


def _file(source: str, content: dict[str, Any], file: str) -> Configuration:
    if is_shown(content):
        beside = Path(file).parent if file != STANDARD_INPUT else None
        return read_shown(source, file, content, beside)
    found = Stacks()
    found.add("", file, content)
    return found.configuration(source)


def _directory(source: str, directory: Path) -> Configuration:
    synthesized = sorted({file.parent for file in (directory / "stacks").glob("*/*.tf.json")})
    folders = {each.name: folder(each) for each in synthesized} or {"": folder(directory)}
    if not any(each.documents or each.overrides for each in folders.values()):
        plain = any(each.unread for each in folders.values())
        raise InputError(
            "holds no Terraform JSON" if plain else "holds no Terraform",
            where=source,
            fix=_without_json(folders) if plain else SHOW,
        )
    found = Stacks()
    sites = directory / SITES
    if sites.is_file():
        found.creation_sites.update(document(str(sites), sites.read_bytes()))
    for stack, each in folders.items():
        shown = [(file, content) for file, content in each.documents if is_shown(content)]
        if shown:
            [(file, content), *others] = shown
            if others or len(each.documents) > 1 or len(folders) > 1:
                raise InputError("is a plan or a state among stacks", where=file, fix=SHOW)
            return read_shown(source, file, content, directory)
        _add(found, stack, each, source)
    return found.configuration(source)


def _without_json(folders: Mapping[str, Folder]) -> str:
    """What to do about HCL that is not read."""
    reasons = {reason for each in folders.values() for _, reason in each.unread}
    plan = "`terraform plan -out plan` and `terraform show -json plan`"
    if can_be_read():
        return f"{'; '.join(sorted(reasons))}; or run {plan}"
    return f"pip install 'secured-functions[hcl]' to read its HCL, or run {plan}"


def _add(found: Stacks, stack: str, content: Folder, source: str) -> None:
    documents = content.documents
    if not documents:  # Nothing but override files, which override nothing.
        nothing: dict[str, Any] = {"resource": {}}
        documents = [(source, nothing)]
    merge_overrides([each for _, each in documents], content.overrides)
    for file, each in documents:
        found.add(stack, file, each, lines=content.lines.get(file))
    found.set_variables(stack, content.variables)
    found.forget_variables(stack, content.told - content.variables.keys())
    for file, reason in content.unread:
        found.gap(stack, str(file), reason, everything=True)
