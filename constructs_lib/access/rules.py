"""Every way in which the chain can be broken or opened: a table of rules, and what checks them.

Ids never change and are never used again. SF1xx speak of Easy Auth, SF2xx of the registration,
SF3xx of the gateway and its policies, SF4xx of the site's side doors, SF5xx of who may use the
gateway, SF9xx of what cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from constructs_lib._core.findings import Severity
from constructs_lib.access import easy_auth, entra
from constructs_lib.access.callers import AllowList, Calls, Route, host_unknown
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import ApiLink, AppLink, host_of
from constructs_lib.access.policy_flow import Forwarding, key_names
from constructs_lib.access.terraform.configuration import Body, Resource
from constructs_lib.access.terraform.expressions import Term, Value, same, text_of


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A way in which the chain can be broken or opened.

    Attributes:
        id: Stable: `SF` and three digits.
        severity: `error` fails `secured-functions check`.
        effect: `open` lets somebody in, `broken` keeps the gateway out, `unproven` is neither.
        title: What is wrong, in a few words.
        reason: Why it matters, in a sentence.
        fix: What to write instead, in a sentence.
    """

    id: str
    severity: Severity
    effect: Literal["open", "broken", "unproven"]
    title: str
    reason: str
    fix: str

    @property
    def anchor(self) -> str:
        """The page that documents it, below `docs/`."""
        return f"rules/README.md#{self.id.lower()}"


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a resource breaks.

    Attributes:
        rule: The rule's id.
        resource: The resource, if it is in the configuration.
        attribute: Its attribute, as a dotted path.
        message: What is wrong, in one sentence.
    """

    rule: str
    resource: Resource | None
    attribute: str | None
    message: str


def _rule(
    id: str,
    severity: Severity,
    effect: Literal["open", "broken", "unproven"],
    title: str,
    reason: str,
    fix: str,
) -> Rule:
    return Rule(id=id, severity=severity, effect=effect, title=title, reason=reason, fix=fix)


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        # Easy Auth
        _rule(
            "SF101",
            "error",
            "open",
            "Easy Auth is off",
            "Functions behind the gateway run with authLevel anonymous, so without Easy Auth "
            "everybody who knows the host name can call them.",
            "Set auth_settings_v2 with auth_enabled = true, on the app and on every slot.",
        ),
        _rule(
            "SF102",
            "error",
            "open",
            "Requests without a token are let through",
            "With require_authentication false or AllowAnonymous, Easy Auth only labels requests; "
            "it refuses none.",
            'Set require_authentication = true and unauthenticated_action = "Return401".',
        ),
        _rule(
            "SF103",
            "error",
            "broken",
            "No Entra provider",
            "Without active_directory_v2 Easy Auth validates no token of Entra, so the gateway "
            "is refused like everybody else.",
            "Add active_directory_v2 with the registration's client id.",
        ),
        _rule(
            "SF104",
            "error",
            "open",
            "Tokens of every tenant are accepted",
            "An endpoint such as common or organizations means no check of the tenant that issued "
            "the token.",
            "Write https://login.microsoftonline.com/<tenant id>/v2.0 as tenant_auth_endpoint.",
        ),
        _rule(
            "SF105",
            "error",
            "broken",
            "Issuer and token version differ",
            "Entra writes another issuer into tokens of version 1 than into those of version 2; "
            "which it issues is decided by the registration alone. On any other host there is no "
            "issuer of Entra, and whoever answers there says which tokens are valid.",
            "Write https://login.microsoftonline.com/<tenant id>/v2.0 as tenant_auth_endpoint and "
            "set requested_access_token_version = 2.",
        ),
        _rule(
            "SF106",
            "error",
            "broken",
            "Audience is not accepted",
            "Easy Auth refuses a token whose audience is neither its client id nor one of "
            "allowed_audiences.",
            "Use the registration's client id in client_id, allowed_audiences and the policy.",
        ),
        _rule(
            "SF107",
            "error",
            "open",
            "No allow-list of applications",
            "What Easy Auth does without allowed_applications has changed over time; at times "
            "every application of the tenant got in.",
            "List the client id of the gateway's identity in allowed_applications.",
        ),
        _rule(
            "SF108",
            "error",
            "open",
            "No allow-list of identities",
            "allowed_applications alone compares the client that asked for the token; only "
            "allowed_identities names the principal.",
            "List the principal id of the gateway's identity in allowed_identities.",
        ),
        _rule(
            "SF109",
            "error",
            "broken",
            "A caller is not in allowed_applications",
            "Easy Auth answers 403 to a token whose client is not on the list.",
            "List the client id of the identity that the policy uses, not its object id.",
        ),
        _rule(
            "SF110",
            "error",
            "broken",
            "A caller is not in allowed_identities",
            "Easy Auth answers 403 to a token whose object id is not on the list.",
            "List the principal (object) id of the identity that the policy uses.",
        ),
        _rule(
            "SF111",
            "error",
            "broken",
            "Groups are demanded of a managed identity",
            "Tokens of applications and managed identities never name groups, so the gateway gets "
            "403 as soon as allowed_groups is set.",
            "Leave allowed_groups and jwt_allowed_groups out.",
        ),
        _rule(
            "SF112",
            "error",
            "broken",
            "A caller is not in jwt_allowed_client_applications",
            "The list is one more condition: Easy Auth answers 403 to a client that is not on it.",
            "Leave jwt_allowed_client_applications out, or list the same clients in it.",
        ),
        _rule(
            "SF113",
            "error",
            "open",
            "Paths are excluded from Easy Auth",
            "Everybody who knows the host name can call an excluded path.",
            "Remove excluded_paths; health checks of App Service need none. Or accept it with a "
            "reason.",
        ),
        _rule(
            "SF114",
            "error",
            "open",
            "Another identity provider is accepted",
            "Whoever has an account with that provider can sign in; the allow-lists are those of "
            "Entra only.",
            "Leave only active_directory_v2 in auth_settings_v2.",
        ),
        _rule(
            "SF115",
            "error",
            "open",
            "An application is allowed without its identity",
            "Applications and identities are to be listed in pairs; an application that has no "
            "identity on the list is a mistake or a door.",
            "List both ids of every caller, or neither.",
        ),
        _rule(
            "SF116",
            "error",
            "open",
            "An identity is allowed without its application",
            "Applications and identities are to be listed in pairs; an identity that has no "
            "application on the list is a mistake or a door.",
            "List both ids of every caller, or neither.",
        ),
        _rule(
            "SF117",
            "warning",
            "broken",
            "Callers are redirected to a sign-in page",
            "A redirect is for websites: API clients follow it to a page and see 200.",
            'Set unauthenticated_action = "Return401".',
        ),
        _rule(
            "SF118",
            "warning",
            "open",
            "Easy Auth accepts plain HTTP",
            "A token that is sent over plain HTTP can be read and used by others.",
            "Leave require_https at true.",
        ),
        _rule(
            "SF119",
            "error",
            "broken",
            "Both versions of Easy Auth's settings",
            "A site has either auth_settings or auth_settings_v2; App Service refuses or mixes "
            "them.",
            "Remove auth_settings.",
        ),
        _rule(
            "SF120",
            "warning",
            "unproven",
            "Easy Auth's settings come from a file",
            "With config_file_path a file in the app decides, which whoever deploys can change.",
            "Remove config_file_path.",
        ),
        _rule(
            "SF121",
            "error",
            "broken",
            "Issuer of another tenant",
            "The gateway's identity gets its tokens from the tenant of the registration; Easy Auth "
            "refuses those of any other.",
            "Use the tenant of the registration in tenant_auth_endpoint.",
        ),
        _rule(
            "SF122",
            "warning",
            "open",
            "Easy Auth keeps a client secret",
            "Validating tokens needs no secret; one that exists can be stolen and makes its "
            "holder the application.",
            "Remove client_secret_setting_name, or let a managed identity stand in for it.",
        ),
        _rule(
            "SF123",
            "warning",
            "open",
            "Another audience is accepted",
            "A token that was issued for something else opens these functions too.",
            "List only the registration's client id and its App ID URIs in allowed_audiences.",
        ),
        # Registration
        _rule(
            "SF201",
            "error",
            "broken",
            "No service principal",
            "Entra issues no token for an application without a service principal in the tenant "
            "(AADSTS500011).",
            "Add azuread_service_principal with the registration's client id.",
        ),
        _rule(
            "SF202",
            "error",
            "broken",
            "The service principal is disabled",
            "Entra issues no token for a disabled application (AADSTS7000112).",
            "Leave account_enabled at true.",
        ),
        _rule(
            "SF203",
            "error",
            "broken",
            "A caller has no role",
            "With app_role_assignment_required Entra issues tokens only to whoever has a role of "
            "the application (AADSTS501051).",
            "Add azuread_app_role_assignment for the principal of the identity.",
        ),
        _rule(
            "SF204",
            "warning",
            "open",
            "Everybody in the tenant gets a token",
            "Without app_role_assignment_required every application and user of the tenant can "
            "get a token for the functions; only the allow-lists are left.",
            "Set app_role_assignment_required = true on the service principal.",
        ),
        _rule(
            "SF205",
            "error",
            "broken",
            "The assigned role does not fit",
            "A role that the application lacks, that is disabled or that is for users only cannot "
            "be assigned to a managed identity.",
            'Assign an enabled role of this application with allowed_member_types ["Application"].',
        ),
        _rule(
            "SF206",
            "warning",
            "open",
            "The registration is open to other tenants",
            "Applications of other tenants can get tokens whose audience is this registration.",
            'Set sign_in_audience = "AzureADMyOrg".',
        ),
        _rule(
            "SF207",
            "warning",
            "open",
            "The registration has a secret",
            "Whoever holds the secret, or the key of the certificate, is the application; "
            "Terraform keeps secrets in the state.",
            "Remove it: neither the gateway nor Easy Auth needs a secret or a certificate.",
        ),
        # Gateway and policies
        _rule(
            "SF301",
            "error",
            "broken",
            "The policy gets no token",
            "Without authentication-managed-identity the gateway calls like everybody else, and "
            "Easy Auth refuses it.",
            'Add <authentication-managed-identity resource="CLIENT ID" /> to the inbound section.',
        ),
        _rule(
            "SF302",
            "error",
            "broken",
            "The policy replaces its token",
            "A later policy overwrites or deletes the Authorization header that holds the token, "
            'or what puts it there from a variable leaves out "Bearer " or keeps the caller\'s.',
            "Put authentication-managed-identity, without output-token-variable-name, after "
            "whatever changes Authorization.",
        ),
        _rule(
            "SF303",
            "error",
            "broken",
            "The gateway lacks the identity",
            "Without client-id the policy uses the system-assigned identity, which the gateway "
            "does not have.",
            "Give the gateway a system-assigned identity, or name a user-assigned one as "
            "client-id.",
        ),
        _rule(
            "SF304",
            "error",
            "broken",
            "client-id is no identity of the gateway",
            "The gateway gets tokens only for identities that it holds.",
            "List the identity in the gateway's identity_ids, and use its client id as client-id.",
        ),
        _rule(
            "SF305",
            "error",
            "broken",
            "The token is for something else",
            "resource has to be the client id (or an App ID URI) of the registration that Easy "
            "Auth expects; the id of the identity is a common mistake.",
            "Use the same registration's client id in the policy and in Easy Auth.",
        ),
        _rule(
            "SF306",
            "warning",
            "broken",
            "Failing to get a token is ignored",
            "With ignore-error the request goes on without a token, and the reason for the 401 is "
            "lost.",
            "Leave ignore-error out.",
        ),
        _rule(
            "SF307",
            "error",
            "broken",
            "The backend does not exist",
            "set-backend-service names a backend that the gateway does not have.",
            "Use the name of an azurerm_api_management_backend of this gateway.",
        ),
        _rule(
            "SF308",
            "error",
            "open",
            "The gateway calls over plain HTTP",
            "The token can be read on the way.",
            "Write https:// in the backend's url.",
        ),
        _rule(
            "SF309",
            "error",
            "broken",
            "The policy does not forward",
            "A policy that cannot be read or does not forward never reaches the function.",
            "Keep <forward-request /> or <base /> in the backend section, and well-formed XML.",
        ),
        _rule(
            "SF310",
            "error",
            "open",
            "The token goes to another host",
            "Whoever answers at that host gets a token with which the functions can be called.",
            "Send the request to the app that the token is for.",
        ),
        _rule(
            "SF311",
            "error",
            "open",
            "The backend's certificate is not checked",
            "Whoever answers in place of the function app gets the token.",
            "Leave validate_certificate_chain and validate_certificate_name at true.",
        ),
        _rule(
            "SF312",
            "warning",
            "open",
            "The subscription key is forwarded",
            "Header and query parameter of the key reach the function and its logs unless the "
            "policy deletes both, under the API's own names.",
            "Add set-header and set-query-parameter with exists-action delete for both names.",
        ),
        _rule(
            "SF313",
            "warning",
            "open",
            "The API is served over plain HTTP",
            "Subscription keys and data can be read on the way.",
            'Set protocols = ["https"].',
        ),
        _rule(
            "SF314",
            "warning",
            "open",
            "The backend holds a secret",
            "A function key or password in the backend's credentials is not needed here and "
            "stands in the state.",
            "Remove credentials: the gateway's token is enough.",
        ),
        _rule(
            "SF315",
            "warning",
            "broken",
            "The API of a policy is not here",
            "The gateway is in the configuration, the API that a policy or operation names is not; "
            "most often one of them names another gateway.",
            "Take api_name and api_management_name from the same API.",
        ),
        _rule(
            "SF316",
            "error",
            "broken",
            "A part of the gateway is defined twice",
            "Azure has it once: of two resources, each apply is refused or overwrites what the "
            "other wrote, and only the first was checked here.",
            "Keep it in one stack, or give one of the two another name.",
        ),
        _rule(
            "SF317",
            "error",
            "open",
            "The policy gives the token away",
            "Whoever reads the answer, the log or the traces can call the functions with the token "
            "until it expires.",
            "Send the token to the function app only; to log who called, log claims of it.",
        ),
        _rule(
            "SF318",
            "warning",
            "open",
            "A secret is logged",
            "Whoever reads the log can use the token or the subscription key that stands in it.",
            "Leave the header out of headers_to_log, or mask it in data_masking.",
        ),
        # Side doors of the site
        _rule(
            "SF401",
            "error",
            "broken",
            "The network rules keep the gateway out",
            "App Service answers 403 before Easy Auth is asked.",
            "Let the gateway's subnet or its public address in.",
        ),
        _rule(
            "SF402",
            "error",
            "open",
            "The site accepts plain HTTP",
            "https_only is false by default; a token sent over plain HTTP can be read.",
            "Set https_only = true.",
        ),
        _rule(
            "SF403",
            "error",
            "open",
            "The deployment site takes passwords",
            "Easy Auth does not cover SCM/Kudu; with basic authentication the publishing "
            "credentials replace the code.",
            "Set webdeploy_publish_basic_authentication_enabled = false.",
        ),
        _rule(
            "SF404",
            "error",
            "open",
            "FTP takes passwords",
            "Easy Auth does not cover FTP; with basic authentication the publishing credentials "
            "replace the code.",
            "Set ftp_publish_basic_authentication_enabled = false.",
        ),
        _rule(
            "SF405",
            "warning",
            "open",
            "FTP is on",
            "FTP is a way to replace the code that nothing here needs.",
            'Leave ftps_state at "Disabled".',
        ),
        _rule(
            "SF406",
            "warning",
            "broken",
            "The ApiManagement service tag is not the gateway",
            "The tag holds addresses of API Management's control plane; gateways call from others.",
            "Let the gateway's subnet or its public address in.",
        ),
        _rule(
            "SF407",
            "warning",
            "open",
            "Outdated TLS is accepted",
            "TLS before 1.2 is broken.",
            "Set minimum_tls_version and scm_minimum_tls_version to 1.2 or 1.3.",
        ),
        _rule(
            "SF408",
            "warning",
            "open",
            "Remote debugging is on",
            "A debugger reads and changes everything in the process, past Easy Auth.",
            "Leave remote_debugging_enabled at false.",
        ),
        _rule(
            "SF409",
            "warning",
            "open",
            "A storage key opens the code",
            "Whoever holds the key of the app's storage can replace its code and read its keys.",
            "Let the app use its storage with a managed identity.",
        ),
        _rule(
            "SF410",
            "warning",
            "open",
            "The deployment site is open to every network",
            "Easy Auth does not cover SCM/Kudu; only Azure's role assignments are left.",
            'Set scm_ip_restriction_default_action = "Deny", or accept it with a reason.',
        ),
        _rule(
            "SF411",
            "warning",
            "open",
            "The network rules have an open end",
            "Rules that let somebody in mean nothing while everybody else is let in too.",
            'Set ip_restriction_default_action = "Deny" and name only networks of your own.',
        ),
        _rule(
            "SF412",
            "error",
            "broken",
            "The site demands a client certificate",
            "App Service answers 403 to a request without one, before Easy Auth is asked.",
            'Set client_certificate_mode = "Optional", or let the gateway send a certificate.',
        ),
        _rule(
            "SF413",
            "error",
            "broken",
            "The site is stopped",
            "A site that is not enabled answers 403 to everybody.",
            "Leave enabled at true.",
        ),
        # Who may use the gateway
        _rule(
            "SF501",
            "error",
            "open",
            "The gateway lets anybody through",
            "The chain proves to the function that the gateway calls; who calls the gateway is "
            "nobody's concern without a subscription key or a check in the policy, made before the "
            "gateway's own token takes the place of the caller's.",
            "Leave subscription_required at true, or add validate-jwt before "
            "authentication-managed-identity; or accept it with a reason.",
        ),
        _rule(
            "SF502",
            "warning",
            "open",
            "Another resource has the gateway's identity",
            "Easy Auth knows the caller by its identity only: whoever runs code there, or signs in "
            "by the federated credential, calls the functions as if through the gateway.",
            "Keep the identity for the gateway alone, and list the other caller with its own.",
        ),
        # What cannot be told
        _rule(
            "SF901",
            "note",
            "unproven",
            "What a caller gets cannot be proven",
            "A link is managed elsewhere or known only after apply.",
            "Check the plan or the state, where more is known.",
        ),
        _rule(
            "SF902",
            "warning",
            "unproven",
            "An acceptance fits no finding",
            "What is accepted must stay true; this one names a rule or an address that nothing "
            "was found for.",
            "Remove it, or correct the address and the rule.",
        ),
        _rule(
            "SF903",
            "warning",
            "unproven",
            "A link is changed past its resource",
            "An azapi resource writes something to a site or a gateway that is not read: of apps "
            "that are made elsewhere, Easy Auth, publishing credentials and some web settings are.",
            "Write the setting in the azurerm resource.",
        ),
        _rule(
            "SF904",
            "error",
            "broken",
            "A reference leads nowhere",
            "Terraform refuses a reference to a resource that the stack does not have.",
            "Add the resource, or correct the address.",
        ),
    )
}


def breaches(calls: Calls) -> list[Breach]:
    """Every rule that is broken, each once for a resource and attribute."""
    found: dict[tuple[str, int, str | None], Breach] = {}
    for check in _CHECKS:
        for breach in check(calls):
            found.setdefault((breach.rule, id(breach.resource), breach.attribute), breach)
    return list(found.values())


def _answers(calls: Calls) -> Iterator[Breach]:
    """What trusted callers meet, and what lets others in."""
    for call in calls.calls:
        if call.caller.trusted:
            for said in call.decisions:
                if said.verdict == "closed" and said.rule is not None:
                    message = f"{call.caller.label} does not reach {call.app.name}: {said.reason}"
                    yield Breach(said.rule, said.resource, said.attribute, message)
            if call.caller.kind == "gateway" and call.decision.verdict == "unknown":
                message = (
                    f"whether {call.caller.label} reaches {call.app.name} cannot be proven: "
                    f"{call.decision.reason}"
                )
                yield Breach("SF901", call.decision.resource, call.decision.attribute, message)
        elif call.caller.kind == "anonymous" and call.decision.verdict == "unknown":
            said = easy_auth.easy_auth(call.app, None)[0]
            if call.app.visible and said.verdict == "unknown":
                message = (
                    f"whether {call.app.name} lets in {call.caller.label} cannot be proven: "
                    f"{said.reason}"
                )
                yield Breach("SF901", said.resource, said.attribute, message)
        elif call.decision.verdict == "open" and call.decision.rule is not None:
            message = f"{call.caller.label} reaches {call.app.name}: {call.decision.reason}"
            yield Breach(
                call.decision.rule, call.decision.resource, call.decision.attribute, message
            )


def _visible_apps(calls: Calls) -> Iterator[AppLink]:
    return (app for app in calls.chain.apps.values() if app.visible)


def _enforcement(calls: Calls) -> Iterator[Breach]:
    """Easy Auth of every app and slot."""
    for app in _visible_apps(calls):
        auth = app.auth
        if app.body.block("auth_settings") is not None and auth is not None:
            yield Breach(
                "SF119", app.resource, "auth_settings", f"{app.name} has both settings blocks"
            )
        if auth is None or auth.value("auth_enabled", False) is False:
            if app.body.block("auth_settings") is None or auth is not None:
                where = "auth_settings_v2.auth_enabled" if auth else "auth_settings_v2"
                message = f"{app.name} lets every request through: Easy Auth is not enabled"
                yield Breach("SF101", app.resource, where, message)
            continue
        for said in easy_auth.easy_auth(app, None):
            if said.rule == "SF102":
                yield Breach("SF102", app.resource, said.attribute, f"{app.name}: {said.reason}")
        if auth.value("unauthenticated_action", "RedirectToLoginPage") == "RedirectToLoginPage":
            yield Breach(
                "SF117",
                app.resource,
                "auth_settings_v2.unauthenticated_action",
                f"{app.name} answers 302 to callers without a token",
            )
        if auth.value("require_https", True) is False:
            yield Breach(
                "SF118",
                app.resource,
                "auth_settings_v2.require_https",
                f"Easy Auth of {app.name} accepts plain HTTP",
            )
        if auth.value("config_file_path") not in (None, ""):
            yield Breach(
                "SF120",
                app.resource,
                "auth_settings_v2.config_file_path",
                f"a file in {app.name} holds Easy Auth's settings",
            )
        for path in easy_auth.excluded_paths(app):
            message = f"Easy Auth of {app.name} does not look at {text_of(path)}"
            yield Breach("SF113", app.resource, "auth_settings_v2.excluded_paths", message)
        if easy_auth.told_later(auth.value("excluded_paths")):
            message = f"whether Easy Auth of {app.name} looks at every path is not known here"
            yield Breach("SF901", app.resource, "auth_settings_v2.excluded_paths", message)
        for provider in easy_auth.OTHER_PROVIDERS:
            if auth.block(provider) is not None:
                yield Breach(
                    "SF114",
                    app.resource,
                    f"auth_settings_v2.{provider}",
                    f"{app.name} accepts sign-in through {provider.removesuffix('_v2')}",
                )
        if app.directory is None:
            yield Breach(
                "SF103",
                app.resource,
                easy_auth.DIRECTORY,
                f"{app.name} knows no provider for tokens of Entra",
            )
            continue
        yield from _directory(calls, app, app.directory)


def _directory(calls: Calls, app: AppLink, directory: Body) -> Iterator[Breach]:
    where = easy_auth.DIRECTORY
    problem = _issuer_problem(calls, app)
    if problem is not None:
        rule, message = problem
        yield Breach(rule, app.resource, f"{where}.tenant_auth_endpoint", message)
    if app.registration is not None and app.registration.managed:
        own = [app.registration.client_id, *app.registration.uris]
        for each in directory.values("allowed_audiences"):
            if any_same((each,), own) is False and not _names_client(each, own[0]):
                message = f"{app.name} accepts tokens for {text_of(each)}"
                yield Breach("SF123", app.resource, f"{where}.allowed_audiences", message)
    if not directory.values("allowed_applications"):
        yield Breach(
            "SF107",
            app.resource,
            f"{where}.allowed_applications",
            f"{app.name} names no applications that may call",
        )
    if not directory.values("allowed_identities"):
        yield Breach(
            "SF108",
            app.resource,
            f"{where}.allowed_identities",
            f"{app.name} names no identities that may call",
        )
    for name in ("allowed_groups", "jwt_allowed_groups"):
        if directory.values(name):
            message = f"{app.name} demands groups, which tokens of identities never name"
            yield Breach("SF111", app.resource, f"{where}.{name}", message)
    listed = calls.allow_list(app)
    lists = [directory.value(name) for name in ("allowed_applications", "allowed_identities")]
    if any(easy_auth.told_later(value) for value in lists):
        listed = AllowList([], [], [])  # What belongs together cannot be told.
    if directory.values("allowed_identities"):
        for each in listed.applications:
            message = f"{app.name} allows application {text_of(each)} without its identity"
            yield Breach("SF115", app.resource, f"{where}.allowed_applications", message)
    if directory.values("allowed_applications"):
        for each in listed.identities:
            message = f"{app.name} allows identity {text_of(each)} without its application"
            yield Breach("SF116", app.resource, f"{where}.allowed_identities", message)
    secret = directory.value("client_secret_setting_name")
    if secret is not None and secret != "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID":  # noqa: S105
        yield Breach(
            "SF122",
            app.resource,
            f"{where}.client_secret_setting_name",
            f"{app.name} keeps a client secret in {text_of(secret)}",
        )


def _issuer_problem(calls: Calls, app: AppLink) -> tuple[str, str] | None:
    """What is wrong with the issuer that an app expects: rule and message."""
    expected = easy_auth.issuer(app)
    issued = app.registration.token_version if app.registration else None
    value = app.directory.value("tenant_auth_endpoint") if app.directory else None
    if expected.any_tenant:
        return "SF104", f"{app.name} accepts tokens of every tenant"
    if expected.none:
        return "SF105", f"{text_of(value)!r} of {app.name} is not the issuer of any token of Entra"
    if expected.version is None:
        return None
    if issued is not None and issued != expected.version:
        return "SF105", (
            f"{app.name} expects tokens of version {expected.version}, "
            f"its registration is issued version {issued}"
        )
    if expected.tenant is not None and _other_tenant(calls, app, expected.tenant):
        return "SF121", (
            f"{app.name} expects tokens of tenant {text_of(expected.tenant)}, "
            "which is not that of the configuration"
        )
    return None


def _names_client(audience: Value, client_id: Value) -> bool:
    """Whether an audience is `api://CLIENT_ID`, the URI that Entra proposes."""
    if isinstance(audience, Term) and isinstance(client_id, Term):
        return audience.parts[1:] == client_id.parts
    return text_of(audience).lower() == f"api://{text_of(client_id)}".lower()


def _other_tenant(calls: Calls, app: AppLink, tenant: Value) -> bool:
    """Whether an issuer's tenant is surely not the one that Terraform works in."""
    if app.registration is None or not app.registration.managed:
        return False
    configuration, here = calls.chain.configuration, app.resource.stack
    home: list[Value] = []
    for each in configuration.of_type("azuread_client_config", "azurerm_client_config"):
        if each.stack == here:
            home.append(configuration.attribute(each, "tenant_id"))
    home += configuration.tenants(here)
    agreements = [same(tenant, each) for each in home]
    if True in agreements:
        return False
    # A data source of the tenant tells nothing by itself: what is written out may be its value.
    # A stack that publishes it as its tenant looks it up instead of writing it out.
    published = [value for stack, value in configuration.outputs("tenant_id") if stack == here]
    looked_up = isinstance(tenant, str) and any(each in home for each in published)
    return False in agreements or looked_up


