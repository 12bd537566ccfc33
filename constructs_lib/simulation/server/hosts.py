"""Which names a server on this machine answers to.

A page that a browser shows may have a name of its own resolve to the loopback (DNS rebinding) and
so read what a local server answers. It cannot choose the Host header, which has that name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit


def only_for(app: Any, address: str, names: Callable[[], Iterable[str]]) -> Any:
    """An app of ASGI that refuses requests for other hosts with 421 (RFC 9110, section 15.5.20).

    Args:
        app: What answers otherwise.
        address: Where it listens; `0.0.0.0` or `::` is every address of the machine.
        names: Names that it answers to besides those of the loopback.
    """

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        sent = [value for name, value in scope["headers"] if name == b"host"]
        host = name_in(sent[0].decode("latin-1")) if len(sent) == 1 else ""
        if host in names() or _is_here(host, address):
            await app(scope, receive, send)
            return
        text = f"{host or 'A request without one host'} is not served here.\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
        ]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    return guarded


def name_in(header: str) -> str:
    """The name in a Host header, in lower case; empty if it has none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_here(host: str, listening: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    place = ipaddress.ip_address(listening)
    return address.is_loopback or address == place or place.is_unspecified
