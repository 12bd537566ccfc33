"""Two stacks, one chain: what the team's stack reads of the platform's fits together."""

from constructs_lib.testing import SimulatedChain


def test_the_platforms_gateway_calls_the_teams_function(chain: SimulatedChain) -> None:
    assert chain.get("/orders/orders/7").status == 401
    answer = chain.get("https://apim-contoso.azure-api.net/orders/orders/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace
    assert chain.key() not in str(answer.received)


def test_nobody_else_calls_it(chain: SimulatedChain) -> None:
    (app,) = chain.apps
    assert chain.direct(app, "/api/orders/7").status == 401
    stranger = chain.token_of("stranger", has_role=True)
    assert chain.direct(app, "/api/orders/7", token=stranger).status == 403
