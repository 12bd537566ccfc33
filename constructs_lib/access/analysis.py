"""Puts an analysis together: records for readers from the links, calls and rules."""

from __future__ import annotations

from constructs_lib._core.collector import paused
from constructs_lib._core.errors import InputError
from constructs_lib.access.accepted import acceptances, sort_out
from constructs_lib.access.callers import Call, Calls
from constructs_lib.access.chain import Chain
from constructs_lib.access.links import ApiLink, AppLink, GatewayLink, RegistrationLink
from constructs_lib.access.records import (
    Analysis,
    Answer,
    ApiRecord,
    Caller,
    FunctionAppRecord,
    GatewayRecord,
    RegistrationRecord,
    sentence,
)
from constructs_lib.access.rules import breaches
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.values import text_of


@paused()
def analyse(configuration: Configuration) -> Analysis:
    """Say who can call what in a configuration, and why.

    Raises:
        InputError: When values are nested too deeply to be followed.
    """
    try:
        return _analyse(configuration)
    except RecursionError as error:
        raise InputError("is nested too deeply", where=configuration.source) from error


def _analyse(configuration: Configuration) -> Analysis:
    chain = Chain(configuration)
    calls = Calls(chain)
    findings, accepted = sort_out(breaches(calls), acceptances(configuration), configuration.source)
    targets = {app: _function_app(app) for app in chain.apps.values()}
    reached: dict[ApiLink, dict[str, None]] = {}
    for route in calls.routes:
        if route.app is not None:
            reached.setdefault(route.api, {})[route.app.address] = None
    callers: dict[str, Caller] = {}
    answers: list[Answer] = []
    for call in calls.calls:
        caller = callers.setdefault(call.caller.id, call.caller)
        answers.append(_answer(call, caller, targets[call.app]))
    used = {each.registration for each in [*chain.apps.values(), *calls.routes]}
    return Analysis(
        source=configuration.source,
        gateways=tuple(_gateway(each) for each in chain.gateways),
        apis=tuple(
            _api(each, chain, tuple(reached.get(each, ())))
            for gateway in chain.gateways
            for each in gateway.apis.values()
        ),
        function_apps=tuple(targets.values()),
        registrations=tuple(
            _registration(each, chain) for each in chain.registrations if each in used
        ),
        callers=tuple(callers.values()),
        answers=tuple(answers),
        findings=tuple(findings),
        accepted=tuple(accepted),
    )


def _answer(call: Call, caller: Caller, target: FunctionAppRecord) -> Answer:
    decision, resource = call.decision, call.decision.resource
    unwanted = decision.verdict == ("closed" if caller.trusted else "open")
    return Answer(
        caller=caller,
        target=target,
        status=decision.status,
        verdict=decision.verdict,
        reason=sentence(decision.reason),
        address=resource.address if resource else None,
        attribute=decision.attribute,
        path=resource.path if resource else None,
        line=resource.line_of(decision.attribute) if resource else None,
        rule=decision.rule if unwanted else None,
    )


def _gateway(link: GatewayLink) -> GatewayRecord:
    return GatewayRecord(
        address=link.address,
        name=link.name,
        managed=link.resource is not None and link.resource.managed,
        identities=tuple(each.record for each in link.identities),
        stack=link.stack,
    )


def _api(link: ApiLink, chain: Chain, targets: tuple[str, ...]) -> ApiRecord:
    configuration = chain.configuration
    required = path = None
    if link.resource is not None:
        body = configuration.body(link.resource)
        required, path = body.value("subscription_required", True), body.value("path")
    operations: list[str] = []
    for each in link.operations.values():
        body = configuration.body(each)
        method, template = body.value("method", ""), body.value("url_template", "")
        operations.append(f"{text_of(method)} {text_of(template)}")
    return ApiRecord(
        address=link.address,
        gateway=link.gateway.address,
        name=link.name,
        path="" if path is None else text_of(path),
        subscription_required=required if isinstance(required, bool) else None,
        operations=tuple(sorted(operations)),
        targets=targets,
        stack=link.resource.stack if link.resource else link.gateway.stack,
    )


def _function_app(link: AppLink) -> FunctionAppRecord:
    return FunctionAppRecord(
        address=link.address,
        name=link.name,
        slot_of=link.slot_of.address if link.slot_of else None,
        managed=link.managed,
        registration=link.registration.address if link.registration else None,
        stack=link.resource.stack,
    )


def _registration(link: RegistrationLink, chain: Chain) -> RegistrationRecord:
    assigned: dict[str, None] = {}
    for each in link.assignments:
        principal_id = chain.configuration.attribute(each, "principal_object_id")
        principal = chain.principals.with_object_id(principal_id)
        assigned[principal.name if principal else text_of(principal_id)] = None
    return RegistrationRecord(
        address=link.address,
        name=link.name,
        client_id=text_of(link.client_id),
        managed=link.managed,
        token_version=link.token_version,
        assignment_required=link.assignment_required,
        roles=tuple(text_of(role.value) for role in link.roles),
        assigned=tuple(assigned),
        stack=link.stack,
    )
