"""Findings that somebody accepted for one resource, with a reason that the report shows.

A reason has to survive in the synthesized JSON, the plan and the state, so it stands in an output:

    output "secured_functions_accepted" {
      value = { "azurerm_linux_function_app.orders" = { SF410 = "deployed from hosted runners" } }
    }

Where a construct asks for a reason itself, it tags the resource with it; the portal shows that too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from constructs_lib._core.findings import Finding
from constructs_lib._core.rules import Rule
from constructs_lib.access.records import Accepted, sentence
from constructs_lib.access.rules import RULES
from constructs_lib.access.rules.chapter import Breach
from constructs_lib.access.terraform.configuration import Configuration

OUTPUT = "secured_functions_accepted"
"""Name of the output: a map from address to a map from rule to reason."""

TAGS = {
    "secured-functions:anonymous-paths": "SF113",
    "secured-functions:open-deployment": "SF410",
}
"""Tags with which a construct says why it lowers what a rule asks for."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One reason for one rule on one resource; `address` and `rule` as they were written."""

    stack: str
    address: str
    rule: str
    reason: str


def acceptances(configuration: Configuration) -> list[Acceptance]:
    """Everything that is accepted in a configuration."""
    found: list[Acceptance] = []
    for stack, by_address in configuration.outputs(OUTPUT):
        if not isinstance(by_address, dict):
            continue
        for address, by_rule in by_address.items():
            if isinstance(by_rule, dict):
                for rule, reason in by_rule.items():
                    text = reason if isinstance(reason, str) else ""
                    found.append(Acceptance(stack, address, rule.upper(), text.strip()))
    for resource in configuration.resources:
        tags = resource.body.get("tags")
        if isinstance(tags, dict):
            for tag, rule in TAGS.items():
                if tag in tags:
                    reason = configuration.attribute(resource, "tags", tag)
                    text = reason.strip() if isinstance(reason, str) else "as tagged"
                    found.append(Acceptance(resource.stack, resource.address, rule, text))
    return found


def sort_out(
    breaches: Iterable[tuple[Rule, Breach]], given: Iterable[Acceptance], source: str
) -> tuple[list[Finding], list[Accepted]]:
    """Findings, and those that are accepted; an acceptance that fits nothing is a finding.

    Args:
        breaches: What was found.
        given: What is accepted.
        source: What was read, as the user named it.
    """
    waiting = list(given)
    reasons = {
        (each.stack, each.address, each.rule): each for each in waiting if each.reason.strip()
    }
    used: set[tuple[str, str, str]] = set()
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    for rule, breach in breaches:
        resource = breach.resource
        finding = Finding.of(
            rule,
            sentence(breach.message).rstrip("."),
            fix=breach.fix,
            path=resource.path if resource else source,
            line=resource.line_of(breach.attribute) if resource else None,
            address=resource.address if resource else None,
            attribute=breach.attribute,
            stack=resource.stack if resource else "",
        )
        key = (resource.stack, resource.address, rule.id) if resource else None
        if key is not None and key in reasons:
            used.add(key)
            accepted.append(Accepted(finding=finding, reason=reasons[key].reason))
        else:
            findings.append(finding)
    for each in waiting:
        if (each.stack, each.address, each.rule) in used:
            continue
        if not each.reason:
            problem = "gives no reason"
        elif each.rule not in RULES:
            problem = f"names the rule {each.rule}, which does not exist"
        else:
            problem = f"names {each.rule}, which was not found there"
        findings.append(
            Finding.of(
                RULES["SF902"],
                f"The acceptance for {each.address} {problem}",
                path=source,
                address=each.address,
            )
        )
    order = {"error": 0, "warning": 1, "note": 2}
    findings.sort(
        key=lambda f: (order[f.severity], f.rule, f.path or "", f.address or "", f.attribute or "")
    )
    return findings, accepted
