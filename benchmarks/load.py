"""Put `secured-functions serve` under load: nothing may be lost, and its memory stays flat.

    python benchmarks/load.py                    the recipe, 100 connections for a minute
    python benchmarks/load.py --seconds 10 --connections 20
    python benchmarks/load.py --keep 600         with a policy that keeps each answer in the cache

Each connection calls the gateway again and again, each time with a number of its own. The function,
which listens in this process, answers with the number and counts it. In the end every call must
have had the answer of its own, from a function that was called once; every tenth is without a key,
has to get 401, and never reaches the function.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
MOMENTS = (10, 30, 60)
"""Seconds after which memory is measured: by the first everything has been loaded."""
SERVE = "from constructs_lib.cli import main; raise SystemExit(main())"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=int, default=0, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = load(recipe(Path(folder)), options.connections, options.seconds, options.keep)
    print(json.dumps(found, indent=1))
    if found["lost"] or found["wrong"]:
        raise SystemExit("requests were lost")


def recipe(folder: Path) -> Path:
    """Synthesize the recipe; the folder of its stack."""
    subprocess.run(
        [sys.executable, str(REPOSITORY / "examples" / "recipe" / "main.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return folder / "cdktf.out" / "stacks" / "recipe"


def load(stack: Path, connections: int, seconds: int, keep: int = 0) -> dict[str, Any]:
    """Put `serve` on a stack under load.

    Args:
        stack: The folder of the stack.
        connections: So many at once.
        seconds: For so long.
        keep: Seconds for which a policy keeps each answer; without one, if 0.
    """
    if keep:
        _have_answers_kept(stack / "cdk.tf.json", keep)
    return asyncio.run(_load(stack, connections, seconds))


def _have_answers_kept(path: Path, seconds: int) -> None:
    document = json.loads(path.read_text())
    (policy,) = document["resource"]["azurerm_api_management_api_policy"].values()
    look = "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false'/>"
    head, base, tail = policy["xml_content"].partition("<base />")
    text = f"{head}{base}{look}{tail}"
    head, outbound, tail = text.partition("<outbound>")
    policy["xml_content"] = f"{head}{outbound}<cache-store duration='{seconds}'/>{tail}"
    path.write_text(json.dumps(document))


class _Function:
    """What answers behind the gateway: the last part of the path, which it counts."""

    def __init__(self) -> None:
        self.called: Counter[str] = Counter()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            number = head.split(b" ", 2)[1].rpartition(b"/")[2]
            self.called[number.decode()] += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(number) + number)
            await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def _load(stack: Path, connections: int, seconds: int) -> dict[str, Any]:
    function = _Function()
    behind = await asyncio.start_server(function, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{behind.sockets[0].getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", str(stack), "--port=0", f"--function=orders={url}"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        words = "".join(iter(process.stdout.readline, "Ctrl+C ends it.\n"))
        # Each call is a line, which somebody has to read.
        drained = asyncio.get_running_loop().run_in_executor(
            None, lambda: sum(1 for _ in process.stdout or ())
        )
        gateway = _found(r"(?m)^gateway \S+ +(http://\S+)", words)
        key = _found(r"key of all APIs of \S+ (\w+)", words)
        caller = _Caller(gateway, key, time.monotonic() + seconds)
        measured = asyncio.create_task(_memory(process.pid, seconds))
        await asyncio.gather(*(caller() for _ in range(connections)))
        memory = await measured
    finally:
        process.terminate()
        process.wait(30)
    behind.close()
    lines = await drained
    answered = set(caller.answered)
    return {
        "connections": connections,
        "seconds": seconds,
        "requests": caller.sent,
        "answered": caller.right + caller.refused,
        "lost": caller.sent - caller.right - caller.refused,
        "wrong": caller.wrong + sum(1 for n in answered if function.called[n] > 1),
        "lines": lines,
        "memory": memory,
    }


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]


async def _memory(pid: int, seconds: int) -> dict[str, float]:
    """Resident memory in MB, by the seconds after which it was measured."""
    process, found, passed = psutil.Process(pid), dict[str, float](), 0
    for moment in (*(each for each in MOMENTS if each < seconds), seconds):
        await asyncio.sleep(moment - passed)
        found[str(moment)], passed = round(process.memory_info().rss / 2**20, 1), moment
    return found


class _Caller:
    """Calls from each connection, until it is time."""

    def __init__(self, gateway: str, key: str, end: float) -> None:
        self.sent = self.right = self.refused = self.wrong = 0
        self.answered: list[str] = []
        self._place = urlsplit(gateway)
        self._key = key
        self._end = end
        self._numbers = count()

    async def __call__(self) -> None:
        host, port = self._place.hostname or "", self._place.port or 0
        reader, writer = await asyncio.open_connection(host, port)
        while time.monotonic() < self._end:
            number = str(next(self._numbers))
            keyless = number.endswith("0")
            key = "" if keyless else f"Ocp-Apim-Subscription-Key: {self._key}\r\n"
            writer.write(
                f"GET /orders/orders/{number} HTTP/1.1\r\nHost: {host}\r\n{key}\r\n".encode()
            )
            self.sent += 1
            head = await _head(reader)
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if length is None:
                return
            body = (await reader.readexactly(int(length[1]))).decode()
            status = head.split(b" ", 2)[1]
            if keyless and status == b"401":
                self.refused += 1
            elif status == b"200" and body == number:
                self.right += 1
                self.answered.append(number)
            else:
                self.wrong += 1
        writer.close()


if __name__ == "__main__":
    main()
