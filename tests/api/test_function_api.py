"""An API forwards to its backend with the gateway's token, and takes what callers may add to it."""

from __future__ import annotations

import pytest
from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights

from constructs_lib import (
    ApiVersion,
    CircuitBreaker,
    Diagnostics,
    FunctionApi,
    Gateway,
    InputError,
    KeyVaultSecret,
    Operation,
    Operations,
    Parameter,
    Placement,
    Principal,
    Product,
    Publisher,
    SubscriptionKey,
)
from constructs_lib.policy import (
    Base,
    Document,
    Expression,
    ForwardRequest,
    Fragment,
    RateLimitByKey,
    SetHeader,
)

AUDIENCE = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
GATEWAY = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
POLICY = (
    "<policies><inbound><base/>{}</inbound><backend><base/></backend>"
    "<outbound><base/></outbound><on-error><base/></on-error></policies>"
)


def existing(scope, sku=None):
    found = scope.node.try_find_child("gateway")
    return found or Gateway.existing(
        scope, "gateway", name="apim", resource_group_name="rg", principal=GATEWAY, sku=sku
    )


def api(scope, id="orders", sku=None, **props):
    given = {
        "gateway": existing(scope, sku),
        "path": id,
        "hostname": "func.azurewebsites.net",
        "audience": AUDIENCE,
        "operations": ["GET /orders/{id}"],
        **props,
    }
    return FunctionApi(scope, id, **given)


@pytest.fixture(scope="module")
def made(build):
    """One stack with an API for each thing that can be asked for, by construct."""
    kept = {}

    def make(stack):
        insights = ApplicationInsights(
            stack,
            "insights",
            name="appi",
            resource_group_name="rg",
            location="westeurope",
            application_type="web",
        )
        kept["plain"] = api(stack, "plain")
        kept["own-names"] = api(
            stack, "own-names", subscription_key=SubscriptionKey(header="X-Key", query="k")
        )
        kept["prefix"] = api(stack, "prefix", route_prefix="", operations=Operations.any(["GET"]))
        kept["typed"] = api(
            stack,
            "typed",
            operations=[
                Operation(
                    method="get",
                    url_template="/orders/{id}",
                    description="One order.",
                    parameters=(Parameter(name="id", type="integer", description="Its number."),),
                )
            ],
        )
        kept["rich"] = api(
            stack,
            "rich",
            version=ApiVersion(version="v1"),
            product=Product(id="shop", display_name="Shop"),
            subscriptions=["partner"],
            named_values={
                "greeting": "hello",
                "partner-api-key": KeyVaultSecret(secret_id="https://v.vault.azure.net/secrets/s"),
            },
            diagnostics=Diagnostics(application_insights=insights),
            circuit_breaker=CircuitBreaker(failures=3, trip_duration="PT30S"),
            policy=POLICY.format(
                '<set-header name="X" exists-action="override"><value>{{greeting}}</value>'
                "</set-header>"
            ),
            operation_policies={"get-orders-id": POLICY.format("")},
        )
        kept["header"] = api(
            stack,
            "header",
            version=ApiVersion(version="v2", scheme="Header", parameter="X-Version"),
            product=Product(id="starter"),
        )
        kept["late"] = api(stack, "late")
        kept["late"].policy.inbound.append(
            RateLimitByKey(
                calls=10, renewal_period=60, counter_key=Expression("@(context.Subscription.Id)")
            )
        )
        kept["anonymous"] = api(
            stack, "anonymous", subscription_required=False, anonymous_reason="validate-jwt checks"
        )

    return build(make), kept


def of(made, kind, id):
    terraform, _ = made
    return next(
        entry
        for address, entry in terraform["resource"][kind].items()
        if address.startswith(f"{id}_")
    )


def test_the_key_is_deleted_under_the_names_of_the_api(made):
    policy = of(made, "azurerm_api_management_api_policy", "own-names")["xml_content"]
    assert '<set-header name="X-Key" exists-action="delete" />' in policy
    assert '<set-query-parameter name="k" exists-action="delete" />' in policy
    assert of(made, "azurerm_api_management_api", "own-names")[
        "subscription_key_parameter_names"
    ] == {"header": "X-Key", "query": "k"}


