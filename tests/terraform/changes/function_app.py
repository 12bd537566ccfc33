"""Changes of the function app, and of where it runs."""

from __future__ import annotations

from typing import Any

from tests.terraform.changes.change import Change, app_with, instead
from tests.terraform.changes.samples import (
    ACCOUNT,
    APP_ALONE,
    COMPONENT,
    EXISTING_GATEWAY,
    IDENTITY,
    OTHER_SUBNET,
    PLAN,
    REGISTRATION,
    SUBNET,
    WORKSPACE,
    ZONE,
)

_CODE = "the site's code and keys: publish the functions again"
HOSTINGS: dict[str, dict[str, Any]] = {
    "flex_consumption": {"kind": "flex_consumption"},
    "consumption": {"kind": "consumption"},
    "consumption on Windows": {"kind": "consumption", "os": "Windows"},
    "premium": {"kind": "premium"},
    "premium on Windows": {"kind": "premium", "os": "Windows"},
    "dedicated": {"kind": "dedicated", "sku": "P1v3"},
    "dedicated on Windows": {"kind": "dedicated", "sku": "P1v3", "os": "Windows"},
}
_CONTAINER = {
    "stack": "docker",
    "image": "contoso/orders:1.4",
    "registry_url": "https://contoso.azurecr.io",
}
_PREMIUM = app_with(hosting={"kind": "premium"})


def _hosted(hosting: str) -> dict[str, Any]:
    return {
        "registration": instead(**REGISTRATION),
        "function_app": {"runtime": "node 22", "hosting": instead(**HOSTINGS[hosting])},
    }


def _hosting_changes() -> list[Change]:
    names = list(HOSTINGS)
    return [
        Change(
            setting="apis.*.function_app.hosting.kind, os",
            what=f"{first} to {second}",
            back=f"{second} to {first}",
            before={"gateway": EXISTING_GATEWAY, "api": _hosted(first)},
            after={"api": _hosted(second)},
            does="replaced",
            lost=_CODE,
        )
        for number, first in enumerate(names)
        for second in names[number + 1 :]
    ]


