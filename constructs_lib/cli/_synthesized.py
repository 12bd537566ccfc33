"""Finds the stacks in what cdktf wrote."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Json, load_json, read_text


def stacks_in(folder: Path) -> list[tuple[str, Path]]:
    """The stacks in an output folder: name and Terraform JSON of each.

    Raises:
        InputError: It is none.
    """
    try:
        manifest = object_in(load_json(read_text(folder / "manifest.json"), str(folder)))
        stacks = {name: object_in(stack) for name, stack in object_in(manifest["stacks"]).items()}
        return [
            (name, folder / str(stack["synthesizedStackPath"]))
            for name, stack in sorted(stacks.items())
        ]
    except (InputError, KeyError, TypeError) as error:
        raise InputError(
            "is not what cdktf wrote",
            where=str(folder),
            fix="synthesize first: make synth, or cdktf synth",
        ) from error


def object_in(value: Json) -> dict[str, Json]:
    """A value that has to be an object; a TypeError if it is none."""
    if not isinstance(value, dict):
        raise TypeError
    return cast("dict[str, Json]", value)
