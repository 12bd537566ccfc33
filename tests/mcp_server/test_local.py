"""A real client gets through a gateway that runs our policy, and nobody else does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from tests.mcp_server.client import ask
from tests.mcp_server.gateway import CHAIN_AUDIENCE, CLIENT, Local, local
from tests.mcp_server.samples import AGENT, weather

HTTP = httpx2.Client()
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture(scope="module")
def here(build: Callable[..., dict[str, Any]]) -> Iterator[Local]:
    """The server of the samples, behind a gateway of this machine."""
    with local(build(weather)) as running:
        issue = running.entra.issue
        issue("user")
        issue("another client", azp="00000000-0000-4000-8000-000000000000")
        issue("another audience", aud=CHAIN_AUDIENCE)
        issue("another tenant", tid="00000000-0000-4000-8000-000000000000")
        issue("no scope", scp="")
        issue("agent", azp=AGENT.client_id, scp="", roles="Mcp.Invoke")
        with HTTP:
            yield running


def send(url: str, token: str | None = None, method: str = "POST", **headers: str) -> Any:
    given = {"accept": "application/json, text/event-stream", **headers}
    if token:
        given["authorization"] = f"Bearer {token}"
    return HTTP.request(method, url, headers=given, json=PING if method == "POST" else None)


def test_a_client_lists_and_calls_a_tool_with_a_users_token(here: Local) -> None:
    found = asyncio.run(ask(here.url, headers={"Authorization": "Bearer user"}))
    assert found == (["add"], "5")
    assert {*here.behind.received} == {f"Bearer gateway for {CHAIN_AUDIENCE}"}


class Store:
    """Where a client keeps its tokens; it was registered before."""

    def __init__(self, issuer: str | None) -> None:
        self.tokens: Any = None
        self.information = issuer and OAuthClientInformationFull(
            client_id=CLIENT,
            redirect_uris=["http://127.0.0.1:33418/"],  # pyright: ignore[reportArgumentType] - a URL
            token_endpoint_auth_method="none",
            issuer=issuer,
        )

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.information

    async def set_client_info(self, client_info: Any) -> None:
        self.information = client_info


def signing_in(here: Local, *, registered: bool = True) -> OAuthClientProvider:
    """The discovery of the client's own library, with a client id or without one."""
    metadata = HTTP.get(here.gateway_metadata).json()
    [issuer] = metadata["authorization_servers"]
    states: list[str] = []

    async def redirect(url: str) -> None:
        states.append(here.entra.authorize(url))

    async def callback() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code="a code", state=states[-1])

    known: Any = {"client_name": "probe", "redirect_uris": ["http://127.0.0.1:33418/"]}
    store: Any = Store(issuer if registered else None)
    return OAuthClientProvider(here.url, OAuthClientMetadata(**known), store, redirect, callback)


def test_the_clients_own_discovery_leads_to_a_token(here: Local) -> None:
    assert asyncio.run(ask(here.url, auth=signing_in(here))) == (["add"], "5")
    assert f"{here.url}/access" in here.entra.asked


def test_a_client_without_an_id_gets_no_registration(here: Local) -> None:
    with pytest.raises(BaseException) as error:  # noqa: PT011 - the library wraps it in groups
        asyncio.run(ask(here.url, auth=signing_in(here, registered=False)))
    assert "Registration" in repr(error.value) or "register" in str(error.getrepr())


def anonymous(here: Local, method: str) -> object:
    answer = send(here.url, method=method)
    return answer.status_code, answer.headers.get("www-authenticate")


def holder(here: Local, token: str) -> object:
    """What the holder of a token sees, and what the app behind gets of it."""
    here.behind.received.clear()
    answer = send(here.url, token)
    challenge = answer.headers.get("www-authenticate", "")
    return answer.status_code, challenge[:40], list(here.behind.received)


def streams(here: Local) -> bool:
    start = time.monotonic()
    headers = {"authorization": "Bearer user", "x-pieces": "yes"}
    with HTTP.stream("POST", here.url, headers=headers, json=PING) as answer:
        next(answer.iter_raw())
        return time.monotonic() - start < 0.2


