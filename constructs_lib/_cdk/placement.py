"""Where resources are placed: the name and the location of a resource group, read once."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup


@dataclass(frozen=True)
class Placement:
    """The resource group and the region of new resources, for groups that another stack owns.

    Attributes:
        name: The group's name.
        location: The region, for example `westeurope`.
    """

    name: str
    location: str


_placements: WeakKeyDictionary[ResourceGroup, Placement] = WeakKeyDictionary()


def placement(group: ResourceGroup | Placement) -> Placement:
    """Return the placement in `group`.

    Each attribute of an L1 that is read costs a round trip to jsii's kernel, so a resource group's
    are read once and kept, however many constructs are placed in it.
    """
    if isinstance(group, Placement):
        return group
    found = _placements.get(group)
    if found is None:
        found = _placements[group] = Placement(group.name, group.location)
    return found
