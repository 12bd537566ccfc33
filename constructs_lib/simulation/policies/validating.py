"""Messages held against the definition of the API.

Source: Learn, the pages of the validation policies, with their table of errors (2022-12-05).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from constructs_lib.simulation.contract import DefinedMessage, DefinedParameter
from constructs_lib.simulation.http import SimulatedRequest
from constructs_lib.simulation.policies.headers import message_of, response_of
from constructs_lib.simulation.policy_statements import Run, Statement, as_boolean
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

_INTERNAL = "The request could not be processed due to an internal error. Contact the API owner."
_WORDS = {
    "QueryParameter": "query parameter",
    "PathParameter": "path parameter",
    "RequestHeader": "header",
    "ResponseHeader": "header",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a message.

    Attributes:
        name: The parameter, header, media type or status.
        type: What it is, as `QueryParameter`.
        rule: The rule that it breaks.
        details: A sentence.
        action: `prevent` or `detect`.
        internal: Whether the caller is not told.
    """

    name: str
    type: str
    rule: str
    details: str
    action: str
    internal: bool = False


def _validating(policy: Statement, find: Callable[[SimulatedCall], Iterable[Fault]]) -> Run:
    """Reports the faults that are found, and refuses the call if one is to be prevented."""
    variable = policy.literal("errors-variable-name") or policy.literal("error-variable-name")

    def run(call: SimulatedCall) -> None:
        faults = [each for each in find(call) if each.action != "ignore"]
        if not faults:
            call.trace.add(policy.name, "The message is as the API says.", policy.name)
            return
        if variable:
            from constructs_lib.simulation.csharp.libraries.json_tokens import token_of_python

            call.variables[variable] = token_of_python([_written(each) for each in faults])
        for each in faults:
            call.trace.add(policy.name, each.details, policy.name, action=each.action)
        first = next((each for each in faults if each.action == "prevent"), None)
        if first is None:
            return
        inbound = policy.around.section == "inbound"
        told = _INTERNAL if first.internal or not inbound else first.details
        raise PolicyFailedError(
            first.details,
            reason="Bad request" if inbound else "Response not allowed",
            response=refusal(400 if inbound else 502, told),
        )

    return run


def _written(fault: Fault) -> dict[str, str]:
    return {
        "Name": fault.name,
        "Type": fault.type,
        "ValidationRule": fault.rule,
        "Details": fault.details,
        "Action": fault.action,
    }


Actions = Callable[["SimulatedCall", str, bool], str]
"""What to do about a name; whether the API lists it decides where no element names it."""


def _actions(policy: Statement, part: Statement | None, item: str, noun: str) -> Actions:
    """What a policy does about names: of its own, and of a part that overrides it."""
    texts = [
        (part if part is not None and part.has(name) else policy).text(name)
        for name in (f"unspecified-{noun}-action", f"specified-{noun}-action")
    ]
    listed = part.children(item) if part is not None else []
    named = [(each.text("name"), each.text("action")) for each in listed]

    def action(call: SimulatedCall, name: str, specified: bool) -> str:
        for each, text in named:
            if each(call).lower() == name.lower():
                return text(call)
        return texts[specified](call)

    return action


def validate_parameters(policy: Statement) -> Run:
    """Headers, query and path parameters of the request."""
    kinds = [
        (kind, _actions(policy, policy.child(part), "parameter", "parameter"))
        for part, kind in (
            ("headers", "RequestHeader"),
            ("query", "QueryParameter"),
            ("path", "PathParameter"),
        )
    ]

    def find(call: SimulatedCall) -> Iterator[Fault]:
        contract, facts = call.contract(), call.facts
        sent = {
            "RequestHeader": _lines(call.request),
            "QueryParameter": call.original_url.pairs(),
            "PathParameter": [
                pair
                for pair in facts.matched_parameters.items()
                if call.operation and pair[0] not in call.operation.query
            ],
        }
        keys = {facts.api.key_header.lower(), facts.api.key_query.lower()}
        given = {
            "RequestHeader": contract.request.headers,
            "QueryParameter": contract.query,
            "PathParameter": contract.path,
        }
        for kind, action in kinds:
            passed = [pair for pair in sent[kind] if pair[0].lower() not in keys]
            if len(passed) < len(sent[kind]):
                told = "The subscription key is the gateway's own parameter."
                call.trace.add(policy.name, told, "validate-parameters.key")
            yield from _compared(call, kind, given[kind], passed, action)

    return _validating(policy, find)