TOKENS = ("made up", "another client", "another audience", "another tenant", "no scope")
SEEN: dict[str, Callable[[Local], object]] = {
    **{f"{m} without a token": partial(anonymous, method=m) for m in ("POST", "GET", "DELETE")},
    **{token: partial(holder, token=token) for token in (*TOKENS, "user", "agent")},
    "methods": lambda here: [send(here.url, "user", m).status_code for m in ("GET", "DELETE")],
    "origin": lambda here: send(here.url, "user", origin="https://evil.example").status_code,
    "streams": streams,
}
"""What callers of every kind see of the server."""


def test_every_caller_sees_what_it_should(here: Local) -> None:
    seen = {name: look(here) for name, look in SEEN.items()}
    metadata, scope = here.gateway_metadata, f"{here.url}/access"
    challenge = f'Bearer resource_metadata="{metadata}", scope="{scope}"'
    through = [f"Bearer gateway for {CHAIN_AUDIENCE}"]
    invalid = (401, 'Bearer error="invalid_token", resource_m', [])
    assert seen == {
        "POST without a token": (401, challenge),
        "GET without a token": (401, challenge),
        "DELETE without a token": (401, challenge),
        "made up": invalid,
        "another client": invalid,
        "another audience": invalid,
        "another tenant": invalid,
        "no scope": (403, 'Bearer error="insufficient_scope", resou', []),
        "user": (200, "", through),
        "agent": (200, "", through),
        "methods": [405, 405],
        "origin": 403,
        "streams": True,
    }


def test_the_metadata_names_the_server_itself_to_everybody(here: Local) -> None:
    told = HTTP.get(here.gateway_metadata)
    assert told.headers["content-type"] == "application/json"
    assert told.json()["resource"] == here.url
    assert told.json()["scopes_supported"] == [f"{here.url}/access"]


# What the policy could lack, and what somebody would then see.
WEAKER: dict[str, tuple[str, str, str]] = {
    "no challenge": (r"<set-header name=\"WWW-Auth.*?</set-header>", "", "POST without a token"),
    "any client": (r"<client-application-ids>.*?</client-application-ids>", "", "another client"),
    "any audience": (r"<audiences>.*?</audiences>", "", "another audience"),
    "another tenant": (r'tenant-id="[^"]*"', 'tenant-id="another"', "user"),
    "no scope check": (r"<choose>\s*<when condition=\"@\(!\(\(\(Jwt.*?</choose>", "", "no scope"),
    "the caller's token": (r"<authentication-managed-identity[^>]*/>", "", "user"),
    "another token": (r'(identity resource=")[^"]*', r"\1https://management.azure.com/", "user"),
    "any origin": (r"<choose>\s*<when condition=\"@\(context.Request.Headers.GetValueOrDefault"
                   r"\(&quot;Origin.*?</choose>", "", "origin"),
    "buffered": (r' buffer-response="false"', "", "streams"),
    "inherited": (r"<backend>.*?</backend>", "<backend><base /></backend>", "streams"),
    "not after an error": (r"<on-error>.*?</on-error>", "<on-error><base /></on-error>", "made up"),
}  # fmt: skip


@pytest.mark.parametrize("change", WEAKER)
def test_each_weaker_policy_is_seen(here: Local, change: str) -> None:
    pattern, replacement, where = WEAKER[change]
    right = here.gateway.policies
    weaker = {method: here.gateway.changed(method, pattern, replacement) for method in right}
    assert weaker != right
    before = SEEN[where](here)
    here.gateway.policies = weaker
    try:
        after = SEEN[where](here)
    finally:
        here.gateway.policies = right
    assert after != before


def test_a_refusal_of_the_app_behind_is_none_of_the_caller(here: Local) -> None:
    right = here.gateway.policies
    pattern, replacement, _ = WEAKER["another token"]
    here.gateway.policies = {m: here.gateway.changed(m, pattern, replacement) for m in right}
    try:
        answer = send(here.url, "user")
    finally:
        here.gateway.policies = right
    assert (answer.status_code, answer.headers.get("www-authenticate")) == (502, None)
