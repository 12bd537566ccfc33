"""No false alarm: valid chains of many kinds raise no error, and the gateway gets in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.samples import (
    APP,
    AUDIENCE,
    CLIENT,
    IDENTITY,
    ISSUER,
    PRINCIPAL,
    TENANT,
    Document,
    chain,
    directory,
    easy_auth,
    policy,
)

SYSTEM = "${azurerm_api_management.gateway.identity[0].principal_id}"
LOOKED_UP = "${data.azuread_service_principal.gateway.client_id}"
UUIDS = [f"{digit * 8}-1111-4111-8111-111111111111" for digit in "1234"]
GATEWAY = "azurerm_api_management"


def replaced(document: Document, old: str, new: str) -> None:
    """Replace text everywhere."""
    text = json.dumps(document).replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    document.clear()
    document.update(json.loads(text))


def set_policy(document: Document, **arguments: Any) -> None:
    name = f"{GATEWAY}_api_policy"
    document["resource"][name]["orders"]["xml_content"] = policy(**arguments)


def system_assigned(document: Document) -> None:
    document["resource"][GATEWAY]["gateway"]["identity"] = {"type": "SystemAssigned"}
    document["data"]["azuread_service_principal"] = {"gateway": {"object_id": SYSTEM}}
    set_policy(document, client=None)
    replaced(document, CLIENT, LOOKED_UP)
    replaced(document, PRINCIPAL, SYSTEM)
    del document["resource"]["azurerm_user_assigned_identity"]


def both_identities(document: Document) -> None:
    identity = document["resource"][GATEWAY]["gateway"]["identity"]
    identity["type"] = "SystemAssigned, UserAssigned"


def two_user_assigned(document: Document) -> None:
    document["resource"]["azurerm_user_assigned_identity"]["other"] = {
        "name": "id-other",
        "resource_group_name": "rg",
    }
    other = "${azurerm_user_assigned_identity.other.id}"
    document["resource"][GATEWAY]["gateway"]["identity"]["identity_ids"] = [other, IDENTITY]


def identity_looked_up(document: Document) -> None:
    del document["resource"]["azurerm_user_assigned_identity"]
    document["data"]["azurerm_user_assigned_identity"] = {
        "gateway": {"name": "id-gateway", "resource_group_name": "rg"}
    }
    text = json.dumps(document).replace(
        "${azurerm_user_assigned_identity", "${data.azurerm_user_assigned_identity"
    )
    document.update(json.loads(text))


def identity_service_principal(document: Document) -> None:
    """The identity's service principal adopted with `use_existing`."""
    document["resource"]["azuread_service_principal"]["gateway"] = {
        "client_id": CLIENT,
        "use_existing": True,
    }
    adopted = "${azuread_service_principal.gateway.object_id}"
    directory(document)["allowed_identities"] = [adopted]
    document["resource"]["azuread_app_role_assignment"]["gateway"]["principal_object_id"] = adopted


