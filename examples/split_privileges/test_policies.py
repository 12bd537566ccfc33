"""Three stacks, one chain: only whom the directory team granted the role gets a token."""

from constructs_lib.testing import SimulatedChain

import pytest


def test_the_gateway_was_granted_the_role(chain: SimulatedChain) -> None:
    assert chain.get("/orders/orders/7").status == 401
    answer = chain.get("/orders/orders/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace


def test_entra_issues_no_token_to_anybody_else(chain: SimulatedChain) -> None:
    with pytest.raises(AssertionError, match="AADSTS501051"):
        chain.token_of("stranger")
