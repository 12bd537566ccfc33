"""Outputs of a stack as they would be after apply, with the stand-ins of the simulation."""

from __future__ import annotations

from typing import Any

from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.values import Term, Value
from constructs_lib.simulation.known import KnownValues, NotKnownError


def outputs_of(configuration: Configuration, known: KnownValues) -> dict[str, Any]:
    """The outputs that are known here, by name; of several stacks the later one's."""
    found: dict[str, Any] = {}
    for name, value in configuration.all_outputs():
        try:
            found[name] = _plain(value, known, name)
        except NotKnownError:
            continue
    return found


def _plain(value: Value, known: KnownValues, what: str) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each, known, what) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, known, what) for each in value]
    return known.text(value, what) if isinstance(value, Term) else value
