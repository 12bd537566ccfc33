"""The file beside synthesized stacks that says which statement made each resource."""

from __future__ import annotations

from collections.abc import Mapping

FILE = "creation-sites.json"
"""Its name: `FILE:LINE` by the path of the construct."""


def site_of(sites: Mapping[str, str], construct: str | None) -> tuple[str, int] | None:
    """File and line of the statement that made a construct, if that is known."""
    file, _, line = str(sites.get(construct or "", "")).rpartition(":")
    return (file, int(line)) if file and line.isdecimal() else None
