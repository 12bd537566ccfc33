"""Who gets what, from what Entra, App Service and API Management document."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import Analysis, Answer, analyse, read_stacks
from tests.access.samples import (
    APP,
    CLIENT,
    PRINCIPAL,
    TENANT,
    Document,
    chain,
    directory,
    easy_auth,
)

GATEWAY = "azurerm_api_management"
OTHER = "11111111-1111-4111-8111-111111111111"


def of(document: Document) -> Analysis:
    return analyse(read_stacks({"stack": document}))


def answer(document: Document, kind: str) -> Answer:
    """The one answer to a kind of caller."""
    [found] = [each for each in of(document).answers if each.caller.kind == kind]
    return found


def app(document: Document) -> dict[str, Any]:
    return document["resource"][APP]["orders"]


def decided(document: Document, kind: str) -> tuple[Any, str | None, str | None]:
    found = answer(document, kind)
    return found.status, found.address, found.attribute


ORDERS = f"{APP}.orders"
AD = "auth_settings_v2.active_directory_v2"


@pytest.mark.parametrize(
    ("kind", "status", "address", "attribute"),
    [
        ("anonymous", 401, ORDERS, "auth_settings_v2.unauthenticated_action"),
        ("function-key", 401, ORDERS, "auth_settings_v2.unauthenticated_action"),
        ("application", 401, "azuread_service_principal.orders", "app_role_assignment_required"),
        ("application-with-role", 403, ORDERS, f"{AD}.allowed_applications"),
        ("user", 401, "azuread_service_principal.orders", "app_role_assignment_required"),
        ("foreign", 401, "azuread_application.orders", "sign_in_audience"),
        ("plain-http", 301, ORDERS, "https_only"),
        ("publishing", 401, ORDERS, "webdeploy_publish_basic_authentication_enabled"),
        ("gateway", 200, ORDERS, AD),
        ("gateway-policy", 200, ORDERS, AD),
        ("gateway-without-key", 401, f"{GATEWAY}_api.orders", "subscription_required"),
    ],
)
def test_the_sample(kind: str, status: int, address: str, attribute: str) -> None:
    assert decided(chain(), kind) == (status, address, attribute)


def test_every_answer_says_why() -> None:
    for each in of(chain()).answers:
        assert each.reason.endswith(".")
        assert each.address
        assert each.wanted
        assert not each.unwanted
        assert each.rule is None


@pytest.mark.parametrize(
    ("action", "status", "verdict"),
    [
        ("Return401", 401, "closed"),
        ("Return403", 403, "closed"),
        ("RedirectToLoginPage", 302, "closed"),
        ("AllowAnonymous", 200, "open"),
    ],
)
def test_without_a_token_the_action_decides(action: str, status: int, verdict: str) -> None:
    document = chain()
    easy_auth(document)["unauthenticated_action"] = action
    found = answer(document, "anonymous")
    assert (found.status, found.verdict) == (status, verdict)
    assert found.rule == ("SF102" if verdict == "open" else None)


def test_without_easy_auth_everybody_gets_in() -> None:
    document = chain()
    del app(document)["auth_settings_v2"]
    outside = [each for each in of(document).answers if not each.caller.trusted]
    inside = {each.caller.kind for each in outside if each.verdict == "open"}
    assert inside >= {"anonymous", "function-key", "application", "user", "foreign"}


@pytest.mark.parametrize(
    ("registered", "expected", "status"), [(2, 2, 200), (1, 1, 200), (1, 2, 401), (2, 1, 401)]
)
def test_issuer_and_token_version_have_to_agree(
    registered: int, expected: int, status: int
) -> None:
    document = chain()
    registration = document["resource"]["azuread_application"]["orders"]
    registration["api"]["requested_access_token_version"] = registered
    host = "login.microsoftonline.com" if expected == 2 else "sts.windows.net"
    end = "/v2.0" if expected == 2 else "/"
    directory(document)["tenant_auth_endpoint"] = f"https://{host}/{TENANT}{end}"
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (status, None if status == 200 else "SF105")


def test_the_audience_of_version_1_is_what_was_asked_for() -> None:
    document = chain()
    document["resource"]["azuread_application"]["orders"] |= {
        "identifier_uris": ["api://orders"],
        "api": {"requested_access_token_version": 1},
    }
    directory(document)["tenant_auth_endpoint"] = f"https://sts.windows.net/{TENANT}/"
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        'resource="${azuread_application.orders.client_id}"', 'resource="api://orders"'
    )
    assert answer(document, "gateway").rule == "SF106"
    directory(document)["allowed_audiences"] = ["api://orders"]
    assert answer(document, "gateway").status == 200


def test_both_lists_have_to_name_the_caller() -> None:
    document = chain()
    directory(document)["allowed_applications"] = ["somebody-else"]
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (403, "SF109")
    document = chain()
    directory(document)["allowed_identities"] = ["somebody-else"]
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (403, "SF110")


def test_client_id_and_object_id_swapped() -> None:
    document = chain()
    directory(document)["allowed_applications"] = [PRINCIPAL]
    directory(document)["allowed_identities"] = [CLIENT]
    rules = {each.rule for each in of(document).findings}
    assert {"SF109", "SF110"} <= rules


def test_without_lists_nobody_can_say() -> None:
    document = chain()
    for name in ("allowed_applications", "allowed_identities"):
        del directory(document)[name]
    assert answer(document, "application-with-role").verdict == "unknown"
    assert {"SF107", "SF108"} <= {each.rule for each in of(document).findings}


def test_a_token_that_entra_refuses_is_a_500_of_the_gateway() -> None:
    document = chain()
    del document["resource"]["azuread_app_role_assignment"]
    assert (answer(document, "gateway").status, answer(document, "gateway").rule) == (500, "SF203")
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    token = "<authentication-managed-identity "
    body["xml_content"] = body["xml_content"].replace(token, f'{token}ignore-error="true" ')
    assert answer(document, "gateway").status == 401


def test_the_id_of_the_identity_is_not_the_resource() -> None:
    document = chain()
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        'resource="${azuread_application.orders.client_id}"', f'resource="{PRINCIPAL}"'
    )
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (500, "SF305")
    assert "azurerm_user_assigned_identity.gateway" in found.reason


def test_the_token_of_another_api_is_refused() -> None:
    document = chain()
    for kind in ("azuread_application", "azuread_service_principal", APP):
        document["resource"][kind]["billing"] = {
            **document["resource"][kind]["orders"],
            "name": "func-billing",
            "display_name": "billing",
        }
    billing = "${azuread_application.billing.client_id}"
    document["resource"]["azuread_service_principal"]["billing"]["client_id"] = billing
    backend = document["resource"][f"{GATEWAY}_backend"]["orders"]
    settings = document["resource"][APP]["billing"]["auth_settings_v2"]
    document["resource"][APP]["billing"]["auth_settings_v2"] = {
        **settings,
        "active_directory_v2": {**settings["active_directory_v2"], "client_id": billing},
    }
    backend["url"] = f"https://${{{APP}.billing.default_hostname}}/api"
    found = answer(document, "gateway")
    assert (found.target.name, found.status, found.rule) == ("func-billing", 401, "SF305")


def test_a_tenant_of_its_own_for_every_caller_of_another() -> None:
    document = chain()
    registration = document["resource"]["azuread_application"]["orders"]
    registration["sign_in_audience"] = "AzureADMultipleOrgs"
    found = answer(document, "foreign")
    assert (found.status, found.attribute) == (401, f"{AD}.tenant_auth_endpoint")
    directory(document)["tenant_auth_endpoint"] = "https://login.microsoftonline.com/common/v2.0"
    found = answer(document, "foreign")
    assert (found.status, found.attribute) == (403, f"{AD}.allowed_applications")


def test_plain_http() -> None:
    document = chain()
    app(document)["https_only"] = False
    assert answer(document, "plain-http").status == 302
    easy_auth(document)["require_https"] = False
    found = answer(document, "plain-http")
    assert (found.verdict, found.rule) == ("open", "SF402")


def test_networks_come_before_easy_auth() -> None:
    document = chain()
    app(document)["public_network_access_enabled"] = False
    assert decided(document, "anonymous")[0] == 403
    assert answer(document, "gateway").rule == "SF401"


def test_a_site_that_demands_a_client_certificate() -> None:
    document = chain()
    app(document)["client_certificate_enabled"] = True
    assert answer(document, "gateway").status == 200, "the mode is Optional"
    app(document)["client_certificate_mode"] = "Required"
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (403, "SF412")
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    certificate = '<authentication-certificate thumbprint="AB" />'
    body["xml_content"] = body["xml_content"].replace("<base />", f"<base />{certificate}", 1)
    assert answer(document, "gateway").status == 200


def test_a_site_that_is_stopped() -> None:
    document = chain()
    app(document)["enabled"] = False
    found = answer(document, "gateway")
    assert (found.status, found.rule) == (403, "SF413")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "0.0.0.0/1"])
def test_a_network_rule_for_everybody_is_none(network: str) -> None:
    document = chain()
    app(document)["site_config"] |= {
        "ip_restriction_default_action": "Deny",
        "ip_restriction": [{"name": "all", "ip_address": network}],
    }
    rules = {each.rule for each in of(document).findings}
    # Whether the gateway calls from half of the internet, or by version 6, is not known.
    assert rules - {"SF901"} == {"SF411"}
    assert answer(document, "anonymous").status == 401


def test_the_service_tag_of_api_management_is_not_the_gateway() -> None:
    document = chain()
    app(document)["site_config"] |= {
        "ip_restriction_default_action": "Deny",
        "ip_restriction": [{"name": "gateway", "service_tag": "ApiManagement.WestEurope"}],
    }
    assert answer(document, "gateway").rule == "SF401"
    assert "SF406" in {each.rule for each in of(document).findings}


def test_network_rules_go_by_priority() -> None:
    document = chain()
    own = "${azurerm_api_management.gateway.public_ip_addresses[0]}/32"
    site = app(document)["site_config"]
    site["ip_restriction_default_action"] = "Deny"
    site["ip_restriction"] = [
        {"name": "later", "ip_address": own, "action": "Allow", "priority": 200},
        {"name": "first", "ip_address": own, "action": "Deny", "priority": 100},
    ]
    assert answer(document, "gateway").rule == "SF401"
    site["ip_restriction"][1]["priority"] = 300
    assert answer(document, "gateway").verdict == "open"


def test_a_secret_of_the_registration() -> None:
    document = chain()
    document["resource"]["azuread_application_password"] = {
        "secret": {"application_id": "${azuread_application.orders.id}"}
    }
    [found] = of(document).findings
    assert (found.rule, found.address) == ("SF207", "azuread_application_password.secret")


def test_publishing_credentials() -> None:
    document = chain()
    app(document)["webdeploy_publish_basic_authentication_enabled"] = True
    assert answer(document, "publishing").verdict == "closed", "the deployment site is restricted"
    app(document)["site_config"]["scm_ip_restriction_default_action"] = "Allow"
    assert answer(document, "publishing").rule == "SF403"
    app(document)["webdeploy_publish_basic_authentication_enabled"] = False
    app(document)["ftp_publish_basic_authentication_enabled"] = True
    assert answer(document, "publishing").verdict == "closed", "ftps_state is Disabled"
    app(document)["site_config"]["ftps_state"] = "AllAllowed"
    assert answer(document, "publishing").rule == "SF404"


def test_a_slot_has_doors_of_its_own() -> None:
    document = chain()
    document["resource"][f"{APP}_slot"] = {
        "staging": {"name": "staging", "function_app_id": f"${{{APP}.orders.id}}"}
    }
    answers = [each for each in of(document).answers if each.target.name == "func-orders/staging"]
    assert [each.verdict for each in answers if each.caller.kind == "anonymous"] == ["open"]
    assert {each.target.slot_of for each in answers} == {f"{APP}.orders"}


def test_excluded_paths_are_callers_of_their_own() -> None:
    document = chain()
    easy_auth(document)["excluded_paths"] = ["/api/health", "/docs"]
    found = [each for each in of(document).answers if each.caller.kind == "excluded-path"]
    assert [(each.caller.label, each.rule) for each in found] == [
        ("anybody on /api/health", "SF113"),
        ("anybody on /docs", "SF113"),
    ]
    assert answer(document, "anonymous").verdict == "closed"


def test_another_identity_of_the_gateway_stays_out() -> None:
    document = chain()
    document["resource"]["azurerm_user_assigned_identity"]["other"] = {"name": "id-other"}
    identity = document["resource"][GATEWAY]["gateway"]["identity"]
    identity["identity_ids"].append("${azurerm_user_assigned_identity.other.id}")
    found = answer(document, "gateway-identity")
    assert (found.status, found.caller.address) == (
        500 - 99,
        "azurerm_user_assigned_identity.other",
    )
    assert found.wanted


def test_a_further_caller_has_an_answer_of_its_own() -> None:
    document = chain()
    document["resource"]["azurerm_user_assigned_identity"]["batch"] = {"name": "id-batch"}
    batch = "${azurerm_user_assigned_identity.batch."
    directory(document)["allowed_applications"].append(batch + "client_id}")
    directory(document)["allowed_identities"].append(batch + "principal_id}")
    found = answer(document, "listed-application")
    assert (found.verdict, found.rule) == ("closed", "SF203")
    assignments = document["resource"]["azuread_app_role_assignment"]
    assignments["batch"] = {
        **assignments["gateway"],
        "principal_object_id": batch + "principal_id}",
    }
    assert answer(document, "listed-application").verdict == "open"


def test_an_open_gateway() -> None:
    document = chain()
    document["resource"][f"{GATEWAY}_api"]["orders"]["subscription_required"] = False
    found = answer(document, "gateway-without-key")
    assert (found.verdict, found.rule) == ("open", "SF501")


def test_a_policy_that_branches_is_as_good_as_its_worst_branch() -> None:
    document = chain()
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        "<set-header name=",
        '<choose><when condition="@(true)"><set-header name="Authorization" exists-action="delete"'
        " /></when></choose><set-header name=",
        1,
    )
    assert answer(document, "gateway").rule == "SF302"


def test_a_fragment_that_includes_itself_is_unknown() -> None:
    document = chain()
    document["resource"][f"{GATEWAY}_policy_fragment"] = {
        "loop": {
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "name": "loop",
            "value": '<fragment><include-fragment fragment-id="loop" /></fragment>',
        }
    }
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        "<base />", '<base /><include-fragment fragment-id="loop" />', 1
    )
    assert answer(document, "gateway").verdict == "unknown"


@pytest.mark.parametrize(
    "statement",
    ['base-url="@(context.Request.Headers.GetValueOrDefault("Host"))"', 'base-url="{{host}}"'],
)
def test_a_backend_that_is_computed_is_unknown(statement: str) -> None:
    document = chain()
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    named = 'backend-id="${azurerm_api_management_backend.orders.name}"'
    body["xml_content"] = body["xml_content"].replace(named, statement)
    found = answer(document, "gateway")
    assert found.verdict == "unknown"
    assert "where the policy sends the request" in found.reason.lower()


def test_a_backend_of_a_gateway_that_is_managed_elsewhere_is_unknown() -> None:
    document = chain()
    del document["resource"][GATEWAY]
    del document["resource"][f"{GATEWAY}_backend"]
    for kind in ("api", "api_policy"):
        body = document["resource"][f"{GATEWAY}_{kind}"]["orders"]
        body["api_management_name"] = "apim-elsewhere"
    policy = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    named = "${azurerm_api_management_backend.orders.name}"
    policy["xml_content"] = policy["xml_content"].replace(named, "orders")
    assert answer(document, "gateway").verdict == "unknown"


def test_records_for_readers() -> None:
    analysis = of(chain())
    [gateway], [api], [target] = analysis.gateways, analysis.apis, analysis.function_apps
    assert (gateway.name, gateway.managed, len(gateway.identities)) == ("apim-sample", True, 1)
    assert gateway.identities[0].client_id == CLIENT
    assert (api.path, api.targets, api.subscription_required) == ("orders", (target.address,), True)
    [registration] = analysis.registrations
    assert target.registration == registration.address
    assert (registration.token_version, registration.assignment_required) == (2, True)
    assert registration.roles == ("Invoke",)
    assert registration.assigned == ("azurerm_user_assigned_identity.gateway",)
