"""`secured-functions serve` in a process of its own."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

LIMIT = 30
"""Seconds after which nothing is waited for."""
_MAIN = "from constructs_lib.cli import main; raise SystemExit(main())"


class Served:
    """The command in a process, whose lines are read as they come.

    Args:
        path: The configuration.
        options: Others than the port.
    """

    def __init__(self, path: Path, *options: str) -> None:
        self.words = self.key = self.verify = ""
        self.folder = path.parent / "tls"
        self._path = path
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "serve", str(path), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, text: str) -> str:
        """What is printed up to the line with this text."""
        printed, end = "", time.monotonic() + LIMIT
        while text not in printed:
            try:
                printed += self._lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{text!r} was not printed, but:\n{printed}") from None
        return printed

    def welcome(self) -> None:
        """Wait until it is there; from then on it can be asked."""
        self.words = self.until("Ctrl+C ends it.")
        self.key = _found(r"key of all APIs of \S+ (\w+)", self.words)

    def url(self, what: str) -> str:
        """Where a part of it listens."""
        return _found(rf"(?m)^{what} +(https?://\S+)", self.words)

    def get(self, what: str, path: str, **headers: str) -> httpx.Response:
        """Ask a part of it."""
        return httpx.get(self.url(what) + path, headers=headers, timeout=LIMIT, trust_env=False)

    def through_gateway(self, path: str, **headers: str) -> httpx.Response:
        """Ask the gateway with the key."""
        headers["Ocp-Apim-Subscription-Key"] = self.key
        return self.get("gateway apim-sample", path, **headers)

    def write(self, text: str) -> None:
        """Change the JSON at one stroke."""
        written = self._path.with_name("new")
        written.write_text(text)
        written.replace(self._path / "cdk.tf.json")

    def rest(self) -> str:
        """What it prints until it has ended."""
        self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return "".join(self._lines.get_nowait() for _ in range(self._lines.qsize()))

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]
