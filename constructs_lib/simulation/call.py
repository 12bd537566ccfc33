"""A call on its way through the gateway: what policies see and change of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from constructs_lib._core.errors import InputError
from constructs_lib.simulation import context
from constructs_lib.simulation.http import HttpUrl, SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.signals import PolicyFailedError, PolicyPlace
from constructs_lib.simulation.trace import Trace

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from constructs_lib.simulation.contract import Contract
    from constructs_lib.simulation.gateway import SimulatedGateway
    from constructs_lib.simulation.model import Service, SimulatedApi, SimulatedOperation


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """A policy that is ready to run.

    Attributes:
        place: Where it stands.
        run: What it does.
    """

    place: PolicyPlace
    run: Callable[[SimulatedCall], None]


class SimulatedCall:
    """A call.

    Attributes:
        gateway: What calls share: time, chance, tokens, caches, counters.
        service: The service that is called.
        request: The request as it is now; from when the API is known, its URL is the backend's.
        response: The response, from when there is one.
        original_url: The URL that was called.
        original_method: The method that was called with.
        api: The API, once it is known.
        operation: The operation, once it is known.
        product: The product, by `key`.
        base: The backend's URL, as the API or a policy says.
        path: The path below `base`.
        backend_id: The backend entity that is called.
        host_kept: Whether a policy chose the `Host` header.
        facts: What expressions see besides.
        target: The message that is being made, by `send-request` or `return-response`.
        outgoing: The last request that went to the backend.
        cache_key: What `cache-store` keeps the response by.
        cached: Whether a cache has answered instead of the backend.
        key: A subscription key that is not in the request yet.
        preflight: Whether it is a preflight request, which only `cors` sees.
        arrived: What is done once the backend has answered, before outbound.
        after: What is done once the answer is there: counting, mostly.
    """

    def __init__(
        self, gateway: SimulatedGateway, service: Service, request: SimulatedRequest
    ) -> None:
        self.gateway = gateway
        self.service = service
        self.request = request
        self.response: SimulatedResponse | None = None
        self.original_url = request.url
        self.original_method = request.method
        self.api: SimulatedApi | None = None
        self.operation: SimulatedOperation | None = None
        self.product: Any = None
        self.base: HttpUrl | None = None
        self.path = ""
        self.backend_id: str | None = None
        self.host_kept = False
        self.outgoing: SimulatedRequest | None = None
        self.target: SimulatedRequest | SimulatedResponse | None = None
        self.cache_key: Hashable = None
        self.key: str | None = None
        self.preflight = False
        self.cached = False
        self.arrived: list[Callable[[SimulatedCall], None]] = []
        self.after: list[Callable[[SimulatedCall], None]] = []
        identifier, clock = gateway.random.uuid(), gateway.clock
        self.trace = Trace(str(identifier), service.name, clock.now)
        self.facts = context.ExpressionContext(
            request=request,
            original_url=request.url,
            certificate=_certificate(request.certificate),
            deployment=context.IDeployment(
                region=gateway.region, service_id=service.name, service_name=service.name
            ),
            request_id=identifier,
            timestamp=clock.now(),
            tracing=True,
            now=clock.now,
            random=gateway.random.source,
            trace=lambda message: self.trace.add("trace", message),
        )

    @property
    def variables(self) -> dict[str, Any]:
        """What policies stored."""
        return self.facts.variables

    def contract(self) -> Contract:
        """What the API's definition says of the operation's messages."""
        operation = self.operation
        return self.service.contracts.of(operation.resource if operation else None)

    def move(self, base: HttpUrl) -> None:
        """Send the request to another backend, at the same path."""
        self.base = base
        self.repath(self.path)

    def repath(self, path: str) -> None:
        """Send the request to another path of the backend."""
        self.path = path
        base = self.base
        front = base.path.rstrip("/") if base else ""
        whole = f"{front}/{path.lstrip('/')}" if path else front or "/"
        url = self.request.url
        if base is not None:
            url = replace(url, scheme=base.scheme, host=base.host, port=base.port)
        self.request.url = replace(url, path=quote(whole, safe="/:@!$&'()*+,;=~%"))

    def branch(self) -> SimulatedCall:
        """The same call for policies that run beside others; `join` takes over what they change."""
        branch = copy(self)
        branch.trace = copy(self.trace)
        branch.facts = replace(self.facts, variables=dict(self.variables))
        branch.facts.trace = lambda message: branch.trace.add("trace", message)
        return branch

    def join(self, branch: SimulatedCall, before: SimulatedCall) -> None:
        """Take over what a branch has changed since `before`."""
        for name, value in vars(branch).items():
            if name not in ("trace", "facts") and value is not vars(before)[name]:
                setattr(self, name, value)
        for name, value in branch.variables.items():
            if name not in before.variables or value is not before.variables[name]:
                self.variables[name] = value

    def view(self) -> context.ExpressionContext:
        """The call as expressions see it now."""
        facts = self.facts
        facts.request, facts.response = self.request, self.response
        facts.elapsed = timedelta(
            seconds=(self.gateway.clock.now() - facts.timestamp).total_seconds()
        )
        return facts

    def make(self, message: SimulatedRequest | SimulatedResponse, steps: list[PolicyStep]) -> None:
        """Run steps that make a message other than the call's own."""
        before, self.target = self.target, message
        try:
            self.run(steps)
        finally:
            self.target = before

    def run(self, steps: list[PolicyStep]) -> None:
        """Run steps in order.

        Raises:
            AnsweredError: If one answers.
            PolicyFailedError: If one fails.
            CallStoppedError: If one cannot be simulated.
        """
        trace = self.trace
        for step in steps:
            trace.scope, trace.path = step.place.scope, step.place.path
            try:
                step.run(self)
            except PolicyFailedError as error:
                error.place = error.place or step.place
                raise


def _certificate(pem: bytes | None) -> Certificate | None:
    if pem is None:
        return None
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(pem)
    except ValueError as error:
        raise InputError(f"the caller's certificate is not one in PEM: {error}") from None
