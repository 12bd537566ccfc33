"""Holds the access analysis against the simulator: random configurations, callers and requests.

What the analysis calls closed no simulated request opens; what it calls open one does. It may say
that it does not know, which is counted with its reasons. Of each two configurations one is a
function's own door that is changed, and one a whole stack, whose gateway is called too.
`python -m tests.simulation.judge --pairs 20000 --seed 1`
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from constructs_lib.access import Answer, analyse, read_stacks
from constructs_lib.access.terraform.values import text_of
from constructs_lib.simulation.entra import (
    OTHER_TENANT,
    SimulatedPrincipal,
    identities_of,
    stranger,
)
from constructs_lib.simulation.functions import echo
from constructs_lib.simulation.http import HttpHeaders, HttpUrl, SimulatedRequest
from constructs_lib.simulation.local import LocalChain
from constructs_lib.simulation.network import RequestOrigin
from constructs_lib.simulation.outside import AccessToken, ManualClock, Random, SimulatedIdentity
from constructs_lib.simulation.sites import VISITS, SimulatedSite
from tests.simulation.branches import marked, pruned, unrefused
from tests.simulation.gateway_calls import GatewayCalls
from tests.simulation.mutations import Document, configuration
from tests.simulation.stack_mutations import stack

WHOLE = (
    "recipe",
    "directory_contract",
    "existing_function_app",
    "many_apis",
    "mcp_server",
    "user_assigned_identity",
)
"""Examples of which a stack holds the whole chain."""

_NAMES = re.compile(r"\b[\w-]+[./:][\w./:-]+|\$\{[^}]*\}|\bthrough \S+|\bfunc-[\w/-]+|\d+")
UNKNOWN = ("true", "false", "5f0c7c1e-51a5-4d0b-9a53-0a4e25a6e0b4")
"""What a value may be that the configuration does not tell: a switch, or somebody's id."""

Door = Literal["function", "gateway"]
AT_GATEWAY = frozenset({"gateway", "gateway-without-key", "mcp-client", "mcp-other-client"})
"""Callers that come through a gateway; all others call a function's own host."""

_GROUPS = {
    "gateway": "holder",
    "gateway-without-key": "anybody",
    "mcp-client": "listed",
    "mcp-other-client": "unlisted",
}


@dataclass(frozen=True)
class Disagreement:
    """What the analysis says and a request shows otherwise."""

    number: int
    caller: str
    target: str
    verdict: str
    reason: str
    shown: str


@dataclass
class Outcome:
    """What a run came to.

    Attributes:
        pairs: Of a configuration and a caller of one of its targets, by door.
        configurations: How many there were.
        requests: How many there were.
        verdicts: Door, verdict and what requests show, with how often.
        unknown: Door and reason of each `unknown`, with how often.
        untried: Answers that differ only by branches that no call takes, by door and verdict.
        stopped: Why calls of a gateway could not be simulated, with how often.
        disagreements: Where the two differ.
    """

    pairs: Counter[Door] = field(default_factory=Counter["Door"])
    configurations: int = 0
    requests: int = 0
    verdicts: Counter[tuple[Door, str, str]] = field(
        default_factory=Counter["tuple[Door, str, str]"]
    )
    unknown: Counter[tuple[Door, str]] = field(default_factory=Counter["tuple[Door, str]"])
    untried: Counter[tuple[Door, str]] = field(default_factory=Counter["tuple[Door, str]"])
    stopped: Counter[str] = field(default_factory=Counter[str])
    disagreements: list[Disagreement] = field(default_factory=list[Disagreement])


@dataclass(frozen=True)
class Sight:
    """What requests of a caller show: whether one gets in, and whether one does not."""

    opened: bool
    shut: bool
    said: str


