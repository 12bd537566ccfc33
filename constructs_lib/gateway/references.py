"""What the rest of the chain needs to know of a gateway, be it new or existing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from cdktf import Fn, TerraformResource, TerraformResourceLifecycle, TerraformStack, Token
from cdktf_cdktf_provider_azuread.data_azuread_service_principal import DataAzureadServicePrincipal
from cdktf_cdktf_provider_azurerm.api_management import (
    ApiManagement,
)
from constructs import Construct

from constructs_lib._cdk.apply_order import apply_after_parts, names_parts
from constructs_lib._cdk.arguments import check_pattern, refuse
from constructs_lib._cdk.names import Names, take
from constructs_lib._cdk.per_stack import stack_of
from constructs_lib._cdk.policy_source import (
    PolicySource,
    check_document,
    read_fragment,
    read_policy,
)
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib._core.azure_names import FRAGMENT_NAME
from constructs_lib.gateway.props import IdentityKind
from constructs_lib.gateway.tiers import CLASSIC, tier_of
from constructs_lib.policy import AnyDocument, Document, Fragment, write
from constructs_lib.registration.identity import ExistingIdentity
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_named_value import ApiManagementNamedValue
    from cdktf_cdktf_provider_azurerm.api_management_policy import ApiManagementPolicy
    from cdktf_cdktf_provider_azurerm.api_management_policy_fragment import (
        ApiManagementPolicyFragment,
    )
    from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
    from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import DataAzurermApiManagement


class InGateway(TypedDict):
    """The arguments that every resource within an API Management service has."""

    api_management_name: str
    resource_group_name: str
    lifecycle: TerraformResourceLifecycle | None


class InApi(InGateway):
    """The arguments that every resource within an API has."""

    api_name: str


class GatewayReferences(Construct):
    """What the rest of the chain needs to know of a gateway, be it new or existing.

    Attributes:
        name: The service's name.
        resource_group_name: Its resource group.
        id: Its Azure resource id.
        url: The address of its gateway, without a slash at the end.
        sku: The SKU if it is known at synth, for example `Developer_1`.
        is_new: Whether the service is made together with these references, so that nothing is in it
            but what its stacks make.
        caller: The principal that the gateway calls functions with.
        callers: All that may call them as the gateway: `caller`, and in a move from one identity
            to another the other one too.
        policy_client_id: What the policy names as `client-id`: the client id of a user-assigned
            identity, None for the system-assigned one.
        identity_id: The Azure resource id of that user-assigned identity, None for the other.
        vault_client_id: The client id with which it reads Key Vault unless a named value says
            otherwise; None is its system-assigned identity.
        service_principal: The look-up of the system-assigned identity's client id, None if the
            gateway calls with another one.
        fragments: The policy fragments made with `add_fragment`, by name.
        named_values: The named values that APIs of the gateway make, by name.
        products: The products that APIs of the gateway make, by id.
        policy: The `azurerm_api_management_policy` made here, None if there is none.
        policy_document: What it says.
    """

    name: str
    resource_group_name: str
    id: str
    url: str
    sku: str | None
    is_new: bool = False
    caller: Principal
    callers: tuple[Principal, ...]
    policy_client_id: str | None
    identity_id: str | None
    vault_client_id: str | None
    service_principal: DataAzureadServicePrincipal | None
    fragments: dict[str, ApiManagementPolicyFragment]
    named_values: dict[str, ApiManagementNamedValue]
    products: dict[str, ApiManagementProduct]
    policy: ApiManagementPolicy | None
    policy_document: Document | None
    _service: ApiManagement | DataAzurermApiManagement
    _claims: Names

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.fragments = {}
        self.named_values = {}
        self.products = {}
        self._claims = {}
        self.service_principal = self.policy_client_id = self.identity_id = None

    def _refer_to(
        self, service: ApiManagement | DataAzurermApiManagement, name: str, resource_group_name: str
    ) -> None:
        self._service = service
        self.name = name
        self.resource_group_name = resource_group_name
        self.id = service.id
        self.url = service.gateway_url

    def _call_with(
        self,
        *,
        user_assigned: ExistingIdentity | None,
        system_assigned: Principal | str | None,
        kind: IdentityKind | None,
    ) -> None:
        """Let the gateway call functions with one of its identities.

        Args:
            user_assigned: The ids of a user-assigned one that may call.
            system_assigned: The ids of its own one, if it may call; or its object id, to look up
                its client id, which only the directory knows.
            kind: Which one it calls with, in a move from one to the other.
        """
        self.service_principal = None
        principals: dict[IdentityKind, Principal] = {}
        if user_assigned:
            principals["user_assigned"] = Principal(
                client_id=user_assigned.client_id,
                object_id=user_assigned.principal_id,
                name="gateway",
            )
        if system_assigned:
            principals["system_assigned"] = self._system_assigned(system_assigned)
        if kind:
            # The role assignments of both are told apart, and that of the old one is kept.
            principals = {
                own: replace(
                    principal,
                    name=f"gateway-{own.replace('_', '-')}",
                    formerly="gateway" if own == kind else None,
                )
                for own, principal in principals.items()
            }
        chosen: IdentityKind = kind or ("user_assigned" if user_assigned else "system_assigned")
        if chosen not in principals:
            refuse(
                self,
                "identity.calls_with",
                f"the gateway has no identity that is {chosen.replace('_', '-')}",
                "give it one, or let it call with the other",
            )
        self.caller = principals[chosen]
        # In the same order whichever it calls with, so that Easy Auth is not changed on the way.
        self.callers = tuple(principals.values())
        by_user = user_assigned if chosen == "user_assigned" else None
        self.policy_client_id = by_user.client_id if by_user else None
        self.identity_id = by_user.id if by_user else None

    def _system_assigned(self, given: Principal | str) -> Principal:
        if isinstance(given, Principal):
            return given
        self.service_principal = DataAzureadServicePrincipal(
            self, "identity-principal", object_id=given
        )
        return Principal(
            client_id=self.service_principal.client_id, object_id=given, name="gateway"
        )

    def arguments(self, scope: Construct) -> InGateway:
        """What a resource of `scope` within the service names it by; it is replaced with it."""
        # Of another stack's gateway Terraform learns in the next plan of this one.
        service = self.resource_in(stack_of(scope))
        return InGateway(
            api_management_name=self.name,
            resource_group_name=self.resource_group_name,
            lifecycle=replaced_with(service) if service else None,
        )

    def resource_in(self, stack: TerraformStack) -> ApiManagement | None:
        """Return the resource of the service if that stack makes it."""
        service = self._service
        if isinstance(service, ApiManagement) and stack_of(service) is stack:
            return service
        return None

    def _make_policy(self, source: PolicySource | None) -> None:
        self.policy = self.policy_document = None
        if source is None:
            return
        fix = "give it in one place"
        self.claim(self, "policy", "policy", "of the whole service", fix=fix)
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

        All that refer to one service by its name share what is taken, in all stacks of the app.

        Raises:
            InputError: If another construct has taken it already.
        """
        take(self._claims, scope, argument, kind, name, place=" in this gateway", fix=fix)

    def add_fragment(self, name: str, source: Fragment | Path | str) -> ApiManagementPolicyFragment:
        """Add a policy fragment, which `IncludeFragment(fragment_id=name)` puts into any policy.

        Args:
            name: Its name, unique in the service.
            source: The fragment, the path of an XML file, or XML text.

        Raises:
            InputError: If it cannot be read, or API Management would not accept it.
        """
        check_pattern(self, "fragment", name, FRAGMENT_NAME)
        if name.lower() in map(str.lower, self.fragments):
            refuse(self, "fragment", f"there is one with the name {name!r}", "choose another name")
        self.claim(self, "fragment", "fragment", name)
        document = read_fragment(self, f"fragment {name}", source, sku=self.sku)
        from cdktf_cdktf_provider_azurerm.api_management_policy_fragment import (
            ApiManagementPolicyFragment,
        )

        fragment = self.fragments[name] = ApiManagementPolicyFragment(
            self,
            f"fragment-{name}",
            api_management_id=self.id,
            name=name,
            # The provider undoes no entities in a fragment that it reads back as `rawxml`.
            format="xml",
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
