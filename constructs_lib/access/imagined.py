"""Requests that a policy has to refuse, imagined on their way to see which come through.

An MCP server that demands something demands it of every request, so it is asked what becomes of one
that does not have it. That says more than whether a policy names a claim: a condition can name it
and refuse nobody. Sources: Model Context Protocol 2026-07-28, "Authorization" and "Transports";
Learn, "validate-azure-ad-token" and "validate-jwt".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from constructs_lib.policy.model import Element

OTHER = "\ue030"
"""A text that is none of those in a policy; a policy's own text has no private characters."""
SENT_TOKEN = "\ue031"  # noqa: S105 - a mark that stands for one
"""The text of the caller's token."""

# How API Management takes these values is not documented: as a text like others, or as any text.
_DOUBTFUL = frozenset({"", "*"})


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """A request with a token, well formed and issued by the tenant, that lacks one thing.

    Attributes:
        name: What its caller has not.
        claims: What is known of claims of its token; with None the token has no such claim. Others
            may hold anything.
        origin: Its `Origin` header; None is any or none.
    """

    name: str
    claims: tuple[tuple[str, str | None], ...] = ()
    origin: str | None = None

    @property
    def known(self) -> dict[str, str | None]:
        """The claims by their names."""
        return dict(self.claims)


FORGED = Imagined("a token that is really issued")
OTHER_CLIENT = Imagined("a listed client", (("azp", OTHER), ("appid", OTHER)))
OTHER_AUDIENCE = Imagined("a token for the server", (("aud", OTHER),))
WITHOUT_PERMISSION = tuple(
    Imagined(name, (("scp", scope), ("roles", role)))
    for name, scope, role in (
        ("a scope or a role", None, None),
        ("the right scope", OTHER, None),
        ("the right role", None, OTHER),
        ("the right scope or role", OTHER, OTHER),
    )
)
OTHER_ORIGIN = Imagined("an expected Origin", origin=f"https://{OTHER}")
IMAGINED = (FORGED, OTHER_CLIENT, OTHER_AUDIENCE, *WITHOUT_PERMISSION, OTHER_ORIGIN)


@dataclass(frozen=True, slots=True)
class _Demand:
    claim: str
    values: tuple[str, ...]
    all: bool = False


def refused_by(check: Element, each: Imagined) -> Literal["refused", "passes"] | str:
    """What a statement that validates a token makes of a request; else why that is not known."""
    if each is FORGED:
        return "refused"
    doubt = ""
    for demand in _demands(check):
        if demand.claim not in each.known:
            continue
        if each.known[demand.claim] is None:
            return "refused"
        plain = [one for one in demand.values if one not in _DOUBTFUL and "@" not in one[:1]]
        if plain and (demand.all or len(plain) == len(demand.values)):
            return "refused"
        if demand.values:
            doubt = f"<{check.name}> demands {_shown(demand)}"
    return doubt or "passes"


def _shown(demand: _Demand) -> str:
    value = next(one for one in demand.values if one in _DOUBTFUL or one.startswith("@"))
    return f"of {demand.claim} a value that is not understood, {value!r}"


def _demands(check: Element) -> Iterator[_Demand]:
    """What a check demands of claims; several demands have to be met all."""
    for name, claim in _LISTS.items():
        values = [one.text.strip() for each in check.elements(name) for one in each.elements()]
        if values:
            yield _Demand(claim, tuple(values))
            if claim == "azp":
                yield _Demand("appid", tuple(values))
    for claims in check.elements("required-claims"):
        for each in claims.elements("claim"):
            values = tuple(one.text.strip() for one in each.elements("value"))
            match = each.attributes.get("match", "all").strip().lower()
            yield _Demand(each.attributes.get("name", "").strip(), values, match == "all")


_LISTS = {"client-application-ids": "azp", "audiences": "aud", "backend-application-ids": "aud"}
