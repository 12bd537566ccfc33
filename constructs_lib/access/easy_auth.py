"""What stands in front of a function: the site's network rules, HTTPS, and Easy Auth.

Sources: Learn "Configure your App Service or Azure Functions app to use Microsoft Entra sign-in",
"Authentication and authorization in App Service", "Set up access restrictions"; azurerm 4.55.0
`auth_settings_v2`, whose defaults are those of `helpers/auth_v2_schema.go`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from constructs_lib.access.decision import Decision
from constructs_lib.access.entra import Token, any_same
from constructs_lib.access.links import AppLink, Chain, GatewayLink
from constructs_lib.access.records import Status
from constructs_lib.access.terraform.configuration import Body
from constructs_lib.access.terraform.expressions import (
    Term,
    Value,
    references_in,
    same,
    sole_reference,
    text_of,
)

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
# Anybody can rent an address of these.
_EVERYWHERE = frozenset({"internet", "azurecloud"})
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
        none: Whether it is surely the issuer of no token of Entra.
    """

    tenant: Value = None
    version: int | None = None
    any_tenant: bool = False
    none: bool = False


def issuer(app: AppLink) -> Issuer:
    """Read the issuer that an app expects."""
    value = app.directory.value("tenant_auth_endpoint") if app.directory else None
    if isinstance(value, str):
        found = re.fullmatch(r"https://([^/]+)/([^/]+)(/v2\.0)?/?", value.strip(), re.IGNORECASE)
        if not found or found[1].lower() not in _ENTRA:
            return Issuer(none=True)
        return Issuer(found[2], 2 if found[3] else 1, found[2].lower() in _ANY_TENANT)
    if isinstance(value, Term) and isinstance(value.parts[0], str):
        rest = value.parts[1:]
        end = rest[-1] if rest and isinstance(rest[-1], str) else ""
        middle = rest[:-1] if end else rest
        host = re.match(r"https://([^/]+)/", value.parts[0], re.IGNORECASE)
        if host and host[1].lower() not in _ENTRA:
            return Issuer(none=True)
        whole = host and host.end() == len(value.parts[0])
        if whole and middle and re.fullmatch(r"(/v2\.0)?/?", end):
            return Issuer(Term(middle), 2 if "v2.0" in end else 1)
    return Issuer()


def unseen(app: AppLink) -> Decision | None:
    """That nothing can be said of an app that is managed elsewhere."""
    if app.visible:
        return None
    return Decision(
        verdict="unknown",
        status="unknown",
        reason=f"{app.name} is managed elsewhere, so its settings are not known here",
        resource=app.resource,
    )


def https(app: AppLink) -> Decision:
    """What a plain HTTP request meets."""
    if app.body.value("https_only", False) is True:
        return Decision(
            verdict="closed",
            status=301,
            reason="App Service redirects plain HTTP to HTTPS",
            resource=app.resource,
            attribute="https_only",
        )
    auth = app.auth
    if auth is not None and auth.value("auth_enabled") is True:
        demanded = auth.value("require_https", True)
        if demanded is True:
            return Decision(
                verdict="closed",
                status=302,
                reason="Easy Auth redirects plain HTTP to HTTPS",
                resource=app.resource,
                attribute="auth_settings_v2.require_https",
            )
    return Decision(
        verdict="open",
        status=200,
        reason="plain HTTP is served, so that tokens and data can be read on the way",
        resource=app.resource,
        attribute="https_only",
        rule="SF402",
    )


def network(app: AppLink, *, scm: bool = False) -> Decision | None:
    """What somebody on the internet meets before Easy Auth; None when they are let through."""
    attribute, blocks, default = _restrictions(app, scm)
    public = app.body.value("public_network_access_enabled", True)
    if public is False:
        return Decision(
            verdict="closed",
            status=403,
            reason="the app has no public network access",
            resource=app.resource,
            attribute="public_network_access_enabled",
        )
    if default == "Allow" or any(
        rule.value("action", "Allow") == "Allow" and admits_everyone(rule) for rule in blocks
    ):
        return None
    if default != "Deny" or any(_may_admit_everyone(rule) for rule in blocks):
        return Decision(
            verdict="unknown",
            status="unknown",
            reason="whom the access restrictions let in is not known here",
            resource=app.resource,
            attribute=f"site_config.{attribute}_default_action",
        )
    return Decision(
        verdict="closed",
        status=403,
        reason="the access restrictions let only named networks in",
        resource=app.resource,
        attribute=f"site_config.{attribute}_default_action",
    )


