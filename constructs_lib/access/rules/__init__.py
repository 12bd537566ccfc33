"""Every way in which the chain can be broken or opened: one module a chapter, one rule a check.

Ids never change and are never used again. SF1xx speak of Easy Auth, SF2xx of the registration,
SF3xx of the gateway and its policies, SF4xx of the site's side doors, SF5xx of who may use the
gateway, SF6xx of MCP servers, SF9xx of what cannot be proven.
"""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib._core.rules import Rule
from constructs_lib.access.callers import Calls
from constructs_lib.access.rules import callers, easy_auth, gateway, mcp, proof, registration, site
from constructs_lib.access.rules.chapter import Breach
from constructs_lib.access.terraform.resources import Resource

CHAPTERS = tuple(
    module.CHAPTER for module in (easy_auth, registration, gateway, site, callers, mcp, proof)
)
"""The chapters, in the order of their ids."""

RULES: dict[str, Rule] = {
    identifier: rule for chapter in CHAPTERS for identifier, rule in chapter.rules.items()
}
"""The rules by their ids, in that order too."""


def breaches(calls: Calls) -> list[tuple[Rule, Breach]]:
    """Every rule that is broken, each once for a resource and attribute."""
    alone = {app.resource for app in calls.chain.apps.values() if not calls.is_called(app)}
    found: dict[tuple[str, Resource | None, str | None], tuple[Rule, Breach]] = {}
    for identifier, breach in _all(calls):
        # An app that no gateway calls is no broken chain; whom it lets in is said all the same.
        broken = RULES[identifier].effect == "broken" and identifier.startswith("SF1")
        if broken and breach.resource in alone:
            continue
        # What is said of no resource is told apart by its words.
        what = breach.attribute if breach.resource is not None else breach.message
        key = identifier, breach.resource, what
        found.setdefault(key, (RULES[identifier], breach))
    return list(found.values())


def _all(calls: Calls) -> Iterator[tuple[str, Breach]]:
    # What a caller meets explains itself better than a rule that looks at one resource.
    yield from _answers(calls)
    for chapter in CHAPTERS:
        for identifier, check in chapter.checks.items():
            for breach in check(calls):
                yield identifier, breach


def _answers(calls: Calls) -> Iterator[tuple[str, Breach]]:
    """What keeps trusted callers out, and what lets others in."""
    for call in calls.calls:
        caller, app, decided = call.caller.label, call.app.name, call.decision
        if call.caller.trusted:
            for said in call.decisions:
                if said.verdict == "closed" and said.rule is not None:
                    message = f"{caller} does not reach {app}: {said.reason}"
                    yield said.rule, Breach(said.resource, said.attribute, message, said.fix)
        elif decided.verdict == "open" and decided.rule is not None:
            message = f"{caller} reaches {app}: {decided.reason}"
            yield decided.rule, Breach(decided.resource, decided.attribute, message, decided.fix)
