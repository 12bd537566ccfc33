"""The gateway has an identity that functions can trust, on every tier that Azure sells."""

from __future__ import annotations

import pytest
from cdktf import Token
from cdktf_cdktf_provider_azurerm.api_management import (
    ApiManagement,
    ApiManagementAdditionalLocation,
    ApiManagementAdditionalLocationVirtualNetworkConfiguration,
    ApiManagementIdentity,
)

from constructs_lib import (
    AppRegistration,
    ExistingIdentity,
    Gateway,
    GatewayIdentity,
    InputError,
    Placement,
    Principal,
    Publisher,
    VirtualNetwork,
)

GROUP = Placement("rg", "westeurope")
PUBLISHER = Publisher(name="Contoso", email="api@contoso.example")
SUBNET = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a"
)
EXISTING = ExistingIdentity(
    id="/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    principal_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
ANYBODY = Principal(
    name="gateway",
    client_id="6a7d1c52-6f0e-4f2b-9c61-5d5f3f6f2c12",
    object_id="1c6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e23",
)
SKUS = (
    "Consumption_0",
    "Developer_1",
    "Basic_2",
    "Standard_4",
    "Premium_12",
    "BasicV2_10",
    "StandardV2_1",
    "PremiumV2_30",
)


def gateway(scope, id="gateway", **props):
    given = {"resource_group": GROUP, "name": f"apim-{id}", "publisher": PUBLISHER, **props}
    return Gateway(scope, id, **given)


@pytest.fixture(scope="module")
def made(build):
    """One stack with a gateway of each kind, by the name of the service."""
    kept = {}

    def make(stack):
        for sku in SKUS:
            kept[sku] = gateway(stack, sku.replace("_", "-"), sku=sku)
        kept["user"] = gateway(
            stack, "user", identity=GatewayIdentity(system_assigned=False, user_assigned="id-user")
        )
        kept["both"] = gateway(stack, "both", identity=GatewayIdentity(user_assigned=EXISTING))
        kept["network"] = gateway(
            stack,
            "network",
            sku="Premium_2",
            zones=["1", "2"],
            virtual_network=VirtualNetwork(subnet_id=SUBNET, type="Internal"),
            public_ip_address_id="/subscriptions/s/ip",
            additional_locations=[
                ApiManagementAdditionalLocation(
                    location="northeurope",
                    virtual_network_configuration=(
                        ApiManagementAdditionalLocationVirtualNetworkConfiguration(subnet_id=SUBNET)
                    ),
                )
            ],
            gateway_disabled=True,
            tags={"owner": "platform"},
        )
        kept["v2-network"] = gateway(
            stack,
            "v2-network",
            sku="StandardV2_1",
            virtual_network=VirtualNetwork(subnet_id=SUBNET),
        )
        kept["policy"] = gateway(
            stack,
            "policy",
            policy="<policies><inbound/><backend><forward-request/></backend>"
            "<outbound/><on-error/></policies>",
        )

    terraform = build(make)
    services = terraform["resource"]["azurerm_api_management"].values()
    return terraform, {service["name"]: service for service in services}, kept


def test_every_sku_is_accepted_and_written_as_given(made):
    _, services, _ = made
    for sku in SKUS:
        assert services[f"apim-{sku.replace('_', '-')}"]["sku_name"] == sku


def test_the_identity_is_system_assigned_unless_said_otherwise(made):
    _, services, kept = made
    assert services["apim-Developer-1"]["identity"] == {"type": "SystemAssigned"}
    assert kept["Developer_1"].policy_client_id is None


def test_the_client_id_of_a_system_assigned_identity_is_looked_up_by_its_object_id(made):
    terraform, services, _ = made
    lookups = terraform["data"]["azuread_service_principal"].values()
    objects = {lookup["object_id"] for lookup in lookups}
    assert any(object_id.endswith(".identity[0].principal_id}") for object_id in objects)
    # Neither kind with a user-assigned identity needs the directory.
    assert len(objects) == len(services) - 2


def test_a_user_assigned_identity_is_made_and_named_in_the_policy(made):
    terraform, services, kept = made
    (identity,) = terraform["resource"]["azurerm_user_assigned_identity"].values()
    assert identity["name"] == "id-user"
    assert services["apim-user"]["identity"]["type"] == "UserAssigned"
    (identity_id,) = services["apim-user"]["identity"]["identity_ids"]
    assert identity_id.startswith("${azurerm_user_assigned_identity.")
    assert kept["user"].policy_client_id == kept["user"].caller.client_id


def test_with_both_kinds_the_gateway_calls_with_the_user_assigned_one(made):
    _, services, kept = made
    assert services["apim-both"]["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "identity_ids": [EXISTING.id],
    }
    assert kept["both"].caller == Principal(
        name="gateway", client_id=EXISTING.client_id, object_id=EXISTING.principal_id
    )


def staged(stack, id, **identity):
    return gateway(stack, id, identity=GatewayIdentity(**identity))


def test_in_a_move_both_identities_may_call_and_one_of_them_does(build):
    kept = {}

    def make(stack):
        kept["old"] = staged(stack, "old", user_assigned=EXISTING, calls_with="system_assigned")
        kept["new"] = staged(stack, "new", user_assigned=EXISTING, calls_with="user_assigned")
        kept["end"] = staged(
            stack,
            "end",
            system_assigned=False,
            user_assigned=EXISTING,
            calls_with="user_assigned",
        )

    build(make)
    names = {key: [caller.name for caller in each.callers] for key, each in kept.items()}
    both = ["gateway-user-assigned", "gateway-system-assigned"]
    assert names == {"old": both, "new": both, "end": both[:1]}
    assert kept["old"].policy_client_id is None
    assert kept["old"].vault_client_id is None
    for stage in ("new", "end"):
        assert kept[stage].caller.client_id == EXISTING.client_id
        assert kept[stage].policy_client_id == EXISTING.client_id
        assert kept[stage].vault_client_id == EXISTING.client_id
    # Whoever calls keeps the assignment that it had under the name of the gateway.
    assert [caller.formerly for caller in kept["old"].callers] == [None, "gateway"]


def test_the_role_of_a_principal_that_is_renamed_is_kept(build):
    def make(stack):
        registration = AppRegistration(stack, "orders", display_name="Orders")
        for caller in staged(
            stack, "gateway", user_assigned=EXISTING, calls_with="system_assigned"
        ).callers:
            registration.grant(caller)

    before = build(lambda stack: AppRegistration(stack, "orders", display_name="O").grant(ANYBODY))
    (address,) = before["resource"]["azuread_app_role_assignment"]
    (moved,) = build(make)["moved"]
    assert moved["from"] == f"azuread_app_role_assignment.{address}"
    assert "system-assigned" in moved["to"]


def test_an_existing_gateway_moves_between_identities_that_are_both_given(build):
    kept = {}

    def make(stack):
        kept["gateway"] = Gateway.existing(
            stack,
            "gateway",
            name="apim",
            resource_group_name="rg",
            identity=EXISTING,
            principal=ANYBODY,
            calls_with="user_assigned",
        )

    build(make)
    assert [caller.object_id for caller in kept["gateway"].callers] == [
        EXISTING.principal_id,
        ANYBODY.object_id,
    ]


def test_an_identity_that_the_gateway_lacks_cannot_call(stack):
    with pytest.raises(InputError, match=r"calls_with: .* no identity that is user-assigned"):
        staged(stack, "gateway", calls_with="user_assigned")


def test_legacy_protocols_and_ciphers_are_off_where_the_tier_lets_one_choose(made):
    _, services, _ = made
    for sku in SKUS:
        security = services[f"apim-{sku.replace('_', '-')}"].get("security")
        if sku.split("_")[0] in ("Developer", "Basic", "Standard", "Premium"):
            assert len(security) == 13
            assert not any(security.values())
        else:
            assert security is None


def test_old_versions_of_the_management_api_are_refused(made):
    _, services, _ = made
    assert {service["min_api_version"] for service in services.values()} == {"2021-08-01"}


def test_network_zones_addresses_and_regions_are_written(made):
    _, services, _ = made
    service = services["apim-network"]
    assert service["virtual_network_type"] == "Internal"
    assert service["virtual_network_configuration"] == {"subnet_id": SUBNET}
    assert service["zones"] == ["1", "2"]
    assert service["gateway_disabled"] is True
    assert service["tags"] == {"owner": "platform"}
    assert services["apim-v2-network"]["virtual_network_type"] == "External"


def test_the_policy_of_the_service_is_written(made):
    terraform, _, _ = made
    (policy,) = terraform["resource"]["azurerm_api_management_policy"].values()
    assert "<forward-request" in policy["xml_content"]


@pytest.mark.parametrize(
    ("props", "where", "says"),
    [
        ({"name": "apim_x"}, "name", "letters, digits and hyphens"),
        ({"sku": "BasicV2_10x"}, "sku", "BasicV2_1 to _10"),
        ({"sku": "developer_1"}, "sku", "Developer_1"),
        ({"publisher": Publisher(name="C", email="a b")}, "publisher.email", "without blanks"),
        ({"zones": ["1"]}, "zones", "Premium"),
        ({"sku": "PremiumV2_1", "zones": ["1"]}, "zones", "Premium"),
        (
            {"sku": "Basic_1", "virtual_network": VirtualNetwork(subnet_id=SUBNET)},
            "virtual_network",
            "choose Developer",
        ),
        (
            {
                "sku": "StandardV2_1",
                "virtual_network": VirtualNetwork(subnet_id=SUBNET, type="Internal"),
            },
            "virtual_network.type",
            "External",
        ),
        (
            {"public_ip_address_id": "/subscriptions/s/ip"},
            "public_ip_address_id",
            "set virtual_network",
        ),
        (
            {"additional_locations": [ApiManagementAdditionalLocation(location="x")]},
            "additional_locations",
            "Premium",
        ),
        ({"name": "1apim"}, "name", "a letter first"),
        ({"name": "apim-"}, "name", "no hyphen last"),
        ({"name": "größe"}, "name", "letters, digits and hyphens"),
        (
            {
                "sku": "Premium_1",
                "virtual_network": VirtualNetwork(subnet_id=SUBNET, type="external"),
            },
            "virtual_network.type",
            "External, Internal",
        ),
        (
            {
                "sku": "Premium_1",
                "virtual_network": VirtualNetwork(subnet_id=SUBNET),
                "additional_locations": [ApiManagementAdditionalLocation(location="x")],
            },
            "additional_locations",
            "every region",
        ),
        ({"client_certificate_enabled": True}, "client_certificate_enabled", "leave it out"),
        ({"gateway_disabled": True}, "gateway_disabled", "additional_locations"),
        ({"identity": GatewayIdentity(system_assigned=False)}, "identity", "set system_assigned"),
        ({"min_api_version": "latest"}, "min_api_version", "YYYY-MM-DD"),
    ],
)
def test_what_azure_would_refuse_is_refused_with_its_place_and_a_remedy(stack, props, where, says):
    with pytest.raises(InputError) as caught:
        gateway(stack, **props)
    assert str(caught.value).startswith(f"test/gateway: {where}: ")
    assert says in str(caught.value)


def test_unknown_values_pass(stack):
    unknown = Token.as_string({"a": 1})
    made = gateway(stack, name=unknown, sku=unknown, min_api_version=unknown)
    assert made.sku is None


def test_an_existing_gateway_is_found_by_name(build):
    kept = {}

    def make(stack):
        kept["named"] = Gateway.existing(stack, "named", name="apim", resource_group_name="rg")
        kept["told"] = Gateway.existing(
            stack,
            "told",
            name="apim",
            resource_group_name="rg",
            principal=Principal(
                name="gateway",
                client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
                object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
            ),
            sku="Consumption_0",
        )

    terraform = build(make)
    assert set(terraform["data"]) == {"azurerm_api_management", "azuread_service_principal"}
    (lookup,) = terraform["data"]["azuread_service_principal"].values()
    assert lookup["object_id"].endswith(".identity[0].principal_id}")
    assert kept["told"].caller.client_id == "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11"
    assert kept["told"].sku == "Consumption_0"
    assert kept["named"].sku is None


def test_a_service_of_the_own_stack_is_taken_with_its_sku_and_identity(build):
    def make(stack):
        resource = ApiManagement(
            stack,
            "apim",
            name="apim",
            resource_group_name="rg",
            location="westeurope",
            publisher_name="C",
            publisher_email="c@contoso.example",
            sku_name="Consumption_0",
            identity=ApiManagementIdentity(type="SystemAssigned"),
        )
        assert Gateway.from_resource(stack, "gateway", resource).sku == "Consumption_0"

    terraform = build(make)
    (lookup,) = terraform["data"]["azuread_service_principal"].values()
    assert lookup["object_id"] == "${azurerm_api_management.apim.identity[0].principal_id}"


def test_an_existing_gateway_is_meant_one_way_only(stack):
    with pytest.raises(InputError, match="given together with principal"):
        Gateway.existing(
            stack,
            "gateway",
            name="apim",
            resource_group_name="rg",
            identity=EXISTING,
            principal=Principal(
                name="gateway",
                client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
                object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
            ),
        )


@pytest.mark.parametrize("sku", ["Consumption_0", "StandardV2_1"])
def test_no_address_is_given_that_other_customers_share(stack, sku):
    made = gateway(stack, sku=sku)
    with pytest.raises(InputError, match="has no address of its own"):
        _ = made.public_ip_address
    existing = Gateway.existing(stack, "old", name="apim", resource_group_name="rg", sku=sku)
    with pytest.raises(InputError, match="has no address of its own"):
        _ = existing.public_ip_address


@pytest.mark.parametrize(
    "identity",
    [None, ApiManagementIdentity(type="UserAssigned", identity_ids=["/subscriptions/s/i"])],
    ids=["none", "user-assigned only"],
)
def test_a_resource_without_the_identity_to_call_with_is_refused(stack, identity):
    service = ApiManagement(
        stack,
        "apim",
        name="apim",
        resource_group_name="rg",
        location="westeurope",
        publisher_name="x",
        publisher_email="a@b.example",
        sku_name="Developer_1",
        identity=identity,
    )
    with pytest.raises(InputError, match="no system-assigned identity"):
        Gateway.from_resource(stack, "gateway", service)


@pytest.mark.parametrize("name", ["part", "PART"])
def test_a_fragment_is_there_once(stack, name):
    made = gateway(stack)
    made.add_fragment("part", "<fragment><set-status code='200' /></fragment>")
    with pytest.raises(InputError, match="choose another name"):
        made.add_fragment(name, "<fragment><set-status code='200' /></fragment>")
