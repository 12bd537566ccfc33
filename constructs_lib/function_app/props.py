"""What a function app is made of, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from constructs import Construct

from constructs_lib._cdk.arguments import check_choice, check_pattern, refuse
from constructs_lib.function_app.app_settings import check_app_settings
from constructs_lib.function_app.hosting import Hosting, Kind, check_hosting
from constructs_lib.function_app.identity import AppIdentity
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import (
    Inbound,
    PrivateAccess,
    check_deployment,
    check_inbound,
)
from constructs_lib.function_app.runtime import Runtime, check_runtime
from constructs_lib.function_app.slot import Slot
from constructs_lib.function_app.storage import Storage

# Learn, "Azure Functions hosting options", service limits: slots besides production.
_SLOTS: Mapping[Kind, int] = {"consumption": 1, "premium": 2, "dedicated": 19}


@dataclass(frozen=True, kw_only=True)
class FunctionAppProps:
    """What a function app is made of.

    Attributes:
        runtime: Language and version, such as `Runtime.python("3.12")`.
        hosting: Plan and operating system.
        storage: The host's storage account, reached by identity; made when left out.
        identity: System-assigned unless said otherwise.
        monitoring: Application Insights, if any.
        slots: Deployment slots; each gets Easy Auth.
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

    runtime: Runtime
    hosting: Hosting = field(default_factory=Hosting.flex_consumption)
    storage: Storage = field(default_factory=Storage)
    identity: AppIdentity = field(default_factory=AppIdentity.system_assigned)
    monitoring: Monitoring | None = None
    slots: Sequence[Slot] = ()
    inbound: Inbound = field(default_factory=Inbound.anywhere)
    deployment: Inbound = field(default_factory=Inbound.default_deny)
    private_access: PrivateAccess | None = None
    outbound_subnet_id: str | None = None
    app_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    sticky_settings: Sequence[str] = ()
    health_check_path: str | None = None
    minimum_tls_version: Literal["1.2", "1.3"] = "1.2"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    prevent_destroy: bool = False


def check_props(scope: Construct, name: str, props: FunctionAppProps) -> None:
    """Refuse what azurerm or Azure would refuse later, and what lowers the floor silently.

    Raises:
        InputError: For the first argument that cannot be used.
    """
    hosting = props.hosting
    check_pattern(
        scope,
        "name",
        name,
        r"(?!-)[0-9A-Za-z-]{2,60}(?<!-)",
        "write 2 to 60 letters, digits and hyphens, with no hyphen first or last",
    )
    check_hosting(scope, hosting)
    check_runtime(scope, props.runtime, hosting.target)
    if props.runtime.stack == "docker" and hosting.kind == "consumption":
        refuse(
            scope,
            "runtime",
            "the Consumption plan runs no containers",
            "choose Hosting.premium or Hosting.dedicated",
        )
    check_choice(scope, "minimum_tls_version", props.minimum_tls_version, ("1.2", "1.3"))
    check_app_settings(scope, "app_settings", props.app_settings)
    _check_network(scope, props)
    _check_slots(scope, props)
    if props.health_check_path is not None:
        check_pattern(
            scope,
            "health_check_path",
            props.health_check_path,
            r"/\S*",
            "write a path that starts with a slash",
        )


def _check_network(scope: Construct, props: FunctionAppProps) -> None:
    check_inbound(scope, "inbound", props.inbound)
    if props.private_access is None:
        check_deployment(scope, props.deployment)
    else:
        # Its deployment site is as private as the app; App Service skips the rules there.
        check_inbound(scope, "deployment", props.deployment)
    if props.hosting.kind != "consumption":
        return
    for argument, value in (
        ("private_access", props.private_access),
        ("outbound_subnet_id", props.outbound_subnet_id),
    ):
        if value is not None:
            refuse(
                scope,
                argument,
                "the Consumption plan joins no virtual network",
                "choose Flex Consumption, Premium or a dedicated plan, or restrict inbound",
            )


def _check_slots(scope: Construct, props: FunctionAppProps) -> None:
    slots, hosting = props.slots, props.hosting
    if slots and hosting.kind == "flex_consumption":
        refuse(
            scope,
            "slots",
            "Flex Consumption has no deployment slots",
            "choose other hosting, or a second app",
        )
    most = _SLOTS.get(hosting.kind, 0)
    if hosting.sku.startswith("B"):
        most = 0
    if len(slots) > most:
        refuse(
            scope,
            "slots",
            f"{len(slots)} slots where {hosting.sku or hosting.kind} has {most} besides production",
            "name fewer or choose other hosting",
        )
    names = [slot.name.lower() for slot in slots]
    for slot in slots:
        check_pattern(
            scope,
            "slots",
            slot.name,
            r"(?!-)(?!(?i:production)$)[0-9A-Za-z-]{1,59}(?<!-)",
            "write 1 to 59 letters, digits and hyphens; production is the app itself",
        )
        if names.count(slot.name.lower()) > 1:
            refuse(scope, "slots", f"two slots are named {slot.name}", "rename one")
        check_app_settings(scope, f"slots.{slot.name}.app_settings", slot.app_settings)
