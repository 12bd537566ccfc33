"""Analyses made by hand: a gateway, an API, a function app and its slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from constructs_lib._core.findings import Finding
from constructs_lib.access import (
    Accepted,
    Analysis,
    Answer,
    ApiRecord,
    Caller,
    FunctionAppRecord,
    GatewayRecord,
    Identity,
    RegistrationRecord,
)

T = TypeVar("T")

GATEWAY = GatewayRecord(
    address="azurerm_api_management.gateway",
    name="apim-contoso",
    managed=True,
    identities=(
        Identity(
            name="apim-contoso (system-assigned)",
            kind="system-assigned",
            client_id="${data.azuread_service_principal.gateway.client_id}",
            object_id="${azurerm_api_management.gateway.identity.principal_id}",
        ),
    ),
)
REGISTRATION = RegistrationRecord(
    address="azuread_application.orders",
    name="orders",
    client_id="${azuread_application.orders.client_id}",
    managed=True,
    token_version=2,
    assignment_required=True,
    roles=("Functions.Invoke",),
    assigned=("apim-contoso (system-assigned)",),
)
APP = FunctionAppRecord(
    address="azurerm_linux_function_app.orders",
    name="func-orders",
    slot_of=None,
    managed=True,
    registration=REGISTRATION.address,
)
SLOT = replace(
    APP,
    address="azurerm_linux_function_app_slot.orders-staging",
    name="func-orders/staging",
    slot_of=APP.address,
)
API = ApiRecord(
    address="azurerm_api_management_api.orders",
    gateway=GATEWAY.address,
    name="orders",
    path="orders",
    subscription_required=True,
    operations=("GET /orders", "POST /orders"),
    targets=(APP.address,),
)
THROUGH = Caller(
    id=f"gateway:{API.address}",
    kind="gateway",
    label="the gateway through orders",
    trusted=True,
    address=API.address,
)
WITHOUT_KEY = Caller(
    id=f"gateway-without-key:{API.address}",
    kind="gateway-without-key",
    label="the gateway through orders without a subscription key",
    address=API.address,
)
LISTED = Caller(
    id="listed-application:batch",
    kind="listed-application",
    label="batch (on the allow-list)",
    trusted=True,
)
APPLICATION = Caller(id="application", kind="application", label="another application")
ANONYMOUS = Caller(id="anonymous", kind="anonymous", label="anybody without a token")
PLAIN_HTTP = Caller(id="plain-http", kind="plain-http", label="anybody over plain HTTP")
PUBLISHING = Caller(
    id="publishing", kind="publishing", label="a holder of the publishing credentials"
)


def passes(caller: Caller, target: FunctionAppRecord = APP, **others: Any) -> Answer:
    """The target lets the caller in."""
    answer = Answer(
        caller=caller,
        target=target,
        status=200,
        verdict="open",
        reason="Easy Auth accepts the token.",
        address=target.address,
        attribute="auth_settings_v2.active_directory_v2",
    )
    return replace(answer, **others)


def stays_out(caller: Caller, target: FunctionAppRecord = APP, **others: Any) -> Answer:
    """The target keeps the caller out."""
    answer = Answer(
        caller=caller,
        target=target,
        status=401,
        verdict="closed",
        reason="Easy Auth answers 401 without a valid token.",
        address=target.address,
        attribute="auth_settings_v2.unauthenticated_action",
    )
    return replace(answer, **others)


def unknown(caller: Caller, target: FunctionAppRecord = APP, **others: Any) -> Answer:
    """What the caller gets is decided elsewhere."""
    answer = Answer(
        caller=caller,
        target=target,
        status="unknown",
        verdict="unknown",
        reason="The registration is managed elsewhere.",
        address=REGISTRATION.address,
        attribute="client_id",
    )
    return replace(answer, **others)


def analysis(*answers: Answer, **others: Any) -> Analysis:
    """An analysis that holds these answers."""
    made = Analysis(
        source="cdktf.out",
        gateways=(GATEWAY,),
        apis=(API,),
        function_apps=tuple(dict.fromkeys(answer.target for answer in answers)),
        registrations=(REGISTRATION,),
        callers=tuple(dict.fromkeys(answer.caller for answer in answers)),
        answers=answers,
        findings=(),
        accepted=(),
    )
    return replace(made, **others)


RIGHT = analysis(
    stays_out(ANONYMOUS),
    passes(THROUGH),
    stays_out(
        WITHOUT_KEY,
        reason="orders demands a subscription key.",
        address=API.address,
        attribute="subscription_required",
    ),
    stays_out(
        APPLICATION,
        reason="Entra issues no token for orders to another application.",
        address="azuread_service_principal.orders",
        attribute="app_role_assignment_required",
    ),
    stays_out(ANONYMOUS, SLOT),
)
"""Everything as it should be."""

OPEN_SLOT = Finding(
    rule="SF102",
    severity="error",
    message="Easy Auth lets requests without a token through.",
    fix="Set require_authentication = true.",
    address=SLOT.address,
    attribute="auth_settings_v2.require_authentication",
)
OPEN_DEPLOYMENT = Finding(
    rule="SF410",
    severity="warning",
    message="The deployment site answers everywhere.",
    fix="Name the networks that deploy.",
    address=APP.address,
    attribute="site_config.scm_ip_restriction_default_action",
)
WRONG = analysis(
    *RIGHT.answers[:-1],
    unknown(PLAIN_HTTP),
    passes(PUBLISHING, rule="SF410", reason="The deployment site answers everywhere."),
    passes(
        ANONYMOUS,
        SLOT,
        rule="SF102",
        reason="Easy Auth lets requests without a token through.",
        attribute="auth_settings_v2.require_authentication",
        path="main.tf",
        line=7,
    ),
    source="changed",
    findings=(OPEN_SLOT,),
    accepted=(Accepted(finding=OPEN_DEPLOYMENT, reason="hosted runners deploy"),),
)
"""The slot is open to everybody, one answer is not known, and one was accepted."""


def with_text(record: T, change: Callable[[str], str]) -> T:
    """The same record with every text that a configuration may choose changed."""
    if isinstance(record, tuple):
        return cast(T, tuple(with_text(each, change) for each in record))
    if not is_dataclass(record) or isinstance(record, type):
        return cast(T, change(record)) if isinstance(record, str) else record
    fixed = {"kind", "verdict", "status", "severity", "rule"}
    return cast(
        T,
        replace(
            record,
            **{
                field.name: with_text(getattr(record, field.name), change)
                for field in fields(record)
                if field.name not in fixed
            },
        ),
    )


def many(count: int) -> Analysis:
    """`WRONG` that many times, with names and addresses of its own each time."""
    copies = [
        with_text(WRONG, lambda text, number=number: text.replace("orders", f"team{number:03}"))
        for number in range(count)
    ]
    return replace(
        WRONG,
        apis=tuple(each for copy in copies for each in copy.apis),
        function_apps=tuple(each for copy in copies for each in copy.function_apps),
        registrations=tuple(each for copy in copies for each in copy.registrations),
        callers=tuple(dict.fromkeys(each for copy in copies for each in copy.callers)),
        answers=tuple(each for copy in copies for each in copy.answers),
        findings=tuple(each for copy in copies for each in copy.findings),
        accepted=tuple(each for copy in copies for each in copy.accepted),
    )
