"""What a deployment slot is made of, and that none of them is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import jsii
from cdktf import DefaultTokenResolver, StringConcat, TerraformStack, Tokenization
from constructs import Construct, IConstruct, IValidation

from constructs_lib.easy_auth import EasyAuth, SlotResource


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


@jsii.implements(IValidation)
class EverySlotProtected:
    """Refuses at synth a slot of the app that no Easy Auth of ours protects.

    A slot is live under its own host name and inherits nothing of the app's authentication.

    Args:
        scope: The construct that protects the app.
        app_id: Resource id of the app.
        slots: The slots that it protects.
    """

    def __init__(self, scope: Construct, app_id: str, slots: Collection[SlotResource]) -> None:
        self._scope = scope
        self._app_id = app_id
        self._protected = slots

    def validate(self) -> list[str]:
        """Return a sentence for each slot that is open."""
        everything: list[IConstruct] = TerraformStack.of(self._scope).node.find_all()
        slots = [found for found in everything if isinstance(found, SlotResource)]
        return [
            f"{slot.node.path} is a slot of this function app without Easy Auth "
            "(name it among the slots)"
            for slot in slots
            if not any(slot is known for known in self._protected)
            and self._resolved(slot.function_app_id_input or "") == self._resolved(self._app_id)
        ]

    def _resolved(self, value: str) -> object:
        resolver = DefaultTokenResolver(StringConcat())
        # The stubs name the resolver's parameters in another way than its interface does.
        return Tokenization.resolve(value, scope=self._scope, resolver=resolver)  # pyright: ignore[reportArgumentType]
