"""Answers HTTP for a chain: by the host that is called, a gateway, Entra, or a function app."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from constructs_lib.simulation.chain import AssumedError
from constructs_lib.simulation.entra import HOSTS
from constructs_lib.simulation.functions import HOP_BY_HOP
from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    HttpUrl,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.known import NotKnownError
from constructs_lib.simulation.local import ChainAnswer, LocalChain, Story, story_of
from constructs_lib.simulation.network import RequestOrigin
from constructs_lib.simulation.outside import BackendUnreachableError
from constructs_lib.simulation.server.entra import Endpoints
from constructs_lib.simulation.server.hosts import name_in
from constructs_lib.simulation.server.recorded_calls import WINDOW, Recorded, RecordedCalls
from constructs_lib.simulation.signals import CallStoppedError

if TYPE_CHECKING:
    from starlette.requests import Request as Asked
    from starlette.responses import Response as Given

_Found = TypeVar("_Found")
ENTRA = "login.microsoftonline.com"
_STRANGER = "203.0.113.7"
"""Where calls from the loopback come from, as far as network rules are concerned."""


def deployment_host(host: str) -> str:
    """The host of an app's deployment site (SCM); another host is as it was."""
    return host.replace(".azurewebsites.", ".scm.azurewebsites.")


class Simulator:
    """Answers requests in the name of every host of a chain.

    Args:
        make: Reads the chain anew.
        told: Called with each call that was answered.
    """

    def __init__(self, make: Callable[[], LocalChain], told: Callable[[Recorded], None]) -> None:
        self._make = make
        self._told = told
        self.calls = RecordedCalls()
        self.chain = make()
        self._entra = Endpoints(lambda: self.chain.entra)
        self._first = self.hosts()

    def reload(self) -> list[str]:
        """Read the chain anew, and return what it has that the first one had not: it has no port.

        Raises:
            InputError: It cannot be read; the chain stays as it was.
        """
        self.chain = self._make()
        return [what for host, what in self.hosts().items() if host not in self._first]

    def hosts(self) -> dict[str, str]:
        """Every host, with what a reader calls it."""
        chain = self.chain
        found = {
            s.service.host: f"gateway {s.service.name}" for s in chain.gateways.services.values()
        }
        found[ENTRA] = "Entra"
        for site in chain.sites:
            kind = "slot" if site.app.slot_of else "function app"
            found[site.host] = f"{kind} {site.name}"
        return found

    def names(self) -> set[str]:
        """Every host that is answered for: of deployment sites and of Entra's metadata too."""
        hosts = self.hosts()
        return {*hosts, *HOSTS, *map(deployment_host, hosts)}

    def answer(self, request: SimulatedRequest) -> SimulatedResponse:
        """Answer a request."""
        begun, asked = time.perf_counter(), request.copy()
        chain, story, received = self.chain, None, None
        host = request.url.host.lower()
        site = chain.sites.at(host)
        deployed = chain.sites.at(host.replace(".scm.", ".", 1)) if ".scm." in host else None
        try:
            if site is not None:
                found = chain.at_site(site, request, RequestOrigin(request.client_address))
                story, received, response = found.trace, found.received, _response(found)
            elif host.partition(".")[0] in chain.gateways.services:
                if request.url.scheme == "http":
                    # The protocols of an API are https alone, unless it says otherwise.
                    response = SimulatedResponse.of(
                        404, {"statusCode": 404, "message": "Resource not found"}
                    )
                else:
                    found = chain.through_gateway(request)
                    story, received, response = found.trace, found.received, _response(found)
            elif host in HOSTS:
                response = self._entra.answer(request)
            elif deployed is not None:
                response = deployed.deployment_site(request, RequestOrigin(request.client_address))
            else:
                names = ", ".join(self.hosts())
                response = SimulatedResponse.of(
                    404, f"No host of this chain: {host}. It has {names}."
                )
        except CallStoppedError as error:
            story = story_of(error)
            response = SimulatedResponse.of(501, f"The simulation stops here: {error}")
        except AssumedError as error:
            if isinstance(error.answer, ChainAnswer):
                story, received = error.answer.trace, error.answer.received
            response = SimulatedResponse.of(501, f"The simulation stops here: {error}")
        except NotKnownError as error:
            response = SimulatedResponse.of(501, f"The simulation stops here: {error}")
        except BackendUnreachableError as error:
            response = SimulatedResponse.of(503, f"The function does not answer: {error}")

        def note(content: bytes) -> None:
            shown = replace(response, body=HttpBody(content))
            self._note(asked, shown, begun, story, received)

        if response.body.streams:
            return replace(response, body=HttpBody(_noted(response.body.pieces(), note)))
        note(response.content)
        return response

    def _note(
        self,
        request: SimulatedRequest,
        response: SimulatedResponse,
        begun: float,
        story: Story | None,
        received: SimulatedRequest | None,
    ) -> None:
        call = self.calls.add(
            request,
            response,
            time=f"{datetime.now(timezone.utc):%H:%M:%S}",
            milliseconds=(time.perf_counter() - begun) * 1000,
            story=story,
            received=received,
        )
        self._told(call)


