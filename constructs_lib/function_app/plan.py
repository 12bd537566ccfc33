"""The plan that a function app runs on."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from constructs import Construct

from constructs_lib._cdk.placement import Placement
from constructs_lib.function_app.hosting import Hosting


def make_plan(
    scope: Construct, hosting: Hosting, name: str, place: Placement, tags: Mapping[str, str]
) -> ServicePlan:
    """Make the plan that the hosting describes."""
    worker_count = hosting.worker_count
    if worker_count is None and hosting.zone_balancing and hosting.kind != "flex_consumption":
        worker_count = 2
    return ServicePlan(
        scope,
        "plan",
        name=name,
        resource_group_name=place.name,
        location=place.location,
        os_type=hosting.os,
        sku_name=hosting.sku,
        worker_count=worker_count,
        maximum_elastic_worker_count=hosting.maximum_elastic_worker_count,
        zone_balancing_enabled=True if hosting.zone_balancing else None,
        tags=tags or None,
    )
