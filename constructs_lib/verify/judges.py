"""What an answer means: as it should be, worth asking again, or wrong, and then why.

Status codes and their meaning along the chain come from Microsoft Learn:
configure-authentication-provider-aad (Easy Auth), api-management-subscriptions (keys) and
authentication-managed-identity-policy (the gateway's token).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Literal, cast
from urllib.parse import SplitResult, urlsplit

from constructs_lib.verify.client import HttpResponse, NoAnswer
from constructs_lib.verify.outputs import DeployedGateway, DeployedMcp
from constructs_lib.verify.run import Judgement

Judge = Callable[[HttpResponse | NoAnswer], Judgement]

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOGIN_HOSTS = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")

_AT_FUNCTIONS = {
    302: "Easy Auth sends callers to a login page: set unauthenticated_action to Return401",
    401: "the token was not accepted as a token at all, so the allow-lists were not tried: "
    "check the token version that the app registration asks for and the issuer",
    403: "the network refused before Easy Auth could: run this from an allowed network, "
    "or accept it with --accept-network-refusal",
    404: "the Functions host answered in place of Easy Auth, or there is no such app",
}
_FUNCTIONS_OPEN = (
    "Easy Auth let the request through: look at auth_enabled, require_authentication and "
    "excluded_paths"
)
_SCM_OPEN = (
    "the deployment site serves anybody: restrict it with scm_ip_restriction and switch basic "
    "authentication off"
)
_GATEWAY_OPEN = (
    "the gateway asks nobody for a key: subscription_required must be true on the API and on each "
    "product that holds it"
)

_THROUGH_GATEWAY = {
    401: "Easy Auth did not accept the gateway's token: audience, token version and issuer must "
    "agree (requested_access_token_version = 2 goes with an issuer that ends in /v2.0)",
    403: "Easy Auth knows the gateway's token but not the gateway: allowed_applications needs "
    "{client_id} and allowed_identities {principal_id}; or a network rule keeps the gateway out",
    404: "no such operation at the gateway, or no such function behind it",
    500: "the gateway got no token: its identity, the policy's client-id, the app role assignment "
    "(AADSTS501051) or the service principal (AADSTS500011) is missing or not yet replicated",
}
_MCP_OPEN = "the gateway does not ask a client of MCP for a token"
_NO_CHALLENGE = (
    "the challenge does not name the metadata and the scope, so clients do not learn where to sign "
    "in: look at subscription_required of the API and at its policy"
)
_KEY_REFUSED = "the gateway refused the subscription key: not of this API or product, or not active"


def unanswered(answer: NoAnswer) -> Judgement:
    """A host that is not there shows nothing: it may still come."""
    again = answer.trouble != "certificate"
    return Judgement(outcome="failed", observed=answer.detail, again=again)


def busy(answer: HttpResponse) -> Judgement | None:
    """Judge an answer of a server that is busy or starts; None for any other."""
    if answer.status not in _BUSY:
        return None
    after = answer.headers.get("retry-after", "")
    return Judgement(
        outcome="failed",
        observed=str(answer.status),
        again=True,
        after=float(after) if after.isdecimal() else None,
    )


def _location(answer: HttpResponse) -> SplitResult:
    try:
        return urlsplit(answer.headers.get("location", ""))
    except ValueError:
        return urlsplit("")


def refused_by_easy_auth(accept_network_refusal: bool, *, wanted: Literal[401, 403]) -> Judge:
    """Judge an answer of the functions' own host.

    Args:
        accept_network_refusal: Whether a 403 comes to `skipped` where 401 is wanted.
        wanted: 401 for a caller without a valid token, 403 for one whose token is not enough.
    """

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            return unanswered(answer)
        observed = str(answer.status)
        if answer.status == wanted:
            return Judgement(outcome="passed", observed=observed)
        if answer.status == 403 and accept_network_refusal:
            advice = "closed by the network; what Easy Auth would answer was not seen"
            return Judgement(outcome="skipped", observed=observed, advice=advice)
        meaning = _AT_FUNCTIONS.get(302 if 300 <= answer.status < 400 else answer.status)
        return busy(answer) or Judgement(
            outcome="failed", observed=observed, advice=meaning or _FUNCTIONS_OPEN
        )

    return judge


def not_served(host: str, refusals: Collection[int], advice: str) -> Judge:
    """Judge an answer over plain HTTP: silence, a refusal, or a redirect to the same host's HTTPS.

    Args:
        host: The host that was asked.
        refusals: Statuses with which something in front of the host refuses.
        advice: What a failure means.
    """

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            if answer.trouble in ("refused", "timeout"):
                return Judgement(outcome="passed", observed=answer.detail)
            return unanswered(answer)
        observed = str(answer.status)
        if answer.status in refusals:
            return Judgement(outcome="passed", observed=observed)
        if answer.status in (301, 302, 307, 308):
            location = _location(answer)
            if location.scheme == "https" and location.hostname == host.lower():
                return Judgement(outcome="passed", observed=f"{observed} to https")
        return busy(answer) or Judgement(outcome="failed", observed=observed, advice=advice)

    return judge


def refused_by_scm(accept_network_refusal: bool) -> Judge:
    """Judge an answer of the deployment site (Kudu) to a caller without credentials."""

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            if answer.trouble == "refused":
                return Judgement(outcome="passed", observed=answer.detail)
            if answer.trouble == "timeout" and accept_network_refusal:
                return Judgement(outcome="skipped", observed=answer.detail, advice="not reachable")
            return unanswered(answer)
        observed = str(answer.status)
        if answer.status in (401, 403):
            return Judgement(outcome="passed", observed=observed)
        if answer.status in (302, 303, 307):
            location = _location(answer)
            if location.scheme == "https" and location.hostname in _LOGIN_HOSTS:
                return Judgement(
                    outcome="passed", observed=f"{observed} to the login page of Entra"
                )
        return busy(answer) or Judgement(outcome="failed", observed=observed, advice=_SCM_OPEN)

    return judge


def refused_by_gateway(answer: HttpResponse | NoAnswer) -> Judgement:
    """Judge the gateway's answer to a caller without a valid subscription key."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    observed = str(answer.status)
    if answer.status == 401:
        return Judgement(outcome="passed", observed=observed)
    if answer.status == 404:
        # An operation takes seconds to minutes to appear at the gateway.
        advice = _THROUGH_GATEWAY[404]
        return Judgement(outcome="failed", observed=observed, advice=advice, again=True)
    return busy(answer) or Judgement(outcome="failed", observed=observed, advice=_GATEWAY_OPEN)


