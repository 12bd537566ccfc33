"""What a change opens and closes: the answers of two analyses, door by door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from constructs_lib.access.records import Analysis, Answer, Caller, Verdict
from constructs_lib.access.rules import RULES

ChangeEffect = Literal[
    "opened", "weakened", "unproven", "disconnected", "closed", "connected", "changed"
]
EFFECTS: dict[ChangeEffect, str] = {
    "opened": "gets in, and did not before",
    "weakened": "gets in, which hardening would prevent, and did not before",
    "unproven": "may get in: that is not known here",
    "disconnected": "is kept out of what it could call before",
    "closed": "stays out, and did not before",
    "connected": "gets through, and did not before",
    "changed": "gets the same, for another reason",
}
"""Each effect of a change on a door, worst first, said of the caller."""

Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of one door.

    Attributes:
        effect: What the change did to it.
        before: The answer before; None where there was no such caller or target.
        after: The answer now; None where there is no such caller or target any more.
    """

    effect: ChangeEffect
    before: Answer | None
    after: Answer | None

    @property
    def answer(self) -> Answer:
        """The answer now, or the last that there was."""
        answer = self.after or self.before
        if answer is None:
            raise ValueError("a change of nothing")
        return answer


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The doors that a change moved.

    Attributes:
        before: What was read as the state before, as the user named it.
        changes: Every change, worst first.
    """

    before: str
    changes: tuple[Change, ...]

    @property
    def opened(self) -> tuple[Change, ...]:
        """The changes that let somebody in."""
        return tuple(change for change in self.changes if change.effect == "opened")


def compare_analyses(old: Analysis, new: Analysis) -> Comparison:
    """Say what became of each door between two analyses.

    A door counts as opened when somebody other than the gateway gets in who did not before, also
    where the app is new, and also where an allow-list names the newcomer: that is for a person to
    look at. The gateway that gets through, which is what it is for, counts as connected.
    """
    single = _single(old) and _single(new)
    before, after = _doors(old, single), _doors(new, single)
    changes: list[Change] = []
    for key in {**after, **before}:
        was, now = before.get(key), after.get(key)
        effect = _effect(was, now)
        if effect:
            changes.append(Change(effect=effect, before=was, after=now))
    worst = list(EFFECTS)
    changes.sort(key=lambda change: worst.index(change.effect))
    return Comparison(before=old.source, changes=tuple(changes))


def _single(analysis: Analysis) -> bool:
    return len({answer.target.stack for answer in analysis.answers}) < 2


def _doors(analysis: Analysis, single: bool) -> dict[Key, Answer]:
    """Answers by what stays the same while a configuration changes.

    Where each side has one stack only, its name does not matter: it may be a file on one side and
    a directory on the other. Ids of callers name the stack only where there are several.
    """
    doors: dict[Key, Answer] = {}
    for answer in analysis.answers:
        stack = answer.target.stack
        caller = answer.caller.id.replace(f":{stack}/", ":", 1) if stack else answer.caller.id
        doors["" if single else stack, answer.target.address, caller] = answer
    return doors


def _effect(before: Answer | None, after: Answer | None) -> ChangeEffect | None:
    """What a change did; a door that is not there is closed."""
    was: Verdict = before.verdict if before else "closed"
    now: Verdict = after.verdict if after else "closed"
    answer = after or before
    if was == now:
        if before is None or after is None or _decider(before) == _decider(after):
            return None
        return "changed"
    if now == "unknown":
        return "unproven"
    gateway = answer is not None and is_gateway(answer.caller)
    if now == "open":
        if gateway:
            return "connected"
        rule = RULES.get(answer.rule or "") if answer else None
        return "weakened" if rule and rule.effect == "hardening" else "opened"
    return "disconnected" if gateway else "closed"


def is_gateway(caller: Caller) -> bool:
    """Whether it is the gateway on the way that is meant, not merely somebody who may call."""
    return caller.trusted and caller.kind != "listed-application"


def _decider(answer: Answer) -> tuple[object, ...]:
    return (answer.status, answer.address, answer.attribute)
