"""The parts that need no server: outputs, patience, secrets, options."""

from __future__ import annotations

import copy
import getpass
import io
import json
import os
import random
import re
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import cli
from constructs_lib._core.errors import InputError
from constructs_lib.verify.checks import Plan, plan_checks
from constructs_lib.verify.client import Client, HttpResponse, NoAnswer
from constructs_lib.verify.echo import Echo
from constructs_lib.verify.judges import (
    answers_as_expected,
    challenges,
    describes,
    not_served,
    refused_by_easy_auth,
    refused_by_gateway,
    refused_by_scm,
)
from constructs_lib.verify.outputs import DeployedMcp, KeyPlace, read_outputs
from constructs_lib.verify.run import Backoff, Check, Judgement, persist, run
from constructs_lib.verify.secret import Secret
from tests.verify import local_azure

PLAIN = local_azure.OUTPUTS
WRAPPED = {
    name: {"sensitive": False, "type": "dynamic", "value": value} for name, value in PLAIN.items()
}


@pytest.mark.parametrize(
    "document",
    [WRAPPED, PLAIN, {"prod": PLAIN}, {"prod": PLAIN, "network": {"vnet": "x"}}],
    ids=["terraform", "plain", "cdktf", "cdktf with another stack"],
)
def test_outputs_are_read_from_terraform_and_from_cdktf(document: object) -> None:
    outputs = read_outputs(json.dumps(document), where="outputs.json")
    assert outputs.model_dump(exclude_unset=True) == PLAIN


@pytest.mark.parametrize(
    ("text", "stack", "words"),
    [
        ("", None, "not JSON"),
        ("[" * 100_000, None, "deep"),
        ('{"apis": ' * 200 + "1" + "}" * 200, None, "deep"),
        ('{"apis": ' + "1" * 5000 + "}", None, "5000 digits"),
        ("[]", None, "not an object"),
        ("{}", None, "no output apis"),
        (json.dumps({"a": PLAIN, "b": PLAIN}), None, "--stack a or b"),
        (json.dumps({"a": PLAIN}), "b", "one of a"),
        (json.dumps(PLAIN), "b", "leave out --stack"),
        (json.dumps(PLAIN | {"apis": {}}), None, "output apis"),
    ],
)
def test_outputs_that_cannot_be_used_are_refused(text: str, stack: str | None, words: str) -> None:
    with pytest.raises(InputError, match=r"^outputs\.json: ") as refused:
        read_outputs(text, where="outputs.json", stack=stack)
    assert words in str(refused.value)


def _places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _places(inner, (*path, key))
        else:
            yield (*path, key)


@pytest.mark.parametrize("path", list(_places(PLAIN)), ids=".".join)
@pytest.mark.parametrize("value", ["", "a b", "x\r\nEvil: 1", "http://x.example/", 7, None, []])
def test_each_output_is_checked_before_it_is_used(path: tuple[str, ...], value: object) -> None:
    document = copy.deepcopy(PLAIN)
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if (path[-1], value) == ("name", "a b") or (path[-1], value) == ("name", "http://x.example/"):
        return  # a name is only shown
    with pytest.raises(InputError, match=rf"output {path[0]}") as refused:
        read_outputs(json.dumps(document), where="outputs.json")
    assert re.search("is missing|cannot be used", str(refused.value))
    assert not re.search("should|required|valid", refused.value.problem)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _check(*verdicts: Judgement) -> Check:
    left = list(verdicts)

    def attempt(_deadline: float) -> Judgement:
        return left.pop(0) if len(left) > 1 else left[0]

    return Check(rule="scm", api="orders", target="host", expected="401", attempt=attempt)


BUSY = Judgement(outcome="failed", observed="503", again=True)
GOOD = Judgement(outcome="passed", observed="401")


def _persist(check: Check, limit: float, clock: Clock) -> Any:
    return persist(
        check,
        deadline=clock.now + limit,
        backoff=Backoff(),
        source=random.Random(7),
        clock=clock,
        sleep=clock.sleep,
    )


def test_the_pauses_double_up_to_the_ceiling_and_are_the_same_for_the_same_seed() -> None:
    first, second = Clock(), Clock()
    result = _persist(_check(*[BUSY] * 7, GOOD), 1000, first)
    _persist(_check(*[BUSY] * 7, GOOD), 1000, second)
    assert (result.outcome, result.attempts) == ("passed", 8)
    assert first.slept == second.slept
    for pause, base in zip(first.slept, [1, 2, 4, 8, 15, 15, 15], strict=True):
        assert base <= pause <= base * 1.25
    assert first.slept != [1, 2, 4, 8, 15, 15, 15], "jitter"


@given(limit=st.floats(0.1, 500))
def test_no_pause_reaches_beyond_the_time_limit(limit: float) -> None:
    clock = Clock()
    result = _persist(_check(BUSY), limit, clock)
    assert sum(clock.slept) < limit
    assert result.outcome == "failed"
    assert "still after" in result.observed


def test_a_server_that_names_a_pause_gets_it() -> None:
    clock = Clock()
    busy = Judgement(outcome="failed", observed="429", again=True, after=40)
    assert _persist(_check(busy, GOOD), 100, clock).outcome == "passed"
    assert clock.slept == [40]


