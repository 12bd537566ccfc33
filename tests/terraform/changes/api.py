"""Changes of the API and what lies in it."""

from __future__ import annotations

from tests.terraform.changes.change import Change, api_with
from tests.terraform.changes.samples import (
    API_ALONE,
    CALLER,
    EXISTING_GATEWAY,
    LOGGER,
    REGISTRATION,
    SECRET,
    SITE,
    VERSION_SET,
    WHOLE,
)

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


_SHARED = {
    "named_values": {"shop": "contoso"},
    "product": {"id": "shop", "display_name": "Shop"},
}
_BILLING = {
    "path": "billing",
    "operations": ["GET /invoices"],
    "registration": REGISTRATION,
    "function_app": {"existing": f"{SITE}-billing"},
}

AROUND = API_ALONE
CHANGES = [
    Change(
        setting="apis.*.path",
        what="changed",
        after=api_with(path="shop/orders"),
        does="in place",
        lost="callers use the new path from now on",
        lost_back="callers use the new path from now on",
    ),
    Change(
        setting="apis.*.display_name, description",
        what="changed",
        after=api_with(display_name="Orders", description="Orders of the shop"),
        does="in place",
    ),
    Change(
        setting="apis.*.operations",
        what="added",
        back="removed",
        after=api_with(operations=["GET /orders", "POST /orders"]),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.operations",
        what="reordered",
        before=api_with(operations=["GET /orders", "GET /orders/{id}"]),
        after=api_with(operations=["GET /orders/{id}", "GET /orders"]),
        does="nothing",
    ),
    Change(
        setting="apis.*.operations",
        what="method or path changed",
        after=api_with(operations=["GET /orders/{number}"]),
        does="removed",
        lost="nothing but the old operation; with an id of your own it is changed in place",
    ),
    Change(
        setting="apis.*.operations.*.method, url_template",
        what="changed, with an id of your own",
        before=api_with(
            operations=[{"method": "GET", "url_template": "/orders/{id}", "id": "read"}]
        ),
        after=api_with(operations=[{"method": "GET", "url_template": "/orders/{n}", "id": "read"}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.id",
        what="changed",
        before=api_with(operations=[{"method": "GET", "url_template": "/orders", "id": "read"}]),
        after=api_with(operations=[{"method": "GET", "url_template": "/orders", "id": "list"}]),
        does="removed",
    ),
    Change(
        setting="apis.*.operations.*.description, display_name, parameters.*.type, default, values",
        what="changed",
        before=api_with(
            operations=[{"method": "GET", "url_template": "/orders/{id}", "id": "read"}]
        ),
        after=api_with(
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
        before=api_with(operations=[{"method": "GET", "url_template": "/orders", "id": "read"}]),
        after=api_with(
            operations=[
                {
                    "method": "GET",
                    "url_template": "/orders",
                    "id": "read",
                    "policy": "policy.xml",
                }
            ]
        ),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.openapi, functions_project",
        what="instead of a list of operations with the same ids",
        before=api_with(
            operations=[
                {
                    "method": "GET",
                    "url_template": "/orders",
                    "id": "read",
                    "display_name": "read",
                }
            ]
        ),
        after=api_with(operations=None, openapi="openapi.yaml"),
        does="in place",
    ),
    Change(
        setting="apis.*.route_prefix",
        what="changed",
        after=api_with(route_prefix="v1"),
        does="in place",
    ),
    Change(
        setting="apis.*.policy",
        what="added, changed, removed",
        after=api_with(policy="policy.xml"),
        does="in place",
    ),
    Change(
        setting="apis.*.named_values",
        what="added",
        back="removed",
        after=api_with(named_values={"shop": "contoso", "partner": SECRET}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.named_values, policy",
        what="a value added, and read by the policy",
        back="a value removed, together with what reads it",
        after=api_with(named_values={"shop": "contoso"}, policy="reads.xml"),
        does="added",
        does_back="removed",
        refused_back=True,
        lost_back="take it out of the policy first, and remove it in the next apply",
    ),
    Change(
        setting="apis.*.named_values.*.secret_id, identity_client_id",
        what="text, or the secret's URL, changed",
        before=api_with(named_values={"shop": "contoso"}),
        after=api_with(named_values={"shop": "fabrikam"}),
        does="in place",
    ),
    Change(
        setting="apis.*.version",
        what="added",
        back="removed",
        after=api_with(version={"version": "v1"}),
        does="added",
        does_back="removed",
        refused_back=True,
        lost="callers write the version from now on",
        lost_back="replace the API in the same apply, with `-replace`",
    ),
    Change(
        setting="apis.*.version.version",
        what="changed",
        before=api_with(version={"version": "v1"}),
        after=api_with(version={"version": "v2"}),
        does="in place",
        lost="callers write the new version from now on; a second API keeps the old one beside it",
    ),
    Change(
        setting="apis.*.version.scheme, parameter",
        what="changed",
        before=api_with(version={"version": "v1"}),
        after=api_with(version={"version": "v1", "scheme": "Header", "parameter": "Api-Version"}),
        does="in place",
        lost="callers write the version elsewhere from now on",
    ),
    Change(
        setting="apis.*.product",
        what="added",
        back="removed",
        after=api_with(product={"id": "shop", "display_name": "Shop"}),
        does="added",
        does_back="removed",
        lost_back="the product's subscriptions and their keys",
    ),
    Change(
        setting="apis.*.product.display_name, description",
        what="changed",
        before=api_with(product={"id": "shop", "display_name": "Shop"}),
        after=api_with(product={"display_name": "The shop", "description": "Sells"}),
        does="in place",
    ),
    Change(
        setting="apis.*.product.id",
        what="changed",
        before=api_with(product={"id": "shop", "display_name": "Shop"}),
        after=api_with(product={"id": "store"}),
        does="replaced",
        lost="the product's subscriptions and their keys",
    ),
    Change(
        setting="apis.*.named_values, product",
        what="moved from one API to another",
        before={"api": _SHARED, "apis": {"billing": _BILLING}},
        after={
            "api": {"named_values": None, "product": None},
            "apis": {"billing": _SHARED},
        },
        does="removed",
        races=True,
        races_back=True,
        lost="the product's subscriptions and their keys, and it may take a second apply: first "
        "give what is there its new address, with `terraform state mv`",
    ),
    Change(
        setting="apis.*.circuit_breaker",
        what="switched on or off",
        after=api_with(circuit_breaker=True),
        does="in place",
    ),
    Change(
        setting="apis.*.further_callers.*.name, client_id, object_id",
        what="added",
        back="removed",
        around=WHOLE,
        after=api_with(further_callers=[CALLER]),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.subscription_key.header, query",
        what="changed",
        after=api_with(subscription_key={"header": "Api-Key", "query": "api-key"}),
        does="in place",
        lost="callers send their key under the new name from now on",
    ),
    Change(
        setting="apis.*.subscription_required, anonymous_reason",
        what="switched on or off",
        before=api_with(policy="validates.xml"),
        after=api_with(subscription_required=False, anonymous_reason="validate-jwt checks callers"),
        does="in place",
        lost="what subscriptions limit: anybody calls whom the policy lets in",
        lost_back="callers need a subscription from now on",
    ),
    Change(
        setting="apis.*.operation_policies",
        what="added",
        back="removed",
        before=api_with(operations=[_READ]),
        after=api_with(operation_policies={"read": "policy.xml"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.operation_policies",
        what="changed",
        before=api_with(operations=[_READ], operation_policies={"read": "policy.xml"}),
        after=api_with(operation_policies={"read": "other-policy.xml"}),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.request.query_parameters, headers, representations",
        what="added, changed, removed",
        before=api_with(operations=[_READ]),
        after=api_with(operations=[{**_READ, "request": _REQUEST}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.parameters.*.required",
        what="changed",
        before=api_with(
            operations=[{**_READ, "request": {"query_parameters": [{"name": "page"}]}}]
        ),
        after=api_with(
            operations=[
                {
                    **_READ,
                    "request": {"query_parameters": [{"name": "page", "required": False}]},
                }
            ]
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.responses.*.status_code, headers, representations",
        what="added, changed, removed",
        before=api_with(operations=[{**_READ, "responses": [{"status_code": 200}]}]),
        after=api_with(operations=[{**_READ, "responses": _RESPONSES}]),
        does="in place",
    ),
    Change(
        setting="apis.*.operations.*.responses.*.representations.*.content_type, example, "
        "schema_id, type_name, form_parameters",
        what="changed",
        before=api_with(operations=[{**_READ, "responses": _RESPONSES}]),
        after=api_with(operations=[{**_READ, "responses": _OTHER_RESPONSES}]),
        does="in place",
    ),
    Change(
        setting="apis.*.subscriptions",
        what="added",
        back="removed",
        after=api_with(subscriptions=["partner"]),
        does="added",
        does_back="removed",
        lost_back="its keys",
    ),
    Change(
        setting="apis.*.diagnostics.logger_id",
        what="switched on",
        back="switched off",
        after=api_with(diagnostics={"logger_id": LOGGER}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.diagnostics.logger_id, sampling_percentage, verbosity, payload",
        what="changed",
        before=api_with(diagnostics={"logger_id": LOGGER}),
        after=api_with(
            diagnostics={
                "logger_id": f"{LOGGER}-2",
                "sampling_percentage": 10,
                "verbosity": "error",
                "payload": False,
            }
        ),
        does="in place",
    ),
    Change(
        setting="apis.*.circuit_breaker.failures, interval, trip_duration, status_codes, "
        "accept_retry_after",
        what="changed",
        before=api_with(circuit_breaker={"failures": 3}),
        after=api_with(
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
        before=api_with(name="orders-{name}", version={"version": "v1"}),
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
        after=api_with(version={"version_set_id": VERSION_SET}),
        does="removed",
        does_back="added",
        refused=True,
        lost="replace the API in the same apply, with `-replace`",
        lost_back="",
    ),
    Change(
        setting="apis.*.product.approval_required, subscriptions_limit",
        what="added, changed, removed",
        before=api_with(product={"id": "shop", "display_name": "Shop", "subscriptions_limit": 1}),
        after=api_with(product={"approval_required": True, "subscriptions_limit": 5}),
        does="in place",
    ),
    Change(
        setting="apis.*.product.policy",
        what="added",
        back="removed",
        before=api_with(product={"id": "shop", "display_name": "Shop"}),
        after=api_with(product={"policy": "policy.xml"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.revision",
        what="changed",
        after=api_with(revision="2"),
        does="replaced",
        lost="the API answers 404 until it is made anew",
    ),
    Change(
        setting="apis.*.name",
        what="changed",
        after=api_with(name="orders-next-{name}"),
        does="replaced",
        lost="the API's subscriptions; it answers 404 until it is made anew",
    ),
]
