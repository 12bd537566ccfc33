"""The recipe, step by step: what each caller gets, and what the trace tells."""

from __future__ import annotations

import base64
import json
import socket

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.simulation.chain import AssumedError
from constructs_lib.simulation.http import SimulatedRequest
from constructs_lib.simulation.outside import ManualClock
from constructs_lib.testing import SimulatedChain, simulate
from tests.access import samples
from tests.simulation.chains import SLOT, chain


@pytest.fixture(scope="module")
def recipe() -> SimulatedChain:
    return simulate(chain())


@pytest.mark.parametrize("app", ["func-orders", "func-orders/staging"])
def test_nobody_calls_the_function_past_the_gateway(recipe: SimulatedChain, app: str) -> None:
    direct = recipe.direct(app, "/api/7")
    assert direct.status == 401
    assert direct.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert direct.received is None
    stranger = recipe.direct(app, "/api/7", token=recipe.token_of("stranger", has_role=True))
    assert stranger.status == 403
    assert "is not in allowed_applications" in stranger.trace
    assert recipe.direct(app, "/api/7", token="rubbish").status == 401
    assert recipe.direct(app, "/api/7", headers={"x-functions-key": "k"}).status == 401


def test_entra_issues_no_token_to_whom_no_role_is_assigned(recipe: SimulatedChain) -> None:
    with pytest.raises(AssertionError, match="AADSTS501051"):
        recipe.token_of("stranger")
    with pytest.raises(AssertionError, match="AADSTS50105:"):
        recipe.token_of("somebody", user=True)
    with pytest.raises(AssertionError, match="AADSTS500011"):
        recipe.token_of("stranger", other_tenant=True)


def test_the_gateway_asks_for_a_key(recipe: SimulatedChain) -> None:
    without = recipe.get("/orders/7")
    assert without.status == 401
    assert "missing subscription key" in without.text
    assert recipe.get("/orders/7", key="wrong").status == 401


def test_with_a_key_the_function_answers_and_sees_a_token_but_no_key(
    recipe: SimulatedChain,
) -> None:
    spoofed = {"X-MS-CLIENT-PRINCIPAL-ID": "the-boss"}
    answer = recipe.get("/orders/7?subscription-key=x", key=recipe.key(), headers=spoofed)
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace
    received = answer.received
    assert received is not None
    assert received.url.path == "/api/7"
    assert recipe.key() not in str(received)
    assert "subscription-key" not in str(received).lower()
    identity = recipe.local.gateways.simulated().service.users[0]
    assert received.headers["X-MS-CLIENT-PRINCIPAL-ID"] == identity.object_id
    told = json.loads(base64.b64decode(received.headers["X-MS-CLIENT-PRINCIPAL"]))
    assert {"typ": "azp", "val": identity.client_id} in told["claims"]
    # What is shown holds neither the key nor the token.
    assert recipe.key() not in str(answer.trace)
    assert received.headers["Authorization"].removeprefix("Bearer ") not in str(answer.trace)


def test_a_wrong_audience_ends_in_500_and_the_trace_says_why() -> None:
    document = chain()
    policy = document["resource"]["azurerm_api_management_api_policy"]["orders"]
    policy["xml_content"] = samples.policy(resource="api://nothing")
    wrong = simulate(document)
    answer = wrong.get("/orders/7", key=wrong.key())
    assert answer.status == 500
    assert "Internal server error" in answer.text
    assert "AADSTS500011" in answer.trace
    assert answer.received is None


def test_functions_are_callables_apps_and_time_is_moved_by_hand() -> None:
    def order(request: SimulatedRequest) -> dict[str, str]:
        return {"path": request.url.path}

    def wsgi(environ: dict[str, object], start: object) -> list[bytes]:
        start("202 Accepted", [("X-From", "wsgi")])  # type: ignore[operator]
        return [str(environ["PATH_INFO"]).encode()]

    clock = ManualClock()
    own = simulate(
        chain(), functions={"orders": order, "func-orders/staging": wsgi}, clock=clock, strict=True
    )
    assert own.get("/orders/7", key=own.key()).json() == {"path": "/api/7"}
    token = own.token_of("stranger", has_role=True)
    assert own.direct("orders", token=token).status == 403
    clock.advance(2 * 3600)
    assert own.direct("orders", token=token).status == 401
    # The gateway gets a new token in time.
    clock.advance(48 * 3600)
    assert own.get("/orders/8", key=own.key()).status == 200


def test_the_story_tells_what_happened_at_a_door_before_the_failure_behind_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    dead = simulate(chain(), functions={"orders": f"http://127.0.0.1:{port}"})
    answer = dead.get("/orders/7", key=dead.key())
    assert answer.status == 500
    sections = list(dict.fromkeys(line.section for line in answer.trace))
    assert sections == ["inbound", "backend", "site", "on-error"]


def test_what_is_only_assumed_ends_a_strict_run() -> None:
    document = chain()
    directory = samples.directory(document)
    del directory["allowed_applications"], directory["allowed_identities"]
    strict = simulate(document, strict=True)
    told = r"of Azure: Without a list of callers .+ is let in \(easy-auth\.no-list\)$"
    with pytest.raises(AssumedError, match=told):
        strict.get("/orders/7", key=strict.key())
    with pytest.raises(AssumedError, match=r"easy-auth\.no-list"):
        strict.direct("orders", token=strict.token_of("stranger", has_role=True))


def test_a_function_for_an_app_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="func-orders/staging"):
        simulate(chain(), functions={"invoices": "http://localhost:7071"})


def test_network_rules_look_at_the_address_of_the_caller() -> None:
    document = chain()
    site = document["resource"][SLOT]["staging"]["site_config"]
    site["ip_restriction"] = [{"ip_address": "198.51.100.0/24", "action": "Allow"}]
    site["ip_restriction_default_action"] = "Deny"
    ruled = simulate(document)
    assert ruled.direct("func-orders/staging", client="203.0.113.9").status == 403
    assert ruled.direct("func-orders/staging", client="198.51.100.9").status == 401
