"""What a client of MCP with a token sees, in both eras of the protocol.

Sources: Model Context Protocol 2025-06-18, "Lifecycle" and "Transports" (a session begins with
`initialize`); 2026-07-28, "Transports" (each request stands alone: `_meta` says the version, and
headers repeat version, method and name); HTML, "Server-sent events" (how events are told apart).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

from constructs_lib._core.version import __version__
from constructs_lib.verify.client import (
    Client,
    Enough,
    HttpRequest,
    HttpResponse,
    NoAnswer,
    is_stream,
)
from constructs_lib.verify.judges import busy, unanswered
from constructs_lib.verify.run import Judgement
from constructs_lib.verify.secret import Secret

SESSIONS = "2025-06-18"
STATELESS = "2026-07-28"
"""The first version without sessions."""

_CLIENT = {"name": "secured-functions-verify", "version": __version__}
_META = {
    "io.modelcontextprotocol/protocolVersion": STATELESS,
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HEADER_MISMATCH = -32020
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINE_END = re.compile(rb"\r\n|\n|\r")

_MEANINGS = {
    200: "something else than the MCP server answers, or its answer breaks off",
    401: "the gateway does not take the token: look at its lifetime, its audience, its tenant, and "
    "whether its client is one of `clients`",
    403: "the token has neither the scope nor the role, or a network rule refuses",
    404: "no such operation at the gateway, or no MCP server at the function app's endpoint",
    405: "the gateway or the server does not take POST at this address",
    429: "too many calls of this caller in a minute: see calls_per_minute",
    500: "the gateway got no token of its own, or the server fails",
    502: "Easy Auth refused the gateway, which the policy turns into 502: look at the gateway's "
    "token, its audience and allowed_applications",
}
_NOT_ENOUGH = "the answer does not hold what the protocol demands: see the server's log"


@dataclass(frozen=True)
class Conversation:
    """A client that talks to a server.

    Attributes:
        client: What sends.
        url: The server's address.
        token: A caller's token.
        deadline: When to give up, of `time.monotonic`.
    """

    client: Client
    url: str
    token: Secret
    deadline: float

    def say(
        self,
        method: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str],
        *,
        id: int | None = 1,
        enough: Enough | None = None,
    ) -> HttpResponse | NoAnswer:
        """Send a message.

        Args:
            method: What is asked for.
            params: Its parameters.
            headers: Those of HTTP that go along.
            id: What the answer names; None for a notification, which nothing answers.
            enough: When to read no further; once the answer is there, if not given, as the stream
                may stay open behind it.
        """
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        return self.client.send(
            HttpRequest(
                url=self.url,
                method="POST",
                headers={
                    "Authorization": self.token,
                    "Content-Type": "application/json",
                    "Accept": "application/json, text/event-stream",
                    **headers,
                },
                body=json.dumps(message if id is None else {**message, "id": id}).encode(),
            ),
            deadline=self.deadline,
            enough=enough or _answered(id),
        )


def _answered(id: int | None) -> Enough:
    events = Events()

    def enough(answer: HttpResponse) -> bool:
        return any(answers(each, id) for each in events.new(answer))

    return enough


def answers(event: bytes, id: int | None) -> bool:
    """Whether an event answers a message, with a result or an error."""
    told = _json(event)
    return told.get("id") == id and not told.keys().isdisjoint({"result", "error"})


class Events:
    """The events of an answer whose body grows."""

    def __init__(self) -> None:
        self._read = 0

    def new(self, answer: HttpResponse) -> list[bytes]:
        """The text of each event that is complete now and was not before; none where it is JSON."""
        if not is_stream(answer):
            return []
        found: list[bytes] = []
        for end in _EVENT_END.finditer(answer.body, self._read):
            lines = _LINE_END.split(answer.body[self._read : end.start()])
            self._read = end.end()
            data = [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]
            # An event without a text only says where to resume.
            if any(data):
                found.append(bytes(b"\n".join(data)))
        return found


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A server that listed its tools.

    Attributes:
        version: Of the protocol.
        tools: How many it listed.
        headers: What goes along with the next message.
        meta: What its `_meta` holds.
    """

    version: str
    tools: int
    headers: Mapping[str, str]
    meta: Mapping[str, Any]

    def call(self, method: str, **params: Any) -> tuple[str, dict[str, Any], dict[str, str]]:
        """Return what to `say` to it next: a method, its parameters, and headers."""
        headers, meta = dict(self.headers), {**self.meta, **params.get("_meta", {})}
        if self.meta:
            headers["Mcp-Method"] = method
            if "name" in params:
                headers["Mcp-Name"] = params["name"]
        return method, params | ({"_meta": meta} if meta else {}), headers


@dataclass(frozen=True)
class Refused:
    """A server that refuses a message in the protocol's own words: it may speak the other era."""

    observed: str