def _registrations(calls: Calls) -> Iterator[Breach]:
    chain = calls.chain
    used = {id(route.registration) for route in calls.routes if route.registration}
    used |= {id(app.registration) for app in chain.apps.values() if app.registration}
    for registration in chain.registrations:
        if id(registration) not in used:
            continue
        if registration.managed and not registration.principals:
            message = f"Entra issues no token for {registration.name}: it has no service principal"
            yield Breach("SF201", registration.resource, "client_id", message)
        for principal in registration.principals:
            body = chain.configuration.body(principal)
            if not principal.managed and not principal.literal:
                continue
            if body.value("app_role_assignment_required", False) is False:
                message = f"everybody in the tenant gets a token for {registration.name}"
                yield Breach("SF204", principal, "app_role_assignment_required", message)
        if registration.multi_tenant:
            message = f"{registration.name} is open to other tenants"
            yield Breach("SF206", registration.resource, "sign_in_audience", message)
        for assignment in registration.assignments:
            problem = entra.role_problem(chain, registration, assignment)
            if problem is not None:
                yield Breach("SF205", assignment, "app_role_id", problem)
        own = registration.resource
        if own and own.managed and chain.configuration.body(own).block("password") is not None:
            yield Breach("SF207", own, "password", f"{registration.name} has a secret")
        owners = [each for each in (registration.resource, *registration.principals) if each]
        ids = [
            chain.configuration.attribute(each, name)
            for each in owners
            for name in ("id", "object_id")
        ]
        for kind, (attribute, what) in _CREDENTIALS.items():
            for each in chain.configuration.of_type(kind):
                if any_same((chain.configuration.attribute(each, attribute),), ids):
                    yield Breach("SF207", each, attribute, f"{registration.name} has a {what}")


