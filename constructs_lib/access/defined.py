"""What Terraform defines for policies to refer to: named values, backends and fragments."""

from __future__ import annotations

from collections.abc import Iterable

from constructs_lib.access.chain import Chain
from constructs_lib.access.links import GatewayLink
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.policy.undefined import Known

_DEFINING = {
    "named_values": ("azurerm_api_management_named_value", "display_name"),
    "backends": ("azurerm_api_management_backend", "name"),
    "fragments": ("azurerm_api_management_policy_fragment", "name"),
}


def defined(configuration: Configuration) -> Known:
    """What a configuration defines, in whichever gateway; nothing is known if a part is unread."""
    if configuration.gaps:
        return Known()
    return Known(
        **{
            what: _names(configuration, configuration.of_type(kind), attribute)
            for what, (kind, attribute) in _DEFINING.items()
        }
    )


def defined_in(chain: Chain, gateway: GatewayLink) -> Known:
    """What there is in one gateway; nothing is known of one that may have more elsewhere."""
    managed = gateway.resource is not None and gateway.resource.managed
    if not managed or gateway.others or chain.unread(gateway.stack):
        return Known()
    return Known(
        **{
            what: _names(chain.configuration, getattr(gateway, what).values(), attribute)
            for what, (_, attribute) in _DEFINING.items()
        }
    )


def _names(
    configuration: Configuration, resources: Iterable[Resource], attribute: str
) -> set[str] | None:
    """The names of resources; None if one of them is known only later: it may be any name."""
    names: set[str] = set()
    for each in resources:
        name = configuration.attribute(each, attribute)
        if not isinstance(name, str):
            return None
        names.add(name)
    return names
