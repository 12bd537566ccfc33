"""What the module makes is closed, app by app; the two apps from before it are open."""

from constructs_lib.testing import SimulatedChain

LEGACY = {"func-estate-archive", "func-estate-reports"}


def test_every_operation_takes_a_key_and_carries_the_gateways_token(chain: SimulatedChain) -> None:
    assert len(chain.operations) == 9
    for method, url in chain.operations:
        url = url.replace("{id}", "7")
        assert chain.request(method, url).status == 401, url
        answer = chain.request(method, url, key=chain.key())
        assert answer.status == 200, url
        assert "Managed identity token is added to Authorization header" in answer.trace
        assert answer.received is not None
        assert chain.key() not in str(answer.received)


def test_apps_of_the_module_let_in_the_gateway_and_nobody_else(chain: SimulatedChain) -> None:
    for app in {*chain.apps} - LEGACY:
        assert chain.direct(app, "/api/x").status == 401, app
        token = chain.token_of("stranger", app=app, has_role=True)
        assert chain.direct(app, "/api/x", token=token).status == 403, app


def test_apps_from_before_the_module_are_open_as_the_baseline_says(chain: SimulatedChain) -> None:
    for app in LEGACY:
        assert chain.direct(app, "/api/x").status == 200, app
