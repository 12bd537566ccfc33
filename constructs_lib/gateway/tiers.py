"""What each tier of API Management offers, as far as it decides what a gateway may ask for.

Sources: azurerm 4.55.0 `validate/api_management_sku.go` and `api_management_resource.go`; Learn
"Feature-based comparison of the API Management tiers", "Use a virtual network with API Management".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# azurerm's own expression lacks the `$` behind BasicV2 and so lets `BasicV2_10x` reach Azure.
SKU = re.compile(
    r"Consumption_0|Developer_1|Basic_[12]|Standard_[1-4]|Premium_[1-9][0-9]?"
    r"|(BasicV2|StandardV2)_([1-9]|10)|PremiumV2_([1-9]|[12][0-9]|30)"
)
SKU_RULE = (
    "write one of Consumption_0, Developer_1, Basic_1 to _2, Standard_1 to _4, Premium_1 to _99, "
    "BasicV2_1 to _10, StandardV2_1 to _10, PremiumV2_1 to _30"
)

# The tiers that let one choose protocols and ciphers.
CLASSIC = frozenset({"Developer", "Basic", "Standard", "Premium"})

_NETWORK = frozenset({"Developer", "Premium", "StandardV2", "PremiumV2"})


def tier_of(sku: str) -> str:
    """Return the tier of a SKU: `Developer` of `Developer_1`."""
    return sku.partition("_")[0]


def tier_problems(
    sku: str,
    *,
    network_type: str | None = None,
    zones: bool = False,
    public_ip_address: bool = False,
    additional_locations: bool = False,
    client_certificates: bool = False,
) -> Iterator[tuple[str, str, str]]:
    """Find what a gateway asks for and its tier does not offer.

    Args:
        sku: A SKU that matches `SKU`.
        network_type: `External` or `Internal` if it is joined to a virtual network.
        zones: Whether it names availability zones.
        public_ip_address: Whether it brings an address of its own.
        additional_locations: Whether it has more regions.
        client_certificates: Whether it asks callers for a certificate on all host names.

    Yields:
        The argument, what is wrong with it, and what to write instead.
    """
    tier = tier_of(sku)
    dedicated = tier in ("Developer", "Premium")
    rules = (
        (
            "virtual_network",
            network_type is not None and tier not in _NETWORK,
            "choose Developer, Premium, StandardV2 or PremiumV2",
        ),
        (
            "virtual_network.type",
            network_type == "Internal" and tier == "StandardV2",
            "write External: StandardV2 integrates outgoing traffic only",
        ),
        ("zones", zones and tier != "Premium", "choose Premium, or leave zones out"),
        (
            "public_ip_address_id",
            public_ip_address and not (dedicated and network_type),
            "choose Developer or Premium and set virtual_network",
        ),
        (
            "additional_locations",
            additional_locations and tier != "Premium",
            "choose Premium, or leave additional_locations out",
        ),
        (
            "client_certificate_enabled",
            client_certificates and tier != "Consumption",
            "leave it out: other tiers ask for certificates by host name",
        ),
    )
    for argument, violated, fix in rules:
        if violated:
            yield argument, f"not available with the tier {tier}", fix
