"""Whether the answer of an MCP server's tool arrives in pieces, while the tool is still running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.verify.client import HttpResponse, NoAnswer
from constructs_lib.verify.judges import unanswered
from constructs_lib.verify.mcp import (
    Conversation,
    Events,
    Listed,
    Refused,
    answers,
    in_session,
    list_tools,
    result_of,
    stateless,
    unlisted,
)
from constructs_lib.verify.run import Judgement

_ID = 2
_LONG = 3
"""A tool ran long enough, if so many other calls were answered one after another meanwhile."""
_BUFFERED = (
    'something buffers the answer: forward-request needs buffer-response="false" in the API\'s own '
    "backend section, no policy may read the body of the answer, and no diagnostic may log it; or "
    "the tool reports its progress only at its end"
)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that is safe to call and reports progress while it runs.

    Attributes:
        name: Its name.
        arguments: What it is called with.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


class _Call:
    """A call of a tool, whose answer is read while other calls are made."""

    def __init__(self, conversation: Conversation, server: Listed, tool: Tool) -> None:
        self.begun = threading.Event()
        """Set with the first piece that is not the last, or with the end."""
        self.answer: Future[HttpResponse | NoAnswer] = Future()
        """Done with the end."""
        self._left = False
        asked = server.call(
            "tools/call",
            name=tool.name,
            arguments=tool.arguments,
            _meta={"progressToken": _ID},
        )
        events = Events()

        def enough(answer: HttpResponse) -> bool:
            new = events.new(answer)
            if any(answers(each, _ID) for each in new):
                return True
            if new:
                self.begun.set()
            return self._left

        def read() -> None:
            try:
                self.answer.set_result(conversation.say(*asked, id=_ID, enough=enough))
            except Exception as error:
                self.answer.set_exception(error)
            self.begun.set()

        # A daemon: a tool that goes on must not outlast the command.
        threading.Thread(target=read, daemon=True).start()

    def leave(self) -> None:
        """Read no further than the next piece."""
        self._left = True


def streams(tool: Tool) -> Callable[[Conversation], Judgement]:
    """Judge whether the answer of a tool comes in pieces.

    By the order of things and not by the clock, which tells little of a busy machine. The tools are
    listed once more after the first piece: if the tool's answer has not ended by then, the piece
    came while the tool ran. If it has, and the tools could be listed several times before the
    piece, then everything came at once at the end of a tool that ran long.
    """

    def judge(conversation: Conversation) -> Judgement:
        server = stateless(conversation)
        if not isinstance(server, Listed):
            server = in_session(conversation)
        if not isinstance(server, Listed):
            return unlisted(server)
        call = _Call(conversation, server, tool)
        try:
            return _judged(conversation, server, tool, call)
        finally:
            call.leave()

    return judge


def _judged(conversation: Conversation, server: Listed, tool: Tool, call: _Call) -> Judgement:
    before = 0
    for _ in range(2 * _LONG):
        listed = list_tools(conversation, server)
        if not isinstance(listed, Listed):
            return unlisted(listed)
        if call.begun.is_set():
            break
        before += 1
    if not call.begun.wait(max(0.0, conversation.deadline - time.monotonic())):
        return _silent("no answer in time")
    if not call.answer.done():
        listed = list_tools(conversation, server)
        if not isinstance(listed, Listed):
            return unlisted(listed)
        if not call.answer.done():
            return Judgement(outcome="passed", observed="a piece came while the tool ran")
    return _at_once(call.answer.result(), tool, before)


def _at_once(answer: HttpResponse | NoAnswer, tool: Tool, before: int) -> Judgement:
    if isinstance(answer, NoAnswer):
        silent = answer.trouble in ("timeout", "late")
        return _silent(answer.detail) if silent else unanswered(answer)
    result = result_of(answer, id=_ID)
    if isinstance(result, Judgement):
        return _silent("no answer in time") if answer.cut else result
    if isinstance(result, Refused) or result.get("isError") is True:
        observed = result.observed if isinstance(result, Refused) else "the tool failed"
        return _unknown(observed, f"name another tool than {tool.name}, or other arguments")
    pieces = len(Events().new(answer))
    if pieces < 2:
        return _unknown("one piece", "the tool reports no progress: name one that does")
    if before < _LONG:
        return _unknown(
            f"{pieces} pieces, too quick to tell", "name a tool that runs longer after its first"
        )
    observed = f"{pieces} pieces at once, after {before} other calls were answered"
    return Judgement(outcome="failed", observed=observed, advice=_BUFFERED)


def _silent(observed: str) -> Judgement:
    advice = f"{_BUFFERED}, or not within --request-timeout"
    return Judgement(outcome="failed", observed=f"the tool: {observed}", advice=advice)


def _unknown(observed: str, advice: str) -> Judgement:
    return Judgement(outcome="skipped", observed=observed, advice=advice)
