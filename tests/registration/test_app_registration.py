"""Entra issues tokens for the functions to nobody without the role."""

from __future__ import annotations

import pytest

from constructs_lib import AppRegistration, InputError, Principal

TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
GATEWAY = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
OWNER = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def terraform(build):
    def make(stack):
        orders = AppRegistration(
            stack,
            "orders",
            display_name="Orders",
            owners=[OWNER],
            identifier_uri="api://{client_id}",
        )
        assert orders.grant(GATEWAY) is orders.grant(GATEWAY)
        AppRegistration(stack, "billing", display_name="Billing", tenant_id=TENANT)
        AppRegistration(stack, "stock", display_name="Stock")

    return build(make)


def application(terraform, name):
    return next(
        entry
        for entry in terraform["resource"]["azuread_application"].values()
        if entry["display_name"] == name
    )


def test_tokens_are_of_version_2_and_of_one_tenant(terraform):
    orders = application(terraform, "Orders")
    assert orders["api"] == {"requested_access_token_version": 2}
    assert orders["sign_in_audience"] == "AzureADMyOrg"


def test_it_has_one_role_for_applications_whose_id_never_changes(terraform):
    roles = [application(terraform, name)["app_role"] for name in ("Orders", "Billing")]
    assert [len(role) for role in roles] == [1, 1]
    assert roles[0][0]["allowed_member_types"] == ["Application"]
    assert roles[0][0]["id"] == roles[1][0]["id"] == "8d5b0a5e-4f0b-4c47-9d0d-6c2f0a1f3b7e"


def test_the_service_principal_demands_an_assignment(terraform):
    principals = terraform["resource"]["azuread_service_principal"].values()
    assert len(principals) == 3
    assert all(principal["app_role_assignment_required"] is True for principal in principals)


def test_the_gateway_is_assigned_the_role_once(terraform):
    (assignment,) = terraform["resource"]["azuread_app_role_assignment"].values()
    assert assignment["principal_object_id"] == GATEWAY.object_id
    assert assignment["app_role_id"] == "8d5b0a5e-4f0b-4c47-9d0d-6c2f0a1f3b7e"
    assert assignment["resource_object_id"].startswith("${azuread_service_principal.orders_")


def test_the_tenant_is_looked_up_once_a_stack(terraform):
    assert len(terraform["data"]["azuread_client_config"]) == 1


def test_the_maker_and_those_named_own_application_and_principal(terraform):
    """Without its maker among the owners, the right to change what one owns reaches nothing."""
    principals = terraform["resource"]["azuread_service_principal"].values()
    owned = {principal["client_id"]: principal["owners"] for principal in principals}
    assert len(owned) == 3
    for address, each in terraform["resource"]["azuread_application"].items():
        maker, *named = each["owners"]
        assert maker.startswith("${terraform_data.")
        assert maker.endswith(".output.object_id}")
        assert named == ([OWNER] if each["display_name"] == "Orders" else [])
        assert owned[f"${{azuread_application.{address}.client_id}}"] == each["owners"]
    assert len({each["owners"][0] for each in principals}) == 3


def test_the_maker_stays_whoever_applies_later(terraform):
    (client,) = terraform["data"]["azuread_client_config"]
    for maker in terraform["resource"]["terraform_data"].values():
        assert maker["input"] == {
            "object_id": f"${{data.azuread_client_config.{client}.object_id}}"
        }
        assert maker["lifecycle"] == {"ignore_changes": ["input"]}


def test_an_identifier_uri_stays_in_the_second_plan(terraform):
    (uri,) = terraform["resource"]["azuread_application_identifier_uri"].values()
    assert uri["identifier_uri"].startswith("api://${azuread_application.orders_")
    assert application(terraform, "Orders")["lifecycle"] == {"ignore_changes": ["identifier_uris"]}
    assert "lifecycle" not in application(terraform, "Billing")


def test_no_secret_is_made(terraform):
    assert not {"azuread_application_password", "azuread_service_principal_password"} & set(
        terraform["resource"]
    )


@pytest.mark.parametrize(
    ("version", "issuer"),
    [
        (1, f"https://login.microsoftonline.com/{TENANT}"),
        (2, f"https://login.microsoftonline.com/{TENANT}/v2.0"),
    ],
)
def test_the_issuer_has_the_version_of_the_tokens(version, issuer):
    existing = AppRegistration.existing(
        client_id=OWNER, tenant_id=TENANT, token_version=version, audiences=["api://x"]
    )
    assert existing.issuer == issuer
    assert existing.audiences == ("api://x",)


@pytest.mark.parametrize(
    "uri",
    [
        "api://{client_id}",
        f"api://{TENANT}/orders",
        "api://orders/{client_id}",
        "https://contoso.onmicrosoft.com/orders",
        "api://orders.contoso.example",
    ],
)
def test_identifier_uris_that_the_tenant_policy_accepts(stack, uri):
    AppRegistration(stack, "orders", display_name="Orders", identifier_uri=uri)


@pytest.mark.parametrize(
    ("props", "where"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 121}, "display_name"),
        ({"role": ".hidden"}, "role"),
        ({"role": "two words"}, "role"),
        ({"tenant_id": "contoso"}, "tenant_id"),
        ({"owners": ["me"]}, "owners.0"),
        ({"owners": [OWNER] * 101}, "owners"),
        ({"identifier_uri": "api://orders"}, "identifier_uri"),
        ({"identifier_uri": "https://contoso.example/"}, "identifier_uri"),
    ],
)
def test_what_entra_would_refuse_is_refused(stack, props, where):
    with pytest.raises(InputError, match=rf"^test/orders: {where}: "):
        AppRegistration(stack, "orders", **{"display_name": "Orders", **props})


def test_a_name_stands_for_one_principal(stack):
    orders = AppRegistration(stack, "orders", display_name="Orders")
    orders.grant(GATEWAY)
    other = Principal(name="gateway", client_id=OWNER, object_id=OWNER)
    with pytest.raises(InputError, match="already names another principal"):
        orders.grant(other)


def test_a_principal_without_a_uuid_is_refused(stack):
    orders = AppRegistration(stack, "orders", display_name="Orders")
    with pytest.raises(InputError, match="write the object id"):
        orders.grant(Principal(name="ci", client_id=OWNER, object_id="ci"))
