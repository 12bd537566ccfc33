"""Rules of the registration in Entra (SF2xx): whom Entra issues tokens for the functions."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.access import entra
from constructs_lib.access.callers import Calls
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import RegistrationLink
from constructs_lib.access.rules.chapter import Breach, Chapter

CHAPTER = Chapter("The registration in Entra")
_rule = CHAPTER.rule

_CREDENTIALS = {
    "azuread_application_certificate": ("application_id", "certificate"),
    "azuread_application_password": ("application_id", "secret"),
    "azuread_service_principal_certificate": ("service_principal_id", "certificate"),
    "azuread_service_principal_password": ("service_principal_id", "secret"),
}


def _registrations(calls: Calls) -> Iterator[RegistrationLink]:
    """The registrations that a policy or an app speaks of."""
    used = {route.registration for route in calls.routes if route.registration}
    used |= {app.registration for app in calls.chain.apps.values() if app.registration}
    return (each for each in calls.chain.registrations if each in used)


def _front_registrations(calls: Calls) -> Iterator[RegistrationLink]:
    """The registrations that clients of MCP servers get their tokens for."""
    servers = {server.api for server in calls.servers}
    used = {
        calls.chain.registration_of_resource(audience)
        for route in calls.routes
        if route.api in servers
        for audience in route.way.audiences
    }
    return (each for each in calls.chain.registrations if each in used)


@_rule(
    "SF201",
    "error",
    "broken",
    title="No service principal",
    reason="Entra issues no token for an application without a service principal in the tenant "
    "(AADSTS500011).",
    fix="Add azuread_service_principal with the registration's client id.",
)
def _no_principal(calls: Calls) -> Iterator[Breach]:
    for registration in _registrations(calls):
        if registration.managed and not registration.principals:
            message = f"Entra issues no token for {registration.name}: it has no service principal"
            yield Breach(registration.resource, "client_id", message)


_rule(
    "SF202",
    "error",
    "broken",
    title="The service principal is disabled",
    reason="Entra issues no token for a disabled application (AADSTS7000112).",
    fix="Leave account_enabled at true.",
)

_rule(
    "SF203",
    "error",
    "broken",
    title="A caller has no role",
    reason="With app_role_assignment_required Entra issues tokens only to whoever has a role of "
    "the application (AADSTS501051).",
    fix="Add azuread_app_role_assignment for the principal of the identity.",
)


@_rule(
    "SF204",
    "warning",
    "open",
    title="Everybody in the tenant gets a token",
    reason="Without app_role_assignment_required every application and user of the tenant can get "
    "a token for the functions; only the allow-lists are left. Every user who signs in to an MCP "
    "client then calls the server's tools.",
    fix="Set app_role_assignment_required = true on the service principal.",
)
def _everybody(calls: Calls) -> Iterator[Breach]:
    for registration in dict.fromkeys((*_registrations(calls), *_front_registrations(calls))):
        for principal in registration.principals:
            body = calls.chain.configuration.body(principal)
            if not principal.shows:
                continue
            if body.value("app_role_assignment_required", False) is False:
                message = f"everybody in the tenant gets a token for {registration.name}"
                yield Breach(principal, "app_role_assignment_required", message)


@_rule(
    "SF205",
    "error",
    "broken",
    title="The assigned role does not fit",
    reason="A role that the application lacks, that is disabled or that is for users only cannot "
    "be assigned to a managed identity.",
    fix='Assign an enabled role of this application with allowed_member_types ["Application"].',
)
def _role_does_not_fit(calls: Calls) -> Iterator[Breach]:
    for registration in _registrations(calls):
        for assignment in registration.assignments:
            problem = entra.role_problem(calls.chain, registration, assignment)
            if problem is not None:
                yield Breach(assignment, "app_role_id", problem)


@_rule(
    "SF206",
    "warning",
    "open",
    title="The registration is open to other tenants",
    reason="Applications of other tenants can get tokens whose audience is this registration.",
    fix='Set sign_in_audience = "AzureADMyOrg".',
)
def _multi_tenant(calls: Calls) -> Iterator[Breach]:
    for registration in dict.fromkeys((*_registrations(calls), *_front_registrations(calls))):
        if registration.multi_tenant:
            message = f"{registration.name} is open to other tenants"
            yield Breach(registration.resource, "sign_in_audience", message)


@_rule(
    "SF207",
    "warning",
    "hardening",
    title="The registration has a secret",
    reason="Whoever holds the secret, or the key of the certificate, is the application; Terraform "
    "keeps secrets in the state.",
    fix="Remove it: neither the gateway nor Easy Auth needs a secret or a certificate.",
)
def _secrets(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for registration in _registrations(calls):
        own = registration.resource
        if own and own.managed and configuration.body(own).block("password") is not None:
            yield Breach(own, "password", f"{registration.name} has a secret")
        owners = [each for each in (own, *registration.principals) if each]
        ids = [
            configuration.attribute(each, name) for each in owners for name in ("id", "object_id")
        ]
        for kind, (attribute, what) in _CREDENTIALS.items():
            for each in configuration.of_type(kind):
                if any_same((configuration.attribute(each, attribute),), ids):
                    yield Breach(each, attribute, f"{registration.name} has a {what}")