def test_a_final_verdict_is_not_asked_again() -> None:
    clock = Clock()
    bad = Judgement(outcome="failed", observed="200")
    assert _persist(_check(bad, GOOD), 100, clock).outcome == "failed"
    assert clock.slept == []


def test_a_check_that_breaks_fails_without_showing_what_it_sent() -> None:
    def attempt(_deadline: float) -> Judgement:
        raise ValueError("Invalid header value b'secret'")

    check = Check(rule="scm", api="orders", target="host", expected="401", attempt=attempt)
    (result,) = run([check], limit=5)
    assert (result.outcome, result.observed) == ("failed", "error: ValueError")


def test_checks_that_wait_do_not_keep_others_from_asking() -> None:
    results = run([*[_check(BUSY)] * 20, _check(GOOD)], limit=0.9, workers=1)
    assert [result.attempts for result in results] == [1] * 21
    assert results[-1].outcome == "passed"


answers = st.builds(
    HttpResponse,
    status=st.integers(100, 599),
    headers=st.dictionaries(
        st.sampled_from(["location", "retry-after", "www-authenticate"]),
        st.text(st.characters(max_codepoint=255))
        | st.sampled_from(
            ["https://[", "https://host:x/", "https://func.example/", "²", "9" * 400]
        ),
    ),
    body=st.binary()
    | st.sampled_from([b"[" * 100_000, b'{"headers": 1, "query": {}}', b"9" * 9999]),
)
troubles = st.builds(
    NoAnswer,
    st.sampled_from(["name", "refused", "timeout", "late", "certificate", "broken"]),
    st.just("detail"),
)
NAMES = KeyPlace(header="X-Key", query="key")
GATEWAY = read_outputs(json.dumps(PLAIN), where="outputs.json").gateway
MCP = DeployedMcp(
    url="https://apim.example/weather/mcp",
    metadata_url="https://apim.example/.well-known/oauth-protected-resource/weather/mcp",
    scope="https://apim.example/weather/mcp/access",
    issuer="https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
    endpoint="runtime/webhooks/mcp",
    audience="22222222-2222-4333-8444-555555555555",
)
CHALLENGE = f'Bearer resource_metadata="{MCP.metadata_url}", scope="{MCP.scope}"'
METADATA = {
    "resource": MCP.url,
    "authorization_servers": [MCP.issuer],
    "scopes_supported": [MCP.scope],
}
JUDGES = {
    "easy auth": (refused_by_easy_auth(False, wanted=401), {401}),
    "identity": (refused_by_easy_auth(False, wanted=403), {403}),
    "plain http": (not_served("func.example", (403,), "advice"), {301, 302, 307, 308, 403}),
    "scm": (refused_by_scm(False), {302, 303, 307, 401, 403}),
    "gateway": (refused_by_gateway, {401}),
    "challenge": (challenges(MCP), {401}),
    "metadata": (describes(MCP), {200}),
    "works": (answers_as_expected({200}, GATEWAY), {200}),
    "echo": (
        Echo(NAMES, Secret("k" * 20, where="x"), answers_as_expected((), GATEWAY)).judge,
        set(),
    ),
}


@pytest.mark.parametrize(
    ("status", "challenge", "outcome"),
    [
        (401, CHALLENGE, "passed"),
        (401, CHALLENGE.replace("weather/mcp/access", "access"), "failed"),
        (401, "AzureApiManagementKey realm", "failed"),
        (200, "", "failed"),
        (405, "", "failed"),
    ],
)
def test_a_client_of_mcp_is_told_where_to_sign_in(
    status: int, challenge: str, outcome: str
) -> None:
    answer = HttpResponse(status=status, headers={"www-authenticate": challenge}, body=b"")
    assert challenges(MCP)(answer).outcome == outcome


@pytest.mark.parametrize("changed", [{}, *({key: "another"} for key in METADATA)], ids=str)
def test_the_metadata_is_that_of_the_server(changed: dict[str, str]) -> None:
    body = json.dumps({**METADATA, **changed}).encode()
    verdict = describes(MCP)(HttpResponse(status=200, headers={}, body=body))
    assert verdict.outcome == ("failed" if changed else "passed")
    assert all(key in verdict.advice for key in changed)


def test_an_mcp_server_is_asked_without_a_probe_or_a_key() -> None:
    document = copy.deepcopy(PLAIN)
    document["apis"]["orders"] |= {"mcp": MCP.model_dump(), "probe": None}
    outputs = read_outputs(json.dumps(document), where="x")
    rules = {check.rule for check in plan_checks(Plan(outputs=outputs), Client())}
    assert {"mcp-challenge", "mcp-metadata", "function-anonymous"} <= rules
    assert not rules & {"gateway-key", "gateway-no-key"}


