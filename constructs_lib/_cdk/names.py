"""Names that Azure has once, in the world or in a place, as the stacks of one app take them."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import Construct, IConstruct

from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.azurerm import azurerm_of
from constructs_lib._cdk.per_stack import once_per_stack, stack_of

Names = dict[tuple[str, str], Construct]
"""Who has a name, by the kind of what it names and the name in lower case."""

_apps: WeakKeyDictionary[IConstruct, dict[str, Names]] = WeakKeyDictionary()


def names_in_the_world(construct: Construct) -> Names:
    """Return the names of hosts that constructs of the same app have taken."""
    return once_per_stack(construct, _places).setdefault("", {})


def names_in_gateway(construct: Construct, gateway: str) -> Names:
    """Return the names that constructs of the same app have taken in an API Management service."""
    if is_token(gateway):
        return {}
    return once_per_stack(construct, _places).setdefault(f"gateway {gateway.lower()}", {})


def names_in_group(construct: Construct, group: str) -> Names:
    """Return the names that constructs of the same app have taken in a resource group.

    Of a group that is named by a reference, and of one in a stack whose subscription
    `add_providers` has not told, other stacks may mean another one.
    """
    stack = stack_of(construct)
    subscription = azurerm_of(stack).subscription_id
    if subscription is None or is_token(subscription) or is_token(group):
        subscription = stack.node.path
    place = f"group {subscription}/{group}"
    return once_per_stack(construct, _places).setdefault(place.lower(), {})


def _places(stack: TerraformStack) -> dict[str, Names]:
    return _apps.setdefault(stack.node.root, {})


def take(
    taken: Names,
    scope: Construct,
    argument: str,
    kind: str,
    name: str,
    *,
    place: str = "",
    fix: str | None = None,
) -> None:
    """Take a name that can be there once.

    Args:
        taken: What is taken where it is unique.
        scope: Who takes it.
        argument: The argument that says it.
        kind: What it names.
        name: The name.
        place: Where it is unique, for the message.
        fix: What to write instead.

    Raises:
        InputError: If another construct has taken it already.
    """
    holder = taken.setdefault((kind, name.lower()), scope)
    if holder is not scope and not is_token(name):
        refuse(
            scope,
            argument,
            f"the {kind} {name!r}{place} is taken by {holder.node.path} already",
            fix or f"choose another {kind}",
        )


def take_host(
    scope: Construct, argument: str, kind: str, name: str, parts: Iterable[str] = ()
) -> None:
    """Take a name that is part of a host name, and so unique in the world.

    Args:
        scope: Who takes it.
        argument: The argument that says it.
        kind: What it names.
        name: The name.
        parts: Names of slots, whose host names begin with `<name>-<slot>`.

    Raises:
        InputError: If another construct of the app has taken it already.
    """
    fix = "choose another name: Azure has such a name once in the world"
    for each in (name, *(f"{name}-{part}" for part in parts)):
        take(names_in_the_world(scope), scope, argument, kind, each, fix=fix)
