"""From where a function app can be reached, before any token is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from constructs import Construct

from constructs_lib._cdk.placement import Placement
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib._core.azure_names import Cidr, ResourceId, Text
from constructs_lib._core.problems import Problem, ValueObject

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.private_endpoint import PrivateEndpoint

    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource

DEPLOYMENT_TAG = "secured-functions:open-deployment"


@dataclass(frozen=True, kw_only=True)
class Source(ValueObject):
    """One source of traffic that is let in. Use the factories.

    Attributes:
        name: Name of the rule, unique within its list.
        cidr: Addresses, such as `203.0.113.0/24`.
        subnet_id: Subnet with the service endpoint `Microsoft.Web`.
        service_tag: Azure service tag.
    """

    name: Text
    cidr: Cidr | None = None
    subnet_id: ResourceId | None = None
    service_tag: str | None = None

    def problems(self) -> Iterator[Problem]:
        """A source is one thing, and not a tag that means something else."""
        given = [value for value in (self.cidr, self.subnet_id, self.service_tag) if value]
        if len(given) != 1:
            yield Problem(
                (),
                f"the rule {self.name!r} has {len(given)} sources",
                "write exactly one of cidr, subnet_id and service_tag",
            )
        if self.service_tag and self.service_tag.split(".")[0].lower() == "apimanagement":
            yield Problem(
                "service_tag",
                "the service tag ApiManagement holds the control plane, not the gateways",
                "name the gateway's public address or its subnet",
            )

    @classmethod
    def addresses(cls, cidr: str, *, name: str) -> Source:
        """Addresses in CIDR notation."""
        return cls(name=name, cidr=cidr)

    @classmethod
    def address(cls, address: str, *, name: str) -> Source:
        """A single address, for example the gateway's `public_ip_address`."""
        return cls(name=name, cidr=f"{address}/{128 if ':' in address else 32}")

    @classmethod
    def subnet(cls, subnet_id: str, *, name: str) -> Source:
        """A subnet, such as that of a gateway inside a virtual network."""
        return cls(name=name, subnet_id=subnet_id)

    @classmethod
    def tag(cls, service_tag: str, *, name: str) -> Source:
        """An Azure service tag; `ApiManagement` is refused, as gateways do not call from it."""
        return cls(name=name, service_tag=service_tag)


@dataclass(frozen=True, kw_only=True)
class Inbound(ValueObject):
    """Access restrictions of a site: nobody but those that are named.

    Attributes:
        default_action: What happens to everybody who is not named.
        allow: Who is let in, each with the name of its rule.
        gateway: Whether the gateway is let in, by its own address; Developer, Basic, Standard and
            Premium have one. Only `SecuredFunctionApi` knows which gateway that is.
        cidrs: Ranges of addresses that are let in, such as `203.0.113.0/24`.
        subnet_ids: Subnets that are let in, by their service endpoint `Microsoft.Web`.
        reason: Why the deployment site is open to everywhere, if it is; up to 256 characters.
    """

    default_action: Literal["Allow", "Deny"] = "Deny"
    allow: Sequence[Source] = ()
    gateway: bool = False
    cidrs: Sequence[Cidr] = ()
    subnet_ids: Sequence[ResourceId] = ()
    reason: str = ""

    @classmethod
    def anywhere(cls, *, reason: str = "") -> Inbound:
        """No restriction: what stands behind decides alone."""
        return cls(default_action="Allow", reason=reason)

    @classmethod
    def default_deny(cls, *allow: Source) -> Inbound:
        """Nobody but the sources named."""
        return cls(default_action="Deny", allow=allow)

    @property
    def sources(self) -> Sequence[Source]:
        """Everybody who is let in, but for the gateway."""
        return [
            *self.allow,
            *(
                Source.addresses(cidr, name=f"range-{number}")
                for number, cidr in enumerate(self.cidrs, start=1)
            ),
            *(
                Source.subnet(subnet_id, name=f"subnet-{number}")
                for number, subnet_id in enumerate(self.subnet_ids, start=1)
            ),
        ]

    def with_gateway(self, address: str) -> Inbound:
        """Return the same with the gateway's address."""
        gateway = Source.address(address, name="gateway")
        return Inbound(
            default_action=self.default_action, allow=[*self.sources, gateway], reason=self.reason
        )

    def problems(self) -> Iterator[Problem]:
        """Rules that azurerm only refuses at apply, or that do not mean what they seem to."""
        sources = self.sources
        if self.default_action == "Allow" and (sources or self.gateway):
            yield Problem(
                (),
                "sources are named, but everybody else is let in too",
                "write default_action Deny, or name no source",
            )
        if len(sources) > 512:
            yield Problem((), f"{len(sources)} rules", "App Service takes up to 512")
        names = [source.name for source in sources]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Problem((), f"two rules are named {name!r}", "rename one")

    def deployment_problems(self) -> Iterator[Problem]:
        """A deployment site that is open to everywhere needs a reason."""
        if self.default_action == "Allow" and not 1 <= len(self.reason.strip()) <= 256:
            yield Problem(
                "deployment",
                "the deployment site is open to everywhere, and Easy Auth does not cover it",
                "name the sources of deployments, or write Inbound.anywhere(reason=...) with up to "
                "256 characters",
            )


