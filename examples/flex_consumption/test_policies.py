"""The chain is closed on Flex Consumption too: the deployment site and the host's pages with it."""

from constructs_lib.testing import SimulatedChain

import pytest


@pytest.mark.parametrize("path", ["/api/orders/7", "/admin/functions", "/"])
def test_no_path_of_the_app_is_open(chain: SimulatedChain, path: str) -> None:
    assert chain.direct("func-contoso-flex", path).status == 401


def test_plain_http_is_not_answered(chain: SimulatedChain) -> None:
    answer = chain.direct("func-contoso-flex", "/api/orders/7", scheme="http")
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")


def test_the_gateway_gets_an_order(chain: SimulatedChain) -> None:
    answer = chain.get("/orders/orders/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace
