"""What happens elsewhere: it changes nothing of the call, so the trace alone shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.simulation.policy_statements import Run, Statement, text_of

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall


def trace(policy: Statement) -> Run:
    """A message in the trace."""
    source, severity = policy.text("source", "trace"), policy.text("severity", "verbose")
    message = policy.child("message")
    text = (message or policy).content()
    metadata = [(each.text("name"), each.text("value")) for each in policy.children("metadata")]

    def run(call: SimulatedCall) -> None:
        more = {name(call): value(call) for name, value in metadata}
        call.trace.add(
            source(call), text_of(text(call)), "trace", severity=severity(call), metadata=more
        )

    return run


def emit_metric(policy: Statement) -> Run:
    """A metric for Application Insights."""
    name, value = policy.text("name"), policy.text("value", "1")
    dimensions = [(each.text("name"), each.text("value")) for each in policy.children("dimension")]

    def run(call: SimulatedCall) -> None:
        found = {each(call): given(call) for each, given in dimensions}
        call.trace.add(
            "emit-metric",
            f"The metric {name(call)} is sent.",
            "emit-metric",
            value=value(call),
            dimensions=found,
        )

    return run


def log_to_eventhub(policy: Statement) -> Run:
    """A message for an event hub."""
    logger, text = policy.text("logger-id"), policy.content()

    def run(call: SimulatedCall) -> None:
        call.trace.add(
            "log-to-eventhub",
            f"A message is sent to the logger {logger(call)}.",
            "emit-metric",
            text=text_of(text(call)),
        )

    return run


def proxy(policy: Statement) -> Run:
    """The proxy that requests go through."""
    url = policy.text("url")

    def run(call: SimulatedCall) -> None:
        call.trace.add("proxy", f"Requests go through the proxy {url(call)}.", "proxy")

    return run


def cross_domain(_: Statement) -> Run:
    """What Flash and Silverlight may call, which they ask for by themselves."""

    def run(call: SimulatedCall) -> None:
        told = "The call goes on: pages of Flash and Silverlight alone are told."
        call.trace.add("cross-domain", told, "cross-domain")

    return run