_Outcome: TypeAlias = "Listed | Refused | Judgement"
Era: TypeAlias = "Callable[[Conversation], _Outcome]"


def in_session(conversation: Conversation) -> _Outcome:
    """List the tools as a client does that begins with `initialize`."""
    about = {"protocolVersion": SESSIONS, "capabilities": {}, "clientInfo": _CLIENT}
    answer = conversation.say("initialize", about, {})
    result = result_of(answer)
    if not isinstance(result, dict):
        return result
    version, session = result.get("protocolVersion"), _header(answer, "mcp-session-id")
    if not isinstance(version, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", version):
        return _failed("200 without a version of the protocol", _NOT_ENOUGH)
    headers = {"MCP-Protocol-Version": version}
    if session:
        if not re.fullmatch(r"[!-~]+", session):
            return _failed("200 with a session id that no header may carry", _NOT_ENOUGH)
        headers["Mcp-Session-Id"] = session
    noted = conversation.say("notifications/initialized", {}, headers, id=None)
    if isinstance(noted, NoAnswer) or noted.status not in (200, 202, 204):
        return _unexpected(noted)
    return list_tools(conversation, Listed(version=version, tools=0, headers=headers, meta={}))


def stateless(conversation: Conversation) -> _Outcome:
    """List the tools as a client does to which each request stands alone."""
    headers = {"MCP-Protocol-Version": STATELESS}
    server = Listed(version=STATELESS, tools=0, headers=headers, meta=_META)
    return list_tools(conversation, server)


def list_tools(conversation: Conversation, server: Listed) -> _Outcome:
    """List the tools of a server of which it is known how to talk to it."""
    result = result_of(conversation.say(*server.call("tools/list")))
    if not isinstance(result, dict):
        return result
    if server.meta and "resultType" not in result:
        # The server has answered as before 2026-07-28, from which on each result has a type.
        return Refused("200 as of an older version")
    tools = result.get("tools")
    if not isinstance(tools, list):
        return _failed("200 without a list of tools", _NOT_ENOUGH)
    return replace(server, tools=len(cast("list[Any]", tools)))


def lists(era: Era, other: Era) -> Callable[[Conversation], Judgement]:
    """Judge whether a server lists its tools in an era; it need not speak both.

    Args:
        era: It.
        other: The other one.
    """

    def judge(conversation: Conversation) -> Judgement:
        found = era(conversation)
        if isinstance(found, Listed):
            told = f"{found.tools} tools, version {found.version}"
            return Judgement(outcome="passed", observed=told)
        if isinstance(found, Refused) and isinstance(also := other(conversation), Listed):
            advice = (
                f"the server speaks the other era, version {also.version}; or a header does not "
                "reach it"
            )
            return Judgement(outcome="skipped", observed=found.observed, advice=advice)
        return unlisted(found)

    return judge


def unlisted(outcome: Refused | Judgement) -> Judgement:
    """Judge a server that does not list its tools."""
    return outcome if isinstance(outcome, Judgement) else _failed(outcome.observed, _NOT_ENOUGH)


def result_of(
    answer: HttpResponse | NoAnswer, *, id: int = 1
) -> dict[str, Any] | Refused | Judgement:
    """Return the result that answers a message, or why there is none."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    for told in map(_json, Events().new(answer) or [answer.body]):
        error, result = told.get("error"), told.get("result")
        if answer.status == 200 and told.get("id") == id and isinstance(result, dict):
            return cast("dict[str, Any]", result)
        # These two are the gateway's own, whatever it says of them.
        if answer.status not in (401, 403) and isinstance(error, dict) and "jsonrpc" in told:
            code = cast("dict[str, Any]", error).get("code")
            if code == _HEADER_MISMATCH:
                return _failed(
                    f"{answer.status}, header mismatch",
                    "MCP-Protocol-Version, Mcp-Method and Mcp-Name do not reach the server as "
                    "they were sent",
                )
            return Refused(f"{answer.status}, error {code if isinstance(code, int) else '?'}")
    return _unexpected(answer)


def _json(data: bytes | bytearray) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _header(answer: HttpResponse | NoAnswer, name: str) -> str:
    return "" if isinstance(answer, NoAnswer) else answer.headers.get(name, "")


def _unexpected(answer: HttpResponse | NoAnswer) -> Judgement:
    """An answer that is none of the protocol's; what Azure has not replicated yet may come."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    waiting = busy(answer)
    return Judgement(
        outcome="failed",
        observed=f"{answer.status} without an answer of MCP",
        advice=_MEANINGS.get(answer.status, ""),
        again=waiting is not None or answer.status in (401, 403, 404),
        after=waiting.after if waiting else None,
    )


def _failed(observed: str, advice: str) -> Judgement:
    return Judgement(outcome="failed", observed=observed, advice=advice)
