"""A client of MCP, as its own library of any version makes one: `client.py URL PORT CA TOKEN`.

It lists the tools and calls one, and prints both. The library of version 1 speaks the protocol that
begins with `initialize`; that of version 2 asks for the stateless one first. Every host is found at
a port of this machine, with a certificate that the authority in the file CA vouches for.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import Any


def here(library: Any, port: int, ca: str) -> dict[str, Any]:
    """Return what lets a client of `httpx` or `httpx2` find every host at a port of ours."""
    to = library.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=ca))

    class Here(library.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            request.extensions = {**request.extensions, "sni_hostname": request.url.host}
            request.url = request.url.copy_with(host="127.0.0.1", port=port)
            return await to.handle_async_request(request)

        async def aclose(self) -> None:
            await to.aclose()

    return {"transport": Here(), "timeout": 30}


async def ask(url: str, mode: str = "auto", **http: Any) -> tuple[list[str], str]:
    """Return the names of the tools, and what `add(2, 3)` answers."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(**http) as sent,
        Client(streamable_http_client(url, http_client=sent), mode=mode) as client,
    ):
        return await _listed_and_called(client)


async def _ask_as_version_1(url: str, headers: Any, found: Any) -> tuple[list[str], str]:
    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    def client(headers: Any = None, timeout: Any = None, auth: Any = None) -> Any:
        return httpx.AsyncClient(headers=headers, auth=auth, **found)

    async with (
        streamablehttp_client(url, headers, httpx_client_factory=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return await _listed_and_called(session)


async def _listed_and_called(client: Any) -> tuple[list[str], str]:
    tools = await client.list_tools()
    answer = await client.call_tool("add", {"a": 2, "b": 3})
    return [tool.name for tool in tools.tools], answer.content[0].text


def main(url: str, port: str, ca: str, token: str) -> None:
    """Ask with a token, and print what came back."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        import httpx2
    except ImportError:
        import httpx

        print(*asyncio.run(_ask_as_version_1(url, headers, here(httpx, int(port), ca))))
    else:
        print(*asyncio.run(ask(url, headers=headers, **here(httpx2, int(port), ca))))


if __name__ == "__main__":
    main(*sys.argv[1:])
