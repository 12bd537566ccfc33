"""What stands in front of a function: the site's network rules, HTTPS, and Easy Auth.

Sources: Learn "Configure your App Service or Azure Functions app to use Microsoft Entra sign-in",
"Authentication and authorization in App Service", "Set up access restrictions"; azurerm
`auth_settings_v2`, whose defaults are those of `helpers/auth_v2_schema.go`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from constructs_lib.access import network, urls
from constructs_lib.access.decision import Decision
from constructs_lib.access.entra import Token, any_same
from constructs_lib.access.links import LEGACY_TYPES, AppLink
from constructs_lib.access.records import Status
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.values import Term, Value, sole_reference, text_of

DIRECTORY = "auth_settings_v2.active_directory_v2"
OTHER_PROVIDERS = (
    "apple_v2",
    "azure_static_web_app_v2",
    "custom_oidc_v2",
    "facebook_v2",
    "github_v2",
    "google_v2",
    "microsoft_v2",
    "twitter_v2",
)
NO_TOKEN: dict[str, Status] = {
    "Return401": 401,
    "Return403": 403,
    "RedirectToLoginPage": 302,
}
_ANY_TENANT = frozenset({"common", "organizations", "consumers"})
# Entra's hosts in issuers, of all clouds (Learn, "National clouds"; "Access token claims").
_ENTRA = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "sts.windows.net",
    }
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """What `tenant_auth_endpoint` says.

    Attributes:
        tenant: The tenant as a value; None when it cannot be told.
        version: Of the tokens that it issues; None when it cannot be told.
        any_tenant: Whether tokens of every tenant are accepted.
        none: Whether it is surely the issuer of no token that the gateway can get.
        outside: Whether whoever answers there says which tokens are valid, and whom it issues
            them to is not known here: External ID, Azure AD B2C, hosts that are not Entra's, and
            URLs of Entra that name no tenant.
    """

    tenant: Value = None
    version: int | None = None
    any_tenant: bool = False
    none: bool = False
    outside: bool = False


def issuer(app: AppLink) -> Issuer:
    """Read the issuer that an app expects."""
    return issuer_in(app.directory.value("tenant_auth_endpoint") if app.directory else None)


def issuer_in(value: Value) -> Issuer:
    """What the address of an issuer says."""
    return _read_issuer(value) if isinstance(value, (str, Term)) else Issuer()


@lru_cache(maxsize=64)  # The apps of a configuration expect few.
def _read_issuer(value: Value) -> Issuer:
    found = urls.parse(value)
    if found is None:
        return Issuer(none=isinstance(value, str) and bool(value.strip()))
    if found.scheme != "https":
        return Issuer(none=True)
    if not isinstance(found.host, str):
        return Issuer(outside=True)
    if found.host.lower() not in _ENTRA:
        return Issuer(none=True, outside=True)
    if not found.plain:
        return Issuer(none=True)
    if isinstance(found.path, str):
        path = re.fullmatch(r"/([^/]+)(/v2\.0)?/?", found.path.strip(), re.IGNORECASE)
        if path is None or path[1].lower() == "v2.0":
            # Without a tenant in its place nobody can say whose tokens it stands for.
            return Issuer(none=True, outside=True)
        return Issuer(path[1], 2 if path[2] else 1, path[1].lower() in _ANY_TENANT)
    parts = found.path.parts if isinstance(found.path, Term) else ()
    if parts and isinstance(parts[0], str) and parts[0].lower().startswith("/v2.0/"):
        return Issuer(none=True, outside=True)
    if len(parts) < 2 or parts[0] != "/":
        return Issuer()
    end = parts[-1] if isinstance(parts[-1], str) else ""
    middle = parts[1:-1] if end else parts[1:]
    if middle and re.fullmatch(r"(/v2\.0)?/?", end, re.IGNORECASE):
        return Issuer(Term(middle), 2 if "v2.0" in end.lower() else 1)
    return Issuer()


def unseen(app: AppLink) -> Decision | None:
    """That nothing can be said of an app that is managed elsewhere, or may be none."""
    if app.visible:
        return None
    if app.perhaps:
        reason = f"whether {app.name} is a function app is not known here"
        return Decision.unknown(reason, app.resource, "body")
    return Decision.unknown(
        f"{app.name} is managed elsewhere, so its settings are not known here", app.resource
    )


def https(app: AppLink) -> Decision:
    """What a plain HTTP request meets."""
    redirected = app.body.value("https_only", False)
    if redirected is True:
        return Decision.closed(
            301, "App Service redirects plain HTTP to HTTPS", app.resource, attribute="https_only"
        )
    auth = app.auth
    if auth is not None and auth.value("auth_enabled") is True:
        demanded = auth.value("require_https", True)
        if demanded is True:
            return Decision.closed(
                302,
                "Easy Auth redirects plain HTTP to HTTPS",
                app.resource,
                attribute="auth_settings_v2.require_https",
            )
    enabled = auth.value("auth_enabled", False) if auth is not None else False
    demanded = auth.value("require_https", True) if auth is not None else False
    if not isinstance(enabled, bool) and demanded is not False:
        reason = "whether Easy Auth redirects plain HTTP to HTTPS is not known here"
        return _unknown(app, reason, "auth_settings_v2.auth_enabled")
    if redirected is not False:
        reason = f"whether {app.name} accepts plain HTTP is not known here"
        return _unknown(app, reason, "https_only")
    return Decision.open(
        "plain HTTP is served, so that tokens and data can be read on the way",
        app.resource,
        attribute="https_only",
        rule="SF402",
    )


def stopped(app: AppLink) -> list[Decision]:
    """What keeps every request out."""
    enabled = app.body.value("enabled", True)
    if enabled is True:
        return []
    if enabled is not False:
        return [_unknown(app, f"whether {app.name} is running is not known here", "enabled")]
    return [
        Decision.closed(
            403, f"{app.name} is stopped", app.resource, attribute="enabled", rule="SF413"
        )
    ]


def certificate(app: AppLink, *, sent: bool) -> list[Decision]:
    """What keeps out a request without a client certificate; any certificate passes."""
    body = app.body
    mode = body.value("client_certificate_mode", body.value("client_cert_mode", "Optional"))
    enabled = body.value("client_certificate_enabled", False)
    if sent or enabled is False or (isinstance(mode, str) and mode != "Required"):
        return []
    if enabled is not True or mode != "Required":
        where = "client_certificate_enabled" if enabled is not True else "client_certificate_mode"
        reason = f"whether {app.name} demands a client certificate is not known here"
        return [_unknown(app, reason, where)]
    return [
        Decision.closed(
            403,
            f"{app.name} demands a client certificate, and the gateway sends none",
            app.resource,
            attribute="client_certificate_mode",
            rule="SF412",
        )
    ]


def easy_auth(app: AppLink, token: Token | None) -> list[Decision]:
    """What Easy Auth makes of a request with a token, or without one."""
    auth = app.auth
    if auth is None or auth.value("auth_enabled", False) is False:
        old = old_settings(app)
        if auth is None and old is not None:
            return _version_1(app, old, token)
        reason = "Easy Auth is not enabled, so every request reaches the function"
        return [
            Decision.open(
                reason,
                app.resource,
                attribute="auth_settings_v2.auth_enabled" if auth else "auth_settings_v2",
                rule="SF101",
            )
        ]
    if auth.value("auth_enabled") is not True:
        # Whether or not it is enabled, requests without a token may get through.
        let_through = [each for each in _without_token(app, auth) if each.verdict == "open"]
        if let_through and old_settings(app) is None:
            return let_through
        reason = "whether Easy Auth is enabled is not known here"
        return [_unknown(app, reason, "auth_settings_v2.auth_enabled")]
    if auth.value("config_file_path") not in (None, ""):
        reason = "Easy Auth's settings come from a file in the app"
        return [_unknown(app, reason, "auth_settings_v2.config_file_path")]
    return _without_token(app, auth) if token is None else _with_token(app, auth, token)


def old_settings(app: AppLink) -> Body | None:
    """The settings of version 1, unless they are turned off."""
    old = app.body.block("auth_settings")
    return None if old is None or old.value("enabled", False) is False else old


def _version_1(app: AppLink, old: Body, token: Token | None) -> list[Decision]:
    """What version 1 of the settings makes of a request; it has no list of callers.

    Azure lets requests without a token through unless it is told to redirect them.
    """
    attribute = "auth_settings.unauthenticated_client_action"
    action = old.value("unauthenticated_client_action", "AllowAnonymous")
    # Whether or not they are enabled, requests without a token get through then.
    if action == "AllowAnonymous":
        return [
            Decision.open(
                "Easy Auth lets requests without a token through",
                app.resource,
                attribute=attribute,
                rule="SF102",
            )
        ]
    if old.value("enabled") is not True:
        return [_unknown(app, "whether Easy Auth is enabled is not known here", "auth_settings")]
    if action != "RedirectToLoginPage":
        reason = "version 1 of Easy Auth's settings has RedirectToLoginPage and AllowAnonymous"
        return [_unknown(app, f"{reason} only", attribute)]
    expected = issuer_in(old.value("issuer"))
    if token is not None and token.foreign and expected.tenant and not expected.any_tenant:
        reason = "the token is of another tenant than the issuer that Easy Auth expects"
        return [Decision.closed(401, reason, app.resource, "auth_settings.issuer")]
    if token is not None:
        reason = (
            "version 1 of Easy Auth's settings has no list of callers, so any application of the "
        )
        return [_unknown(app, f"{reason}issuer may get in", "auth_settings.active_directory")]
    return [
        Decision.closed(
            302,
            "Easy Auth redirects to the sign-in page without a valid token",
            app.resource,
            attribute=attribute,
        )
    ]


def _without_token(app: AppLink, auth: Body) -> list[Decision]:
    required = auth.value("require_authentication", False)
    action = auth.value("unauthenticated_action", "RedirectToLoginPage")
    if required is False or action == "AllowAnonymous":
        attribute = "require_authentication" if required is False else "unauthenticated_action"
        return [
            Decision.open(
                "Easy Auth lets requests without a token through",
                app.resource,
                attribute=f"auth_settings_v2.{attribute}",
                rule="SF102",
            )
        ]
    status = NO_TOKEN.get(action) if isinstance(action, str) else None
    if required is not True or status is None:
        reason = "what Easy Auth does without a token is not known here"
        return [_unknown(app, reason, "auth_settings_v2.unauthenticated_action")]
    words = "redirects to the sign-in page" if status == 302 else f"answers {status}"
    return [
        Decision.closed(
            status,
            f"Easy Auth {words} without a valid token",
            app.resource,
            attribute="auth_settings_v2.unauthenticated_action",
        )
    ]


def _with_token(app: AppLink, auth: Body, token: Token) -> list[Decision]:
    directory = app.directory
    refused = _without_token(app, auth)[0]
    if directory is None:
        return [
            Decision(
                verdict=refused.verdict,
                status=refused.status,
                reason="Easy Auth has no provider for tokens of Entra",
                resource=app.resource,
                attribute=DIRECTORY,
                rule="SF103",
            )
        ]
    # A token that is not valid leaves the request one without a token, which may get in.
    status: Status = 401 if refused.status == 302 else refused.status
    decisions = _validation(app, directory, token, refused, status)
    if let_in := [each for each in decisions if each.verdict == "open"]:
        return let_in
    decisions += _authorization(app, directory, token)
    decisions.append(
        Decision.open("Easy Auth accepts the token", app.resource, attribute=DIRECTORY)
    )
    return decisions


def _validation(
    app: AppLink, directory: Body, token: Token, refused: Decision, status: Status
) -> list[Decision]:
    """Issuer and audience."""
    decisions: list[Decision] = []
    expected = issuer(app)
    attribute = f"{DIRECTORY}.tenant_auth_endpoint"

    def invalid(reason: str, attribute: str, rule: str | None) -> Decision:
        return Decision(
            verdict=refused.verdict,
            status=status,
            reason=reason,
            resource=app.resource,
            attribute=attribute,
            rule=rule,
        )

    if token.foreign and not expected.any_tenant and not expected.none:
        if expected.tenant is None:
            decisions.append(_unknown(app, "the issuer is not known here", attribute))
        else:
            reason = "the token is of another tenant than the issuer that Easy Auth expects"
            decisions.append(invalid(reason, attribute, None))
    if expected.outside and token.object_ids == ():
        value = text_of(directory.value("tenant_auth_endpoint"))
        reason = f"everybody with a token from {value} gets in, and who that is is not known here"
        decisions.append(_unknown(app, reason, attribute))
    elif expected.none:
        value = text_of(directory.value("tenant_auth_endpoint"))
        reason = f"{value!r} is not the issuer of any token of Entra"
        decisions.append(invalid(reason, attribute, "SF105"))
    elif expected.version is None:
        decisions.append(_unknown(app, "the issuer is not known here", attribute))
    elif token.version is not None and token.version != expected.version:
        decisions.append(
            invalid(
                f"Easy Auth expects tokens of version {expected.version}, "
                f"the registration is issued version {token.version}",
                attribute,
                "SF105",
            )
        )
    elif token.version is None:
        decisions.append(
            _unknown(app, "the version of the registration's tokens is not known here", attribute)
        )
    accepted = [directory.value("client_id"), *directory.values("allowed_audiences")]
    attribute = f"{DIRECTORY}.allowed_audiences"
    agreed = None if token.audience is None else any_same(accepted, (token.audience,))
    if agreed is False:
        reason = f"Easy Auth does not accept the audience {text_of(token.audience)}"
        decisions.append(invalid(reason, attribute, "SF106"))
    elif agreed is None:
        decisions.append(_unknown(app, "the token's audience is not known here", attribute))
    return decisions


def _authorization(app: AppLink, directory: Body, token: Token) -> list[Decision]:
    """Allowed applications AND identities; without either, nobody can say (Learn's sources)."""
    decisions: list[Decision] = []
    applications = directory.values("allowed_applications")
    identities = directory.values("allowed_identities")
    groups = directory.values("allowed_groups") or directory.values("jwt_allowed_groups")
    claims = directory.values("jwt_allowed_client_applications")
    for values, ids, attribute, rule in (
        (applications, token.client_ids, "allowed_applications", "SF109"),
        (identities, token.object_ids, "allowed_identities", "SF110"),
        (claims, token.client_ids, "jwt_allowed_client_applications", "SF112"),
    ):
        if not values:
            continue
        agreed = any_same(values, ids)
        if attribute == "allowed_identities" and token.user and directory.values("allowed_groups"):
            continue  # Whoever is in one of the groups needs no identity on the list.
        if agreed is False:
            decisions.append(
                Decision.closed(
                    403,
                    f"the caller is not in {attribute}",
                    app.resource,
                    attribute=f"{DIRECTORY}.{attribute}",
                    rule=rule,
                )
            )
        elif agreed is None:
            reason = f"whether the caller is in {attribute} is not known here"
            decisions.append(_unknown(app, reason, f"{DIRECTORY}.{attribute}"))
    if groups:
        attribute = "allowed_groups" if directory.values("allowed_groups") else "jwt_allowed_groups"
        decisions.append(_in_groups(app, directory, token, attribute))
    if not applications and not identities and not claims and not groups:
        decisions.append(
            _unknown(
                app,
                "no allow-list is set, and what Easy Auth does then has changed over time",
                f"{DIRECTORY}.allowed_applications",
            )
        )
    return decisions


def _in_groups(app: AppLink, directory: Body, token: Token, attribute: str) -> Decision:
    where = f"{DIRECTORY}.{attribute}"
    if told_later(directory.value(attribute)):
        return _unknown(app, "whether groups are demanded is not known here", where)
    if token.user:
        return _unknown(app, "whether the user is in a group is not known", where)
    reason = "tokens of applications and managed identities contain no groups"
    return Decision.closed(403, reason, app.resource, where, "SF111")


def publishing(app: AppLink) -> Decision:
    """What the site's publishing credentials open: SCM/Kudu and FTP, which Easy Auth leaves out."""
    if app.resource.type in LEGACY_TYPES:
        reason = "whether basic authentication is on is not known here, as this resource type "
        reason += "has no argument for it"
        return _unknown(app, reason, "site_config")
    webdeploy = app.body.value("webdeploy_publish_basic_authentication_enabled", True)
    has_ftp = app.resource.type != "azurerm_function_app_flex_consumption"
    ftp = app.body.value("ftp_publish_basic_authentication_enabled", has_ftp)
    transfer = app.site.value("ftps_state", "Disabled") if app.site else "Disabled"
    blocked = network.to_the_internet(app, scm=True)
    served = transfer in ("AllAllowed", "FtpsOnly")
    if ftp is True and served:
        return Decision.open(
            "FTP takes the publishing credentials, so that they replace the code",
            app.resource,
            attribute="ftp_publish_basic_authentication_enabled",
            rule="SF404",
        )
    if webdeploy is True and blocked is None:
        return Decision.open(
            "the SCM site takes the publishing credentials, so that they replace the code",
            app.resource,
            attribute="webdeploy_publish_basic_authentication_enabled",
            rule="SF403",
        )
    if ftp is not False and transfer != "Disabled":
        where = "ftp_publish_basic_authentication_enabled" if ftp is not True else "site_config"
        reason = "whether FTP takes the publishing credentials is not known here"
        return _unknown(app, reason, where)
    if webdeploy is False:
        return Decision.closed(
            401,
            "publishing credentials open nothing, as basic authentication is off",
            app.resource,
            attribute="webdeploy_publish_basic_authentication_enabled",
        )
    if blocked is not None and blocked.verdict == "closed":
        return blocked
    reason = "whether publishing credentials are accepted is not known here"
    return _unknown(app, reason, "webdeploy_publish_basic_authentication_enabled")


def told_later(value: Value) -> bool:
    """Whether a list is computed as a whole from what is not known here: it may be empty."""
    if not isinstance(value, Term):
        return False
    reference = sole_reference(value)
    return reference is None or not reference.created


def excluded_paths(app: AppLink) -> list[tuple[Value, str]]:
    """Paths that Easy Auth surely does not look at, each with the attribute that says so."""
    if app.auth is None or app.auth.value("auth_enabled") is not True:
        return []
    paths = app.auth.value("excluded_paths")
    listed = [] if told_later(paths) else app.auth.values("excluded_paths")
    found: list[tuple[Value, str]] = [(each, "auth_settings_v2.excluded_paths") for each in listed]
    settings = app.body.value("app_settings")
    for name, value in settings.items() if isinstance(settings, dict) else ():
        # "The specific path can be pinged by an unauthenticated client" (Learn, "Environment
        # variables and app settings in Azure App Service").
        if name.upper() == "WEBSITE_WARMUP_PATH" and value not in (None, ""):
            found.append((value, f"app_settings.{name}"))
    return found


def _unknown(app: AppLink, reason: str, attribute: str) -> Decision:
    return Decision.unknown(reason, app.resource, attribute=attribute)
