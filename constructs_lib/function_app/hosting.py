"""Where functions run: the plan and its operating system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.azure_names import ResourceId
from constructs_lib._core.problems import Between, Problem, ValueObject
from constructs_lib._core.provider_facts import RuntimeTarget

OperatingSystem = Literal["Linux", "Windows"]
HostingKind = Literal["consumption", "premium", "dedicated", "flex_consumption"]

# azurerm `helpers/service_plan.go`, without the tiers that run no functions worth securing
# (free, shared), Logic Apps' and those that live in an App Service Environment.
_PREMIUM = (
    *("P1v2", "P2v2", "P3v2", "P0v3", "P1v3", "P2v3", "P3v3"),
    *("P1mv3", "P2mv3", "P3mv3", "P4mv3", "P5mv3", "P0v4", "P1v4", "P2v4", "P3v4"),
    *("P1mv4", "P2mv4", "P3mv4", "P4mv4", "P5mv4"),
)
SKUS: Mapping[HostingKind, tuple[str, ...]] = {
    "consumption": ("Y1",),
    "premium": ("EP1", "EP2", "EP3"),
    "dedicated": ("B1", "B2", "B3", "S1", "S2", "S3", *_PREMIUM),
    "flex_consumption": ("FC1",),
}
_SKU: Mapping[HostingKind, str] = {"consumption": "Y1", "premium": "EP1", "flex_consumption": "FC1"}
_ZONES = frozenset({*_PREMIUM, *SKUS["premium"], "FC1"})


@dataclass(frozen=True, kw_only=True)
class Hosting(ValueObject):
    """A plan, new or existing; the factories know what goes together.

    Attributes:
        kind: Which hosting model.
        os: Operating system of the plan.
        sku: SKU of a new plan: `EP1` to `EP3` for premium, `EP1` if left out; `B1`, `S1`, `P1v3`
            and others for dedicated; consumption and Flex Consumption have one.
        plan_id: Resource id of an existing plan; nothing is made then.
        worker_count: Number of workers of a new plan; 2 if left out and spread over zones, which
            is the least that Azure makes and bills of such a plan.
        maximum_elastic_worker_count: Upper bound of a Premium plan's workers.
        zone_balancing: Spread the workers over availability zones.
        instance_memory_in_mb: Flex Consumption: 512, 2048 or 4096.
        maximum_instance_count: Flex Consumption: 1 to 1000.
        http_concurrency: Flex Consumption: requests per instance, 1 to 1000.
        always_ready: Flex Consumption: instances kept warm by group (`http`, `function:NAME`, …).
    """

    kind: HostingKind = "flex_consumption"
    os: OperatingSystem = "Linux"
    sku: str = ""
    plan_id: ResourceId | None = None
    worker_count: Annotated[int, Between(1, 1000)] | None = None
    maximum_elastic_worker_count: Annotated[int, Between(0, 1000)] | None = None
    zone_balancing: bool = False
    instance_memory_in_mb: Literal[512, 2048, 4096] = 2048
    maximum_instance_count: Annotated[int, Between(1, 1000)] = 100
    http_concurrency: Annotated[int, Between(1, 1000)] | None = None
    always_ready: Mapping[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        if not self.sku and self.plan_id is None and self.kind in _SKU:
            object.__setattr__(self, "sku", _SKU[self.kind])

    @property
    def target(self) -> RuntimeTarget:
        """Which of the three function app resources it takes."""
        return "Flex Consumption" if self.kind == "flex_consumption" else self.os

    @classmethod
    def consumption(cls, *, os: OperatingSystem = "Linux") -> Hosting:
        """Pay per execution (`Y1`): a legacy plan without virtual network or private endpoint.

        Without a storage key there is no file share for the code: publish it as a package, with
        `WEBSITE_RUN_FROM_PACKAGE` naming its blob.
        """
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
        """Elastic Premium (`EP1` to `EP3`).

        Without a storage key there is no file share for the code: publish it as a package, with
        `WEBSITE_RUN_FROM_PACKAGE` naming its blob.
        """
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
        instance_memory_in_mb: Literal[512, 2048, 4096] = 2048,
        maximum_instance_count: int = 100,
        http_concurrency: int | None = None,
        always_ready: Mapping[str, int] | None = None,
        zone_balancing: bool = False,
    ) -> Hosting:
        """Flex Consumption (`FC1`, Linux); one plan serves one app, and there are no slots."""
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
    def existing_plan(
        cls, plan_id: str, *, kind: HostingKind, os: OperatingSystem = "Linux"
    ) -> Hosting:
        """A plan that exists already."""
        return cls(kind=kind, os=os, plan_id=plan_id)

    def problems(self) -> Iterator[Problem]:
        """What azurerm or Azure refuse of a plan and of Flex Consumption's scale."""
        if self.kind == "flex_consumption" and self.os != "Linux":
            yield Problem("os", "Flex Consumption runs on Linux only", "write Linux")
        if self.plan_id is None:
            yield from self._plan_problems()
        if self.kind != "flex_consumption":
            return
        for group, count in self.always_ready.items():
            if not group or count < 0:
                yield Problem(
                    ("always_ready", group),
                    f"{group!r}: {count} is not allowed",
                    "write how many for the name of a function or of its group, http for example",
                )
        if sum(self.always_ready.values()) > self.maximum_instance_count:
            yield Problem(
                "always_ready",
                "more instances are always ready than there may be at all",
                f"raise maximum_instance_count ({self.maximum_instance_count}) or keep fewer ready",
            )

    def _plan_problems(self) -> Iterator[Problem]:
        if not is_token(self.sku) and self.sku not in SKUS[self.kind]:
            problem = f"{self.sku!r} is not allowed" if self.sku else "is missing"
            yield Problem("sku", problem, f"write one of {', '.join(SKUS[self.kind])}")
            return
        if self.zone_balancing and self.sku not in _ZONES:
            yield Problem(
                "zone_balancing",
                f"{self.sku} is not spread over zones",
                "use Flex Consumption, Elastic Premium or a Premium v2 to v4 plan",
            )
        if self.zone_balancing and self.worker_count == 1:
            yield Problem(
                "worker_count",
                "one worker cannot be spread over zones",
                "write 2 or more, or leave it out",
            )
        if self.maximum_elastic_worker_count is not None and self.kind != "premium":
            yield Problem(
                "maximum_elastic_worker_count",
                f"{self.sku} does not scale elastically",
                "use it with a premium plan",
            )
