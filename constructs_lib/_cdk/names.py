"""Names that Azure has once, in the world or in a gateway, as the stacks of one app take them."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import Construct, IConstruct

from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.per_stack import once_per_stack

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
    return once_per_stack(construct, _places).setdefault(gateway.lower(), {})


def _places(stack: TerraformStack) -> dict[str, Names]:
    return _apps.setdefault(stack.node.root, {})


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
    taken = names_in_the_world(scope)
    for each in (name, *(f"{name}-{part}" for part in parts)):
        holder = taken.setdefault((kind, each.lower()), scope)
        if holder is not scope and not is_token(name):
            refuse(
                scope,
                argument,
                f"the {kind} {each!r} is made by {holder.node.path} already",
                "choose another name: Azure has such a name once in the world",
            )
