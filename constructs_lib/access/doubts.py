"""Why something that is written may not be so: the third value of every fact that decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from constructs_lib.access.terraform.resources import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that may change what a resource says, and is not understood.

    Attributes:
        reason: What, in words that a sentence can go on with.
        by: The resource that it comes from.
        attribute: The attribute of that resource.
        on: The attributes of the doubted resource that it may change: a dotted path and all within
            it, empty for all of them.
        rule: The rule that speaks of it.
    """

    reason: str
    by: Resource | None
    attribute: str | None
    on: str = ""
    rule: str = "SF903"

    def touches(self, attribute: str | None) -> bool:
        """Whether it may change an attribute, or something in it."""
        if not self.on or attribute is None:
            return True
        return attribute == self.on or (
            attribute.startswith(f"{self.on}.") or self.on.startswith(f"{attribute}.")
        )


@dataclass(slots=True)
class Doubts:
    """All doubts of a configuration: on resources, and on everything of a stack."""

    _on: dict[tuple[str, str], list[Doubt]] = field(
        default_factory=dict[tuple[str, str], list[Doubt]]
    )
    _everywhere: dict[str, list[Doubt]] = field(default_factory=dict[str, list[Doubt]])

    def add(self, subject: Resource, doubt: Doubt) -> None:
        """Doubt a resource."""
        self._on.setdefault((subject.stack, subject.address), []).append(doubt)

    def add_everywhere(self, stack: str, doubt: Doubt) -> None:
        """Doubt all that a stack makes."""
        self._everywhere.setdefault(stack, []).append(doubt)

    def on(self, subject: Resource | None, attribute: str | None) -> Doubt | None:
        """The first doubt that touches an attribute of a resource."""
        if subject is None or not (self._on or self._everywhere):
            return None
        for each in self._on.get((subject.stack, subject.address), ()):
            if each.touches(attribute):
                return each
        return next(iter(self._everywhere.get(subject.stack, ())), None)

    def __iter__(self) -> Iterator[Doubt]:
        """All of them, each once."""
        found: dict[Doubt, None] = {}
        for doubts in (*self._on.values(), *self._everywhere.values()):
            found.update((each, None) for each in doubts)
        return iter(found)

    def __bool__(self) -> bool:
        return bool(self._on or self._everywhere)
