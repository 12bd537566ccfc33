"""Every change that a file of settings can express, as a table: what is there before and after.

The tests apply all of them, there and back, and write down what Terraform plans:
docs/guides/what-a-change-does.md.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Does = Literal["nothing", "in place", "added", "removed", "replaced"]
"""What happens to what is there; the last of these that is true of anything in the plan."""

Settings = Mapping[str, Any]

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shared"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/apim"
OTHER_SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/functions"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log"
ADDRESS = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/pip-apim"
LOGGER = f"{GROUP}/providers/Microsoft.ApiManagement/service/apim/loggers/traces"
VERSION_SET = f"{GROUP}/providers/Microsoft.ApiManagement/service/apim/apiVersionSets/orders"
PLAN = f"{GROUP}/providers/Microsoft.Web/serverFarms/plan-shared"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stshared"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-shared"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net"
SECRET = {"secret_id": "https://kv-contoso.vault.azure.net/secrets/partner"}
ALICE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
IDENTITY = {
    "id": f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shared",
    "client_id": "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    "principal_id": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
}
REGISTRATION = {
    "client_id": "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33",
    "tenant_id": "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
}
SITE = f"{GROUP}/providers/Microsoft.Web/sites/func-legacy-{{name}}"
CALLER = {
    "name": "partner",
    "client_id": "6a7d1c52-6f0e-4f2b-9c61-5d5f3f6f2c12",
    "object_id": "1c6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e23",
}


# A key that no section has.
_INSTEAD = "="


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of one setting, and the change back.

    Attributes:
        setting: The key that changes, as in a file of settings.
        what: What is done to it.
        back: The change back, in words; None if it reads the same in both directions.
        before: What is written before, on top of a small stack.
        after: What is written after, likewise. None takes a key away.
        does: What happens to what is there.
        does_back: The same of the change back; as `does` if left out.
        forced: Types that azurerm replaces, which the stand-in for it does not know.
        forced_back: The same of the change back; as `forced` if left out.
        refused: Whether Azure refuses it, as something goes that is still in use.
        refused_back: The same of the change back.
        races: Whether the same object goes at one address and comes at another, in no order.
        races_back: The same of the change back.
        lost: What people lose, or have to do; nothing if left out.
        lost_back: The same of the change back; as `lost` if left out and `back` is.
    """

    setting: str
    what: str
    does: Does
    before: Settings = field(default_factory=dict[str, Any])
    after: Settings = field(default_factory=dict[str, Any])
    back: str | None = None
    does_back: Does | None = None
    forced: tuple[str, ...] = ()
    forced_back: tuple[str, ...] | None = None
    refused: bool = False
    refused_back: bool = False
    races: bool = False
    races_back: bool = False
    lost: str = ""
    lost_back: str | None = None

    def forced_types(self, *, back: bool) -> tuple[str, ...]:
        """Types that azurerm replaces, which the stand-in for it does not know."""
        return self.forced if self.forced_back is None or not back else self.forced_back


def settings(name: str, changed: Settings) -> dict[str, Any]:
    """The settings of a small environment, changed.

    Args:
        name: Of the environment; it tells the names of its resources from those of others.
        changed: What is written on top; `api` and `app` are short for its API and function app.
    """
    whole: dict[str, Any] = {
        "location": "westeurope",
        "resource_group": f"rg-{name}",
        "gateway": {
            "name": f"apim-{name}",
            "publisher": {"name": "Contoso", "email": "api@contoso.example"},
        },
        "apis": {
            "orders": {
                "path": "orders",
                "operations": ["GET /orders"],
                "function_app": {"name": f"func-{name}", "runtime": "python 3.12"},
            }
        },
    }
    changed = copy.deepcopy(dict(changed))
    app = changed.pop("app", None)
    if app is not None:
        changed.setdefault("api", {})["function_app"] = app
    api = changed.pop("api", None)
    if api is not None:
        changed.setdefault("apis", {})["orders"] = api
    _merge(whole, changed)
    return whole


def _merge(into: dict[str, Any], changed: Settings) -> None:
    for key, value in changed.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            if _INSTEAD in value or not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value)
        elif key != _INSTEAD:
            into[key] = value


def instead(**keys: Any) -> dict[str, Any]:
    """A section that takes the place of the one that is there."""
    return {_INSTEAD: True, **keys}


EXISTING_GATEWAY = instead(existing="apim-shared-{name}", resource_group_name="rg-shared")


_CODE = "the site's code and keys: publish the functions again"
_AWAY = "the API is away while it is replaced"

HOSTINGS: dict[str, dict[str, Any]] = {
    "flex_consumption": {"kind": "flex_consumption"},
    "consumption": {"kind": "consumption"},
    "consumption on Windows": {"kind": "consumption", "os": "Windows"},
    "premium": {"kind": "premium"},
    "premium on Windows": {"kind": "premium", "os": "Windows"},
    "dedicated": {"kind": "dedicated", "sku": "P1v3"},
    "dedicated on Windows": {"kind": "dedicated", "sku": "P1v3", "os": "Windows"},
}