_CREDENTIALS = {
    "azuread_application_certificate": ("application_id", "certificate"),
    "azuread_application_password": ("application_id", "secret"),
    "azuread_service_principal_certificate": ("service_principal_id", "certificate"),
    "azuread_service_principal_password": ("service_principal_id", "secret"),
}

_FEDERATED = "azurerm_federated_identity_credential"


def _holders(calls: Calls) -> Iterator[Breach]:
    """Who else can use an identity of a gateway that an app lets in."""
    configuration = calls.chain.configuration
    holding: list[tuple[Resource, str, Value]] = []
    for each in configuration.resources:
        if each.managed and "identity" in each.body:
            holding += [
                (each, "identity.identity_ids", identity)
                for block in configuration.body(each).blocks("identity")
                for identity in block.values("identity_ids")
            ]
    for each in configuration.of_type(_FEDERATED):
        # azurerm 4 says parent_id, later versions user_assigned_identity_id.
        for name in ("parent_id", "user_assigned_identity_id"):
            holding.append((each, name, configuration.body(each).value(name)))
    for app in _visible_apps(calls):
        if app.directory is None:
            continue
        calling = calls.gateways_of(app)
        own = [each.resource for each in calling]
        for identity in (each for gateway in calling for each in gateway.users):
            admitted = any_same(
                app.directory.values("allowed_applications"), identity.client_ids
            ) or any_same(app.directory.values("allowed_identities"), identity.object_ids)
            if not admitted or identity.id is None:
                continue
            for each, attribute, value in holding:
                if each not in own and value is not None and same(value, identity.id):
                    message = f"{each.address} can use {identity.record.name}, "
                    message += f"which {app.name} lets in as the gateway's"
                    yield Breach("SF502", each, attribute, message)


