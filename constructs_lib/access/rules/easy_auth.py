"""Rules of Easy Auth (SF1xx): every app and slot refuses whoever is not the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from constructs_lib.access import easy_auth
from constructs_lib.access.allow_lists import AllowList
from constructs_lib.access.callers import Calls
from constructs_lib.access.easy_auth import DIRECTORY
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import AppLink
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.values import Opaque, Term, Value, same, text_of

CHAPTER = Chapter("Easy Auth")
_rule = CHAPTER.rule


_OLD_PROVIDERS = ("facebook", "github", "google", "microsoft", "twitter")
# The setting that names a managed identity instead of a secret.
_NO_SECRET = "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"  # noqa: S105 - the name of a setting


def _enforcing(calls: Calls) -> Iterator[tuple[AppLink, Body]]:
    """Apps whose Easy Auth is on, with its settings: those that are surely there."""
    for app in visible_apps(calls):
        auth = app.auth
        if auth is not None and auth.certain and auth.value("auth_enabled", False) is not False:
            yield app, auth


def _directories(calls: Calls) -> Iterator[tuple[AppLink, Body]]:
    """Apps whose Easy Auth knows tokens of Entra, with the settings of that provider."""
    for app, _ in _enforcing(calls):
        if app.directory is not None and app.directory.certain:
            yield app, app.directory


@_rule(
    "SF101",
    "error",
    "open",
    title="Easy Auth is off",
    reason="Functions behind the gateway run with authLevel anonymous, so without Easy Auth "
    "everybody who knows the host name can call them.",
    fix="Set auth_settings_v2 with auth_enabled = true, on the app and on every slot.",
)
def _off(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        auth = app.auth
        if auth is not None and auth.value("auth_enabled", False) is not False:
            continue
        if app.body.block("auth_settings") is None or auth is not None:
            where = "auth_settings_v2.auth_enabled" if auth else "auth_settings_v2"
            message = f"{app.name} takes whatever the network lets in: Easy Auth is not enabled"
            yield Breach(app.resource, where, message)


@_rule(
    "SF102",
    "error",
    "open",
    title="Requests without a token are let through",
    reason="With require_authentication false or AllowAnonymous, Easy Auth only labels requests; "
    "it refuses none.",
    fix='Set require_authentication = true and unauthenticated_action = "Return401".',
)
def _requires_nothing(calls: Calls) -> Iterator[Breach]:
    for app, _ in _enforcing(calls):
        for said in easy_auth.easy_auth(app, None):
            if said.rule == "SF102":
                yield Breach(app.resource, said.attribute, f"{app.name}: {said.reason}")


@_rule(
    "SF103",
    "error",
    "broken",
    title="No Entra provider",
    reason="Without active_directory_v2 Easy Auth validates no token of Entra, so the gateway is "
    "refused like everybody else.",
    fix="Add active_directory_v2 with the registration's client id.",
)
def _no_provider(calls: Calls) -> Iterator[Breach]:
    for app, _ in _enforcing(calls):
        if app.directory is None:
            message = f"Easy Auth of {app.name} has no provider for tokens of Entra"
            yield Breach(app.resource, DIRECTORY, message)


@_rule(
    "SF104",
    "error",
    "open",
    title="Tokens of every tenant are accepted",
    reason="With an endpoint such as common or organizations, Easy Auth does not check which "
    "tenant issued the token.",
    fix="Write https://login.microsoftonline.com/<tenant id>/v2.0 as tenant_auth_endpoint.",
)
def _any_tenant(calls: Calls) -> Iterator[Breach]:
    for app, _ in _directories(calls):
        if easy_auth.issuer(app).any_tenant:
            yield _issuer(app, f"{app.name} accepts tokens of every tenant")


@_rule(
    "SF105",
    "error",
    "broken",
    title="Issuer and token version differ",
    reason="Tokens of version 1 and of version 2 have different issuers, and the registration "
    "alone decides which version Entra issues. An issuer on another host is not Entra: "
    "whoever answers there says which tokens are valid.",
    fix="Write https://login.microsoftonline.com/<tenant id>/v2.0 as tenant_auth_endpoint and "
    "set requested_access_token_version = 2.",
)
def _other_issuer(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        expected = easy_auth.issuer(app)
        if expected.none and not expected.any_tenant:
            said = text_of(directory.value("tenant_auth_endpoint"))
            yield _issuer(app, f"{said!r} of {app.name} is not the issuer of any token of Entra")
        elif _versions_differ(app):
            message = f"{app.name} expects tokens of version {expected.version}, "
            message += f"its registration is issued version {_issued(app)}"
            yield _issuer(app, message)


_rule(
    "SF106",
    "error",
    "broken",
    title="Audience is not accepted",
    reason="Easy Auth refuses a token whose audience is neither its client id nor one of "
    "allowed_audiences.",
    fix="Use the registration's client id in client_id, allowed_audiences and the policy.",
)


@_rule(
    "SF107",
    "error",
    "open",
    title="No allow-list of applications",
    reason="What Easy Auth does without allowed_applications has changed over time: at times it "
    "let in every application of the tenant.",
    fix="List the client id of the gateway's identity in allowed_applications.",
)
def _no_applications(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        if not directory.values("allowed_applications"):
            message = f"{app.name} does not say which applications may call"
            yield Breach(app.resource, f"{DIRECTORY}.allowed_applications", message)


@_rule(
    "SF108",
    "warning",
    "hardening",
    title="No allow-list of identities",
    reason="allowed_applications alone lets in only whoever has a token that its client asked for. "
    "allowed_identities compares the principal as well, so that one wrong id opens nothing.",
    fix="List the principal id of the gateway's identity in allowed_identities.",
)
def _no_identities(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        if not directory.values("allowed_identities"):
            message = f"{app.name} does not say which identities may call"
            yield Breach(app.resource, f"{DIRECTORY}.allowed_identities", message)


_rule(
    "SF109",
    "error",
    "broken",
    title="A caller is not in allowed_applications",
    reason="Easy Auth answers 403 to a token whose client is not on the list.",
    fix="List the client id of the identity that the policy uses, not its object id.",
)

_rule(
    "SF110",
    "error",
    "broken",
    title="A caller is not in allowed_identities",
    reason="Easy Auth answers 403 to a token whose object id is not on the list.",
    fix="List the principal (object) id of the identity that the policy uses.",
)


@_rule(
    "SF111",
    "error",
    "broken",
    title="Groups are required of a managed identity",
    reason="Tokens of applications and managed identities never contain groups, so the gateway "
    "gets 403 as soon as allowed_groups is set.",
    fix="Leave allowed_groups and jwt_allowed_groups out.",
)
def _groups(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        for name in ("allowed_groups", "jwt_allowed_groups"):
            if directory.values(name) and not easy_auth.told_later(directory.value(name)):
                message = (
                    f"{app.name} demands groups, which tokens of managed identities never contain"
                )
                yield Breach(app.resource, f"{DIRECTORY}.{name}", message)


_rule(
    "SF112",
    "error",
    "broken",
    title="A caller is not in jwt_allowed_client_applications",
    reason="The list is one more condition: Easy Auth answers 403 to a client that is not on it.",
    fix="Leave jwt_allowed_client_applications out, or list the same clients in it.",
)


@_rule(
    "SF113",
    "error",
    "open",
    title="Paths are excluded from Easy Auth",
    reason="Everybody who knows the host name can call an excluded path.",
    fix="Remove excluded_paths, and the setting WEBSITE_WARMUP_PATH; health checks of App Service "
    "need neither. Or accept it with a reason.",
)
def _excluded_paths(calls: Calls) -> Iterator[Breach]:
    for app, _ in _enforcing(calls):
        for path, attribute in easy_auth.excluded_paths(app):
            message = f"Easy Auth of {app.name} does not check {text_of(path)}"
            yield Breach(app.resource, attribute, message)


@_rule(
    "SF114",
    "error",
    "open",
    title="Another identity provider is accepted",
    reason="Whoever has an account with that provider can sign in; the allow-lists are those of "
    "Entra only.",
    fix="Leave only active_directory_v2 in auth_settings_v2.",
)
def _other_providers(calls: Calls) -> Iterator[Breach]:
    for app, auth in _enforcing(calls):
        for provider in easy_auth.OTHER_PROVIDERS:
            block = auth.block(provider)
            if block is not None and block.certain:
                message = f"{app.name} accepts sign-in through {provider.removesuffix('_v2')}"
                yield Breach(app.resource, f"auth_settings_v2.{provider}", message)
    for app in visible_apps(calls):
        old = app.body.block("auth_settings") if app.auth is None else None
        for provider in _OLD_PROVIDERS if old and old.value("enabled") is True else ():
            if old and any(block.certain for block in old.blocks(provider)):
                message = f"{app.name} accepts sign-in through {provider}"
                yield Breach(app.resource, f"auth_settings.{provider}", message)


@_rule(
    "SF115",
    "error",
    "open",
    title="An application is allowed without its identity",
    reason="Each caller should be listed with both of its ids; an application without its "
    "identity is a mistake or lets somebody else in.",
    fix="List both ids of every caller, or neither.",
)
def _application_alone(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        if directory.values("allowed_identities"):
            for each in _alone(calls, app, directory).applications:
                message = f"{app.name} allows application {text_of(each)} without its identity"
                yield Breach(app.resource, f"{DIRECTORY}.allowed_applications", message)


@_rule(
    "SF116",
    "error",
    "open",
    title="An identity is allowed without its application",
    reason="Each caller should be listed with both of its ids; an identity without its "
    "application is a mistake or lets somebody else in.",
    fix="List both ids of every caller, or neither.",
)
def _identity_alone(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        if directory.values("allowed_applications"):
            for each in _alone(calls, app, directory).identities:
                message = f"{app.name} allows identity {text_of(each)} without its application"
                yield Breach(app.resource, f"{DIRECTORY}.allowed_identities", message)


@_rule(
    "SF117",
    "warning",
    "broken",
    title="Callers are redirected to a sign-in page",
    reason="A redirect is for websites: API clients follow it to a page and see 200.",
    fix='Set unauthenticated_action = "Return401".',
)
def _redirects(calls: Calls) -> Iterator[Breach]:
    for app, auth in _enforcing(calls):
        action = auth.value("unauthenticated_action", "RedirectToLoginPage")
        lets_through = auth.value("require_authentication", False) is False
        if action == "RedirectToLoginPage" and not lets_through:
            message = f"{app.name} answers 302 to callers without a token"
            yield Breach(app.resource, "auth_settings_v2.unauthenticated_action", message)


@_rule(
    "SF118",
    "warning",
    "open",
    title="Easy Auth accepts plain HTTP",
    reason="A token that is sent over plain HTTP can be read and used by others.",
    fix="Leave require_https at true.",
)
def _plain_http(calls: Calls) -> Iterator[Breach]:
    for app, auth in _enforcing(calls):
        if auth.value("require_https", True) is False:
            message = f"Easy Auth of {app.name} accepts plain HTTP"
            yield Breach(app.resource, "auth_settings_v2.require_https", message)


@_rule(
    "SF119",
    "error",
    "broken",
    title="Both versions of Easy Auth's settings are present",
    reason="A site has either auth_settings or auth_settings_v2; App Service refuses or mixes "
    "them.",
    fix="Remove auth_settings.",
)
def _both_versions(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        both = app.body.block("auth_settings"), app.auth
        if all(each is not None and each.certain for each in both):
            message = f"{app.name} has both settings blocks"
            yield Breach(app.resource, "auth_settings", message)


@_rule(
    "SF120",
    "warning",
    "unproven",
    title="Easy Auth's settings come from a file",
    reason="With config_file_path the settings come from a file in the app, which anybody who "
    "deploys can change.",
    fix="Remove config_file_path.",
)
def _settings_in_a_file(calls: Calls) -> Iterator[Breach]:
    for app, auth in _enforcing(calls):
        if auth.certain and auth.value("config_file_path") not in (None, ""):
            message = f"a file in {app.name} holds Easy Auth's settings"
            yield Breach(app.resource, "auth_settings_v2.config_file_path", message)


@_rule(
    "SF121",
    "error",
    "broken",
    title="Issuer of another tenant",
    reason="The gateway's identity gets its tokens from the tenant of the registration; Easy Auth "
    "refuses those of any other.",
    fix="Use the tenant of the registration in tenant_auth_endpoint.",
)
def _other_tenant(calls: Calls) -> Iterator[Breach]:
    for app, _ in _directories(calls):
        expected = easy_auth.issuer(app)
        if (
            expected.version is not None
            and expected.tenant is not None
            and not (expected.any_tenant or expected.none or _versions_differ(app))
            and _is_elsewhere(calls, app, expected.tenant)
        ):
            message = f"{app.name} expects tokens of tenant {text_of(expected.tenant)}, "
            message += "which is not that of the configuration"
            yield _issuer(app, message)


@_rule(
    "SF122",
    "warning",
    "hardening",
    title="Easy Auth keeps a client secret",
    reason="Easy Auth needs no secret to validate tokens, and whoever steals it can act as the "
    "application.",
    fix="Remove client_secret_setting_name, or use a managed identity in its place.",
)
def _client_secret(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        for name in ("client_secret_setting_name", "client_secret_certificate_thumbprint"):
            secret = directory.value(name)
            if directory.certain and secret not in (None, "", _NO_SECRET):
                message = f"{app.name} keeps a client secret in {text_of(secret)}"
                yield Breach(app.resource, f"{DIRECTORY}.{name}", message)
    for app in visible_apps(calls):
        for old in app.body.blocks("auth_settings"):
            for directory in filter(lambda each: each.certain, old.blocks("active_directory")):
                for name in ("client_secret", "client_secret_setting_name"):
                    if directory.value(name) not in (None, ""):
                        message = f"{app.name} keeps a client secret"
                        where = f"auth_settings.active_directory.{name}"
                        yield Breach(app.resource, where, message)


@_rule(
    "SF123",
    "warning",
    "open",
    title="Another audience is accepted",
    reason="A token that was issued for something else opens these functions too.",
    fix="List only the registration's client id and its App ID URIs in allowed_audiences.",
)
def _other_audience(calls: Calls) -> Iterator[Breach]:
    for app, directory in _directories(calls):
        if app.registration is None:
            continue
        own = [app.registration.client_id, *app.registration.uris]
        if not app.registration.managed:
            named = map(calls.chain.registration_of_resource, directory.values("allowed_audiences"))
            if any(link is not None and link.managed for link in named):
                message = f"{app.name} accepts tokens for {text_of(own[0])} as well"
                yield Breach(app.resource, f"{DIRECTORY}.allowed_audiences", message)
            continue
        for each in directory.values("allowed_audiences"):
            if any_same((each,), own) is False and not _names_client(each, own[0]):
                message = f"{app.name} accepts tokens for {text_of(each)}"
                yield Breach(app.resource, f"{DIRECTORY}.allowed_audiences", message)


def _issuer(app: AppLink, message: str) -> Breach:
    return Breach(app.resource, f"{DIRECTORY}.tenant_auth_endpoint", message)


def _issued(app: AppLink) -> int | None:
    return app.registration.token_version if app.registration else None


def _versions_differ(app: AppLink) -> bool:
    """Whether an app surely expects tokens of another version than Entra issues for it."""
    expected, issued = easy_auth.issuer(app), _issued(app)
    told = not expected.any_tenant and expected.version is not None and issued is not None
    return told and issued != expected.version


def _alone(calls: Calls, app: AppLink, directory: Body) -> AllowList:
    """What the allow-lists name without its other id."""
    lists = [directory.value(name) for name in ("allowed_applications", "allowed_identities")]
    if any(easy_auth.told_later(value) for value in lists):
        return AllowList([], [], [], [])  # What belongs together cannot be told.
    found = calls.allow_list(app)
    # What a function makes of an id may be the other id of a caller that is listed.
    return replace(
        found,
        applications=[each for each in found.applications if not _is_computed(each)],
        identities=[each for each in found.identities if not _is_computed(each)],
    )


def _is_computed(value: Value) -> bool:
    return isinstance(value, Term) and any(isinstance(part, Opaque) for part in value.parts)


def _names_client(audience: Value, client_id: Value) -> bool:
    """Whether an audience is `api://CLIENT_ID`, the URI that Entra proposes."""
    if isinstance(audience, Term) and isinstance(client_id, Term):
        return audience.parts[1:] == client_id.parts
    return text_of(audience).lower() == f"api://{text_of(client_id)}".lower()


def _is_elsewhere(calls: Calls, app: AppLink, tenant: Value) -> bool:
    """Whether an issuer's tenant is surely not the one that Terraform works in."""
    if app.registration is None or not app.registration.managed:
        return False
    configuration, here = calls.chain.configuration, app.resource.stack
    owner = app.registration.resource
    own = owner.provider if owner is not None and owner.provider else "azuread"
    ours = configuration.tenant_of(here, own)
    home: list[Value] = [] if ours is None else [ours]
    for each in configuration.of_type("azuread_client_config", "azurerm_client_config"):
        if each.stack != here:
            continue
        told = configuration.tenant_of(here, each.provider)
        # Whichever of the two is told a tenant of its own, the other is taken for another tenant.
        apart = "." in own and isinstance(ours, str)
        general = not apart and ("." not in each.provider or told is None)
        if general or each.provider == own or told == ours:
            home.append(configuration.attribute(each, "tenant_id"))
        elif configuration.attribute(each, "tenant_id") == tenant:
            return True  # That of another configuration of the provider, which is told its own.
    if "." not in own:
        home += configuration.tenants(here, aliased=False)
    agreements = [same(tenant, each) for each in home]
    if True in agreements:
        return False
    # A data source of the tenant tells nothing by itself: what is written out may be its value.
    # A stack that publishes it as its tenant looks it up instead of writing it out.
    published = [value for stack, value in configuration.outputs("tenant_id") if stack == here]
    looked_up = isinstance(tenant, str) and any(each in home for each in published)
    return False in agreements or looked_up


