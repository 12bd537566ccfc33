"""One HTTP request and its answer, over a connection of its own and without following redirects."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__
from constructs_lib.verify.secret import Secret

_LARGEST_BODY = 1 << 20
_LARGEST_PIECE = 1 << 16
_AGENT = f"secured-functions-verify/{__version__}"

Address = tuple[str, int]
Trouble = Literal["name", "refused", "timeout", "late", "certificate", "broken"]
"""`timeout` is the host's silence, `late` the end of the time that was given to all checks."""


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """What to send. A secret may stand in a header, never in the address: servers log addresses."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str | Secret] = field(default_factory=dict[str, "str | Secret"])
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """What came back. `headers` have lower-case names; at most 1 MiB of the body is read.

    `cut` tells that the body broke off, or did not end in time.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray = field(repr=False)
    cut: bool = False


Enough: TypeAlias = "Callable[[HttpResponse], bool]"
"""Told of an answer before its body and after each piece of it; True to read no further."""


def is_stream(answer: HttpResponse) -> bool:
    """Whether the body is a stream of events, which may never end."""
    return answer.headers.get("content-type", "").startswith("text/event-stream")


@dataclass(frozen=True)
class NoAnswer:
    """Why nothing came back; `detail` never quotes what was sent."""

    trouble: Trouble
    detail: str


class Client:
    """Sends requests straight to their hosts: proxies of the environment are not used.

    Args:
        timeout: Seconds that connecting, sending or one read may take, and the whole body.
        cafile: PEM file of certificate authorities to trust instead of the system's.
        connect_to: For a host and port, the address and port to connect to instead; the name in
            the request and the name that the certificate must have stay (curl's `--connect-to`).

    Raises:
        InputError: `cafile` cannot be used.
    """

    def __init__(
        self,
        *,
        timeout: float = 20,
        cafile: str | None = None,
        connect_to: Mapping[Address, Address] | None = None,
    ) -> None:
        self._timeout = timeout
        self._connect_to = dict(connect_to or {})
        try:
            self._tls = ssl.create_default_context(cafile=cafile)
        except (OSError, ssl.SSLError) as error:
            raise InputError(f"no certificates in it: {error}", where=cafile) from None

    def send(
        self, request: HttpRequest, *, deadline: float, enough: Enough = is_stream
    ) -> HttpResponse | NoAnswer:
        """Send `request`, giving up at `deadline` (of `time.monotonic`).

        Of a stream the body is not read, unless `enough` says otherwise.
        """
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return NoAnswer("late", "no time left")
        try:
            return self._exchange(request, min(self._timeout, remaining), enough)
        except socket.gaierror:
            return NoAnswer("name", "the host name does not resolve")
        except TimeoutError:
            return NoAnswer("timeout" if remaining > self._timeout else "late", "no answer in time")
        except ssl.SSLCertVerificationError as error:
            return NoAnswer("certificate", f"certificate not trusted: {error.verify_message}")
        except (ConnectionRefusedError, ConnectionResetError) as error:
            refused = isinstance(error, ConnectionRefusedError)
            return NoAnswer("refused", f"connection {'refused' if refused else 'reset'}")
        except (OSError, http.client.HTTPException) as error:
            return NoAnswer("broken", f"no HTTP answer ({type(error).__name__})")

    def _exchange(self, request: HttpRequest, timeout: float, enough: Enough) -> HttpResponse:
        url = urlsplit(request.url)
        host = url.hostname or ""
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        address = self._connect_to.get((host, port), (host, port))
        connection = http.client.HTTPConnection(host, port)
        connection.sock = socket.create_connection(address, timeout)
        with closing(connection):
            if url.scheme == "https":
                connection.sock = self._tls.wrap_socket(connection.sock, server_hostname=host)
            headers = {"Host": url.netloc, "User-Agent": _AGENT, "Connection": "close"}
            for name, value in request.headers.items():
                headers[name] = value.reveal() if isinstance(value, Secret) else value
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            body = request.body if request.method in ("POST", "PUT", "PATCH") else None
            connection.request(request.method, target, body=body, headers=headers)
            with connection.getresponse() as response:
                return _read(response, time.monotonic() + timeout, enough)


def _read(response: http.client.HTTPResponse, end: float, enough: Enough) -> HttpResponse:
    body = bytearray()
    answer = HttpResponse(
        status=response.status,
        headers={
            name.lower(): ", ".join(response.headers.get_all(name, [])) for name in response.headers
        },
        body=body,
    )
    while not enough(answer) and len(body) < _LARGEST_BODY:
        try:
            piece = response.read1(_LARGEST_PIECE)
        except (OSError, http.client.HTTPException):
            return replace(answer, cut=True)
        if not piece:
            break
        body += piece
        if time.monotonic() > end:
            return replace(answer, cut=True)
    return answer
