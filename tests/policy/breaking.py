"""How a policy is broken: a valid document, one change, and what must be found in it.

Messages are spelled out by who breaks: neither they nor the places ask the library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from constructs_lib.policy import Known
from constructs_lib.policy.element_checks import CheckScope
from constructs_lib.policy.specification import Policy
from tests.policy.documents import At, Path, Tag, build, document, render, scope_of


@dataclass(frozen=True)
class Violation:
    """A document with one thing wrong, and what must be found in it.

    Attributes:
        rule: The rule that is broken.
        constraint: What of the specification is broken: path of the element, field and item.
        source: The document.
        expected: Severity, line, column and message of the finding.
        fix: What the finding must tell to do, if that is checked.
        also: Rules that are broken along with it.
    """

    rule: str
    constraint: tuple[Path, str, str]
    source: str
    expected: tuple[str, int, int, str]
    fix: str | None = None
    also: frozenset[str] = frozenset()
    scope: CheckScope = "api"
    sku: str | None = None
    known: Known | None = None


class Breaking:
    """Breaks one policy: what its violations are made with."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.name = policy.name

    def violation(
        self,
        rule: str,
        constraint: tuple[Path, str, str],
        root: Tag,
        at: At,
        message: str,
        *,
        severity: str = "error",
        fix: str | None = None,
        also: tuple[str, ...] = (),
        scope: CheckScope | None = None,
        sku: str | None = None,
        known: Known | None = None,
    ) -> Violation:
        source, places = render(root)
        line, column = places[at]
        if self.policy.partner and rule in ("SFP101", "SFP102"):
            also = (*also, "SFP409")
        return Violation(
            rule,
            constraint,
            source,
            (severity, line, column, message),
            fix,
            frozenset(also),
            scope or scope_of(self.policy),
            sku,
            known,
        )

    def broken(
        self,
        rule: str,
        path: Path,
        what: str,
        item: str,
        change: Callable[[Tag], At],
        message: str,
        *wanted: str,
        severity: str = "error",
        also: tuple[str, ...] = (),
        known: Known | None = None,
    ) -> Violation:
        """The violation after a change of the element at the path."""
        root, target = build(self.policy, path, *wanted)
        at = change(target)
        whole = document(self.policy, root)
        return self.violation(
            rule, (path, what, item), whole, at, message, severity=severity, also=also, known=known
        )
