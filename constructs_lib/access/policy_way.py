"""What is known of a request on one way through the policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from constructs_lib.access.imagined import Imagined
from constructs_lib.access.links import ApiLink
from constructs_lib.access.terraform.values import Value

Variables: TypeAlias = tuple[tuple[str, tuple[Any, ...]], ...]
"""What variables hold, by their names: a value for each of `IMAGINED`."""

_MAXIMUM_PIECES = 32
KEPT = "the policy leaves the caller's own Authorization header in place of the token"
CHOSEN = "the policy fills the Authorization header with what the caller sends"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token that a policy gets from the gateway's identity.

    Attributes:
        resource: What it asks for: client id or App ID URI of an application.
        client_id: Which user-assigned identity; None is the system-assigned one.
        address: The policy that gets it.
        ignore_error: Whether the request goes on without it when Entra refuses.
        chosen: Whether the caller says what it asks for.
        instead: The earlier token that goes on when Entra refuses this one and that is ignored.
        callers: Whether then the caller's own `Authorization` goes on.
    """

    resource: Value
    client_id: Value | None
    address: str
    ignore_error: bool
    chosen: bool = False
    instead: TokenRequest | None = None
    callers: bool = False


@dataclass(frozen=True, slots=True)
class Taint:
    """A piece of text that is not known, and what it may carry.

    Attributes:
        tokens: Tokens of the gateway, each with whether "Bearer " stands before it already.
        key: Whether it may carry the subscription key.
        caller: Whether the caller may choose it.
        understood: Whether that is all; False where an expression is not understood.
    """

    tokens: frozenset[tuple[TokenRequest, bool]] = frozenset()
    key: bool = False
    caller: bool = False
    understood: bool = True


FlowText = tuple["str | Taint", ...]
"""A text of pieces, of which some are not known."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a variable, or a header that a policy sets, holds.

    Attributes:
        name: The variable, or `header:` and the header in lower case.
        texts: Each text that it may hold.
    """

    name: str
    texts: tuple[FlowText, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """A token or the subscription key that leaves otherwise than in the backend's request.

    Attributes:
        address: The policy that gives it away.
        token: The token; None is the key.
        to: Who gets it: a host, or in words.
        host: Whether it is a host.
        chosen: Whether the caller chooses that host.
        known: Whether it is known which host that is.
    """

    address: str
    token: TokenRequest | None
    to: str
    host: bool
    chosen: bool = False
    known: bool = True


class Way(NamedTuple):
    """One way that a request may take through the policies.

    Attributes:
        backend_id: The backend entity that it is sent to.
        url: The URL that it is sent to, when there is no backend entity.
        backend_address: Which resource says so.
        backend_scope: The policy of the scope in which it does.
        host: The `Host` header that a policy sets.
        chosen: The policy by which the caller chooses the host that the request is sent to.
        proxied: The policy that sends it through a proxy.
        token: What it carries in `Authorization`; None is nothing of the gateway's.
        asked: All tokens that it goes on only with, those included that are replaced later.
        replaced: The policy that keeps the token out of `Authorization`, and how.
        held: What variables and headers hold that policies set.
        headers: Names of headers that are deleted, in lower case.
        queries: Names of query parameters that are deleted, in lower case.
        copies: What the subscription key was copied into, in words.
        certificate: Whether a client certificate is sent.
        checked: The policy statement that demands proof of who the caller is.
        doubtful: Why the caller may have to prove who it is, although that is not sure.
        cached: The policy that may answer from a cache before anything is checked.
        unknown: Why parts of the policies are not known.
        address: The innermost policy.
        refused: The imagined requests that do not come this way.
        unclear: Those of which that is not known, and why.
        variables: What variables hold for each of `IMAGINED`.
        failing: Why every request may fail on it.
        audiences: Whom the caller's token has to be issued for, by its checks.
        copied: Whether another header holds the caller's own token.
        streams: Whether the answer is passed on as it comes, without a buffer.
        keyed: The policy that puts a key of the Functions host into the request.
        called: The API whose operation is called for a tool of the one that the caller calls.
        subscribed: Whether only callers with a subscription key come this way.
    """

    backend_id: Value | None = None
    url: Value | None = None
    backend_address: str | None = None
    backend_scope: str | None = None
    host: Value | None = None
    chosen: str | None = None
    proxied: str | None = None
    token: TokenRequest | None = None
    asked: tuple[TokenRequest, ...] = ()
    replaced: tuple[str, str] | None = None
    held: tuple[Held, ...] = ()
    headers: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()
    certificate: bool = False
    checked: str | None = None
    doubtful: str | None = None
    cached: str | None = None
    unknown: str | None = None
    address: str | None = None
    refused: frozenset[Imagined] = frozenset()
    unclear: frozenset[tuple[Imagined, str]] = frozenset()
    variables: Variables = ()
    failing: str | None = None
    audiences: tuple[Value, ...] = ()
    copied: bool = False
    streams: bool = False
    keyed: str | None = None
    called: ApiLink | None = None
    subscribed: bool = False

    def lets(self, *requests: Imagined) -> bool | str:
        """Whether one of some imagined requests comes this way; words where that is not known."""
        doubts = dict(self.unclear)
        coming = [each for each in requests if each not in self.refused]
        if any(each not in doubts for each in coming):
            return True
        return doubts[coming[0]] if coming else False

    @property
    def authorized_by_caller(self) -> bool:
        """Whether `Authorization` is what the caller says."""
        kept = self.replaced is None or self.replaced[1] in (KEPT, CHOSEN)
        return self.token is None and kept and "authorization" not in self.headers

    @property
    def passes_on(self) -> bool:
        """Whether the caller's own token reaches the backend."""
        return self.copied or self.authorized_by_caller


def widened(text: FlowText) -> FlowText:
    """A text, or what it may carry where it is long: statements may add to it for ever."""
    if len(text) <= _MAXIMUM_PIECES:
        return text
    found = list(taints([text]))
    return (
        Taint(
            frozenset[tuple[TokenRequest, bool]]().union(*(each.tokens for each in found)),
            any(each.key for each in found),
            any(each.caller for each in found),
            all(each.understood for each in found),
        ),
    )


def taints(texts: Iterable[FlowText]) -> Iterator[Taint]:
    """The pieces of texts that are not known."""
    return (piece for text in texts for piece in text if isinstance(piece, Taint))