AROUND = APP_ALONE
CHANGES = [
    Change(
        setting="apis.*.function_app.name",
        what="changed",
        after=app_with(name="func-moved-{name}"),
        does="replaced",
        lost=f"{_CODE}; with a storage account named after it, what that holds",
        lost_back=f"{_CODE}; with a storage account named after it, what that holds",
    ),
    Change(
        setting="apis.*.function_app.runtime",
        what="version or language changed",
        after=app_with(runtime="node 22"),
        does="in place",
        lost="publish code for the new runtime",
    ),
    *_hosting_changes(),
    Change(
        setting="apis.*.function_app.hosting.sku",
        what="within premium",
        before=_PREMIUM,
        after=app_with(hosting={"sku": "EP3"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.sku",
        what="within dedicated",
        before=app_with(hosting={"kind": "dedicated", "sku": "B1"}),
        after=app_with(hosting={"sku": "P1v3"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.maximum_instance_count, instance_memory_in_mb",
        what="changed",
        after=app_with(hosting={"maximum_instance_count": 40, "instance_memory_in_mb": 4096}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.zone_balancing",
        what="switched on or off",
        before=_PREMIUM,
        after=app_with(hosting={"zone_balancing": True}),
        does="in place",
        lost="azurerm replaces the storage account, whose replication changes, and with Flex "
        "Consumption plan and site too: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.storage.name",
        what="changed",
        before=app_with(storage={"name": "stold{name}"}),
        after=app_with(storage={"name": "stnew{name}"}),
        does="replaced",
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
    ),
    Change(
        setting="apis.*.function_app.slots",
        what="added",
        back="removed",
        before=_PREMIUM,
        after=app_with(slots=["staging"]),
        does="added",
        does_back="removed",
        lost_back="the slot's code",
    ),
    Change(
        setting="apis.*.function_app.slots",
        what="renamed",
        before=app_with(hosting={"kind": "premium"}, slots=["staging"]),
        after=app_with(slots=["next"]),
        does="replaced",
        lost="the slot's code",
    ),
    Change(
        setting="apis.*.function_app.inbound.gateway, subnet_ids, cidrs",
        what="added",
        back="removed",
        after=app_with(inbound={"gateway": True, "cidrs": ["203.0.113.0/24"]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.deployment",
        what="added",
        back="removed",
        after=app_with(deployment={"cidrs": ["203.0.113.0/24"]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.outbound_subnet_id",
        what="added",
        back="removed",
        after=app_with(outbound_subnet_id=OTHER_SUBNET),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.monitoring.workspace_id",
        what="added",
        back="removed",
        after=app_with(monitoring={"workspace_id": WORKSPACE}),
        does="added",
        does_back="removed",
        lost_back="the component and its links; traces stay in the workspace",
    ),
    Change(
        setting="apis.*.function_app.monitoring.entra_only",
        what="true",
        back="false",
        before=app_with(monitoring={"workspace_id": WORKSPACE}),
        after=app_with(monitoring={"workspace_id": WORKSPACE, "entra_only": True}),
        does="in place",
        lost="telemetry of whoever sends without a token",
        lost_back="nothing",
    ),
    Change(
        setting="apis.*.function_app.app_settings",
        what="added, changed, removed",
        after=app_with(app_settings={"REGION": "west"}),
        does="in place",
        lost="the app restarts",
    ),
    Change(
        setting="apis.*.function_app.runtime.stack, image, registry_url",
        what="a language, to a container",
        back="a container, to a language",
        before=app_with(hosting={"kind": "premium"}, runtime="python 3.12"),
        after=app_with(runtime=_CONTAINER),
        does="in place",
        lost="the code that was published; the image brings its own",
        lost_back="publish code for the new runtime",
    ),
    Change(
        setting="apis.*.function_app.runtime.image",
        what="changed",
        before=app_with(hosting={"kind": "premium"}, runtime=_CONTAINER),
        after=app_with(runtime={"image": "contoso/orders:1.5"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.plan_id",
        what="a plan that exists, instead of a new one of the same kind",
        back="a new plan instead",
        before=app_with(hosting={"kind": "dedicated", "sku": "P1v3"}),
        after=app_with(hosting=instead(kind="dedicated", plan_id=PLAN)),
        does="removed",
        does_back="added",
        refused=True,
        lost="move the site first, with an apply that has the site as its `-target`",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.hosting.plan_id",
        what="changed",
        before=app_with(hosting=instead(kind="dedicated", plan_id=PLAN)),
        after=app_with(hosting={"plan_id": f"{PLAN}-2"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.worker_count",
        what="added, changed",
        back="removed",
        before=app_with(hosting={"kind": "dedicated", "sku": "P1v3"}),
        after=app_with(hosting={"worker_count": 3}),
        does="in place",
        does_back="nothing",
        lost_back="the plan keeps its number: write the one that you want",
    ),
    Change(
        setting="apis.*.function_app.hosting.maximum_elastic_worker_count",
        what="added, changed",
        back="removed",
        before=_PREMIUM,
        after=app_with(hosting={"maximum_elastic_worker_count": 10}),
        does="in place",
        does_back="nothing",
        lost_back="the plan keeps its number: write the one that you want",
    ),
    Change(
        setting="apis.*.function_app.hosting.http_concurrency, always_ready",
        what="added, changed, removed",
        after=app_with(hosting={"http_concurrency": 20, "always_ready": {"http": 2}}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.storage.account_id",
        what="an account that exists, instead of a new one",
        back="a new account instead",
        after=app_with(storage={"account_id": ACCOUNT, "name": "stshared"}),
        does="replaced",
        forced=("azurerm_storage_container",),
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
        lost_back="what the account holds is not moved: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.storage.uses",
        what="added",
        back="removed",
        after=app_with(storage={"uses": ["http", "queue", "table"]}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.function_app.storage.grant_roles",
        what="switched off",
        back="switched on",
        after=app_with(storage={"grant_roles": False}),
        does="removed",
        does_back="added",
        lost="the host needs the roles: see that somebody else has assigned them",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.storage.replication",
        what="between LRS, GRS and RAGRS, or between ZRS, GZRS and RAGZRS",
        after=app_with(storage={"replication": "GRS"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.storage.replication",
        what="from one of LRS, GRS and RAGRS to one of ZRS, GZRS and RAGZRS, or back",
        after=app_with(storage={"replication": "ZRS"}),
        does="replaced",
        forced=("azurerm_storage_account",),
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
    ),
    Change(
        setting="apis.*.function_app.storage.container",
        what="changed",
        after=app_with(storage={"container": "packages"}),
        does="replaced",
        lost="the code: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.identity.user_assigned",
        what="added",
        back="removed",
        after=app_with(identity={"user_assigned": IDENTITY}),
        does="replaced",
        lost="the host finds its storage again when the new roles have spread, in minutes",
    ),
    Change(
        setting="apis.*.function_app.monitoring.component_id, connection_string",
        what="added",
        back="removed",
        after=app_with(
            monitoring={"component_id": COMPONENT, "connection_string": "InstrumentationKey=0"}
        ),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.function_app.monitoring.component_id, connection_string",
        what="instead of a component to make",
        back="a component to make instead",
        before=app_with(monitoring={"workspace_id": WORKSPACE}),
        after=app_with(
            monitoring=instead(component_id=COMPONENT, connection_string="InstrumentationKey=0")
        ),
        does="replaced",
        lost="the component and its links; traces stay in the workspace",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.slots.*.app_settings, auto_swap_slot_name",
        what="added, changed, removed",
        before=app_with(hosting={"kind": "premium"}, slots=[{"name": "staging"}]),
        after=app_with(
            slots=[
                {
                    "name": "staging",
                    "app_settings": {"REGION": "west"},
                    "auto_swap_slot_name": "production",
                }
            ]
        ),
        does="in place",
        lost="the slot restarts",
    ),
    Change(
        setting="apis.*.function_app.inbound.allow.*.name, cidr, service_tag",
        what="added, changed, removed",
        before=app_with(inbound={"allow": [{"name": "office", "cidr": "203.0.113.0/24"}]}),
        after=app_with(
            inbound={"allow": [{"name": "door", "service_tag": "AzureFrontDoor.Backend"}]}
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.deployment.default_action, reason",
        what="changed",
        after=app_with(deployment={"default_action": "Allow", "reason": "agents are anywhere"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.private_access.subnet_id",
        what="switched on",
        back="switched off",
        after=app_with(private_access={"subnet_id": SUBNET}),
        does="added",
        does_back="removed",
        lost="deployments come from inside the network from now on",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.private_access.dns_zone_ids",
        what="added, changed, removed",
        before=app_with(private_access={"subnet_id": SUBNET}),
        after=app_with(private_access={"dns_zone_ids": [ZONE]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.sticky_settings",
        what="added, changed, removed",
        before=app_with(hosting={"kind": "premium"}, app_settings={"REGION": "west"}),
        after=app_with(sticky_settings=["REGION"]),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.health_check_path, minimum_tls_version",
        what="added, changed, removed",
        after=app_with(health_check_path="/api/health", minimum_tls_version="1.3"),
        does="in place",
    ),
]
