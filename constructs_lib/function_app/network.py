"""From where a function app can be reached, before any token is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of traffic that is let in. Use the factories.

    Attributes:
        name: Name of the rule.
        ip_address: CIDR.
        subnet_id: Subnet with the service endpoint `Microsoft.Web`.
        service_tag: Azure service tag.
    """

    name: str
    ip_address: str | None = None
    subnet_id: str | None = None
    service_tag: str | None = None

    @classmethod
    def cidr(cls, cidr: str, *, name: str) -> Source:
        """Addresses in CIDR notation."""
        return cls(name=name, ip_address=cidr)

    @classmethod
    def subnet(cls, subnet_id: str, *, name: str) -> Source:
        """A subnet, such as that of a gateway inside a virtual network."""
        return cls(name=name, subnet_id=subnet_id)

    @classmethod
    def address(cls, address: str, *, name: str) -> Source:
        """A single address, for example `Fn.element(apim.public_ip_addresses, 0)`."""
        return cls(name=name, ip_address=f"{address}/32")

    @classmethod
    def tag(cls, service_tag: str, *, name: str) -> Source:
        """An Azure service tag; `ApiManagement` is refused, as it is not the gateway's egress."""
        return cls(name=name, service_tag=service_tag)


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """Access restrictions of a site.

    Attributes:
        default_action: What happens to everybody who is not named.
        allow: Who is let in.
        reason: Why the deployment site is open to everywhere, if it is.
    """

    default_action: str
    allow: Sequence[Source] = ()
    reason: str | None = None

    @classmethod
    def anywhere(cls, *, reason: str | None = None) -> Inbound:
        """No restriction; Easy Auth decides alone."""
        return cls(default_action="Allow", reason=reason)

    @classmethod
    def default_deny(cls, *allow: Source) -> Inbound:
        """Nobody but the sources named."""
        return cls(default_action="Deny", allow=allow)


@dataclass(frozen=True, kw_only=True)
class PrivateAccess:
    """A private endpoint for the app, with public access off.

    Attributes:
        subnet_id: Subnet of the endpoint.
        dns_zone_ids: Private DNS zones `privatelink.azurewebsites.net`, if Terraform keeps them.
    """

    subnet_id: str
    dns_zone_ids: Sequence[str] = ()
