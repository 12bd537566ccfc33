"""The API Management service that calls the functions, and the identity that it calls them with.

Sources: azurerm `azurerm_api_management`; Learn "API Management feature comparison", "Use a
virtual network with API Management", "Use managed identities in API Management".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_azurerm.api_management import (
    ApiManagement,
    ApiManagementAdditionalLocation,
    ApiManagementHostnameConfiguration,
    ApiManagementIdentity,
    ApiManagementProtocols,
    ApiManagementSecurity,
    ApiManagementVirtualNetworkConfiguration,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from constructs import Construct

from constructs_lib._cdk.arguments import is_token
from constructs_lib._cdk.names import names_in_gateway, names_in_group, take, take_host
from constructs_lib._cdk.placement import Placement, placement
from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.azure_names import Date, GatewayName, ResourceGroupName, ResourceId, Sku
from constructs_lib.gateway.existing import ExistingGateway
from constructs_lib.gateway.props import (
    ExistingIdentity,
    GatewayIdentity,
    IdentityKind,
    Publisher,
    VirtualNetwork,
)
from constructs_lib.gateway.references import (
    GatewayReferences,
)
from constructs_lib.gateway.tiers import CLASSIC, gateway_problems, tier_of
from constructs_lib.registration.principal import Principal

# The management API hands out secrets such as subscription keys to readers before this version.
MIN_API_VERSION = "2021-08-01"


class Gateway(GatewayReferences):
    """A new API Management service with a managed identity.

    Legacy TLS and weak ciphers are refused where the tier lets one choose (classic dedicated
    tiers), HTTP/2 is on, and the management API refuses versions that show secrets to readers.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses.
        resource_group: Where to place it.
        name: 1 to 50 letters, digits and hyphens; a host name, so unique in the world.
        publisher: Name and address of the publisher.
        sku: Tier and units, for example `Developer_1`, `Consumption_0` or `StandardV2_1`.
        identity: System-assigned unless said otherwise.
        virtual_network: For Developer and Premium (injection), StandardV2 and PremiumV2
            (integration).
        zones: Availability zones, Premium only.
        public_ip_address_id: An own address, Developer and Premium in a network only.
        additional_locations: More regions, Premium only.
        hostname_configuration: Own host names; use `key_vault_certificate_id` for certificates.
        min_api_version: The oldest version of the management API that is served.
        gateway_disabled: No gateway in the main region; needs `additional_locations`.
        client_certificate_enabled: Ask callers for a certificate, Consumption only.
        policy: The policy of the whole service, in force wherever `<base />` reaches it.
        tags: Tags of the resources made here.
        prevent_destroy: Let Terraform refuse every plan that would destroy the service, a change of
            name, place or family of tiers among them.

    Attributes:
        resource: The `azurerm_api_management`.
        placement: Where it was placed.
        user_assigned_identity: The identity that was made, None if none was.
        service_principal: The look-up of the system-assigned identity's client id, None if the
            gateway calls with a user-assigned one.

    Raises:
        InputError: For a combination that azurerm or the service refuses.
    """

    is_new = True

    @checked(gateway_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        resource_group: ResourceGroup | Placement,
        name: GatewayName,
        publisher: Publisher,
        sku: Sku = "Developer_1",
        identity: GatewayIdentity | None = None,
        virtual_network: VirtualNetwork | None = None,
        zones: Sequence[Literal["1", "2", "3"]] = (),
        public_ip_address_id: ResourceId | None = None,
        additional_locations: Sequence[ApiManagementAdditionalLocation] = (),
        hostname_configuration: ApiManagementHostnameConfiguration | None = None,
        min_api_version: Date = MIN_API_VERSION,
        gateway_disabled: bool = False,
        client_certificate_enabled: bool = False,
        policy: PolicySource | None = None,
        tags: Mapping[str, str] | None = None,
        prevent_destroy: bool = False,
    ) -> None:
        super().__init__(scope, id)
        identity = identity or GatewayIdentity()
        take_host(self, "name", "API Management service", name)
        self._claims = names_in_gateway(self, name)
        self.placement = placement(resource_group)
        tags = dict(tags) if tags else None
        user_assigned = self._user_assigned(identity.user_assigned, tags)
        self.resource = ApiManagement(
            self,
            "service",
            name=name,
            resource_group_name=self.placement.name,
            location=self.placement.location,
            publisher_name=publisher.name,
            publisher_email=publisher.email,
            sku_name=sku,
            identity=_identity(user_assigned, system_assigned=identity.system_assigned),
            min_api_version=min_api_version,
            protocols=ApiManagementProtocols(http2_enabled=True),
            security=_security() if tier_of(sku) in CLASSIC else None,
            virtual_network_type=virtual_network.type if virtual_network else None,
            virtual_network_configuration=_subnet(virtual_network),
            zones=list(zones) or None,
            public_ip_address_id=public_ip_address_id,
            additional_location=list(additional_locations) or None,
            hostname_configuration=hostname_configuration,
            gateway_disabled=gateway_disabled or None,
            client_certificate_enabled=client_certificate_enabled or None,
            tags=tags,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
        )
        self._refer_to(self.resource, self.resource.name, self.placement.name)
        self.sku = None if is_token(sku) else sku
        system_assigned = identity.system_assigned and (identity.calls_with or not user_assigned)
        self._call_with(
            user_assigned=user_assigned,
            system_assigned=self.resource.identity.principal_id if system_assigned else None,
            kind=identity.calls_with,
        )
        own_vault = identity.system_assigned and not identity.calls_with
        self.vault_client_id = None if own_vault else self.policy_client_id
        self._make_policy(policy)

    @staticmethod
    @checked()
    def existing(
        scope: Construct,
        id: str,
        *,
        name: GatewayName,
        resource_group_name: ResourceGroupName,
        identity: ExistingIdentity | None = None,
        principal: Principal | None = None,
        calls_with: IdentityKind | None = None,
        sku: Sku | None = None,
        policy: PolicySource | None = None,
    ) -> ExistingGateway:
        """Take a service that another stack or team made, by its name; see `ExistingGateway`."""
        return ExistingGateway(
            scope,
            id,
            name=name,
            resource_group_name=resource_group_name,
            identity=identity,
            principal=principal,
            calls_with=calls_with,
            sku=sku,
            policy=policy,
        )

    @staticmethod
    def from_resource(
        scope: Construct,
        id: str,
        resource: ApiManagement,
        *,
        identity: ExistingIdentity | UserAssignedIdentity | None = None,
        policy: PolicySource | None = None,
    ) -> ExistingGateway:
        """Take an `azurerm_api_management` of your own stack; see `ExistingGateway`."""
        return ExistingGateway(scope, id, resource=resource, identity=identity, policy=policy)

    def _user_assigned(
        self,
        given: str | UserAssignedIdentity | ExistingIdentity | None,
        tags: dict[str, str] | None,
    ) -> ExistingIdentity | None:
        """Make the identity if only its name was given; return its ids."""
        self.user_assigned_identity: UserAssignedIdentity | None = None
        if isinstance(given, str):
            group = self.placement.name
            kind, place = "user-assigned identity", " in this resource group"
            fix = "choose another name, or give the identity of the stack that makes it"
            taken = names_in_group(self, group)
            take(taken, self, "identity.user_assigned", kind, given, place=place, fix=fix)
            given = self.user_assigned_identity = UserAssignedIdentity(
                self,
                "identity",
                name=given,
                resource_group_name=self.placement.name,
                location=self.placement.location,
                tags=tags,
            )
        return ExistingIdentity.of(given) if given else None


def _identity(
    user_assigned: ExistingIdentity | None, *, system_assigned: bool
) -> ApiManagementIdentity:
    kinds = ["SystemAssigned"] * system_assigned + ["UserAssigned"] * (user_assigned is not None)
    return ApiManagementIdentity(
        type=", ".join(kinds), identity_ids=[user_assigned.id] if user_assigned else None
    )


def _subnet(
    virtual_network: VirtualNetwork | None,
) -> ApiManagementVirtualNetworkConfiguration | None:
    if virtual_network is None:
        return None
    return ApiManagementVirtualNetworkConfiguration(subnet_id=virtual_network.subnet_id)


def _security() -> ApiManagementSecurity:
    """Every old protocol and cipher off that a tier lets one choose."""
    return ApiManagementSecurity(
        backend_ssl30_enabled=False,
        backend_tls10_enabled=False,
        backend_tls11_enabled=False,
        frontend_ssl30_enabled=False,
        frontend_tls10_enabled=False,
        frontend_tls11_enabled=False,
        triple_des_ciphers_enabled=False,
        tls_rsa_with_aes128_cbc_sha256_ciphers_enabled=False,
        tls_rsa_with_aes128_cbc_sha_ciphers_enabled=False,
        tls_rsa_with_aes128_gcm_sha256_ciphers_enabled=False,
        tls_rsa_with_aes256_cbc_sha256_ciphers_enabled=False,
        tls_rsa_with_aes256_cbc_sha_ciphers_enabled=False,
        tls_rsa_with_aes256_gcm_sha384_ciphers_enabled=False,
    )
