"""Function apps that are made elsewhere, with an Easy Auth that azapi writes."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.samples import APP, AUDIENCE, CLIENT, ISSUER, PRINCIPAL, Document, chain

SITE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-orders"


def properties() -> dict[str, Any]:
    return {
        "platform": {"enabled": True},
        "globalValidation": {
            "requireAuthentication": True,
            "unauthenticatedClientAction": "Return401",
        },
        "httpSettings": {"requireHttps": True},
        "identityProviders": {
            "gitHub": {"enabled": False},
            "azureActiveDirectory": {
                "enabled": True,
                "registration": {"clientId": AUDIENCE, "openIdIssuer": ISSUER},
                "validation": {
                    "allowedAudiences": [AUDIENCE],
                    "defaultAuthorizationPolicy": {
                        "allowedApplications": [CLIENT],
                        "allowedPrincipals": {"identities": [PRINCIPAL]},
                    },
                },
            },
        },
    }


def outside(settings: dict[str, Any] | str, site: str = SITE) -> Document:
    document = chain()
    del document["resource"][APP]
    slots = "/slots" if "/slots/" in site else ""
    kind = f"Microsoft.Web/sites{slots}"
    document["resource"]["azapi_update_resource"] = {
        "auth": {
            "type": f"{kind}/config@2024-04-01",
            "parent_id": site,
            "name": "authsettingsV2",
            "body": {"properties": settings},
        },
        **{
            name: {
                "type": f"{kind}/basicPublishingCredentialsPolicies@2024-04-01",
                "parent_id": site,
                "name": name,
                "body": {"properties": {"allow": False}},
            }
            for name in ("scm", "ftp")
        },
    }
    backend = document["resource"]["azurerm_api_management_backend"]["orders"]
    host = site.split("/sites/")[1].replace("/slots/", "-")
    backend["url"] = f"https://{host}.azurewebsites.net/api"
    return document


def of(document: Document) -> Analysis:
    return analyse(read_stacks({"stack": document}))


@pytest.mark.parametrize("site", [SITE, f"{SITE}/slots/staging"])
def test_its_door_is_closed_and_what_is_not_written_is_unknown(site: str) -> None:
    analysis = of(outside(properties(), site))
    name = site.split("/sites/")[1].replace("/slots/", "/")
    assert [(each.name, each.managed) for each in analysis.function_apps] == [(name, False)]
    assert {each.rule for each in analysis.findings} == {"SF901"}
    outsiders = [each for each in analysis.answers if not each.caller.trusted]
    assert {each.verdict for each in outsiders} == {"closed"}
    [through] = [each for each in analysis.answers if each.caller.kind == "gateway"]
    assert through.verdict == "unknown"
    assert "network rules" in through.reason


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("platform.enabled", False, "SF101"),
        ("globalValidation.requireAuthentication", False, "SF102"),
        ("globalValidation.unauthenticatedClientAction", "RedirectToLoginPage", "SF117"),
        ("globalValidation.excludedPaths", ["/x"], "SF113"),
        ("httpSettings.requireHttps", False, "SF118"),
        ("identityProviders.gitHub.enabled", True, "SF114"),
        ("identityProviders.azureActiveDirectory.enabled", False, "SF103"),
        (
            "identityProviders.azureActiveDirectory.registration.openIdIssuer",
            "https://login.microsoftonline.com/common/v2.0",
            "SF104",
        ),
        (
            "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy."
            "allowedApplications",
            [PRINCIPAL],
            "SF109",
        ),
        (
            "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy."
            "allowedPrincipals.identities",
            None,
            "SF108",
        ),
        (
            "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy."
            "allowedPrincipals.groups",
            ["x"],
            "SF111",
        ),
    ],
)
def test_what_is_written_wrong_is_found(path: str, value: Any, rule: str) -> None:
    settings = properties()
    *blocks, last = path.split(".")
    block = settings
    for name in blocks:
        block = block[name]
    block[last] = value
    assert rule in {each.rule for each in of(outside(settings)).findings}


@pytest.mark.parametrize(("audiences", "rules"), [([], "SF305"), ([AUDIENCE], "SF901")])
def test_another_client_id_keeps_the_token_out_unless_its_audience_is_allowed(
    audiences: list[str], rules: str
) -> None:
    settings = properties()
    entra = settings["identityProviders"]["azureActiveDirectory"]
    entra["registration"]["clientId"] = "x"
    entra["validation"]["allowedAudiences"] = audiences
    assert rules in {each.rule for each in of(outside(settings)).findings}


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        ("func-orders-a6gqaeashthkhkeu.westeurope-01", "SF901"),
        ("func-orders-a6gqaeashthkhkeu", "SF310"),
        ("func-order-a6gqaeashthkhkeu.westeurope-01", "SF310"),
        ("func-orders-short.westeurope-01", "SF310"),
    ],
)
def test_a_unique_default_host_name_is_the_apps(label: str, rule: str) -> None:
    document = outside(properties())
    backend = document["resource"]["azurerm_api_management_backend"]["orders"]
    backend["url"] = f"https://{label}.azurewebsites.net/api"
    found = {each.rule for each in of(document).findings}
    assert found & {"SF310", "SF901"} == {rule}


def test_settings_that_are_computed_as_a_whole_are_unknown() -> None:
    analysis = of(outside("${file(var.settings)}"))
    assert {each.verdict for each in analysis.answers if each.caller.kind == "anonymous"} == {
        "unknown"
    }


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("web", {"ftpsState": "Disabled", "minTlsVersion": "1.2"}, False),
        ("web", {"ftpsState": "Disabled", "aPropertyOfTheFuture": []}, True),
        ("web", "${file(var.web)}", True),
        ("appsettings", {"WEBSITE_AUTH_X": "1"}, True),
        ("authsettingsV2", {"platform": {"enabled": False}}, True),
    ],
    ids=["web settings", "a web setting that is not read", "computed", "app settings", "again"],
)
def test_what_else_azapi_writes_to_a_site_is_told(name: str, written: Any, told: bool) -> None:
    document = outside(properties())
    azapi = document["resource"]["azapi_update_resource"]
    azapi["more"] = azapi["auth"] | {"name": name, "body": {"properties": written}}
    found = [each.address for each in of(document).findings if each.rule == "SF903"]
    assert found == (["azapi_update_resource.more"] if told else [])


def test_an_app_of_the_configuration_is_left_to_its_own_resource() -> None:
    document = outside(properties())
    document["resource"][APP] = chain()["resource"][APP]
    analysis = of(document)
    assert [each.address for each in analysis.function_apps] == [f"{APP}.orders"]
    assert {each.rule for each in analysis.findings} == {"SF903"}
