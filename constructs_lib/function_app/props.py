"""What a function app is made of, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.azure_names import HealthPath, ResourceId
from constructs_lib._core.problems import Problem, ValueObject
from constructs_lib._core.provider_facts import FEW_INSTANCES, needed_azurerm, support_warning
from constructs_lib.function_app.app_settings import app_setting_problems
from constructs_lib.function_app.hosting import Hosting, HostingKind
from constructs_lib.function_app.identity import AppIdentity
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import Inbound, PrivateAccess
from constructs_lib.function_app.runtime import Runtime, runtime_problems
from constructs_lib.function_app.slot import Slot, twin_problems
from constructs_lib.function_app.storage import Storage

# Learn, "Azure Functions hosting options", service limits: slots besides production.
_SLOTS: Mapping[HostingKind, int] = {"consumption": 1, "premium": 2, "dedicated": 19}


@dataclass(frozen=True, kw_only=True)
class FunctionAppProps(ValueObject):
    """What a function app is made of.

    Attributes:
        runtime: Language and version, such as `python 3.12` or `dotnet-isolated 8.0`.
        hosting: Plan and operating system.
        storage: The host's storage account, reached by identity; made when left out.
        identity: System-assigned unless said otherwise.
        monitoring: Application Insights, if any.
        slots: Deployment slots, or only their names; each gets Easy Auth.
        inbound: Who reaches the site at all, before Easy Auth looks at the token.
        deployment: Who reaches the deployment site (SCM/Kudu), which Easy Auth does not cover:
            nobody, unless addresses are named or a reason is given to open it.
        private_access: A private endpoint instead of public access.
        outbound_subnet_id: Subnet for VNet integration; all outbound traffic takes it.
        app_settings: Further app settings; no secrets, use Key Vault references.
        sticky_settings: Names of app settings that stay with their slot on a swap.
        health_check_path: Path that the platform pings on Premium and dedicated plans; Easy Auth
            needs no exception for it.
        minimum_tls_version: `1.2` or `1.3`, for the site and the deployment site.
        tags: Tags of every resource made.
        prevent_destroy: Let Terraform refuse every plan that would destroy site, plan or storage
            account, a change of hosting, name or place among them.
    """

    runtime: Runtime | str
    hosting: Hosting = field(default_factory=Hosting.flex_consumption)
    storage: Storage = field(default_factory=Storage)
    identity: AppIdentity = field(default_factory=AppIdentity.system_assigned)
    monitoring: Monitoring | None = None
    slots: Sequence[Slot | str] = ()
    inbound: Inbound = field(default_factory=Inbound.anywhere)
    deployment: Inbound = field(default_factory=Inbound.default_deny)
    private_access: PrivateAccess | None = None
    outbound_subnet_id: ResourceId | None = None
    app_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    sticky_settings: Sequence[str] = ()
    health_check_path: HealthPath | None = None
    minimum_tls_version: Literal["1.2", "1.3"] = "1.2"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    prevent_destroy: bool = False

    @property
    def all_slots(self) -> Sequence[Slot]:
        """The slots, with those of which only the name was given."""
        return [Slot(name=slot) if isinstance(slot, str) else slot for slot in self.slots]

    def needed_azurerm(self) -> Iterator[str]:
        """The versions of azurerm that something here needs, or newer ones."""
        runtime, hosting = Runtime.of(self.runtime), self.hosting
        if not is_token(runtime.version):
            least = needed_azurerm(hosting.target, runtime.stack, runtime.version)
            if least:
                yield least
        fewest, least = FEW_INSTANCES
        count = hosting.maximum_instance_count
        if hosting.kind == "flex_consumption" and not is_token(count) and count < fewest:
            yield least

    def warnings(self, today: date) -> Iterator[str]:
        """What is right for now, and will not be for long."""
        runtime = Runtime.of(self.runtime)
        if not is_token(runtime.version):
            message = support_warning(self.hosting.target, runtime.stack, runtime.version, today)
            if message:
                yield message

    def problems(self) -> Iterator[Problem]:
        """What azurerm or Azure would refuse later, and what lowers the floor silently."""
        runtime, hosting = Runtime.of(self.runtime), self.hosting
        yield from runtime_problems(runtime, hosting.target)
        if runtime.stack == "docker" and hosting.kind == "consumption":
            yield Problem(
                "runtime",
                "the Consumption plan runs no containers",
                "choose a premium or dedicated plan",
            )
        yield from app_setting_problems(self.app_settings)
        # A private app's deployment site is as private; App Service skips the rules there.
        if self.private_access is None:
            yield from self.deployment.deployment_problems()
        for argument, value in (
            ("private_access", self.private_access),
            ("outbound_subnet_id", self.outbound_subnet_id),
        ):
            if value is not None and hosting.kind == "consumption":
                yield Problem(
                    argument,
                    "the Consumption plan joins no virtual network",
                    "choose Flex Consumption, Premium or a dedicated plan, or restrict inbound",
                )
        yield from self._slot_problems()

    def _slot_problems(self) -> Iterator[Problem]:
        slots, hosting = self.all_slots, self.hosting
        most = 0 if hosting.sku.startswith("B") else _SLOTS.get(hosting.kind, 0)
        if slots and hosting.kind == "flex_consumption":
            yield Problem(
                "slots",
                "Flex Consumption has no deployment slots",
                "choose other hosting, or a second app",
            )
        elif len(slots) > most:
            yield Problem(
                "slots",
                f"{hosting.sku or hosting.kind} has {most or 'no'} slot besides production, "
                f"not {len(slots)}",
                "name fewer or choose other hosting",
            )
        yield from twin_problems([slot.name for slot in slots])
