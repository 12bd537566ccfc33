"""Named values, which policies read as `{{name}}`: secrets in Key Vault, or text that is none.

Source: azurerm 4.55.0 `azurerm_api_management_named_value`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import TerraformResourceLifecycle
from constructs import Construct

from constructs_lib._cdk.arguments import check_child_name, check_pattern, check_uuid, refuse
from constructs_lib._core.secrets import secret_reason
from constructs_lib.api.props import KeyVaultSecret
from constructs_lib.gateway.references import GatewayReferences

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_named_value import ApiManagementNamedValue


_VAULT_URL = r"https://[\w-]+\.[\w.]+/secrets/[0-9a-zA-Z-]+(/[0-9a-f]{32})?"


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
            Management deletes no named value that a policy still reads.

    Raises:
        InputError: For what azurerm 4.55 would refuse, and for a secret in plain text.
    """
    # Most APIs have none, and the binding takes milliseconds to load.
    from cdktf_cdktf_provider_azurerm.api_management_named_value import (
        ApiManagementNamedValue,
        ApiManagementNamedValueValueFromKeyVault,
    )

    where = f"named_values.{name}"
    check_child_name(scope, where, name)
    from_vault = None
    if isinstance(value, KeyVaultSecret):
        check_pattern(
            scope,
            where,
            value.secret_id,
            _VAULT_URL,
            "https://<vault>.vault.azure.net/secrets/<name>",
        )
        if value.identity_client_id:
            check_uuid(scope, where, value.identity_client_id, "the identity's client id")
        from_vault = ApiManagementNamedValueValueFromKeyVault(
            secret_id=value.secret_id,
            identity_client_id=value.identity_client_id or gateway.vault_client_id,
        )
    elif not value:
        refuse(scope, where, "has no text", "give it one, or a KeyVaultSecret")
    elif reason := secret_reason(name, value):
        refuse(
            scope,
            where,
            f"{name} holds a secret in plain text: {reason}",
            "give a KeyVaultSecret, or choose another name if it is no secret",
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
