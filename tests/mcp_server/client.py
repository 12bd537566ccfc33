"""A client of MCP, as its own library makes one: `python client.py URL TOKEN` for any version.

It lists the tools and calls one, and prints both. The library of version 1 speaks the protocol that
begins with `initialize`; that of version 2 asks for the stateless one first.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any


async def ask(url: str, **http: Any) -> tuple[list[str], str]:
    """Return the names of the tools, and what `add(2, 3)` answers."""
    try:
        import httpx2
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
    except ImportError:
        return await _ask_as_version_1(url, **http)
    async with (
        httpx2.AsyncClient(**http) as sent,
        Client(streamable_http_client(url, http_client=sent)) as client,
    ):
        return await _listed_and_called(client)


async def _ask_as_version_1(url: str, **http: Any) -> tuple[list[str], str]:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with (
        streamablehttp_client(url, **http) as (read, write, _),
        ClientSession(read, write) as client,
    ):
        await client.initialize()
        return await _listed_and_called(client)


async def _listed_and_called(client: Any) -> tuple[list[str], str]:
    tools = await client.list_tools()
    answer = await client.call_tool("add", {"a": 2, "b": 3})
    return [tool.name for tool in tools.tools], answer.content[0].text


if __name__ == "__main__":
    headers = {"Authorization": f"Bearer {sys.argv[2]}"}
    print(*asyncio.run(ask(sys.argv[1], headers=headers)))
