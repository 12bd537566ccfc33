"""An API Management service that is there already: by name or id, or in the stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdktf_cdktf_provider_azurerm.api_management import (
    ApiManagement,
)
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from constructs import Construct

from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.names import names_in_gateway
from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.azure_names import SKU, GatewayName, ResourceGroupName, Sku
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import Problem
from constructs_lib.gateway.props import ExistingIdentity, IdentityKind
from constructs_lib.gateway.references import (
    GatewayReferences,
)
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import DataAzurermApiManagement


_ID = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/(?P<resource_group_name>[^/\s]+)"
    r"/providers/Microsoft\.ApiManagement/service/(?P<name>[0-9a-zA-Z-]{1,50})",
    re.IGNORECASE,
)


def _existing_problems(
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    resource: ApiManagement | None = None,
    identity: object = None,
    principal: Principal | None = None,
    calls_with: IdentityKind | None = None,
    **_: object,
) -> Iterator[Problem]:
    if identity and principal and not calls_with:
        yield Problem(
            "identity",
            "given together with principal",
            "give one of them, or say calls_with in a move from one to the other",
        )
    if resource is not None and (name or resource_group_name):
        yield Problem("resource", "given together with a name", "give one of them")
    if resource is None and not (name and resource_group_name):
        yield Problem(
            "name",
            "which service is meant is not said",
            "give name and resource_group_name, or resource",
        )


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
        calls_with: With `identity` and `principal`: which of the two it calls with, where both may;
            see `GatewayIdentity`.
        sku: Its SKU, so that what it does not offer is refused at synth.
        policy: The policy of the whole service, if this stack is to own it.

    Attributes:
        data: The look-up by name, None if a resource was given.
        service: That look-up, or the resource that was given.
        service_principal: The look-up of the identity's client id, None if it was not needed.

    Raises:
        InputError: If neither or both of name and resource are given, or both identities.
    """

    @checked(_existing_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: GatewayName | None = None,
        resource_group_name: ResourceGroupName | None = None,
        resource: ApiManagement | None = None,
        identity: ExistingIdentity | UserAssignedIdentity | None = None,
        principal: Principal | None = None,
        calls_with: IdentityKind | None = None,
        sku: Sku | None = None,
        policy: PolicySource | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.sku = sku
        self.data: DataAzurermApiManagement | None = None
        if resource is not None:
            self.service = self._given(resource)
        else:
            self.service = self.data = self._look_up(name or "", resource_group_name or "")
        service = name if resource is None else resource.name_input
        if service:
            self._claims = names_in_gateway(self, service)
        self.vault_client_id = None
        system_assigned: Principal | str | None = principal
        if not (principal or identity):
            system_assigned = _principal_id(self, self.service)
        self._call_with(
            user_assigned=ExistingIdentity.of(identity) if identity else None,
            system_assigned=system_assigned,
            kind=calls_with,
        )
        self._make_policy(policy)

    def _given(self, resource: ApiManagement) -> ApiManagement:
        self._refer_to(resource, resource.name, resource.resource_group_name)
        sku_name = resource.sku_name_input
        if self.sku is None and sku_name and SKU.allows(sku_name):
            self.sku = sku_name
        return resource

    def _look_up(self, name: str, resource_group_name: str) -> DataAzurermApiManagement:
        from cdktf_cdktf_provider_azurerm.data_azurerm_api_management import (
            DataAzurermApiManagement,
        )

        data = DataAzurermApiManagement(
            self, "service", name=name, resource_group_name=resource_group_name
        )
        self._refer_to(data, name, resource_group_name)
        return data


def _principal_id(scope: Construct, service: ApiManagement | DataAzurermApiManagement) -> str:
    """Return the object id of the system-assigned identity; refuse a service without one."""
    if not isinstance(service, ApiManagement):
        return service.identity.get(0).principal_id
    given = service.identity_input
    if given is None or (not is_token(given.type) and "SystemAssigned" not in given.type):
        refuse(
            scope,
            "resource",
            f"{service.node.path} has no system-assigned identity to call functions with",
            "give it one, or say identity=… for a user-assigned identity that it has",
        )
    return service.identity.principal_id


def gateway_by_id(
    scope: Construct,
    id: str,
    resource_id: str,
    *,
    identity: ExistingIdentity | None = None,
    principal: Principal | None = None,
    sku: str | None = None,
    policy: PolicySource | None = None,
) -> ExistingGateway:
    """Take a service by its resource id; all else is as in `Gateway.existing`.

    The service must be in the subscription that the azurerm provider of the stack works in.

    Raises:
        InputError: If it is not the id of an API Management service.
    """
    match = _ID.fullmatch(resource_id)
    if match is None:
        raise InputError(
            f"{resource_id!r} is not the id of an API Management service",
            where=f"{scope.node.path}/{id}: resource_id",
            fix="write /subscriptions/…/resourceGroups/…/providers/Microsoft.ApiManagement"
            "/service/<name>",
        )
    return ExistingGateway(
        scope,
        id,
        name=match["name"],
        resource_group_name=match["resource_group_name"],
        identity=identity,
        principal=principal,
        sku=sku,
        policy=policy,
    )