def hosting(kind: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["resource"][kind] = document["resource"].pop(APP)
        if kind == "azurerm_function_app_flex_consumption":
            del document["resource"][kind]["orders"]["ftp_publish_basic_authentication_enabled"]
        replaced(document, APP, kind)

    return change


def slot(document: Document) -> None:
    app = document["resource"][APP]["orders"]
    document["resource"][f"{APP}_slot"] = {
        "staging": {**app, "name": "staging", "function_app_id": f"${{{APP}.orders.id}}"}
    }


def sku(name: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["resource"][GATEWAY]["gateway"]["sku_name"] = name

    return change


def version_1(document: Document) -> None:
    """Consistent in itself: registration, issuer and audience all of version 1."""
    document["resource"]["azuread_application"]["orders"].pop("api")
    directory(document)["tenant_auth_endpoint"] = f"https://sts.windows.net/{TENANT}/"


def version_1_uri(document: Document) -> None:
    version_1(document)
    document["resource"]["azuread_application"]["orders"]["identifier_uris"] = ["api://orders"]
    directory(document)["allowed_audiences"] = ["api://orders"]
    set_policy(document, resource="api://orders")


def version_2_uri(document: Document) -> None:
    document["resource"]["azuread_application_identifier_uri"] = {
        "orders": {
            "application_id": "${azuread_application.orders.id}",
            "identifier_uri": f"api://{AUDIENCE}",
        }
    }
    set_policy(document, resource=f"api://{AUDIENCE}")


def registration_resource(document: Document) -> None:
    application = document["resource"]["azuread_application"].pop("orders")
    del document["resource"]["azuread_application"]
    document["resource"]["azuread_application_registration"] = {
        "orders": {"display_name": "orders"}
    }
    role = application["app_role"][0]
    document["resource"]["azuread_application_app_role"] = {
        "invoke": {
            "application_id": "${azuread_application_registration.orders.id}",
            "role_id": role["id"],
            "value": role["value"],
            "allowed_member_types": role["allowed_member_types"],
        }
    }
    assignment = document["resource"]["azuread_app_role_assignment"]["gateway"]
    assignment["app_role_id"] = "${azuread_application_app_role.invoke.role_id}"
    replaced(document, "azuread_application.orders", "azuread_application_registration.orders")


def default_role(document: Document) -> None:
    assignment = document["resource"]["azuread_app_role_assignment"]["gateway"]
    assignment["app_role_id"] = "00000000-0000-0000-0000-000000000000"


def further_caller(document: Document) -> None:
    document["resource"]["azurerm_user_assigned_identity"]["batch"] = {
        "name": "id-batch",
        "resource_group_name": "rg",
    }
    batch = "${azurerm_user_assigned_identity.batch."
    directory(document)["allowed_applications"].append(batch + "client_id}")
    directory(document)["allowed_identities"].append(batch + "principal_id}")
    assignments = document["resource"]["azuread_app_role_assignment"]
    assignments["batch"] = {
        **assignments["gateway"],
        "principal_object_id": batch + "principal_id}",
    }


def further_caller_by_ids(document: Document) -> None:
    directory(document)["allowed_applications"].append(UUIDS[0])
    directory(document)["allowed_identities"].append(UUIDS[1])
    assignments = document["resource"]["azuread_app_role_assignment"]
    assignments["batch"] = {**assignments["gateway"], "principal_object_id": UUIDS[1]}


def restricted(**rule: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        site = document["resource"][APP]["orders"]["site_config"]
        site["ip_restriction_default_action"] = "Deny"
        site["ip_restriction"] = [{"name": "gateway", "action": "Allow", **rule}]
        gateway = document["resource"][GATEWAY]["gateway"]
        gateway["virtual_network_type"] = "External"
        gateway["virtual_network_configuration"] = {"subnet_id": "${azurerm_subnet.gateway.id}"}
        document["resource"]["azurerm_subnet"] = {"gateway": {"name": "gateway"}}

    return change


def private(document: Document) -> None:
    restricted()(document)
    app = document["resource"][APP]["orders"]
    app["public_network_access_enabled"] = False
    app["site_config"].pop("ip_restriction")
    endpoint = {
        "private_connection_resource_id": f"${{{APP}.orders.id}}",
        "subresource_names": ["sites"],
    }
    document["resource"]["azurerm_private_endpoint"] = {
        "orders": {"name": "pe-orders", "private_service_connection": endpoint}
    }


def local_values(document: Document) -> None:
    document["locals"] = {"audience": AUDIENCE, "identity": {"client": CLIENT}}
    directory(document)["client_id"] = "${local.audience}"
    directory(document)["allowed_applications"] = ["${local.identity.client}"]


def variables(document: Document) -> None:
    document["variable"] = {"name": {"default": "apim-sample"}, "action": {"default": "Return401"}}
    document["resource"][GATEWAY]["gateway"]["name"] = "${var.name}"
    easy_auth(document)["unauthenticated_action"] = "${var.action}"


def functions(document: Document) -> None:
    directory(document)["tenant_auth_endpoint"] = (
        '${format("https://login.microsoftonline.com/%s/v2.0", '
        "data.azuread_client_config.current.tenant_id)}"
    )
    backend = document["resource"][f"{GATEWAY}_backend"]["orders"]
    backend["url"] = f'${{join("/", ["https:/", {APP}.orders.default_hostname, "api"])}}'
    directory(document)["allowed_applications"] = f"${{concat([{CLIENT[2:-1]}], [])}}"


def lists_of_blocks(document: Document) -> None:
    app = document["resource"][APP]["orders"]
    settings = app["auth_settings_v2"]
    settings["active_directory_v2"] = [settings["active_directory_v2"]]
    app["auth_settings_v2"] = [settings]
    app["site_config"] = [app["site_config"]]


def dynamic_block(document: Document) -> None:
    app = document["resource"][APP]["orders"]
    settings = app.pop("auth_settings_v2")
    app["dynamic"] = {"auth_settings_v2": {"for_each": [1], "content": settings}}


def service_url(document: Document) -> None:
    """The API's own URL in the place of a backend entity."""
    api = document["resource"][f"{GATEWAY}_api"]["orders"]
    api["service_url"] = document["resource"].pop(f"{GATEWAY}_backend")["orders"]["url"]
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        '<set-backend-service backend-id="${azurerm_api_management_backend.orders.name}" />', ""
    )


def host_by_name(document: Document) -> None:
    backend = document["resource"][f"{GATEWAY}_backend"]["orders"]
    backend["url"] = f"https://${{{APP}.orders.name}}.azurewebsites.net/api"


def custom_host(document: Document) -> None:
    document["resource"]["azurerm_app_service_custom_hostname_binding"] = {
        "orders": {"hostname": "orders.example.com", "app_service_name": "func-orders"}
    }
    backend = document["resource"][f"{GATEWAY}_backend"]["orders"]
    backend["url"] = "https://orders.example.com/api"


def token_in_a_variable(document: Document) -> None:
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    body["xml_content"] = body["xml_content"].replace(
        f'client-id="{CLIENT}" />',
        f'client-id="{CLIENT}" output-token-variable-name="token" />'
        '<set-header name="Authorization"><value>'
        '@("Bearer " + (string)context.Variables["token"])</value></set-header>',
    )


def policy_of_the_gateway(document: Document) -> None:
    """Token and backend for all APIs, in the global scope."""
    text = document["resource"].pop(f"{GATEWAY}_api_policy")["orders"]["xml_content"]
    document["resource"][f"{GATEWAY}_policy"] = {
        "all": {
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "xml_content": text.replace("<base />", "", 1).replace(
                "<backend><base /></backend>", "<backend><forward-request /></backend>"
            ),
        }
    }


def policy_fragment(document: Document) -> None:
    token = f'<authentication-managed-identity resource="{AUDIENCE}" client-id="{CLIENT}" />'
    replaced(document, token, '<include-fragment fragment-id="token" />')
    document["resource"][f"{GATEWAY}_policy_fragment"] = {
        "token": {
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "name": "token",
            "format": "xml",
            "value": f"<fragment>{token}</fragment>",
        }
    }


def named_value(document: Document) -> None:
    document["resource"][f"{GATEWAY}_named_value"] = {
        "audience": {
            "api_management_name": "apim-sample",
            "resource_group_name": "rg",
            "name": "audience",
            "display_name": "audience",
            "value": AUDIENCE,
        }
    }
    set_policy(document, resource="{{audience}}")


def operation_policy(document: Document) -> None:
    document["resource"][f"{GATEWAY}_api_operation_policy"] = {
        "list": {
            "api_management_name": "apim-sample",
            "resource_group_name": "rg",
            "api_name": "orders",
            "operation_id": "list",
            "xml_content": "<policies><inbound><base /><rate-limit calls='5' renewal-period='60' />"
            "</inbound><backend><base /></backend></policies>",
        }
    }


def branches(document: Document) -> None:
    branch = (
        '<choose><when condition="@(context.Request.Method == "GET")"><set-header name="X">'
        "<value>1</value></set-header></when><otherwise /></choose>"
    )
    set_policy(document, inbound=branch)


def signed_callers(document: Document) -> None:
    """No subscription key, but a check of the caller's own token."""
    document["resource"][f"{GATEWAY}_api"]["orders"]["subscription_required"] = False
    body = document["resource"][f"{GATEWAY}_api_policy"]["orders"]
    check = (
        '<validate-azure-ad-token tenant-id="contoso"><audiences><audience>x</audience>'
        "</audiences></validate-azure-ad-token>"
    )
    body["xml_content"] = body["xml_content"].replace("<base />", f"<base />{check}", 1)


def key_names(document: Document) -> None:
    document["resource"][f"{GATEWAY}_api"]["orders"]["subscription_key_parameter_names"] = {
        "header": "X-Key",
        "query": "key",
    }
    replaced(document, "Ocp-Apim-Subscription-Key", "X-Key")
    replaced(document, '"subscription-key"', '"key"')


def product(document: Document) -> None:
    inside = {"api_management_name": "apim-sample", "resource_group_name": "rg"}
    document["resource"][f"{GATEWAY}_product"] = {
        "shop": {**inside, "product_id": "shop", "display_name": "Shop", "published": True}
    }
    document["resource"][f"{GATEWAY}_product_api"] = {
        "shop": {**inside, "product_id": "shop", "api_name": "orders"}
    }
    document["resource"][f"{GATEWAY}_product_policy"] = {
        "shop": {
            **inside,
            "product_id": "shop",
            "xml_content": "<policies><inbound><base /><quota calls='9' renewal-period='3600' />"
            "</inbound></policies>",
        }
    }


def return_403(document: Document) -> None:
    easy_auth(document)["unauthenticated_action"] = "Return403"


def api_uri_audience(document: Document) -> None:
    directory(document)["allowed_audiences"] = [AUDIENCE, f"api://{AUDIENCE}"]


def client_check(document: Document) -> None:
    directory(document)["jwt_allowed_client_applications"] = [CLIENT]


def sign_in(document: Document) -> None:
    """Named users besides the gateway; their tokens name the registration as the client."""
    directory(document)["allowed_applications"].append(AUDIENCE)
    directory(document)["allowed_identities"] += UUIDS[:2]
    settings = "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
    directory(document)["client_secret_setting_name"] = settings


def upper_case(document: Document) -> None:
    """All ids written out, in different cases."""
    replaced(document, CLIENT, UUIDS[0])
    directory(document)["allowed_applications"] = [UUIDS[0].upper()]


def nothing(document: Document) -> None:
    """The sample itself."""


def no_secret_lists(document: Document) -> None:
    directory(document)["allowed_groups"] = []
    directory(document)["allowed_audiences"] = []


def unrelated(document: Document) -> None:
    """An API that has nothing to do with functions, and an app that no API calls."""
    inside = {"api_management_name": "apim-sample", "resource_group_name": "rg"}
    document["resource"][f"{GATEWAY}_api"]["weather"] = {
        **inside,
        "name": "weather",
        "revision": "1",
        "service_url": "https://weather.example",
    }
    app = document["resource"][APP]["orders"]
    document["resource"][APP]["nightly"] = {**app, "name": "func-nightly"}


VARIATIONS: list[Callable[[Document], None]] = [
    nothing,
    system_assigned,
    both_identities,
    two_user_assigned,
    identity_looked_up,
    identity_service_principal,
    hosting("azurerm_windows_function_app"),
    hosting("azurerm_function_app_flex_consumption"),
    slot,
    *(sku(name) for name in ("Consumption_0", "Basic_1", "BasicV2_1", "Standard_2")),
    *(sku(name) for name in ("StandardV2_1", "Premium_1", "PremiumV2_1")),
    version_1,
    version_1_uri,
    version_2_uri,
    registration_resource,
    default_role,
    further_caller,
    further_caller_by_ids,
    restricted(virtual_network_subnet_id="${azurerm_subnet.gateway.id}"),
    restricted(ip_address="${azurerm_api_management.gateway.public_ip_addresses[0]}/32"),
    private,
    local_values,
    variables,
    functions,
    lists_of_blocks,
    dynamic_block,
    service_url,
    host_by_name,
    custom_host,
    token_in_a_variable,
    policy_of_the_gateway,
    policy_fragment,
    named_value,
    operation_policy,
    branches,
    signed_callers,
    key_names,
    product,
    return_403,
    api_uri_audience,
    client_check,
    sign_in,
    no_secret_lists,
    unrelated,
]


@pytest.mark.parametrize("vary", VARIATIONS, ids=lambda vary: vary.__qualname__)
def test_a_valid_chain_raises_no_alarm(vary: Callable[[Document], None]) -> None:
    document = chain()
    vary(document)
    analysis = analyse(read_stacks({"stack": document}))
    # Users who are let in by their object ids are said to be nobody's of the configuration.
    told = [each for each in analysis.findings if each.rule != "SF125" or vary is not sign_in]
    assert [(each.rule, each.message) for each in told] == []
    through = [each for each in analysis.answers if each.caller.kind == "gateway"]
    assert [each.verdict for each in through] == ["open"], [each.reason for each in through]
    assert [each.reason for each in analysis.answers if each.unwanted] == []
    outside = [each for each in analysis.answers if not each.caller.trusted]
    assert {each.verdict for each in outside} == {"closed"}, [
        (each.caller.label, each.reason) for each in outside if each.verdict != "closed"
    ]


def test_there_are_enough_of_them() -> None:
    assert len(VARIATIONS) >= 40


EXISTING: dict[str, Callable[[Document], None]] = {}


def existing(change: Callable[[Document], None]) -> Callable[[Document], None]:
    EXISTING[change.__name__] = change
    return change


@existing
def existing_gateway(document: Document) -> None:
    """Only looked up, with its system-assigned identity."""
    gateway = document["resource"].pop(GATEWAY)["gateway"]
    document["data"][GATEWAY] = {"gateway": {"name": gateway["name"], "resource_group_name": "rg"}}
    document["data"]["azuread_service_principal"] = {"gateway": {"object_id": SYSTEM}}
    set_policy(document, client=None)
    replaced(document, CLIENT, LOOKED_UP)
    replaced(document, PRINCIPAL, SYSTEM)
    del document["resource"]["azurerm_user_assigned_identity"]
    replaced(document, f"${{{GATEWAY}.gateway", f"${{data.{GATEWAY}.gateway")


@existing
def named_gateway(document: Document) -> None:
    """Only its name is known, and the identity's two ids."""
    del document["resource"][GATEWAY]
    del document["resource"]["azurerm_user_assigned_identity"]
    replaced(document, f"${{{GATEWAY}.gateway.name}}", "apim-elsewhere")
    replaced(document, CLIENT, UUIDS[0])
    replaced(document, PRINCIPAL, UUIDS[1])


@existing
def existing_registration(document: Document) -> None:
    for kind in ("application", "service_principal", "app_role_assignment"):
        del document["resource"][f"azuread_{kind}"]
    replaced(document, AUDIENCE, UUIDS[2])


@existing
def looked_up_registration(document: Document) -> None:
    for kind in ("service_principal", "app_role_assignment"):
        del document["resource"][f"azuread_{kind}"]
    del document["resource"]["azuread_application"]
    document["data"]["azuread_application"] = {"orders": {"display_name": "orders"}}
    replaced(document, "${azuread_application", "${data.azuread_application")


@existing
def existing_app(document: Document) -> None:
    app = document["resource"].pop(APP)["orders"]
    document["data"][APP] = {"orders": {"name": app["name"], "resource_group_name": "rg"}}
    replaced(document, f"${{{APP}", f"${{data.{APP}")


@pytest.mark.parametrize("name", sorted(EXISTING))
def test_what_is_managed_elsewhere_is_unknown_and_no_alarm(name: str) -> None:
    document = chain()
    EXISTING[name](document)
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.message for each in analysis.findings if each.severity != "note"] == []
    assert [each.reason for each in analysis.answers if each.unwanted] == []


def test_an_existing_gateway_that_is_looked_up_is_followed() -> None:
    document = chain()
    existing_gateway(document)
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.verdict for each in analysis.answers if each.caller.kind == "gateway"] == ["open"]


def test_issuer_and_tenant_stand_in_the_sample() -> None:
    assert directory(chain())["tenant_auth_endpoint"] == ISSUER
