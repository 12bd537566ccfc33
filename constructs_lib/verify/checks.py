"""What to ask of a deployed system.

One check asks one host (or one address of the gateway) one or more requests; the first answer that
is not as it should be decides.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from constructs_lib._core.errors import InputError
from constructs_lib.verify.client import Client, HttpRequest
from constructs_lib.verify.echo import Echo
from constructs_lib.verify.identity import NoToken, token_of_login
from constructs_lib.verify.judges import (
    Judge,
    answers_as_expected,
    challenges,
    describes,
    not_served,
    refused_by_easy_auth,
    refused_by_gateway,
    refused_by_scm,
)
from constructs_lib.verify.mcp import Conversation, in_session, lists, stateless
from constructs_lib.verify.outputs import DeployedApi, DeployedMcp, Outputs, Probe
from constructs_lib.verify.rules import RULES
from constructs_lib.verify.run import Check, Judgement
from constructs_lib.verify.secret import Secret
from constructs_lib.verify.streaming import Tool, streams

_NOT_A_CALLER = (
    "whoever is logged in must be among `users`, and the Azure CLI "
    "(04b07795-8ddb-461a-bbee-02f9e1bf7b46) among `clients`"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to check and with what.

    Attributes:
        outputs: The deployed stack.
        keys: Subscription key of each API that takes one.
        probes: Operation of each API that is safe to call.
        expected: Statuses that the probe of an API may answer; any 2xx where there is none.
        echoes: Path of each API's operation that answers with what it received.
        function_keys: A real function key of an API's app; a made-up one where there is none.
        tokens: A caller's token of each MCP server that is to be called with one.
        caller_cli: Path of the Azure CLI whose login calls the other MCP servers; None to leave
            that out.
        stream_tools: Tool of each MCP server that reports progress while it runs.
        azure_cli: Path of the Azure CLI whose login's token is tried; None to leave that out.
        accept_network_refusal: Whether a 403 of the network counts as not checked in place of
            failed.
        skip: Rules to leave out.
    """

    outputs: Outputs
    keys: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    probes: Mapping[str, Probe] = field(default_factory=dict[str, Probe])
    expected: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    echoes: Mapping[str, str] = field(default_factory=dict[str, str])
    function_keys: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    tokens: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    caller_cli: str | None = None
    stream_tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    azure_cli: str | None = None
    accept_network_refusal: bool = False
    skip: frozenset[str] = frozenset()


def plan_checks(plan: Plan, client: Client) -> list[Check]:
    """Return the checks of every API of the plan, in the order of `RULES`.

    What is left out is in the list too, and comes to `skipped`.

    Raises:
        InputError: A check cannot be made and was not left out in so many words.
    """
    order = list(RULES)
    checks: list[Check] = []
    for name, api in plan.outputs.apis.items():
        _demand_means(plan, name, api)
        found = [
            _left_out(check, "left out with --skip") if check.rule in plan.skip else check
            for check in _of_api(plan, client, name, api)
        ]
        checks += sorted(found, key=lambda check: order.index(check.rule))
    return checks


def _demand_means(plan: Plan, name: str, api: DeployedApi) -> None:
    if api.mcp:
        return
    asked = {rule for rule in RULES if rule.startswith("gateway-")} - plan.skip - {"gateway-echo"}
    if name not in plan.probes and asked:
        raise InputError(
            f"API {name}: no operation that is safe to call",
            fix=f"--probe {name}=GET:/path, or --skip 'gateway-*'",
        )
    if api.subscription_key and name not in plan.keys and "gateway-key" in asked:
        raise InputError(
            f"API {name}: no subscription key",
            fix="put one into the environment as SECURED_FUNCTIONS_KEY, or --skip gateway-key",
        )
    if name in plan.echoes and name not in plan.keys:
        raise InputError(f"API {name}: --echo needs a subscription key")


def _left_out(check: Check, why: str) -> Check:
    verdict = Judgement(outcome="skipped", observed="not checked", advice=why)

    def attempt(_deadline: float) -> Judgement:
        return verdict

    return replace(check, attempt=attempt)


