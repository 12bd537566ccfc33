"""A value that is not known leaves open what it decides: nothing is claimed that needs it."""

from __future__ import annotations

import json

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import (
    API,
    AUTH,
    BACKEND,
    DIRECTORY,
    GATEWAY,
    POLICY,
    REMOVED,
    RESOURCE,
    SITE,
    Case,
    holds,
    inbound,
    put,
)

LATER = {"variable.later": {}}
VALUE = "${var.later}"
FTP = f"{RESOURCE}.ftp_publish_basic_authentication_enabled"
CERTIFICATE = f"{RESOURCE}.client_certificate"
IDENTITY = f"resource.{GATEWAY}.gateway"
PRIVATE = {f"{RESOURCE}.public_network_access_enabled": False}
JOINED = {
    f"{IDENTITY}.virtual_network_type": "External",
    f"{IDENTITY}.virtual_network_configuration": {"subnet_id": "${azurerm_subnet.s.id}"},
    "resource.azurerm_subnet.s": {"name": "s"},
}
ENDPOINT = "resource.azurerm_private_endpoint.p.private_service_connection"
NAMES = {
    "api_management_name": "${azurerm_api_management.gateway.name}",
    "resource_group_name": "rg",
}
PRODUCT = f"resource.{GATEWAY}_product.p"
OPEN_PRODUCT = {
    PRODUCT: {**NAMES, "product_id": "p", "published": True, "subscription_required": False},
    f"resource.{GATEWAY}_product_api.p": {
        **NAMES,
        "product_id": "p",
        "api_name": f"${{{GATEWAY}_api.orders.name}}",
    },
}


def endpoint(*kinds: str, of: str = "azurerm_linux_function_app.orders") -> dict[str, object]:
    """A private endpoint of an app."""
    connection = {"private_connection_resource_id": f"${{{of}.id}}", "subresource_names": [*kinds]}
    return {ENDPOINT: connection}


def unread_block(name: str) -> dict[str, object]:
    """A block of Easy Auth that is computed as a whole."""
    return {f"{AUTH}.{name}": VALUE, **LATER}


CASES = [
    # Publishing credentials
    Case(
        "whether FTP takes passwords is not known",
        "SF901",
        {FTP: VALUE, f"{SITE}.ftps_state": "FtpsOnly", **LATER},
        {"publishing": "unknown"},
    ),
    Case(
        "whether FTP is on is not known",
        "SF901",
        {FTP: True, f"{SITE}.ftps_state": VALUE, **LATER},
        {"publishing": "unknown"},
    ),
    Case(
        "FTP that is off takes no passwords whatever else is said",
        "clean",
        {FTP: VALUE, f"{SITE}.ftps_state": "Disabled", **LATER},
        {"publishing": "closed"},
    ),
    # Client certificates
    Case(
        "which certificates are demanded is not known",
        "SF901",
        {f"{CERTIFICATE}_enabled": True, f"{CERTIFICATE}_mode": VALUE, **LATER},
        {"gateway": "unknown"},
    ),
    Case(
        "whether certificates are demanded is not known",
        "SF901",
        {f"{CERTIFICATE}_enabled": VALUE, f"{CERTIFICATE}_mode": "Required", **LATER},
        {"gateway": "unknown"},
    ),
    Case(
        "certificates that are not demanded keep nobody out",
        "clean",
        {f"{CERTIFICATE}_enabled": VALUE, f"{CERTIFICATE}_mode": "Optional", **LATER},
        {"gateway": "open"},
    ),
    # Private networks
    Case(
        "a private app needs an endpoint that the gateway reaches",
        "SF901",
        {**PRIVATE, **JOINED},
        {"gateway": "unknown", "anonymous": "closed"},
    ),
    Case(
        "a private app with an endpoint is reached from the network",
        "clean",
        {**PRIVATE, **JOINED, **endpoint("sites")},
        {"gateway": "open", "anonymous": "closed"},
    ),
    Case(
        "an endpoint of a slot is not one of its app",
        "SF901",
        {**PRIVATE, **JOINED, **endpoint("sites-stage")},
        {"gateway": "unknown"},
    ),
    Case(
        "an endpoint of the storage account is not one of the app",
        "SF901",
        {
            **PRIVATE,
            **JOINED,
            **endpoint("blob", of="azurerm_storage_account.s"),
            "resource.azurerm_storage_account.s": {"name": "st"},
        },
        {"gateway": "unknown"},
    ),
    Case(
        "a gateway of no network is not in the subnet that it names",
        "SF401",
        {**PRIVATE, **JOINED, f"{IDENTITY}.virtual_network_type": "None"},
        {"gateway": "closed"},
    ),
    # Easy Auth
    Case(
        "whether groups are demanded is not known",
        "SF901",
        {f"{DIRECTORY}.allowed_groups": VALUE, **LATER},
        {"gateway": "unknown", "anonymous": "closed"},
    ),
    Case(
        "a group that is known later is demanded all the same",
        "SF111",
        {f"{DIRECTORY}.allowed_groups": [VALUE], **LATER},
        {"gateway": "closed"},
    ),
    Case(
        "a provider that may be there is no error",
        "no error",
        unread_block("github_v2"),
        {"gateway": "open", "anonymous": "closed"},
    ),
    Case(
        "settings of Entra that are computed as a whole are no error",
        "no error",
        unread_block("active_directory_v2"),
        {"gateway": "unknown", "anonymous": "closed"},
    ),
    Case(
        "settings that are computed as a whole are no error",
        "no error",
        {AUTH: VALUE, **LATER},
        {"gateway": "unknown", "anonymous": "unknown"},
    ),
    # The gateway
    Case(
        "an identity that the gateway may have is not one that it has",
        "SF901",
        {
            f"{IDENTITY}.identity": REMOVED,
            f"{IDENTITY}.dynamic": {
                "identity": {
                    "for_each": VALUE,
                    "content": {
                        "type": "UserAssigned",
                        "identity_ids": ["${azurerm_user_assigned_identity.gateway.id}"],
                    },
                }
            },
            **LATER,
        },
        {"gateway": "unknown"},
    ),
    Case(
        "whether the certificate of the backend is checked is not known",
        "SF901",
        {f"{BACKEND}.tls": {"validate_certificate_name": VALUE}, **LATER},
    ),
    Case(
        "an open product that is published needs no key",
        "SF501",
        OPEN_PRODUCT,
        {"gateway-without-key": "open"},
    ),
    Case(
        "an open product that is not published serves nobody",
        "clean",
        {**OPEN_PRODUCT, f"{PRODUCT}.published": False},
        {"gateway-without-key": "closed"},
    ),
    Case(
        "whether an open product is published is not known",
        "SF901",
        {**OPEN_PRODUCT, f"{PRODUCT}.published": VALUE, **LATER},
        {"gateway-without-key": "unknown"},
    ),
    Case(
        "an API that needs no key is open whatever its product is",
        "SF501",
        {**OPEN_PRODUCT, f"{PRODUCT}.published": False, f"{API}.subscription_required": False},
        {"gateway-without-key": "open"},
    ),
    Case(
        "what a policy does that nobody knows is not known",
        "SF901",
        {POLICY: inbound('<validate-everything strict="true" />')},
        {"gateway": "unknown"},
    ),
    Case(
        "a policy that a variable gives is not known",
        "SF901",
        {POLICY: VALUE, **LATER},
    ),
    Case(
        "a policy that is made of variables is not known",
        "SF901",
        {POLICY: f"{VALUE}{VALUE}", **LATER},
    ),
    Case(
        "which addresses a policy lets in is not known",
        "SF901",
        {
            POLICY: inbound(
                '<ip-filter action="allow"><address>${var.later}</address></ip-filter>', after=False
            ),
            f"{API}.subscription_required": False,
            **LATER,
        },
        {"gateway-without-key": "unknown"},
    ),
    Case(
        "which of two backends in one policy counts is not known",
        "SF310",
        {POLICY: inbound('<set-backend-service base-url="https://other.example" />')},
        {"gateway": "open"},
    ),
    Case(
        "the list of applications alone lets in only the gateway",
        "no error",
        {f"{DIRECTORY}.allowed_identities": REMOVED},
        {"gateway": "open", "application": "closed"},
    ),
]


