"""The API Management service that calls the functions, and the identity that it calls them with.

Sources: azurerm 4.55.0 `azurerm_api_management`; Learn "API Management feature comparison", "Use a
virtual network with API Management", "Use managed identities in API Management".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from cdktf import Fn, TerraformResource, Token
from cdktf_cdktf_provider_azuread.data_azuread_service_principal import DataAzureadServicePrincipal
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

from constructs_lib._cdk.apply_order import apply_after_parts, names_parts
from constructs_lib._cdk.arguments import check_choice, check_pattern, is_token, refuse
from constructs_lib._cdk.placement import Placement, placement
from constructs_lib._cdk.policy_source import (
    PolicySource,
    check_document,
    read_fragment,
    read_policy,
)
from constructs_lib.gateway.tiers import CLASSIC, SKU, SKU_RULE, tier_of, tier_problems
from constructs_lib.policy import AnyDocument, Document, Fragment, write
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_named_value import ApiManagementNamedValue
    from cdktf_cdktf_provider_azurerm.api_management_policy import ApiManagementPolicy
    from cdktf_cdktf_provider_azurerm.api_management_policy_fragment import (
        ApiManagementPolicyFragment,
    )
    from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import DataAzurermApiManagement

# The management API hands out secrets such as subscription keys to readers before this version.
MIN_API_VERSION = "2021-08-01"

# Azure's own rule for `service.name`; azurerm's accepts a digit or hyphen at both ends.
_NAME = r"[a-zA-Z]([a-zA-Z0-9-]{0,48}[a-zA-Z0-9])?"
_NAME_RULE = "1 to 50 letters, digits and hyphens, a letter first and no hyphen last"


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Whom API Management names as the publisher of the APIs.

    Attributes:
        name: 1 to 100 characters.
        email: Where the service sends its notices, including those of its creation.
    """

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class ExistingIdentity:
    """A user-assigned identity that is managed elsewhere.

    Attributes:
        id: Its Azure resource id.
        client_id: Its client id, a UUID.
        principal_id: The object id of its service principal, a UUID.
    """

    id: str
    client_id: str
    principal_id: str


@dataclass(frozen=True, kw_only=True)
class GatewayIdentity:
    """Which managed identity the gateway has; of two, it calls with the user-assigned one.

    A user-assigned identity is known before the service exists: its client id needs no look-up in
    the directory, and it outlives the service.

    Attributes:
        system_assigned: Whether the service has an identity of its own.
        user_assigned: The name of an identity to make, or one that exists; None for none.
    """

    system_assigned: bool = True
    user_assigned: str | UserAssignedIdentity | ExistingIdentity | None = None


@dataclass(frozen=True, kw_only=True)
class VirtualNetwork:
    """How the service is joined to a virtual network.

    Attributes:
        subnet_id: The subnet's Azure resource id.
        type: `External` leaves the gateway reachable from the internet, `Internal` does not. On
            StandardV2 and PremiumV2 `External` means integration of outgoing traffic.
    """

    subnet_id: str
    type: Literal["External", "Internal"] = "External"


class InGateway(TypedDict):
    """The arguments that every resource within an API Management service has."""

    api_management_name: str
    resource_group_name: str


