"""Makes what the pages of `docs/` say about rules, for `make generate`.

A page keeps its own text; what stands between `<!-- rules … -->` and `<!-- end of rules -->` is
made from the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from constructs_lib._core.rules import Rule
from constructs_lib.access.rules import CHAPTERS
from constructs_lib.access.rules.chapter import PAGE
from constructs_lib.operations import rules as operations
from constructs_lib.policy import rules as policy
from constructs_lib.verify import rules as verify

ROOT = Path(__file__).resolve().parent.parent
_MARKED = re.compile(
    r"(?<=<!-- rules, made by `make generate` -->\n).*?(?=<!-- end of rules -->)",
    re.DOTALL,
)
_EFFECTS = {
    "open": "an open door: somebody else would get in",
    "broken": "a broken chain: the gateway itself would be refused",
    "hardening": "hardening: nobody gets in by this alone",
    "unproven": "nothing can be proven",
}


def pages() -> dict[str, Callable[[], str]]:
    """The pages that document rules, by their paths, and what makes each."""
    return {f"docs/{page}": partial(_page, page, made) for page, made in _PAGES.items()}


def _page(page: str, made: Callable[[], str]) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return _MARKED.sub(lambda _: f"\n{made()}\n", text)


def _chapters() -> str:
    """The rules of the access check, each with a heading of its own."""
    parts: list[str] = []
    for chapter in CHAPTERS:
        rules = chapter.rules.values()
        parts += [f"## {chapter.title}\n", *(_section(rule) for rule in rules if rule.page == PAGE)]
        borrowed = [f"- {rule.id}: {rule.title}\n" for rule in rules if rule.page != PAGE]
        if borrowed:
            parts.append("These rules of policies are checked here too:\n\n" + "".join(borrowed))
    return "\n".join(parts)


def _section(rule: Rule) -> str:
    effect = f", {_EFFECTS[rule.effect]}" if rule.effect else ""
    return (
        f'<a id="{rule.anchor}"></a>\n\n'
        f"### {rule.id}: {rule.title}\n\n*{rule.severity}*{effect}.\n\n"
        f"{rule.reason}\n\n**Fix.** {rule.fix}\n"
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _anchored(rule: Rule, name: str) -> str:
    return f'<a id="{rule.anchor}"></a>{name}'


def _of_rules(rules: Mapping[str, Rule]) -> str:
    return _table(
        ("rule", "severity", "what it finds", "why", "fix"),
        (
            (
                _anchored(rule, rule.id),
                ", ".join(filter(None, (rule.severity, rule.milder))),
                rule.title,
                rule.reason,
                rule.fix,
            )
            for rule in rules.values()
        ),
    )


def _of_checks() -> str:
    return _table(
        ("check", "what holds", "how it asks", "when it fails"),
        (
            (_anchored(rule, f"`{rule.id}`"), rule.title, rule.reason, rule.fix)
            for rule in verify.RULES.values()
        ),
    )


_PAGES: dict[str, Callable[[], str]] = {
    PAGE: _chapters,
    policy.PAGE: lambda: _of_rules(policy.RULES),
    operations.PAGE: lambda: _of_rules(operations.RULES),
    verify.PAGE: _of_checks,
}
