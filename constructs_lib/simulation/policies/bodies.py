"""Bodies: set, templates of Liquid, text replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from constructs_lib.simulation.http import HttpBody, SimulatedResponse
from constructs_lib.simulation.policies.headers import message_of, response_of
from constructs_lib.simulation.policies.liquid import rendering
from constructs_lib.simulation.policy_statements import Run, Statement, text_of
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall


def set_body(policy: Statement) -> Run:
    """The body of the message that the section is about."""
    if policy.literal("template").lower() == "liquid":
        text = policy.given(policy.element.text)
        if not isinstance(text, str):
            raise CallStoppedError(str(text))
        value = rendering(text)
    else:
        value = policy.content()

    def run(call: SimulatedCall) -> None:
        content = as_bytes(value(call))
        message = message_of(call)
        message.body = HttpBody(content)
        message.headers.remove("Content-Length")
        call.trace.add("set-body", f"The body is set to {len(content)} bytes.", "set-body")

    return run


def as_bytes(value: Any) -> bytes:
    """A body as it is sent."""
    return bytes(value) if isinstance(value, (bytes, bytearray)) else text_of(value).encode()


def _changed(call: SimulatedCall, old: str, new: str) -> None:
    message = message_of(call)
    if message.content:
        text = message.content.decode("utf-8", "replace")
        message.body = HttpBody(text.replace(old, new).encode())
        message.headers.remove("Content-Length")


def find_and_replace(policy: Statement) -> Run:
    """Each place of a text in the body."""
    old, new = policy.text("from"), policy.text("to")

    def run(call: SimulatedCall) -> None:
        text = old(call)
        if text:
            _changed(call, text, new(call))
        call.trace.add("find-and-replace", "The text is replaced.", "find-and-replace")

    return run


def redirect_content_urls(policy: Statement) -> Run:
    """Links to the backend in the body, so that they lead to the gateway."""

    def run(call: SimulatedCall) -> None:
        base, api = call.base, call.api
        if base is None or api is None:
            return
        outside = f"{call.original_url.scheme}://{call.original_url.authority}/{api.facts.path}"
        inside = f"{base.scheme}://{base.authority}{base.path.rstrip('/')}"
        old, new = (
            (inside, outside)
            if isinstance(message_of(call), SimulatedResponse)
            else (outside, inside)
        )
        _changed(call, old, new)
        call.trace.add(policy.name, f"Links to {old} lead to {new} now.", "redirect-content-urls")

    return run


def jsonp(policy: Statement) -> Run:
    """JSON as a call of the function that the caller names."""
    name = policy.literal("callback-parameter-name")

    def run(call: SimulatedCall) -> None:
        given = call.original_url.parameter(name)
        if not given:
            return
        if not re.fullmatch(r"[\w.$\[\]]+", given[0]):
            raise PolicyFailedError(
                f"Callback parameter {name} value is not a valid JavaScript identifier.",
                reason="CallbackParameterInvalid",
            )
        response = response_of(call)
        response.body = HttpBody(given[0].encode() + b"(" + response.content + b")")
        response.headers.set("Content-Type", "application/javascript")
        response.headers.remove("Content-Length")
        call.trace.add("jsonp", f"The body calls {given[0]}.", "jsonp")

    return run
