"""What the definition of an API says of its messages: parameters, bodies, statuses, schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from constructs_lib.access.links import key
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import text_of
from constructs_lib.simulation.known import KnownValues


@dataclass(frozen=True, slots=True)
class DefinedParameter:
    """A parameter of the path or the query, or a header.

    Attributes:
        name: Its name.
        required: Whether it must be there.
        type: `string`, `integer`, `number`, `boolean` or another word of JSON Schema.
        values: Those that are allowed; empty is all.
    """

    name: str
    required: bool
    type: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefinedBody:
    """A body of a media type, and where its schema stands."""

    type: str
    schema_id: str
    definition: str


@dataclass(frozen=True, slots=True)
class DefinedMessage:
    """What a request or a response may hold."""

    headers: tuple[DefinedParameter, ...] = ()
    contents: tuple[DefinedBody, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """What the definition of an operation says."""

    path: tuple[DefinedParameter, ...] = ()
    query: tuple[DefinedParameter, ...] = ()
    request: DefinedMessage = DefinedMessage()
    responses: dict[int, DefinedMessage] = field(default_factory=dict[int, DefinedMessage])


class Contracts:
    """The definitions of a configuration, read when they are asked for.

    Args:
        configuration: Where they stand.
        known: What its values come to.
    """

    def __init__(self, configuration: Configuration, known: KnownValues) -> None:
        self._configuration = configuration
        self._known = known
        self._contracts: dict[Resource, Contract] = {}

    def of(self, operation: Resource | None) -> Contract:
        """What the definition of an operation says.

        Raises:
            NotKnownError: If a part of it is not known.
        """
        if operation is None:
            return Contract()
        found = self._contracts.get(operation)
        if found is None:
            found = self._contracts[operation] = self._read(self._configuration.body(operation))
        return found

    def schema(self, name: str, api: str | None = None) -> dict[str, Any] | None:
        """A schema of an API, or without one of the service; None if there is none.

        Raises:
            NotKnownError: If its text is not known.
        """
        kind = "api_schema" if api is not None else "global_schema"
        for each in self._configuration.of_type(f"azurerm_api_management_{kind}"):
            body = self._configuration.body(each)
            named = key(self._configuration.attribute(each, "api_name")) if api else None
            if key(body.value("schema_id")) != key(name) or (api and named != key(api)):
                continue
            found: dict[str, Any] = {}
            for part in ("value", "components", "definitions"):
                text = self._known.text(body.value(part), f"the schema {name}")
                if text:
                    given = _object(text)
                    found |= given if part == "value" else {part: given}
            return found
        return None

    def _read(self, body: Body) -> Contract:
        request = body.block("request")
        return Contract(
            tuple(self._parameters(body, "template_parameter")),
            tuple(self._parameters(request, "query_parameter")),
            self._message(request),
            {
                int(text_of(each.value("status_code", 200))): self._message(each)
                for each in body.blocks("response")
            },
        )

    def _message(self, body: Body | None) -> DefinedMessage:
        contents = [
            DefinedBody(*(self._known.text(each.value(name), name) for name in _OF_CONTENT))
            for each in (body.blocks("representation") if body is not None else ())
        ]
        return DefinedMessage(tuple(self._parameters(body, "header")), tuple(contents))

    def _parameters(self, body: Body | None, kind: str) -> Iterator[DefinedParameter]:
        for each in body.blocks(kind) if body is not None else ():
            name = self._known.text(each.value("name"), f"the name of a {kind}")
            what = f"the {kind} {name}"
            yield DefinedParameter(
                name,
                self._known.boolean(each.value("required", False), what),
                self._known.text(each.value("type"), what, "string").lower(),
                tuple(self._known.text(one, what) for one in each.values("values")),
            )


_OF_CONTENT = ("content_type", "schema_id", "type_name")


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
