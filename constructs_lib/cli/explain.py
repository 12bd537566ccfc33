"""`secured-functions explain`: what a rule means, whichever command names it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from constructs_lib._core.errors import InputError
from constructs_lib._core.rules import all_rules, find_rule
from constructs_lib.cli._help import Commands, Help

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs_lib._core.rules import Rule


def register(commands: Commands) -> None:
    """Add `explain`."""
    parser = Help(
        purpose="Say what the id of a rule or a check means, and what to do.",
        examples=["secured-functions explain SF101 gateway-key", "secured-functions explain"],
    ).command(commands, "explain")
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="SF101, SFP405, OP105, gateway-key, … (default: list all of them)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain rules, or list all of them."""
    ids: list[str] = options.ids
    if ids:
        print("\n\n".join(map(explained, ids)))
    else:
        print(listed(all_rules().values()))
    return 0


def explained(id: str) -> str:
    """What a rule means, what to do, and where it is documented.

    Raises:
        InputError: There is no such rule.
    """
    rule = find_rule(id)
    if rule is None:
        raise InputError(f"there is no rule {id}", fix=_instead(id))
    kind = ", ".join(filter(None, (rule.severity, rule.effect)))
    return (
        f"{rule.id}: {rule.title} ({kind})\n\n"
        f"{rule.reason}\n\nFix: {rule.fix}\nDocumentation: {rule.url}"
    )


def listed(rules: Iterable[Rule]) -> str:
    """One line for each rule."""
    rows = [(rule.id, rule.severity, rule.effect or "", rule.title) for rule in rules]
    width = max(len(id) for id, *_ in rows)
    return "\n".join(
        f"{id:<{width}}  {severity:<8} {effect:<9} {title}" for id, severity, effect, title in rows
    )


def _instead(id: str) -> str:
    from difflib import get_close_matches

    names = {name.upper(): name for name in all_rules()}
    near = [names[found] for found in get_close_matches(id.upper()[:60], names, 3)]
    every = "`secured-functions explain` lists all rules"
    return f"did you mean {' or '.join(near)}? {every}" if near else every
