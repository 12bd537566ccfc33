"""What a deployment slot is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs_lib.function_app.easy_auth import EasyAuth


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A deployment slot, live under a host name of its own.

    Attributes:
        name: `staging`, for example; `production` is taken.
        easy_auth: Its own registration and callers; those of the app if left out.
        app_settings: On top of the app's settings.
        auto_swap_slot_name: Slot to swap with after a deployment.
    """

    name: str
    easy_auth: EasyAuth | None = None
    app_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    auto_swap_slot_name: str | None = None
