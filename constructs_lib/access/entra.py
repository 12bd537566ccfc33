"""Whether Entra issues a token for an application, and what stands in it.

Sources: entra-docs "Access tokens", "Access token claims reference", azuread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision
from constructs_lib.access.links import DEFAULT_ACCESS, RegistrationLink, Role
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, same, sole_reference, text_of

_VERSION = "requested_access_token_version"


class Token(NamedTuple):
    """The claims that decide.

    Attributes:
        version: 1 or 2; None is unknown.
        audience: The `aud` claim; None is unknown.
        client_ids: What the `azp` or `appid` claim is equal to; empty is somebody that the
            configuration does not name, None is unknown.
        object_ids: Likewise for the `oid` claim.
        foreign: Whether another tenant issued it.
        user: Whether it is a user's.
    """

    version: int | None
    audience: Value
    client_ids: Sequence[Value] | None = ()
    object_ids: Sequence[Value] | None = ()
    foreign: bool = False
    user: bool = False


def any_same(values: Iterable[Value], ids: Sequence[Value] | None) -> bool | None:
    """Whether one of `values` is one of the ids; None when that is not known."""
    if ids is None:
        return None
    result: bool | None = False
    for value in values:
        for each in ids:
            agreed = same(value, each)
            if agreed:
                return True
            if agreed is None:
                result = None
    return result


def audience(registration: RegistrationLink, resource: Value) -> Value:
    """The `aud` claim of a token for `resource`; None when it depends on an unknown version."""
    if registration.token_version == 1:
        return resource
    if registration.token_version == 2 or same(resource, registration.client_id):
        return registration.client_id
    return None


def assigned(
    chain: Chain, registration: RegistrationLink, object_ids: Sequence[Value] | None
) -> tuple[bool | None, Resource | None]:
    """Whether a principal holds a role of the application, and the assignment that gives it."""
    result: bool | None = None if not registration.principal_known else False
    for assignment in registration.assignments:
        principal = chain.configuration.attribute(assignment, "principal_object_id")
        agreed = any_same((principal,), object_ids)
        if agreed:
            return True, assignment
        if agreed is None:
            result = None
    if not registration.managed and result is False:
        # Somebody else may assign roles of an application that is managed elsewhere.
        result = None
    return result, None


def issue(
    chain: Chain,
    registration: RegistrationLink,
    object_ids: Sequence[Value] | None,
    *,
    who: str,
    refused: Literal[401, 500],
    has_role: bool | None = None,
) -> list[Decision]:
    """Whether Entra issues a token of this tenant for the application.

    Args:
        chain: All links.
        registration: The application.
        object_ids: Who asks; empty is somebody that the configuration does not name.
        who: What a reader calls them.
        refused: What the caller sees without a token: 500 from the gateway, 401 from Easy Auth.
        has_role: Given when it is known otherwise than from the configuration's assignments.
    """
    if not registration.principals:
        return _without_principal(registration, refused, has_role)
    made = registration.resource
    version = "api" if made and made.type == "azuread_application" else _VERSION
    decisions = [Decision.open(f"{registration.name} has tokens of its version", made, version)]
    decisions += [
        Decision.closed(
            refused,
            f"Entra issues no token for {registration.name}: its service principal is disabled "
            "(AADSTS7000112)",
            principal,
            "account_enabled",
            "SF202",
        )
        for principal in registration.principals
        if principal.managed
        and chain.configuration.body(principal).value("account_enabled", True) is False
    ]
    if registration.assignment_required is False or has_role:
        return decisions
    holds = False if has_role is False else assigned(chain, registration, object_ids)[0]
    if holds:
        return decisions
    where = registration.principals[0], "app_role_assignment_required"
    if registration.assignment_required and holds is False:
        reason = (
            f"Entra issues no token for {registration.name} to {who}, "
            "which has no role of that application (AADSTS501051)"
        )
        return [*decisions, Decision.closed(refused, reason, *where, "SF203")]
    reason = (
        f"whether {who} has a role of {registration.name}, and whether Entra demands one, "
        "is decided elsewhere"
    )
    return [*decisions, Decision.unknown(reason, *where)]


def _without_principal(
    registration: RegistrationLink, refused: Literal[401, 500], has_role: bool | None
) -> list[Decision]:
    if registration.managed:
        reason = (
            f"Entra issues no token for {registration.name}: "
            "it has no service principal (AADSTS500011)"
        )
        return [Decision.closed(refused, reason, registration.resource, "client_id", "SF201")]
    return [] if has_role is True else [_elsewhere(registration)]


def _elsewhere(registration: RegistrationLink) -> Decision:
    reason = f"the registration {registration.name} is managed elsewhere, so its token version "
    reason += "and role assignments are not known here"
    if registration.name.startswith("("):  # There is no name, only why there is none.
        reason = "neither the registration nor its token version and role assignments are known "
        reason += "here"
    return Decision.unknown(reason, registration.resource, attribute="client_id")


def role_problem(chain: Chain, registration: RegistrationLink, assignment: Resource) -> str | None:
    """What is wrong with the role of an assignment to an application or managed identity."""
    value = chain.configuration.attribute(assignment, "app_role_id")
    if not registration.managed or same(value, DEFAULT_ACCESS):
        return None
    reference = sole_reference(value)
    found: Role | None = None
    if reference is not None and "app_role_ids" in reference.path:
        named = reference.path[-1]
        found = next((role for role in registration.roles if same(role.value, named)), None)
        owners = {registration.address, *(each.address for each in registration.principals)}
        if reference.address not in owners:
            return f"{text_of(value)} is a role of another application"
    else:
        found = next((role for role in registration.roles if same(role.id, value)), None)
        if found is None and any(same(role.id, value) is None for role in registration.roles):
            return None
    if found is None:
        if isinstance(value, Term) and (reference is None or not reference.created):
            return None
        return f"{registration.name} has no role {text_of(value)}"
    if found.enabled is False:
        return f"the role {text_of(found.value)} is disabled"
    if found.members and all(same(member, "Application") is False for member in found.members):
        return f"the role {text_of(found.value)} is for users only"
    return None
