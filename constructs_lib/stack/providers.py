"""The providers that a stack of these constructs needs."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
from cdktf_cdktf_provider_azurerm.provider import (
    AzurermProvider,
    AzurermProviderFeatures,
    AzurermProviderFeaturesStorage,
)


def add_providers(
    stack: TerraformStack, *, subscription_id: str | None = None, tenant_id: str | None = None
) -> None:
    """Add the azurerm and azuread providers to a stack, with no secret and no fixed version.

    They sign in as the environment says: the Azure CLI, or a CI's own token through `ARM_USE_OIDC`.
    The ranges admit every minor version that the bindings' schema fits.

    Args:
        stack: The stack.
        subscription_id: The subscription; `ARM_SUBSCRIPTION_ID` if left out.
        tenant_id: The tenant; that of the sign-in if left out.
    """
    AzurermProvider(
        stack,
        "azurerm",
        # Otherwise azurerm polls blobs and queues of a new account, which needs roles on its data.
        features=[
            AzurermProviderFeatures(
                storage=[AzurermProviderFeaturesStorage(data_plane_available=False)]
            )
        ],
        subscription_id=subscription_id,
        tenant_id=tenant_id,
        storage_use_azuread=True,
    )
    AzureadProvider(stack, "azuread", tenant_id=tenant_id)
    for name, version in (("azurerm", "~> 4.55"), ("azuread", "~> 3.7")):
        stack.add_override(
            f"terraform.required_providers.{name}",
            {"source": f"hashicorp/{name}", "version": version},
        )
    stack.add_override("terraform.required_version", ">= 1.9")
