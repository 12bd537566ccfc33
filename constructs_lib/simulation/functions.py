"""What stands for a function app: a Python callable, an app of WSGI or ASGI, or a URL."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote

from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.outside import BackendTimeoutError, BackendUnreachableError

if TYPE_CHECKING:
    import httpx

Function: TypeAlias = "Callable[..., Any] | str"
"""A callable that takes a `SimulatedRequest` and returns a `SimulatedResponse`, text, bytes or what
becomes JSON; an app of WSGI or ASGI; or the URL at which the function app listens."""

Answering: TypeAlias = "Callable[[SimulatedRequest], SimulatedResponse]"

# Headers that belong to a connection, not to a message (RFC 9110, section 7.6.1).
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "content-length"}
)


def answering(function: Function) -> Answering:
    """What answers requests in the name of a function.

    Raises:
        ValueError: If it is nothing that can answer.
    """
    if isinstance(function, str):
        return _Remote(function)
    if not callable(function):
        raise ValueError(f"{function!r} is no function: give a callable or a URL")
    kind = _kind(function)
    if kind == "asgi":
        return lambda request: _asgi(function, request)
    if kind == "wsgi":
        return lambda request: _wsgi(function, request)
    return lambda request: _response(function(request))


def echo(request: SimulatedRequest) -> SimulatedResponse:
    """Answer with what arrived."""
    query: dict[str, str] = {}
    for name, value in request.url.pairs():
        query[name] = f"{query[name]},{value}" if name in query else value
    return SimulatedResponse.of(
        200,
        {
            "method": request.method,
            "path": request.url.path,
            "query": query,
            "headers": {name: request.headers[name] for name in request.headers.names()},
            "body": _content(request).decode("utf-8", "replace"),
        },
    )


def _content(request: SimulatedRequest) -> bytes:
    return request.body.content if request.body else b""


def _kind(function: Callable[..., Any]) -> str:
    call = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004 - its signature
    try:
        needed = [
            each
            for each in inspect.signature(call).parameters.values()
            if each.default is each.empty
            and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        return "plain"
    if len(needed) == 3:
        return "asgi"
    return "wsgi" if len(needed) == 2 else "plain"


def _response(value: object) -> SimulatedResponse:
    if isinstance(value, SimulatedResponse):
        return value
    if value is None:
        return SimulatedResponse.of(204)
    if isinstance(value, int):
        return SimulatedResponse.of(value)
    if isinstance(value, tuple):
        status, content = cast("tuple[int, Any]", value)
        return SimulatedResponse.of(status, content)
    return SimulatedResponse.of(200, cast("Any", value))


def _wsgi(app: Callable[..., Any], request: SimulatedRequest) -> SimulatedResponse:
    """Ask an app of WSGI (PEP 3333)."""
    content = _content(request)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.url.path, "latin-1"),
        "QUERY_STRING": request.url.query,
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client_address,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name in request.headers.names():
        variable = name.upper().replace("-", "_")
        if variable not in ("CONTENT_LENGTH", "CONTENT_TYPE"):
            variable = f"HTTP_{variable}"
        environ[variable] = request.headers[name]
    begun: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        begun.append((int(status.split()[0]), headers))

    parts = app(environ, start)
    try:
        content = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return SimulatedResponse.of(status, content, headers)


def _asgi(app: Callable[..., Any], request: SimulatedRequest) -> SimulatedResponse:
    """Ask an app of ASGI 3."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote(request.url.path),
        "raw_path": request.url.path.encode(),
        "query_string": request.url.query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode("latin-1")) for name, value in request.headers
        ],
        "client": (request.client_address, 0),
        "server": (request.url.host, request.url.port),
    }
    content = _content(request)
    sent: list[Mapping[str, Any]] = []
    received = iter([{"type": "http.request", "body": content, "more_body": False}])

    async def receive() -> Mapping[str, Any]:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    begin = next(each for each in sent if each["type"] == "http.response.start")
    body = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in begin["headers"]
    ]
    return SimulatedResponse.of(begin["status"], body, headers)


_LONGEST = 230
"""Seconds after which App Service's load balancer gives up (Learn, Functions HTTP trigger)."""


@cache
def _client() -> httpx.Client:
    """What asks function apps: one for all, as it takes long to make. It keeps no connection."""
    import httpx

    limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
    return httpx.Client(limits=limits, trust_env=False)


class _Remote:
    """A function app that listens at a URL."""

    def __init__(self, url: str) -> None:
        import httpx

        try:
            split = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} is no URL: {error}") from None
        if split.scheme not in ("http", "https") or not split.host:
            raise ValueError(f"{url!r} is no URL of http or https")
        self._base = url.rstrip("/")

    def __call__(self, request: SimulatedRequest) -> SimulatedResponse:
        headers = [pair for pair in request.headers if pair[0].lower() not in HOP_BY_HOP]
        sent = _client().build_request(
            request.method,
            f"{self._base}{request.url.target}",
            headers=headers,
            content=_content(request),
            timeout=min(request.timeout or _LONGEST, _LONGEST),
        )
        with self._failures():
            answer = _client().send(sent, stream=True)
        pieces = self._pieces(answer)
        # A generator that has begun lets go of the connection, even if nobody takes the answer.
        next(pieces)
        # httpx decodes the content.
        left = HOP_BY_HOP | {"content-encoding"}
        pairs = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in left]
        return SimulatedResponse(
            answer.status_code, answer.reason_phrase, HttpHeaders(pairs), HttpBody(pieces)
        )

    def _pieces(self, answer: httpx.Response) -> Iterator[bytes]:
        with closing(answer):
            yield b""
            with self._failures():
                yield from answer.iter_bytes()

    @contextmanager
    def _failures(self) -> Generator[None]:
        import httpx

        try:
            yield
        except httpx.TimeoutException as error:
            raise BackendTimeoutError(f"{self._base} does not answer in time") from error
        except httpx.HTTPError as error:
            raise BackendUnreachableError(f"{self._base} does not answer: {error}") from error
