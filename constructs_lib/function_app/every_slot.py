"""No slot of a function app is forgotten."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import jsii
from cdktf import DefaultTokenResolver, StringConcat, TerraformStack, Tokenization
from constructs import Construct, IConstruct, IValidation

from constructs_lib._cdk.per_stack import once_per_stack
from constructs_lib.function_app.resource_kinds import is_slot

if TYPE_CHECKING:
    from constructs_lib.function_app.resource_kinds import SlotResource


def protect_every_slot(scope: Construct, app_id: str, slots: Collection[SlotResource]) -> None:
    """Refuse at synth any slot of the app that no Easy Auth of ours protects.

    A slot is live under its own host name and inherits nothing of the app's authentication.

    Args:
        scope: The construct that protects the app.
        app_id: Resource id of the app.
        slots: The slots that it protects.
    """
    once_per_stack(scope, _EverySlotProtected).apps.append((app_id, slots))


@jsii.implements(IValidation)
class _EverySlotProtected:
    """One check for all apps of a stack, as looking through the stack takes long."""

    def __init__(self, stack: TerraformStack) -> None:
        self.apps: list[tuple[str, Collection[SlotResource]]] = []
        self._stack = stack
        stack.node.add_validation(self)

    def validate(self) -> list[str]:
        """Return a sentence for each slot that is open."""
        everything: list[IConstruct] = self._stack.node.find_all()
        known = {slot for _, slots in self.apps for slot in slots}
        unknown = [found for found in everything if is_slot(found) and found not in known]
        if not unknown:
            return []
        apps = {self._resolved(app_id) for app_id, _ in self.apps}
        return [
            f"{slot.node.path} is a slot of this function app without Easy Auth "
            "(name it among the slots)"
            for slot in unknown
            if self._resolved(slot.function_app_id_input or "") in apps
        ]

    def _resolved(self, value: str) -> str:
        resolver = DefaultTokenResolver(StringConcat())
        # The stubs name the resolver's parameters in another way than its interface does.
        return str(Tokenization.resolve(value, scope=self._stack, resolver=resolver))  # pyright: ignore[reportArgumentType]
