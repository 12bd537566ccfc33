"""The Node process of jsii, started with the preload that keeps provider packages lazy there."""

from __future__ import annotations

import os
from pathlib import Path

PRELOAD = Path(__file__).with_name("preload.cjs")


def preload() -> None:
    """Have every Node process that is started from now on load `preload.cjs` first."""
    quoted = PRELOAD.as_posix().replace("\\", "\\\\").replace('"', '\\"')
    option = f'"--require={quoted}"'
    options = os.environ.get("NODE_OPTIONS", "")
    if option not in options:
        os.environ["NODE_OPTIONS"] = f"{option} {options}".rstrip()
