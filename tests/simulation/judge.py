"""Holds the access analysis against the simulator: random configurations, callers and requests.

What the analysis calls closed no simulated request opens; what it calls open one does. It may say
that it does not know. `python -m tests.simulation.judge --pairs 20000 --seed 1`
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from constructs_lib.access import Answer, analyse, read_stacks
from constructs_lib.access.chain import Chain as Links
from constructs_lib.simulation.door import VISITS, Door, Doors
from constructs_lib.simulation.entra import (
    OTHER_TENANT,
    Entra,
    Principal,
    identities_of,
    stranger,
)
from constructs_lib.simulation.functions import echo
from constructs_lib.simulation.http import Headers, Request, Url
from constructs_lib.simulation.known import KnownValues
from constructs_lib.simulation.network import Origin
from constructs_lib.simulation.outside import ManagedIdentity, Token
from tests.simulation.mutations import Document, configuration

# What a value may be that the configuration does not tell: a switch, or somebody's id.
UNKNOWN = ("true", "false", "5f0c7c1e-51a5-4d0b-9a53-0a4e25a6e0b4")


@dataclass(frozen=True)
class Disagreement:
    """What the analysis says and a request shows otherwise."""

    seed: int
    caller: str
    target: str
    verdict: str
    reason: str
    shown: str


@dataclass
class Outcome:
    """What a run came to."""

    pairs: int = 0
    configurations: int = 0
    requests: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)


class World:
    """A configuration as it is deployed with one value of what it does not tell."""

    def __init__(self, document: Document, unknown: str, random: random.Random) -> None:
        links = self.links = Links(read_stacks({"judge": document}))
        self.known = KnownValues(links, {"var.unknown": unknown})
        self.entra = Entra(links, self.known)
        self.doors = Doors(links, self.known, self.entra, echo)
        self.random = random
        self.requests = 0
        self.last: list[str] = []

    def opens(self, answer: Answer) -> bool | None:
        """Whether a request of the caller gets in; None for callers that are not simulated."""
        door = next(d for d in self.doors if d.app.address == answer.target.address)
        requests = self._requests(answer, door)
        if requests is None:
            return None
        return any(self._reaches(answer, door, *each) for each in requests)

    def _reaches(self, answer: Answer, door: Door, request: Request, origin: Origin) -> bool:
        visits: list[Any] = []
        VISITS.set(visits)
        self.requests += 1
        response = door.answer(request, origin)
        self.last = [step.message for step in visits[0].steps]
        if answer.caller.kind == "plain-http":
            # Whether it is served at all, whatever Easy Auth then says of it.
            return response.status not in (301, 302) and not any(
                step.source in ("network", "site") and step.message.startswith("403")
                for step in visits[0].steps
            )
        return visits[0].received is not None

    def _requests(self, answer: Answer, door: Door) -> Iterator[tuple[Request, Origin]] | None:
        kind = answer.caller.kind
        if kind == "excluded-path":
            path = answer.caller.label.removeprefix("anybody on ")
            return self._with(door, [None], paths=(path, f"{path.rstrip('/')}/below"))
        if kind in ("anonymous", "function-key"):
            key = {"x-functions-key": "a-key"} if kind == "function-key" else {}
            return self._with(door, [None, "rubbish"], headers=key)
        if kind == "plain-http":
            return self._with(door, [None], scheme="http")
        if kind in ("application", "application-with-role", "user", "foreign"):
            principal = stranger(
                kind,
                kind="user" if kind == "user" else "application",
                tenant=OTHER_TENANT if kind == "foreign" else self.entra.tenant,
                has_role=kind in ("application-with-role", "foreign"),
            )
            return self._with(door, [None, *self._tokens(principal)])
        if kind in ("gateway-policy", "gateway-identity"):
            return self._as_gateway(answer, door)
        return None

    def _tokens(self, principal: Principal | ManagedIdentity) -> Iterator[str]:
        for application in self.entra.applications.values():
            for resource in (application.client_id, *application.uris):
                found = (
                    self.entra.token(principal, resource)
                    if isinstance(principal, ManagedIdentity)
                    else self.entra.issue(principal, resource)
                )
                if isinstance(found, Token):
                    yield found.text

    def _as_gateway(self, answer: Answer, door: Door) -> Iterator[tuple[Request, Origin]] | None:
        identities = identities_of(self.links, self.known)
        for gateway in self.links.gateways:
            for link, identity in zip(
                gateway.identities, identities.get(gateway.address, ()), strict=True
            ):
                names = (link.record.address or gateway.address, link.record.name)
                if answer.caller.address == names[0] and names[1] in answer.caller.label:
                    # Any policy: one that sends a certificate too.
                    origin = replace(self.doors.origin_of(gateway, door), certificate=True)
                    return self._with(door, [None, *self._tokens(identity)], origins=[origin])
        return None

    def _with(
        self,
        door: Door,
        tokens: list[str | None],
        *,
        paths: tuple[str, ...] = ("/api/orders",),
        headers: dict[str, str] | None = None,
        scheme: str = "https",
        origins: list[Origin] | None = None,
    ) -> Iterator[tuple[Request, Origin]]:
        for origin in origins or self._strangers():
            for path in paths:
                for token in tokens:
                    sent = Headers(headers or {})
                    if token is not None:
                        sent.set("Authorization", f"Bearer {token}")
                    if "azurefrontdoor" in origin.tags:
                        sent.set("X-Azure-FDID", "b7c3c9d0-0000-4000-8000-000000000000")
                    sent.set("X-MS-CLIENT-PRINCIPAL-ID", "somebody")
                    path = "/" + path.lstrip("/")
                    url = Url.parse(f"{scheme}://{door.host}{path}")
                    yield Request(self.random.choice(("GET", "POST")), url, sent), origin

    def _strangers(self) -> list[Origin]:
        """Addresses that anybody can have: two of the internet, one that is rented in Azure."""
        home = f"{self.random.choice((8, 77, 91, 151, 203))}.{self.random.randrange(256)}.113.7"
        cloud = "20.61.99.4"
        rented = frozenset({"internet", "azurecloud"})
        return [
            Origin(home, certificate=True),
            Origin(cloud, tags=rented, certificate=True),
            Origin("147.243.9.9", tags=rented | {"azurefrontdoor"}, certificate=True),
        ]


def judge(pairs: int, seed: int) -> Outcome:
    """Compare as many pairs of a configuration and a caller, and a few more."""
    outcome = Outcome()
    for number in count(seed * 1_000_000):
        if outcome.pairs >= pairs:
            return outcome
        judge_one(number, outcome)
    raise AssertionError


def judge_one(number: int, outcome: Outcome) -> None:
    """Compare all callers of one configuration, whatever it is that it does not tell."""
    source = random.Random(number)
    document = configuration(source)
    told = "${var.unknown}" not in json.dumps(document)
    worlds = [World(document, each, source) for each in UNKNOWN[: 1 if told else None]]
    outcome.configurations += 1
    for answer in analyse(read_stacks({"judge": document})).answers:
        opened = [world.opens(answer) for world in worlds]
        if None in opened:
            continue
        outcome.pairs += 1
        shown = "opens" if all(opened) else "opens at times" if any(opened) else "stays shut"
        outcome.verdicts[answer.verdict, shown] += 1
        wrong = {"open": shown != "opens", "closed": shown != "stays shut", "unknown": False}
        if wrong[answer.verdict]:
            said = " ".join(worlds[opened.index(answer.verdict == "closed")].last)
            outcome.disagreements.append(_disagreement(number, answer, f"{shown}: {said}"))
    outcome.requests += sum(world.requests for world in worlds)


def _disagreement(number: int, answer: Answer, shown: str) -> Disagreement:
    return Disagreement(
        number, answer.caller.label, answer.target.name, answer.verdict, answer.reason, shown
    )


def main() -> int:
    """Run from the command line; 1 if there is a disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, help="print the configuration of this number")
    options = parser.parse_args()
    if options.show is not None:
        print(json.dumps(configuration(random.Random(options.show)), indent=2))
        return 0
    begun = time.monotonic()
    outcome = judge(options.pairs, options.seed)
    print(
        f"{outcome.pairs} pairs of {outcome.configurations} configurations, "
        f"{outcome.requests} requests, {time.monotonic() - begun:.0f} s"
    )
    for (verdict, shown), number in sorted(outcome.verdicts.items()):
        print(f"  {verdict}: {shown} {number}")
    for each in outcome.disagreements[:20]:
        print(f"\n{each.seed}: {each.caller} -> {each.target}: {each.verdict}\n  {each.reason}")
        print(f"  {each.shown}")
    print(f"{len(outcome.disagreements)} disagreements")
    return int(bool(outcome.disagreements))


if __name__ == "__main__":
    sys.exit(main())
