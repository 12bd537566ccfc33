"""HTTP messages keep what was sent: order, case, several values, the raw query."""

from __future__ import annotations

import pytest

from constructs_lib.simulation.http import (
    BodyConsumedError,
    HttpBody,
    HttpHeaders,
    HttpUrl,
    SimulatedResponse,
)


def test_headers_are_found_in_any_case_and_keep_their_order_and_their_lines():
    headers = HttpHeaders([("Accept", "a"), ("X-One", "1"), ("accept", "b")])
    assert headers.get("ACCEPT") == "a,b"
    assert headers.names() == ["Accept", "X-One"]
    headers.set("accept", "c", "d")
    assert list(headers) == [("accept", "c"), ("accept", "d"), ("X-One", "1")]
    assert headers.remove("x-one")
    assert "X-One" not in headers


def test_a_body_is_gone_once_it_is_read_unless_it_is_preserved():
    body = HttpBody(b"x")
    assert body.read(preserve=True) == body.read() == b"x"
    with pytest.raises(BodyConsumedError):
        body.read()
    assert body.content == b""


def test_a_body_in_pieces_is_waited_for_only_if_somebody_looks_at_it():
    come: list[bytes] = []

    def pieces():
        for piece in (b"a", b"b"):
            come.append(piece)
            yield piece

    body = HttpBody(pieces())
    passed = body.pieces()
    assert (next(passed), come, body.content) == (b"a", [b"a"], b"")
    body = HttpBody(pieces())
    assert body.streams
    assert (body.read(preserve=True), body.streams) == (b"ab", False)
    assert list(body.pieces()) == [b"ab"]


def test_a_url_keeps_what_was_sent_but_the_parameter_that_is_changed():
    url = HttpUrl.parse("HTTPS://Contoso.example/a%20b?x=1%2C2&KEY=s&x=3")
    assert (url.authority, url.path, url.parameter("X")) == (
        "contoso.example",
        "/a%20b",
        ["1,2", "3"],
    )
    assert str(url.with_parameter("key", [])) == "https://contoso.example/a%20b?x=1%2C2&x=3"
    assert url.with_parameter("x", ["é"]).query == "KEY=s&x=%C3%A9"
    assert url.with_parameter("y", ["1"], append=True).query == "x=1%2C2&KEY=s&x=3&y=1"
    assert str(HttpUrl.parse("http://localhost:7071")) == "http://localhost:7071/"
    with pytest.raises(ValueError, match="not a URL"):
        HttpUrl.parse("/relative")


def test_what_is_not_text_becomes_a_json_body():
    response = SimulatedResponse.of(201, {"a": 1})
    assert response.body.content == b'{"a": 1}'
    assert (response.reason, response.headers["content-type"]) == ("Created", "application/json")
