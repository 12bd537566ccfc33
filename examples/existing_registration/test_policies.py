"""With everything of Entra managed elsewhere, Easy Auth is what refuses strangers."""

from constructs_lib.testing import SimulatedChain


def test_the_gateway_gets_an_order(chain: SimulatedChain) -> None:
    assert chain.get("/orders/orders/7").status == 401
    answer = chain.get("/orders/orders/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace
    # What the directory holds is not in the stack, so the trace says what was assumed of it.
    assert answer.trace.assumed == ["entra.elsewhere", "entra.gateway"]


def test_another_application_does_not(chain: SimulatedChain) -> None:
    (app,) = chain.apps
    assert chain.direct(app, "/api/orders/7").status == 401
    assert chain.direct(app, "/api/orders/7", token=chain.token_of("stranger")).status == 403