def _policies(calls: Calls) -> Iterator[Breach]:
    for api, forwarding in calls.forwardings:
        for address, problem in forwarding.problems:
            stack = api.gateway.stack if api.resource is None else api.resource.stack
            policy = calls.chain.configuration.resource(stack, address)
            rule = (
                "SF901" if "known only after apply" in problem or "linked" in problem else "SF309"
            )
            yield Breach(rule, policy or api.resource, "xml_content", f"{api.name}: {problem}")
        yield from _leaks(calls, api, forwarding)
    for route in calls.routes:
        yield from _route(calls, route)
    for gateway in calls.chain.gateways:
        if gateway.resource is None or not gateway.resource.managed:
            continue
        for api in gateway.apis.values():
            if api.resource is None and not gateway.others:
                parts = [api.policy, *api.operation_policies.values(), *api.operations.values()]
                part = next((each for each in parts if each is not None), None)
                message = f"{gateway.name} has no API {api.name} in the configuration"
                yield Breach("SF315", part, "api_name", message)
        security = calls.chain.configuration.body(gateway.resource).block("security")
        for name in security.raw if security else ():
            if _OUTDATED.search(name) and security and security.value(name) is True:
                message = f"{gateway.name} accepts outdated TLS"
                yield Breach("SF407", gateway.resource, f"security.{name}", message)


