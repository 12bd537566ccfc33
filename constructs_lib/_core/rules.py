"""One record for every rule that this library checks, and the registry that finds it by its id.

Each family of rules stands with its checks and is imported when one of its ids is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, cast

Severity = Literal["error", "warning", "note"]
Effect = Literal["open", "broken", "hardening", "unproven"]

DOCUMENTATION = "https://secured-functions.readthedocs.io/en/stable/"
"""Where the pages of `docs/` are published; `site_url` of `mkdocs.yml` is the same."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a check looks for, and what to do when it finds it.

    Attributes:
        id: Stable: it never changes and is never used again for something else.
        severity: `error` fails a check, `warning` and `note` do not.
        title: What is wrong, in a few words; of `verify`, what holds when the check passes.
        reason: Why it matters, or what it looks at, in a sentence or two.
        fix: What to write or to look at instead, in a sentence.
        page: The page of `docs/` that documents it.
        effect: Of the access check: `open` lets somebody in, `broken` keeps the gateway out,
            `hardening` lets nobody in by itself (a credential has to be stolen first, say), and
            `unproven` says that something is not known.
        milder: The severity of those findings for which the reason names a milder one.
    """

    id: str
    severity: Severity
    title: str
    reason: str
    fix: str
    page: str
    effect: Effect | None = None
    milder: Severity | None = None

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return self.id.lower()

    @property
    def url(self) -> str:
        """Where it is documented."""
        path = re.sub(r"(README)?\.md$", "", self.page).rstrip("/")
        return f"{DOCUMENTATION}{path}/#{self.anchor}"


FAMILIES: Mapping[str, str] = {
    r"SF\d+": "constructs_lib.access.rules",
    r"SFP\d+": "constructs_lib.policy.rules",
    r"OP\d+": "constructs_lib.operations.rules",
    r"[A-Z]+(-[A-Z]+)*": "constructs_lib.verify.rules",
}
"""What ids look like, in capitals, and the module whose `RULES` holds those rules."""


def find_rule(id: str) -> Rule | None:
    """The rule of that id, in capitals or not, if there is one."""
    for pattern, module in FAMILIES.items():
        if re.fullmatch(pattern, id.upper()):
            rules = _rules(module)
            return rules.get(id.upper()) or rules.get(id.lower())
    return None


def all_rules() -> dict[str, Rule]:
    """Every rule of every family by its id."""
    return {id: rule for module in FAMILIES.values() for id, rule in _rules(module).items()}


def _rules(module: str) -> Mapping[str, Rule]:
    return cast("Mapping[str, Rule]", import_module(module).RULES)