class GatewayReferences(Construct):
    """What the rest of the chain needs to know of a gateway, be it new or existing.

    Attributes:
        name: The service's name.
        resource_group_name: Its resource group.
        id: Its Azure resource id.
        url: The address of its gateway, without a slash at the end.
        sku: The SKU if it is known at synth, for example `Developer_1`.
        caller: The principal that the gateway calls functions with.
        policy_client_id: What the policy names as `client-id`: the client id of a user-assigned
            identity, None for the system-assigned one.
        identity_id: The Azure resource id of that user-assigned identity, None for the other.
        vault_client_id: The client id with which it reads Key Vault unless a named value says
            otherwise; None is its system-assigned identity.
        fragments: The policy fragments made with `add_fragment`, by name.
        named_values: The named values that APIs of the gateway make, by name.
        policy: The `azurerm_api_management_policy` made here, None if there is none.
        policy_document: What it says.
    """

    name: str
    resource_group_name: str
    id: str
    url: str
    sku: str | None
    caller: Principal
    policy_client_id: str | None
    identity_id: str | None
    vault_client_id: str | None
    fragments: dict[str, ApiManagementPolicyFragment]
    named_values: dict[str, ApiManagementNamedValue]
    policy: ApiManagementPolicy | None
    policy_document: Document | None
    _service: ApiManagement | DataAzurermApiManagement
    _claims: dict[tuple[str, str], Construct]

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.fragments = {}
        self.named_values = {}
        self._claims = {}

    @property
    def arguments(self) -> InGateway:
        """What a resource within the service names it by."""
        return InGateway(
            api_management_name=self.name, resource_group_name=self.resource_group_name
        )

    def _make_policy(self, source: PolicySource | None) -> None:
        self.policy = self.policy_document = None
        if source is None:
            return
        self.policy_document = document = read_policy(self, "policy", source, at="global")
        check_document(self, "policy", document, at="global", sku=self.sku)
        from cdktf_cdktf_provider_azurerm.api_management_policy import ApiManagementPolicy

        self.policy = ApiManagementPolicy(
            self, "policy", api_management_id=self.id, xml_content=write(document)
        )
        self.apply_after_parts(self.policy, document)

    def claim(
        self, scope: Construct, argument: str, kind: str, name: str, *, fix: str | None = None
    ) -> None:
        """Take a name that can be there once in a service, such as an API's path.

        Raises:
            InputError: If another construct has taken it already.
        """
        holder = self._claims.setdefault((kind, name.lower()), scope)
        if holder is not scope and not is_token(name):
            refuse(
                scope,
                argument,
                f"the {kind} {name!r} is in this gateway already, from {holder.node.path}",
                fix or f"choose another {kind}",
            )

    def add_fragment(self, name: str, source: Fragment | Path | str) -> ApiManagementPolicyFragment:
        """Add a policy fragment, which `IncludeFragment(fragment_id=name)` puts into any policy.

        Args:
            name: Its name, unique in the service.
            source: The fragment, the path of an XML file, or XML text.

        Raises:
            InputError: If it cannot be read, or API Management would not accept it.
        """
        check_pattern(self, "fragment", name, r"[\w-]{1,80}", "up to 80 letters, digits, - and _")
        if name.lower() in map(str.lower, self.fragments):
            refuse(self, "fragment", f"there is one with the name {name!r}", "choose another name")
        document = read_fragment(self, f"fragment {name}", source, sku=self.sku)
        from cdktf_cdktf_provider_azurerm.api_management_policy_fragment import (
            ApiManagementPolicyFragment,
        )

        fragment = self.fragments[name] = ApiManagementPolicyFragment(
            self,
            f"fragment-{name}",
            api_management_id=self.id,
            name=name,
            format="rawxml",
            value=write(document),
        )
        self.apply_after_parts(fragment, document)
        return fragment

    def apply_after_parts(
        self, resource: TerraformResource, document: AnyDocument | Callable[[], AnyDocument]
    ) -> None:
        """Let a policy or fragment be written after those parts of the service that it names.

        Args:
            resource: The policy or fragment.
            document: What it says, or what returns that at synth if it may change until then.
        """
        if callable(document) or names_parts(document):
            apply_after_parts(
                resource, document, named_values=self.named_values, fragments=self.fragments
            )

    @cached_property
    def public_ip_address(self) -> str:
        """The gateway's first public address, as a reference.

        Only Developer, Basic, Standard and Premium have an address of their own; the other tiers
        share theirs with other customers, so it is nothing to restrict access by (Learn, "IP
        addresses of API Management").

        Raises:
            InputError: For a tier that is known to have none.
        """
        if self.sku is not None and tier_of(self.sku) not in CLASSIC:
            refuse(
                self,
                "public_ip_address",
                f"{self.sku} has no address of its own",
                "name the subnet that its calls come from, or restrict nothing",
            )
        return Token.as_string(Fn.element(self._service.public_ip_addresses, 0))


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

    Attributes:
        resource: The `azurerm_api_management`.
        placement: Where it was placed.
        user_assigned_identity: The identity that was made, None if none was.
        service_principal: The look-up of the system-assigned identity's client id, None if the
            gateway calls with a user-assigned one.

    Raises:
        InputError: For a combination that azurerm 4.55 or the service refuses.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        resource_group: ResourceGroup | Placement,
        name: str,
        publisher: Publisher,
        sku: str = "Developer_1",
        identity: GatewayIdentity | None = None,
        virtual_network: VirtualNetwork | None = None,
        zones: Sequence[str] = (),
        public_ip_address_id: str | None = None,
        additional_locations: Sequence[ApiManagementAdditionalLocation] = (),
        hostname_configuration: ApiManagementHostnameConfiguration | None = None,
        min_api_version: str = MIN_API_VERSION,
        gateway_disabled: bool = False,
        client_certificate_enabled: bool = False,
        policy: PolicySource | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        identity = identity or GatewayIdentity()
        check_pattern(self, "name", name, _NAME, _NAME_RULE)
        check_pattern(
            self, "publisher.name", publisher.name, r"(?s).{1,100}", "1 to 100 characters"
        )
        check_pattern(
            self, "publisher.email", publisher.email, r"\S{1,100}", "an address without blanks"
        )
        check_pattern(self, "sku", sku, SKU, SKU_RULE)
        check_pattern(self, "min_api_version", min_api_version, r"\d{4}-\d\d-\d\d", "YYYY-MM-DD")
        if virtual_network:
            check_choice(
                self, "virtual_network.type", virtual_network.type, ("External", "Internal")
            )
        for location in additional_locations:
            if (location.virtual_network_configuration is None) != (virtual_network is None):
                refuse(
                    self,
                    "additional_locations",
                    "a network in one region and none in another",
                    "give every region a virtual_network_configuration, or none of them",
                )
        if not is_token(sku):
            for argument, problem, fix in tier_problems(
                sku,
                network_type=virtual_network.type if virtual_network else None,
                zones=bool(zones),
                public_ip_address=public_ip_address_id is not None,
                additional_locations=bool(additional_locations),
                client_certificates=client_certificate_enabled,
            ):
                refuse(self, argument, problem, fix)
        if gateway_disabled and not additional_locations:
            refuse(
                self,
                "gateway_disabled",
                "no gateway would be left",
                "add additional_locations, or leave the gateway on",
            )
        if not (identity.system_assigned or identity.user_assigned):
            refuse(
                self,
                "identity",
                "the gateway needs an identity to call functions with",
                "set system_assigned=True, user_assigned=…, or both",
            )

        self.placement = place = placement(resource_group)
        tags = dict(tags) if tags else None
        user_assigned = self._user_assigned(identity.user_assigned, place, tags)
        kinds = ["SystemAssigned"] * identity.system_assigned
        kinds += ["UserAssigned"] * (user_assigned is not None)
        self.resource = ApiManagement(
            self,
            "service",
            name=name,
            resource_group_name=place.name,
            location=place.location,
            publisher_name=publisher.name,
            publisher_email=publisher.email,
            sku_name=sku,
            identity=ApiManagementIdentity(
                type=", ".join(kinds),
                identity_ids=[user_assigned.id] if user_assigned else None,
            ),
            min_api_version=min_api_version,
            protocols=ApiManagementProtocols(http2_enabled=True),
            security=_security() if tier_of(sku) in CLASSIC else None,
            virtual_network_type=virtual_network.type if virtual_network else None,
            virtual_network_configuration=ApiManagementVirtualNetworkConfiguration(
                subnet_id=virtual_network.subnet_id
            )
            if virtual_network
            else None,
            zones=list(zones) or None,
            public_ip_address_id=public_ip_address_id,
            additional_location=list(additional_locations) or None,
            hostname_configuration=hostname_configuration,
            gateway_disabled=gateway_disabled or None,
            client_certificate_enabled=client_certificate_enabled or None,
            tags=tags,
        )
        self.name = self.resource.name
        self.resource_group_name = place.name
        self.id = self.resource.id
        self.url = self.resource.gateway_url
        self.sku = None if is_token(sku) else sku
        self._service = self.resource
        self.service_principal: DataAzureadServicePrincipal | None = None
        if user_assigned:
            self.caller = Principal(
                client_id=user_assigned.client_id,
                object_id=user_assigned.principal_id,
                name="gateway",
            )
            self.policy_client_id = user_assigned.client_id
            self.identity_id = user_assigned.id
        else:
            object_id = self.resource.identity.principal_id
            self.service_principal = _service_principal(self, object_id)
            self.caller = Principal(
                client_id=self.service_principal.client_id, object_id=object_id, name="gateway"
            )
            self.policy_client_id = self.identity_id = None
        self.vault_client_id = None if identity.system_assigned else self.policy_client_id
        self._make_policy(policy)

    @staticmethod
    def existing(
        scope: Construct,
        id: str,
        *,
        name: str,
        resource_group_name: str,
        identity: ExistingIdentity | None = None,
        principal: Principal | None = None,
        sku: str | None = None,
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
        place: Placement,
        tags: dict[str, str] | None,
    ) -> ExistingIdentity | None:
        self.user_assigned_identity: UserAssignedIdentity | None = None
        if isinstance(given, str):
            given = self.user_assigned_identity = UserAssignedIdentity(
                self,
                "identity",
                name=given,
                resource_group_name=place.name,
                location=place.location,
                tags=tags,
            )
        return _references(given) if given else None