@pytest.mark.parametrize(
    ("id", "url"),
    [
        ("plain", "https://func.azurewebsites.net/api"),
        ("prefix", "https://func.azurewebsites.net"),
    ],
)
def test_the_backend_ends_in_the_route_prefix(made, id, url):
    assert of(made, "azurerm_api_management_backend", id)["url"] == url


def test_template_parameters_are_typed(made):
    operation = of(made, "azurerm_api_management_api_operation", "typed")
    assert operation["method"] == "GET"
    assert operation["template_parameter"] == [
        {"name": "id", "type": "integer", "required": True, "description": "Its number."}
    ]


def test_named_values_come_from_key_vault_and_are_secret_there(made):
    terraform, kept = made
    values = {
        value["name"]: value
        for value in terraform["resource"]["azurerm_api_management_named_value"].values()
    }
    assert values["greeting"]["value"] == "hello"
    assert values["partner-api-key"]["secret"] is True
    assert "value" not in values["partner-api-key"]
    (needed,) = of(made, "azurerm_api_management_api_policy", "rich")["depends_on"]
    assert "named-value-greeting" in needed
    assert set(kept["rich"].named_values) == {"greeting", "partner-api-key"}


def test_versions_make_a_set_and_a_segment_stands_in_the_url(made):
    _, kept = made
    assert kept["rich"].url.endswith("/rich/v1")
    assert kept["header"].url.endswith("/header")
    assert of(made, "azurerm_api_management_api_version_set", "header")["version_header_name"] == (
        "X-Version"
    )
    assert of(made, "azurerm_api_management_api", "rich")["version"] == "v1"


def test_a_product_is_made_or_taken(made):
    _, kept = made
    assert of(made, "azurerm_api_management_product", "rich")["subscription_required"] is True
    assert kept["header"].product is None
    assert of(made, "azurerm_api_management_product_api", "header")["product_id"] == "starter"


def test_a_subscription_is_active_traces_nothing_and_names_the_api_without_its_revision(made):
    subscription = of(made, "azurerm_api_management_subscription", "rich")
    assert subscription["state"] == "active"
    assert subscription["allow_tracing"] is False
    assert ";rev" not in subscription["api_id"]
    assert "/apis/" in subscription["api_id"]


def test_traces_leave_out_tokens_and_keys(made):
    diagnostic = of(made, "azurerm_api_management_api_diagnostic", "rich")
    hidden = diagnostic["frontend_request"]["data_masking"]
    assert {entry["value"] for entry in hidden["headers"]} == {
        "Authorization",
        "Ocp-Apim-Subscription-Key",
    }
    assert hidden["query_params"] == [{"mode": "Hide", "value": "subscription-key"}]
    assert diagnostic["log_client_ip"] is False


def test_the_circuit_breaker_counts_failures(made):
    rule = of(made, "azurerm_api_management_backend", "rich")["circuit_breaker_rule"]
    assert rule["trip_duration"] == "PT30S"
    assert rule["failure_condition"]["count"] == 3
    assert rule["failure_condition"]["status_code_range"] == [{"max": 599, "min": 500}]


def test_the_callers_part_of_the_policy_comes_before_the_token(made):
    policy = of(made, "azurerm_api_management_api_policy", "rich")["xml_content"]
    assert policy.index("{{greeting}}") < policy.index("authentication-managed-identity")


def test_the_policy_can_be_changed_until_synth(made):
    policy = of(made, "azurerm_api_management_api_policy", "late")["xml_content"]
    assert policy.index("<rate-limit-by-key") < policy.index("authentication-managed-identity")
    assert "${azurerm_api_management_backend." in policy