def _defined_twice(calls: Calls) -> Iterator[Breach]:
    chain = calls.chain
    again = {first for _, first in chain.twice}
    for each, first in chain.twice:
        # An API that is there twice says so for all that belongs to it.
        if "api_name" in first.body and chain.api_of(first).resource in again:
            continue
        place = first.address if first.path == each.path else f"{first.address} in {first.path}"
        yield Breach("SF316", each, None, f"the gateway has it already, from {place}")


def _leaks(calls: Calls, api: ApiLink, forwarding: Forwarding) -> Iterator[Breach]:
    """Tokens for our apps, and keys of APIs in front of them, that policies give away."""
    chain = calls.chain
    stack = api.gateway.stack if api.resource is None else api.resource.stack
    in_front = any(route.app is not None and route.api is api for route in calls.routes)
    for leak in forwarding.leaks:
        policy = chain.configuration.resource(stack, leak.address) or api.resource
        if leak.token is None:
            if in_front:
                message = f"{api.name} sends the subscription key to {leak.to}"
                yield Breach("SF312", policy, "xml_content", message)
            continue
        waiting = calls.waiting.get(id(chain.registration_of_resource(leak.token.resource)))
        if waiting and leak.host:
            message = f"{api.name} sends the token for {waiting[0].name} to {leak.to}, "
            message += "which is no function app of the configuration"
            yield Breach("SF310", policy, "xml_content", message)
        elif waiting:
            message = f"{api.name} gives the token for {waiting[0].name} to {leak.to}"
            yield Breach("SF317", policy, "xml_content", message)


