"""What a chapter of rules is made of: each rule's text together with the check that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from constructs_lib._core.rules import Effect, Rule, Severity
from constructs_lib.access.callers import Calls
from constructs_lib.access.links import ApiLink, AppLink, key
from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.policy.composition import elements


class Breach(NamedTuple):
    """A place where a rule is broken.

    Attributes:
        resource: The resource, if it is in the configuration.
        attribute: Its attribute, as a dotted path.
        message: What is wrong, in one sentence.
        fix: What to write instead, where it is not what the rule says.
    """

    resource: Resource | None
    attribute: str | None
    message: str
    fix: str | None = None


PAGE = "rules/README.md"

RuleCheck = Callable[[Calls], Iterator[Breach]]


@dataclass(frozen=True)
class Chapter:
    """Rules of one subject.

    Attributes:
        title: The subject, as the page of the rules names it.
        rules: The rules by their ids.
        checks: What finds a rule. A rule without a check is found on the way of a request: the
            decision that stops a trusted caller, or lets another in, names it.
    """

    title: str
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    checks: dict[str, RuleCheck] = field(default_factory=dict[str, RuleCheck])

    def rule(
        self, id: str, severity: Severity, effect: Effect, *, title: str, reason: str, fix: str
    ) -> Callable[[RuleCheck], RuleCheck]:
        """Add a rule, and return a decorator for the check that finds it."""
        self.rules[id] = Rule(
            id=id,
            severity=severity,
            effect=effect,
            title=title,
            reason=reason,
            fix=fix,
            page=PAGE,
        )
        return self.found_by(id)

    def borrow(self, rule: Rule) -> Callable[[RuleCheck], RuleCheck]:
        """Add a rule of another family that is found here too, under its own id."""
        self.rules[rule.id] = rule
        return self.found_by(rule.id)

    def found_by(self, id: str) -> Callable[[RuleCheck], RuleCheck]:
        """Return a decorator for the check that finds a rule of the chapter."""

        def add(check: RuleCheck) -> RuleCheck:
            self.checks[id] = check
            return check

        return add


def visible_apps(calls: Calls) -> Iterator[AppLink]:
    """The apps and slots whose settings the configuration shows."""
    return (app for app in calls.chain.apps.values() if app.visible)


def policies_of(calls: Calls, api: ApiLink) -> Iterator[tuple[Resource, PolicyDocument]]:
    """The policies of an API, its operations and gateway, with the fragments they include."""
    waiting = [api.policy, *api.operation_policies.values(), api.gateway.policy]
    seen: set[Resource] = set()
    while waiting:
        policy = waiting.pop(0)
        if policy is None or policy in seen:
            continue
        seen.add(policy)
        document = calls.document(policy, api.gateway)
        yield policy, document
        for each in elements(document.root) if document.root is not None else ():
            if each.name == "include-fragment":
                name = key(document.value(each.attributes.get("fragment-id", "")))
                waiting.append(api.gateway.fragments.get(name))
