"""What simulated calls through a gateway show of those whom the analysis speaks of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from constructs_lib.access.terraform.values import text_of
from constructs_lib.simulation.chain import GatewayAnswer, SimulatedService
from constructs_lib.simulation.entra import (
    OTHER_TENANT,
    SimulatedPrincipal,
    claims_of,
    sign,
    stranger,
)
from constructs_lib.simulation.http import HttpHeaders, HttpUrl, SimulatedRequest
from constructs_lib.simulation.known import TENANT
from constructs_lib.simulation.local import LocalChain
from constructs_lib.simulation.model import SimulatedApi
from constructs_lib.simulation.outside import AccessToken
from constructs_lib.simulation.signals import CallStoppedError
from constructs_lib.simulation.sites import VISITS, Visit
from tests.simulation.branches import taken
from tests.simulation.stack_mutations import LISTED

ANYBODY = "203.0.113.77"
_PARAMETER = re.compile(r"\{\*?[^{}]+\}")
_CLIENT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A caller of a gateway.

    Attributes:
        groups: Which callers of the analysis it is one of: `holder` proves everything that is
            demanded, `anybody` nothing, `listed` and `unlisted` are clients of MCP servers.
        key: A subscription key.
        token: A token in `Authorization`.
        genuine: Whether that is one of Entra's.
        address: Where it calls from.
        home: Whether the token is of the gateway's tenant, so that a check of it is a proof.
    """

    groups: frozenset[str]
    key: str | None = None
    token: str | None = None
    genuine: bool = False
    address: str = ANYBODY
    home: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a call came to: which hosts it arrived at, and whether the function got it.

    Attributes:
        caller: Who called.
        request: With what.
        visits: Hosts, whether the function got the request, and whether it still carried the
            caller's own token.
        doors: The visits themselves.
        answer: What was answered.
    """

    caller: Somebody
    request: SimulatedRequest
    visits: tuple[tuple[str, bool, bool], ...]
    doors: list[Visit]
    answer: GatewayAnswer

    def __str__(self) -> str:
        entries = self.answer.trace.entries
        steps = [entry.message for entry in entries if entry.source != "expression"]
        doors = [step.message for visit in self.doors for step in visit.steps]
        return f"{self.answer.status}: {' | '.join([*steps[-8:], *doors])}"

    def is_of(self, group: str) -> bool:
        """Whether it is a call of a group; who passes a check of a token is not just anybody."""
        proves = group == "anybody" and self.caller.home and self._is_checked
        return group in self.caller.groups and not proves

    @property
    def _is_checked(self) -> bool:
        checks = ("validate-jwt", "validate-azure-ad-token")
        return any(
            entry.source in checks and entry.message == "The token is valid."
            for entry in self.answer.trace.entries
        )

    @property
    def is_without_token(self) -> bool:
        """Whether the call ended before any host because Entra gave the gateway no token."""
        error = self.answer.error
        refused = error is not None and error.source == "authentication-managed-identity"
        return refused and not self.visits


@dataclass
class Seen:
    """What all calls of an API came to for a group of callers and an app.

    Attributes:
        received: A call that the function got.
        passed_on: One that it got with the caller's own token.
        refused: One that the app's door refused, or that would have gone there with a token.
        own_refused: One with the caller's own token that the app's door refused.
        arrived: Whether any arrived at the app's door.
    """

    received: Shown | None = None
    passed_on: Shown | None = None
    refused: Shown | None = None
    own_refused: Shown | None = None
    arrived: bool = False


class GatewayCalls:
    """Calls of all APIs of a chain, made once.

    Args:
        chain: The chain.
        text: Its JSON, of which conditions are read that calls should meet.
        random: Chance.
        unrefused: Makes a chain whose calls go on where Entra refuses a token.
    """

    def __init__(
        self,
        chain: LocalChain,
        text: str,
        random: random.Random,
        unrefused: Callable[[], LocalChain],
    ) -> None:
        self.chain = chain
        self._make_unrefused = unrefused
        self.text = text
        self.random = random
        self.requests = 0
        self.stopped: dict[str, str] = {}
        self._shown: dict[tuple[str, str], list[Shown]] = {}

    def of(self, api: str, app_host: str, group: str) -> Seen | None:
        """What a group of callers meets; None if the simulation cannot tell.

        Args:
            api: The API's address.
            app_host: The app's host.
            group: As of `Somebody`.
        """
        calls = self.calls(api, group)
        if calls is None:
            return None
        seen = Seen()
        for shown in calls:
            if shown.is_without_token and seen.refused is None and app_host in self._led(shown):
                seen.refused = shown
            for host, received, own in shown.visits:
                if host != app_host:
                    continue
                seen.arrived = True
                if received and not own:
                    seen.received = seen.received or shown
                elif received:
                    seen.passed_on = seen.passed_on or shown
                elif own:
                    seen.own_refused = seen.own_refused or shown
                else:
                    seen.refused = seen.refused or shown
        return seen

    def calls(self, api: str, group: str) -> list[Shown] | None:
        """The calls of a group; None if the simulation cannot tell."""
        if (api, group) not in self._shown:
            self._shown[api, group] = [each for each in self._call(api, group) if each.is_of(group)]
        return None if api in self.stopped else self._shown[api, group]

    def taken(self, api: str, group: str) -> set[str]:
        """The branches of a marked configuration that calls of a group take."""
        return {name for each in self.calls(api, group) or () for name in taken(each.answer.trace)}

    @cached_property
    def _unrefused(self) -> LocalChain:
        return self._make_unrefused()

    def _led(self, shown: Shown) -> set[str]:
        """The hosts that a call would have gone to with the token that Entra refused."""
        visits: list[Visit] = []
        VISITS.set(visits)
        try:
            self._unrefused.gateways.send(shown.request.copy(), key=shown.caller.key)
        except CallStoppedError:
            return set()
        return {each.site for each in visits}

    def _call(self, address: str, group: str) -> Iterator[Shown]:
        for found in self.chain.gateways.services.values():
            for api in found.service.apis:
                if api.link.address == address:
                    callers = [who for who in self._callers(found, api) if group in who.groups]
                    yield from self._calls_of(address, found, api, callers)

    def _calls_of(
        self, address: str, found: SimulatedService, api: SimulatedApi, callers: Sequence[Somebody]
    ) -> Iterator[Shown]:
        targets = list(self._targets(found, api))
        for caller in callers:
            for method, path in targets:
                for headers, query in self._tricks(caller):
                    url = HttpUrl.parse(f"https://{found.service.host}{path}{query}")
                    sent = HttpHeaders(headers)
                    sent.set("Host", url.authority)
                    if caller.token is not None and "Authorization" not in sent:
                        sent.set("Authorization", f"Bearer {caller.token}")
                        if "X-Token" in self.text:
                            sent.set("X-Token", caller.token)
                    request = SimulatedRequest(method, url, sent, client_address=caller.address)
                    try:
                        yield self._once(request, caller)
                    except CallStoppedError as error:
                        # What one call cannot tell, no other makes good.
                        self.stopped[address] = str(error)
                        return

    def _once(self, request: SimulatedRequest, caller: Somebody) -> Shown:
        self.requests += 1
        visits: list[Visit] = []
        VISITS.set(visits)
        answer = self.chain.gateways.send(request.copy(), key=caller.key)
        arrived = tuple(
            (each.site, each.received is not None, _is_own(each, caller)) for each in visits
        )
        return Shown(caller, request, arrived, visits, answer)

    def _targets(self, found: SimulatedService, api: SimulatedApi) -> Iterator[tuple[str, str]]:
        base = "/".join(("", *filter(None, (api.facts.path, _version(api)))))
        for operation in api.operations:
            template = operation.facts.url_template.partition("?")[0]
            path = f"{base}/{_PARAMETER.sub('7', template).lstrip('/')}"
            yield operation.facts.method, path
        yield "GET", f"{base}/not/there/at/all"
        yield "PATCH", base

    def _tricks(self, caller: Somebody) -> Iterator[tuple[list[tuple[str, str]], str]]:
        """Headers and queries that conditions may look at, or that may deceive."""
        yield [], ""
        if "X-Debug" in self.text:
            yield [("X-Debug", "1")], ""
        if "StartsWith(" in self.text and caller.genuine and caller.token is not None:
            yield [("Authorization", caller.token)], ""
        if "debug" in self.text:
            yield [], "?debug=1"
        if "name=&quot;token&quot;" in self.text or 'query-parameter-name=\\"token' in self.text:
            yield [], f"?token={caller.token or 'rubbish'}"
        yield self.random.choice(_DECEITS), ""

    def _callers(self, found: SimulatedService, api: SimulatedApi) -> Iterator[Somebody]:
        gateways, name = self.chain.gateways, found.service.name
        everything = gateways.key(gateway=name)
        keys: list[str | None] = [everything, None]
        keys += [gateways.key(product=text_of(each), gateway=name) for each in api.products]
        unlisted = frozenset({"holder", "unlisted"})
        for key in keys:
            for address in (ANYBODY, LISTED) if LISTED in self.text else (ANYBODY,):
                yield Somebody(frozenset({"holder"}), key, None, address=address)
                for token in self._proofs:
                    yield Somebody(frozenset({"holder", "listed"}), key, token, True, address)
        for token in self._of_others:
            yield Somebody(unlisted, everything, token, True)
            yield Somebody(unlisted, None, token, True)
        yield Somebody(frozenset({"unlisted"}), everything, None)
        anybody = frozenset({"anybody"})
        yield Somebody(anybody)
        yield Somebody(anybody, token="rubbish")
        yield Somebody(anybody, key="0" * 32)
        others = found.service.products.keys() - set(api.products)
        for product in sorted(map(text_of, others))[:2]:
            yield Somebody(anybody, gateways.key(product=product, gateway=name))
        for other in found.service.apis:
            if other is not api and other.link.resource is not None:
                key = gateways.key(api=other.facts.id, gateway=name)
                yield Somebody(anybody, key)
                break
        for token in self._foreign:
            yield Somebody(anybody, token=token, genuine=True)
        for token in self._of_the_tenant:
            yield Somebody(anybody, token=token, genuine=True, home=True)

    @cached_property
    def _proofs(self) -> list[str]:
        """Tokens that hold whatever a policy may demand, each of another client."""
        known, entra = self.chain.gateways.known, self.chain.entra
        applications = list(entra.applications.values())
        audiences = [name for each in applications for name in (each.client_id, *each.uris)]
        clients = set(_CLIENT.findall(self.text))
        clients |= {each.client_id for each in applications}
        for link in self.chain.gateways.links.gateways:
            for identity in link.identities:
                clients |= {known.text(each, "a client id") for each in identity.client_ids}
        issued = int(entra.clock.now().timestamp())
        found: list[str] = []
        scopes = set(re.findall(r'"value": "([\w.]+)"', self.text)) | {"user_impersonation"}
        tenants = {entra.tenant} | ({TENANT} if "azuread_client_config" in self.text else set())
        holders = [
            SimulatedPrincipal(
                name="holder", kind="user", client_id=each, object_id=each, tenant=tenant
            )
            for each in sorted(clients)
            for tenant in sorted(tenants)
        ]
        for holder in holders if applications else ():
            claims: dict[str, Any] = claims_of(
                holder, applications[0], applications[0].client_id, frozenset(scopes)
            )
            client = holder.client_id
            claims |= {"aud": audiences, "azp": client, "appid": client, "scp": " ".join(scopes)}
            found.append(sign(claims | {"iat": issued, "nbf": issued, "exp": issued + 3600}))
        return found

    @cached_property
    def _of_others(self) -> list[str]:
        """Tokens of a user of the tenant through a client that nobody lists."""
        return list(
            self._issued(
                stranger("unlisted", kind="user", has_role=True, tenant=self.chain.entra.tenant)
            )
        )

    @cached_property
    def _of_the_tenant(self) -> list[str]:
        """Tokens of applications and users of the tenant whom nobody lists."""
        home = self.chain.entra.tenant
        return [
            token
            for principal in (
                stranger("application", tenant=home),
                stranger("application-with-role", tenant=home, has_role=True),
                stranger("user", kind="user", tenant=home),
            )
            for token in self._issued(principal)
        ]

    @cached_property
    def _foreign(self) -> list[str]:
        """Tokens of an application of another tenant."""
        return list(self._issued(stranger("foreign", tenant=OTHER_TENANT, has_role=True)))

    def _issued(self, principal: SimulatedPrincipal) -> Iterator[str]:
        for application in self.chain.entra.applications.values():
            for resource in (application.client_id, *application.uris):
                found = self.chain.entra.issue(principal, resource)
                if isinstance(found, AccessToken):
                    yield found.text


_DECEITS: tuple[list[tuple[str, str]], ...] = (
    [("X-HTTP-Method-Override", "POST")],
    [("X-Forwarded-For", LISTED), ("X-Real-IP", LISTED)],
    [("X-MS-CLIENT-PRINCIPAL-ID", "somebody"), ("X-MS-TOKEN-AAD-ACCESS-TOKEN", "rubbish")],
    [("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/admin")],
    [("Ocp-Apim-Trace", "true"), ("Origin", "https://example.com")],
    [("X-Forwarded-Host", "elsewhere.example.com")],
)


def _is_own(visit: Visit, caller: Somebody) -> bool:
    """Whether a request arrives with the caller's genuine token."""
    arrived = visit.arrived.headers.get("Authorization") or ""
    return caller.genuine and caller.token is not None and caller.token in arrived


def _version(api: SimulatedApi) -> str:
    return api.facts.version if api.scheme == "Segment" else ""
