"""Headers, method and status of the message that a section is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.simulation.http import (
    HttpHeaders,
    SimulatedRequest,
    SimulatedResponse,
    reason_of,
)
from constructs_lib.simulation.policy_statements import Run, Statement, text_of

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

FIXED = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
_SEPARATE = frozenset(
    {"user-agent", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie", "warning"}
    | {"date", "expires", "if-modified-since", "if-unmodified-since", "last-modified"}
    | {"retry-after"}
)
"""Headers whose values stand on lines of their own."""


def set_header(policy: Statement) -> Run:
    """A header of the request, or in outbound, on-error and answers of the response."""
    name, action = policy.text("name"), policy.text("exists-action", "override")
    values = policy.texts("value")

    def run(call: SimulatedCall) -> None:
        change_header(call, name(call), action(call), values(call))

    return run


def change_header(call: SimulatedCall, name: str, action: str, values: list[str]) -> None:
    """Do what `set-header` says."""
    headers, what = of_section(call)
    if name.lower() in FIXED or (action == "delete" and name.lower() == "server"):
        call.trace.add("set-header", f"The header {name} cannot be changed.", "set-header.fixed")
        return
    if change(headers, name, action, values):
        done = "deleted from" if action == "delete" else "set in"
        call.trace.add("set-header", f"The header {name} is {done} the {what}.", "set-header")
        if headers is call.request.headers and name.lower() == "host":
            call.host_kept = True
    else:
        call.trace.add(
            "set-header", f"The header {name} stays as it is in the {what}.", "set-header"
        )


def change(headers: HttpHeaders, name: str, action: str, values: list[str]) -> bool:
    """Change headers; tell whether anything was done."""
    there = name in headers
    if action == "delete":
        return headers.remove(name)
    if action == "skip" and there:
        return False
    if action == "append" and there:
        values = [*headers.get_all(name), *values]
    separate = name.lower() in _SEPARATE
    headers.set(name, *(values if separate or not values else [",".join(values)]))
    return True


def of_section(call: SimulatedCall) -> tuple[HttpHeaders, str]:
    """The headers that the section is about."""
    message = message_of(call)
    return message.headers, "response" if isinstance(message, SimulatedResponse) else "request"


def message_of(call: SimulatedCall) -> SimulatedRequest | SimulatedResponse:
    """The message that the section is about, or that is being made."""
    if call.target is not None:
        return call.target
    in_response = call.trace.section in ("outbound", "on-error")
    return response_of(call) if in_response else call.request


def response_of(call: SimulatedCall) -> SimulatedResponse:
    """The response that is being made, or the call's; an empty one, where there is none yet."""
    if isinstance(call.target, SimulatedResponse):
        return call.target
    if call.response is None:
        call.response = SimulatedResponse()
    return call.response


def set_method(policy: Statement) -> Run:
    """The method of the request."""
    value = policy.content()

    def run(call: SimulatedCall) -> None:
        request = call.target if isinstance(call.target, SimulatedRequest) else call.request
        request.method = text_of(value(call)).strip()
        call.trace.add("set-method", f"The method is {request.method} now.", "set-method")

    return run


def set_status(policy: Statement) -> Run:
    """The status of the response."""
    code, reason = policy.number("code"), policy.text("reason")

    def run(call: SimulatedCall) -> None:
        response = response_of(call)
        response.status = int(code(call))
        response.reason = reason(call) or reason_of(response.status)
        call.trace.add(
            "set-status", f"The status is {response.status} {response.reason} now.", "set-status"
        )

    return run
