"""The team's rate limit, with a clock that stands still until a test moves it."""

from constructs_lib.testing.fixtures import Simulate

import pytest

CALLS = 100


def test_a_subscription_has_100_calls_a_minute(terraform_json: str, simulated: Simulate) -> None:
    chain = simulated(terraform_json)

    def status(key: str) -> int:
        return chain.get("/billing/invoices/7", key=key).status

    ours, theirs = chain.key(), chain.key(api="billing")
    assert {status(ours) for _ in range(CALLS)} == {200}
    refused = chain.get("/billing/invoices/7", key=ours)
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) <= 60
    assert status(theirs) == 200
    simulated.clock.advance(61)
    assert status(ours) == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_without_a_key_does_not_count(
    method: str, terraform_json: str, simulated: Simulate
) -> None:
    chain = simulated(terraform_json)
    path = "/billing/invoices/7" if method == "GET" else "/billing/invoices"
    assert {chain.request(method, path).status for _ in range(CALLS + 1)} == {401}
    assert chain.request(method, path, key=chain.key()).status == 200