_LOGGED = ("frontend_request", "frontend_response", "backend_request", "backend_response")


def _logs(calls: Calls) -> Iterator[Breach]:
    """Headers with secrets in them that diagnostics log as they are."""
    configuration = calls.chain.configuration
    keys = {key_names(configuration, api)[0] for api, _ in calls.forwardings}
    secrets = {"authorization", *(each.strip().lower() for each in keys)}
    kinds = ("azurerm_api_management_api_diagnostic", "azurerm_api_management_diagnostic")
    for each in configuration.of_type(*kinds):
        for name in _LOGGED if each.managed else ():
            for block in configuration.body(each).blocks(name):
                masked = {
                    text_of(header.value("value")).strip().lower()
                    for masking in block.blocks("data_masking")
                    for header in masking.blocks("headers")
                }
                for logged in map(text_of, block.values("headers_to_log")):
                    if logged.strip().lower() in secrets - masked:
                        message = f"{each.address} logs the header {logged}"
                        yield Breach("SF318", each, f"{name}.headers_to_log", message)


_OUTDATED = re.compile("ssl30|tls1[01]|triple_des")


def _route(calls: Calls, route: Route) -> Iterator[Breach]:
    api, way, chain = route.api, route.way, calls.chain
    policy = calls.policy_of(route)
    secured = way.token is not None and (
        route.registration is None
        or route.registration.managed
        or id(route.registration) in calls.waiting
    )
    if way.token is not None and way.token.ignore_error:
        message = f"{api.name} goes on without a token when getting it fails"
        yield Breach("SF306", policy, "xml_content", message)
    if route.problem is not None and route.problem.verdict == "closed":
        message = f"{api.name}: {route.problem.reason}"
        yield Breach("SF307", route.problem.resource, route.problem.attribute, message)
    elif _without_backend(calls, route):
        message = f"{api.name} has no backend to send requests to"
        yield Breach("SF307", policy, "xml_content", message)
    elif secured and route.app is None and route.url is not None:
        yield from _foreign_host(calls, route)
    if route.app is None:
        return
    backend = calls.backend_of(route)
    where = backend or policy
    attribute = "url" if backend else "xml_content"
    if isinstance(route.url, (str, Term)) and text_of(route.url).lower().startswith("http://"):
        message = f"{api.name} calls {route.app.name} over plain HTTP"
        yield Breach("SF308", where, attribute, message)
    if backend is not None:
        body = chain.configuration.body(backend)
        tls = body.block("tls")
        for name in ("validate_certificate_chain", "validate_certificate_name"):
            if tls is not None and tls.value(name, True) is False:
                message = f"the gateway does not check the certificate of {route.app.name}"
                yield Breach("SF311", backend, f"tls.{name}", message)
        if body.block("credentials") is not None:
            message = f"the backend of {api.name} holds credentials"
            yield Breach("SF314", backend, "credentials", message)
    if api.resource is None:
        return
    body = chain.configuration.body(api.resource)
    if any(protocol == "http" for protocol in body.values("protocols")):
        message = f"{api.name} is served over plain HTTP"
        yield Breach("SF313", api.resource, "protocols", message)
    header, query = key_names(chain.configuration, api)
    missing = [
        *([f"the header {header}"] if header.lower() not in way.headers else []),
        *([f"the query parameter {query}"] if query.lower() not in way.queries else []),
        *(f"the header {copy}" for copy in sorted(way.copies)),
    ]
    if missing and way.unknown is None:
        message = f"{api.name} forwards the subscription key in {' and '.join(missing)}"
        yield Breach("SF312", policy, "xml_content", message)


