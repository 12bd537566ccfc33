"""The part of the AzAPI provider that is needed here: the provider and two of its resources.

A binding of the whole provider would be as large as what it replaces. One resource is for what
azurerm does not have, the other for what exists outside Terraform and of which only some
properties are to be kept as they should be.

Source: azure/azapi, `azapi_resource` and `azapi_update_resource`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cdktf import (
    ITerraformDependable,
    TerraformProvider,
    TerraformProviderGeneratorMetadata,
    TerraformResource,
    TerraformResourceLifecycle,
    TerraformStack,
)
from constructs import Construct

from constructs_lib._core.provider_facts import AZAPI_RANGE

_METADATA = TerraformProviderGeneratorMetadata(provider_name="azapi", provider_version=AZAPI_RANGE)


class AzapiProvider(TerraformProvider):
    """The provider `azure/azapi`, which signs in like azurerm.

    Args:
        scope: The stack.
        id: Its id within `scope`.
        subscription_id: The subscription; `ARM_SUBSCRIPTION_ID` if left out.
        tenant_id: The tenant; that of the sign-in if left out.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        subscription_id: str | None = None,
        tenant_id: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            terraform_resource_type="azapi",
            terraform_provider_source="azure/azapi",
            terraform_generator_metadata=_METADATA,
        )
        for name, value in (("subscription_id", subscription_id), ("tenant_id", tenant_id)):
            if value is not None:
                self.add_override(name, value)


class AzapiUpdateResource(TerraformResource):
    """Properties of a resource that exists: they are merged into what Azure has, and kept so.

    Destroying it changes nothing in Azure: what it wrote stays.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`.
        type: Type and API version, `Microsoft.Web/sites/config@2024-04-01`.
        parent_id: Resource id of its parent.
        name: Its name there.
        body: Its properties. None is sent as an explicit null, which clears a value; what is left
            out stays as it is.
        depends_on: What must be there before.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        type: str,
        parent_id: str,
        name: str,
        body: Mapping[str, Any],
        depends_on: Sequence[ITerraformDependable] | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            terraform_resource_type="azapi_update_resource",
            terraform_generator_metadata=_METADATA,
            depends_on=depends_on,
        )
        _write(self, type=type, parent_id=parent_id, name=name, body=_with_nulls(body))


class AzapiResource(TerraformResource):
    """A resource that azurerm does not have, in a version of its API that azapi need not know.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`.
        type: Type and API version, `Microsoft.ApiManagement/service/apis@2025-09-01-preview`.
        parent_id: Resource id of its parent.
        name: Its name there.
        body: What Azure is sent; azapi does not compare it with a schema.
        lifecycle: What it is replaced with.
        depends_on: What must be there before.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        type: str,
        parent_id: str,
        name: str,
        body: Mapping[str, Any],
        lifecycle: TerraformResourceLifecycle | None = None,
        depends_on: Sequence[ITerraformDependable] | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            terraform_resource_type="azapi_resource",
            terraform_generator_metadata=_METADATA,
            lifecycle=lifecycle,
            depends_on=depends_on,
        )
        _write(self, type=type, parent_id=parent_id, name=name, body=_with_nulls(body))
        self.add_override("schema_validation_enabled", value=False)

    @property
    def name(self) -> str:
        """Its name, as a reference."""
        return self.get_string_attribute("name")


def add_azapi_provider(
    stack: TerraformStack, *, subscription_id: str | None = None, tenant_id: str | None = None
) -> AzapiProvider:
    """Add the AzAPI provider to a stack, next to those of `add_providers`.

    Args:
        stack: The stack.
        subscription_id: The subscription; `ARM_SUBSCRIPTION_ID` if left out.
        tenant_id: The tenant; that of the sign-in if left out.
    """
    return AzapiProvider(stack, "azapi", subscription_id=subscription_id, tenant_id=tenant_id)


def _write(resource: TerraformResource, **arguments: object) -> None:
    for name, value in arguments.items():
        resource.add_override(name, value)


def _with_nulls(value: object) -> object:
    """Write None as an expression: CDKTF leaves out what is None, and so would keep the old."""
    if value is None:
        return "${null}"
    if isinstance(value, Mapping):
        known = cast("Mapping[str, object]", value)
        return {key: _with_nulls(each) for key, each in known.items()}
    return value
