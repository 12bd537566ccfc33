"""A function app that exists outside Terraform, protected without importing it.

Its Easy Auth and its passwords for publishing are kept as they should be through the AzAPI
provider; all else of the app stays whose it is, and no state holds its settings. AzAPI merges, so
everything that lets somebody in is named: lists that must be empty are null, other providers off.

Sources: azure/azapi `azapi_update_resource`; REST API of Azure App Service, "Web Apps -
Update Auth Settings V2", "Update Configuration", "Update Ftp Allowed", "Update Scm Allowed".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformResource
from constructs import Construct

from constructs_lib._cdk.acceptance import accept
from constructs_lib._cdk.arguments import refuse
from constructs_lib._cdk.azapi import AzapiUpdateResource
from constructs_lib._cdk.names import names_in_the_world, take
from constructs_lib._cdk.props.checked import checked
from constructs_lib.function_app.easy_auth import EasyAuth
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.protected import ProtectedApp

_API = "2024-04-01"
_OTHER_PROVIDERS = (
    "apple",
    "azureStaticWebApps",
    "facebook",
    "gitHub",
    "google",
    "legacyMicrosoftAccount",
    "twitter",
)


class ProtectedOutsideApp(ProtectedApp):
    """Easy Auth and hardening on a function app outside Terraform and on its slots.

    Needs the AzAPI provider in the stack: `add_azapi_provider`. Destroying it leaves the app as
    protected as it is.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        app: The app.
        easy_auth: Who may call it.

    Attributes:
        id: Resource id of the app.
        hostname: Host name of the production site.
        slots: Host names of the slots, by name.
        hostnames: `hostname` and those of the slots.
        easy_auth: What protects them.
        auth_settings: The `azapi_update_resource` of Easy Auth by slot, the app's as `production`.
        hardening: Those that close passwords for publishing, FTP, old TLS and remote debugging.

    Raises:
        InputError: For an id or host name that is none, or for what only a managed app can have.
    """

    outside = True

    @checked()
    def __init__(
        self, scope: Construct, id: str, *, app: OutsideFunctionApp, easy_auth: EasyAuth
    ) -> None:
        super().__init__(scope, id)
        name = self._check(app, easy_auth)
        # Two that write the app's settings would overwrite each other.
        taken, what = names_in_the_world(self), "Easy Auth of the function app"
        fix = "give the function_app and the registration of the API that has it"
        take(taken, self, "function_app", what, app.id, fix=fix)
        self.id = app.id
        self.easy_auth = easy_auth
        self.hostname = app.hostname or f"{name}.azurewebsites.net"
        self.slots: Mapping[str, str] = (
            dict(app.slots)
            if isinstance(app.slots, Mapping)
            else {slot: f"{name}-{slot}.azurewebsites.net" for slot in app.slots}
        )
        self.hostnames = [self.hostname, *self.slots.values()]
        self.auth_settings: dict[str, AzapiUpdateResource] = {}
        self.hardening: list[AzapiUpdateResource] = []
        body = {"properties": auth_settings_body(easy_auth.settings)}
        for slot in ("production", *self.slots):
            self.auth_settings[slot] = self._update(slot, "config", "authsettingsV2", body)
            for kind, child, properties in _hardening(ftp=app.ftp):
                self.hardening.append(
                    self._update(slot, kind, child, {"properties": dict(properties)})
                )
        if easy_auth.off_reason:
            for resource in self.auth_settings.values():
                accept(resource, "SF101", reason=easy_auth.off_reason)

    def sites(self) -> list[TerraformResource]:
        """The resources that write the Easy Auth of the app and of its slots."""
        return list(self.auth_settings.values())

    def _check(self, app: OutsideFunctionApp, easy_auth: EasyAuth) -> str:
        """Refuse what cannot be; return the app's name."""
        if easy_auth.app_settings or easy_auth.tags:
            refuse(
                self,
                "function_app",
                "sign_in, allowed_tenants and allow_anonymous_paths need app settings or tags, "
                "which are not managed here",
                "adopt the app with an import block, or leave them out",
            )
        return app.id.rpartition("/")[2]

    def _update(
        self, slot: str, kind: str, name: str, body: Mapping[str, Any]
    ) -> AzapiUpdateResource:
        production = slot == "production"
        site = "Microsoft.Web/sites" if production else "Microsoft.Web/sites/slots"
        return AzapiUpdateResource(
            self,
            f"{slot}-{name.lower()}",
            type=f"{site}/{kind}@{_API}",
            parent_id=self.id if production else f"{self.id}/slots/{slot}",
            name=name,
            body=body,
        )


def _hardening(*, ftp: bool) -> list[tuple[str, str, Mapping[str, Any]]]:
    """What closes the side doors: kind, name and properties of each child of the site."""
    site: dict[str, Any] = {
        "minTlsVersion": "1.2",
        "scmMinTlsVersion": "1.2",
        "remoteDebuggingEnabled": False,
    }
    policies = "basicPublishingCredentialsPolicies"
    doors: list[tuple[str, str, Mapping[str, Any]]] = [(policies, "scm", {"allow": False})]
    if ftp:
        site["ftpsState"] = "Disabled"
        doors.append((policies, "ftp", {"allow": False}))
    return [("config", "web", site), *doors]


def auth_settings_body(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return `EasyAuth.settings` as the REST API wants them, with nothing left to be merged.

    Learn, "Web Apps - Update Auth Settings V2": the lists under `defaultAuthorizationPolicy` are
    azurerm's `allowed_*`, those under `jwtClaimChecks` its `jwt_allowed_*`.
    """
    directory: Mapping[str, Any] = settings["active_directory_v2"]
    return {
        "platform": {
            "enabled": settings["auth_enabled"],
            "runtimeVersion": "~1",
            # Settings in a file would take the place of all these.
            "configFilePath": None,
        },
        "globalValidation": {
            "requireAuthentication": settings["require_authentication"],
            "unauthenticatedClientAction": settings["unauthenticated_action"],
            "redirectToProvider": None,
            "excludedPaths": None,
        },
        "httpSettings": {
            "requireHttps": settings["require_https"],
            "routes": {"apiPrefix": "/.auth"},
            "forwardProxy": {"convention": "NoProxy"},
        },
        "identityProviders": {
            "azureActiveDirectory": {
                "enabled": True,
                "registration": {
                    "clientId": directory["client_id"],
                    "openIdIssuer": directory["tenant_auth_endpoint"],
                    "clientSecretSettingName": None,
                    "clientSecretCertificateThumbprint": None,
                },
                "validation": {
                    "allowedAudiences": directory["allowed_audiences"],
                    "jwtClaimChecks": {"allowedClientApplications": None, "allowedGroups": None},
                    "defaultAuthorizationPolicy": {
                        "allowedApplications": directory["allowed_applications"],
                        "allowedPrincipals": {
                            "groups": None,
                            "identities": directory["allowed_identities"],
                        },
                    },
                },
            },
            **{provider: {"enabled": False} for provider in _OTHER_PROVIDERS},
            "customOpenIdConnectProviders": None,
        },
        "login": {"tokenStore": {"enabled": settings["login"]["token_store_enabled"]}},
    }