def _of_api(plan: Plan, client: Client, name: str, api: DeployedApi) -> Iterator[Check]:
    for label, host in api.hosts().items():
        yield from _of_host(plan, client, name, api, f"{host} ({label})", host)
    if api.mcp:
        yield from _of_mcp(plan, client, name, api.mcp)
    else:
        yield from _of_gateway(plan, client, name, api)


def _of_host(
    plan: Plan, client: Client, name: str, api: DeployedApi, target: str, host: str
) -> Iterator[Check]:
    def check(rule: str, expected: str, judge: Judge, requests: Sequence[HttpRequest]) -> Check:
        attempt = _asking(client, requests, judge)
        return Check(rule=rule, api=name, target=target, expected=expected, attempt=attempt)

    origin = f"https://{host}"
    operation = _operation(plan, name, api)
    # Where Easy Auth is off, the Functions host shows its page at / and answers 404 to a path that
    # does not exist: a 401 to both cannot be its own complaint about a missing key.
    unknown = f"/api/verify-{secrets.token_hex(8)}"
    refused = refused_by_easy_auth(plan.accept_network_refusal, wanted=401)
    anonymous = [
        HttpRequest(url=origin + path) for path in ("/", unknown, operation, "/admin/host/status")
    ]
    if api.mcp:
        anonymous.append(HttpRequest(url=origin + operation, method="POST"))
    yield check("function-anonymous", "401", refused, anonymous)
    key = plan.function_keys.get(name) or Secret(secrets.token_urlsafe(40), where="a made-up key")
    yield check(
        "function-key",
        "401",
        refused,
        [
            HttpRequest(url=origin + path, headers={"x-functions-key": key})
            for path in (operation, "/admin/host/status", unknown)
        ],
    )
    yield check(
        "function-forged-token",
        "401",
        refused,
        [
            HttpRequest(url=origin + operation, headers={"Authorization": f"Bearer {token}"})
            for token in _forged_tokens(plan.outputs, api.audience)
        ],
    )
    yield _of_identity(
        plan, client, check("function-identity", "403", refused, []), api, origin + operation
    )
    yield check(
        "function-plain-http",
        "not served",
        not_served(host, (403,), "https_only must be true on the app and on every slot"),
        [HttpRequest(url=f"http://{host}{path}") for path in ("/", operation)],
    )
    yield check(
        "scm",
        "refused",
        refused_by_scm(plan.accept_network_refusal),
        [HttpRequest(url=f"https://{_scm_of(host)}{path}") for path in ("/", "/api/settings")],
    )


def _of_identity(plan: Plan, client: Client, check: Check, api: DeployedApi, url: str) -> Check:
    if plan.azure_cli is None:
        return _left_out(check, "add --as-identity")
    anonymous = refused_by_easy_auth(plan.accept_network_refusal, wanted=401)
    attempt = _asking_as_identity(client, plan.azure_cli, api.audience, url, anonymous)
    return replace(check, attempt=attempt)


def _operation(plan: Plan, name: str, api: DeployedApi) -> str:
    """Return the path of something that the functions answer."""
    if api.mcp:
        return f"/{api.mcp.endpoint}"
    return "/api" + (probe.path if (probe := plan.probes.get(name)) else "/")


def _scm_of(host: str) -> str:
    first, _, rest = host.partition(".")
    return f"{first}.scm.{rest}"


