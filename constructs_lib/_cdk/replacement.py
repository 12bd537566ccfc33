"""What is replaced together.

Azure deletes a resource with all that lies in it, but what lies in an API or a gateway names it by
a name that stays the same, so that Terraform would find it missing only in the next plan.

Source: Terraform, "The lifecycle meta-argument", `replace_triggered_by`.
"""

from __future__ import annotations

from functools import cache
from weakref import WeakKeyDictionary

from cdktf import TerraformResource, TerraformResourceLifecycle

_addresses: WeakKeyDictionary[TerraformResource, str] = WeakKeyDictionary()


def replaced_with(
    *parents: TerraformResource, prevent_destroy: bool = False
) -> TerraformResourceLifecycle:
    """Let a resource be replaced whenever one of those is that it lies in.

    Only their id decides: a change in place leaves it as it is.

    Args:
        parents: What it lies in.
        prevent_destroy: Whether Terraform refuses any plan that would destroy it.
    """
    return TerraformResourceLifecycle(
        replace_triggered_by=[f"{address_of(parent)}.id" for parent in parents],
        prevent_destroy=prevent_destroy or None,
    )


def replaced_on_change(
    of: TerraformResource, *, prevent_destroy: bool = False
) -> TerraformResourceLifecycle:
    """Let a resource be replaced whenever what is remembered changes."""
    return TerraformResourceLifecycle(
        replace_triggered_by=[address_of(of)], prevent_destroy=prevent_destroy or None
    )


def address_of(resource: TerraformResource) -> str:
    """Return a resource's address; CDKTF writes `${…}` around it, which is no address here.

    It is asked for once: an id that is overridden later would leave what was made before behind.
    """
    address = _addresses.get(resource)
    if address is None:
        kind = _type_of(type(resource)) or resource.terraform_resource_type
        address = _addresses[resource] = f"{kind}.{resource.friendly_unique_id}"
    return address


@cache
def _type_of(binding: type[TerraformResource]) -> str | None:
    """Return the type of the resources that a provider's class makes; any other's may differ."""
    return getattr(binding, "TF_RESOURCE_TYPE", None)
