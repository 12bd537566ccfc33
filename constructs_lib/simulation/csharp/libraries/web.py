"""Uri, WebUtility and IPAddress.

Source: Learn, .NET API reference of System.Uri, System.Net.WebUtility and System.Net.IPAddress.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import html
import ipaddress
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urljoin, urlsplit

from constructs_lib.simulation.csharp.errors import ExpressionFailed
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import Array, Bytes, EnumValue, argument_null

enumeration("UriKind", "System.UriKind", RelativeOrAbsolute=0, Absolute=1, Relative=2)
enumeration("UriPartial", "System.UriPartial", Scheme=0, Authority=1, Path=2, Query=3)
_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


class Uri:
    """System.Uri."""

    __slots__ = ("original", "parts")

    def __init__(self, text: Any, *rest: Any) -> None:
        if text is None:
            raise argument_null("uriString")
        if isinstance(text, Uri):
            text = urljoin(
                text.to_text(), rest[0].to_text() if isinstance(rest[0], Uri) else rest[0]
            )
        self.original: str = text
        try:
            self.parts = urlsplit(text.strip())
            absolute = bool(self.parts.scheme) and bool(self.parts.netloc or self.parts.path)
            self.parts.port  # noqa: B018 - raises for a bad one
        except ValueError:
            absolute = False
            self.parts = urlsplit("")
        if not absolute and not (rest and isinstance(rest[0], EnumValue) and rest[0] != 1):
            raise ExpressionFailed(
                "Invalid URI: The format of the URI could not be determined.",
                "System.UriFormatException",
            )

    @property
    def port(self) -> int:
        """The port, that of the scheme without one."""
        return self.parts.port or _PORTS.get(self.parts.scheme, -1)

    @property
    def host(self) -> str:
        """The host."""
        return self.parts.hostname or ""

    @property
    def authority(self) -> str:
        """Host and port, if it is not the scheme's."""
        default = _PORTS.get(self.parts.scheme)
        return self.host if self.port in (default, -1) else f"{self.host}:{self.port}"

    @property
    def path(self) -> str:
        """The path, escaped."""
        return quote(self.parts.path, safe="/:@!$&'()*+,;=~%-._") or "/"

    @property
    def query(self) -> str:
        """The query with its `?`."""
        return f"?{quote(self.parts.query, safe=_SAFE)}" if self.parts.query else ""

    def absolute(self) -> str:
        """All of it, escaped."""
        fragment = f"#{self.parts.fragment}" if self.parts.fragment else ""
        return f"{self.left()}{self.path}{self.query}{fragment}"

    def left(self) -> str:
        """Scheme and authority."""
        return f"{self.parts.scheme}://{self.authority}"

    def to_text(self) -> str:
        """`ToString()`: with less escapes."""
        if not self.parts.scheme:
            return self.original
        return re.sub(
            r"%(?:20|22|3C|3E|5B|5D|7B|7D|[89A-F][0-9A-F])+",
            lambda found: unquote(found[0]),
            self.absolute(),
        )

    def equals(self, other: Any) -> bool:
        """`Equals`: by value."""
        return isinstance(other, Uri) and self.absolute() == other.absolute()

    operator_equal = equals


_SAFE = "/:@!$&'()*+,;=~%?-._"


def _left_part(uri: Uri, part: EnumValue) -> str:
    steps = [f"{uri.parts.scheme}://", uri.left(), uri.left() + uri.path]
    return [*steps, uri.left() + uri.path + uri.query][int(part)]


def _escape(text: Any) -> str:
    if text is None:
        raise argument_null("stringToEscape")
    return quote(text, safe="-_.~", errors="replace")


def _unescape(text: Any) -> str:
    if text is None:
        raise argument_null("stringToUnescape")
    return unquote(text)


def _try_create(text: Any, kind: Any, out: Any) -> bool:
    try:
        out.value = Uri(text, kind)
    except ExpressionFailed:
        out.value = None
        return False
    return True


def _segments(uri: Uri) -> Array:
    return Array.of("string", re.findall(r"[^/]*/|[^/]+", uri.path))


