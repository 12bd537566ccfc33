"""How a policy ends a call: with an answer, with an error, or because it cannot be simulated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs_lib.simulation.http import SimulatedResponse

if TYPE_CHECKING:
    from constructs_lib.simulation.trace import Trace


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """Where a policy stands.

    Attributes:
        name: Its element's name.
        scope: `global`, `product`, `api` or `operation`.
        section: `inbound`, `backend`, `outbound` or `on-error`.
        path: Where it stands in its section, as `choose[1]/when[2]/set-header[1]`.
        id: Its `id` attribute.
    """

    name: str
    scope: str
    section: str
    path: str
    id: str | None


class AnsweredError(Exception):
    """A policy has answered: nothing more runs, and it is no error."""


class CachedError(Exception):
    """A cache has answered: the backend is not asked, and outbound follows."""


class PolicyFailedError(Exception):
    """A policy or a built-in step fails, and on-error runs.

    Args:
        source: What failed, if it is not the policy itself.
        reason: A word for it, for `LastError.Reason`.
        message: A sentence, for `LastError.Message`.
        response: What the caller gets unless on-error changes it; the general 500 if not given.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        source: str | None = None,
        response: SimulatedResponse | None = None,
    ) -> None:
        self.source = source
        self.reason = reason
        self.message = message
        self.response = response
        self.place: PolicyPlace | None = None
        super().__init__(message)


class CallStoppedError(Exception):
    """The simulation cannot go on: something is not known or not simulated.

    Attributes:
        trace: What happened until then.
    """

    def __init__(self, sentence: str) -> None:
        self.trace: Trace | None = None
        super().__init__(sentence)


def refusal(status: int, message: str, **more: str) -> SimulatedResponse:
    """The answer of a built-in step or a policy that refuses a call, as the gateway writes it."""
    parts = "".join(f', "{name}": {json.dumps(value)}' for name, value in more.items())
    text = f'{{ "statusCode": {status}, "message": {json.dumps(message)}{parts} }}'
    return SimulatedResponse.of(status, text.encode(), {"Content-Type": "application/json"})
