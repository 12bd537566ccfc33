"""What one link of the chain makes of a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from constructs_lib.access.records import Status, Verdict
from constructs_lib.access.terraform.resources import Resource


class Decision(NamedTuple):
    """A link's answer.

    Attributes:
        verdict: `open` lets the request pass on to the next link.
        status: What the caller sees if it ends here.
        reason: Why, in a sentence.
        resource: The resource that decides.
        attribute: Its attribute that decides.
        rule: The rule that speaks of it, when a trusted caller should not meet it.
        fix: What to write instead, where it is not what the rule says.
    """

    verdict: Verdict
    status: Status
    reason: str
    resource: Resource | None = None
    attribute: str | None = None
    rule: str | None = None
    fix: str | None = None

    @classmethod
    def open(
        cls,
        reason: str,
        resource: Resource | None = None,
        attribute: str | None = None,
        rule: str | None = None,
    ) -> Decision:
        """The request passes on."""
        return cls("open", 200, reason, resource, attribute, rule)

    @classmethod
    def closed(
        cls,
        status: Status,
        reason: str,
        resource: Resource | None = None,
        attribute: str | None = None,
        rule: str | None = None,
    ) -> Decision:
        """The request ends here with `status`."""
        return cls("closed", status, reason, resource, attribute, rule)

    @classmethod
    def unknown(
        cls,
        reason: str,
        resource: Resource | None = None,
        attribute: str | None = None,
        rule: str | None = None,
    ) -> Decision:
        """What was read does not tell."""
        return cls("unknown", "unknown", reason, resource, attribute, rule)


def settle(decisions: Iterable[Decision]) -> Decision:
    """What all links make of a request: one that closes decides, then one that is not known.

    The last decision of `decisions` has to be an open one, for requests that pass them all.
    """
    passed: Decision | None = None
    unknown: Decision | None = None
    for decision in decisions:
        if decision.verdict == "closed":
            return decision
        if decision.verdict == "unknown":
            unknown = unknown or decision
        else:
            passed = decision
    result = unknown or passed
    if result is None:
        raise ValueError("nothing decides")
    return result


def if_any(decision: Decision | None) -> list[Decision]:
    """The decision of a link that may have nothing to say, as a list."""
    return [] if decision is None else [decision]
