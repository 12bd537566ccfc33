"""The adopted app and its slot let in the gateway and nobody else."""

from constructs_lib.testing import SimulatedChain

import pytest


@pytest.mark.parametrize("site", ["func-contoso-tickets", "func-contoso-tickets/staging"])
def test_app_and_slot_refuse_whoever_is_not_the_gateway(chain: SimulatedChain, site: str) -> None:
    assert chain.direct(site, "/api/tickets/7").status == 401
    token = chain.token_of("stranger", app=site, has_role=True)
    assert chain.direct(site, "/api/tickets/7", token=token).status == 403


def test_the_gateway_calls_the_app_with_its_token(chain: SimulatedChain) -> None:
    assert chain.get("/tickets/tickets/7").status == 401
    answer = chain.get("/tickets/tickets/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace
    assert answer.received is not None
    assert answer.received.url.host == "func-contoso-tickets.azurewebsites.net"
    assert chain.key() not in str(answer.received)
