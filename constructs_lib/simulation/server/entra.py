"""Entra's endpoints: metadata and keys, and tokens for applications and for a user who signs in.

Nobody is asked anything: a user signs in at once, and the code goes to a redirect URI on the
loopback.

Sources: Learn, "Microsoft identity platform and OAuth 2.0 authorization code flow"; RFC 6749,
sections 4.1 and 5.2 (errors); RFC 7636 (PKCE); RFC 8252, section 7.3 (the loopback).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from constructs_lib.simulation.entra import Entra
from constructs_lib.simulation.gateway import Expiring
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.outside import AccessToken, Refusal

_CODE_LIVES = 600
"""Seconds that an authorization code can be redeemed."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CHALLENGES: dict[str, Callable[[str], str]] = {
    "S256": lambda verifier: (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    ),
    "plain": str,
}


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorization code: the token that it is redeemed for, by whom, and how they show it.

    Attributes:
        token: The token.
        scope: What it is for, as it was asked for.
        client: The client's id.
        redirect: Where it was sent.
        challenge: What the verifier must come to; empty if none is needed.
        method: How the challenge was made of it.
    """

    token: AccessToken
    scope: str
    client: str
    redirect: str
    challenge: str
    method: str


class Endpoints:
    """What answers at Entra's hosts.

    Args:
        entra: Gives the Entra of now: the configuration is read anew while codes wait.
    """

    def __init__(self, entra: Callable[[], Entra]) -> None:
        self._entra = entra
        self._codes = Expiring(entra().clock)

    def answer(self, request: SimulatedRequest) -> SimulatedResponse:
        """Answer a request."""
        entra, path = self._entra(), request.url.path
        published = entra.document(f"https://{request.url.host}{path}")
        if published is not None:
            return SimulatedResponse.of(200, published, {"Content-Type": "application/json"})
        if path.endswith("/oauth2/v2.0/authorize"):
            return self._authorize(entra, _first(request.url.query))
        if path.endswith(("/oauth2/v2.0/token", "/oauth2/token")):
            return self._token(entra, _first(request.content.decode("latin-1")))
        return SimulatedResponse.of(404)

    def _authorize(self, entra: Entra, asked: dict[str, str]) -> SimulatedResponse:
        """Sign a user in: the test user, or a stranger whom `login_hint` names."""
        redirect = asked.get("redirect_uri", "")
        if urlsplit(redirect).hostname not in _LOOPBACK:
            return SimulatedResponse.of(
                400,
                f"AADSTS50011: The redirect URI '{redirect}' specified in the request does not "
                "match the redirect URIs configured for the application. Here only those on the "
                "loopback do.",
            )
        client, method = asked.get("client_id", ""), asked.get("code_challenge_method", "plain")
        scope = asked.get("scope", "")
        back = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("response_type") != "code" or method not in _CHALLENGES:
            told = "AADSTS70005: Only response_type=code is simulated, with PKCE by S256 or plain."
            back |= {"error": "unsupported_response_type", "error_description": told}
        else:
            found = entra.sign_in(client, scope, asked.get("resource"), asked.get("login_hint"))
            if isinstance(found, Refusal):
                back |= {"error": "access_denied", "error_description": found.text}
            else:
                code = secrets.token_urlsafe(32)
                challenge = asked.get("code_challenge", "")
                known = _Code(found, scope, client, redirect, challenge, method)
                self._codes.set(code, known, _CODE_LIVES)
                back |= {"code": code}
        mark = "&" if urlsplit(redirect).query else "?"
        return SimulatedResponse.of(302, headers={"Location": f"{redirect}{mark}{urlencode(back)}"})

    def _token(self, entra: Entra, form: dict[str, str]) -> SimulatedResponse:
        scope = form.get("scope") or form.get("resource", "")
        if form.get("grant_type") == "authorization_code":
            known: _Code | None = self._codes.get(form.get("code", ""))
            self._codes.remove(form.get("code", ""))
            found, kind = _redeemed(known, form), "invalid_grant"
            scope = known.scope if known else scope
        else:
            name = form.get("client_id", "")
            found = entra.issue(entra.client(name or "nobody", scope, name or None), scope)
            kind = "invalid_request"
        if isinstance(found, Refusal):
            return SimulatedResponse.of(400, {"error": kind, "error_description": found.text})
        lifetime = int(found.expires - entra.clock.now().timestamp())
        granted = {"token_type": "Bearer", "expires_in": lifetime, "access_token": found.text}
        return SimulatedResponse.of(200, granted | {"scope": scope}, {"Cache-Control": "no-store"})


def _redeemed(code: _Code | None, form: dict[str, str]) -> AccessToken | Refusal:
    """What a code is redeemed for."""
    if code is None:
        told = "AADSTS70008: The provided authorization code has expired or was redeemed already."
    elif form.get("client_id") != code.client:
        told = "AADSTS700005: The provided authorization code was issued to another client."
    elif form.get("redirect_uri") != code.redirect:
        told = "AADSTS500112: The reply address does not match that of the request for the code."
    elif code.challenge and _CHALLENGES[code.method](form.get("code_verifier", "")) != (
        code.challenge
    ):
        told = (
            "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the "
            "authorization request."
        )
    else:
        return code.token
    return Refusal(told)


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