def _of_gateway(plan: Plan, client: Client, name: str, api: DeployedApi) -> Iterator[Check]:
    def check(rule: str, expected: str, judge: Judge, request: HttpRequest) -> Check:
        target = f"{request.method} {request.url.partition('?')[0]}"
        attempt = _asking(client, [request], judge)
        return Check(rule=rule, api=name, target=target, expected=expected, attempt=attempt)

    # Without a probe every rule of the gateway is left out, or `_demand_means` would have refused.
    probe = plan.probes.get(name, Probe(path="/"))
    url = api.url.rstrip("/") + probe.path
    method = probe.method
    hostname = urlsplit(url).hostname or ""
    plain = urlsplit(url)._replace(scheme="http", netloc=hostname).geturl()
    yield check(
        "gateway-plain-http",
        "not served",
        not_served(hostname, (403, 404), "the protocols of the API must be https alone"),
        HttpRequest(url=plain, method=method),
    )
    expected = plan.expected.get(name, frozenset(range(200, 300)))
    shown = ", ".join(map(str, sorted(expected))) if name in plan.expected else "2xx"
    works = answers_as_expected(expected, plan.outputs.gateway)
    if api.subscription_key is None:
        yield check("gateway-key", shown, works, HttpRequest(url=url, method=method))
        return
    header = api.subscription_key.header
    yield check("gateway-no-key", "401", refused_by_gateway, HttpRequest(url=url, method=method))
    made_up = Secret(secrets.token_hex(16), where="a made-up key")
    yield check(
        "gateway-wrong-key",
        "401",
        refused_by_gateway,
        HttpRequest(url=url, method=method, headers={header: made_up}),
    )
    key = plan.keys.get(name, made_up)
    yield check(
        "gateway-key", shown, works, HttpRequest(url=url, method=method, headers={header: key})
    )
    # Not `works`: what the probe may answer is no echo.
    unechoed = answers_as_expected((), plan.outputs.gateway)
    echo = Echo(api.subscription_key, key, unechoed)
    request = echo.request(api.url.rstrip("/") + plan.echoes.get(name, "/"))
    echoed = check("gateway-echo", "no key", echo.judge, request)
    yield echoed if name in plan.echoes else _left_out(echoed, "name an operation with --echo")


def _of_mcp(plan: Plan, client: Client, name: str, mcp: DeployedMcp) -> Iterator[Check]:
    def check(rule: str, expected: str, judge: Judge, requests: Sequence[HttpRequest]) -> Check:
        attempt = _asking(client, requests, judge)
        target = requests[0].url
        return Check(rule=rule, api=name, target=target, expected=expected, attempt=attempt)

    yield check(
        "mcp-challenge",
        "401 with a challenge",
        challenges(mcp),
        [HttpRequest(url=mcp.url, method=method) for method in ("POST", "GET", "DELETE")],
    )
    yield check(
        "mcp-metadata",
        "the server's own",
        describes(mcp),
        [HttpRequest(url=mcp.metadata_url)],
    )
    yield check(
        "mcp-forged-token",
        "401 with a challenge",
        challenges(mcp),
        [
            HttpRequest(url=mcp.url, method="POST", headers={"Authorization": f"Bearer {token}"})
            for token in _forged_tokens(plan.outputs, mcp.audience, scp=_last(mcp.scope))
        ],
    )
    yield from _of_callers(plan, client, name, mcp)
    hostname = urlsplit(mcp.url).hostname or ""
    plain = urlsplit(mcp.url)._replace(scheme="http", netloc=hostname).geturl()
    advice = "the protocols of the API must be https alone"
    yield check(
        "gateway-plain-http",
        "not served",
        not_served(hostname, (403, 404), advice),
        [HttpRequest(url=plain, method="POST")],
    )


def _of_callers(plan: Plan, client: Client, name: str, mcp: DeployedMcp) -> Iterator[Check]:
    """What a caller with a token sees."""
    token = _caller_token(plan, name, mcp)
    tool = plan.stream_tools.get(name)
    judges: tuple[tuple[str, str, Callable[[Conversation], Judgement] | None], ...] = (
        ("mcp-session", "a list of tools", lists(in_session, stateless)),
        ("mcp-stateless", "a list of tools", lists(stateless, in_session)),
        ("mcp-streams", "several pieces", streams(tool) if tool else None),
    )
    for rule, expected, judge in judges:
        check = Check(rule=rule, api=name, target=mcp.url, expected=expected, attempt=_nothing)
        if token is None:
            yield _left_out(check, "add --as-caller, or name a token's variable with --token-env")
        elif judge is None:
            yield _left_out(check, "name a tool that reports progress with --stream-tool")
        else:
            yield replace(check, attempt=_calling(client, mcp.url, token, judge))


