"""Python's garbage collector, while something large is built that is there to stay."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused() -> Generator[None, None, None]:
    """Let no collection happen within.

    Each time that many new objects are there, the collector walks all of them again; of what is
    built here it would free nothing.
    """
    resume = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if resume:
            gc.enable()
