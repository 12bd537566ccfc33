"""`secured-functions serve`: one process for nearly all tests, asked as a user asks it."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from constructs_lib import cli
from constructs_lib.simulation.http import HttpHeaders, HttpUrl, SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.server.recorded_calls import LONGEST, WINDOW, RecordedCalls
from tests.access import samples
from tests.access.report.headless_browser import Browser, find_browser
from tests.access.samples import Document
from tests.cli.served import LIMIT, Served
from tests.simulation.chains import SLOT, chain


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "stack"
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(chain()))
    return folder


@pytest.fixture(scope="module")
def served(stack: Path) -> Iterator[Served]:
    with Served(stack, "--trace", "--tls", str(stack.parent / "tls")) as process:
        process.welcome()
        process.verify = process.until("func-orders-staging.scm.azurewebsites.net:80")
        yield process
        process.process.send_signal(signal.SIGTERM)
        assert "Traceback" not in process.rest()
        assert process.process.returncode == 0


def test_only_the_gateway_gets_through_to_the_function(served: Served) -> None:
    assert served.get("gateway apim-sample", "/orders/7").status_code == 401
    answer = served.through_gateway("/orders/7")
    assert answer.status_code == 200
    assert answer.json()["path"] == "/api/7"
    assert "Ocp-Apim-Subscription-Key" not in answer.json()["headers"]
    assert served.get("function app func-orders", "/api/7").status_code == 401
    assert served.get("slot func-orders/staging", "/api/7").status_code == 401
    keys = served.get("Entra", "/common/discovery/v2.0/keys").json()
    assert keys["keys"][0]["kty"] == "RSA"


def test_it_listens_on_the_loopback_alone(served: Served) -> None:
    ports = re.findall(r"(?m)^\w.* https?://127\.0\.0\.1:(\d+)", served.words)
    assert len(ports) == 7
    for port in map(int, ports):
        # What listens at every address would answer at this one of the loopback's too.
        with socket.socket() as caller:
            caller.settimeout(0.5)
            assert caller.connect_ex(("127.0.0.2", port)) != 0


def test_a_page_of_somewhere_else_gets_no_answer_by_a_name_of_its_own(served: Served) -> None:
    for part in ("page", "gateway apim-sample", "Entra", "every host, with TLS"):
        place = served.url(part)
        trusted = ssl.create_default_context(cafile=served.folder / "ca.pem")
        with httpx.Client(verify=trusted, timeout=LIMIT, trust_env=False) as client:
            for host in ("attacker.example", "attacker.example:7070", "192.0.2.1", "[", ""):
                refused = client.get(f"{place}/calls", headers={"Host": host})
                assert refused.status_code == 421, (part, host)
                assert served.key not in refused.text
            for host in ("localhost:7070", "127.0.0.1", "[::1]:70", "apim-sample.azure-api.net"):
                answer = client.get(f"{place}/calls", headers={"Host": host})
                assert answer.status_code != 421, (part, host)
    page = served.get("page", "/calls", Origin="https://attacker.example")
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_page_and_trace_show_calls_without_secrets(served: Served) -> None:
    served.through_gateway(
        "/orders/9?a=1&code=very-private",
        Cookie="session=very-private",
        Authorization="Bearer very-private",
    )
    page = served.get("page", "/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    calls = served.get("page", "/calls").text
    last = json.loads(calls)[-1]
    assert (last["method"], last["status"]) == ("GET", 200)
    assert last["target"].startswith("/orders/9?a=1")
    sections = [line["section"] for line in last["lines"]]
    assert list(dict.fromkeys(sections)) == ["inbound", "backend", "site", "outbound"]
    printed = served.until("/orders/9") + served.until(last["lines"][-1]["message"])
    for text in (json.dumps(last), printed):
        assert served.key not in text
        assert not re.search(r"eyJ[\w-]+\.eyJ", text)
        assert "very-private" not in text
    assert "azp" in json.dumps(last["lines"])
    assert served.get("page", f"/calls?after={last['number']}").json() == []


def test_the_page_is_readable_on_every_screen(served: Served, tmp_path: Path) -> None:
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium: install it, or name it in CHROMIUM, to test the page in it")
    served.through_gateway(f"/orders/{'a' * 90}")
    grounds: list[str] = []
    with Browser(executable, tmp_path) as browser:
        for width, dark in ((360, False), (1280, True)):
            browser.show(served.url("page"), width=width, dark=dark)
            browser.wait("document.querySelector('#calls button') !== null")
            browser.click("#calls button")
            browser.wait("document.querySelector('article details') !== null")
            assert browser.value("document.documentElement.scrollWidth") == width
            grounds.append(browser.value("getComputedStyle(document.body).backgroundColor"))
            shown = browser.value("document.querySelector('article').textContent")
            assert "Managed identity token is added to Authorization header." in shown
            assert "ocp-apim-subscription-key: ***" in shown.lower()
            assert '"azp":' in shown  # The token's claims are JSON.
            assert browser.complaints == []
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]


def test_any_method_and_any_target_gets_an_answer(served: Served) -> None:
    gateway = served.url("gateway apim-sample")
    key = {"Ocp-Apim-Subscription-Key": served.key}
    with httpx.Client(headers=key, timeout=LIMIT, trust_env=False) as client:
        for method in ("PROPFIND", "HEAD", "TRACE"):
            assert client.request(method, f"{gateway}/orders/7").status_code == 404, method
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        assert client.get(f"{gateway}/orders/7", headers=upgrade).status_code == 200
    place = ("127.0.0.1", int(gateway.rpartition(":")[2]))
    for head, told in (
        ("GET http://apim-sample.azure-api.net/orders/7 HTTP/1.1", "is not a path"),
        ("OPTIONS * HTTP/1.1", "is not a path"),
        ("POST /orders/7 HTTP/1.1\r\nContent-Length: 9", ""),  # and goes away
    ):
        with socket.create_connection(place, LIMIT) as caller:
            caller.sendall(f"{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            if told:
                assert told in caller.makefile().read()


def test_a_long_body_is_shown_to_its_first_part_and_without_secrets() -> None:
    secret = "a-key-of-the-caller"
    url = HttpUrl.parse("https://apim-sample.azure-api.net/orders")
    request = SimulatedRequest("POST", url, HttpHeaders({"X-Key": secret}))
    for letter in ("x", "ä"):
        for length in (LONGEST - 9, WINDOW // 2 - 9):
            response = SimulatedResponse.of(200, f"{letter * length}{secret}{letter * WINDOW}")
            made = {"time": "", "milliseconds": 0.0, "story": None, "received": None}
            shown = RecordedCalls().add(request, response, **made).answered["body"]
            assert "a-key" not in shown
            assert len(shown) == LONGEST + 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--pass-over=sendrequest"], "did you mean send-request?"),
        (["--function=orders=http://a", "--function=func-orders=http://b"], "has two functions"),
        (["--function=orders=http://a", "--function=orders=http://b"], "names orders twice"),
        (["--function=invoices=http://a"], "there is no function app invoices"),
        (["--function=orders=localhost:7071"], "is no URL of http or https"),
        (["--host=192.0.2.1", "--port=0"], "give --host an address of this machine"),
        (["--tls=/dev/null/tls"], "/dev/null/tls: cannot be written to"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(
    stack: Path,
    options: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "COMMANDS", ("serve",))
    assert cli.main(["serve", str(stack), *options]) == 2
    assert told in capsys.readouterr().err


def test_json_that_cannot_be_read_leaves_the_chain_as_it_was(served: Served) -> None:
    served.write("{")
    served.until("the change is not taken over")
    assert served.through_gateway("/orders/7").status_code == 200
    more = chain()
    apps = more["resource"]["azurerm_linux_function_app"]
    apps["more"] = {**apps["orders"], "name": "func-more"}
    served.write(json.dumps(more))
    served.until("start again to call function app func-more, which has no port yet")
    served.write(json.dumps(chain()))
    served.until("read anew")


def _off(document: Document) -> None:
    samples.easy_auth(document)["auth_enabled"] = False


def _slot_over_http(document: Document) -> None:
    slot = document["resource"][SLOT]["staging"]
    slot["https_only"] = False
    slot["auth_settings_v2"]["require_https"] = False


def _no_key(document: Document) -> None:
    api = document["resource"]["azurerm_api_management_api"]["orders"]
    api["subscription_required"] = False


BROKEN: dict[str, tuple[Callable[[Document], None], set[str]]] = {
    "Easy Auth is off": (_off, {"function-anonymous", "function-key", "function-forged-token"}),
    "the slot answers plain HTTP": (_slot_over_http, {"function-plain-http"}),
    "the API asks for no key": (_no_key, {"gateway-no-key"}),
}


def test_verify_passes_and_fails_on_each_broken_variant(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "COMMANDS", ("verify",))
    monkeypatch.setenv("SECURED_FUNCTIONS_KEY", served.key)
    report = tmp_path / "report.json"
    command = served.verify.strip().replace("\\\n", " ").split()[1:]

    def failed() -> set[str]:
        cli.main([*command, "--format=json", f"--output={report}", "--time-limit=2", "--quiet"])
        results = json.loads(report.read_text())["results"]
        assert len(results) > 10
        return {each["rule"] for each in results if each["outcome"] == "failed"}

    assert failed() == set()
    for name, (change, expected) in BROKEN.items():
        document = chain()
        change(document)
        served.write(json.dumps(document))
        served.until("read anew")
        found = failed()
        assert expected <= found, (name, found)


def test_ctrl_c_ends_it_though_a_function_never_answers(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text(json.dumps(chain()))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        function = f"func-orders=http://127.0.0.1:{silent.getsockname()[1]}"
        with Served(tmp_path, "--function", function) as waiting:
            waiting.welcome()
            gateway = ("127.0.0.1", int(waiting.url("gateway apim-sample").rpartition(":")[2]))
            with socket.create_connection(gateway, LIMIT) as caller:
                caller.sendall(
                    b"GET /orders/7 HTTP/1.1\r\nHost: localhost\r\n"
                    b"Ocp-Apim-Subscription-Key: " + waiting.key.encode() + b"\r\n\r\n"
                )
                silent.settimeout(LIMIT)
                with silent.accept()[0]:
                    waiting.process.send_signal(signal.SIGINT)
                    assert "Traceback" not in waiting.rest()
            assert waiting.process.returncode == 0
