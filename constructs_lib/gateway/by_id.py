"""An existing gateway by its Azure resource id, as the portal and other tools show it."""

from __future__ import annotations

import re

from constructs import Construct

from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._core.errors import InputError
from constructs_lib.gateway.gateway import ExistingGateway, ExistingIdentity, Gateway
from constructs_lib.registration.principal import Principal

_ID = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/(?P<resource_group_name>[^/\s]+)"
    r"/providers/Microsoft\.ApiManagement/service/(?P<name>[0-9a-zA-Z-]{1,50})",
    re.IGNORECASE,
)


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
    return Gateway.existing(
        scope,
        id,
        name=match["name"],
        resource_group_name=match["resource_group_name"],
        identity=identity,
        principal=principal,
        sku=sku,
        policy=policy,
    )