def test_a_policy_that_is_not_known_breaks_nothing() -> None:
    document = Case("", "", {POLICY: VALUE, **LATER}).document()
    found = {each.rule for each in analyse(read_stacks({"stack": document})).findings}
    assert "SF309" not in found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_that_is_not_known(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("other", "known"), [("a", True), ("b", False)])
def test_a_gateway_whose_provider_has_another_tenant_is_not_surely_let_in(
    other: str, known: bool
) -> None:
    tenants = {each: each * 8 + "-2222-4333-8444-555555555555" for each in "ab"}
    gateway: dict[str, object] = {"alias": "hub", "tenant_id": tenants[other], "features": {}}
    changes: dict[str, object] = {
        "provider": {
            "azurerm": [{"features": {}}, gateway],
            "azuread": [{"tenant_id": tenants["a"]}],
        },
        f"resource.{GATEWAY}.gateway.provider": "azurerm.hub",
    }
    door = {"gateway": "open" if known else "unknown"}
    Case("", "clean" if known else "told", changes, door).check()


@pytest.mark.parametrize("made", ["one(%s[*].client_id)", "trim(%s.client_id, 1)"])
def test_what_a_function_makes_of_an_id_is_not_surely_a_stranger(made: str) -> None:
    of = "azurerm_user_assigned_identity.gateway"
    changes = {f"{DIRECTORY}.allowed_applications": ["${" + made % of + "}"]}
    Case("", "no error", changes, {"gateway": "unknown"}).check()


@pytest.mark.parametrize("each", ["%s[*].client_id", "%s.*.client_id"])
def test_an_id_of_each_instance_is_the_id_of_the_one_there_is(each: str) -> None:
    of = "azurerm_user_assigned_identity.gateway"
    document = json.dumps(Case("", "", {}).document()).replace(f"${{{of}.", f"${{{of}[0].")
    changed = json.loads(document)
    changed["resource"]["azurerm_user_assigned_identity"]["gateway"]["count"] = 1
    put(changed, f"{DIRECTORY}.allowed_applications", "${" + each % of + "}")
    holds(analyse(read_stacks({"stack": changed})), "clean", {"gateway": "open"})
