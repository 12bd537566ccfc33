"""`secured-functions verify` of the example as `secured-functions serve` runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from constructs_lib import VISUAL_STUDIO_CODE, cli
from tests.cli.served import LIMIT, Served
from tests.mcp_server.local import Behind, Local, listening
from tests.mcp_server.test_verify import BROKEN, ON_HOSTS, WITH_TOKEN

REDIRECT = "http://127.0.0.1:33418/"


@pytest.fixture
def served(running: Local, tmp_path: Path) -> Iterator[tuple[Served, Behind]]:
    """The example's JSON in the process, and the function app behind it."""
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "cdk.tf.json").write_text(json.dumps(running.right))
    tls = tmp_path / "tls"
    with (
        listening() as (behind, url),
        Served(stack, f"--function=weather={url}", "--tls", str(tls)) as process,
    ):
        process.welcome()
        process.verify = process.until(".scm.azurewebsites.net:80")
        yield process, behind


def sign_in(served: Served, mcp: dict[str, str]) -> str:
    """The token of the example's user, who signs in to a client at the simulated Entra."""
    base = urlsplit(mcp["issuer"]).path.replace("/v2.0", "/oauth2/v2.0")
    client = {"client_id": VISUAL_STUDIO_CODE, "redirect_uri": REDIRECT}
    query = urlencode({**client, "response_type": "code", "scope": mcp["scope"],
                       "code_challenge": "a-verifier"})  # fmt: skip
    location = served.get("Entra", f"{base}/authorize?{query}").headers["Location"]
    form = {**client, "grant_type": "authorization_code", "code_verifier": "a-verifier",
            "code": parse_qs(urlsplit(location).query)["code"][0]}  # fmt: skip
    url = served.url("Entra") + f"{base}/token"
    return httpx.post(url, data=form, timeout=LIMIT, trust_env=False).json()["access_token"]


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> str:
    found = json.loads(json.dumps(document))
    change(found)
    return json.dumps(found)


def test_the_command_finds_what_is_right_and_what_is_broken(
    running: Local,
    served: tuple[Served, Behind],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    process, behind = served
    monkeypatch.setattr(cli, "COMMANDS", ("verify",))
    monkeypatch.setenv("TOKEN", token := sign_in(process, running.mcp))
    command = process.verify.strip().replace("\\\n", " ").split()[1:]
    command += ["--format=json", "--quiet"]

    def outcomes(*options: str) -> dict[str, str]:
        """The outcome of each check, which the exit code agrees with."""
        behind.received.clear()
        code = cli.main([*command, *options])
        shown = capsys.readouterr()
        assert token not in shown.out + shown.err
        found = {each["rule"]: each["outcome"] for each in json.loads(shown.out)["results"]}
        assert code == ("failed" in found.values())
        return found

    without = outcomes()
    assert {rule for rule, each in without.items() if each == "skipped"} == {
        "function-identity", *WITH_TOKEN
    }  # fmt: skip
    assert set(without.values()) == {"passed", "skipped"}
    assert behind.received == []

    called = ["--token-env=TOKEN", '--stream-tool=count:{"to": 20}']
    for old, other in ((False, set[str]()), (True, {"mcp-stateless"})):
        behind.old = old
        found = outcomes(*called)
        assert {rule for rule, each in found.items() if each == "skipped"} == {
            "function-identity", *other
        }  # fmt: skip
        assert set(found.values()) == {"passed", "skipped"}
        assert behind.received

    behind.old = False
    called = ["--token-env=TOKEN", '--stream-tool=count:{"to": 4}']
    called += [f"--skip={rule}" for rule in ON_HOSTS]
    for fault in ("no challenge", "buffered", "headers of the protocol are changed"):
        change, expected = BROKEN[fault]
        process.write(changed(running.right, change))
        process.until("read anew")
        # The tool goes on with each call of others.
        others = {"mcp-session", "mcp-stateless"} - expected
        found = outcomes(*called, *(f"--skip={rule}" for rule in others))
        assert {rule for rule, each in found.items() if each == "failed"} == expected
