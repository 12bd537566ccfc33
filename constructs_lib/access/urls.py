"""URLs over text of which parts are not known: what host they surely lead to, if any.

RFC 3986 says how a URL is taken apart; Python's `urllib.parse` does it, with marks in the place of
what is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from constructs_lib.access.terraform.values import Opaque, Reference, Term, Value, join

_MARK = re.compile("\ue020(\\d+)\ue021")
_LABELS = re.compile(r"[A-Za-z0-9._-]*")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Url:
    """A URL, as far as it is known.

    Attributes:
        scheme: In lower case.
        host: The host; a `Term` where parts of it are not known.
        plain: Whether the authority is the host alone: no user, no other port, no final dot.
        path: What follows the authority, up to the query.
    """

    scheme: str
    host: Value
    plain: bool
    path: Value = ""


def parse(url: Value) -> Url | None:
    """Take a URL apart; None when it is none, or not even its beginning is known."""
    return _parse(url) if isinstance(url, (str, Term)) else None


@lru_cache(maxsize=4096)
def _parse(url: str | Term) -> Url | None:
    parts = url.parts if isinstance(url, Term) else (url,)
    kept: list[Reference | Opaque] = []
    text = ""
    for part in parts:
        if isinstance(part, (Reference, Opaque)):
            text += f"\ue020{len(kept)}\ue021"
            kept.append(part)
        else:
            text += part
    try:
        # What the gateway sends requests with takes a backslash for a slash, as browsers do.
        split = urlsplit(text.strip().replace("\\", "/"))
    except ValueError:
        return None
    if not split.scheme or not split.netloc or not text.strip().lower().startswith(split.scheme):
        return None
    return _taken_apart(split, kept)


def _taken_apart(split: SplitResult, kept: list[Reference | Opaque]) -> Url | None:
    user, at, rest = split.netloc.rpartition("@")
    if rest.startswith("["):
        return Url(split.scheme, rest.rpartition("]")[0].lstrip("["), plain=False)
    name, colon, port = rest.partition(":")
    if not name:
        return None
    plain = not (at or user) and (not colon or port == str(_PORTS.get(split.scheme, "")))
    if name.endswith(".") or not _LABELS.fullmatch(_MARK.sub("", name)):
        plain = False
    return Url(split.scheme, _restored(name.rstrip("."), kept), plain, _restored(split.path, kept))


def _restored(text: str, kept: list[Reference | Opaque]) -> Value:
    pieces: list[Value] = []
    for position, piece in enumerate(_MARK.split(text)):
        pieces.append(Term((kept[int(piece)],)) if position % 2 else piece)
    return join(pieces)


def host_of(url: Value) -> Value:
    """The host of a URL, as a value; None when it cannot be told."""
    found = parse(url)
    return found.host if found is not None else None


def host_unknown(url: Value) -> bool:
    """Whether a URL is computed in a way that does not tell its host."""
    host = host_of(url) or url
    return isinstance(host, Term) and any(
        isinstance(part, Opaque) or (isinstance(part, Reference) and not part.created)
        for part in host.parts
    )
