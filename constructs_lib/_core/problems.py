"""Problems as values: what is wrong with an argument, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

DocumentPath = tuple["str | int", ...]
"""The keys and indices from the root of what somebody wrote to a value in it."""


class Problem(NamedTuple):
    """What is wrong with one argument.

    Attributes:
        at: The argument: its name, or names and indices down to the part that is wrong.
        problem: What is wrong, in a sentence without its full stop.
        fix: What to write instead.
    """

    at: str | DocumentPath
    problem: str
    fix: str

    @property
    def place(self) -> DocumentPath:
        """Where it is, as keys and indices."""
        return (self.at,) if isinstance(self.at, str) else self.at

    def below(self, place: DocumentPath) -> Problem:
        """The same problem, seen from further up."""
        return self._replace(at=(*place, *self.place))


def near(name: str, known: Iterable[str]) -> str:
    """Say what to write in the place of a name that is not known."""
    names = sorted(known)
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    return f"did you mean {found[0]!r}?" if found else f"it has {', '.join(names)}"


class ValueObject:
    """A record of arguments that says itself what is wrong with it."""

    def problems(self) -> Iterator[Problem]:
        """Find what azurerm or Azure would refuse of the arguments together.

        What can be said of one argument alone stands in its annotation.
        """
        return iter(())


@dataclass(frozen=True)
class Pattern:
    """What a text has to look like, as part of an annotation.

    Attributes:
        expression: It matches the whole text; letters and digits are those of ASCII, as in Go.
        rule: The same in words: what to write.
        ignore_case: Whether upper and lower case are the same.
    """

    expression: str
    rule: str
    ignore_case: bool = False

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression, re.ASCII | (re.IGNORECASE if self.ignore_case else 0))

    def allows(self, value: Any) -> bool:
        """Tell whether a text matches."""
        return self._compiled.fullmatch(value) is not None


@dataclass(frozen=True)
class Between:
    """What a number may be, as part of an annotation; both ends included."""

    low: int
    high: int

    @property
    def rule(self) -> str:
        """The same in words: what to write."""
        return f"write {self.low} to {self.high}"

    def allows(self, value: Any) -> bool:
        """Tell whether a number is in the range."""
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Count:
    """How many entries a list may have, as part of an annotation.

    Attributes:
        low: The fewest.
        high: The most, if there is a limit.
        rule: The same in words: what to write.
    """

    low: int
    high: int | None
    rule: str

    def allows(self, value: Any) -> bool:
        """Tell whether a list has as many."""
        return self.low <= len(value) and (self.high is None or len(value) <= self.high)
