"""What each caller gets: the recipe's promises, each as a call."""

from constructs_lib.testing import SimulatedChain

import pytest

TOKEN_ADDED = "Managed identity token is added to Authorization header"


def test_nobody_calls_the_function_past_the_gateway(chain: SimulatedChain) -> None:
    assert chain.direct("func-contoso-orders", "/api/orders").status == 401
    stranger = chain.token_of("stranger", has_role=True)
    assert chain.direct("func-contoso-orders", "/api/orders", token=stranger).status == 403


def test_the_gateway_asks_for_a_key(chain: SimulatedChain) -> None:
    answer = chain.get("/orders/orders/7")
    assert answer.status == 401
    assert "missing subscription key" in answer.text
    assert chain.get("/orders/orders/7", key="guessed").status == 401


@pytest.mark.parametrize("sent", ["header", "query"])
def test_the_function_gets_a_token_and_never_sees_the_key(chain: SimulatedChain, sent: str) -> None:
    if sent == "header":
        answer = chain.get("/orders/orders/7", key=chain.key())
    else:
        answer = chain.get(f"/orders/orders/7?subscription-key={chain.key()}")
    assert answer.status == 200
    assert TOKEN_ADDED in answer.trace
    assert answer.received is not None
    assert answer.received.url.path == "/api/orders/7"
    assert chain.key() not in str(answer.received)


def test_a_caller_cannot_pass_for_somebody_else(chain: SimulatedChain) -> None:
    claimed = {"X-MS-CLIENT-PRINCIPAL-ID": "the-boss", "Authorization": "Bearer of-somebody"}
    answer = chain.get("/orders/orders/7", key=chain.key(), headers=claimed)
    assert answer.received is not None
    assert answer.received.headers["X-MS-CLIENT-PRINCIPAL-ID"] != "the-boss"
    assert answer.received.headers["Authorization"] != "Bearer of-somebody"


def test_what_is_not_published_is_not_there(chain: SimulatedChain) -> None:
    assert chain.request("DELETE", "/orders/orders/7", key=chain.key()).status == 404
