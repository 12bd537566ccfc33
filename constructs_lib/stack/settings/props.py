"""The props of a construct as a file of settings gives them, before the construct is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from constructs import Construct

from constructs_lib._core.problems import Problem

Made = TypeVar("Made", bound=Construct)


class Props(Generic[Made]):
    """Props of a construct.

    A subclass names the construct. What it annotates itself is a key too, or another way to write a
    prop; what it leaves out has no key.

    Attributes:
        construct: The construct.
        left_out: Why a prop has no key, by its name.
        described_by: The construct whose docstring describes the props that it passes on.
        given: What was given, by the name of the prop.
    """

    construct: ClassVar[Any]
    left_out: ClassVar[Mapping[str, str]]
    described_by: ClassVar[type[Construct]]

    def __init_subclass__(
        cls,
        *,
        construct: type[Construct],
        left_out: Mapping[str, str] | None = None,
        described_by: type[Construct] | None = None,
    ) -> None:
        cls.construct = construct
        cls.described_by = described_by or construct
        cls.left_out = left_out or {}

    def __init__(self, **given: Any) -> None:
        self.given = given

    def get(self, name: str) -> Any:
        """Return a prop or another key; its default if it was not given."""
        return self.given.get(name, getattr(type(self), name, None))

    def make(self, scope: Construct, id: str, **more: Any) -> Made:
        """Make the construct; `more` goes before what was given."""
        return self.construct(scope, id, **{**self.given, **more})

    def problems(self) -> Iterator[Problem]:
        """Find what the construct would refuse of the props together."""
        find = self.construct.__init__.problems
        if find is not None:
            yield from find(**self.given)
