"""The providers that a stack of these constructs needs."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
from cdktf_cdktf_provider_azurerm.provider import (
    AzurermProvider,
    AzurermProviderFeatures,
    AzurermProviderFeaturesStorage,
)

from constructs_lib._cdk.azurerm import azurerm_of
from constructs_lib._core.provider_facts import AZUREAD_RANGE, AZURERM, AzurermVersion


def add_providers(
    stack: TerraformStack,
    *,
    subscription_id: str | None = None,
    tenant_id: str | None = None,
    azurerm: AzurermVersion | None = None,
) -> None:
    """Add the azurerm and azuread providers to a stack, with no secret and no fixed version.

    They sign in as the environment says: the Azure CLI, or a CI's own token through `ARM_USE_OIDC`.
    The ranges admit every minor version that has all that the stack uses. azurerm 5 registers no
    resource provider by itself, so it is told which ones the constructs need.

    Args:
        stack: The stack.
        subscription_id: The subscription; `ARM_SUBSCRIPTION_ID` if left out.
        tenant_id: The tenant; that of the sign-in if left out.
        azurerm: Major version of the azurerm provider, `4` or `5`; that of the installed bindings
            if left out.

    Raises:
        InputError: There is no such version, or constructs were made for another one before.
    """
    of_stack = azurerm_of(stack)
    of_stack.choose(azurerm)
    of_stack.subscription_id = subscription_id or ""
    facts = AZURERM[of_stack.version]
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
        resource_provider_registrations=facts.registrations,
        resource_providers_to_register=list(facts.registered) or None,
    )
    AzureadProvider(stack, "azuread", tenant_id=tenant_id)
    stack.add_override(
        "terraform.required_providers.azuread",
        {"source": "hashicorp/azuread", "version": AZUREAD_RANGE},
    )
    stack.add_override("terraform.required_version", ">= 1.9")
