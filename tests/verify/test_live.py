"""The command against a local Azure: as it should be, and with one thing broken at a time."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from constructs_lib.verify.rules import RULES
from tests.verify import local_azure
from tests.verify.harness import Run, assert_nothing_secret
from tests.verify.local_azure import World

Verify = Callable[..., Run]


def test_a_system_as_it_should_be_passes_every_check(verify: Verify) -> None:
    run = verify()
    assert run.failed() == set(), run.out
    assert run.code == 0
    assert {result["outcome"] for result in run.results} == {"passed"}
    assert {result["rule"] for result in run.results} == {
        rule for rule in RULES if not rule.startswith("mcp-")
    }
    on_hosts = [rule for rule in RULES if rule.startswith("function-") or rule == "scm"]
    for rule in on_hosts:
        assert len(run.of(rule)) == 2, f"{rule} must be asked of the app and of its slot"


BROKEN = {
    "Easy Auth is off": {"function-anonymous", "function-key", "function-forged-token"},
    "slot: Easy Auth is off": {"function-anonymous", "function-key", "function-forged-token"},
    "callers are sent to a login page": {"function-anonymous", "function-key"},
    "an operation is excluded": {"function-anonymous", "function-key", "function-forged-token"},
    "a function key is enough": {"function-key"},
    "slot: a function key is enough": {"function-key"},
    "signatures are not checked": {"function-forged-token"},
    "unsigned tokens are taken": {"function-forged-token"},
    "anybody in the tenant is allowed": {"function-identity"},
    "slot: anybody in the tenant is allowed": {"function-identity"},
    "plain HTTP is served": {"function-plain-http"},
    "slot: plain HTTP is served": {"function-plain-http"},
    "plain HTTP leads elsewhere": {"function-plain-http"},
    "the deployment site is open": {"scm"},
    "slot: the deployment site is open": {"scm"},
    "gateway serves plain HTTP": {"gateway-plain-http"},
    "gateway asks for no key": {"gateway-no-key", "gateway-wrong-key"},
    "gateway takes any key": {"gateway-wrong-key"},
    "gateway sends no token": {"gateway-key", "gateway-echo"},
    "gateway has no identity": {"gateway-key", "gateway-echo"},
    "another gateway is allowed": {"gateway-key", "gateway-echo"},
    "Easy Auth expects version-1 tokens": {"gateway-key", "gateway-echo", "function-identity"},
    "key header reaches the function": {"gateway-echo"},
    "key query parameter reaches the function": {"gateway-echo"},
    "key reaches the function in another header": {"gateway-echo"},
    "echo says nothing": {"gateway-echo"},
    "echo says nothing of the query": {"gateway-echo"},
    "echo says nothing of the headers": {"gateway-echo"},
    "network refuses": {
        "function-anonymous",
        "function-key",
        "function-forged-token",
        "function-identity",
        "gateway-key",
        "gateway-echo",
    },
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_is_found_and_nothing_else(verify: Verify, world: World, fault: str) -> None:
    world.faults.add(fault)
    run = verify()
    assert run.code == 1
    # With Easy Auth off, a token is refused by nobody: the identity check says so in its own words.
    follows = {"function-identity"} if fault in WITHOUT_EASY_AUTH else set()
    assert run.failed() == BROKEN[fault] | follows
    if fault.startswith("slot: "):
        hosts = {result["target"] for result in run.results if result["outcome"] == "failed"}
        assert all("staging" in host for host in hosts)


WITHOUT_EASY_AUTH = {
    "Easy Auth is off",
    "slot: Easy Auth is off",
    "callers are sent to a login page",
    "an operation is excluded",
}


def test_a_401_of_the_functions_host_is_not_taken_for_one_of_easy_auth(
    verify: Verify, world: World
) -> None:
    """A host that asks for keys refuses what exists; only a path that does not tells them apart."""
    world.faults |= {"Easy Auth is off", "the host asks for a function key"}
    observed = verify().of("function-anonymous")[0]["observed"]
    assert observed.startswith("404 at /api/verify-")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("Easy Auth is off", "auth_enabled"),
        ("callers are sent to a login page", "Return401"),
        ("plain HTTP is served", "https_only"),
        ("gateway asks for no key", "subscription_required"),
        ("gateway has no identity", "AADSTS501051"),
        ("another gateway is allowed", f"allowed_applications needs {local_azure.GATEWAY_CLIENT}"),
        ("Easy Auth expects version-1 tokens", "requested_access_token_version = 2"),
        ("key header reaches the function", f"the function received header {local_azure.HEADER}"),
        ("network refuses", "--accept-network-refusal"),
    ],
)
def test_a_failure_says_what_to_do(verify: Verify, world: World, fault: str, words: str) -> None:
    world.faults.add(fault)
    run = verify(form="table")
    assert words in " ".join(run.out.split())


@pytest.mark.parametrize(
    ("leak", "words"),
    [
        ("key header reaches the function", f"header {local_azure.HEADER}"),
        ("key query parameter reaches the function", f"query parameter {local_azure.QUERY}"),
    ],
)
def test_an_echo_of_names_alone_is_enough(
    verify: Verify, world: World, leak: str, words: str
) -> None:
    world.faults.add("echo lists names alone")
    assert verify().of("gateway-echo")[0]["outcome"] == "passed"
    world.faults.add(leak)
    assert verify().of("gateway-echo")[0]["observed"] == f"the function received {words}"


def test_a_forged_token_claims_what_the_gateway_s_token_claims(
    verify: Verify, world: World
) -> None:
    """Where signatures are not checked it must pass the allow-lists too, or it shows less."""
    world.faults.add("signatures are not checked")
    forged = verify().of("function-forged-token")
    assert {result["observed"] for result in forged} == {"200 at /api/list"}


def test_a_wrong_key_is_told_from_a_token_that_is_not_accepted(
    verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURED_FUNCTIONS_KEY", "not-the-key")
    run = verify()
    assert run.failed() == {"gateway-key", "gateway-echo"}
    assert "refused the subscription key" in run.of("gateway-key")[0]["advice"]


def test_what_is_slow_to_start_is_waited_for_and_shown(verify: Verify, world: World) -> None:
    world.busy = 6
    run = verify(pause=0.05)
    assert run.code == 0
    assert max(result["attempts"] for result in run.results) > 1
    assert "waiting for gateway-" in run.err
    assert "503" in run.err


def test_a_host_is_the_same_in_capitals(verify: Verify) -> None:
    orders = local_azure.OUTPUTS["apis"]["orders"]
    capitals = orders | {"hostname": local_azure.APP.replace("func", "FUNC")}
    assert verify(outputs=local_azure.OUTPUTS | {"apis": {"orders": capitals}}).failed() == set()


def test_on_a_terminal_one_line_moves_in_place_of_many(
    verify: Verify, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    world.faults.add("gateway has no identity")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert verify().code == 1
    shown = terminal.getvalue()
    assert "of 17 checks, " in shown
    assert "\x1b[2K" in shown, "the line must be taken away again"
    assert_nothing_secret(shown, world)
    assert verify("--quiet").code == 1
    assert terminal.getvalue() == shown


def test_an_open_door_is_reported_at_once(verify: Verify, world: World) -> None:
    world.faults.add("Easy Auth is off")
    run = verify()
    assert {result["attempts"] for result in run.of("function-anonymous")} == {1}


def test_a_host_that_trickles_does_not_outlast_the_time_limit(verify: Verify, world: World) -> None:
    world.faults.add("silent")
    run = verify(limit=1)
    assert run.code == 1
    assert "no answer" in run.of("function-anonymous")[0]["observed"]


def test_a_certificate_that_nobody_vouches_for_fails_at_once(verify: Verify, world: World) -> None:
    run = verify(f"--cacert={world.other_cafile}")
    assert run.code == 1
    anonymous = run.of("function-anonymous")[0]
    assert "certificate not trusted" in anonymous["observed"]
    assert anonymous["attempts"] == 1


def test_a_certificate_of_another_host_fails(verify: Verify, world: World) -> None:
    host = "func-elsewhere.azurewebsites.net"
    orders = local_azure.OUTPUTS["apis"]["orders"] | {"hostname": host, "slots": {}}
    run = verify(
        f"--connect-to={host}:443:127.0.0.1:{world.https}",
        "--skip=scm",
        "--skip=function-plain-http",
        outputs=local_azure.OUTPUTS | {"apis": {"orders": orders}},
    )
    assert "certificate not trusted" in run.of("function-anonymous")[0]["observed"]
    assert host not in {request.host for request in world.requests}, "nothing may be sent"


def test_a_refusal_of_the_network_can_be_accepted_but_is_not_called_a_pass(
    verify: Verify, world: World
) -> None:
    world.faults.add("network refuses")
    run = verify("--accept-network-refusal", "--skip=gateway-key", "--skip=gateway-echo")
    assert run.code == 0
    for rule in ("function-anonymous", "function-key", "function-identity"):
        assert {result["outcome"] for result in run.of(rule)} == {"skipped"}


def test_an_identity_that_entra_gives_no_token_is_refused_early(verify: Verify, az: Path) -> None:
    az.write_text(
        "#!/bin/sh\necho 'ERROR: AADSTS501051: Application is not assigned' >&2\nexit 1\n"
    )
    run = verify()
    assert run.code == 0
    assert "AADSTS501051" in run.of("function-identity")[0]["observed"]


@pytest.mark.parametrize(
    "script",
    ["echo 'Please run az login' >&2; exit 1", "echo AADSTS700082: expired >&2; exit 1", ":"],
)
def test_no_login_is_not_taken_for_a_refusal(verify: Verify, az: Path, script: str) -> None:
    az.write_text(f"#!/bin/sh\n{script}\n")
    assert verify().failed() == {"function-identity"}


def test_without_an_azure_cli_the_input_cannot_be_used(verify: Verify, az: Path) -> None:
    az.unlink()
    run = verify()
    assert run.code == 2
    assert "az login" in run.err


def test_what_was_not_asked_for_is_listed_as_not_checked(verify: Verify) -> None:
    run = verify(everything=False)
    assert run.code == 0
    skipped = {result["rule"] for result in run.results if result["outcome"] == "skipped"}
    assert skipped == {"function-identity", "gateway-echo"}


def test_the_key_is_in_no_address(verify: Verify, world: World) -> None:
    verify()
    targets = " ".join(request.target for request in world.requests)
    assert local_azure.KEY not in targets
    assert quote(local_azure.KEY, safe="") not in targets
    assert f"{local_azure.QUERY}=" in targets, "a made-up key must have gone along"


@pytest.mark.parametrize("form", ["table", "json", "junit"])
def test_nothing_secret_is_shown_even_when_servers_send_it_back(
    verify: Verify, world: World, tmp_path: Path, form: str
) -> None:
    """That every other run shows nothing secret either, the fixture itself asserts."""
    world.faults.add("reflects what it gets")
    report = tmp_path / "report"
    run = verify(f"--output={report}", form=form)
    assert run.code == 1
    assert report.stat().st_size > 0
    sent = {value for request in world.requests for value in request.headers.values()}
    assert {local_azure.KEY, local_azure.FUNCTION_KEY} <= sent, "the secrets must have been sent"


def test_the_search_for_secrets_would_find_one(world: World) -> None:
    with pytest.raises(AssertionError):
        assert_nothing_secret(f"GET /list?key={quote(local_azure.KEY, safe='')}", world)
    with pytest.raises(AssertionError):
        assert_nothing_secret(world.token("client", "principal"), world)


def test_the_report_goes_to_a_file_and_the_table_to_the_log(
    verify: Verify, world: World, tmp_path: Path
) -> None:
    world.faults.add("the deployment site is open")
    report = tmp_path / "report.xml"
    run = verify(f"--output={report}", "--skip=gateway-echo", form="junit")
    suite = ElementTree.fromstring(report.read_text()).find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "2" == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == "1" == str(len(suite.findall("testcase/skipped")))
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert "2 failed, 1 not checked" in run.out
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == ["report.xml"]


def test_several_apis_are_checked_each_with_its_own_options(
    verify: Verify, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = local_azure.OUTPUTS["apis"]["orders"]
    apis = {"orders": orders, "open": orders | {"subscription_key": None, "probe": None}}
    stacks = {"prod": local_azure.OUTPUTS | {"apis": apis}, "empty": {"something": "else"}}
    monkeypatch.setenv("ORDERS_KEY", local_azure.KEY)
    monkeypatch.delenv("SECURED_FUNCTIONS_KEY")
    world.faults.add("gateway asks for no key")
    run = verify(
        "--key-env=orders=ORDERS_KEY",
        "--probe=open=GET:/unknown",
        "--expect=open=200,404",
        "--skip=gateway-plain-http",
        outputs=stacks,
        everything=False,
    )
    failed = {
        (result["api"], result["rule"]) for result in run.results if result["outcome"] == "failed"
    }
    assert failed == {("orders", "gateway-no-key"), ("orders", "gateway-wrong-key")}
    (key,) = (result for result in run.of("gateway-key") if result["api"] == "open")
    assert (key["expected"], key["observed"]) == ("200, 404", "404")