def validate_headers(policy: Statement) -> Run:
    """Headers of the response."""
    action = _actions(policy, policy, "header", "header")

    def find(call: SimulatedCall) -> Iterator[Fault]:
        response = response_of(call)
        known = call.contract().responses.get(response.status, DefinedMessage())
        yield from _compared(call, "ResponseHeader", known.headers, _lines(response), action)

    return _validating(policy, find)


def validate_status_code(policy: Statement) -> Run:
    """The status of the response."""
    action = policy.text("unspecified-status-code-action")
    named = [(each.number("code"), each.text("action")) for each in policy.children("status-code")]

    def find(call: SimulatedCall) -> Iterator[Fault]:
        status = response_of(call).status
        if status not in call.contract().responses:
            own = next((text(call) for code, text in named if int(code(call)) == status), None)
            told = f"Response status code {status} is not allowed."
            yield Fault(str(status), "StatusCode", "Unspecified", told, own or action(call))

    return _validating(policy, find)


def _lines(message: Any) -> list[tuple[str, str]]:
    return list(message.headers)


def _compared(
    call: SimulatedCall,
    kind: str,
    known: Sequence[DefinedParameter],
    sent: Iterable[tuple[str, str]],
    action: Actions,
) -> Iterator[Fault]:
    """What is wrong with the parameters that were sent."""
    what, given = _WORDS[kind], dict[str, tuple[str, list[str]]]()
    for name, value in sent:
        given.setdefault(name.lower(), (name, []))[1].append(value)
    for parameter in known:
        name, values = given.pop(parameter.name.lower(), (parameter.name, []))
        told = _wrong(what, parameter, values)
        if told:
            yield Fault(name, kind, "IncorrectMessage", told, action(call, name, True))
    for name, _ in given.values():
        told = f"Unspecified {what} {name} is not allowed."
        yield Fault(name, kind, "Unspecified", told, action(call, name, False))


def _wrong(what: str, parameter: DefinedParameter, values: list[str]) -> str | None:
    name = parameter.name
    if not values:
        told = f"Value of the {what} {name} does not conform to the definition. It is required."
        return told if parameter.required else None
    if len(values) > 1 and parameter.type != "array":
        return f"Request cannot contain multiple values for the {what} {name}."
    for value in values:
        if not _has_type(value, parameter.type):
            return f"Value of the {what} {name} cannot be parsed according to the definition."
        if parameter.values and value not in parameter.values:
            return f"Value of the {what} {name} does not conform to the definition."
    return None


def _has_type(text: str, kind: str) -> bool:
    if kind == "boolean":
        return text.lower() in ("true", "false")
    try:
        {"integer": int, "number": float}.get(kind, str)(text)
    except ValueError:
        return False
    return True


def validate_content(policy: Statement) -> Run:
    """The body of the message, by its media type."""
    unspecified, most = policy.text("unspecified-content-type-action"), policy.number("max-size")
    exceeded, mapped = policy.text("size-exceeded-action"), _mapping(policy)
    contents = [
        (each, each.text("type"), each.text("action")) for each in policy.children("content")
    ]

    def find(call: SimulatedCall) -> Iterator[Fault]:
        message = message_of(call)
        content = message.content
        if not content:
            return
        side = "Request" if isinstance(message, SimulatedRequest) else "Response"
        body = f"{side}Body"
        if len(content) > most(call):
            told = f"{side}'s body is {len(content)} bytes long and it exceeds the configured "
            told += f"limit of {most(call):g} bytes."
            yield Fault("", body, "SizeLimit", told, exceeded(call))
        kind = mapped(call, (message.headers.get("Content-Type") or "").partition(";")[0].strip())
        known, own = _known(call, message), False
        for each, text, action in contents:
            wanted = text(call)
            specified = kind.lower() in {one.lower() for one, _, _ in known}
            if wanted.lower() == kind.lower() if wanted else specified:
                own = own or each.has("schema-id")
                if action(call) != "ignore":
                    yield from _wrong_body(call, each, body, kind, content, known, action(call))
        if not own and kind.lower() not in {one.lower() for one, _, _ in known}:
            told = f"Unspecified content type {kind} is not allowed."
            yield Fault(kind, body, "Unspecified", told, unspecified(call))

    return _validating(policy, find)