def challenges(mcp: DeployedMcp) -> Judge:
    """Judge the answer to a client of MCP without a token (RFC 9728, section 5.1)."""

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            return unanswered(answer)
        observed = str(answer.status)
        if answer.status != 401:
            # An operation takes seconds to minutes to appear at the gateway.
            again = answer.status == 404
            advice = _THROUGH_GATEWAY[404] if again else _MCP_OPEN
            return busy(answer) or Judgement(
                outcome="failed", observed=observed, advice=advice, again=again
            )
        given = answer.headers.get("www-authenticate", "")
        wanted = (f'resource_metadata="{mcp.metadata_url}"', f'scope="{mcp.scope}"')
        if given.startswith("Bearer ") and all(each in given for each in wanted):
            return Judgement(outcome="passed", observed=f"{observed} with the challenge")
        return Judgement(
            outcome="failed", observed=f"{observed} without the challenge", advice=_NO_CHALLENGE
        )

    return judge


def describes(mcp: DeployedMcp) -> Judge:
    """Judge the metadata of an MCP server (RFC 9728, section 3.3)."""
    wanted = {
        "resource": mcp.url,
        "authorization_servers": [mcp.issuer],
        "scopes_supported": [mcp.scope],
    }

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            return unanswered(answer)
        observed = str(answer.status)
        if answer.status != 200:
            advice = _THROUGH_GATEWAY.get(answer.status, "the metadata is for everybody")
            return busy(answer) or Judgement(
                outcome="failed", observed=observed, advice=advice, again=answer.status == 404
            )
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        known: dict[str, Any] = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
        wrong = [key for key, value in wanted.items() if known.get(key) != value]
        if wrong:
            advice = f"{', '.join(wrong)}: clients refuse it, or Entra refuses them a token"
            return Judgement(outcome="failed", observed=f"{observed}, others' own", advice=advice)
        return Judgement(outcome="passed", observed=observed)

    return judge


def answers_as_expected(expected: Collection[int], gateway: DeployedGateway) -> Judge:
    """Judge what comes back through the whole chain.

    Whatever the directory still has to replicate shows as a refusal, so refusals are worth waiting.
    """
    ids = gateway.model_dump()

    def judge(answer: HttpResponse | NoAnswer) -> Judgement:
        if isinstance(answer, NoAnswer):
            return unanswered(answer)
        observed = str(answer.status)
        if answer.cut:
            observed += ", and the answer breaks off"
        elif answer.status in expected:
            return Judgement(outcome="passed", observed=observed)
        waiting = busy(answer)
        meaning = _THROUGH_GATEWAY.get(answer.status, "see the gateway's trace of the request")
        advice = meaning.format(**ids)
        if answer.status == 401 and _is_of_gateway(answer):
            advice = _KEY_REFUSED
        return Judgement(
            outcome="failed",
            observed=observed,
            advice=advice,
            again=waiting is not None or answer.status in (401, 403, 404),
            after=waiting.after if waiting else None,
        )

    return judge


def _is_of_gateway(answer: HttpResponse) -> bool:
    """Whether a 401 is the gateway's own: it names its scheme, or says what it misses."""
    challenge = answer.headers.get("www-authenticate", "")
    return "AzureApiManagementKey" in challenge or b"subscription key" in answer.body
