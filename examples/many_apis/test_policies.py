"""Each API reaches the function app of its own, with a token for that one alone."""

from constructs_lib.testing import SimulatedChain

APIS = {"orders", "customers", "prices", "shipping"}


def test_each_api_calls_its_own_function_app(chain: SimulatedChain) -> None:
    reached: set[str] = set()
    for method, url in chain.operations:
        assert chain.request(method, url).status == 401
        answer = chain.request(method, url, key=chain.key())
        assert answer.received is not None, answer.trace
        api = url.split("/")[3]
        assert answer.received.url.host == f"func-contoso-{api}.azurewebsites.net"
        reached.add(api)
    assert reached == APIS


def test_the_key_of_an_api_opens_no_other(chain: SimulatedChain) -> None:
    key = chain.key(api="prices")
    assert chain.get("/prices/prices/7", key=key).status == 200
    assert chain.get("/orders/orders", key=key).status == 401


def test_a_token_for_one_function_app_is_refused_by_the_others(chain: SimulatedChain) -> None:
    received = chain.get("/prices/prices/7", key=chain.key()).received
    assert received is not None
    token = received.headers["Authorization"].removeprefix("Bearer ")
    assert chain.direct("func-contoso-prices", "/api/prices/7", token=token).status == 200
    assert chain.direct("func-contoso-orders", "/api/orders", token=token).status == 401