def test_the_effective_policy_resolves_base_through_all_scopes(build):
    def make(stack):
        def delete(header):
            return Document(inbound=[Base(), SetHeader(name=header, exists_action="delete")])

        gateway = Gateway.existing(
            stack,
            "gateway",
            name="apim",
            resource_group_name="rg",
            principal=GATEWAY,
            policy=Document(
                inbound=[SetHeader(name="X-Service", exists_action="delete")],
                backend=[ForwardRequest(timeout=60)],
                outbound=[],
                on_error=[],
            ),
        )
        made = api(
            stack,
            gateway=gateway,
            product=Product(id="shop", policy=delete("X-Product")),
            policy=delete("X-Api"),
            operation_policies={"get-orders-id": delete("X-Operation")},
        )
        document = made.effective_policy("get-orders-id")
        assert [element.attributes.get("name") for element in document.inbound] == [
            "X-Service",
            "X-Product",
            "X-Api",
            None,
            None,
            "Ocp-Apim-Subscription-Key",
            "subscription-key",
            "x-functions-key",
            "code",
            "X-Operation",
        ]
        assert [element.name for element in document.backend] == ["forward-request"]
        assert made.product_policy is not None
        with pytest.raises(InputError, match="no operation has the id 'other'"):
            made.effective_policy("other")

    build(make)


@pytest.mark.parametrize(
    ("props", "where", "says"),
    [
        ({"revision": ""}, "revision", "at least one"),
        ({"path": "größe"}, "path", "letters"),
        ({"version": ApiVersion(version="")}, "version.version", "v1"),
        ({"version": ApiVersion(version="v1", scheme="header")}, "version.scheme", "Header"),
        ({"name": "_x_", "version": ApiVersion(version="v1")}, "name", "at both ends"),
        ({"named_values": {"greeting": ""}}, "named_values.greeting", "give it one"),
        (
            {"product": Product(id="p", display_name="")},
            "product.display_name",
            "at least one character",
        ),
        (
            {"circuit_breaker": CircuitBreaker(status_codes=(500,))},
            "circuit_breaker.status_codes",
            "a list of 2",
        ),
        ({"path": "/orders"}, "path", "none but a full stop"),
        ({"name": "a*b"}, "name", "without"),
        ({"audience": "orders"}, "audience", "the application (client) id"),
        ({"hostname": "https://func"}, "hostname", "without https://"),
        ({"route_prefix": "/api"}, "route_prefix", "slash"),
        ({"operations": []}, "operations", "404"),
        ({"subscription_required": False}, "subscription_required", "anonymous_reason"),
        ({"subscription_key": SubscriptionKey(header="a b")}, "subscription_key.header", "header"),
        ({"named_values": {"db-password": "hunter2"}}, "named_values.db-password", "KeyVault"),
        ({"named_values": {"-x": "1"}}, "named_values.-x", "letter or digit"),
        (
            {"named_values": {"x": KeyVaultSecret(secret_id="https://v/keys/s")}},
            "named_values.x",
            "/secrets/",
        ),
        (
            {"version": ApiVersion(version="v1", scheme="Header")},
            "version.parameter",
            "Header and Query",
        ),
        (
            {"product": Product(id="p", display_name="P", approval_required=True)},
            "product.approval_required",
            "subscriptions_limit",
        ),
        ({"circuit_breaker": CircuitBreaker(interval="1m")}, "circuit_breaker.interval", "PT1M"),
        ({"circuit_breaker": CircuitBreaker(failures=0)}, "circuit_breaker", "1 to 10000"),
        (
            {"circuit_breaker": CircuitBreaker(), "sku": "Consumption_0"},
            "circuit_breaker",
            "leave it out",
        ),
        ({"operation_policies": {"x": Document()}}, "operation_policies.x", "get-orders-id"),
        ({"policy": "<policies><inbound>"}, "policy", ""),
        ({"policy": POLICY.format("<no-such-policy/>")}, "policy", "no-such-policy"),
        ({"policy": POLICY.format("<forward-request/>")}, "policy", "forward-request"),
    ],
)
def test_what_api_management_would_refuse_is_refused(stack, props, where, says):
    with pytest.raises(InputError) as caught:
        api(stack, **props)
    assert f"test/orders: {where}" in str(caught.value)
    assert says in str(caught.value)