@_rule(
    "SF124",
    "warning",
    "unproven",
    title="Version 1 of Easy Auth's settings",
    reason="Version 1 cannot answer 401 and has no list of callers: any application of the tenant "
    "that gets a token for the audience gets in.",
    fix="Replace auth_settings by auth_settings_v2.",
)
def _old_settings(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        old = app.body.block("auth_settings")
        told = old is not None and old.certain and app.auth is None
        if told and old is not None and old.value("enabled", False) is not False:
            message = f"{app.name} has settings of version 1, whose only actions are "
            message += "RedirectToLoginPage and AllowAnonymous; auth_settings_v2 can answer 401"
            yield Breach(app.resource, "auth_settings", message)


@_rule(
    "SF125",
    "note",
    "open",
    title="An identity that the configuration does not know is let in",
    reason="With the registration's own client on the list, an object id on the list is let in as "
    "soon as it signs in, whoever that is.",
    fix="Remove the object id, or accept it and name the person or application that it belongs to.",
)
def _strangers(calls: Calls) -> Iterator[Breach]:
    for app, _ in _directories(calls):
        for each in calls.allow_list(app).strangers:
            message = (
                f"{app.name} lets in {text_of(each)}, an id that nothing in the configuration has"
            )
            yield Breach(app.resource, f"{DIRECTORY}.allowed_identities", message)


_KEYS = ("WEBSITE_AUTH_ENCRYPTION_KEY", "WEBSITE_AUTH_SIGNING_KEY")


@_rule(
    "SF126",
    "warning",
    "hardening",
    title="A setting holds a key of Easy Auth",
    reason="Easy Auth signs and encrypts its session tokens with it: whoever reads the setting, "
    "the code or the state makes sessions of their own and gets in with X-ZUMO-AUTH.",
    fix="Remove the setting; App Service makes a key of its own.",
)
def _session_keys(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        settings = app.body.value("app_settings")
        for name, value in settings.items() if isinstance(settings, dict) else ():
            if name.upper() in _KEYS and value is not None:
                message = f"the setting {name} of {app.name} replaces a key of Easy Auth"
                yield Breach(app.resource, f"app_settings.{name}", message)