def _app(**keys: Any) -> dict[str, Any]:
    return {"app": keys}


def _api(**keys: Any) -> dict[str, Any]:
    return {"api": keys}


def _gateway(**keys: Any) -> dict[str, Any]:
    return {"gateway": keys}


_READ = {"method": "GET", "url_template": "/orders", "id": "read"}
_REQUEST = {
    "description": "One page",
    "query_parameters": [{"name": "page", "type": "integer"}],
    "headers": [{"name": "Accept-Language"}],
    "representations": [{"content_type": "application/json", "example": "{}"}],
}
_RESPONSES = [
    {
        "status_code": 200,
        "headers": [{"name": "ETag"}],
        "representations": [{"content_type": "application/json", "example": "{}"}],
    }
]
_OTHER_RESPONSES = [
    {
        "status_code": 200,
        "headers": [{"name": "ETag"}],
        "representations": [
            {"content_type": "application/json", "schema_id": "shop", "type_name": "Order"},
            {
                "content_type": "application/x-www-form-urlencoded",
                "form_parameters": [{"name": "number"}],
            },
        ],
    }
]
_CONTAINER = {
    "stack": "docker",
    "image": "contoso/orders:1.4",
    "registry_url": "https://contoso.azurecr.io",
}
_SIGN_IN = {"application_id": f"/applications/{ALICE}", "identity": IDENTITY, "users": [ALICE]}
_SITE = _app(runtime="node 22")
_PREMIUM = _app(hosting={"kind": "premium"})


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


