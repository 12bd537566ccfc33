"""Tokens of Entra have issuers on Entra's own hosts; any other is an error."""

from __future__ import annotations

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.samples import TENANT, chain, directory

LITERAL = "22222222-2222-4222-8222-222222222222"


def expecting(issuer: str, version: int = 2) -> Analysis:
    document = chain()
    directory(document)["tenant_auth_endpoint"] = issuer
    registration = document["resource"]["azuread_application"]["orders"]
    registration["api"]["requested_access_token_version"] = version
    return analyse(read_stacks({"stack": document}))


def verdict(analysis: Analysis) -> str:
    [found] = [each.verdict for each in analysis.answers if each.caller.kind == "gateway"]
    return found


@pytest.mark.parametrize("tenant", [TENANT, LITERAL, "common"])
@pytest.mark.parametrize("host", ["evil.example", "contoso.b2clogin.com"])
def test_an_issuer_on_another_host_is_an_error_and_keeps_the_gateway_out(
    host: str, tenant: str
) -> None:
    analysis = expecting(f"https://{host}/{tenant}/v2.0")
    [found] = [each for each in analysis.findings if each.rule == "SF105"]
    assert found.severity == "error"
    assert host in found.message
    assert verdict(analysis) == "closed"


def test_a_policy_of_b2c_in_the_path_is_no_issuer_of_entra_either() -> None:
    analysis = expecting(f"https://contoso.b2clogin.com/tfp/{TENANT}/policy/v2.0/")
    assert "SF105" in {each.rule for each in analysis.findings}


@pytest.mark.parametrize(
    ("issuer", "version"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", 2),
        (f"https://LOGIN.microsoftonline.com/{TENANT}/v2.0/", 2),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", 2),
        (f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0", 2),
        (f"https://sts.windows.net/{TENANT}/", 1),
        (f"https://sts.windows.net/{TENANT}", 1),
    ],
)
def test_every_cloud_of_entra_has_its_host(issuer: str, version: int) -> None:
    analysis = expecting(issuer, version)
    assert verdict(analysis) == "open"
    assert analysis.findings == ()


@pytest.mark.parametrize(
    "issuer", ["https://${var.host}/tenant/v2.0", "https://login.${var.domain}/tenant/v2.0"]
)
def test_a_host_that_is_not_known_stays_unknown(issuer: str) -> None:
    analysis = expecting(issuer)
    assert verdict(analysis) == "unknown"
    assert {each.rule for each in analysis.findings} == {"SF901"}
