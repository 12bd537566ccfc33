"""The token is that of the user-assigned identity, not of the gateway's own."""

import json
from base64 import b64decode

from constructs_lib.testing import SimulatedChain


def test_the_function_sees_the_user_assigned_identity(chain: SimulatedChain) -> None:
    answer = chain.get("/orders/orders/7", key=chain.key())
    assert answer.received is not None, answer.trace
    told = json.loads(b64decode(answer.received.headers["X-MS-CLIENT-PRINCIPAL"]))
    claims = {each["typ"]: each["val"] for each in told["claims"]}
    assert f"clientId:{claims['azp']}" in answer.trace
    # Another caller gets no further, whatever it holds.
    stranger = chain.token_of("stranger", has_role=True)
    assert chain.direct("func-contoso-orders", "/api/orders/7", token=stranger).status == 403
