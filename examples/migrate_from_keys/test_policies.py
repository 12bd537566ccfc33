"""In each stage requests pass; only what opens the function changes."""

from pathlib import Path

from constructs_lib.testing import SimulatedChain, simulate

import pytest
from tests.examples import synthesized

KEY = "the-key-in-the-vault"


@pytest.fixture
def staged(
    stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> SimulatedChain:
    monkeypatch.setenv("STAGE", stage)
    synthesized(request.path.with_name("main.py"), tmp_path)
    return simulate(str(tmp_path), values={"payments-function-key": KEY})


@pytest.mark.parametrize(
    ("stage", "key", "token", "direct"),
    [("keys", True, False, 200), ("both", True, True, 401), ("identity", False, True, 401)],
)
def test_no_stage_refuses_a_request(
    staged: SimulatedChain, key: bool, token: bool, direct: int
) -> None:
    answer = staged.get("/payments/payments/7", key=staged.key())
    assert answer.status == 200
    assert answer.received is not None
    assert (answer.received.headers.get("x-functions-key") == KEY) is key
    assert ("Authorization" in answer.received.headers) is token
    # In the first stage it is the function's own key that refuses strangers, which is not run here.
    assert staged.direct("func-contoso-payments", "/api/payments/7").status == direct