def _response(found: ChainAnswer) -> SimulatedResponse:
    return SimulatedResponse(found.status, found.reason, found.headers, found.body)


def _noted(pieces: Iterator[bytes], note: Callable[[bytes], None]) -> Iterator[bytes]:
    """The pieces of an answer, which is noted once the last of them has come."""
    begin = b""
    try:
        for piece in pieces:
            begin = (begin + piece)[: WINDOW + 1]
            yield piece
    finally:
        note(begin)


async def _in_thread(work: Callable[[], _Found], ended: _Found) -> _Found:
    """Wait for a thread that ends with the process: a function may never answer."""
    found: Future[_Found] = Future()
    found.set_running_or_notify_cancel()

    def run() -> None:
        try:
            found.set_result(work())
        except Exception as error:
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return await asyncio.wrap_future(found)
    except asyncio.CancelledError:
        return ended


async def _as_they_come(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of an answer, each waited for in a thread."""
    while (piece := await _in_thread(lambda: next(pieces, None), None)) is not None:
        yield piece


def _request(asked: Asked, place: HttpUrl, raw: bytes, content: bytes) -> SimulatedRequest:
    """What was asked, as if it were asked of a place in Azure."""
    url = replace(
        place,
        path=raw.decode("latin-1").partition("?")[0] or "/",
        query=asked.scope["query_string"].decode("latin-1"),
    )
    headers = HttpHeaders(
        (n.decode("latin-1"), v.decode("latin-1"))
        for n, v in asked.scope["headers"]
        if n not in (b"host", b"connection", b"transfer-encoding")
    )
    headers.set("Host", place.host)
    return SimulatedRequest(asked.method, url, headers, HttpBody(content), _STRANGER)


def site(simulator: Simulator, host: str | None = None) -> Any:
    """An app of ASGI that answers for one host, or for that which the request names.

    Args:
        simulator: What answers.
        host: The host; the one of the Host header, if not given.

    Behind `only_for`, which sees that there is a Host header.
    """
    from starlette.requests import ClientDisconnect
    from starlette.requests import Request as Asked
    from starlette.responses import Response as Sent
    from starlette.responses import StreamingResponse as Streamed

    class Passed(Streamed):
        """An answer that is passed on as it comes."""

        async def stream_response(self, send: Any) -> None:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            # Without the end the server breaks the connection off, as the function has.
            with suppress(BackendUnreachableError):
                async for piece in self.body_iterator:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def every(asked: Asked) -> Given:
        named = host or name_in(asked.headers["host"])
        # With a port for each host, TLS is taken to have ended in front of it.
        scheme = "https" if host is not None else asked.url.scheme
        raw = asked.scope.get("raw_path") or asked.url.path.encode()
        if not raw.startswith(b"/"):
            told = f"{raw.decode('latin-1')} is not a path: call a path of {named}.\n"
            return Sent(told, 400, media_type="text/plain")
        request = _request(asked, HttpUrl.parse(f"{scheme}://{named}/"), raw, await asked.body())
        ended = SimulatedResponse.of(503, "The simulation has ended.")
        response = await _in_thread(lambda: simulator.answer(request), ended)
        given = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers
            if name.lower() not in HOP_BY_HOP
        ]
        if response.body.streams:
            sent: Given = Passed(_as_they_come(response.body.pieces()), response.status)
        else:
            sent = Sent(response.content, response.status)
            given.append((b"content-length", str(len(response.content)).encode()))
        sent.raw_headers = given
        return sent

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # Nobody waits for an answer any more, if the caller goes away.
        with suppress(ClientDisconnect):
            answer = await every(Asked(scope, receive))
            await answer(scope, receive, send)

    return app


_OWN = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What keeps the page and its calls to the page itself."""


def page(simulator: Simulator) -> Any:
    """An app of ASGI that shows the calls."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.responses import Response as Sent
    from starlette.routing import Route

    from constructs_lib.simulation.server.page import html

    async def shown(_: Asked) -> Given:
        document, policy = html()
        return HTMLResponse(document, headers={"Content-Security-Policy": policy, **_OWN})

    async def calls(asked: Asked) -> Given:
        after = asked.query_params.get("after", "0")
        found = simulator.calls.after(int(after) if after.isdecimal() else 0)
        return Sent(json.dumps(found), media_type="application/json", headers=_OWN)

    return Starlette(routes=[Route("/", shown), Route("/calls", calls)])
