"""The whole chain: gateways, Entra and the site of every function app and slot."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.simulation.chain import AssumedError, SimulatedGateways
from constructs_lib.simulation.chain import GatewayAnswer as GatewayAnswer
from constructs_lib.simulation.entra import Entra
from constructs_lib.simulation.fidelity import behaviour
from constructs_lib.simulation.functions import Function, answering, echo
from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.known import NotKnownError
from constructs_lib.simulation.network import RequestOrigin
from constructs_lib.simulation.outside import Clock, Random
from constructs_lib.simulation.signals import CallStoppedError
from constructs_lib.simulation.sites import (
    VISITS,
    FromGateway,
    SimulatedSite,
    SimulatedSites,
    Visit,
)
from constructs_lib.simulation.steps import SiteStep
from constructs_lib.simulation.trace import Trace

_SENDING = ("forward-request", "send-request", "send-one-way-request")
SITE = "site"
"""The part of a story that happens at the site of a function app."""


@dataclass(frozen=True, slots=True)
class Line:
    """A step of a story.

    Attributes:
        section: `inbound`, `backend`, `outbound`, `on-error`, or `site` for what happens at a site.
        source: The policy, the built-in step, or the part of the site.
        message: What happened, as a sentence.
        details: What else there is to see; secrets are masked, claims of tokens are decoded.
        place: Scope and path of a policy, or the host of a site.
        rests: Ids of the behaviours that it rests on.
    """

    section: str
    source: str
    message: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    place: str = ""
    rests: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.section}: {self.source}{where}: {self.message}"


class Story:
    """What happened to a call, from its arrival to the function and back; it reads as sentences.

    Args:
        tell: Gives the steps; called when somebody looks, as most stories nobody looks at.
    """

    def __init__(self, tell: Callable[[], list[Line]]) -> None:
        self._tell = tell

    @cached_property
    def lines(self) -> list[Line]:
        """The steps."""
        return self._tell()

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __contains__(self, text: object) -> bool:
        """Whether a step says this."""
        return isinstance(text, str) and any(text in line.message for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    @property
    def assumed(self) -> list[str]:
        """Ids of what the call rests on and is only assumed (see `fidelity`)."""
        names = dict.fromkeys(each for line in self.lines for each in line.rests)
        return [each for each in names if behaviour(each).sureness == "assumed"]


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """What a call came to.

    Attributes:
        status: The HTTP status.
        reason: The words after it.
        headers: The headers.
        body: The body, which may come in pieces.
        received: What the function got; None if it got nothing.
        trace: What happened.
    """

    status: int
    reason: str
    headers: HttpHeaders
    body: HttpBody
    received: SimulatedRequest | None
    trace: Story

    @property
    def content(self) -> bytes:
        """The body, to its end."""
        return self.body.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.content)


class LocalChain:
    """A configuration that is run whole.

    Args:
        configuration: What was read.
        functions: What answers, by the name of the function app or slot (`APP/SLOT`); an echo, if
            not given.
        elsewhere: What answers requests of policies to other hosts; nobody, if not given.
        clock: The time; the machine's, if not given.
        random: Chance.
        values: Values that are not known otherwise, by reference or named value.
        allow_not_simulated: Policies to pass over though they are not simulated; True is all.
        strict: Whether a call that rests on an assumption raises `AssumedError`.

    Raises:
        InputError: If a function is given for an app that is not there, or has one; if a value is
            needed at once that is not known; or if what may be passed over is no policy.

    Attributes:
        gateways: The services with their policies.
        entra: Who issues tokens.
        sites: The function apps and slots.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        functions: Mapping[str, Function] | None = None,
        elsewhere: Function | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        values: Mapping[str, str] | None = None,
        allow_not_simulated: bool | Collection[str] = False,
        strict: bool = False,
    ) -> None:
        self._strict = strict
        self.gateways = SimulatedGateways(
            configuration,
            clock=clock,
            random=random,
            values=values,
            allow_not_simulated=allow_not_simulated,
        )
        links, known = self.gateways.links, self.gateways.known
        try:
            self.entra = Entra(links, known, self.gateways.clock)
            self.sites = SimulatedSites(links, known, self.entra, echo)
        except NotKnownError as error:
            raise InputError(str(error)) from None
        for name, function in (functions or {}).items():
            try:
                self.sites.put(name, answering(function))
            except ValueError as error:
                raise InputError(f"the function of {name}: {error}") from None
        other = answering(elsewhere) if elsewhere is not None else None
        self.gateways.connect(
            tokens=self.entra, backend=lambda link: FromGateway(self.sites, link, other)
        )

    def through_gateway(self, request: SimulatedRequest, *, key: str | None = None) -> ChainAnswer:
        """Let a request through the gateway that its URL names.

        Raises:
            CallStoppedError: If something is not known or not simulated; its trace tells the way
                until there.
            AssumedError: If the answer rests on an assumption and that is not allowed.
            InputError: If there is no such gateway.
        """
        visits: list[Visit] = []
        noted = VISITS.set(visits)
        try:
            found = self.gateways.send(request, key=key)
        finally:
            VISITS.reset(noted)
        received = next((each.received for each in reversed(visits) if each.received), None)
        return self._told(found, received, _story(found.trace, visits))

    def at_site(
        self, site: SimulatedSite, request: SimulatedRequest, origin: RequestOrigin | None = None
    ) -> ChainAnswer:
        """Send a request to a function app's own host, past the gateway.

        Raises:
            CallStoppedError: If something is not known.
            AssumedError: If the answer rests on an assumption and that is not allowed.
        """
        visits: list[Visit] = []
        noted = VISITS.set(visits)
        try:
            response = site.answer(request, origin or RequestOrigin(request.client_address))
        finally:
            VISITS.reset(noted)
        trace = Trace("", site.host, self.entra.clock.now)
        received = visits[0].received if visits else None
        return self._told(response, received, _story(trace, visits))

    def _told(
        self,
        found: GatewayAnswer | SimulatedResponse,
        received: SimulatedRequest | None,
        story: Story,
    ) -> ChainAnswer:
        answer = ChainAnswer(found.status, found.reason, found.headers, found.body, received, story)
        if self._strict and story.assumed:
            raise AssumedError(answer, story.assumed)
        return answer


def story_of(error: CallStoppedError) -> Story:
    """What happened to a call until the simulation could not go on."""
    return _story(error.trace, []) if error.trace is not None else Story(list)


def _story(trace: Trace, visits: list[Visit]) -> Story:
    # Without the messages of the visits, whose bodies may be long.
    steps = [(visit.site, list(visit.steps)) for visit in visits]
    return Story(lambda: _lines(trace, steps))


def _lines(trace: Trace, visits: list[tuple[str, list[SiteStep]]]) -> list[Line]:
    """The gateway's steps, and after each request that it sends those at the site."""
    lines: list[Line] = []
    left = list(visits)
    for entry in trace.entries:
        place = " ".join(each for each in (entry.scope, entry.path) if each)
        lines.append(
            Line(entry.section, entry.source, entry.message, entry.details, place, entry.rests)
        )
        sent = entry.details.get("request") if entry.source in _SENDING else None
        host = urlsplit(str(sent["url"])).hostname if sent else None
        visit = next((each for each in left if each[0] == host), None)
        if visit is not None:
            left.remove(visit)
            lines += _at_site(trace, *visit)
    return lines + [line for visit in left for line in _at_site(trace, *visit)]


def _at_site(trace: Trace, site: str, steps: list[SiteStep]) -> list[Line]:
    return [
        Line(SITE, step.source, trace.masked(step.message), step.details, site, step.rests)
        for step in steps
    ]
