"""The version set that ties the versions of an API together."""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.api_management_api_version_set import ApiManagementApiVersionSet
from constructs import Construct

from constructs_lib.api.props import ApiVersion
from constructs_lib.gateway.references import GatewayReferences


def version_set_resource(
    scope: Construct,
    version: ApiVersion,
    *,
    gateway: GatewayReferences,
    name: str,
    display_name: str,
) -> ApiManagementApiVersionSet:
    """Make the resource of a new version set.

    Args:
        scope: The API's construct.
        version: Where callers write the version.
        gateway: The gateway that has it.
        name: Its name.
        display_name: Its name for readers.
    """
    return ApiManagementApiVersionSet(
        scope,
        "version-set",
        name=name,
        display_name=display_name,
        **gateway.arguments(scope),
        versioning_scheme=version.scheme,
        version_header_name=version.parameter if version.scheme == "Header" else None,
        version_query_name=version.parameter if version.scheme == "Query" else None,
    )
