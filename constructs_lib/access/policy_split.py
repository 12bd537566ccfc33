"""Which imagined requests come through the statements of a policy, and which are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, cast

from constructs_lib.access.expression_methods import FREE, THROWN, UNCLEAR, Unknown, Value
from constructs_lib.access.expression_value import Given, SentToken, truths_of, values_of
from constructs_lib.access.imagined import IMAGINED, OTHER_CLIENT, Imagined, refused_by
from constructs_lib.access.policy_document import HOLE
from constructs_lib.access.policy_way import Variables, Way
from constructs_lib.policy.model import Element

_CHECKS = frozenset({"validate-azure-ad-token", "validate-jwt"})
_SHOWN = 100
_LONGEST = 1000
_ABSENT = "whether a variable is there that a condition of the policy looks at is not known here"
_HOLE = re.compile(f"{HOLE}\\d+.")

Truths = tuple["bool | Unknown", ...]
Reach = Literal["yes", "no"] | str
"""Whether a request gets into a branch; other words say why that is not known."""


class Split:
    """The branches of a `choose`, and who gets into each.

    Args:
        statement: The `choose`.
        ways: The ways that lead to it.
    """

    def __init__(self, statement: Element, ways: list[Way]) -> None:
        self.conditions = [
            None if each.name == "otherwise" else each.attributes.get("condition", "")
            for each in statement.elements()
        ]
        met = [self._met(way) for way in ways]
        self._reach = [self._reached(way, each) for way, each in zip(ways, met, strict=True)]
        self.ways = [
            way._replace(failing=way.failing or _ABSENT) if _fails(each, reach) else way
            for way, each, reach in zip(ways, met, self._reach, strict=True)
        ]
        self._through: dict[int, set[Imagined]] = {}

    def _met(self, way: Way) -> list[Truths]:
        """What each condition is for each request on a way."""
        given = _given(way)
        return [
            _MET if condition is None else truths_of(condition, given)
            for condition in self.conditions
        ]

    def _reached(self, way: Way, met: list[Truths]) -> dict[Imagined, list[Reach]]:
        """Whether each request on a way gets into each branch, and at last past all of them."""
        # Most conditions are met by all of the requests or by none.
        reach: dict[tuple[bool | Unknown, ...], list[Reach]] = {}
        found: dict[Imagined, list[Reach]] = {}
        for request, *each in zip(IMAGINED, *met, strict=True):
            if request not in way.refused:
                place = tuple(each)
                if place not in reach:
                    reach[place] = list(self._into_each(place))
                found[request] = reach[place]
        return found

    def _into_each(self, met: Sequence[bool | Unknown]) -> Iterator[Reach]:
        so_far: Reach = "yes"
        for condition, each in zip(self.conditions, met, strict=True):
            if so_far == "no" or each is False or each is THROWN:
                yield "no"
            elif each is UNCLEAR:
                so_far = f"the condition {shown(condition or '')} is not understood"
                yield so_far
            else:
                yield so_far
            if each is True or each is THROWN:
                so_far = "no"
        yield so_far

    def into(self, position: int) -> list[Way]:
        """The ways into a branch, or past all of them."""
        found: list[Way] = []
        for way, reach in zip(self.ways, self._reach, strict=True):
            kept = {request for request, each in reach.items() if each[position] == "no"}
            found.append(way._replace(refused=way.refused | kept) if kept else way)
        return found

    def spares(self, request: Imagined, position: int) -> bool:
        """Whether a request surely goes another way than into a branch."""
        reach = [each[request] for each in self._reach if request in each]
        return bool(reach) and all(each[position] == "no" and "yes" in each for each in reach)

    def leave(self, position: int, ways: list[Way]) -> None:
        """Note who comes out of a branch."""
        self._through[position] = {
            request for request in IMAGINED if any(request not in way.refused for way in ways)
        }

    def doubted(self, ways: Iterable[Way]) -> list[Way]:
        """The ways on, with the requests of which it is not known whether they come through.

        Branches that do the same to a request are one way, so that conditions which change nothing
        do not make more and more ways.
        """
        doubts = frozenset(self._doubts())
        refused: dict[Way, frozenset[Imagined]] = {}
        for way in ways:
            plain = for_anybody(way)
            refused[plain] = refused.get(plain, way.refused) & way.refused
        return [
            way._replace(refused=kept, unclear=way.unclear | doubts) if kept or doubts else way
            for way, kept in refused.items()
        ]

    def _doubts(self) -> Iterator[tuple[Imagined, str]]:
        for request, reach in (each for way in self._reach for each in way.items()):
            why = next((each for each in reach if each != "yes" and each != "no"), None)
            if why is None:
                continue
            comes = [
                (each, request in self._through.get(position, ()))
                for position, each in enumerate(reach)
                if each != "no"
            ]
            surely = any(through for each, through in comes if each == "yes")
            if not surely and not all(through for _, through in comes):
                yield request, why


def shown(condition: str) -> str:
    """A condition in one line, with marks for what is known only after apply and for its end."""
    text = _HOLE.sub("…", " ".join(condition.split()))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def for_anybody(way: Way) -> Way:
    """A way, whichever requests come on it."""
    return way._replace(refused=frozenset()) if way.refused else way


def refusing(way: Way, check: Element) -> Way:
    """The way on after a statement that validates the caller's token."""
    if check.name not in _CHECKS:
        return way
    found = {each: refused_by(check, each) for each in IMAGINED}
    refused = {each for each, said in found.items() if said == "refused"}
    unclear = {(each, said) for each, said in found.items() if said not in ("refused", "passes")}
    return way._replace(refused=way.refused | refused, unclear=way.unclear | unclear)


