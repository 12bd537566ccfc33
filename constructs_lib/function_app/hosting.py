"""Where functions run: the plan and its operating system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OperatingSystem = Literal["Linux", "Windows"]
Kind = Literal["consumption", "premium", "dedicated", "flex_consumption"]


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """A plan, new or existing. Use the factories; they know what goes together.

    Attributes:
        kind: Which hosting model.
        os: Operating system of the plan.
        sku: SKU of the plan, such as `Y1`, `EP1`, `P1v3`, `FC1`.
        plan_id: Resource id of an existing plan; nothing is made then.
        worker_count: Number of workers of a new plan.
        maximum_elastic_worker_count: Upper bound of a Premium plan's workers.
        zone_balancing: Spread the workers over availability zones.
        instance_memory_in_mb: Flex Consumption: 512, 2048 or 4096.
        maximum_instance_count: Flex Consumption: 40 to 1000.
        http_concurrency: Flex Consumption: requests per instance, 1 to 1000.
        always_ready: Flex Consumption: instances kept warm by group (`http`, `function:NAME`, …).
    """

    kind: Kind
    os: OperatingSystem = "Linux"
    sku: str | None = None
    plan_id: str | None = None
    worker_count: int | None = None
    maximum_elastic_worker_count: int | None = None
    zone_balancing: bool = False
    instance_memory_in_mb: int = 2048
    maximum_instance_count: int = 100
    http_concurrency: int | None = None
    always_ready: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def consumption(cls, *, os: OperatingSystem = "Linux") -> Hosting:
        """Pay per execution (`Y1`)."""
        return cls(kind="consumption", os=os, sku="Y1")

    @classmethod
    def premium(
        cls,
        sku: str = "EP1",
        *,
        os: OperatingSystem = "Linux",
        worker_count: int | None = None,
        maximum_elastic_worker_count: int | None = None,
        zone_balancing: bool = False,
    ) -> Hosting:
        """Elastic Premium (`EP1` to `EP3`)."""
        return cls(
            kind="premium",
            os=os,
            sku=sku,
            worker_count=worker_count,
            maximum_elastic_worker_count=maximum_elastic_worker_count,
            zone_balancing=zone_balancing,
        )

    @classmethod
    def dedicated(
        cls,
        sku: str,
        *,
        os: OperatingSystem = "Linux",
        worker_count: int | None = None,
        zone_balancing: bool = False,
    ) -> Hosting:
        """An App Service plan (`B1`, `S1`, `P1v3`, …)."""
        return cls(
            kind="dedicated",
            os=os,
            sku=sku,
            worker_count=worker_count,
            zone_balancing=zone_balancing,
        )

    @classmethod
    def flex_consumption(
        cls,
        *,
        instance_memory_in_mb: int = 2048,
        maximum_instance_count: int = 100,
        http_concurrency: int | None = None,
        always_ready: Mapping[str, int] | None = None,
        zone_balancing: bool = False,
    ) -> Hosting:
        """Flex Consumption (`FC1`, Linux)."""
        return cls(
            kind="flex_consumption",
            sku="FC1",
            instance_memory_in_mb=instance_memory_in_mb,
            maximum_instance_count=maximum_instance_count,
            http_concurrency=http_concurrency,
            always_ready=dict(always_ready or {}),
            zone_balancing=zone_balancing,
        )

    @classmethod
    def existing_plan(cls, plan_id: str, *, kind: Kind, os: OperatingSystem = "Linux") -> Hosting:
        """A plan that exists already; one plan serves one app on Flex Consumption."""
        return cls(kind=kind, os=os, plan_id=plan_id)
