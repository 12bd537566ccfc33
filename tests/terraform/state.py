"""States that Terraform writes once for each apply.

A local state is written anew after every resource, which takes most of the time of an apply of
many: https://developer.hashicorp.com/terraform/language/backend/http. This one is kept in memory.
"""

from __future__ import annotations

import atexit
import functools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATES: dict[str, str] = {}
"""The state at each path."""


class _Keeper(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(STATES.get(self.path, ""))

    def do_POST(self) -> None:
        STATES[self.path] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer("")

    def _answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200 if body or self.command == "POST" else 204)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@functools.cache
def keeper() -> str:
    """The address under which states are kept until this process ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.server_close)
    return f"http://127.0.0.1:{server.server_port}"