def _mapping(policy: Statement) -> Callable[[SimulatedCall, str], str]:
    """What a body's media type is taken for."""
    listed = policy.child("content-type-map")
    if listed is None:
        return lambda _call, kind: kind
    rest, missing = listed.text("any-content-type-value"), listed.text("missing-content-type-value")
    types = [
        (each.text("from"), each.value("when", default=False), each.text("to"))
        for each in listed.children("type")
    ]

    def mapped(call: SimulatedCall, kind: str) -> str:
        for own, when, to in types:
            same = own(call).lower() == kind.lower() if kind else False
            if same or as_boolean(when(call), "when"):
                return to(call)
        return rest(call) or (kind or missing(call))

    return mapped


def _known(call: SimulatedCall, message: Any) -> list[tuple[str, str, str]]:
    """The bodies that the API lists: media type, schema, definition in it."""
    contract = call.contract()
    own = contract.request
    if not isinstance(message, SimulatedRequest):
        own = contract.responses.get(message.status, DefinedMessage())
    return [(each.type, each.schema_id, each.definition) for each in own.contents]


def _wrong_body(
    call: SimulatedCall,
    policy: Statement,
    body: str,
    kind: str,
    content: bytes,
    known: list[tuple[str, str, str]],
    action: str,
) -> Iterator[Fault]:
    if policy.text("validate-as")(call).lower() != "json" or policy.has(
        "case-insensitive-property-names"
    ):
        raise CallStoppedError("validate-content of anything but JSON is not simulated")
    api, name, reference = call.facts.api.id, policy.text("schema-id")(call), ""
    if name:
        schema = call.service.contracts.schema(name)
        reference = policy.text("schema-ref")(call)
    else:
        listed = [(a, b) for one, a, b in known if one.lower() == kind.lower()]
        name, definition = listed[0] if listed else ("", "")
        schema = call.service.contracts.schema(name, api) if name else None
        if schema is not None and definition:
            group = "definitions" if "definitions" in schema else "components/schemas"
            reference = f"#/{group}/{definition}"
    if schema is None:
        told = "API's schema does not exist or it could not be resolved."
        yield Fault("", "ApiSchema", "", told, action, internal=True)
        return
    more = policy.boolean("allow-additional-properties", default=False)(call)
    given = more if policy.has("allow-additional-properties") else None
    side = "request" if body == "RequestBody" else "response"
    named = reference.rpartition("/")[2] or name
    told = f"Body of the {side} does not conform to the definition {named}, which is associated "
    told += f"with the content type {kind}."
    for message in _invalid(_prepared(schema, given), reference, content):
        call.trace.add("validate-content", message, "validate-content.message")
        yield Fault(kind, body, "IncorrectMessage", f"{told} {message}", action)


def _invalid(schema: Any, reference: str, content: bytes) -> list[str]:
    """What a schema finds wrong with JSON."""
    from jsonschema_rs import Draft7Validator, ReferencingError, ValidationError

    try:
        value = json.loads(content)
    except ValueError as error:
        return [f"It is no JSON: {error}."]
    try:
        validator = Draft7Validator({**schema, "$ref": reference} if reference else schema)
        return [str(each.message) for each in validator.iter_errors(value)]
    except (ValidationError, ReferencingError, ValueError) as error:
        raise CallStoppedError(
            f"the schema of validate-content is not understood: {error}"
        ) from None


def _prepared(schema: Any, more: bool | None) -> Any:
    """A schema of OpenAPI as JSON Schema has it, with other properties allowed or not."""
    if isinstance(schema, list):
        return [_prepared(each, more) for each in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = {name: _prepared(each, more) for name, each in cast("dict[str, Any]", schema).items()}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    if more is not None and isinstance(found.get("properties"), dict) and "type" in found:
        found["additionalProperties"] = more
    return found
