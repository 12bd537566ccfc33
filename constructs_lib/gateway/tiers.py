"""What each tier of API Management offers, as far as it decides what a gateway may ask for.

Sources: azurerm `validate/api_management_sku.go` and `api_management_resource.go`; Learn
"Feature-based comparison of the API Management tiers", "Use a virtual network with API Management".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.problems import Problem
from constructs_lib.gateway.props import VirtualNetwork

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management import ApiManagementAdditionalLocation

# The tiers that let one choose protocols and ciphers.
CLASSIC = frozenset({"Developer", "Basic", "Standard", "Premium"})

_NETWORK = frozenset({"Developer", "Premium", "StandardV2", "PremiumV2"})


def tier_of(sku: str) -> str:
    """Return the tier of a SKU: `Developer` of `Developer_1`."""
    return sku.partition("_")[0]


def gateway_problems(
    *,
    sku: str = "Developer_1",
    virtual_network: VirtualNetwork | None = None,
    zones: Sequence[str] = (),
    public_ip_address_id: str | None = None,
    additional_locations: Sequence[ApiManagementAdditionalLocation] = (),
    gateway_disabled: bool = False,
    client_certificate_enabled: bool = False,
    **_: object,
) -> Iterator[Problem]:
    """Find what a gateway asks for and its tier does not offer; see `Gateway` for the props."""
    for location in additional_locations:
        if (location.virtual_network_configuration is None) != (virtual_network is None):
            yield Problem(
                "additional_locations",
                "a network in one region and none in another",
                "give every region a virtual_network_configuration, or none of them",
            )
    if gateway_disabled and not additional_locations:
        yield Problem(
            "gateway_disabled",
            "no gateway would be left",
            "add additional_locations, or leave the gateway on",
        )
    if is_token(sku):
        return
    tier = tier_of(sku)
    dedicated = tier in ("Developer", "Premium")
    rules: tuple[tuple[str | tuple[str, ...], bool, str], ...] = (
        (
            "virtual_network",
            virtual_network is not None and tier not in _NETWORK,
            "choose Developer, Premium, StandardV2 or PremiumV2",
        ),
        (
            ("virtual_network", "type"),
            virtual_network is not None
            and virtual_network.type == "Internal"
            and tier == "StandardV2",
            "write External: StandardV2 integrates outgoing traffic only",
        ),
        ("zones", bool(zones) and tier != "Premium", "choose Premium, or leave zones out"),
        (
            "public_ip_address_id",
            public_ip_address_id is not None and not (dedicated and virtual_network),
            "choose Developer or Premium and set virtual_network",
        ),
        (
            "additional_locations",
            bool(additional_locations) and tier != "Premium",
            "choose Premium, or leave additional_locations out",
        ),
        (
            "client_certificate_enabled",
            client_certificate_enabled and tier != "Consumption",
            "leave it out: other tiers ask for certificates by host name",
        ),
    )
    for argument, violated, fix in rules:
        if violated:
            yield Problem(argument, f"not available with the tier {tier}", fix)