def gateway_network(app: AppLink, gateway: GatewayLink, chain: Chain) -> Decision | None:
    """What the gateway's request meets before Easy Auth; None when it is let through."""
    attribute, blocks, default = _restrictions(app, scm=False)
    refused = Decision(
        verdict="closed",
        status=403,
        reason=f"the network rules of {app.name} do not let {gateway.name} in",
        resource=app.resource,
        attribute=f"site_config.{attribute}",
        rule="SF401",
    )
    unknown = Decision(
        verdict="unknown",
        status="unknown",
        reason=f"whether the network rules of {app.name} let {gateway.name} in "
        "depends on addresses that are not known here",
        resource=app.resource,
        attribute=f"site_config.{attribute}",
    )
    if app.body.value("public_network_access_enabled", True) is False:
        return _private(app, gateway, chain)
    if not blocks:
        return None if default == "Allow" else refused if default == "Deny" else unknown
    doubtful = False
    for rule in sorted(blocks, key=_priority):
        matched = _admits_gateway(rule, gateway, chain)
        if matched is None:
            doubtful = True
        elif matched:
            if doubtful:
                return unknown
            return None if rule.value("action", "Allow") == "Allow" else refused
    if doubtful:
        return unknown
    return None if default == "Allow" else refused


def availability(app: AppLink, *, certificate: bool) -> list[Decision]:
    """What keeps every request out, or those without a client certificate."""
    demanded = app.body.value("client_certificate_enabled", False) is True
    if app.body.value("enabled", True) is False:
        reason, attribute, rule = f"{app.name} is stopped", "enabled", "SF413"
    elif (
        demanded
        and app.body.value("client_certificate_mode", "Optional") == "Required"
        and not certificate
    ):
        reason = f"{app.name} demands a client certificate, and the gateway sends none"
        attribute, rule = "client_certificate_mode", "SF412"
    else:
        return []
    return [
        Decision(
            verdict="closed",
            status=403,
            reason=reason,
            resource=app.resource,
            attribute=attribute,
            rule=rule,
        )
    ]


def easy_auth(app: AppLink, token: Token | None) -> list[Decision]:
    """What Easy Auth makes of a request with a token, or without one."""
    auth = app.auth
    if auth is None or auth.value("auth_enabled", False) is False:
        old = app.body.block("auth_settings")
        if auth is None and old is not None and old.value("enabled") is True:
            reason = "the app uses version 1 of Easy Auth's settings, which is not read here"
            return [_unknown(app, reason, "auth_settings")]
        reason = "Easy Auth is not enabled, so every request reaches the function"
        return [
            Decision(
                verdict="open",
                status=200,
                reason=reason,
                resource=app.resource,
                attribute="auth_settings_v2.auth_enabled" if auth else "auth_settings_v2",
                rule="SF101",
            )
        ]
    if auth.value("auth_enabled") is not True:
        reason = "whether Easy Auth is enabled is not known here"
        return [_unknown(app, reason, "auth_settings_v2.auth_enabled")]
    if auth.value("config_file_path") not in (None, ""):
        reason = "Easy Auth's settings come from a file in the app"
        return [_unknown(app, reason, "auth_settings_v2.config_file_path")]
    return _without_token(app, auth) if token is None else _with_token(app, auth, token)