@pytest.mark.parametrize("name", JUDGES)
@given(answer=answers | troubles)
def test_no_answer_breaks_a_judge_and_only_the_right_ones_pass(
    name: str, answer: HttpResponse | NoAnswer
) -> None:
    judge, right = JUDGES[name]
    verdict = judge(answer)
    assert verdict.outcome in ("passed", "failed")
    if isinstance(answer, HttpResponse):
        assert verdict.outcome == "failed" or answer.status in right
    else:
        silent_is_fine = name in ("plain http", "scm") and answer.trouble in ("refused", "timeout")
        assert verdict.outcome == "failed" or silent_is_fine


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_a_secret_is_shown_by_nothing_but_reveal(text: str) -> None:
    secret = Secret(text + "\n", where="test", scheme="Bearer")
    assert secret.reveal() == f"Bearer {text}"
    assert f"{secret} {secret!r} {[secret]}" == "Secret(***) Secret(***) [Secret(***)]"
    assert secret.is_in(f"before{text}after")
    assert Secret(f"Bearer {text}", where="test", scheme="Bearer").reveal() == f"Bearer {text}"


@given(st.text(min_size=1))
def test_a_secret_that_no_header_may_carry_is_refused_without_being_shown(text: str) -> None:
    text = f"hidden {text}"
    with pytest.raises(InputError) as refused:
        Secret(text, where="SECURED_FUNCTIONS_KEY")
    assert "hidden" not in "".join(traceback.format_exception(refused.value)[-1:])


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(cli, "COMMANDS", ("verify",))
    monkeypatch.delenv("SECURED_FUNCTIONS_KEY", raising=False)
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(PLAIN))
    return str(file)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--token-env=NOT_THERE"], "no such environment variable"),
        (["--token-env=invoices=HOME"], "one of orders"),
        (["--as-caller"], "az login"),
        (["--stream-tool="], "no name of a tool"),
        (["--stream-tool=a tool"], "no name of a tool"),
        (["--stream-tool=count:"], "no JSON object"),
        (["--stream-tool=count:{to:5}"], "no JSON object"),
        (["--stream-tool=orders=count:[5]"], "no JSON object"),
        (["--stream-tool=count:" + "[" * 100_000], "no JSON object"),
        (["--stream-tool=" + "x" * 100_000], "no name of a tool"),
    ],
)
def test_options_for_callers_of_an_mcp_server_that_cannot_be_used_say_why(
    outputs: str,
    options: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", "")
    orders = {**PLAIN["apis"]["orders"], "mcp": MCP.model_dump()}
    Path(outputs).write_text(json.dumps({**PLAIN, "apis": {"orders": orders}}))
    assert cli.main(["verify", outputs, *options]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error) < 400


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "SECURED_FUNCTIONS_KEY"),
        (["--key-env=NOT_THERE"], "no such environment variable"),
        (["--key-env=invoices=SOME"], "one of orders"),
        (["--key-fd=999"], "--key-fd 999"),
        (["--skip=everything"], "no such check"),
        (["--probe=/list"], "GET:/health"),
        (["--probe=GET:/a b"], "GET:/health"),
        (["--expect=OK"], "200,204"),
        (["--expect=99"], "200,204"),
        (["--echo=echo"], "not a path"),
        (["--skip=gateway-key", "--echo=/echo"], "needs a subscription key"),
        (["--connect-to=a:b"], "HOST:PORT:ADDRESS:PORT"),
        (["--cacert=/nowhere.pem"], "/nowhere.pem"),
        (["--skip=*", "--output=/nowhere/report"], "cannot be written"),
        (["--as-caller"], "for MCP servers, and there is none"),
        (["--token-env=HOME"], "for MCP servers, and there is none"),
        (["--stream-tool=orders=count"], "for MCP servers, and there is none"),
    ],
)
def test_options_that_cannot_be_used_end_with_2_and_say_why(
    outputs: str, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", outputs, *options]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_key_given_in_place_of_a_variable_name_is_not_repeated(
    outputs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", outputs, "--key-env=s3cr3tk3y"]) == 2
    assert "s3cr3tk3y" not in capsys.readouterr().err


def test_the_key_may_come_from_a_file_descriptor_and_the_outputs_from_standard_input(
    outputs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"the-key\n")
    os.close(writing)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(WRAPPED)))
    skip = "--skip=*"
    assert cli.main(["verify", f"--key-fd={reading}", skip, "--format=json", "--echo=/echo"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"] == {"skipped": 17}


def test_the_key_is_not_asked_for_where_typing_would_show_it(
    outputs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_terminal(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=1)
        raise AssertionError("must not go on")

    monkeypatch.setattr(getpass, "getpass", without_terminal)
    assert cli.main(["verify", outputs, "--key-prompt"]) == 2
    assert "needs a terminal" in capsys.readouterr().err
    monkeypatch.setattr(getpass, "getpass", lambda prompt: local_azure.KEY)
    assert cli.main(["verify", outputs, "--key-prompt", "--skip=*"]) == 0


def test_an_api_without_a_probe_is_not_quietly_passed_over(
    outputs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = copy.deepcopy(PLAIN)
    document["apis"]["orders"]["probe"] = None
    Path(outputs).write_text(json.dumps(document))
    assert cli.main(["verify", outputs]) == 2
    assert "--probe orders=GET:/path" in capsys.readouterr().err
