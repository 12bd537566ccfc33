"""A real client gets through the simulated gateway to a real server, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
)

from constructs_lib import VISUAL_STUDIO_CODE
from constructs_lib.simulation.http import HttpBody, HttpUrl, SimulatedRequest, SimulatedResponse
from tests.mcp_server.client import ask
from tests.mcp_server.local import AGENT, STATELESS, Local, policies

PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
REDIRECT = "http://127.0.0.1:33418/"
ELSEWHERE = "00000000-0000-4000-8000-000000000000"


async def send(here: Local, token: str | None = None, method: str = "POST", **headers: str) -> Any:
    given = {"accept": "application/json, text/event-stream", **headers}
    if token:
        given["authorization"] = f"Bearer {token}"
    async with httpx2.AsyncClient(**here.http()) as http:
        body = PING if method == "POST" else None
        return await http.request(method, here.url, headers=given, json=body)


ERAS = {
    "both speak the newest": ("auto", False),
    "the server is older": ("auto", True),
    "the client is older": ("legacy", False),
    "the client knows what to speak": (STATELESS, False),
}


@pytest.mark.parametrize("era", ERAS)
def test_a_client_lists_and_calls_a_tool_with_a_users_token(here: Local, era: str) -> None:
    mode, here.behind.old = ERAS[era]
    headers = {"Authorization": f"Bearer {here.token()}"}
    found = asyncio.run(ask(here.url, mode=mode, headers=headers, **here.http()))
    assert found == (["add", "count"], "5")
    # The function gets the gateway's token, in whichever era, and the caller's never.
    gateway = here.outputs()["gateway"]["client_id"]
    assert {each["azp"] for each in here.behind.received} == {gateway}


class Store:
    """Where a client keeps its tokens; it was registered before."""

    def __init__(self, issuer: str | None) -> None:
        self.tokens: Any = None
        self.information = issuer and OAuthClientInformationFull(
            client_id=VISUAL_STUDIO_CODE,
            redirect_uris=[REDIRECT],  # pyright: ignore[reportArgumentType] - a URL
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


def sign_in(here: Local, *, registered: bool = True, hint: str = "") -> tuple[Any, dict[str, str]]:
    """What the client's own library finds and asks for, with a client id or without one.

    Returns what its user gets, and the query of the page that it opened in a browser.
    """
    asked: dict[str, str] = {}
    returned: dict[str, list[str]] = {}

    async def redirect(url: str) -> None:
        asked.update({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        async with httpx2.AsyncClient(**here.http()) as browser:
            found = await browser.get(url + (f"&login_hint={hint}" if hint else ""))
        assert found.headers["location"].startswith(REDIRECT)
        returned.update(parse_qs(urlsplit(found.headers["location"]).query))

    async def callback() -> AuthorizationCodeResult:
        if "error" in returned:
            raise PermissionError(returned["error_description"][0])
        return AuthorizationCodeResult(code=returned["code"][0], state=returned["state"][0])

    known: Any = {"client_name": "probe", "redirect_uris": [REDIRECT]}
    store: Any = Store(here.mcp["issuer"] if registered else None)
    auth = OAuthClientProvider(here.url, OAuthClientMetadata(**known), store, redirect, callback)
    return asyncio.run(ask(here.url, auth=auth, **here.http())), asked


def test_the_clients_own_discovery_leads_to_a_token(here: Local) -> None:
    found, asked = sign_in(here)
    assert found == (["add", "count"], "5")
    assert asked["resource"] == here.url
    assert f"{here.url}/access" in asked["scope"].split()
    assert asked["code_challenge_method"] == "S256"


def _identifier(document: dict[str, Any]) -> None:
    for each in document["resource"]["azuread_application"].values():
        if "api" in each and each["api"].get("oauth2_permission_scope"):
            each["identifier_uris"] = ["https://another.example"]


def _no_client(document: dict[str, Any]) -> None:
    del document["resource"]["azuread_application_pre_authorized"]


# What a client's user is told, and why: the policy, the registration, or who signs in.
NO_SIGN_IN: dict[str, tuple[Callable[[dict[str, Any]], None] | None, dict[str, Any], str]] = {
    "no client id": (None, {"registered": False}, "OAuthRegistrationError"),
    "nobody assigned them": (None, {"hint": "stranger"}, "AADSTS50105"),
    "not pre-authorized": (_no_client, {}, "AADSTS65001"),
    "another identifier": (_identifier, {}, "AADSTS650053"),
    "another resource": (policies(r'"resource": "[^"]*', '"resource": "https://another.example'),
                         {}, "OAuthFlowError"),
    "a bare scope": (policies(r'scope="[^"]*/access"', 'scope="access"'), {}, "AADSTS650053"),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_SIGN_IN)
def test_a_sign_in_that_cannot_end_well_says_why(here: Local, case: str) -> None:
    change, given, words = NO_SIGN_IN[case]
    if change is None:
        with pytest.raises(BaseException) as error:  # noqa: PT011 - the library wraps it in groups
            sign_in(here, **given)
    else:
        with here.changed(change), pytest.raises(BaseException) as error:  # noqa: PT011
            sign_in(here, **given)
    assert words in str(error.getrepr())


WRONG = {
    "nothing": {},
    "another code": {"code": "made-up"},
    "another client": {"client_id": ELSEWHERE},
    "another redirect URI": {"redirect_uri": "http://127.0.0.1:1/"},
    "another verifier": {"code_verifier": "guessed"},
    "no verifier": {"code_verifier": ""},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_code_is_redeemed_once_and_by_who_asked_for_it(here: Local, what: str) -> None:
    # The example of RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    client = {"client_id": VISUAL_STUDIO_CODE, "redirect_uri": REDIRECT}
    asked = {**client, "response_type": "code", "scope": here.mcp["scope"]}
    asked |= {"code_challenge": challenge, "code_challenge_method": "S256", "state": "s"}
    base = HttpUrl.parse(here.mcp["issuer"].replace("/v2.0", "/oauth2/v2.0/"))

    def entra(method: str, path: str, form: dict[str, str]) -> SimulatedResponse:
        query, body = (urlencode(form), b"") if method == "GET" else ("", urlencode(form).encode())
        url = replace(base, path=base.path + path, query=query)
        return here.simulator.answer(SimulatedRequest(method, url, body=HttpBody(body)))

    location = entra("GET", "authorize", asked).headers["Location"]
    returned = parse_qs(urlsplit(location).query)
    assert returned["state"] == ["s"]
    [code] = returned["code"]
    form = {**client, "grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    found = entra("POST", "token", form | WRONG[what])
    assert found.status == (400 if WRONG[what] else 200)
    again = json.loads(entra("POST", "token", form).content)
    assert (again.get("error") == "invalid_grant") == (what != "another code")


def test_no_code_goes_to_another_machine(here: Local) -> None:
    query = urlencode({"client_id": VISUAL_STUDIO_CODE, "redirect_uri": "https://evil.example/"})
    url = HttpUrl.parse(f"https://login.microsoftonline.com/t/oauth2/v2.0/authorize?{query}")
    assert here.simulator.answer(SimulatedRequest("GET", url)).status == 400


async def anonymous(here: Local, method: str) -> object:
    answer = await send(here, method=method)
    return answer.status_code, answer.headers.get("www-authenticate")


async def holder(here: Local, **changes: str | None) -> object:
    """What the holder of a token sees, and for whom the token is that the app behind gets."""
    here.behind.received.clear()
    answer = await send(here, here.token(**changes))
    challenge = answer.headers.get("www-authenticate", "")
    return answer.status_code, challenge[:40], [each.get("aud") for each in here.behind.received]


async def made_up(here: Local) -> object:
    answer = await send(here, "made-up")
    return answer.status_code, answer.headers.get("www-authenticate", "")[:40]


async def statuses(here: Local, *methods: str, **headers: str) -> object:
    return [(await send(here, here.token(), each, **headers)).status_code for each in methods]


SEEN: dict[str, Callable[[Local], Awaitable[object]]] = {
    **{f"{m} without a token": partial(anonymous, method=m) for m in ("POST", "GET", "DELETE")},
    "made up": made_up,
    "another client": partial(holder, azp=ELSEWHERE),
    "another audience": partial(holder, aud=ELSEWHERE),
    "another tenant": partial(holder, tid=ELSEWHERE, iss=f"https://sts.windows.net/{ELSEWHERE}/"),
    "no scope": partial(holder, scp=None),
    "user": holder,
    "agent": partial(holder, azp=AGENT, scp=None, roles="Mcp.Invoke"),
    "methods": lambda here: statuses(here, "GET", "DELETE"),
    "origin": lambda here: statuses(here, "POST", origin="https://evil.example"),
}
"""What callers of every kind see of the server."""


def look(here: Local, what: str) -> object:
    async def looked() -> object:
        return await SEEN[what](here)

    return asyncio.run(looked())


def test_every_caller_sees_what_it_should(here: Local) -> None:
    seen = {name: look(here, name) for name in SEEN}
    metadata, scope = here.mcp["metadata_url"], f"{here.url}/access"
    challenge = f'Bearer resource_metadata="{metadata}", scope="{scope}"'
    through = [here.outputs()["apis"]["weather"]["audience"]]
    invalid = (401, 'Bearer error="invalid_token", resource_m')
    assert seen == {
        "POST without a token": (401, challenge),
        "GET without a token": (401, challenge),
        "DELETE without a token": (401, challenge),
        "made up": invalid,
        "another client": (*invalid, []),
        "another audience": (*invalid, []),
        "another tenant": (*invalid, []),
        "no scope": (403, 'Bearer error="insufficient_scope", resou', []),
        "user": (200, "", through),
        "agent": (200, "", through),
        "methods": [405, 405],
        "origin": [403],
    }


# What the policy could lack, and what somebody would then see.
WEAKER: dict[str, tuple[str, str, str]] = {
    "no challenge": (r"<set-header name=\"WWW-Auth.*?</set-header>", "", "POST without a token"),
    "any client": (r"<client-application-ids>.*?</client-application-ids>", "", "another client"),
    "any audience": (r"<audiences>.*?</audiences>", "", "another audience"),
    "another tenant": (r'tenant-id="[^"]*"', f'tenant-id="{ELSEWHERE}"', "user"),
    "no scope check": (r"<choose>\s*<when condition=\"@\(!\(\(\(Jwt.*?</choose>", "", "no scope"),
    "the caller's token": (r"<authentication-managed-identity[^>]*/>", "", "user"),
    "another token": (r'(identity resource=")[^"]*', r"\1https://management.azure.com/", "user"),
    "any origin": (r"<choose>\s*<when condition=\"@\(context.Request.Headers.GetValueOrDefault"
                   r"\(&quot;Origin.*?</choose>", "", "origin"),
    "not after an error": (r"<on-error>.*?</on-error>", "<on-error><base /></on-error>", "made up"),
}  # fmt: skip


@pytest.mark.parametrize("change", WEAKER)
def test_each_weaker_policy_is_seen(here: Local, change: str) -> None:
    pattern, replacement, where = WEAKER[change]
    before = look(here, where)
    with here.changed(policies(pattern, replacement)):
        after = look(here, where)
    assert after != before


def test_a_refusal_of_the_app_behind_is_none_of_the_caller(here: Local) -> None:
    pattern, replacement, _ = WEAKER["another token"]
    with here.changed(policies(pattern, replacement)):
        answer = asyncio.run(send(here, here.token()))
    assert (answer.status_code, answer.headers.get("www-authenticate")) == (502, None)