def _caller_token(
    plan: Plan, name: str, mcp: DeployedMcp
) -> Callable[[float], Secret | NoToken] | None:
    """What gives the caller's token: the one that is given, or that of the login, asked once."""
    given, command = plan.tokens.get(name), plan.caller_cli
    if given is not None:
        return lambda _: given
    if command is None:
        return None
    found: list[Secret | NoToken] = []
    asking = threading.Lock()

    def token(deadline: float) -> Secret | NoToken:
        with asking:
            if not found:
                timeout = max(1.0, min(60.0, deadline - time.monotonic()))
                found.append(token_of_login(command, mcp.audience, timeout=timeout))
        return found[0]

    return token


def _calling(
    client: Client,
    url: str,
    token: Callable[[float], Secret | NoToken],
    judge: Callable[[Conversation], Judgement],
) -> Callable[[float], Judgement]:
    def attempt(deadline: float) -> Judgement:
        found = token(deadline)
        if isinstance(found, NoToken):
            advice = "" if found.entitled else _NOT_A_CALLER
            return Judgement(outcome="failed", observed=found.reason, advice=advice)
        return judge(Conversation(client, url, found, deadline))

    return attempt


def _nothing(_deadline: float) -> Judgement:
    return Judgement(outcome="skipped", observed="nothing was asked")


def _last(scope: str) -> str:
    return scope.rpartition("/")[2]


def _asking(
    client: Client, requests: Sequence[HttpRequest], judge: Judge
) -> Callable[[float], Judgement]:
    def attempt(deadline: float) -> Judgement:
        verdict = _nothing(deadline)
        for request in requests:
            verdict = judge(client.send(request, deadline=deadline))
            if verdict.outcome != "passed":
                if len(requests) > 1:
                    path = urlsplit(request.url).path
                    verdict = replace(verdict, observed=f"{verdict.observed} at {path}")
                return verdict
        return verdict

    return attempt


def _asking_as_identity(
    client: Client, command: str, audience: str, url: str, anonymous: Judge
) -> Callable[[float], Judgement]:
    """Ask without a token first: a 403 to everybody is the network's, not Easy Auth's."""

    def attempt(deadline: float) -> Judgement:
        verdict = anonymous(client.send(HttpRequest(url=url), deadline=deadline))
        if verdict.outcome != "passed":
            return replace(verdict, observed=f"{verdict.observed} without a token")
        timeout = max(1.0, min(60.0, deadline - time.monotonic()))
        token = token_of_login(command, audience, timeout=timeout)
        if isinstance(token, NoToken):
            return Judgement(
                outcome="failed" if token.entitled else "passed", observed=token.reason
            )
        request = HttpRequest(url=url, headers={"Authorization": token})
        judge = refused_by_easy_auth(accept_network_refusal=False, wanted=403)
        return judge(client.send(request, deadline=deadline))

    return attempt


def _forged_tokens(outputs: Outputs, audience: str, **more: str) -> Iterator[str]:
    """Yield tokens that say what the gateway's says: unsigned, and with a made-up signature."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": f"https://login.microsoftonline.com/{outputs.tenant_id}/v2.0",
        "azp": outputs.gateway.client_id,
        "oid": outputs.gateway.principal_id,
        "sub": outputs.gateway.principal_id,
        "tid": outputs.tenant_id,
        "ver": "2.0",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 3600,
        **more,
    }
    key_id = secrets.token_urlsafe(20)
    for header, signature in (
        ({"typ": "JWT", "alg": "none"}, b""),
        ({"typ": "JWT", "alg": "RS256", "kid": key_id}, secrets.token_bytes(256)),
    ):
        parts = json.dumps(header).encode(), json.dumps(claims).encode(), signature
        yield ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
