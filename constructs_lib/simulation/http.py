"""HTTP as the simulated gateway sees it: headers, URLs, bodies that are read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

HeaderValues: TypeAlias = "Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]"

_PORTS = {"http": 80, "https": 443}
_UNESCAPED = "/:@!$&'()*+,;=~%"


class HttpHeaders:
    """Headers in the order in which they came; case does not tell names apart.

    Args:
        values: Names with a value or several, or pairs.
    """

    __slots__ = ("_items",)

    def __init__(self, values: HeaderValues = ()) -> None:
        self._items: list[tuple[str, str]] = []
        if isinstance(values, Mapping):
            for name, value in cast("Mapping[str, str | Iterable[str]]", values).items():
                each = [value] if isinstance(value, str) else value
                self._items.extend((name, one) for one in each)
        else:
            self._items.extend(values)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HttpHeaders) and self._items == other._items

    __hash__ = None  # pyright: ignore[reportAssignmentType] - mutable

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"

    def get(self, name: str, default: str | None = None) -> str | None:
        """All values of a header, joined by commas."""
        values = self.get_all(name)
        return ",".join(values) if values else default

    def get_all(self, name: str) -> list[str]:
        """The values of a header, one for each line."""
        name = name.lower()
        return [value for each, value in self._items if each.lower() == name]

    def names(self) -> list[str]:
        """The names, each once, as they were written first."""
        found: dict[str, str] = {}
        for name, _ in self._items:
            found.setdefault(name.lower(), name)
        return list(found.values())

    def add(self, name: str, value: str) -> None:
        """Add a line."""
        self._items.append((name, value))

    def set(self, name: str, *values: str) -> None:
        """Replace a header, at the place where it stood first."""
        lower, items, placed = name.lower(), list[tuple[str, str]](), False
        for each, value in self._items:
            if each.lower() != lower:
                items.append((each, value))
            elif not placed:
                placed = True
                items += [(name, one) for one in values]
        if not placed:
            items += [(name, one) for one in values]
        self._items = items

    def remove(self, name: str) -> bool:
        """Delete a header; tell whether it was there."""
        name, before = name.lower(), len(self._items)
        self._items = [each for each in self._items if each[0].lower() != name]
        return len(self._items) < before

    def copy(self) -> HttpHeaders:
        """The same headers, to be changed apart."""
        return HttpHeaders(self._items)


class BodyConsumedError(LookupError):
    """A body is read that was read already, without its content being preserved."""


class HttpBody:
    """A body: a stream that is gone once it is read, unless its content is preserved.

    Args:
        content: What is in it, or the pieces of it as they come. These are waited for and kept as
            soon as somebody looks at the content.
    """

    __slots__ = ("_content", "_pieces", "consumed")

    def __init__(self, content: bytes | Iterator[bytes] = b"") -> None:
        whole = isinstance(content, bytes)
        self._content = content if whole else b""
        self._pieces: Iterator[bytes] | None = None if whole else content
        self.consumed = False

    @property
    def streams(self) -> bool:
        """Whether it comes in pieces that nobody has waited for yet."""
        return self._pieces is not None

    def pieces(self) -> Iterator[bytes]:
        """What is in it, as it comes; it is gone then."""
        pieces, self._pieces = self._pieces or iter((self.content,)), None
        self.consumed = True
        return pieces

    @property
    def content(self) -> bytes:
        """What is in it still, without reading it; nothing once it is consumed."""
        if self._pieces is not None:
            self._content, self._pieces = b"".join(self._pieces), None
        return b"" if self.consumed else self._content

    def read(self, *, preserve: bool = False) -> bytes:
        """Read it.

        Args:
            preserve: Whether it can be read again.

        Raises:
            BodyConsumedError: If it was read already.
        """
        if self.consumed:
            raise BodyConsumedError
        content = self.content
        self.consumed = not preserve
        return content

    def __bool__(self) -> bool:
        return bool(self.content)

    def __repr__(self) -> str:
        return "Body(…)" if self.streams else f"Body({self._content!r})"


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """A URL, taken apart.

    Attributes:
        scheme: `http` or `https`.
        host: The host, without its port.
        port: The port.
        path: The path as it was sent, with its escapes.
        query: What follows the `?`, as it was sent.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    query: str = ""

    @classmethod
    def parse(cls, text: str) -> HttpUrl:
        """Take a URL apart.

        Raises:
            ValueError: If it is not an absolute URL of `http` or `https`.
        """
        split = urlsplit(text.strip())
        if split.scheme.lower() not in _PORTS or not split.hostname:
            raise ValueError(f"{text!r} is not a URL of http or https")
        scheme = split.scheme.lower()
        path = quote(split.path, safe=_UNESCAPED)
        return cls(scheme, split.hostname, split.port or _PORTS[scheme], path or "/", split.query)

    @property
    def authority(self) -> str:
        """Host and port, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters in order, decoded."""
        return [
            (unquote_plus(name), unquote_plus(value)) for name, value in map(_pair, self._pieces())
        ]

    def parameter(self, name: str) -> list[str]:
        """The values of a query parameter; names are compared without regard to case."""
        name = name.lower()
        return [value for each, value in self.pairs() if each.lower() == name]

    def with_parameter(self, name: str, values: Iterable[str], *, append: bool = False) -> HttpUrl:
        """The URL with a query parameter set, at the end; other parameters stay as they were sent.

        Args:
            name: Its name.
            values: Its values; none deletes it.
            append: Whether what is there stays too.
        """
        lower = name.lower()
        kept = [
            piece
            for piece in self._pieces()
            if append or unquote_plus(_pair(piece)[0]).lower() != lower
        ]
        added = [f"{quote_plus(name)}={quote(value, safe='')}" for value in values]
        return replace(self, query="&".join([*kept, *added]))

    def decoded_path(self) -> str:
        """The path without escapes."""
        return unquote(self.path)

    def _pieces(self) -> list[str]:
        return [piece for piece in self.query.split("&") if piece]