CHANGES: list[Change] = [
    # -- The environment
    Change(
        setting="location",
        what="changed",
        after={"location": "northeurope"},
        does="replaced",
        lost="everything, as no resource of Azure moves: make a new environment beside it",
    ),
    Change(
        setting="resource_group",
        what="changed",
        after={"resource_group": "rg-moved-{name}"},
        does="replaced",
        lost="everything: make a new environment beside it",
    ),
    Change(
        setting="tags",
        what="added, changed",
        back="removed",
        after={"tags": {"owner": "platform"}},
        does="in place",
    ),
    Change(
        setting="apis",
        what="an API added",
        back="an API removed",
        after={
            "apis": {
                "billing": {
                    "path": "billing",
                    "operations": ["GET /invoices"],
                    "function_app": {"name": "func-billing-{name}", "runtime": "python 3.12"},
                }
            }
        },
        does="added",
        does_back="removed",
        lost_back="that API, its function app and registration",
    ),
    # -- The gateway
    Change(
        setting="gateway.name",
        what="changed",
        after=_gateway(name="apim-moved-{name}"),
        does="replaced",
        lost="the gateway's host name and its subscriptions; an hour without any API",
    ),
    Change(
        setting="gateway.publisher.name, email",
        what="changed",
        after=_gateway(publisher={"name": "Fabrikam"}),
        does="in place",
    ),
    Change(
        setting="gateway.sku",
        what="units, or another tier of the same family",
        after=_gateway(sku="Premium_1"),
        does="in place",
    ),
    Change(
        setting="gateway.sku",
        what="classic to v2",
        back="v2 to classic",
        after=_gateway(sku="StandardV2_1"),
        does="replaced",
        lost="subscriptions and their keys; up to an hour without any API",
    ),
    Change(
        setting="gateway.identity.system_assigned, user_assigned",
        what="user_assigned added, and called with at once",
        back="user_assigned removed",
        after=_gateway(identity={"user_assigned": "id-{name}"}),
        does="replaced",
        lost="calls fail from the change of Easy Auth to that of the policy: move in stages",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 1: both, calls with the old one",
        back="back, with `calls_with` taken out",
        after=_gateway(identity={"user_assigned": "id-{name}", "calls_with": "system_assigned"}),
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
        before=_gateway(identity={"calls_with": "system_assigned"}),
        after=_gateway(identity={"user_assigned": "id-{name}"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 2: both, calls with the new one",
        back="back to stage 1",
        before=_gateway(identity={"user_assigned": "id-{name}", "calls_with": "system_assigned"}),
        after=_gateway(identity={"calls_with": "user_assigned"}),
        does="in place",
    ),
    Change(
        setting="gateway.identity.calls_with",
        what="stage 3: the new one alone",
        back="back to stage 2",
        before=_gateway(identity={"user_assigned": "id-{name}", "calls_with": "user_assigned"}),
        after=_gateway(identity={"system_assigned": False}),
        does="removed",
        does_back="added",
    ),
    Change(
        setting="gateway.identity.user_assigned.id, client_id, principal_id",
        what="an identity to make, to one that exists",
        back="one that exists, to an identity to make",
        before=_gateway(identity={"system_assigned": False, "user_assigned": "id-{name}"}),
        after=_gateway(identity={"user_assigned": instead(**IDENTITY)}),
        does="replaced",
        lost="calls fail from the change of Easy Auth to that of the policy",
    ),
    Change(
        setting="gateway.zones",
        what="added",
        back="removed",
        before=_gateway(sku="Premium_2"),
        after=_gateway(zones=["1", "2"]),
        does="in place",
    ),
    Change(
        setting="gateway.virtual_network.subnet_id, type",
        what="added",
        back="removed",
        after=_gateway(virtual_network={"subnet_id": SUBNET}),
        does="in place",
        does_back="replaced",
        forced_back=("azurerm_api_management",),
        lost_back="subscriptions and their keys; an hour without any API",
    ),
    Change(
        setting="gateway.virtual_network.subnet_id, type",
        what="changed",
        before=_gateway(virtual_network={"subnet_id": SUBNET}),
        after=_gateway(virtual_network={"type": "Internal"}),
        does="replaced",
        forced=("azurerm_api_management",),
        lost="subscriptions and their keys; an hour without any API",
    ),
    Change(
        setting="gateway.public_ip_address_id",
        what="added, changed",
        back="removed",
        before=_gateway(virtual_network={"subnet_id": SUBNET}),
        after=_gateway(public_ip_address_id=ADDRESS),
        does="in place",
    ),
    Change(
        setting="gateway.min_api_version",
        what="changed",
        after=_gateway(min_api_version="2022-08-01"),
        does="in place",
    ),
    Change(
        setting="gateway.policy",
        what="added",
        back="removed",
        after=_gateway(policy="gateway.xml"),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="gateway.policy",
        what="changed",
        before=_gateway(policy="gateway.xml"),
        after=_gateway(policy="other-gateway.xml"),
        does="in place",
    ),
    Change(
        setting="gateway.client_certificate_enabled",
        what="switched on or off",
        before=_gateway(sku="Consumption_0"),
        after=_gateway(client_certificate_enabled=True),
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
    # -- The API
    Change(
        setting="apis.*.path",
        what="changed",
        after=_api(path="shop/orders"),
        does="in place",
        lost="callers use the new path from now on",
        lost_back="callers use the new path from now on",
    ),
    Change(
        setting="apis.*.display_name, description",
        what="changed",
        after=_api(display_name="Orders", description="Orders of the shop"),
        does="in place",
    ),
    Change(
        setting="apis.*.operations",
        what="added",
        back="removed",
        after=_api(operations=["GET /orders", "POST /orders"]),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.operations",
        what="reordered",
        before=_api(operations=["GET /orders", "GET /orders/{id}"]),
        after=_api(operations=["GET /orders/{id}", "GET /orders"]),
        does="nothing",
    ),
    Change(
        setting="apis.*.operations",
        what="method or path changed",
        after=_api(operations=["GET /orders/{number}"]),
        does="removed",
        lost="nothing but the old operation; with an id of your own it is changed in place",
    ),
    Change(
        setting="apis.*.operations.*.method, url_template",
        what="changed, with an id of your own",
        before=_api(operations=[{"method": "GET", "url_template": "/orders/{id}", "id": "read"}]),
        after=_api(operations=[{"method": "GET", "url_template": "/orders/{n}", "id": "read"}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.id",
        what="changed",
        before=_api(operations=[{"method": "GET", "url_template": "/orders", "id": "read"}]),
        after=_api(operations=[{"method": "GET", "url_template": "/orders", "id": "list"}]),
        does="removed",
    ),
    Change(
        setting="apis.*.operations.*.description, display_name, parameters.*.type, default, values",
        what="changed",
        before=_api(operations=[{"method": "GET", "url_template": "/orders/{id}", "id": "read"}]),
        after=_api(
            operations=[
                {
                    "method": "GET",
                    "url_template": "/orders/{id}",
                    "id": "read",
                    "display_name": "Read",
                    "description": "Reads an order",
                    "parameters": [{"name": "id", "type": "integer"}],
                }
            ]
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.policy",
        what="added",
        back="removed",
        before=_api(operations=[{"method": "GET", "url_template": "/orders", "id": "read"}]),
        after=_api(
            operations=[
                {"method": "GET", "url_template": "/orders", "id": "read", "policy": "policy.xml"}
            ]
        ),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.openapi, functions_project",
        what="instead of a list of operations with the same ids",
        before=_api(
            operations=[
                {"method": "GET", "url_template": "/orders", "id": "read", "display_name": "read"}
            ]
        ),
        after=_api(operations=None, openapi="openapi.yaml"),
        does="in place",
    ),
    Change(
        setting="apis.*.route_prefix",
        what="changed",
        after=_api(route_prefix="v1"),
        does="in place",
    ),
    Change(
        setting="apis.*.policy",
        what="added, changed, removed",
        after=_api(policy="policy.xml"),
        does="in place",
    ),
    Change(
        setting="apis.*.named_values",
        what="added",
        back="removed",
        after=_api(named_values={"shop": "contoso", "partner": SECRET}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.named_values, policy",
        what="a value added, and read by the policy",
        back="a value removed, together with what reads it",
        after=_api(named_values={"shop": "contoso"}, policy="reads.xml"),
        does="added",
        does_back="removed",
        refused_back=True,
        lost_back="take it out of the policy first, and remove it in the next apply",
    ),
    Change(
        setting="apis.*.named_values.*.secret_id, identity_client_id",
        what="text, or the secret's URL, changed",
        before=_api(named_values={"shop": "contoso"}),
        after=_api(named_values={"shop": "fabrikam"}),
        does="in place",
    ),
    Change(
        setting="apis.*.version",
        what="added",
        back="removed",
        after=_api(version={"version": "v1"}),
        does="added",
        does_back="removed",
        refused_back=True,
        lost="callers write the version from now on",
        lost_back="replace the API in the same apply, with `-replace`",
    ),
    Change(
        setting="apis.*.version.version",
        what="changed",
        before=_api(version={"version": "v1"}),
        after=_api(version={"version": "v2"}),
        does="in place",
        lost="callers write the new version from now on; a second API keeps the old one beside it",
    ),
    Change(
        setting="apis.*.version.scheme, parameter",
        what="changed",
        before=_api(version={"version": "v1"}),
        after=_api(version={"version": "v1", "scheme": "Header", "parameter": "Api-Version"}),
        does="in place",
        lost="callers write the version elsewhere from now on",
    ),
    Change(
        setting="apis.*.product",
        what="added",
        back="removed",
        after=_api(product={"id": "shop", "display_name": "Shop"}),
        does="added",
        does_back="removed",
        lost_back="the product's subscriptions and their keys",
    ),
    Change(
        setting="apis.*.product.display_name, description",
        what="changed",
        before=_api(product={"id": "shop", "display_name": "Shop"}),
        after=_api(product={"display_name": "The shop", "description": "Sells"}),
        does="in place",
    ),
    Change(
        setting="apis.*.product.id",
        what="changed",
        before=_api(product={"id": "shop", "display_name": "Shop"}),
        after=_api(product={"id": "store"}),
        does="replaced",
        lost="the product's subscriptions and their keys",
    ),
    Change(
        setting="apis.*.circuit_breaker",
        what="switched on or off",
        after=_api(circuit_breaker=True),
        does="in place",
    ),
    Change(
        setting="apis.*.further_callers.*.name, client_id, object_id",
        what="added",
        back="removed",
        after=_api(further_callers=[CALLER]),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.subscription_key.header, query",
        what="changed",
        after=_api(subscription_key={"header": "Api-Key", "query": "api-key"}),
        does="in place",
        lost="callers send their key under the new name from now on",
    ),
    Change(
        setting="apis.*.subscription_required, anonymous_reason",
        what="switched on or off",
        before=_api(policy="validates.xml"),
        after=_api(subscription_required=False, anonymous_reason="validate-jwt checks callers"),
        does="in place",
        lost="what subscriptions limit: anybody calls whom the policy lets in",
        lost_back="callers need a subscription from now on",
    ),
    Change(
        setting="apis.*.operation_policies",
        what="added",
        back="removed",
        before=_api(operations=[_READ]),
        after=_api(operation_policies={"read": "policy.xml"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.operation_policies",
        what="changed",
        before=_api(operations=[_READ], operation_policies={"read": "policy.xml"}),
        after=_api(operation_policies={"read": "other-policy.xml"}),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.request.query_parameters, headers, representations",
        what="added, changed, removed",
        before=_api(operations=[_READ]),
        after=_api(operations=[{**_READ, "request": _REQUEST}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.parameters.*.required",
        what="changed",
        before=_api(operations=[{**_READ, "request": {"query_parameters": [{"name": "page"}]}}]),
        after=_api(
            operations=[
                {**_READ, "request": {"query_parameters": [{"name": "page", "required": False}]}}
            ]
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.responses.*.status_code, headers, representations",
        what="added, changed, removed",
        before=_api(operations=[{**_READ, "responses": [{"status_code": 200}]}]),
        after=_api(operations=[{**_READ, "responses": _RESPONSES}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.responses.*.representations.*.content_type, example, "
        "schema_id, type_name, form_parameters",
        what="changed",
        before=_api(operations=[{**_READ, "responses": _RESPONSES}]),
        after=_api(operations=[{**_READ, "responses": _OTHER_RESPONSES}]),
        does="in place",
    ),
    Change(
        setting="apis.*.subscriptions",
        what="added",
        back="removed",
        after=_api(subscriptions=["partner"]),
        does="added",
        does_back="removed",
        lost_back="its keys",
    ),
    Change(
        setting="apis.*.diagnostics.logger_id",
        what="switched on",
        back="switched off",
        after=_api(diagnostics={"logger_id": LOGGER}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.diagnostics.logger_id, sampling_percentage, verbosity",
        what="changed",
        before=_api(diagnostics={"logger_id": LOGGER}),
        after=_api(
            diagnostics={
                "logger_id": f"{LOGGER}-2",
                "sampling_percentage": 10,
                "verbosity": "error",
            }
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.circuit_breaker.failures, interval, trip_duration, status_codes, "
        "accept_retry_after",
        what="changed",
        before=_api(circuit_breaker={"failures": 3}),
        after=_api(
            circuit_breaker={
                "failures": 9,
                "interval": "PT5M",
                "trip_duration": "PT2M",
                "status_codes": [500, 503],
                "accept_retry_after": False,
            }
        ),
        does="in place",
    ),
    Change(
        setting="apis, apis.*.version.version_set_id",
        what="a second version beside the first",
        back="one of two versions removed",
        before=_api(name="orders-{name}", version={"version": "v1"}),
        after={
            "apis": {
                "orders-v2": {
                    "path": "orders",
                    "version": {"version": "v2", "version_set_id": VERSION_SET},
                    "operations": ["GET /orders"],
                    "function_app": {"name": "func-v2-{name}", "runtime": "python 3.12"},
                }
            }
        },
        does="added",
        does_back="removed",
        lost_back="that version, its function app and registration",
    ),
    Change(
        setting="apis.*.version.version_set_id",
        what="a version set that exists, instead of a new one",
        back="a new version set instead",
        before={"gateway": EXISTING_GATEWAY, "api": {"version": {"version": "v1"}}},
        after=_api(version={"version_set_id": VERSION_SET}),
        does="removed",
        does_back="added",
        refused=True,
        lost="replace the API in the same apply, with `-replace`",
        lost_back="",
    ),
    Change(
        setting="apis.*.product.approval_required, subscriptions_limit",
        what="added, changed, removed",
        before=_api(product={"id": "shop", "display_name": "Shop", "subscriptions_limit": 1}),
        after=_api(product={"approval_required": True, "subscriptions_limit": 5}),
        does="in place",
    ),
    Change(
        setting="apis.*.product.policy",
        what="added",
        back="removed",
        before=_api(product={"id": "shop", "display_name": "Shop"}),
        after=_api(product={"policy": "policy.xml"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.revision",
        what="changed",
        after=_api(revision="2"),
        does="replaced",
        lost="the API answers 404 until it is made anew",
    ),
    Change(
        setting="apis.*.name",
        what="changed",
        after=_api(name="orders-next-{name}"),
        does="replaced",
        lost="the API's subscriptions; it answers 404 until it is made anew",
    ),
    # -- Easy Auth
    Change(
        setting="apis.*.unauthenticated_action",
        what="changed",
        after=_api(unauthenticated_action="Return403"),
        does="in place",
    ),
    Change(
        setting="apis.*.allowed_tenants",
        what="added, changed, removed",
        after=_api(allowed_tenants=[ALICE]),
        does="in place",
        lost="the app restarts",
    ),
    Change(
        setting="apis.*.allow_anonymous_paths.paths, reason",
        what="added, changed, removed",
        after=_api(allow_anonymous_paths={"paths": ["/api/health"], "reason": "a probe calls it"}),
        does="in place",
        lost="",
        lost_back="",
    ),
    Change(
        setting="apis.*.sign_in.application_id, identity, users",
        what="switched on",
        back="switched off",
        before=_api(registration=instead(**REGISTRATION)),
        after=_api(sign_in=_SIGN_IN),
        does="added",
        does_back="removed",
        lost_back="nobody signs in in a browser any more",
    ),
    Change(
        setting="apis.*.sign_in.users",
        what="changed",
        before=_api(registration=instead(**REGISTRATION), sign_in=_SIGN_IN),
        after=_api(sign_in={"users": [ALICE, CALLER["object_id"]]}),
        does="in place",
    ),
    # -- The registration
    Change(
        setting="apis.*.registration.display_name",
        what="changed",
        after=_api(registration={"display_name": "Orders of {name}"}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.owners",
        what="added",
        back="removed",
        after=_api(registration={"owners": [ALICE]}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.role",
        what="changed",
        after=_api(registration={"role": "Orders.Call"}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.identifier_uri",
        what="added",
        back="removed",
        after=_api(registration={"identifier_uri": "api://{client_id}"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.registration",
        what="new to existing",
        back="existing to new",
        after=_api(registration=instead(**REGISTRATION)),
        does="removed",
        does_back="added",
        lost="calls fail from the change of Easy Auth to that of the policy, some seconds later",
    ),
    Change(
        setting="apis.*.registration.callers",
        what="added, changed, removed",
        before=_api(registration=instead(**REGISTRATION)),
        after=_api(registration={"callers": [CALLER]}),
        does="nothing",
    ),
    Change(
        setting="apis.*.further_callers.*.name",
        what="changed",
        before=_api(further_callers=[CALLER]),
        after=_api(further_callers=[{**CALLER, "name": "shop"}]),
        does="removed",
        races=True,
        races_back=True,
        lost="that caller is refused while its role is assigned anew, which may take a second "
        "apply; name the old name `formerly`",
    ),
    Change(
        setting="apis.*.further_callers.*.formerly",
        what="added, with another name",
        back="taken out, with the old name",
        before=_api(further_callers=[CALLER]),
        after=_api(further_callers=[{**CALLER, "name": "shop", "formerly": "partner"}]),
        does="nothing",
        does_back="removed",
        races_back=True,
        lost_back="that caller is refused while its role is assigned anew, which may take a second "
        "apply; name the name `formerly` that it has until then",
    ),
    Change(
        setting="apis.*.further_callers.*.formerly",
        what="taken out later",
        before=_api(further_callers=[{**CALLER, "name": "shop", "formerly": "partner"}]),
        after=_api(further_callers=[{**CALLER, "name": "shop"}]),
        does="nothing",
    ),
    # -- The function app
    Change(
        setting="apis.*.function_app.name",
        what="changed",
        after=_app(name="func-moved-{name}"),
        does="replaced",
        lost=f"{_CODE}; with a storage account named after it, what that holds",
        lost_back=f"{_CODE}; with a storage account named after it, what that holds",
    ),
    Change(
        setting="apis.*.function_app.runtime",
        what="version or language changed",
        after=_app(runtime="node 22"),
        does="in place",
        lost="publish code for the new runtime",
    ),
    *_hosting_changes(),
    Change(
        setting="apis.*.function_app.hosting.sku",
        what="within premium",
        before=_PREMIUM,
        after=_app(hosting={"sku": "EP3"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.sku",
        what="within dedicated",
        before=_app(hosting={"kind": "dedicated", "sku": "B1"}),
        after=_app(hosting={"sku": "P1v3"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.maximum_instance_count, instance_memory_in_mb",
        what="changed",
        after=_app(hosting={"maximum_instance_count": 40, "instance_memory_in_mb": 4096}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.zone_balancing",
        what="switched on or off",
        before=_PREMIUM,
        after=_app(hosting={"zone_balancing": True}),
        does="in place",
        lost="azurerm replaces the storage account, whose replication changes, and with Flex "
        "Consumption plan and site too: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.storage.name",
        what="changed",
        before=_app(storage={"name": "stold{name}"}),
        after=_app(storage={"name": "stnew{name}"}),
        does="replaced",
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
    ),
    Change(
        setting="apis.*.function_app.slots",
        what="added",
        back="removed",
        before=_PREMIUM,
        after=_app(slots=["staging"]),
        does="added",
        does_back="removed",
        lost_back="the slot's code",
    ),
    Change(
        setting="apis.*.function_app.slots",
        what="renamed",
        before=_app(hosting={"kind": "premium"}, slots=["staging"]),
        after=_app(slots=["next"]),
        does="replaced",
        lost="the slot's code",
    ),
    Change(
        setting="apis.*.function_app.inbound.gateway, subnet_ids, cidrs",
        what="added",
        back="removed",
        after=_app(inbound={"gateway": True, "cidrs": ["203.0.113.0/24"]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.deployment",
        what="added",
        back="removed",
        after=_app(deployment={"cidrs": ["203.0.113.0/24"]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.outbound_subnet_id",
        what="added",
        back="removed",
        after=_app(outbound_subnet_id=OTHER_SUBNET),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.monitoring.workspace_id",
        what="added",
        back="removed",
        after=_app(monitoring={"workspace_id": WORKSPACE}),
        does="added",
        does_back="removed",
        lost_back="the component and its links; traces stay in the workspace",
    ),
    Change(
        setting="apis.*.function_app.monitoring.entra_only",
        what="true",
        back="false",
        before=_app(monitoring={"workspace_id": WORKSPACE}),
        after=_app(monitoring={"workspace_id": WORKSPACE, "entra_only": True}),
        does="in place",
        lost="telemetry of whoever sends without a token",
        lost_back="nothing",
    ),
    Change(
        setting="apis.*.function_app.app_settings",
        what="added, changed, removed",
        after=_app(app_settings={"REGION": "west"}),
        does="in place",
        lost="the app restarts",
    ),
    Change(
        setting="apis.*.function_app.runtime.stack, image, registry_url",
        what="a language, to a container",
        back="a container, to a language",
        before=_app(hosting={"kind": "premium"}, runtime="python 3.12"),
        after=_app(runtime=_CONTAINER),
        does="in place",
        lost="the code that was published; the image brings its own",
        lost_back="publish code for the new runtime",
    ),
    Change(
        setting="apis.*.function_app.runtime.image",
        what="changed",
        before=_app(hosting={"kind": "premium"}, runtime=_CONTAINER),
        after=_app(runtime={"image": "contoso/orders:1.5"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.plan_id",
        what="a plan that exists, instead of a new one of the same kind",
        back="a new plan instead",
        before=_app(hosting={"kind": "dedicated", "sku": "P1v3"}),
        after=_app(hosting=instead(kind="dedicated", plan_id=PLAN)),
        does="removed",
        does_back="added",
        refused=True,
        lost="move the site first, with an apply that has the site as its `-target`",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.hosting.plan_id",
        what="changed",
        before=_app(hosting=instead(kind="dedicated", plan_id=PLAN)),
        after=_app(hosting={"plan_id": f"{PLAN}-2"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.hosting.worker_count",
        what="added, changed",
        back="removed",
        before=_app(hosting={"kind": "dedicated", "sku": "P1v3"}),
        after=_app(hosting={"worker_count": 3}),
        does="in place",
        does_back="nothing",
        lost_back="the plan keeps its number: write the one that you want",
    ),
    Change(
        setting="apis.*.function_app.hosting.maximum_elastic_worker_count",
        what="added, changed",
        back="removed",
        before=_PREMIUM,
        after=_app(hosting={"maximum_elastic_worker_count": 10}),
        does="in place",
        does_back="nothing",
        lost_back="the plan keeps its number: write the one that you want",
    ),
    Change(
        setting="apis.*.function_app.hosting.http_concurrency, always_ready",
        what="added, changed, removed",
        after=_app(hosting={"http_concurrency": 20, "always_ready": {"http": 2}}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.storage.account_id",
        what="an account that exists, instead of a new one",
        back="a new account instead",
        after=_app(storage={"account_id": ACCOUNT, "name": "stshared"}),
        does="replaced",
        forced=("azurerm_storage_container",),
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
        lost_back="what the account holds is not moved: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.storage.uses",
        what="added",
        back="removed",
        after=_app(storage={"uses": ["http", "queue", "table"]}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.function_app.storage.grant_roles",
        what="switched off",
        back="switched on",
        after=_app(storage={"grant_roles": False}),
        does="removed",
        does_back="added",
        lost="the host needs the roles: see that somebody else has assigned them",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.storage.replication",
        what="between LRS, GRS and RAGRS, or between ZRS, GZRS and RAGZRS",
        after=_app(storage={"replication": "GRS"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.storage.replication",
        what="from one of LRS, GRS and RAGRS to one of ZRS, GZRS and RAGZRS, or back",
        after=_app(storage={"replication": "ZRS"}),
        does="replaced",
        forced=("azurerm_storage_account",),
        lost="what the account holds: keys of the host and, with Flex Consumption, the code",
    ),
    Change(
        setting="apis.*.function_app.storage.container",
        what="changed",
        after=_app(storage={"container": "packages"}),
        does="replaced",
        lost="the code: publish the functions again",
    ),
    Change(
        setting="apis.*.function_app.identity.user_assigned",
        what="added",
        back="removed",
        after=_app(identity={"user_assigned": IDENTITY}),
        does="replaced",
        lost="the host finds its storage again when the new roles have spread, in minutes",
    ),
    Change(
        setting="apis.*.function_app.monitoring.component_id, connection_string",
        what="added",
        back="removed",
        after=_app(
            monitoring={"component_id": COMPONENT, "connection_string": "InstrumentationKey=0"}
        ),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.function_app.monitoring.component_id, connection_string",
        what="instead of a component to make",
        back="a component to make instead",
        before=_app(monitoring={"workspace_id": WORKSPACE}),
        after=_app(
            monitoring=instead(component_id=COMPONENT, connection_string="InstrumentationKey=0")
        ),
        does="replaced",
        lost="the component and its links; traces stay in the workspace",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.slots.*.app_settings, auto_swap_slot_name",
        what="added, changed, removed",
        before=_app(hosting={"kind": "premium"}, slots=[{"name": "staging"}]),
        after=_app(
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
        before=_app(inbound={"allow": [{"name": "office", "cidr": "203.0.113.0/24"}]}),
        after=_app(inbound={"allow": [{"name": "door", "service_tag": "AzureFrontDoor.Backend"}]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.deployment.default_action, reason",
        what="changed",
        after=_app(deployment={"default_action": "Allow", "reason": "agents are anywhere"}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.private_access.subnet_id",
        what="switched on",
        back="switched off",
        after=_app(private_access={"subnet_id": SUBNET}),
        does="added",
        does_back="removed",
        lost="deployments come from inside the network from now on",
        lost_back="",
    ),
    Change(
        setting="apis.*.function_app.private_access.dns_zone_ids",
        what="added, changed, removed",
        before=_app(private_access={"subnet_id": SUBNET}),
        after=_app(private_access={"dns_zone_ids": [ZONE]}),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.sticky_settings",
        what="added, changed, removed",
        before=_app(hosting={"kind": "premium"}, app_settings={"REGION": "west"}),
        after=_app(sticky_settings=["REGION"]),
        does="in place",
    ),
    Change(
        setting="apis.*.function_app.health_check_path, minimum_tls_version",
        what="added, changed, removed",
        after=_app(health_check_path="/api/health", minimum_tls_version="1.3"),
        does="in place",
    ),
    # -- What exists already
    Change(
        setting="gateway.existing, resource_group_name",
        what="instead of a new one, of another name",
        back="a new one instead",
        after={"gateway": EXISTING_GATEWAY},
        does="replaced",
        lost="the new gateway with all that lies in it; callers use the other host name",
        lost_back="callers use the other host name",
    ),
    Change(
        setting="gateway.existing, resource_group_name",
        what="changed",
        before={"gateway": EXISTING_GATEWAY},
        after={"gateway": {"existing": "apim-other-{name}"}},
        does="replaced",
        lost="callers use the other host name",
    ),
    Change(
        setting="gateway.principal.client_id, object_id, name",
        what="of a gateway that exists: added",
        back="of a gateway that exists: removed",
        before={"gateway": EXISTING_GATEWAY},
        after=_gateway(principal={**CALLER, "name": "gateway"}),
        does="replaced",
    ),
    Change(
        setting="gateway.identity",
        what="of a gateway that exists: added",
        back="of a gateway that exists: removed",
        before={"gateway": EXISTING_GATEWAY},
        after={"gateway": {"identity": IDENTITY}},
        does="replaced",
        lost="calls fail from the change of Easy Auth to that of the policy",
    ),
    Change(
        setting="apis.*.product.id",
        what="a new one, to another that exists",
        back="one that exists, to a new one",
        before={
            "gateway": EXISTING_GATEWAY,
            "api": {"product": {"id": "shop", "display_name": "Shop"}},
        },
        after={"api": {"product": instead(id="starter")}},
        does="replaced",
        lost="the product's subscriptions and their keys",
        lost_back="callers subscribe to the new product",
    ),
    Change(
        setting="apis.*.registration.client_id, tenant_id, audiences, token_version",
        what="changed",
        before=_api(registration=instead(**REGISTRATION)),
        after=_api(
            registration={"client_id": ALICE, "token_version": 1, "audiences": ["api://orders"]}
        ),
        does="in place",
        lost="calls fail from the change of Easy Auth to that of the policy",
    ),
    Change(
        setting="apis.*.registration.contract, name",
        what="instead of the same ids, written out",
        before=_api(registration=instead(**REGISTRATION)),
        after=_api(registration=instead(contract="directory.json", name="orders")),
        does="nothing",
    ),
    Change(
        setting="apis.*.function_app.existing",
        what="instead of a new one",
        back="a new one instead",
        before={"gateway": EXISTING_GATEWAY},
        after=_api(function_app=instead(existing=SITE)),
        does="removed",
        lost="the new function app, with its code and storage",
        lost_back="calls get an error until the functions are published",
    ),
    Change(
        setting="apis.*.function_app.existing, hostname",
        what="changed",
        before=_api(function_app=instead(existing=SITE)),
        after=_api(function_app={"existing": f"{SITE}-next", "hostname": "next.example"}),
        does="replaced",
        lost="nothing of the old one: its Easy Auth stays as it is",
    ),
    Change(
        setting="apis.*.function_app.slots, ftp",
        what="of one that exists: changed",
        before=_api(function_app=instead(existing=SITE)),
        after=_api(function_app={"slots": ["staging"], "ftp": False}),
        does="removed",
        does_back="removed",
        lost="what was written to it stays in Azure, and is kept no longer",
    ),
    Change(
        setting="apis.*.migration",
        what="keys to both",
        back="both to keys",
        before=_api(function_app=instead(existing=SITE), migration="keys", function_key=SECRET),
        after=_api(migration="both"),
        does="in place",
    ),
    Change(
        setting="apis.*.migration",
        what="both to identity",
        back="identity to both",
        before={
            "gateway": EXISTING_GATEWAY,
            "api": {
                "function_app": instead(existing=SITE),
                "migration": "both",
                "function_key": SECRET,
            },
        },
        after=_api(migration="identity", function_key=None),
        does="removed",
        does_back="added",
        lost="the named value with the key",
        lost_back="",
    ),
    Change(
        setting="apis.*.migration",
        what="taken out after identity",
        before=_api(function_app=instead(existing=SITE), migration="identity"),
        after=_api(migration=None),
        does="nothing",
    ),
    Change(
        setting="apis.*.function_key",
        what="a secret, to the name of a named value that is there",
        back="the name of a named value, to a secret",
        before={
            "gateway": EXISTING_GATEWAY,
            "api": {
                "function_app": instead(existing=SITE),
                "migration": "both",
                "function_key": SECRET,
            },
        },
        after=_api(function_key="func-key"),
        does="removed",
        does_back="added",
    ),
]

# What a change of these does is said in the text of the page.
ELSEWHERE = {
    "subscription_id": "a new environment",
    "tenant_id": "a new environment",
    "azurerm": "terraform init -upgrade",
    "state": "terraform init -migrate-state",
    "prevent_destroy": "changes no resource",
}
