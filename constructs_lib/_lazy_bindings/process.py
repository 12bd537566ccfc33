"""One Node instead of two.

The Node that jsii starts does nothing but start another, in which its kernel runs, and pass on what
that one and Python say to each other. It takes 45 MB, and the kernel starts later for it. Where a
shell can give the kernel its channel, Python starts the kernel itself.
"""

from __future__ import annotations

import atexit
import os
import platform
import selectors
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

# The kernel reads and writes file descriptor 3. Nothing reads its standard input.
_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@" 3<&0 </dev/null')


def start_one() -> None:
    """Let the kernel's Node, unless it runs already, be started without the one before it."""
    from jsii._kernel.providers import process

    theirs: Any = process
    if not issubclass(theirs._NodeProcess, _Direct):
        bases = (_Direct, theirs._NodeProcess)
        theirs._NodeProcess = type("_NodeProcess", bases, {"__module__": theirs.__name__})


class _Direct:
    """Starts Node in place of the class of jsii that it is put before."""

    def start(self) -> None:
        """Start the kernel, or have jsii do it where this way is not open."""
        ours: Any = self
        jsii: Any = super()
        if "JSII_RUNTIME" in os.environ or not Path(_SHELL[0]).exists():
            jsii.start()
            return
        program = Path(ours._jsii_runtime()).parents[1] / "lib/program.js"
        channel, of_kernel = socket.socketpair()
        node = os.environ.get("JSII_NODE", "node")
        options = ("--max-old-space-size=4069", "--preserve-symlinks")  # as jsii gives them
        with channel, of_kernel:
            kernel = subprocess.Popen(  # noqa: S603 - what jsii starts
                [*_SHELL, node, *options, str(program)],
                stdin=of_kernel.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "JSII_AGENT": f"Python/{platform.python_version()}"},
            )
            ours.sink_thread = threading.Thread(
                target=_pass_on, args=(kernel.stdout, kernel.stderr), daemon=True
            )
            # What jsii writes to and reads from.
            kernel.stdin = os.fdopen(os.dup(channel.fileno()), "wb")
            kernel.stdout = os.fdopen(channel.detach(), "rb")
        ours._process = kernel
        ours.sink_thread.start()
        atexit.register(ours.stop)
        ours.handshake()


def _pass_on(stdout: Any, stderr: Any) -> None:
    """Write what JavaScript prints to where Python prints, until Node has ended."""
    with stdout, selectors.DefaultSelector() as pipes:
        pipes.register(stdout, selectors.EVENT_READ, "stdout")
        pipes.register(stderr, selectors.EVENT_READ, "stderr")
        while pipes.get_map():
            for pipe, _ in pipes.select():
                said = os.read(pipe.fd, 1 << 16)
                if not said:
                    pipes.unregister(pipe.fileobj)
                # Node waits for whoever does not read on, even if nobody can hear it any more.
                with suppress(Exception):
                    stream = getattr(sys, pipe.data)
                    stream.flush()
                    stream.buffer.write(said)
                    stream.buffer.flush()
