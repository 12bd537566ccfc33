"""Shows that the subscription key stops at the gateway, with the help of an operation that echoes.

The key travels in its header and a made-up one in the query parameter, which the gateway does not
look at when the header is there (Learn, api-management-subscriptions): so the real key is in no
server's log. A header and a parameter with made-up names go along; an answer without them echoes
nothing and so shows nothing.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, cast

from constructs_lib.verify.client import HttpRequest, HttpResponse, NoAnswer
from constructs_lib.verify.judges import Judge
from constructs_lib.verify.outputs import KeyPlace
from constructs_lib.verify.run import Judgement
from constructs_lib.verify.secret import Secret


class Echo:
    """A request to an operation that answers with the headers and query parameters it received.

    Args:
        names: Where the gateway expects the key.
        key: A valid key.
        unechoed: Judges an answer that is none of the operation's.
    """

    def __init__(self, names: KeyPlace, key: Secret, unechoed: Judge) -> None:
        self._names = names
        self._key = key
        self._unechoed = unechoed
        self._made_up = Secret(secrets.token_hex(16), where="a made-up key")
        self._marker = f"x-verify-{secrets.token_hex(8)}"

    def request(self, url: str) -> HttpRequest:
        """Return the request to the operation at `url`."""
        joint = "&" if "?" in url else "?"
        query = f"{self._names.query}={self._made_up.reveal()}&{self._marker}=1"
        headers = {self._names.header: self._key, self._marker: "1"}
        return HttpRequest(url=f"{url}{joint}{query}", headers=headers)

    def judge(self, answer: HttpResponse | NoAnswer) -> Judgement:
        """Judge the echo."""
        if isinstance(answer, NoAnswer) or not 200 <= answer.status < 300:
            return self._unechoed(answer)
        text = answer.body.decode("utf-8", "replace")
        headers, query = _received(text)
        if self._marker not in headers or self._marker not in query:
            return Judgement(
                outcome="failed",
                observed="no echo",
                advice='the operation must answer with JSON {"headers": …, "query": …} of what it '
                "received, as an object or as a list of names",
            )
        leaks = [
            f"header {self._names.header}" if self._names.header.lower() in headers else "",
            f"query parameter {self._names.query}" if self._names.query.lower() in query else "",
            "the key's value" if self._key.is_in(text) else "",
            "the value of the query parameter" if self._made_up.is_in(text) else "",
        ]
        seen = [leak for leak in leaks if leak]
        if not seen:
            return Judgement(outcome="passed", observed="no key")
        return Judgement(
            outcome="failed",
            observed=f"the function received {' and '.join(seen)}",
            advice="the policy must delete the key's header and query parameter under the names "
            "that the API gives them",
        )


def _received(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the headers and query parameters in an echo, in lower case."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset(), frozenset()
    if not isinstance(document, dict):
        return frozenset(), frozenset()
    echo = cast("dict[str, Any]", document)

    def names(value: Any) -> frozenset[str]:
        if not isinstance(value, (dict, list)):
            return frozenset()
        return frozenset(str(name).lower() for name in cast("list[Any]", value))

    return names(echo.get("headers")), names(echo.get("query", echo.get("args")))
