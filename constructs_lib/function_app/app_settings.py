"""What app settings may not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.problems import Problem
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


def app_setting_problems(settings: Mapping[str, str]) -> Iterator[Problem]:
    """Find secrets, which every reader of the app and of the state sees, and reserved names."""
    for name, value in settings.items():
        if is_token(name):
            continue
        at = ("app_settings", name)
        if _OWN.fullmatch(name):
            yield Problem(at, f"{name} is made by the construct", "leave it out")
        elif reason := secret_reason(name, value):
            yield Problem(
                at,
                f"{name} holds a secret in plain text: {reason}",
                "write a reference, @Microsoft.KeyVault(SecretUri=...), or choose another name if "
                "it is no secret",
            )
