"""Templates of `set-body`: Liquid as DotLiquid has it in C# mode, with filters in PascalCase."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from constructs_lib.simulation.policies.headers import message_of
from constructs_lib.simulation.policies.parsing import parsed
from constructs_lib.simulation.policy_statements import Value
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError

if TYPE_CHECKING:
    from liquid import Environment

    from constructs_lib.simulation.call import SimulatedCall


@cache
def _environment() -> Environment:
    import liquid

    environment = liquid.Environment()
    for name, function in list(environment.filters.items()):
        environment.filters["".join(part.capitalize() for part in name.split("_"))] = function
    return environment


def rendering(text: str) -> Value:
    """A template, to be rendered with a call."""
    from liquid.exceptions import LiquidError

    try:
        template = _environment().from_string(text)
    except LiquidError as error:
        sentence = f"the Liquid template of set-body is not understood: {error}"

        def stop(_: SimulatedCall) -> Any:
            raise CallStoppedError(sentence)

        return stop

    def render(call: SimulatedCall) -> str:
        call.trace.add("set-body", "The Liquid template is rendered.", "set-body.liquid")
        try:
            return template.render(body=parsed(message_of(call)), context=_context(call))
        except LiquidError as error:
            raise PolicyFailedError(f"Liquid template could not be rendered: {error}") from None

    return render


def _context(call: SimulatedCall) -> dict[str, Any]:
    """What the documentation of `set-body` lists for templates."""
    request, api, operation = call.request, call.api, call.operation
    found: dict[str, Any] = {
        "Request": {
            "Method": request.method,
            "IpAddress": request.client_address,
            "Url": _url(request.url),
            "OriginalUrl": _url(call.original_url),
            "MatchedParameters": dict(call.facts.matched_parameters),
            "Headers": {name: request.headers.get(name) for name in request.headers.names()},
        },
        "RequestId": str(call.facts.request_id),
        "Variables": dict(call.variables),
    }
    if api is not None:
        found["Api"] = {"Id": api.facts.id, "Name": api.facts.name, "Path": api.facts.path}
    if operation is not None:
        facts = operation.facts
        found["Operation"] = {"Id": facts.id, "Name": facts.name, "Method": facts.method}
    if call.response is not None:
        headers = call.response.headers
        found["Response"] = {
            "StatusCode": call.response.status,
            "StatusReason": call.response.reason,
            "Headers": {name: headers.get(name) for name in headers.names()},
        }
    return found


def _url(url: Any) -> dict[str, Any]:
    query = {name: ",".join(url.parameter(name)) for name, _ in url.pairs()}
    return {
        "Host": url.host,
        "Path": url.path,
        "Port": url.port,
        "Scheme": url.scheme,
        "QueryString": f"?{url.query}" if url.query else "",
        "Query": query,
    }