class ExistingGateway(GatewayReferences):
    """An API Management service that is already there: by name, or as a resource of your stack.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`.
        name: The service's name, with `resource_group_name`; or else `resource`.
        resource_group_name: Its resource group.
        resource: An `azurerm_api_management` of your own.
        identity: The user-assigned identity that it calls with; its system-assigned one if left
            out. The service must have it attached.
        principal: Both ids of its system-assigned identity, if you may not read the directory.
        sku: Its SKU, so that what it does not offer is refused at synth.
        policy: The policy of the whole service, if this stack is to own it.

    Attributes:
        data: The look-up by name, None if a resource was given.
        service: That look-up, or the resource that was given.
        service_principal: The look-up of the identity's client id, None if it was not needed.

    Raises:
        InputError: If neither or both of name and resource are given, or both identities.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str | None = None,
        resource_group_name: str | None = None,
        resource: ApiManagement | None = None,
        identity: ExistingIdentity | UserAssignedIdentity | None = None,
        principal: Principal | None = None,
        sku: str | None = None,
        policy: PolicySource | None = None,
    ) -> None:
        super().__init__(scope, id)
        if identity and principal:
            refuse(self, "identity", "given together with principal", "give one of them")
        if sku is not None:
            check_pattern(self, "sku", sku, SKU, SKU_RULE)
        self.sku = sku
        self.data: DataAzurermApiManagement | None = None
        if resource is not None:
            if name or resource_group_name:
                refuse(self, "resource", "given together with a name", "give one of them")
            service = resource
            self.name = service.name
            self.resource_group_name = service.resource_group_name
            sku_name = resource.sku_name_input
            if sku is None and sku_name and SKU.fullmatch(sku_name):
                self.sku = sku_name
        elif name and resource_group_name:
            check_pattern(self, "name", name, _NAME, _NAME_RULE)
            from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import (
                DataAzurermApiManagement,
            )

            service = self.data = DataAzurermApiManagement(
                self, "service", name=name, resource_group_name=resource_group_name
            )
            self.name = name
            self.resource_group_name = resource_group_name
        else:
            refuse(
                self,
                "name",
                "which service is meant is not said",
                "give name and resource_group_name, or resource",
            )
        self.service = self._service = service
        self.id = service.id
        self.url = service.gateway_url
        self.service_principal: DataAzureadServicePrincipal | None = None
        self.policy_client_id: str | None = None
        self.identity_id: str | None = None
        self.vault_client_id: str | None = None
        if identity:
            references = _references(identity)
            self.caller = Principal(
                client_id=references.client_id, object_id=references.principal_id, name="gateway"
            )
            self.policy_client_id = references.client_id
            self.identity_id = references.id
        elif principal:
            self.caller = principal
        else:
            if isinstance(service, ApiManagement):
                _check_system_assigned(self, service)
            object_id = (
                service.identity.principal_id
                if isinstance(service, ApiManagement)
                else service.identity.get(0).principal_id
            )
            self.service_principal = _service_principal(self, object_id)
            self.caller = Principal(
                client_id=self.service_principal.client_id, object_id=object_id, name="gateway"
            )
        self._make_policy(policy)


def _references(identity: UserAssignedIdentity | ExistingIdentity) -> ExistingIdentity:
    if isinstance(identity, UserAssignedIdentity):
        return ExistingIdentity(
            id=identity.id, client_id=identity.client_id, principal_id=identity.principal_id
        )
    return identity


def _check_system_assigned(scope: Construct, service: ApiManagement) -> None:
    given = service.identity_input
    if given is None or (not is_token(given.type) and "SystemAssigned" not in given.type):
        refuse(
            scope,
            "resource",
            f"{service.node.path} has no system-assigned identity to call functions with",
            "give it one, or say identity=… for a user-assigned identity that it has",
        )


def _service_principal(scope: Construct, object_id: str) -> DataAzureadServicePrincipal:
    return DataAzureadServicePrincipal(scope, "identity-principal", object_id=object_id)


def _security() -> ApiManagementSecurity:
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
