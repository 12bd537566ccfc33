"""Changes of the gateway."""

from __future__ import annotations

from tests.terraform.changes.change import Change, gateway_with, instead
from tests.terraform.changes.samples import ADDRESS, IDENTITY, SUBNET, WHOLE

AROUND = WHOLE
CHANGES = [
    Change(
        setting="gateway.name",
        what="changed",
        after=gateway_with(name="apim-moved-{name}"),
        does="replaced",
        lost="the gateway's host name and its subscriptions; an hour without any API",
    ),
    Change(
        setting="gateway.publisher.name, email",
        what="changed",
        after=gateway_with(publisher={"name": "Fabrikam"}),
        does="in place",
    ),
    Change(
        setting="gateway.sku",
        what="units, or another tier of the same family",
        after=gateway_with(sku="Premium_1"),
        does="in place",
    ),
    Change(
        setting="gateway.sku",
        what="classic to v2",
        back="v2 to classic",
        after=gateway_with(sku="StandardV2_1"),
        does="replaced",
        lost="subscriptions and their keys; up to an hour without any API",
    ),
    Change(
        setting="gateway.identity.system_assigned, user_assigned",
        what="user_assigned added, and called with at once",
        back="user_assigned removed",
        after=gateway_with(identity={"user_assigned": "id-{name}"}),
        does="replaced",
        lost="calls fail from the change of Easy Auth to that of the policy: move in stages",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 1: both, calls with the old one",
        back="back, with `calls_with` taken out",
        after=gateway_with(
            identity={"user_assigned": "id-{name}", "calls_with": "system_assigned"}
        ),
        does="added",
        does_back="removed",
        races_back=True,
        lost_back="calls fail while the gateway's role is assigned anew, which may take a second "
        "apply; leave `calls_with` where it is",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 1 of an identity that is named already",
        back="from stage 1 back to the old one, still named",
        before=gateway_with(identity={"calls_with": "system_assigned"}),
        after=gateway_with(identity={"user_assigned": "id-{name}"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 2: both, calls with the new one",
        back="back to stage 1",
        before=gateway_with(
            identity={"user_assigned": "id-{name}", "calls_with": "system_assigned"}
        ),
        after=gateway_with(identity={"calls_with": "user_assigned"}),
        does="in place",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 3: the new one alone",
        back="back to stage 2",
        before=gateway_with(identity={"user_assigned": "id-{name}", "calls_with": "user_assigned"}),
        after=gateway_with(identity={"system_assigned": False}),
        does="removed",
        does_back="added",
    ),
    Change(
        setting="gateway.identity.user_assigned.id, client_id, principal_id",
        what="an identity to make, to one that exists",
        back="one that exists, to an identity to make",
        before=gateway_with(identity={"system_assigned": False, "user_assigned": "id-{name}"}),
        after=gateway_with(identity={"user_assigned": instead(**IDENTITY)}),
        does="replaced",
        lost="calls fail from the change of Easy Auth to that of the policy",
    ),
    Change(
        setting="gateway.zones",
        what="added",
        back="removed",
        before=gateway_with(sku="Premium_2"),
        after=gateway_with(zones=["1", "2"]),
        does="in place",
    ),
    Change(
        setting="gateway.virtual_network.subnet_id, type",
        what="added",
        back="removed",
        after=gateway_with(virtual_network={"subnet_id": SUBNET}),
        does="in place",
        does_back="replaced",
        forced_back=("azurerm_api_management",),
        lost_back="subscriptions and their keys; an hour without any API",
    ),
    Change(
        setting="gateway.virtual_network.subnet_id, type",
        what="changed",
        before=gateway_with(virtual_network={"subnet_id": SUBNET}),
        after=gateway_with(virtual_network={"type": "Internal"}),
        does="replaced",
        forced=("azurerm_api_management",),
        lost="subscriptions and their keys; an hour without any API",
    ),
    Change(
        setting="gateway.public_ip_address_id",
        what="added, changed",
        back="removed",
        before=gateway_with(virtual_network={"subnet_id": SUBNET}),
        after=gateway_with(public_ip_address_id=ADDRESS),
        does="in place",
    ),
    Change(
        setting="gateway.min_api_version",
        what="changed",
        after=gateway_with(min_api_version="2022-08-01"),
        does="in place",
    ),
    Change(
        setting="gateway.policy",
        what="added",
        back="removed",
        after=gateway_with(policy="gateway.xml"),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="gateway.policy",
        what="changed",
        before=gateway_with(policy="gateway.xml"),
        after=gateway_with(policy="other-gateway.xml"),
        does="in place",
    ),
    Change(
        setting="gateway.client_certificate_enabled",
        what="switched on or off",
        before=gateway_with(sku="Consumption_0"),
        after=gateway_with(client_certificate_enabled=True),
        does="in place",
    ),
    Change(
        setting="accept.*.resource, rule, reason",
        what="added, changed, removed",
        after={
            "accept": [
                {
                    "resource": "azurerm_api_management.gateway_service_0B098E79",
                    "rule": "SF402",
                    "reason": "the gateway is public",
                }
            ]
        },
        does="nothing",
    ),
]
