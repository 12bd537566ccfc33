"""Function apps that are made elsewhere and whose Easy Auth azapi writes, in azurerm's terms.

Source: ARM `Microsoft.Web/sites/config` (`authsettingsV2`, `web`) and
`Microsoft.Web/sites/basicPublishingCredentialsPolicies`, API version 2024-04-01; which argument of
azurerm is which property is read in azurerm 4.55.0 `helpers/auth_v2_schema.go`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from constructs_lib.access.terraform.configuration import Configuration, Raw, Resource
from constructs_lib.access.terraform.expressions import Opaque, Term, Value

TYPE = "azapi_update_resource"

_AUTH = "config/authsettingsv2"
_SITE_CONFIG = "config/web"
_SCM = "basicpublishingcredentialspolicies/scm"
_FTP = "basicpublishingcredentialspolicies/ftp"
_SITE = re.compile(r"/sites/([^/]+)(?:/slots/([^/]+))?/?$", re.IGNORECASE)
_NOT_HERE = Term((Opaque("(managed elsewhere)", known=False),))

_GLOBAL = {
    "auth_enabled": "platform.enabled",
    "config_file_path": "platform.configFilePath",
    "require_authentication": "globalValidation.requireAuthentication",
    "unauthenticated_action": "globalValidation.unauthenticatedClientAction",
    "excluded_paths": "globalValidation.excludedPaths",
    "require_https": "httpSettings.requireHttps",
}
_REGISTRATION = "identityProviders.azureActiveDirectory.registration"
_VALIDATION = "identityProviders.azureActiveDirectory.validation"
_DIRECTORY = {
    "client_id": f"{_REGISTRATION}.clientId",
    "tenant_auth_endpoint": f"{_REGISTRATION}.openIdIssuer",
    "client_secret_setting_name": f"{_REGISTRATION}.clientSecretSettingName",
    "allowed_audiences": f"{_VALIDATION}.allowedAudiences",
    "allowed_applications": f"{_VALIDATION}.defaultAuthorizationPolicy.allowedApplications",
    "allowed_identities": f"{_VALIDATION}.defaultAuthorizationPolicy.allowedPrincipals.identities",
    "allowed_groups": f"{_VALIDATION}.defaultAuthorizationPolicy.allowedPrincipals.groups",
    "jwt_allowed_client_applications": f"{_VALIDATION}.jwtClaimChecks.allowedClientApplications",
    "jwt_allowed_groups": f"{_VALIDATION}.jwtClaimChecks.allowedGroups",
}
_PROVIDERS = {
    "apple_v2": "apple",
    "azure_static_web_app_v2": "azureStaticWebApps",
    "facebook_v2": "facebook",
    "github_v2": "gitHub",
    "google_v2": "google",
    "microsoft_v2": "legacyMicrosoftAccount",
    "twitter_v2": "twitter",
}
_WEB = {
    "ftps_state": "ftpsState",
    "minimum_tls_version": "minTlsVersion",
    "scm_minimum_tls_version": "scmMinTlsVersion",
    "remote_debugging_enabled": "remoteDebuggingEnabled",
}


@dataclass(frozen=True, slots=True)
class OutsideApp:
    """A function app or slot that is made elsewhere, as far as azapi writes it.

    Attributes:
        name: The app's name.
        slot: The slot's own name; None for the app.
        shaped: A resource of azurerm's shape; what azapi does not write is unknown in it.
        read: The azapi resources that say nothing which is not in it.
    """

    name: str
    slot: str | None
    shaped: Resource
    read: list[Resource]


def outside_apps(configuration: Configuration) -> Iterator[OutsideApp]:
    """Each app or slot whose Easy Auth azapi writes.

    An app that the configuration itself makes is to be left to its own resource.
    """
    by_site: dict[tuple[str, str], dict[str, Resource]] = {}
    for each in configuration.of_type(TYPE):
        body = configuration.body(each)
        kind, parent, name = body.value("type"), body.value("parent_id"), body.value("name")
        if not isinstance(kind, str) or not isinstance(parent, str) or not isinstance(name, str):
            continue
        if kind.lower().startswith("microsoft.web/sites/") and _SITE.search(parent):
            part = f"{kind.split('@')[0].rsplit('/', 1)[-1]}/{name}".lower()
            by_site.setdefault((each.stack, parent.lower()), {}).setdefault(part, each)
    for (_, parent), parts in sorted(by_site.items()):
        settings = parts.get(_AUTH)
        found = _SITE.search(parent)
        if settings is None or found is None:
            continue
        shaped = Resource(
            settings.stack,
            settings.address,
            TYPE,
            _shaped(configuration, parts),
            managed=False,
            literal=True,
            module=settings.module,
            construct=settings.construct,
            path=settings.path,
        )
        read = [each for part, each in parts.items() if _is_read(configuration, part, each)]
        yield OutsideApp(found[1], found[2], shaped, read)


def _is_read(configuration: Configuration, part: str, each: Resource) -> bool:
    if part == _SITE_CONFIG:
        written = configuration.attribute(each, "body", "properties")
        return isinstance(written, dict) and set(written) <= set(_WEB.values())
    return part in (_AUTH, _SCM, _FTP)


def _shaped(configuration: Configuration, parts: dict[str, Resource]) -> dict[str, Raw]:
    def properties(part: str) -> Value:
        resource = parts.get(part)
        return configuration.attribute(resource, "body", "properties") if resource else None

    written = properties(_AUTH)
    directory = _picked(written, _DIRECTORY)
    settings = _picked(written, _GLOBAL)
    if _at(written, "identityProviders.azureActiveDirectory.enabled") is not False:
        settings["active_directory_v2"] = directory
    for name, provider in _PROVIDERS.items():
        if _at(written, f"identityProviders.{provider}.enabled") is True:
            settings[name] = {}
    web = properties(_SITE_CONFIG)
    site = {name: _at(web, path) for name, path in _WEB.items()}
    site = {name: _NOT_HERE if value is None else value for name, value in site.items()}
    site |= {
        "ip_restriction_default_action": _NOT_HERE,
        "scm_ip_restriction_default_action": _NOT_HERE,
    }
    scm = _at(properties(_SCM), "allow")
    ftp = _at(properties(_FTP), "allow")
    return {
        "https_only": _NOT_HERE,
        "public_network_access_enabled": _NOT_HERE,
        "webdeploy_publish_basic_authentication_enabled": _NOT_HERE if scm is None else scm,
        "ftp_publish_basic_authentication_enabled": _NOT_HERE if ftp is None else ftp,
        "auth_settings_v2": settings,
        "site_config": site,
    }


def _picked(properties: Value, paths: dict[str, str]) -> dict[str, Raw]:
    found = {name: _at(properties, path) for name, path in paths.items()}
    return {name: value for name, value in found.items() if value is not None}


def _at(properties: Value, path: str) -> Any:
    """The property at a dotted path; what is computed as a whole is not known."""
    value: Any = properties
    for step in path.split("."):
        if isinstance(value, Term):
            return _NOT_HERE
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(step)
    return value
