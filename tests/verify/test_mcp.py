"""What `verify` says of servers of MCP that answer in ways of their own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from constructs_lib.verify.client import Client, HttpRequest, HttpResponse
from constructs_lib.verify.mcp import Conversation, in_session, lists, stateless
from constructs_lib.verify.run import Judgement
from constructs_lib.verify.secret import Secret
from constructs_lib.verify.streaming import Tool, streams

Message = dict[str, Any]
PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}


class Server(BaseHTTPRequestHandler):
    """Answers as the test says, until it has ended."""

    behave: Callable[[Server, Message], object]
    ended: threading.Event

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with suppress(OSError):  # The client has gone.
            type(self).behave(self, asked)

    def begin(self, content_type: str = "text/event-stream", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.end_headers()

    def events(self, *told: Message, end: str = "\n\n") -> None:
        """Send events in one piece."""
        self.wfile.write("".join(f"data: {json.dumps(each)}{end}" for each in told).encode())

    def result(self, asked: Message) -> None:
        """Answer a message."""
        self.events(result(asked))

    def wait(self) -> None:
        """Stay silent, with the connection open."""
        self.ended.wait(20)

    def log_message(self, *_: object) -> None:
        pass


def result(asked: Message) -> Message:
    """What answers any message, in either era."""
    told = {"protocolVersion": "2025-06-18", "tools": [], "resultType": "complete"}
    return {"jsonrpc": "2.0", "id": asked.get("id"), "result": told}


@pytest.fixture
def ask() -> Iterator[Callable[..., Judgement]]:
    """Judge a server that behaves in some way."""
    ended = threading.Event()
    behaviour = type("Behaviour", (Server,), {"ended": ended})
    server = ThreadingHTTPServer(("127.0.0.1", 0), behaviour)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def judged(
        behave: Any, judge: Callable[[Conversation], Judgement], timeout: float = 20
    ) -> Judgement:
        behaviour.behave = behave
        url, token = f"http://127.0.0.1:{server.server_port}/", Secret("x", where="")
        deadline = time.monotonic() + 30
        return judge(Conversation(Client(timeout=timeout), url, token, deadline))

    yield judged
    ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


def html(server: Server, _: Message) -> None:
    server.begin("text/html")
    server.wfile.write(b"<h1>Welcome</h1>")


def left_open(server: Server, asked: Message) -> None:
    server.begin()
    server.result(asked)
    server.wait()


def endless(server: Server, _: Message) -> None:
    server.begin()
    while not server.ended.wait(0.01):
        server.wfile.write(b": still here\n\n")


def silent(server: Server, _: Message) -> None:
    server.begin()
    server.wait()


def broken_off(server: Server, _: Message) -> None:
    server.begin()
    server.wfile.write(b'data: {"jsonrpc": "2.0", "id": 1, "resu')


def refused(server: Server, _: Message) -> None:
    server.begin("application/json", 401)
    server.wfile.write(json.dumps({"jsonrpc": "2.0", "error": {"code": -32001}}).encode())


def too_many(server: Server, _: Message) -> None:
    server.begin("application/json", 429)


def carriage_returns(server: Server, asked: Message) -> None:
    server.begin()
    server.events({**PROGRESS, "id": asked.get("id")}, result(asked), end="\r\n\r\n")


LISTS = {
    html: ("failed", "200 without an answer of MCP"),
    left_open: ("passed", "0 tools"),
    endless: ("failed", "200 without an answer of MCP"),
    silent: ("failed", "200 without an answer of MCP"),
    broken_off: ("failed", "200 without an answer of MCP"),
    refused: ("failed", "401 without an answer of MCP"),
    too_many: ("failed", "429 without an answer of MCP"),
    carriage_returns: ("passed", "0 tools"),
}


@pytest.mark.parametrize("behave", LISTS, ids=lambda each: each.__name__)
def test_a_list_is_judged_by_what_answers(
    ask: Callable[..., Judgement], behave: Callable[..., None]
) -> None:
    for eras in ((in_session, stateless), (stateless, in_session)):
        found = ask(behave, lists(*eras), timeout=0.3 if behave in (endless, silent) else 20)
        outcome, observed = LISTS[behave]
        assert (found.outcome, found.observed[: len(observed)]) == (outcome, observed)
        assert found.advice or found.outcome == "passed"


def called(
    behave: Callable[[Server, Message, Counted], None],
) -> Callable[[Server, Message], None]:
    """A server whose tool behaves in some way, which knows of the calls meanwhile."""
    others = Counted()

    def answered(server: Server, asked: Message) -> None:
        if asked["method"] == "tools/call":
            behave(server, asked, others)
        else:
            server.begin()
            server.result(asked)
            others.count()

    return answered


class Counted:
    """Other calls that were answered."""

    def __init__(self) -> None:
        self._calls = threading.Semaphore(0)

    def count(self) -> None:
        self._calls.release()

    def wait(self, calls: int) -> None:
        """Wait for so many more calls."""
        for _ in range(calls):
            assert self._calls.acquire(timeout=20)


def steadily(server: Server, _: Message, others: Counted) -> None:
    """Reports, and does not end before it has been left."""
    server.begin()
    while not server.ended.wait(0.01):
        server.events(PROGRESS)


def only_the_result(server: Server, asked: Message, others: Counted) -> None:
    server.begin()
    others.wait(2)
    server.result(asked)
    server.wait()


def all_at_the_end(server: Server, asked: Message, others: Counted) -> None:
    # The list by which the judge got to know the server, and more than three while it waits.
    others.wait(5)
    server.begin()
    server.events(PROGRESS, result(asked))


def at_once(server: Server, asked: Message, others: Counted) -> None:
    server.begin()
    server.events(PROGRESS, result(asked))


def no_stream(server: Server, asked: Message, others: Counted) -> None:
    server.begin("application/json")
    server.wfile.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {}}).encode())


def never(server: Server, _: Message, others: Counted) -> None:
    server.wait()


def fails(server: Server, asked: Message, others: Counted) -> None:
    server.begin()
    server.events({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32602}})


def gone(server: Server, _: Message, others: Counted) -> None:
    server.close_connection = True


STREAMS = {
    steadily: ("passed", "a piece came while the tool ran"),
    only_the_result: ("skipped", "one piece"),
    all_at_the_end: ("failed", "2 pieces at once"),
    at_once: ("skipped", "2 pieces, too quick to tell"),
    no_stream: ("skipped", "one piece"),
    never: ("failed", "the tool: no answer in time"),
    fails: ("skipped", "200, error -32602"),
    gone: ("failed", "connection reset"),
}


@pytest.mark.parametrize("behave", STREAMS, ids=lambda each: each.__name__)
def test_a_stream_is_judged_by_the_order_of_its_pieces(
    ask: Callable[..., Judgement], behave: Callable[..., None]
) -> None:
    found = ask(called(behave), streams(Tool(name="any")), timeout=2 if behave is never else 20)
    outcome, observed = STREAMS[behave]
    assert (found.outcome, found.observed[: len(observed)]) == (outcome, observed)
    assert found.advice or found.outcome == "passed" or behave is gone


def test_a_body_that_does_not_end_does_not_hide_the_status(ask: Callable[..., Judgement]) -> None:
    """An open door is one, however long it takes to say so."""

    def trickling(server: Server, _: Message) -> None:
        server.begin("text/plain")
        while not server.ended.wait(0.1):
            server.wfile.write(b".")

    def plain(conversation: Conversation) -> Judgement:
        request = HttpRequest(url=conversation.url, method="POST", body=b"{}")
        answer = conversation.client.send(request, deadline=conversation.deadline)
        assert isinstance(answer, HttpResponse)
        return Judgement(outcome="passed", observed=f"{answer.status} {answer.cut}")

    assert ask(trickling, plain, timeout=0.3).observed == "200 True"
