"""What app settings may not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

from constructs import Construct

from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._core.secrets import secret_reason

# Settings that the constructs or azurerm write; by hand they would open or break the app.
_OWN = re.compile(
    r"AzureWebJobsStorage(__.*)?|AzureWebJobsDashboard(__.*)?|WEBSITE_AUTH_.*"
    r"|WEBSITE_CONTENT(AZUREFILECONNECTIONSTRING|SHARE|OVERVNET)"
    r"|MICROSOFT_PROVIDER_AUTHENTICATION_SECRET|OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
    r"|APPINSIGHTS_INSTRUMENTATIONKEY|APPLICATIONINSIGHTS_(CONNECTION|AUTHENTICATION)_STRING"
    r"|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_RUNTIME|DOCKER_REGISTRY_SERVER_.*",
    re.IGNORECASE,
)


def check_app_settings(scope: Construct, argument: str, settings: Mapping[str, str]) -> None:
    """Refuse secrets, which every reader of the app and of the state sees, and reserved names.

    Raises:
        InputError: For a secret in plain text or a setting that the construct makes itself.
    """
    for name, value in settings.items():
        if is_token(name):
            continue
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - Python lets it be anything
            refuse(scope, argument, f"{name} is {value!r}, no text", f"write {str(value)!r}")
        if _OWN.fullmatch(name):
            refuse(scope, argument, f"{name} is made by the construct", "leave it out")
        reason = secret_reason(name, value)
        if reason:
            refuse(
                scope,
                argument,
                f"{name} holds a secret in plain text: {reason}",
                "write a reference, @Microsoft.KeyVault(SecretUri=...), or choose another name if "
                "it is no secret",
            )
