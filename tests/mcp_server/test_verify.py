"""`verify` finds what is broken of an MCP server, in the simulated chain, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.verify.checks import Plan, plan_checks
from constructs_lib.verify.client import Client
from constructs_lib.verify.outputs import read_outputs
from constructs_lib.verify.rules import RULES
from constructs_lib.verify.run import Backoff, Result, run
from constructs_lib.verify.secret import Secret
from constructs_lib.verify.streaming import Tool
from tests.mcp_server.local import STATELESS, Local, policies
from tests.mcp_server.test_local import ELSEWHERE, WEAKER

ON_HOSTS = frozenset({rule for rule in RULES if not rule.startswith(("mcp-", "gateway-"))})
COUNT = Tool(name="count", arguments={"to": 4})


def verified(
    here: Local,
    *,
    token: str | None = None,
    tool: Tool | None = COUNT,
    az: str | None = None,
    skip: frozenset[str] = frozenset(),
) -> dict[str, Result]:
    """What the checks that are not skipped come to, by their rules."""
    secret = Secret(token or here.token(), where="a token", scheme="Bearer")
    outputs = read_outputs(json.dumps(here.outputs()), where="outputs")
    here.behind.received.clear()
    plan = Plan(
        outputs=outputs,
        tokens={} if az else {"weather": secret},
        caller_cli=az,
        stream_tools={"weather": tool} if tool else {},
        skip=skip,
    )
    hosts = [*here.simulator.hosts()]
    hosts += [host.replace(".azurewebsites.", ".scm.azurewebsites.") for host in hosts]
    connect = {
        (host, port): ("127.0.0.1", at)
        for host in hosts
        for port, at in ((443, here.secure), (80, here.plain))
    }
    client = Client(cafile=str(here.ca), connect_to=connect)
    checks = plan_checks(plan, client)
    # A pause beyond the limit: each check asks once. By itself what waits for the tool, which goes
    # on with the next call of anybody.
    backoff = Backoff(first=60, ceiling=60)
    results = [
        result
        for alone in (False, True)
        for result in run(
            [each for each in checks if (each.rule == "mcp-streams") is alone],
            limit=30,
            backoff=backoff,
        )
    ]
    return {each.rule: each for each in results if each.rule not in skip}


def of(results: dict[str, Result], outcome: str) -> set[str]:
    return {rule for rule, each in results.items() if each.outcome == outcome}


def test_a_right_server_passes_every_check(here: Local) -> None:
    results = verified(here)
    assert of(results, "failed") == set()
    assert of(results, "skipped") == {"function-identity"}
    assert {rule for rule in RULES if rule.startswith("mcp-")} <= of(results, "passed")
    assert results["mcp-session"].observed == "2 tools, version 2025-06-18"
    assert results["mcp-stateless"].observed == f"2 tools, version {STATELESS}"


def _gone(method: str) -> Callable[[dict[str, Any]], None]:
    """The gateway answers 404 to a method: it has no such operation."""

    def change(document: dict[str, Any]) -> None:
        kind = "azurerm_api_management_api_operation"
        operations = document["resource"][kind]
        [name] = [n for n, each in operations.items() if each["operation_id"] == f"mcp-{method}"]
        del operations[name]
        policies = document["resource"][f"{kind}_policy"]
        for each in [n for n, p in policies.items() if f"{kind}.{name}." in p["operation_id"]]:
            del policies[each]

    return change


def _keyed(document: dict[str, Any]) -> None:
    for each in document["resource"]["azurerm_api_management_api"].values():
        each["subscription_required"] = True


def _no_easy_auth(document: dict[str, Any]) -> None:
    for kind in document["resource"].values():
        for each in kind.values():
            if "auth_settings_v2" in each:
                each["auth_settings_v2"]["auth_enabled"] = False


def weaker(name: str) -> Callable[[dict[str, Any]], None]:
    return policies(*WEAKER[name][:2])


BUFFERED = policies(' buffer-response="false"', "")
WITH_TOKEN = {"mcp-session", "mcp-stateless", "mcp-streams"}
NOBODY = policies(r"<value>@\(|<client-application-ids>.*?</client-application-ids>",
                  f"<client-application-ids><application-id>{ELSEWHERE}</application-id>"
                  "</client-application-ids>")  # fmt: skip
BROKEN: dict[str, tuple[Callable[[dict[str, Any]], None], set[str]]] = {
    "buffered": (BUFFERED, {"mcp-streams"}),
    "an inherited forward-request": (
        policies(r"<backend>.*?</backend>", "<backend><base /></backend>"), {"mcp-streams"},
    ),
    "a body that is read": (
        policies(r"(<outbound>)", r"\1<base /><set-variable name='x' value="
                 "'@(context.Response.Body.As&lt;string&gt;(true))' />"),
        # What answers a notification has no body.
        {"mcp-session", "mcp-streams"},
    ),
    "another resource": (
        policies(r'"resource": "[^"]*', '"resource": "https://another.example'),
        {"mcp-metadata"},
    ),
    "another tenant's issuer": (
        policies(r"(login.microsoftonline.com/)[^/]*", r"\1common"),
        {"mcp-metadata"},
    ),
    "metadata for whoever has a token": (
        policies(r"(<inbound>)(.{0,40}<return-response>.{0,40}code=.200)",
                 r'\1<check-header name="Authorization" failed-check-httpcode="401" '
                 r'failed-check-error-message="no" ignore-case="true" />\2'),
        {"mcp-metadata"},
    ),
    "no challenge": (weaker("no challenge"), {"mcp-challenge", "mcp-forged-token"}),
    "the challenge of another scope": (
        policies(r'scope="[^"]*/access"', 'scope="access"'), {"mcp-challenge", "mcp-forged-token"},
    ),
    "GET and DELETE are answered to anybody": (
        policies(r"<base */>(\s*<return-response>\s*<set-status code=.405)", r"\1"),
        {"mcp-challenge"},
    ),
    "no challenge after an error": (weaker("not after an error"), {"mcp-forged-token"}),
    "no DELETE": (_gone("delete"), {"mcp-challenge"}),
    "no GET": (_gone("get"), {"mcp-challenge"}),
    "a subscription key": (_keyed, {"mcp-metadata", *WITH_TOKEN}),
    "no check of the token": (
        policies(r"<validate-azure-ad-token.*?</validate-azure-ad-token>", ""),
        {"mcp-forged-token", *WITH_TOKEN},
    ),
    "the caller's token": (weaker("the caller's token"), WITH_TOKEN),
    "another token": (weaker("another token"), WITH_TOKEN),
    "other clients": (NOBODY, WITH_TOKEN),
    "headers of the protocol are changed": (
        policies(r"(<authentication-managed-identity)",
                 r'<set-header name="Mcp-Method" exists-action="override"><value>x</value>'
                 r"</set-header>\1"),
        {"mcp-stateless"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_is_found_and_nothing_else(here: Local, fault: str) -> None:
    change, expected = BROKEN[fault]
    with here.changed(change):
        results = verified(here, skip=ON_HOSTS)
    assert of(results, "failed") == expected, results


def test_a_function_host_that_answers_by_itself_is_found(here: Local) -> None:
    with here.changed(_no_easy_auth):
        results = verified(here, skip=frozenset({"scm", "mcp-streams"}))
    assert {"function-anonymous", "function-key", "function-forged-token"} <= of(results, "failed")


TOKENS = {"another client": {"azp": ELSEWHERE}, "no scope": {"scp": None}}


@pytest.mark.parametrize("token", TOKENS)
def test_a_caller_who_is_not_let_in_learns_why(here: Local, token: str) -> None:
    results = verified(here, token=here.token(**TOKENS[token]), skip=ON_HOSTS)
    assert of(results, "failed") == WITH_TOKEN
    words = "clients" if token == "another client" else "scope"
    assert words in results["mcp-session"].advice


def test_a_server_need_not_speak_both_eras(here: Local) -> None:
    here.behind.old = True
    results = verified(here, skip=ON_HOSTS)
    assert of(results, "failed") == set()
    assert of(results, "skipped") == {"mcp-stateless"}
    assert results["mcp-streams"].outcome == "passed"


UNKNOWN = {
    "no progress": (Tool(name="add", arguments={"a": 1, "b": 2}), "one piece"),
    "no such tool": (Tool(name="missing"), "name another tool than missing"),
    "none is named": (None, "--stream-tool"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_cannot_be_told_is_not_judged(here: Local, case: str) -> None:
    tool, words = UNKNOWN[case]
    skip = ON_HOSTS | {rule for rule in RULES if rule != "mcp-streams"}
    with here.changed(BUFFERED):
        streams = verified(here, tool=tool, skip=skip)["mcp-streams"]
    assert streams.outcome == "skipped"
    assert words in f"{streams.observed} {streams.advice}"


def test_the_login_is_a_caller_if_entra_gives_it_a_token(here: Local, tmp_path: Path) -> None:
    az = tmp_path / "az"
    audience = here.mcp["audience"]
    skip = ON_HOSTS | {"mcp-streams"}
    for answer, failed in (
        (f"test $4 = {audience} && echo {here.token()}", set[str]()),
        ("echo AADSTS50105: not assigned >&2; exit 1", {"mcp-session", "mcp-stateless"}),
    ):
        az.write_text(f"#!/bin/sh\n{answer}\n")
        az.chmod(0o755)
        results = verified(here, az=str(az), skip=skip)
        assert of(results, "failed") == failed
    assert "AADSTS50105" in results["mcp-session"].observed
    assert "`users`" in results["mcp-session"].advice
