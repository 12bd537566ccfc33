"""The example's MCP server on this machine: its synthesized JSON is simulated in front of a server.

The server is a real one, of the `mcp` package, and listens at a port of its own.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse

from constructs_lib import VISUAL_STUDIO_CODE
from constructs_lib.access import read_stacks
from constructs_lib.simulation.entra import sign
from constructs_lib.simulation.local import LocalChain
from constructs_lib.simulation.outputs import outputs_of
from constructs_lib.simulation.server.app import Simulator
from constructs_lib.simulation.server.run import Servers, listeners
from constructs_lib.simulation.trace import claims_of
from tests.examples import ROOT, synthesized
from tests.mcp_server import client

PATH = "/runtime/webhooks/mcp"
STATELESS = "2026-07-28"
"""The first version of the protocol without sessions."""
AGENT = "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11"
"""The client id of the agent that the example lets in."""


class Behind:
    """The function app: an MCP server, and whose tokens it was sent."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.calls = 0
        self.ended = False
        self.old = False
        """Whether it speaks only the protocol that begins with `initialize`."""
        server = MCPServer("weather")

        @server.tool()
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        @server.tool()
        async def count(context: Context, to: int = 3) -> int:
            """Tell of each number, and wait for another call before the next."""
            for number in range(to):
                await context.report_progress(number, to)
                before = self.calls
                while self.calls == before and not self.ended:
                    await anyio.sleep(0.005)
            return to

        self.server = server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            # Easy Auth is in front of it, and the Host header is the function app's.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {n.decode(): v.decode() for n, v in scope.get("headers", ())}
        if scope["type"] == "http":
            token = headers.get("authorization", "").removeprefix("Bearer ")
            self.received.append(claims_of(token) or {})
            self.calls += 1
        if self.old and headers.get("mcp-protocol-version") == STATELESS:
            error = {"code": -32000, "message": "Bad Request: Unsupported protocol version"}
            refused = JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, 400)
            await refused(scope, receive, send)
        else:
            await self.server(scope, receive, send)


class Local:
    """What runs.

    Args:
        document: The stack.
        behind: The function app.
        at: Where that listens.
    """

    def __init__(self, document: dict[str, Any], behind: Behind, at: str) -> None:
        self.right = self.document = document
        self.behind = behind
        self._at = at
        self.simulator = Simulator(self._chain, lambda _: None)
        self.mcp: dict[str, Any] = self.outputs()["apis"]["weather"]["mcp"]
        self.url: str = self.mcp["url"]
        self.secure = self.plain = 0
        self.ca = Path()

    def _chain(self) -> LocalChain:
        stack = read_stacks({"mcp-server": self.document})
        return LocalChain(stack, functions={"weather": self._at})

    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack."""
        stack = read_stacks({"mcp-server": self.document})
        return outputs_of(stack, self.simulator.chain.gateways.known)

    @contextmanager
    def changed(self, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
        """Run with another stack for a while."""
        self.document = copy.deepcopy(self.right)
        change(self.document)
        assert self.document != self.right
        try:
            self.simulator.reload()
            yield
        finally:
            self.document = self.right
            self.simulator.reload()

    def http(self) -> dict[str, Any]:
        """Arguments of a client of HTTP that finds every host of the chain here."""
        return client.here(httpx2, self.secure, str(self.ca))

    def token(self, **changes: str | None) -> str:
        """A token of the user, with other claims; None leaves one out."""
        found = self.simulator.chain.entra.sign_in(VISUAL_STUDIO_CODE, self.mcp["scope"])
        claims = {**(claims_of(getattr(found, "text", "")) or {}), **changes}
        return sign({name: value for name, value in claims.items() if value is not None})


def policies(pattern: str, replacement: str) -> Callable[[dict[str, Any]], None]:
    """A change of each policy's text."""

    def change(document: dict[str, Any]) -> None:
        for kind in ("api_policy", "api_operation_policy"):
            for each in document["resource"][f"azurerm_api_management_{kind}"].values():
                text = each["xml_content"]
                each["xml_content"] = re.sub(pattern, replacement, text, flags=re.DOTALL)

    return change


def example(folder: Path) -> dict[str, Any]:
    """The JSON of the example's stack."""
    stacks = synthesized(ROOT / "examples" / "mcp_server" / "main.py", folder)
    return json.loads((stacks["mcp-server"] / "cdk.tf.json").read_text(encoding="utf-8"))


@contextmanager
def listening() -> Iterator[tuple[Behind, str]]:
    """Run the function app; it and its URL."""
    behind = Behind()
    # What streams without end is broken off.
    settings = uvicorn.Config(behind, port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield behind, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        behind.ended = server.should_exit = True
        thread.join(timeout=5)


@contextmanager
def local(document: dict[str, Any], folder: Path) -> Iterator[Local]:
    """Run a stack with the MCP server `weather`.

    Args:
        document: The stack's JSON.
        folder: Where certificates are written.
    """
    with listening() as (behind, url):
        here = Local(document, behind, url)
        found = listeners(here.simulator, address="127.0.0.1", port=0, tls=folder)
        here.ca = folder / "ca.pem"
        here.secure, here.plain = (each.socket.getsockname()[1] for each in found[-2:])
        front = Servers(found)
        running = threading.Thread(target=lambda: asyncio.run(front.run()), daemon=True)
        running.start()
        try:
            yield here
        finally:
            behind.ended = True
            front.stop()
            running.join(timeout=5)
