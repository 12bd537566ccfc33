"""Requests to backends and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from constructs_lib.simulation.gateway import Window
from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    HttpUrl,
    SimulatedRequest,
    SimulatedResponse,
)
from constructs_lib.simulation.outside import (
    BackendTimeoutError,
    BackendUnreachableError,
    NoBackendError,
)
from constructs_lib.simulation.policies.bodies import as_bytes
from constructs_lib.simulation.policies.rewriting import move_to
from constructs_lib.simulation.policy_statements import Run, Statement
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall
    from constructs_lib.simulation.model import BackendEntity

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
_NEVER_SENT = _HOP_BY_HOP | {"apim-debug-authorization", "content-length"}
_NEVER_RETURNED = _HOP_BY_HOP | {"server", "content-length"}
_MAXIMUM_REDIRECTS = 10


def forward_request(policy: Statement) -> Run:
    """The request, to the backend."""
    timeout = _timeout(policy, 300)
    buffered = policy.boolean("buffer-request-body", default=False)
    follow = policy.boolean("follow-redirects", default=False)
    whole = policy.boolean("buffer-response", default=True)
    failing = policy.boolean("fail-on-error-status-code", default=False)

    def run(call: SimulatedCall) -> None:
        if call.base is None:
            raise PolicyFailedError(
                "There is no backend: neither the API nor a policy names one.",
                reason="BackendConnectionFailure",
            )
        entity = _destination(call)
        call.trace.add(
            "forward-request",
            "Request is being forwarded to the backend service. "
            f"Timeout set to {timeout(call):g} seconds",
            *("backend.url", "backend.query", "backend.host", "backend.forwarded-for"),
            request=call.request,
        )
        request = replace(_outgoing(call, entity), timeout=timeout(call))
        response = _through_breaker(call, entity, request, follow=follow(call), whole=whole(call))
        if not buffered(call):
            call.request.body.consumed = True
        call.response = response
        call.trace.add(
            "forward-request",
            f"The backend answered {response.status} {response.reason}.",
            *(("forward-request.stream",) if response.body.streams else ()),
            response=response,
        )
        if failing(call) and response.status >= 400:
            raise PolicyFailedError(
                f"The backend answered {response.status}.", response=response.copy()
            )

    return run


def _timeout(policy: Statement, default: float) -> Callable[[SimulatedCall], float]:
    """Seconds that the gateway waits for the headers of an answer."""
    if policy.has("timeout-ms"):
        milliseconds = policy.number("timeout-ms")
        return lambda call: milliseconds(call) / 1000
    return policy.number("timeout", default)


def _destination(call: SimulatedCall) -> BackendEntity | None:
    """The backend entity that is called now: of a pool, the one whose turn it is."""
    entity = call.service.backend(call.backend_id) if call.backend_id else None
    if entity is None or not entity.pool:
        return entity
    ready = [
        each
        for each in entity.pool
        if call.gateway.tripped.get(call.service.backend(each.backend).id) is None
    ]
    if not ready:
        raise _open_circuit(call, f"Every circuit breaker of the pool {entity.id} is open.")
    first = min(each.priority for each in ready)
    weights = {each.backend: each.weight for each in ready if each.priority == first}
    found = call.service.backend(call.gateway.turn(entity.id, weights))
    move_to(call, found)
    told = f"It is the turn of {found.id} in the pool {entity.id}."
    call.trace.add("forward-request", told, "backend.pool")
    return found


def _open_circuit(call: SimulatedCall, told: str) -> PolicyFailedError:
    call.trace.add("forward-request", told, "breaker", "breaker.body")
    return PolicyFailedError(told, response=refusal(503, "Service unavailable"))


def _outgoing(call: SimulatedCall, entity: BackendEntity | None) -> SimulatedRequest:
    """The request as it leaves the gateway."""
    own, url = call.request, call.request.url
    headers = HttpHeaders(pair for pair in own.headers if pair[0].lower() not in _NEVER_SENT)
    if not call.host_kept:
        headers.set("Host", url.authority)
    before = headers.get("X-Forwarded-For")
    caller = own.client_address
    headers.set("X-Forwarded-For", f"{before}, {caller}" if before else caller)
    for name, value in entity.headers if entity else ():
        headers.set(name, value)
    for name, value in entity.query if entity else ():
        url = url.with_parameter(name, [value])
    body = HttpBody(own.content)
    return SimulatedRequest(own.method, url, headers, body, own.client_address)


def send(
    call: SimulatedCall,
    request: SimulatedRequest,
    *,
    source: str = "send-request",
    follow: bool = False,
    whole: bool = True,
) -> SimulatedResponse:
    """Send a request, and take the answer as the gateway takes it.

    Args:
        call: The call.
        request: What is sent.
        source: The policy that sends it.
        follow: Whether redirects are followed.
        whole: Whether the answer is waited for to its end.

    Raises:
        PolicyFailedError: If nobody answers.
        CallStoppedError: If nothing in the simulation stands for the host.
    """
    redirects = 0
    while True:
        began = call.gateway.now()
        try:
            response = call.gateway.backend.send(request)
            if request.timeout is not None and call.gateway.now() - began > request.timeout:
                raise BackendTimeoutError
            if whole and response.body.streams:
                response.body = HttpBody(response.content)
        except NoBackendError as error:
            raise CallStoppedError(str(error)) from None
        except BackendTimeoutError:
            told = "Request to the backend service timed out"
            call.trace.add(source, told, "forward-request.timeout")
            raise PolicyFailedError(told, reason="Timeout") from None
        except BackendUnreachableError as error:
            raise PolicyFailedError(
                str(error) or "Error occured while calling backend service.",
                reason="BackendConnectionFailure",
            ) from None
        location = response.headers.get("Location")
        moved = location is not None and response.status in (301, 302, 303, 307, 308)
        if not follow or not moved or location is None or redirects == _MAXIMUM_REDIRECTS:
            break
        redirects += 1
        request = request.copy()
        request.url = HttpUrl.parse(urljoin(str(request.url), location))
        request.headers.set("Host", request.url.authority)
    kept = HttpHeaders(pair for pair in response.headers if pair[0].lower() not in _NEVER_RETURNED)
    return SimulatedResponse(response.status, response.reason, kept, response.body)


def _through_breaker(
    call: SimulatedCall,
    entity: BackendEntity | None,
    request: SimulatedRequest,
    *,
    follow: bool,
    whole: bool,
) -> SimulatedResponse:
    if entity is not None and call.gateway.tripped.get(entity.id) is not None:
        raise _open_circuit(call, f"The circuit breaker of {entity.id} is open.")
    call.outgoing = request.copy()
    if entity is None or entity.breaker is None:
        return send(call, request, source="forward-request", follow=follow, whole=whole)
    try:
        response = send(call, request, source="forward-request", follow=follow, whole=whole)
    except PolicyFailedError:
        _note(call, entity, None)
        raise
    _note(call, entity, response)
    return response


def _note(call: SimulatedCall, entity: BackendEntity, response: SimulatedResponse | None) -> None:
    """Count a failure, and open the circuit when there are enough."""
    rule, gateway = entity.breaker, call.gateway
    if rule is None:
        return
    failed = response is None or any(low <= response.status <= high for low, high in rule.statuses)
    with gateway.lock:
        now = gateway.now()
        failures = gateway.failures.setdefault(entity.id, Window())
        total = gateway.failures.setdefault(f"{entity.id} (all)", Window())
        total.moments.append((now, 1))
        if failed:
            failures.moments.append((now, 1))
        count, calls = failures.count(now, rule.interval), total.count(now, rule.interval)
        enough = count >= rule.count if rule.count else 100 * count / calls >= rule.percentage > 0
        if not failed or not enough:
            return
        duration, told = rule.duration, response.headers.get("Retry-After") if response else None
        if rule.retry_after and told and told.isdigit():
            duration = float(told)
        gateway.tripped.set(entity.id, True, duration)
        failures.moments.clear()
    sentence = f"The circuit breaker of {entity.id} opens for {duration:g} seconds."
    call.trace.add("forward-request", sentence, "breaker")


def send_request(policy: Statement) -> Run:
    """A request of the policy's own, whose answer a variable holds."""
    make, variable = _making(policy), policy.literal("response-variable-name")
    ignore, timeout = policy.boolean("ignore-error", default=False), _timeout(policy, 60)

    def run(call: SimulatedCall) -> None:
        request = replace(make(call), timeout=timeout(call))
        call.trace.add(
            "send-request",
            f"{request.method} {request.url} is sent.",
            "send-request",
            request=request,
        )
        try:
            response = send(call, request)
        except PolicyFailedError as error:
            if not ignore(call):
                raise
            call.variables[variable] = None
            call.trace.add("send-request", f"The error is ignored: {error.message}", "send-request")
            return
        call.variables[variable] = response
        call.trace.add(
            "send-request", f"It answered {response.status}.", "send-request", response=response
        )

    return run