def _pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name, value


@dataclass(slots=True)
class SimulatedRequest:
    """A request.

    Attributes:
        method: For example `GET`.
        url: Where to.
        headers: Its headers.
        body: Its body; an empty one is none.
        client_address: The address that it came from.
        certificate: The certificate that the caller shows, as PEM.
        timeout: Seconds that the caller waits for the headers of the answer.
    """

    method: str
    url: HttpUrl
    headers: HttpHeaders = field(default_factory=HttpHeaders)
    body: HttpBody = field(default_factory=HttpBody)
    client_address: str = "127.0.0.1"
    certificate: bytes | None = None
    timeout: float | None = None

    @property
    def content(self) -> bytes:
        """What is left of the body, without reading it."""
        return self.body.content

    def copy(self) -> SimulatedRequest:
        """The same request, to be changed apart; what is left of the body can be read there."""
        return replace(self, headers=self.headers.copy(), body=HttpBody(self.body.content))


@dataclass(slots=True)
class SimulatedResponse:
    """A response.

    Attributes:
        status: For example 200.
        reason: The words after it.
        headers: Its headers.
        body: Its body.
    """

    status: int = 200
    reason: str = ""
    headers: HttpHeaders = field(default_factory=HttpHeaders)
    body: HttpBody = field(default_factory=HttpBody)

    def __post_init__(self) -> None:
        self.reason = self.reason or reason_of(self.status)

    @property
    def content(self) -> bytes:
        """What is left of the body, without reading it."""
        return self.body.content

    @classmethod
    def of(
        cls,
        status: int = 200,
        content: bytes | str | dict[str, Any] | list[Any] = b"",
        headers: HeaderValues = (),
        *,
        reason: str = "",
    ) -> SimulatedResponse:
        """A response of what is at hand.

        Args:
            status: Its status.
            content: Its body; what is not text or bytes becomes JSON.
            headers: Its headers; a content type is added where there is none.
            reason: The words after the status; the usual ones, if not given.
        """
        given, kind = HttpHeaders(headers), ""
        if isinstance(content, str):
            content, kind = content.encode(), "text/plain; charset=utf-8"
        elif not isinstance(content, bytes):
            import json

            content, kind = json.dumps(content).encode(), "application/json"
        if kind and "Content-Type" not in given:
            given.add("Content-Type", kind)
        return cls(status, reason, given, HttpBody(content))

    def copy(self) -> SimulatedResponse:
        """The same response, to be changed apart."""
        return SimulatedResponse(
            self.status, self.reason, self.headers.copy(), HttpBody(self.body.content)
        )


def reason_of(status: int) -> str:
    """The usual words for a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
