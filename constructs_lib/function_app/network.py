"""From where a function app can be reached, before any token is looked at."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from constructs import Construct

from constructs_lib._cdk.arguments import check_choice, is_token, refuse
from constructs_lib._cdk.placement import Placement
from constructs_lib._cdk.replacement import replaced_with

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.private_endpoint import PrivateEndpoint

    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource

DEPLOYMENT_TAG = "secured-functions:open-deployment"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of traffic that is let in. Use the factories.

    Attributes:
        name: Name of the rule, unique within its list.
        cidr: Addresses, such as `203.0.113.0/24`.
        subnet_id: Subnet with the service endpoint `Microsoft.Web`.
        service_tag: Azure service tag.
    """

    name: str
    cidr: str | None = None
    subnet_id: str | None = None
    service_tag: str | None = None

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
class Inbound:
    """Access restrictions of a site. Use the factories.

    Attributes:
        default_action: What happens to everybody who is not named.
        allow: Who is let in.
        reason: Why the deployment site is open to everywhere, if it is; up to 256 characters.
    """

    default_action: Literal["Allow", "Deny"]
    allow: Sequence[Source] = ()
    reason: str = ""

    @classmethod
    def anywhere(cls, *, reason: str = "") -> Inbound:
        """No restriction: what stands behind decides alone."""
        return cls(default_action="Allow", reason=reason)

    @classmethod
    def default_deny(cls, *allow: Source) -> Inbound:
        """Nobody but the sources named."""
        return cls(default_action="Deny", allow=allow)


@dataclass(frozen=True, kw_only=True)
class PrivateAccess:
    """A private endpoint for the app and each slot, with public access off.

    Deployments then have to come from inside the network too.

    Attributes:
        subnet_id: Subnet of the endpoints.
        dns_zone_ids: Private DNS zones `privatelink.azurewebsites.net`, if Terraform keeps them.
    """

    subnet_id: str
    dns_zone_ids: Sequence[str] = ()


def check_inbound(scope: Construct, argument: str, inbound: Inbound) -> None:
    """Refuse rules that azurerm only refuses at apply, or that do not mean what they seem to.

    Raises:
        InputError: If a source is not exactly one thing, not a CIDR, or named twice.
    """
    check_choice(scope, f"{argument}.default_action", inbound.default_action, ("Allow", "Deny"))
    if inbound.default_action == "Allow" and inbound.allow:
        refuse(
            scope,
            argument,
            "sources are named, but everybody else is let in too",
            "write Inbound.default_deny(...) or name no source",
        )
    if len(inbound.allow) > 512:
        refuse(scope, argument, f"{len(inbound.allow)} rules", "App Service takes up to 512")
    names = [source.name for source in inbound.allow]
    for source in inbound.allow:
        if names.count(source.name) > 1:
            refuse(scope, argument, f"two rules are named {source.name!r}", "rename one")
        given = [value for value in (source.cidr, source.subnet_id, source.service_tag) if value]
        if len(given) != 1:
            refuse(
                scope,
                argument,
                f"the rule {source.name!r} has {len(given)} sources",
                "write exactly one of cidr, subnet_id and service_tag",
            )
        if source.cidr and not is_token(source.cidr) and not _is_cidr(source.cidr):
            refuse(scope, argument, f"{source.cidr!r} is not a CIDR", "write it as 203.0.113.0/24")
        if source.service_tag and source.service_tag.split(".")[0].lower() == "apimanagement":
            refuse(
                scope,
                argument,
                "the service tag ApiManagement holds the control plane, not the gateways",
                "name the gateway's public address or its subnet",
            )


def check_deployment(scope: Construct, deployment: Inbound) -> None:
    """Refuse a deployment site that is open to everywhere without a reason.

    Raises:
        InputError: If the reason is missing, or a source is unusable.
    """
    check_inbound(scope, "deployment", deployment)
    if deployment.default_action == "Allow" and not 1 <= len(deployment.reason.strip()) <= 256:
        refuse(
            scope,
            "deployment",
            "the deployment site is open to everywhere, and Easy Auth does not cover it",
            "name the sources of deployments, or write Inbound.anywhere(reason=...) with up to "
            "256 characters",
        )


def restrictions(inbound: Inbound) -> list[dict[str, Any]]:
    """Return the access rules in the order given, for `ip_restriction` of any function app.

    jsii turns the names of a nested block's arguments into camel case, but not within a list.
    """
    rules: list[dict[str, Any]] = []
    for index, source in enumerate(inbound.allow):
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


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text
