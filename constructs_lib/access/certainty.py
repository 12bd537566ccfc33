"""What decisions are worth where something may be otherwise than it is written."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision, settle
from constructs_lib.access.doubts import Doubt
from constructs_lib.access.links import AppLink
from constructs_lib.access.terraform.resources import Resource


def doubted(resource: Resource | None, attribute: str | None, doubt: Doubt) -> Decision:
    """What a decision is worth over something that may be otherwise."""
    return Decision.unknown(
        doubt.reason, doubt.by or resource, attribute=doubt.attribute or attribute, rule=doubt.rule
    )


def openness(chain: Chain, app: AppLink, decisions: Sequence[Decision]) -> int:
    """How far somebody gets, for all that is known."""
    verdict = settle(all_certain(chain, app, decisions)).verdict
    return ("closed", "unknown", "open").index(verdict)


def all_certain(chain: Chain, app: AppLink, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Decisions, those that rest on something doubted made unknown."""
    if not chain.doubts:
        return decisions
    return [_certain(chain, app, each) for each in decisions]


def _certain(chain: Chain, app: AppLink, decision: Decision) -> Decision:
    """A decision, unless something may change what it rests on."""
    if decision.verdict == "unknown":
        return decision
    doubts = chain.doubts
    doubt = doubts.on(decision.resource, decision.attribute)
    if doubt is None and decision.verdict == "open" and decision.resource is not app.resource:
        doubt = doubts.on(app.resource, "auth_settings_v2")
    if doubt is None:
        return decision
    return doubted(decision.resource, decision.attribute, doubt)