def test_diagnostics_need_one_place(stack):
    with pytest.raises(InputError, match="give application_insights or logger_id"):
        api(stack, diagnostics=Diagnostics())


def test_a_policy_that_was_broken_after_construction_is_refused_too(stack):
    made = api(stack)
    made.policy.inbound.append(ForwardRequest())
    with pytest.raises(InputError, match="forward-request"):
        made._policy_xml()


def test_a_section_that_a_file_leaves_out_runs_what_the_scopes_above_say(build):
    def make(stack):
        api(stack, policy="<policies><inbound><base /></inbound></policies>")

    policy = of((build(make), None), "azurerm_api_management_api_policy", "orders")["xml_content"]
    assert policy.count("<base />") == 4


def test_why_anonymous_callers_are_let_in_stands_in_the_json(made):
    terraform, _ = made
    (reasons,) = terraform["output"]["secured_functions_accepted"]["value"].values()
    assert reasons == {"SF501": "validate-jwt checks"}


def test_a_fragment_is_there_before_the_policy_that_includes_it(build):
    def make(stack):
        gateway = existing(stack)
        gateway.add_fragment(
            "limits", Fragment([SetHeader(name="X-Powered-By", exists_action="delete")])
        )
        api(stack, policy=POLICY.format('<include-fragment fragment-id="limits" />'))

    terraform = build(make)
    (fragment,) = terraform["resource"]["azurerm_api_management_policy_fragment"]
    (policy,) = terraform["resource"]["azurerm_api_management_api_policy"].values()
    assert policy["depends_on"] == [f"azurerm_api_management_policy_fragment.{fragment}"]


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ({"path": "shop"}, {"path": "Shop"}, "the path 'Shop'"),
        ({"name": "shop"}, {"name": "shop"}, "the API name 'shop'"),
        (
            {"named_values": {"greeting": "a"}},
            {"named_values": {"greeting": "b"}},
            "the named value 'greeting'",
        ),
        (
            {"product": Product(id="shop", display_name="A")},
            {"product": Product(id="shop", display_name="B")},
            "the product 'shop'",
        ),
    ],
)
def test_what_a_gateway_can_have_once_is_refused_twice(stack, first, second, says):
    api(stack, "one", **first)
    with pytest.raises(InputError) as caught:
        api(stack, "two", **second)
    assert says in str(caught.value)
    assert "taken by test/one already" in str(caught.value)


def test_the_same_path_in_another_version_is_another_api(stack):
    api(stack, "one", path="shop", version=ApiVersion(version="v1"))
    api(
        stack,
        "two",
        path="shop",
        version=ApiVersion(version="v2", version_set_id="/subscriptions/s/v"),
    )


def new_gateway(stack):
    return Gateway(
        stack,
        "gateway",
        resource_group=Placement("rg", "westeurope"),
        name="apim-contoso",
        publisher=Publisher(name="Contoso", email="api@contoso.example"),
    )


def test_a_product_that_nobody_makes_is_refused_on_a_gateway_of_the_same_stack(build):
    with pytest.raises(
        InputError, match=r"orders: product.id: .* no product 'shop' .*display_name"
    ):
        build(lambda stack: api(stack, gateway=new_gateway(stack), product=Product(id="shop")))


def test_a_product_of_an_api_or_a_resource_before_is_referred_to(build):
    def make(stack):
        gateway = new_gateway(stack)
        api(stack, "a", gateway=gateway, product=Product(id="shop", display_name="Shop"))
        api(stack, "b", gateway=gateway, product=Product(id="shop"))
        ApiManagementProduct(
            stack,
            "own",
            product_id="own",
            display_name="Own",
            published=True,
            api_management_name=gateway.name,
            resource_group_name="rg",
        )
        api(stack, "c", gateway=gateway, product=Product(id="own"))

    offered = build(make)["resource"]["azurerm_api_management_product_api"].values()
    assert len(offered) == 3
    assert all(
        each["product_id"].startswith("${azurerm_api_management_product.") for each in offered
    )
