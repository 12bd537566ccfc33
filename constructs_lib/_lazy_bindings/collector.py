"""What Python's garbage collector is spared: bindings, which are there to stay.

They are tens of thousands of objects that refer to each other. While they are loaded, and each time
that many new objects are there, the collector walks them again and frees nothing, and at exit the
interpreter takes them apart one by one, although the operating system gives all the memory back at
once.
"""

from __future__ import annotations

import atexit
import gc
import io
from collections.abc import Generator
from contextlib import contextmanager, suppress

from constructs_lib._core.collector import paused

# What finalizers there are without anyone's doing: those of files and of the process of Node.
_OWN_WORK = frozenset({"_io", "subprocess", "jsii._kernel.providers.process"})
_WRITERS = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom, io.BufferedRWPair})


@contextmanager
def loading() -> Generator[None, None, None]:
    """Let no collection happen within, unless somebody else lets one happen, nor walk it later."""
    resume = gc.isenabled()
    with paused():
        try:
            yield
        finally:
            if resume:
                gc.freeze()


def leave_quickly() -> None:
    """Take nothing apart at exit, if no object is left that has to be told of it."""
    atexit.unregister(_leave)
    atexit.register(_leave)


def _leave() -> None:
    gc.unfreeze()  # for a file that was open while something was loaded
    found = gc.get_objects()
    finalized = {kind for kind in set(map(type, found)) if hasattr(kind, "__del__")}
    if any(kind.__module__ not in _OWN_WORK for kind in finalized):
        return
    for writer in found:
        if type(writer) in _WRITERS:
            # A file that is closed, or whose disk is full, is nobody's any more.
            with suppress(Exception):
                writer.flush()
    gc.freeze()