define(
    "Uri",
    "System.Uri",
    value=Uri,
    properties={
        "Scheme -> string": lambda uri: uri.parts.scheme,
        "Host -> string": lambda uri: uri.host,
        "Port -> int": lambda uri: uri.port,
        "Authority -> string": lambda uri: uri.authority,
        "AbsolutePath -> string": lambda uri: uri.path,
        "LocalPath -> string": lambda uri: unquote(uri.path),
        "PathAndQuery -> string": lambda uri: uri.path + uri.query,
        "Query -> string": lambda uri: uri.query,
        "Fragment -> string": lambda uri: f"#{uri.parts.fragment}" if uri.parts.fragment else "",
        "AbsoluteUri -> string": lambda uri: uri.absolute(),
        "OriginalString -> string": lambda uri: uri.original,
        "IsAbsoluteUri -> bool": lambda uri: bool(uri.parts.scheme),
        "IsDefaultPort -> bool": lambda uri: uri.port == _PORTS.get(uri.parts.scheme),
        "Segments -> string[]": _segments,
        "DnsSafeHost -> string": lambda uri: uri.host,
        "UserInfo -> string": lambda uri: uri.parts.netloc.rpartition("@")[0],
    },
    methods={"GetLeftPart -> string": _left_part, "ToString -> string": lambda uri: uri.to_text()},
    static_methods={
        "EscapeDataString -> string": _escape,
        "UnescapeDataString -> string": _unescape,
        "EscapeUriString -> string": lambda text: quote(text, safe=_SAFE + "#[]"),
        "TryCreate -> bool": _try_create,
        "IsWellFormedUriString -> bool": lambda text, _kind: bool(
            text and re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s\\<>\"{}|^`]+", text)
        ),
    },
    static={"UriSchemeHttp -> string": lambda: "http", "UriSchemeHttps -> string": lambda: "https"},
    make=Uri,
    known="IsBaseOf MakeRelativeUri GetComponents HostNameType IdnHost IsLoopback "
    "IsFile CheckHostName",
)


def _url_encode(text: Any) -> Any:
    if text is None:
        return None
    return quote_plus(text, safe="-_.!*()", errors="replace").replace("~", "%7E")


def _url_decode(text: Any) -> Any:
    return None if text is None else unquote(text.replace("+", " "))


def _html_encode(text: Any) -> Any:
    if text is None:
        return None
    escaped = html.escape(text, quote=True).replace("&#x27;", "&#39;")
    return re.sub("[\xa0-\xff]", lambda found: f"&#{ord(found[0])};", escaped)


define(
    "WebUtility",
    "System.Net.WebUtility",
    static_methods={
        "UrlEncode -> string": _url_encode,
        "UrlDecode -> string": _url_decode,
        "HtmlEncode -> string": _html_encode,
        "HtmlDecode -> string": lambda text: None if text is None else html.unescape(text),
    },
    known="UrlEncodeToBytes UrlDecodeToBytes",
)


class IPAddress:
    """An IP address."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def to_text(self) -> str:
        """The address."""
        return str(self.value)

    def equals(self, other: Any) -> bool:
        """`Equals`: by value."""
        return isinstance(other, IPAddress) and self.value == other.value


def _parse_address(text: Any) -> IPAddress:
    if text is None:
        raise argument_null("ipString")
    try:
        return IPAddress(ipaddress.ip_address(text.strip("[]")))
    except ValueError as error:
        raise ExpressionFailed(
            "An invalid IP address was specified.", "System.FormatException"
        ) from error


def _try_address(text: Any, out: Any) -> bool:
    try:
        out.value = _parse_address(text)
    except ExpressionFailed:
        out.value = None
        return False
    return True


enumeration("AddressFamily", "System.Net.Sockets.AddressFamily", InterNetwork=2, InterNetworkV6=23)
define(
    "IPAddress",
    "System.Net.IPAddress",
    value=IPAddress,
    properties={
        "AddressFamily -> AddressFamily": lambda address: EnumValue(
            "AddressFamily",
            *(("InterNetwork", 2) if address.value.version == 4 else ("InterNetworkV6", 23)),
        )
    },
    methods={
        "GetAddressBytes -> byte[]": lambda address: Bytes(address.value.packed),
        "ToString -> string": lambda address: str(address.value),
    },
    static_methods={
        "Parse -> IPAddress": _parse_address,
        "TryParse -> bool": _try_address,
        "IsLoopback -> bool": lambda address: address.value.is_loopback,
    },
    forbidden="Any Loopback None Broadcast MapToIPv4 MapToIPv6 IsIPv6LinkLocal ScopeId "
    "HostToNetworkOrder",
)