def _without_token(app: AppLink, auth: Body) -> list[Decision]:
    required = auth.value("require_authentication", False)
    action = auth.value("unauthenticated_action", "RedirectToLoginPage")
    if required is False or action == "AllowAnonymous":
        attribute = "require_authentication" if required is False else "unauthenticated_action"
        return [
            Decision(
                verdict="open",
                status=200,
                reason="Easy Auth lets requests without a token through",
                resource=app.resource,
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
        Decision(
            verdict="closed",
            status=status,
            reason=f"Easy Auth {words} without a valid token",
            resource=app.resource,
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
                reason="Easy Auth knows no identity provider for tokens of Entra",
                resource=app.resource,
                attribute=DIRECTORY,
                rule="SF103",
            )
        ]
    # A token that is not accepted leaves the request one without a token.
    status: Status = 401 if refused.status == 302 else refused.status
    decisions = _validation(app, directory, token, refused, status)
    decisions += _authorization(app, directory, token)
    decisions.append(
        Decision(
            verdict="open",
            status=200,
            reason="Easy Auth accepts the token",
            resource=app.resource,
            attribute=DIRECTORY,
        )
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
    if expected.none:
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
        if agreed is False:
            decisions.append(
                Decision(
                    verdict="closed",
                    status=403,
                    reason=f"the caller is not in {attribute}",
                    resource=app.resource,
                    attribute=f"{DIRECTORY}.{attribute}",
                    rule=rule,
                )
            )
        elif agreed is None:
            reason = f"whether the caller is in {attribute} is not known here"
            decisions.append(_unknown(app, reason, f"{DIRECTORY}.{attribute}"))
    if groups:
        attribute = "allowed_groups" if directory.values("allowed_groups") else "jwt_allowed_groups"
        where = f"{DIRECTORY}.{attribute}"
        if token.user:
            decisions.append(_unknown(app, "whether the user is in a group is not known", where))
        else:
            decisions.append(
                Decision(
                    verdict="closed",
                    status=403,
                    reason="tokens of applications and managed identities name no groups",
                    resource=app.resource,
                    attribute=where,
                    rule="SF111",
                )
            )
    if not applications and not identities and not claims and not groups:
        decisions.append(
            _unknown(
                app,
                "no allow-list is set, and what Easy Auth does then has changed over time",
                f"{DIRECTORY}.allowed_applications",
            )
        )
    return decisions


def publishing(app: AppLink) -> Decision:
    """What the site's publishing credentials open: SCM/Kudu and FTP, which Easy Auth leaves out."""
    if app.resource.type == "azurerm_function_app":
        reason = "whether basic authentication is off cannot be set on this resource type"
        return _unknown(app, reason, "site_config")
    webdeploy = app.body.value("webdeploy_publish_basic_authentication_enabled", True)
    has_ftp = app.resource.type != "azurerm_function_app_flex_consumption"
    ftp = app.body.value("ftp_publish_basic_authentication_enabled", has_ftp)
    transfer = app.site.value("ftps_state", "Disabled") if app.site else "Disabled"
    blocked = network(app, scm=True)
    if ftp is True and transfer != "Disabled":
        return Decision(
            verdict="open",
            status=200,
            reason="FTP takes the publishing credentials, so that they replace the code",
            resource=app.resource,
            attribute="ftp_publish_basic_authentication_enabled",
            rule="SF404",
        )
    if webdeploy is True and blocked is None:
        return Decision(
            verdict="open",
            status=200,
            reason="the SCM site takes the publishing credentials, so that they replace the code",
            resource=app.resource,
            attribute="webdeploy_publish_basic_authentication_enabled",
            rule="SF403",
        )
    if webdeploy is False:
        return Decision(
            verdict="closed",
            status=401,
            reason="basic authentication is off, so publishing credentials open nothing",
            resource=app.resource,
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


def excluded_paths(app: AppLink) -> list[Value]:
    """Paths that Easy Auth surely does not look at."""
    if app.auth is None or app.auth.value("auth_enabled") is not True:
        return []
    paths = app.auth.value("excluded_paths")
    return [] if told_later(paths) else app.auth.values("excluded_paths")


def _unknown(app: AppLink, reason: str, attribute: str) -> Decision:
    return Decision(
        verdict="unknown",
        status="unknown",
        reason=reason,
        resource=app.resource,
        attribute=attribute,
    )


def _restrictions(app: AppLink, scm: bool) -> tuple[str, list[Body], Value]:
    site = app.site
    if site is None:
        return "ip_restriction", [], "Allow"
    if scm and site.value("scm_use_main_ip_restriction", False) is not True:
        name = "scm_ip_restriction"
    else:
        name = "ip_restriction"
    return name, site.blocks(name), site.value(f"{name}_default_action", "Allow")


def _priority(rule: Body) -> int:
    value = rule.value("priority", 65000)
    return value if isinstance(value, int) else 65000


def admits_everyone(rule: Body) -> bool:
    """Whether an access restriction matches addresses that anybody can have."""
    address, tag = rule.value("ip_address"), rule.value("service_tag")
    if isinstance(address, str) and re.search(r"/[0-7]$", address):
        return True
    if rule.blocks("headers"):
        return False
    return isinstance(tag, str) and tag.split(".")[0].lower() in _EVERYWHERE


def _may_admit_everyone(rule: Body) -> bool:
    """Whether a rule lets in addresses that nothing is known of, not even how many they are."""
    address = rule.value("ip_address")
    return (
        rule.value("action", "Allow") == "Allow"
        and isinstance(address, Term)
        and not isinstance(address.parts[-1], str)
        and told_later(address)
    )


def _admits_gateway(rule: Body, gateway: GatewayLink, chain: Chain) -> bool | None:
    if rule.blocks("headers"):
        return None
    if admits_everyone(rule):
        return True
    tag = rule.value("service_tag")
    if isinstance(tag, str):
        # The tag is the control plane's; gateways call from other addresses (Learn, "Service
        # tags overview").
        return False if tag.lower().startswith("apimanagement") else None
    address = rule.value("ip_address")
    if address is not None:
        own = any(
            each.address == gateway.address and "public_ip_addresses" in each.path
            for each in references_in(address)
        )
        if gateway.resource is not None and isinstance(address, str):
            published = chain.configuration.attribute(gateway.resource, "public_ip_addresses")
            if isinstance(published, list):
                own = address.removesuffix("/32") in published
        return True if own else None
    subnet = rule.value("virtual_network_subnet_id")
    if gateway.resource is None or subnet is None:
        return None
    joined = chain.configuration.body(gateway.resource).block("virtual_network_configuration")
    if joined is None:
        return False if gateway.resource.managed else None
    return same(subnet, joined.value("subnet_id"))


def _private(app: AppLink, gateway: GatewayLink, chain: Chain) -> Decision | None:
    """Whether the gateway can reach an app without public access, through a private endpoint."""
    attribute = "public_network_access_enabled"
    if gateway.resource is None or not gateway.resource.managed:
        reason = f"whether {gateway.name} reaches the private network of the app is not known here"
        return _unknown(app, reason, attribute)
    joined = chain.configuration.body(gateway.resource).block("virtual_network_configuration")
    if joined is not None:
        return None
    return Decision(
        verdict="closed",
        status=403,
        reason=f"{app.name} has no public network access and {gateway.name} is in no network",
        resource=app.resource,
        attribute=attribute,
        rule="SF401",
    )
