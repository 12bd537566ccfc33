"""Where requests go: the backend, the path, the query."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from constructs_lib.simulation.context import IBackend
from constructs_lib.simulation.http import HttpUrl
from constructs_lib.simulation.policy_statements import Run, Statement
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall
    from constructs_lib.simulation.model import BackendEntity

_PLACEHOLDER = re.compile(r"\{\*?([^{}]+)\}")


def set_backend_service(policy: Statement) -> Run:
    """The backend: a URL, or an entity."""
    base, entity = policy.text("base-url"), policy.text("backend-id")
    by_entity = policy.has("backend-id")

    def run(call: SimulatedCall) -> None:
        if by_entity:
            enter(call, entity(call))
            return
        if call.backend_id is not None:
            call.trace.add(
                "set-backend-service",
                f"The backend {call.backend_id} stays: only a backend-id can replace it.",
                "set-backend-service.entity-stays",
            )
            return
        url = base(call)
        try:
            call.move(HttpUrl.parse(url))
        except ValueError:
            raise PolicyFailedError(f"Invalid URI: {url}") from None
        call.trace.add("set-backend-service", f"The backend is {url} now.", "set-backend-service")

    return run


def enter(call: SimulatedCall, name: str) -> None:
    """Send a call to a backend entity."""
    entity = call.service.backend(name)
    call.backend_id = entity.id
    call.facts.backend = IBackend(entity.id, "Pool" if entity.pool else "Single")
    if entity.pool:
        # Which of its backends is called is known once the request is forwarded.
        move_to(call, call.service.backend(entity.pool[0].backend))
        told = f"The backend is the pool {entity.id} now."
    else:
        move_to(call, entity)
        told = f"The backend is {entity.id} now, at {entity.url}."
    call.trace.add("set-backend-service", told, "set-backend-service")


def move_to(call: SimulatedCall, entity: BackendEntity) -> None:
    """Have the URL of a call be that of a backend entity."""
    try:
        call.move(HttpUrl.parse(entity.url))
    except ValueError as error:
        raise CallStoppedError(f"the backend {entity.id} cannot be called: {error}") from None


def rewrite_uri(policy: Statement) -> Run:
    """The path of the request, and what is left of its query."""
    template = policy.text("template")
    copied = policy.boolean("copy-unmatched-params", default=True)

    def run(call: SimulatedCall) -> None:
        text = template(call)
        values = call.facts.matched_parameters

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in values:
                raise PolicyFailedError(
                    f"The template parameter {name} is not in the operation's template."
                )
            return values[name]

        path, _, query = _PLACEHOLDER.sub(value, text).partition("?")
        operation = call.operation
        known = {name.lower() for name in operation.query} if operation else set[str]()
        own = {unquote_plus(piece.partition("=")[0]).lower() for piece in query.split("&")}
        kept = [
            piece
            for piece in call.request.url.query.split("&")
            if piece and unquote_plus(piece.partition("=")[0]).lower() not in known | own
        ]
        pieces = [query] if query else []
        pieces += kept if copied(call) else []
        call.request.url = replace(call.request.url, query="&".join(pieces))
        call.repath(path or "/")
        call.trace.add("rewrite-uri", f"The URL is {call.request.url} now.", "rewrite-uri")

    return run


def set_query_parameter(policy: Statement) -> Run:
    """A parameter of the request's query."""
    name, action = policy.text("name"), policy.text("exists-action", "override")
    values = policy.texts("value")

    def run(call: SimulatedCall) -> None:
        parameter, what = name(call), action(call)
        url = call.request.url
        there = bool(url.parameter(parameter))
        if (what == "skip" and there) or (what == "delete" and not there):
            message = f"The query parameter {parameter} stays as it is."
            call.trace.add("set-query-parameter", message, "set-query-parameter")
            return
        given = [] if what == "delete" else values(call)
        call.request.url = url.with_parameter(parameter, given, append=what == "append")
        call.trace.add(
            "set-query-parameter",
            "Request URL was updated with the query value."
            if given
            else f"The query parameter {parameter} is deleted.",
            "set-query-parameter",
        )

    return run
