"""Loads of the provider bindings only what a stack uses; on when `constructs_lib` is imported.

`CONSTRUCTS_LIB_ENGINE=off` leaves everything as it is without this library.
"""

from __future__ import annotations

import os
import sys

from constructs_lib.engine.bindings import ProviderFinder
from constructs_lib.engine.kernel import preload

SWITCH = "CONSTRUCTS_LIB_ENGINE"


def switch_on() -> None:
    """Make provider packages lazy, unless the environment says `CONSTRUCTS_LIB_ENGINE=off`."""
    if os.environ.get(SWITCH, "").lower() in {"off", "0", "false", "no"}:
        return
    if not any(isinstance(finder, ProviderFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, ProviderFinder())
        preload()
