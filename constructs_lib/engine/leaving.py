"""Spares the interpreter from taking the bindings' classes apart, one by one, when it exits.

A process that ends gives its memory back anyway. What must not be lost is text that a file holds
and has not written: files that only a reference cycle keeps are flushed first.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io

_WRITERS = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom, io.BufferedRWPair})


def switch_on() -> None:
    """Do so when this process exits; calling it again changes nothing."""
    atexit.unregister(_leave)
    atexit.register(_leave)


def _leave() -> None:
    for found in gc.get_objects():
        if type(found) in _WRITERS:
            # A file that is closed, or whose disk is full, is nobody's any more.
            with contextlib.suppress(Exception):
                found.flush()
    gc.freeze()
