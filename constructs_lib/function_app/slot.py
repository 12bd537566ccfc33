"""What a deployment slot is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from constructs_lib._core.azure_names import SlotName
from constructs_lib._core.problems import Problem, ValueObject
from constructs_lib.function_app.app_settings import app_setting_problems

if TYPE_CHECKING:
    from constructs_lib.function_app.easy_auth import EasyAuth


@dataclass(frozen=True, kw_only=True)
class Slot(ValueObject):
    """A deployment slot, live under a host name of its own.

    Attributes:
        name: `staging`, for example; `production` is taken.
        easy_auth: Its own registration and callers; those of the app if left out.
        app_settings: On top of the app's settings.
        auto_swap_slot_name: Slot to swap with after a deployment.
    """

    EXAMPLE: ClassVar = "staging"

    name: SlotName
    easy_auth: EasyAuth | None = None
    app_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    auto_swap_slot_name: str | None = None

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Take the name of a slot for the slot."""
        return cls(name=text)

    def problems(self) -> Iterator[Problem]:
        """What its app settings may not hold."""
        yield from app_setting_problems(self.app_settings)


def twin_problems(names: Sequence[str]) -> Iterator[Problem]:
    """Find slots that are there twice; Azure compares names without regard to case."""
    for number, name in enumerate(names):
        if name.lower() in map(str.lower, names[:number]):
            yield Problem(("slots", number), f"{name!r} is there twice", "leave one out")
