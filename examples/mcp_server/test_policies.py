"""Who may call the tools, and where everybody else is sent."""

from constructs_lib.testing import SimulatedChain

SERVER = "https://apim-contoso-weather.azure-api.net/weather/mcp"
METADATA = "/.well-known/oauth-protected-resource/weather/mcp"


def test_a_client_without_a_token_is_told_where_to_sign_in(chain: SimulatedChain) -> None:
    refused = chain.post("/weather/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert refused.status == 401
    assert (
        f'resource_metadata="https://apim-contoso-weather.azure-api.net{METADATA}"'
        in (refused.headers["WWW-Authenticate"])
    )
    metadata = chain.get(METADATA).json()
    assert metadata["resource"] == SERVER
    (issuer,) = metadata["authorization_servers"]
    assert issuer.startswith("https://login.microsoftonline.com/")


def test_the_agent_gets_in_and_a_stranger_does_not(chain: SimulatedChain) -> None:
    agent = chain.token_of(
        "forecaster",
        SERVER,
        client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    )
    stranger = chain.token_of("stranger", SERVER, has_role=True)

    def call(token: str) -> int:
        return chain.post("/weather/mcp", {}, headers={"Authorization": f"Bearer {token}"}).status

    assert call(agent) == 200
    assert call(stranger) == 401


def test_the_function_gets_the_gateways_token_and_not_the_callers(chain: SimulatedChain) -> None:
    token = chain.token_of(
        "forecaster",
        SERVER,
        client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    )
    answer = chain.post("/weather/mcp", {}, headers={"Authorization": f"Bearer {token}"})
    assert answer.received is not None, answer.trace
    assert token not in str(answer.received)
    assert chain.direct("func-weather", "/runtime/webhooks/mcp", token=token).status == 401