def naming(way: Way, name: str, value: str) -> Variables:
    """What variables hold after one was set."""
    computed = value.lstrip().startswith("@")
    return _with(way, name, values_of(value, _given(way)) if computed else _of_all(value))


def filling(way: Way, statement: Element) -> Way:
    """The way on after a statement that leaves something in variables."""
    for attribute, name in statement.attributes.items():
        if attribute.endswith("variable-name"):
            # With the gateway's own token in the request, no statement reads the caller's.
            own = way.token is not None or statement.name == "authentication-managed-identity"
            held = FREE if own else SentToken() if statement.name in _CHECKS else UNCLEAR
            way = way._replace(variables=_with(way, name, _of_all(held)))
    return way


def _with(way: Way, name: str, values: tuple[Value, ...]) -> Variables:
    # What statements may add to for ever is followed for a while.
    followed = [cast("Sequence[Value]", each) for each in values if isinstance(each, (str, tuple))]
    values = _of_all(UNCLEAR) if any(len(each) > _LONGEST for each in followed) else values
    return (*(each for each in way.variables if each[0] != name), (name, values))


def _of_all(value: Value) -> tuple[Value, ...]:
    return (value,) * len(IMAGINED)


_MET: Truths = (True,) * len(IMAGINED)


def _fails(met: Sequence[Truths], reach: dict[Imagined, list[Reach]]) -> bool:
    """Whether conditions fail for a token that has every claim: a variable is not there."""
    position = IMAGINED.index(OTHER_CLIENT)
    thrown = any(condition[position] is THROWN for condition in met)
    return thrown and all(each == "no" for each in reach.get(OTHER_CLIENT, ()))


def _given(way: Way) -> Given:
    # What a policy puts into headers is not followed, but it is no longer the caller's.
    headers = {each.name.removeprefix("header:"): UNCLEAR for each in way.held if ":" in each.name}
    headers |= dict.fromkeys(way.headers, UNCLEAR)
    if way.token is not None or way.replaced is not None:
        headers["authorization"] = FREE if way.token is not None else UNCLEAR
    return Given(way.variables, tuple(headers.items()))