def _without_backend(calls: Calls, route: Route) -> bool:
    """Whether requests of an API surely go nowhere."""
    api, way = route.api, route.way
    if way.unknown is not None or route.problem is not None or api.resource is None:
        return False
    if isinstance(route.url, str):
        return host_of(route.url) is None
    if route.url is not None or api.gateway.resource is None:
        return False
    body = calls.chain.configuration.body(api.resource)
    # An import brings a service URL, a revision that of its source.
    return (
        api.resource.managed
        and body.block("import") is None
        and body.value("source_api_id") is None
        and body.value("api_type") in (None, "http")
    )


def _foreign_host(calls: Calls, route: Route) -> Iterator[Breach]:
    """A token of ours that is sent to a host that is no app of ours."""
    host = host_of(route.url)
    registration = route.registration
    waiting = calls.waiting.get(id(registration))
    if not waiting or host is None or host_unknown(route.url):
        return
    backend = calls.backend_of(route)
    message = (
        f"{route.api.name} sends the token for {waiting[0].name} to {text_of(host)}, "
        "which is no function app of the configuration"
    )
    policy = calls.policy_of(route)
    yield Breach("SF310", backend or policy, "url" if backend else "xml_content", message)


def _side_doors(calls: Calls) -> Iterator[Breach]:
    """What reaches an app past Easy Auth."""
    for app in _visible_apps(calls):
        body, name = app.body, app.name
        if body.value("https_only", False) is False:
            yield Breach("SF402", app.resource, "https_only", f"{name} accepts plain HTTP")
        if app.resource.type != "azurerm_function_app":
            attribute = "webdeploy_publish_basic_authentication_enabled"
            if body.value(attribute, True) is True:
                message = f"the deployment site of {name} takes publishing passwords"
                yield Breach("SF403", app.resource, attribute, message)
            attribute = "ftp_publish_basic_authentication_enabled"
            flex = app.resource.type == "azurerm_function_app_flex_consumption"
            if body.value(attribute, not flex) is True:
                message = f"FTP of {name} takes publishing passwords"
                yield Breach("SF404", app.resource, attribute, message)
        for attribute in ("storage_account_access_key", "storage_access_key"):
            if body.value(attribute) is not None:
                message = f"{name} uses its storage with a key"
                yield Breach("SF409", app.resource, attribute, message)
        if body.value("storage_authentication_type") == "StorageAccountConnectionString":
            message = f"{name} uses its storage with a connection string"
            yield Breach("SF409", app.resource, "storage_authentication_type", message)
        settings = body.value("app_settings")
        for setting, value in settings.items() if isinstance(settings, dict) else ():
            if isinstance(value, (str, Term)) and "AccountKey=" in text_of(value):
                message = f"the setting {setting} of {name} holds a storage key"
                yield Breach("SF409", app.resource, f"app_settings.{setting}", message)
        if app.site is not None:
            yield from _site(app, app.site)
        if easy_auth.network(app, scm=True) is None:
            message = f"the deployment site of {name} is open to every network"
            where = "site_config.scm_ip_restriction_default_action"
            yield Breach("SF410", app.resource, where, message)


