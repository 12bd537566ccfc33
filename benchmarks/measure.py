"""What a command costs: wall time, CPU time and peak memory of its whole process tree."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_INTERVAL = 0.05


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one run.

    Attributes:
        wall: Seconds from the start of the process to its exit.
        cpu: Seconds of user and system time of the process and all that it started and waited for.
        memory: Peak of the resident memory of the process and its descendants together, in MB.
    """

    wall: float
    cpu: float
    memory: float


def run(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Run a command in `folder` and return what it cost.

    Raises:
        RuntimeError: If it fails, with what it wrote.
    """
    output = folder / "output.txt"
    with output.open("wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        memory = _Memory(process.pid)
        # Not Popen.wait(), which would keep the resource usage of the tree to itself.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = memory.stop()
    if process.returncode:
        text = output.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{text}")
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=peak)


class _Memory:
    """Samples the resident memory of a process tree in a thread."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End sampling and return the peak in MB."""
        self._ended.set()
        self._thread.join()
        return self._peak / 2**20

    def _sample(self) -> None:
        while not self._ended.wait(_INTERVAL):
            total = 0
            try:
                for process in (self._root, *self._root.children(recursive=True)):
                    total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self._peak = max(self._peak, total)
