"""A plan that is spread over zones has what Azure asks of one, without being told."""

import pytest

from constructs_lib import Hosting, Runtime, Storage

PLANS = {
    "premium": (Hosting.premium(zone_balancing=True), 2),
    "dedicated": (Hosting.dedicated("P1v3", worker_count=3, zone_balancing=True), 3),
    "flex": (Hosting.flex_consumption(zone_balancing=True), None),
    "one-zone": (Hosting.premium(), None),
}


@pytest.fixture(scope="module")
def spread(resources_of, function_app):
    def make(stack):
        for id, (hosting, _) in PLANS.items():
            function_app(stack, id, hosting=hosting, runtime=Runtime.node("22"))
        function_app(
            stack,
            "asked-for",
            hosting=Hosting.flex_consumption(zone_balancing=True),
            storage=Storage(replication="GRS"),
        )

    return resources_of(make)


@pytest.mark.parametrize("id", PLANS)
def test_a_plan_over_zones_has_two_workers_at_least(spread, id):
    plan = spread.at("azurerm_service_plan", f"{id}/plan")
    assert plan.get("worker_count") == PLANS[id][1]


@pytest.mark.parametrize(
    ("id", "replication"),
    [("premium", "ZRS"), ("flex", "ZRS"), ("one-zone", "LRS"), ("asked-for", "GRS")],
)
def test_the_storage_outlives_a_zone_if_the_app_does(spread, id, replication):
    account = spread.at("azurerm_storage_account", f"{id}/storage/account")
    assert account["account_replication_type"] == replication