class World:
    """A configuration as it is deployed with one value of what it does not tell."""

    def __init__(self, document: Document, unknown: str, random: random.Random) -> None:
        def local(told: Document) -> LocalChain:
            return LocalChain(
                read_stacks({"judge": told}),
                elsewhere=echo,
                clock=ManualClock(),
                random=Random(random.getrandbits(32)),
                values={"var.unknown": unknown},
            )

        chain = local(document)
        self.links, self.known = chain.gateways.links, chain.gateways.known
        self.entra, self.sites = chain.entra, chain.sites
        self.random = random
        self.requests = 0
        self.last: list[str] = []
        self.gateway = GatewayCalls(
            chain, json.dumps(document), random, lambda: local(unrefused(document))
        )

    def sight(self, answer: Answer) -> Sight | None:
        """What requests of the caller show; None for callers that are not simulated."""
        door = next(d for d in self.sites if d.app.address == answer.target.address)
        if answer.caller.kind in AT_GATEWAY:
            return self._through_gateway(answer, door)
        requests = self._requests(answer, door)
        if requests is None:
            return None
        opened = any(self._reaches(answer, door, *each) for each in requests)
        return Sight(opened, not opened, " ".join(self.last))

    def _through_gateway(self, answer: Answer, door: SimulatedSite) -> Sight | None:
        seen = self.gateway.of(answer.caller.address or "", door.host, _GROUPS[answer.caller.kind])
        if seen is None:
            return None
        closed = answer.verdict == "closed"
        opened = seen.received
        if not answer.caller.trusted or not closed:
            # Whoever needs no token of the gateway's may come with an own one.
            opened = opened or seen.passed_on
        if not answer.caller.trusted:
            return Sight(opened is not None, opened is None, str(opened or seen.refused))
        if not closed and not seen.arrived and seen.refused is None:
            return Sight(False, False, "nothing arrives")
        # What is said of a trusted caller is said of the worst of its ways.
        refused = seen.refused or (seen.own_refused if closed else None)
        said = opened if closed else refused
        return Sight(opened is not None, opened is None or refused is not None, str(said))

    def _reaches(
        self, answer: Answer, door: SimulatedSite, request: SimulatedRequest, origin: RequestOrigin
    ) -> bool:
        visits: list[Any] = []
        VISITS.set(visits)
        self.requests += 1
        response = door.answer(request, origin)
        self.last = [step.message for step in visits[0].steps]
        if answer.caller.kind == "plain-http":
            # Whether it is served at all, whatever Easy Auth then says of it.
            location = response.headers.get("Location") or ""
            return not location.startswith(f"https://{door.host}") and not any(
                step.source in ("network", "site") and step.message.startswith("403")
                for step in visits[0].steps
            )
        return visits[0].received is not None

    def _requests(
        self, answer: Answer, door: SimulatedSite
    ) -> Iterator[tuple[SimulatedRequest, RequestOrigin]] | None:
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
        if kind == "listed-application":
            tokens = [each for who in self._listed(answer, door) for each in self._tokens(who)]
            return self._with(door, [None, *tokens])
        return None

    def _listed(self, answer: Answer, door: SimulatedSite) -> Iterator[SimulatedPrincipal]:
        """Whoever an entry of an app's allow-lists may stand for."""
        directory, tenant = door.app.directory, self.entra.tenant
        if directory is None:
            return
        told = answer.caller.id
        objects = directory.values("allowed_identities")
        for value in directory.values("allowed_applications"):
            if told != f"listed-application:{text_of(value)}":
                continue
            client = self.known.text(value, "a client id")
            principal = self.links.principals.with_client_id(value)
            ids = principal.object_ids if principal else objects
            for each in [*ids, "nobody's"]:
                object_id = self.known.text(each, "an object id")
                yield _named(answer, client, object_id, tenant)
        registration = door.app.registration
        for value in objects if registration is not None else ():
            if told == f"listed-application:{text_of(value)}" and registration is not None:
                client = self.known.text(registration.client_id, "a client id")
                yield _named(answer, client, self.known.text(value, "an object id"), tenant)

    def _tokens(self, principal: SimulatedPrincipal | SimulatedIdentity) -> Iterator[str]:
        """Every token that somebody gets."""
        for application in self.entra.applications.values():
            for resource in (application.client_id, *application.uris):
                found = (
                    self.entra.token(principal, resource)
                    if isinstance(principal, SimulatedIdentity)
                    else self.entra.issue(principal, resource)
                )
                if isinstance(found, AccessToken):
                    yield found.text

    def _as_gateway(
        self, answer: Answer, door: SimulatedSite
    ) -> Iterator[tuple[SimulatedRequest, RequestOrigin]] | None:
        identities = identities_of(self.links, self.known)
        for gateway in self.links.gateways:
            for link, identity in zip(
                gateway.identities, identities.get(gateway.address, ()), strict=True
            ):
                names = (link.record.address or gateway.address, link.record.name)
                if answer.caller.address == names[0] and names[1] in answer.caller.label:
                    # Any policy: one that sends a certificate too.
                    origin = replace(self.sites.origin_of(gateway, door), certificate=True)
                    return self._with(door, [None, *self._tokens(identity)], origins=[origin])
        return None

    def _with(
        self,
        door: SimulatedSite,
        tokens: list[str | None],
        *,
        paths: tuple[str, ...] = ("/api/orders",),
        headers: dict[str, str] | None = None,
        scheme: str = "https",
        origins: list[RequestOrigin] | None = None,
    ) -> Iterator[tuple[SimulatedRequest, RequestOrigin]]:
        for origin in origins or self._strangers():
            for path in paths:
                for token in tokens:
                    sent = HttpHeaders(headers or {})
                    if token is not None:
                        sent.set("Authorization", f"Bearer {token}")
                    if "azurefrontdoor" in origin.tags:
                        sent.set("X-Azure-FDID", "b7c3c9d0-0000-4000-8000-000000000000")
                    sent.set("X-MS-CLIENT-PRINCIPAL-ID", "somebody")
                    path = "/" + path.lstrip("/")
                    url = HttpUrl.parse(f"{scheme}://{door.host}{path}")
                    yield SimulatedRequest(self.random.choice(("GET", "POST")), url, sent), origin

    def _strangers(self) -> list[RequestOrigin]:
        """Addresses that anybody can have: two of the internet, one that is rented in Azure."""
        home = f"{self.random.choice((8, 77, 91, 151, 203))}.{self.random.randrange(256)}.113.7"
        cloud = "20.61.99.4"
        rented = frozenset({"internet", "azurecloud"})
        return [
            RequestOrigin(home, certificate=True),
            RequestOrigin(cloud, tags=rented, certificate=True),
            RequestOrigin("147.243.9.9", tags=rented | {"azurefrontdoor"}, certificate=True),
        ]


