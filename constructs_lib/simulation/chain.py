"""The chain that a configuration describes, ready to be called.

gateways = SimulatedGateways.read("cdktf.out", backend=…, tokens=…)
answer = gateways.request("GET", "/orders/7", key=gateways.key())
print(answer.status, answer.trace)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from constructs_lib._core.errors import InputError
from constructs_lib.access import Configuration, read_stacks, read_terraform
from constructs_lib.access.chain import Chain as Links
from constructs_lib.access.links import GatewayLink
from constructs_lib.access.links import key as name_key
from constructs_lib.policy.reference import POLICIES
from constructs_lib.simulation.call import SimulatedCall
from constructs_lib.simulation.context import ILastError
from constructs_lib.simulation.effective import Policies
from constructs_lib.simulation.engine import answer
from constructs_lib.simulation.fidelity import behaviour
from constructs_lib.simulation.gateway import SimulatedGateway
from constructs_lib.simulation.http import (
    HeaderValues,
    HttpBody,
    HttpHeaders,
    HttpUrl,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.known import KnownValues, NotKnownError
from constructs_lib.simulation.model import Service, made_for, services_of
from constructs_lib.simulation.outside import (
    Backend,
    Clock,
    NoBackendError,
    Random,
    SystemClock,
    TokenSource,
)
from constructs_lib.simulation.signals import CallStoppedError
from constructs_lib.simulation.trace import Trace

Content: TypeAlias = "bytes | str | dict[str, Any] | list[Any] | None"


class AssumedError(Exception):
    """A call rests on an assumption, which `strict` does not allow.

    Args:
        answer: What was answered, by a gateway or by the whole chain.
        assumed: Ids of what is only assumed.
    """

    def __init__(self, answer: object, assumed: Iterable[str]) -> None:
        self.answer = answer
        named = "; ".join(str(behaviour(each)) for each in assumed)
        super().__init__(f"the answer rests on what is only assumed of Azure: {named}")


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """What a call came to.

    Attributes:
        status: The HTTP status.
        reason: The words after it.
        headers: The headers.
        body: The body, which may come in pieces.
        received: What the gateway sent to the backend; None if it sent nothing.
        trace: What happened.
        error: What failed, if something did.
    """

    status: int
    reason: str
    headers: HttpHeaders
    body: HttpBody
    received: SimulatedRequest | None
    trace: Trace
    error: ILastError | None = None

    @property
    def content(self) -> bytes:
        """The body, to its end."""
        return self.body.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


class Nowhere:
    """A backend that is not there."""

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        """Say that nobody answers.

        Raises:
            NoBackendError: Always.
        """
        raise NoBackendError(f"nothing stands for {request.url.host} in this simulation")


@dataclass(slots=True)
class SimulatedService:
    """A service with what runs on it."""

    service: Service
    policies: Policies
    gateway: SimulatedGateway = field(repr=False)


def _demand_policies(names: Collection[str]) -> None:
    for name in names:
        if name not in POLICIES:
            near = get_close_matches(name, POLICIES, 1)
            fix = f"did you mean {near[0]}?" if near else "write it as in a policy"
            raise InputError(f"there is no policy {name} to pass over", fix=fix)


class SimulatedGateways:
    """A configuration whose gateways can be called.

    Args:
        configuration: What was read.
        backend: Where requests of the gateways go; nowhere, if not given.
        tokens: Who issues tokens; nobody, if not given.
        clock: The time; the machine's, if not given.
        random: Chance.
        values: Values that are not known otherwise: of references (`var.name`,
            `azurerm_x.y.attribute`) and of named values by their display names.
        allow_not_simulated: Policies to pass over though they are not simulated; True is all.
        strict: Whether a call that rests on an assumption raises `AssumedError`.

    Raises:
        InputError: If `allow_not_simulated` names what is no policy.

    Attributes:
        links: How the configuration's parts name each other.
        known: What its values come to.
        clock: The time.
        services: Its services by their names in lower case.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        backend: Backend | None = None,
        tokens: TokenSource | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        values: Mapping[str, str] | None = None,
        allow_not_simulated: bool | Collection[str] = False,
        strict: bool = False,
    ) -> None:
        if not isinstance(allow_not_simulated, bool):
            _demand_policies(allow_not_simulated)
        self.links = Links(configuration)
        self.known = KnownValues(self.links, values)
        self.clock = clock or SystemClock()
        self.services: dict[str, SimulatedService] = {}
        for service in services_of(self.links, self.known):
            gateway = SimulatedGateway(
                clock=self.clock,
                random=random or Random(),
                tokens=tokens,
                backend=backend or Nowhere(),
                allow_not_simulated=allow_not_simulated,
                strict=strict,
            )
            policies = Policies(configuration, self.known, service.link)
            self.services[service.name.lower()] = SimulatedService(service, policies, gateway)

    @classmethod
    def read(
        cls,
        source: str | Path | Mapping[str, Any],
        *,
        backend: Backend | None = None,
        tokens: TokenSource | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        values: Mapping[str, str] | None = None,
        allow_not_simulated: bool | Collection[str] = False,
        strict: bool = False,
    ) -> SimulatedGateways:
        """Read Terraform JSON.

        Args:
            source: What `secured-functions check` reads, or the JSON of one stack.
            backend: As of the class.
            tokens: As of the class.
            clock: As of the class.
            random: As of the class.
            values: As of the class.
            allow_not_simulated: As of the class.
            strict: As of the class.

        Raises:
            InputError: If it is no Terraform JSON.
        """
        if isinstance(source, Mapping):
            configuration = read_stacks({"stack": source})
        else:
            configuration = read_terraform(source)
        return cls(
            configuration,
            backend=backend,
            tokens=tokens,
            clock=clock,
            random=random,
            values=values,
            allow_not_simulated=allow_not_simulated,
            strict=strict,
        )

    def connect(
        self,
        *,
        tokens: TokenSource | None = None,
        backend: Callable[[GatewayLink], Backend] | None = None,
    ) -> None:
        """Give the gateways what is outside of them.

        Args:
            tokens: Who issues tokens.
            backend: What gives where the requests of a gateway go.
        """
        for each in self.services.values():
            each.gateway.tokens = tokens or each.gateway.tokens
            if backend is not None:
                each.gateway.backend = backend(each.service.link)

    def simulated(self, name: str | None = None) -> SimulatedService:
        """A service by its name or host; the only one, or the only one with APIs, without a name.

        Raises:
            InputError: If there is none, or it is not clear which.
        """
        if name is not None:
            found = self.services.get(name.lower().partition(".")[0])
            if found is None:
                known = ", ".join(each.service.name for each in self.services.values())
                raise InputError(f"there is no gateway {name}", fix=f"known: {known or 'none'}")
            return found
        several = [each for each in self.services.values() if each.service.apis]
        if len(several) != 1:
            names = ", ".join(each.service.host for each in several)
            raise InputError(
                "it is not clear which gateway is called" if several else "there is no API to call",
                fix=f"call https://HOST/PATH; hosts: {names}" if several else None,
            )
        return several[0]

    def key(
        self, *, product: str | None = None, api: str | None = None, gateway: str | None = None
    ) -> str:
        """A subscription key.

        Args:
            product: The product that it is for.
            api: The API that it is for; without both it is that of all APIs.
            gateway: The gateway, if there are several.
        """
        service = self.simulated(gateway).service
        scope = name_key(product) if product is not None else None
        name = "master" if product is None and api is None else "simulated"
        made = made_for(service.name, name, product=scope, api=api)
        if service.subscription_of(made.facts.primary_key) is None:
            service.subscriptions.append(made)
        return made.facts.primary_key

    def request(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        headers: HeaderValues = (),
        body: Content = None,
        client: str = "203.0.113.7",
        certificate: bytes | None = None,
        gateway: str | None = None,
    ) -> GatewayAnswer:
        """Call a gateway.

        Args:
            method: For example `GET`.
            path: Path and query, or a whole URL.
            key: A subscription key, for the header that the API names.
            headers: Further headers.
            body: The body; what is not text or bytes becomes JSON.
            client: The address that the call comes from.
            certificate: The certificate that the caller shows, as PEM.
            gateway: Name of the gateway, if there are several and the path is none of a URL.

        Raises:
            CallStoppedError: If something is not known or not simulated.
            AssumedError: If the answer rests on an assumption and that is not allowed.
            InputError: If it is not clear which gateway is called, or the certificate is none.
        """
        absolute = "://" in path.partition("?")[0]
        found = self.simulated(HttpUrl.parse(path).host if absolute else gateway)
        host = found.service.host
        url = HttpUrl.parse(path if absolute else f"https://{host}/{path.lstrip('/')}")
        content = SimulatedResponse.of(200, body) if body is not None else None
        given = HttpHeaders(headers)
        if content is not None:
            for name, value in content.headers:
                if name not in given:
                    given.add(name, value)
        given.set("Host", url.authority)
        sent = content.body if content else HttpBody()
        request = SimulatedRequest(method, url, given, sent, client, certificate)
        return self.send(request, key=key, found=found)

    def send(
        self,
        request: SimulatedRequest,
        *,
        key: str | None = None,
        found: SimulatedService | None = None,
    ) -> GatewayAnswer:
        """Let a request through a gateway.

        Args:
            request: It.
            key: A subscription key, for the header that the API names.
            found: The gateway; that of the URL's host, if not given.

        Raises:
            CallStoppedError: If something is not known or not simulated.
            AssumedError: If the answer rests on an assumption and that is not allowed.
        """
        found = found or self.simulated(request.url.host)
        call = SimulatedCall(found.gateway, found.service, request)
        call.key = key
        try:
            response = answer(call, found.policies)
        except NotKnownError as error:
            stopped = CallStoppedError(str(error))
            stopped.trace = call.trace
            raise stopped from None
        except CallStoppedError as error:
            error.trace = call.trace
            raise
        result = GatewayAnswer(
            response.status,
            response.reason,
            response.headers,
            response.body,
            call.outgoing,
            call.trace,
            call.facts.last_error,
        )
        if found.gateway.strict and call.trace.assumed:
            raise AssumedError(result, result.trace.assumed)
        return result
