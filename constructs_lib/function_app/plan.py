"""The plan that a function app runs on, and what becomes of both when it is to run on another.

Azure changes no plan from or to Consumption and Flex Consumption, and moves no app between kinds of
plans on Linux, nor to a dedicated plan at all. So a change of kind or operating system replaces
plan and site, in this order: old site, old plan, new plan, new site, which takes the old one's
name. SKUs of one kind change in place.

Source: Learn, "Manage your function app", Plan migration.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformResource
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from constructs import Construct

from constructs_lib._cdk.placement import Placement
from constructs_lib._cdk.remembered import remember
from constructs_lib._cdk.replacement import replaced_on_change
from constructs_lib.function_app.hosting import Hosting


def remember_hosting(scope: Construct, hosting: Hosting) -> TerraformResource:
    """Remember in the state what kind of plan an app runs on.

    Plan and site depend on it. Sites of two operating systems are two types of resources, and
    nothing else would let the old one go before the new one comes.
    """
    return remember(scope, "hosting", {"kind": hosting.kind, "os": hosting.os})


def make_plan(
    scope: Construct,
    hosting: Hosting,
    remembered: TerraformResource,
    *,
    name: str,
    place: Placement,
    tags: Mapping[str, str],
    prevent_destroy: bool,
) -> ServicePlan:
    """Make the plan that the hosting describes, anew when its kind is not what is remembered."""
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
        lifecycle=replaced_on_change(remembered, prevent_destroy=prevent_destroy),
    )
