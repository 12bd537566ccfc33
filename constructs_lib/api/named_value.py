"""Named values, which policies read as `{{name}}`: secrets in Key Vault, or text that is none.

Source: azurerm `azurerm_api_management_named_value`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import TerraformResourceLifecycle
from constructs import Construct

from constructs_lib.api.props import KeyVaultSecret
from constructs_lib.gateway.references import GatewayReferences

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_named_value import ApiManagementNamedValue


def named_value_resource(
    scope: Construct,
    name: str,
    value: KeyVaultSecret | str,
    *,
    gateway: GatewayReferences,
    outlives_policy: bool = False,
) -> ApiManagementNamedValue:
    """Make the resource of a named value.

    Args:
        scope: The API's construct.
        name: Its name.
        value: A Key Vault secret, or plain text for what is no secret.
        gateway: The gateway that has it.
        outlives_policy: Whether the policy that reads it changes first when it is removed: API
            Management deletes no named value that a policy still reads. Only for a gateway that
            this stack does not make: Terraform would make the new gateway, too, before the old one
            of the same name is gone, which Azure refuses.

    Raises:
        InputError: If another API of the gateway has made one with the name.
    """
    # Most APIs have none, and the binding takes milliseconds to load.
    from cdktf_cdktf_provider_azurerm.api_management_named_value import (
        ApiManagementNamedValue,
        ApiManagementNamedValueValueFromKeyVault,
    )

    where = f"named_values.{name}"
    from_vault = None
    if isinstance(value, KeyVaultSecret):
        from_vault = ApiManagementNamedValueValueFromKeyVault(
            secret_id=value.secret_id,
            identity_client_id=value.identity_client_id or gateway.vault_client_id,
        )
    gateway.claim(scope, where, "named value", name)
    in_gateway = gateway.arguments(scope)
    if outlives_policy:
        in_gateway["lifecycle"] = TerraformResourceLifecycle(create_before_destroy=True)
    made = gateway.named_values[name] = ApiManagementNamedValue(
        scope,
        f"named-value-{name}",
        name=name,
        display_name=name,
        **in_gateway,
        secret=True if from_vault else None,
        value=value if isinstance(value, str) else None,
        value_from_key_vault=from_vault,
    )
    return made
