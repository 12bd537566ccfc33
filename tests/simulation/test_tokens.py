"""The gateway's token reaches the function through Easy Auth, and callers' tokens are checked."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from constructs_lib.simulation.chain import SimulatedGateways
from constructs_lib.simulation.entra import (
    OTHER_TENANT,
    Entra,
    SimulatedPrincipal,
    claims_of,
    issuer_of,
    sign,
    stranger,
)
from constructs_lib.simulation.known import TENANT
from constructs_lib.simulation.outside import AccessToken, ManualClock
from tests.simulation.stacks import chain, stack

CALLER = stranger("a partner")
APPLICATION = {
    "azuread_application": {"a": {"display_name": "a", "identifier_uris": ["api://orders"]}},
    "azuread_service_principal": {"a": {"client_id": "${azuread_application.a.client_id}"}},
}


def with_entra(inbound: str) -> tuple[SimulatedGateways, Entra]:
    clock = ManualClock(datetime.now(timezone.utc))
    called = chain(stack(inbound=f"<base/>{inbound}", more=APPLICATION), clock=clock)
    entra = Entra(called.links, called.known, clock)
    called.connect(tokens=entra)
    return called, entra


def token(entra: Entra, caller: SimulatedPrincipal = CALLER) -> dict[str, str]:
    issued = entra.issue(caller, "api://orders")
    assert isinstance(issued, AccessToken), issued
    return {"Authorization": f"Bearer {issued.text}"}


def test_the_gateways_token_replaces_the_callers_and_is_shown_by_its_claims_alone():
    called, _ = with_entra('<authentication-managed-identity resource="api://orders"/>')
    answer = called.request("GET", "/orders/items/7", headers={"Authorization": "Basic YTpi"})
    assert answer.received is not None
    sent = answer.received.headers["Authorization"]
    assert sent.startswith("Bearer eyJ")
    assert "Managed identity token is added to Authorization header." in answer.trace
    assert sent.split(".")[2] not in str(answer.trace.document())
    assert '"aud": "api://orders"' in str(answer.trace.document())


def test_a_resource_that_entra_does_not_know_is_500_with_its_words_in_the_trace():
    called, _ = with_entra('<authentication-managed-identity resource="api://nobody"/>')
    answer = called.request("GET", "/orders/items/7")
    assert answer.status == 500
    assert '"message": "Internal server error", "activityId": ' in answer.text
    assert "AADSTS500011" in answer.trace
    assert answer.error is not None
    assert answer.error.source == "authentication-managed-identity"
    ignoring, _ = with_entra(
        '<authentication-managed-identity resource="api://nobody" ignore-error="true"/>'
    )
    assert ignoring.request("GET", "/orders/items/7").status == 200


JWT = (
    '<validate-jwt header-name="Authorization"><openid-config url="https://login.microsoftonline.com/'
    f'{TENANT}/v2.0/.well-known/openid-configuration"/><audiences><audience>api://orders</audience>'
    '</audiences><required-claims><claim name="tid"><value>{}</value></claim></required-claims>'
    "</validate-jwt>"
)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (JWT.replace("{}", TENANT), None),
        (JWT.replace("{}", "another"), "TokenClaimValueNotAllowed"),
        (JWT.replace('name="tid"', 'name="none"'), "TokenClaimNotFound"),
        (JWT.replace("{}", TENANT).replace("api://orders", "api://x"), "TokenAudienceNotAllowed"),
        (
            f'<validate-azure-ad-token tenant-id="{TENANT}"><client-application-ids>'
            f"<application-id>{CALLER.client_id}</application-id></client-application-ids>"
            "</validate-azure-ad-token>",
            None,
        ),
        (
            f'<validate-azure-ad-token tenant-id="{TENANT}"><client-application-ids>'
            "<application-id>other</application-id></client-application-ids>"
            "</validate-azure-ad-token>",
            "TokenClaimValueNotAllowed",
        ),
    ],
)
def test_a_callers_token_is_checked_by_its_signature_and_what_it_claims(
    policy: str, reason: str | None
):
    called, entra = with_entra(policy)
    answer = called.request("GET", "/orders/items/7", headers=token(entra))
    assert (answer.error.reason if answer.error else None) == reason
    assert answer.status == (401 if reason else 200)


def test_a_token_that_is_forged_or_expired_is_refused():
    called, entra = with_entra(JWT.replace("{}", TENANT))
    headers = token(entra)
    first, middle, last = headers["Authorization"].split(".")
    forged = {"Authorization": f"{first}.{middle}.{'A' * len(last)}"}
    answer = called.request("GET", "/orders/items/7", headers=forged)
    assert answer.error is not None
    assert answer.error.reason == "TokenSignatureInvalid"
    called.clock.sleep(2 * 24 * 3600)
    answer = called.request("GET", "/orders/items/7", headers=headers)
    assert answer.error is not None
    assert answer.error.reason == "TokenExpired"


def test_metadata_of_all_tenants_stand_for_the_issuer_of_the_tokens_own_tenant():
    policy = JWT.replace(f"{TENANT}/v2.0", "organizations/v2.0").partition("<required-claims>")[0]
    called, entra = with_entra(f"{policy}</validate-jwt>")
    assert called.request("GET", "/orders/items/7", headers=token(entra)).status == 200
    [application] = entra.applications.values()
    partner = stranger("a partner", tenant=OTHER_TENANT)
    claims = claims_of(partner, application, "api://orders", frozenset())
    now = int(called.clock.now().timestamp())
    for issuer, reason in (
        (claims["iss"], None),
        (issuer_of(TENANT, 1), "TokenIssuerNotAllowed"),
        (issuer_of("{tenantid}", 1), "TokenIssuerNotAllowed"),
    ):
        text = sign(claims | {"iss": issuer, "exp": now + 60})
        headers = {"Authorization": f"Bearer {text}"}
        answer = called.request("GET", "/orders/items/7", headers=headers)
        assert (answer.error.reason if answer.error else None) == reason