def send_one_way_request(policy: Statement) -> Run:
    """A request whose answer nobody waits for."""
    make, timeout = _making(policy), _timeout(policy, 60)

    def run(call: SimulatedCall) -> None:
        request = replace(make(call), timeout=timeout(call))
        call.trace.add(
            policy.name, f"{request.method} {request.url} is sent.", "send-request", request=request
        )
        try:
            send(call, request)
        except PolicyFailedError as error:
            call.trace.add(policy.name, f"Nobody answered: {error.message}", "send-request")

    return run


def _making(policy: Statement) -> Callable[[SimulatedCall], SimulatedRequest]:
    """What makes the request of a `send-request`."""
    mode, url = policy.text("mode", "new"), policy.child("set-url")
    address = url.content() if url else None
    steps = policy.steps("set-url")

    def make(call: SimulatedCall) -> SimulatedRequest:
        own = call.request
        where = str(as_bytes(address(call)), "utf-8") if address else str(own.url)
        try:
            parsed = HttpUrl.parse(quote(where.strip(), safe="%/:=&?~#+!$,;'@()*[]{}|\"<> \\^`"))
        except ValueError:
            raise PolicyFailedError(f"Invalid URI: {where}") from None
        request = SimulatedRequest("GET", parsed, HttpHeaders(), HttpBody(), own.client_address)
        if mode(call).lower() == "copy":
            request = replace(own.copy(), url=parsed)
        call.make(request, steps)
        request.headers.set("Host", parsed.authority)
        return request

    return make