def _site(app: AppLink, site: Body) -> Iterator[Breach]:
    name = app.name
    if site.value("ftps_state", "Disabled") in ("AllAllowed", "FtpsOnly"):
        yield Breach("SF405", app.resource, "site_config.ftps_state", f"FTP of {name} is on")
    for attribute in ("minimum_tls_version", "scm_minimum_tls_version"):
        version = site.value(attribute, "1.2")
        if isinstance(version, str) and re.fullmatch(r"1\.[01]", version):
            message = f"{name} accepts TLS {version}"
            yield Breach("SF407", app.resource, f"site_config.{attribute}", message)
    if site.value("remote_debugging_enabled", False) is True:
        where = "site_config.remote_debugging_enabled"
        yield Breach("SF408", app.resource, where, f"{name} can be debugged from outside")
    rules = site.blocks("ip_restriction")
    for rule in rules:
        tag = rule.value("service_tag")
        if isinstance(tag, str) and tag.split(".")[0].lower() == "apimanagement":
            message = f"{name} lets the service tag {tag} in, which is not the gateway"
            yield Breach("SF406", app.resource, "site_config.ip_restriction", message)
    admitting = [rule for rule in rules if rule.value("action", "Allow") == "Allow"]
    if admitting and site.value("ip_restriction_default_action", "Allow") == "Allow":
        where = "site_config.ip_restriction_default_action"
        yield Breach("SF411", app.resource, where, f"{name} names networks but lets all in")
    elif any(easy_auth.admits_everyone(rule) for rule in admitting):
        where = "site_config.ip_restriction"
        yield Breach("SF411", app.resource, where, f"a network rule of {name} lets all in")


_LINKS = (
    r"Microsoft\.Web/sites(/slots)?(/config)?(/|@|$)"
    r"|Microsoft\.ApiManagement/service/([\w-]+/)*(policies|apis|backends)(@|$)"
)
_AZAPI_LINKS = {
    "azapi_resource": _LINKS,
    "azapi_resource_action": r"Microsoft\.Web/sites(/|@|$)",
    "azapi_update_resource": _LINKS,
}


def _azapi(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for each in configuration.of_type(*_AZAPI_LINKS):
        kind = configuration.body(each).value("type")
        known = not each.managed or each in calls.chain.written_by_azapi
        if (
            isinstance(kind, str)
            and not known
            and re.match(_AZAPI_LINKS[each.type], kind, re.IGNORECASE)
        ):
            yield Breach("SF903", each, "type", f"{each.address} writes {kind}")


def _dangling(calls: Calls) -> Iterator[Breach]:
    for _, address in calls.chain.configuration.dangling:
        message = f"the configuration has no {address}, which it refers to"
        yield Breach("SF904", None, address, message)


_CHECKS: tuple[Callable[[Calls], Iterator[Breach]], ...] = (
    _answers,
    _enforcement,
    _registrations,
    _policies,
    _logs,
    _holders,
    _defined_twice,
    _side_doors,
    _azapi,
    _dangling,
)
