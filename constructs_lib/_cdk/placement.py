"""Where resources are placed: the name and the location of a resource group, read once."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

from constructs_lib._cdk.per_stack import once_per_stack


@dataclass(frozen=True)
class Placement:
    """The resource group and the region of new resources, for groups that another stack owns.

    Attributes:
        name: The group's name.
        location: The region, for example `westeurope`.
    """

    name: str
    location: str


def placement(group: ResourceGroup | Placement) -> Placement:
    """Return the placement in `group`.

    Each attribute of an L1 that is read costs a round trip to jsii's kernel, so a resource group's
    are read once and kept, however many constructs are placed in it.
    """
    if isinstance(group, Placement):
        return group
    known = once_per_stack(group, _placements)
    if group not in known:
        known[group] = Placement(group.name, group.location)
    return known[group]


def _placements(_stack: TerraformStack) -> dict[ResourceGroup, Placement]:
    return {}
