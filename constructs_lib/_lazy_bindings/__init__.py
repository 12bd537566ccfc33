"""Loads only those provider bindings that a stack uses.

Importing `constructs_lib` switches it on, in a stack that uses nothing else of the library too,
for each prebuilt `cdktf-cdktf-provider-*` or `cdktn-provider-*` package that is imported later.
Installed files and the environment are left as they are. `CONSTRUCTS_LIB_LAZY_BINDINGS=off`
switches it off. Which engine the constructs run on is found out in any case.
"""

from __future__ import annotations

import os

from constructs_lib._lazy_bindings import bindings, engine

_SWITCH = "CONSTRUCTS_LIB_LAZY_BINDINGS"


def switch_on() -> None:
    """Find out the engine; make provider packages lazy, unless the environment says `off`."""
    if os.environ.get(_SWITCH, "").lower() not in {"off", "0", "false", "no"}:
        bindings.switch_on()
    engine.switch_on()
