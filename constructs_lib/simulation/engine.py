"""Runs a call: the gateway's own steps, inbound, backend, outbound; on-error if one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.simulation import context, edge
from constructs_lib.simulation.call import PolicyStep, SimulatedCall
from constructs_lib.simulation.effective import Pipeline, Policies
from constructs_lib.simulation.http import HttpBody, SimulatedResponse
from constructs_lib.simulation.signals import (
    AnsweredError,
    CachedError,
    CallStoppedError,
    PolicyFailedError,
    refusal,
)

if TYPE_CHECKING:
    from constructs_lib.simulation.trace import TraceSection


def answer(call: SimulatedCall, policies: Policies) -> SimulatedResponse:
    """Let a call through the gateway.

    Raises:
        CallStoppedError: If it cannot be simulated.
    """
    for secret in policies.secrets:
        call.trace.hide(secret)
    call.trace.add("api-inspector", "The request has arrived.", request=call.request)
    try:
        _through(call, policies)
    except AnsweredError:
        pass
    except PolicyFailedError as error:
        _on_error(call, policies, error)
    response = call.response or SimulatedResponse()
    if call.response is None:
        call.trace.add("transfer-response", "No policy gave an answer.", "response.none")
    call.response = response
    for after in call.after:
        after(call)
    return _sent(call, response)


def _through(call: SimulatedCall, policies: Policies) -> None:
    pipeline = _admit(call, policies)
    sections: list[tuple[TraceSection, list[PolicyStep]]] = [
        ("inbound", pipeline.inbound),
        ("backend", pipeline.backend),
        ("outbound", pipeline.outbound),
    ]
    for section, steps in sections:
        if section == "backend" and call.cached:
            continue
        call.trace.section = section
        try:
            call.run(steps)
        except CachedError:
            call.cached = True
        if section == "backend" and call.response is not None:
            for arrived in call.arrived:
                arrived(call)


def _admit(call: SimulatedCall, policies: Policies) -> Pipeline:
    """Find the API, the operation, the subscription and the product; say what runs."""
    found = edge.find_api(call.service, call)
    if found is None:
        call.trace.add("configuration", "No API has this path.", "not-found")
        raise edge.not_found()
    edge.enter_api(call, found)
    if found.api.problem is not None:
        raise CallStoppedError(found.api.problem)
    matched = edge.find_operation(found.api, call.request.method, found.rest)
    if matched is None:
        _preflight(call, policies, found)
        call.trace.add(
            "configuration", "No operation has this method and path.", "not-found.method"
        )
        raise edge.not_found()
    call.operation, call.facts.matched_parameters = matched[0], dict(matched[1])
    call.facts.operation = matched[0].facts
    for name in matched[0].query:
        for value in call.original_url.parameter(name)[:1]:
            call.facts.matched_parameters[name] = value
    _tell_configuration(call)
    edge.check_key(call)
    return _runnable(policies.pipeline(call.api, call.operation, call.product))


def _tell_configuration(call: SimulatedCall) -> None:
    api, operation = call.api, call.operation
    if api is None or operation is None:
        return
    facts = operation.facts
    call.trace.add(
        "api-inspector",
        f"The request is for {facts.method} {facts.url_template} of the API {api.facts.name}.",
        "routing",
        configuration={
            "api": {
                "from": f"/{api.facts.path}",
                "to": str(call.base) if call.base else None,
                "version": api.facts.version or None,
                "revision": api.facts.revision,
            },
            "operation": {"method": facts.method, "uriTemplate": facts.url_template},
            "product": call.facts.product.id if call.facts.product else "-",
        },
    )


def _preflight(call: SimulatedCall, policies: Policies, found: edge.Found) -> None:
    """Answer a preflight request, if it is one and a `cors` policy answers it."""
    headers, method = (
        call.request.headers,
        call.request.headers.get("Access-Control-Request-Method"),
    )
    if call.request.method != "OPTIONS" or "Origin" not in headers or method is None:
        return
    matched = edge.find_operation(found.api, method, found.rest)
    operation = matched[0] if matched else None
    pipeline = _runnable(policies.pipeline(found.api, operation))
    checks = [each for each in pipeline.inbound if each.place.name == "cors"]
    if checks:
        call.preflight = True
        call.run(checks)
        call.response = SimulatedResponse()
        call.trace.add("cors", "No policy answers the preflight: an empty 200 is returned.", "cors")
        raise AnsweredError


def _runnable(pipeline: Pipeline) -> Pipeline:
    if pipeline.problem is not None:
        raise CallStoppedError(pipeline.problem)
    return pipeline


def _on_error(call: SimulatedCall, policies: Policies, error: PolicyFailedError) -> None:
    place = error.place
    call.facts.last_error = context.ILastError(
        source=error.source or (place.name if place else ""),
        reason=error.reason,
        message=error.message,
        scope=place.scope if place else None,
        section=place.section if place else call.trace.section,
        path=place.path if place else None,
        policy_id=place.id if place else None,
    )
    call.response = error.response or _internal(call)
    call.trace.section, call.trace.scope, call.trace.path = "on-error", None, None
    call.trace.add(
        call.facts.last_error.source, error.message, "on-error", reason=error.reason or ""
    )
    steps = _runnable(policies.pipeline(call.api, call.operation, call.product)).on_error
    try:
        call.run(steps)
    except (AnsweredError, CachedError):
        pass
    except PolicyFailedError as again:
        call.trace.add("on-error", f"on-error fails too: {again.message}", "on-error.fails")
        call.response = _internal(call)


def _internal(call: SimulatedCall) -> SimulatedResponse:
    identifier = str(call.facts.request_id)
    return refusal(500, "Internal server error", activityId=identifier)


def _sent(call: SimulatedCall, response: SimulatedResponse) -> SimulatedResponse:
    """The answer as it leaves the gateway."""
    told = "Response is sent to the caller as it comes."
    if not response.body.streams:
        response.headers.set("Content-Length", str(len(response.content)))
        told = "Response has been sent to the caller in full."
    if call.original_method == "HEAD":
        response.body = HttpBody()
    call.trace.scope = call.trace.path = None
    if call.trace.section != "on-error":
        call.trace.section = "outbound"
    call.trace.add("transfer-response", told, response=response)
    return response