def _named(answer: Answer, client: str, object_id: str, tenant: str) -> SimulatedPrincipal:
    return SimulatedPrincipal(
        name=answer.caller.label,
        kind="application",
        client_id=client,
        object_id=object_id,
        tenant=tenant,
    )


def judge(pairs: int, seed: int, synthesized: Sequence[Document] = ()) -> Outcome:
    """Compare as many pairs of a configuration and a caller, and a few more."""
    outcome = Outcome()
    for number in count(seed * 1_000_000):
        if outcome.pairs.total() >= pairs:
            return outcome
        judge_one(number, outcome, synthesized)
    raise AssertionError


def document_of(number: int, synthesized: Sequence[Document] = ()) -> Document:
    """The configuration of a number: a function's own door, or a whole stack."""
    source = random.Random(number)
    return stack(source, synthesized) if number % 2 else configuration(source)


def judge_one(number: int, outcome: Outcome, synthesized: Sequence[Document] = ()) -> None:
    """Compare all callers of one configuration by its number."""
    judge_document(document_of(number, synthesized), number, outcome)


def judge_document(document: Document, number: int, outcome: Outcome) -> None:
    """Compare all callers of a configuration, whatever it is that it does not tell."""
    worlds = _worlds(document, number)
    outcome.configurations += 1
    for answer in _answers(document):
        door: Door = "gateway" if answer.caller.kind in AT_GATEWAY else "function"
        seen = [each for world in worlds if (each := world.sight(answer)) is not None]
        if len(seen) < len(worlds):
            continue
        outcome.pairs[door] += 1
        shown, wrong = _compared(answer, seen)
        outcome.verdicts[door, answer.verdict, shown] += 1
        if answer.verdict == "unknown":
            outcome.unknown[door, _kind_of(answer.reason)] += 1
        if wrong is None:
            continue
        if door == "gateway" and not _wrong_as_called(answer, document, number, seen):
            outcome.untried[door, answer.verdict] += 1
            continue
        outcome.disagreements.append(_disagreement(number, answer, f"{shown}: {wrong}"))
    outcome.requests += sum(world.requests + world.gateway.requests for world in worlds)
    for world in worlds[:1]:
        outcome.stopped.update(world.gateway.stopped.values())


def _answers(document: Document) -> Sequence[Answer]:
    return analyse(read_stacks({"judge": document})).answers


