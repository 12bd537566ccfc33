"""What Terraform itself is to assert of a stack at plan and apply; off unless asked for.

Synth sees no value that Terraform only learns later: an id from another stack's state, the identity
of a gateway that somebody else keeps, the token version of a registration. A precondition stops the
plan or apply before the policy is written and so before any operation is live. A `check` block only
warns, also when nothing is changed, for what this stack does not decide.

Sources: Terraform, "Custom conditions" (1.5 or later); azurerm `azurerm_api_management` data
source; azuread `azuread_application` and `azuread_service_principal` data sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from cdktf import Fn, Op, TerraformResource, TerraformStack, Token
from cdktf_cdktf_provider_azurerm.api_management import ApiManagement

from constructs_lib._core.azure_names import UUID
from constructs_lib._core.errors import InputError
from constructs_lib.gateway.existing import ExistingGateway
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.registration.app_registration import AppRegistration, current_tenant_id
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.secured_function_api import SecuredFunctionApi


class Condition(TypedDict):
    """A custom condition as Terraform writes it.

    Attributes:
        condition: An expression that must be true.
        error_message: What to say if it is not.
    """

    condition: str
    error_message: str


def add_checks(
    stack: TerraformStack,
    *,
    gateway: GatewayReferences,
    apis: Mapping[str, SecuredFunctionApi[Any]],
    directory: bool = False,
) -> None:
    """Let Terraform assert what synth cannot see; once for each stack.

    A precondition of each API's policy fails the plan or apply:

    - audience, tenant and both ids of the gateway's identity are UUIDs, and the two differ;
    - the host name behind is a host name, and the gateway's URL is served with TLS;
    - a registration made here is made in the tenant that Easy Auth names as the issuer.

    Checks warn:

    - `gateway`: a gateway that exists already has the identity that the policy calls with;
    - `<api>_registration`, `<api>_principal`, if `directory`: a registration that exists already
      issues tokens of the version that Easy Auth expects, for one tenant, that of the issuer, and
      to nobody without an assignment.

    Args:
        stack: The stack.
        gateway: The gateway.
        apis: The APIs by name, as for `add_outputs`.
        directory: Whether to look up existing registrations, for which the applying principal must
            be allowed to read applications (`Application.Read.All`).

    Raises:
        InputError: If two APIs have names that Terraform cannot tell apart.
    """
    checks: dict[str, Any] = {}
    if isinstance(gateway, ExistingGateway):
        checks["gateway"] = {"assert": _identity(gateway)}
    for name, api in apis.items():
        _add_preconditions(api.function_api.api_policy, _preconditions(gateway, api))
        if directory and isinstance(api.registration, ExistingRegistration):
            label = re.sub(r"\W", "_", name)
            if f"{label}_registration" in checks:
                raise InputError(
                    f"two APIs are {label!r} to Terraform",
                    where=f"{stack.node.path}: apis",
                    fix="give them names that differ in more than punctuation",
                )
            checks |= _registration(label, api.registration)
    for name, body in checks.items():
        stack.add_override(f"check.{name}", body)


def _preconditions(gateway: GatewayReferences, api: SecuredFunctionApi[Any]) -> list[Condition]:
    registration, caller = api.registration, gateway.caller
    conditions = [
        *_uuid(registration.client_id, "The audience, the registration's client id,"),
        *_uuid(registration.tenant_id, "The registration's tenant id"),
        *_uuid(caller.client_id, "The client id of the gateway's identity"),
        *_uuid(caller.object_id, "The object id of the gateway's identity"),
        _that(
            Op.neq(caller.client_id, caller.object_id),
            "The gateway's identity has one id as client id and as object id; they differ.",
        ),
        _that(
            _matches(r"^[0-9A-Za-z.-]+$", api.function_app.hostname),
            f"{api.function_app.hostname} is not a host name; it has no https:// and no path.",
        ),
        _that(
            _matches(r"^https://", gateway.url), f"The gateway's URL, {gateway.url}, has no TLS."
        ),
    ]
    if isinstance(registration, AppRegistration):
        signed_in = current_tenant_id(api)
        if signed_in != registration.tenant_id:
            conditions.append(
                _that(
                    Op.eq(signed_in, registration.tenant_id),
                    f"azuread is signed in to the tenant {signed_in}, where it would make the "
                    f"registration, but Easy Auth names {registration.tenant_id} as the issuer.",
                )
            )
    return conditions


def _identity(gateway: ExistingGateway) -> list[Condition]:
    """Assert that the service has the identity that the policy calls with."""
    service, name = gateway.service, gateway.name
    identity = service.identity if isinstance(service, ApiManagement) else service.identity.get(0)
    wanted = "SystemAssigned" if gateway.identity_id is None else "UserAssigned"
    conditions = [
        _that(
            Fn.can(Fn.regex(wanted, identity.type)),
            f"{name} has no {wanted} identity: switch it on, or calls end in 500.",
        )
    ]
    if gateway.identity_id is None:
        conditions.append(
            _that(
                Op.eq(Fn.try_([identity.principal_id, ""]), gateway.caller.object_id),
                f"The identity of {name} is not {gateway.caller.object_id}, to which Easy Auth "
                "would be open: its calls end in 403.",
            )
        )
    else:
        conditions.append(
            _that(
                # Azure writes resource ids in varying case.
                Fn.contains(
                    Fn.try_([Fn.split("\n", Fn.lower(Fn.join("\n", identity.identity_ids))), []]),
                    Fn.lower(gateway.identity_id),
                ),
                f"{name} does not have the identity {gateway.identity_id}: attach it, or calls "
                "end in 500.",
            )
        )
    return conditions


def _registration(label: str, registration: ExistingRegistration) -> dict[str, Any]:
    """Assert of a registration that somebody else manages what the chain builds on."""
    application = f"data.azuread_application.{label}_registration"
    principal = f"data.azuread_service_principal.{label}_principal"
    lives_in = f"{principal}.application_tenant_id"
    required = f"try(coalesce({principal}.app_role_assignment_required), false)"
    version = f"try(coalesce({application}.api[0].requested_access_token_version), 1)"
    return {
        f"{label}_registration": {
            "data": {
                "azuread_application": {
                    f"{label}_registration": {"client_id": registration.client_id}
                }
            },
            "assert": [
                Condition(
                    condition=f"${{{version} == {registration.token_version}}}",
                    error_message=f"The registration issues tokens of version ${{{version}}} and "
                    f"Easy Auth expects {registration.token_version}: every call ends in 401. "
                    "Set requestedAccessTokenVersion, or token_version here.",
                ),
                Condition(
                    condition=f'${{{application}.sign_in_audience == "AzureADMyOrg"}}',
                    error_message="The registration issues tokens to other tenants too "
                    f"(${{{application}.sign_in_audience}}).",
                ),
            ],
        },
        f"{label}_principal": {
            "data": {
                "azuread_service_principal": {
                    f"{label}_principal": {"client_id": registration.client_id}
                }
            },
            "assert": [
                Condition(
                    condition=f"${{{required}}}",
                    error_message="The registration requires no assignment: every application of "
                    "the tenant gets a token for it, and Easy Auth alone tells them apart.",
                ),
                Condition(
                    condition=f"${{{lives_in} == {_operand(registration.tenant_id)}}}",
                    error_message=f"The registration lives in the tenant ${{{lives_in}}}, but Easy "
                    f"Auth names {registration.tenant_id} as the issuer.",
                ),
            ],
        },
    }


def _add_preconditions(resource: TerraformResource, conditions: Sequence[Condition]) -> None:
    resource.add_override("lifecycle.precondition", list(conditions))


def _uuid(value: str, meaning: str) -> list[Condition]:
    """Assert that a value is a UUID, unless synth has seen that it is."""
    if UUID.allows(value):
        return []
    return [_that(_matches(f"^{UUID.expression}$", value), f"{meaning} is not a UUID: {value}")]


def _matches(pattern: str, value: str) -> Any:
    return Fn.can(Fn.regex(pattern, value))


def _operand(value: str) -> str:
    """Write a value within an expression; CDKTF writes its tokens there without `${}` itself."""
    return value if "TfToken[" in value else json.dumps(value)


def _that(condition: Any, error_message: str) -> Condition:
    return Condition(condition=Token.as_string(condition), error_message=error_message)