@dataclass(frozen=True, kw_only=True)
class PrivateAccess(ValueObject):
    """A private endpoint for the app and each slot, with public access off.

    Deployments then have to come from inside the network too.

    Attributes:
        subnet_id: Subnet of the endpoints.
        dns_zone_ids: Private DNS zones `privatelink.azurewebsites.net`, if Terraform keeps them.
    """

    subnet_id: ResourceId
    dns_zone_ids: Sequence[ResourceId] = ()


def gateway_problems(**given: Inbound | None) -> Iterator[Problem]:
    """Find rules that let in a gateway which a function app alone does not know."""
    for argument, inbound in given.items():
        if inbound and inbound.gateway:
            yield Problem(
                (argument, "gateway"),
                "which gateway is meant is not known here",
                "name Source.address(gateway.public_ip_address, name=...), or use "
                "SecuredFunctionApi",
            )


def restrictions(inbound: Inbound) -> list[dict[str, Any]]:
    """Return the access rules in the order given, for `ip_restriction` of any function app.

    jsii turns the names of a nested block's arguments into camel case, but not within a list.
    """
    rules: list[dict[str, Any]] = []
    for index, source in enumerate(inbound.sources):
        rule: dict[str, Any] = {
            "name": source.name,
            "action": "Allow",
            "priority": 100 + 10 * index,
        }
        if source.cidr:
            rule["ipAddress"] = source.cidr
        elif source.subnet_id:
            rule["virtualNetworkSubnetId"] = source.subnet_id
        else:
            rule["serviceTag"] = source.service_tag
        rules.append(rule)
    return rules


def make_endpoint(
    scope: Construct,
    id: str,
    *,
    access: PrivateAccess,
    name: str,
    place: Placement,
    app: AppResource,
    slot: SlotResource | None,
    tags: Mapping[str, str],
) -> PrivateEndpoint:
    """Make the private endpoint of the app or of one of its slots."""
    from cdktf_cdktf_provider_azurerm.private_endpoint import PrivateEndpoint

    zones: dict[str, Any] | None = None
    if access.dns_zone_ids:
        zones = {"name": "default", "private_dns_zone_ids": list(access.dns_zone_ids)}
    return PrivateEndpoint(
        scope,
        id,
        name=name,
        resource_group_name=place.name,
        location=place.location,
        subnet_id=access.subnet_id,
        private_service_connection={
            "name": name,
            "private_connection_resource_id": app.id,
            "is_manual_connection": False,
            "subresource_names": [f"sites-{slot.name_input}" if slot else "sites"],
        },
        private_dns_zone_group=zones,
        # It names the slot, but refers to the app only.
        depends_on=[slot] if slot else None,
        lifecycle=replaced_with(slot or app),
        tags=tags or None,
    )