def _worlds(document: Document, number: int) -> list[World]:
    told = "${var.unknown}" not in json.dumps(document)
    source = random.Random(-number)
    return [World(document, each, source) for each in UNKNOWN[: 1 if told else None]]


def _compared(answer: Answer, seen: Sequence[Sight]) -> tuple[str, str | None]:
    """What requests show in words, and one that shows the answer wrong."""
    opens = all(each.opened and not each.shut for each in seen)
    stays = all(not each.opened for each in seen)
    # Every request is answered by a policy, so the door is not tried.
    untried = not any(each.opened or each.shut for each in seen)
    shown = "opens" if opens else "stays shut" if stays else "opens at times"
    shown = "nothing arrives" if untried else shown
    # Of a trusted caller the worst of its ways is told, of any other the best.
    closed = opens if answer.caller.trusted else not stays
    wrong = {"open": not (opens or untried), "closed": closed, "unknown": False}
    if not wrong[answer.verdict]:
        return shown, None
    want = answer.verdict == "closed"
    return shown, next(each.said for each in seen if (each.opened if want else each.shut))


def _wrong_as_called(
    answer: Answer, document: Document, number: int, seen: Sequence[Sight]
) -> bool:
    """Whether an answer is wrong of the branches too that the caller's calls take.

    The analysis tells of every way that the policies leave, the requests of those that they take:
    where no operation has the method that a condition asks for, nobody comes to its branch.
    """
    api, group = answer.caller.address or "", _GROUPS[answer.caller.kind]
    worlds = _worlds(marked(document), number)
    kept = {name for world in worlds for name in world.gateway.taken(api, group)}
    same = (answer.caller.id, answer.target.address)
    for other in _answers(pruned(document, kept)):
        if (other.caller.id, other.target.address) == same:
            return _compared(other, seen)[1] is not None
    return answer.verdict == "closed"


def _kind_of(reason: str) -> str:
    """A reason without the names in it."""
    return _NAMES.sub("…", reason)


def _disagreement(number: int, answer: Answer, shown: str) -> Disagreement:
    return Disagreement(
        number, answer.caller.label, answer.target.name, answer.verdict, answer.reason, shown
    )


def synthesized() -> list[Document]:
    """The stacks of the examples that hold a gateway with APIs and their functions."""
    from tests.examples import EXAMPLES, name_of, synthesized

    found: list[Document] = []
    for app in EXAMPLES:
        if name_of(app) in WHOLE:
            with TemporaryDirectory() as folder:
                for each in synthesized(app, Path(folder)).values():
                    found.append(json.loads((each / "cdk.tf.json").read_text()))
    return found


def main() -> int:
    """Run from the command line; 1 if there is a disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000, help="of both doors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without the examples' stacks")
    parser.add_argument("--show", type=int, help="print the configuration of this number")
    options = parser.parse_args()
    stacks = [] if options.plain else synthesized()
    if options.show is not None:
        print(json.dumps(document_of(options.show, stacks), indent=2))
        return 0
    begun = time.monotonic()
    outcome = judge(options.pairs, options.seed, stacks)
    print(
        f"{outcome.configurations} configurations, {outcome.requests} requests, "
        f"{time.monotonic() - begun:.0f} s"
    )
    for door in ("function", "gateway"):
        _print_door(outcome, door)
    for reason, number in outcome.stopped.most_common(5):
        print(f"not simulated: {number} {reason}")
    for each in outcome.disagreements:
        print(f"\n{each.number}: {each.caller} -> {each.target}: {each.verdict}\n  {each.reason}")
        print(f"  {each.shown}")
    print(f"{len(outcome.disagreements)} disagreements")
    return int(bool(outcome.disagreements))


def _print_door(outcome: Outcome, door: Door) -> None:
    total = outcome.pairs[door]
    print(f"the {door}'s door: {total} pairs")
    for (at, verdict, shown), number in sorted(outcome.verdicts.items()):
        if at == door:
            print(f"  {verdict}: {shown} {number} ({number / total:.1%})")
    for (at, verdict), number in sorted(outcome.untried.items()):
        if at == door:
            print(f"  {verdict} only by a branch that no call takes {number}")
    for (at, reason), number in outcome.unknown.most_common():
        if at == door and number >= total / 200:
            print(f"  unknown {number}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
