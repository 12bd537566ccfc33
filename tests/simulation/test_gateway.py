"""The gateway's own steps: keys, routing, products, splicing, errors, and what is not known."""

from __future__ import annotations

import re
import socket
from threading import Barrier

import pytest

from constructs_lib.access.terraform.body import LATER
from constructs_lib.simulation.chain import AssumedError
from constructs_lib.simulation.fidelity import behaviours
from constructs_lib.simulation.functions import answering
from constructs_lib.simulation.http import HttpUrl, SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.known import NotKnownError
from constructs_lib.simulation.outside import BackendTimeoutError, SystemClock
from constructs_lib.simulation.signals import CallStoppedError
from tests.simulation.stacks import GATEWAY, Recorder, chain, stack


def test_without_a_key_the_caller_gets_the_answer_that_was_seen_of_azure():
    answer = chain(stack(api={"subscription_required": True})).request("GET", "/orders/items/7")
    assert (answer.status, answer.reason) == (401, "Access Denied")
    assert answer.headers["Content-Length"] == "152"
    assert answer.headers["WWW-Authenticate"] == (
        'AzureApiManagementKey realm="https://apim.azure-api.net/orders",'
        'name="Ocp-Apim-Subscription-Key",type="header"'
    )
    assert answer.received is None
    assert answer.error is not None
    assert answer.error.reason == "SubscriptionKeyNotFound"


def test_a_key_is_taken_from_the_header_or_else_the_query_and_a_wrong_one_is_always_refused():
    called = chain(stack(api={"subscription_required": True}))
    key = called.key()
    assert called.request("GET", "/orders/items/7", key=key).status == 200
    assert called.request("GET", f"/orders/items/7?subscription-key={key}").status == 200
    assert called.request("GET", f"/orders/items/7?subscription-key={key}", key="x").status == 401
    assert chain(stack()).request("GET", "/orders/items/7", key="wrong").status == 401
    assert called.request("GET", "/orders/items/7", key=called.key(api="others")).status == 401
    assert called.request("GET", "/orders/items/7", key=called.key(api="orders")).status == 200


@pytest.mark.parametrize(("published", "status"), [(True, 200), (False, 401)])
def test_a_product_that_asks_for_no_key_lets_callers_in_once_it_is_published(
    published: bool, status: int
):
    product = {"product_id": "free", "display_name": "Free", "published": published}
    more = {
        "azurerm_api_management_product": {
            "free": {**GATEWAY, **product, "subscription_required": False}
        },
        "azurerm_api_management_product_api": {
            "free": {**GATEWAY, "product_id": "free", "api_name": "orders"}
        },
    }
    called = chain(stack(api={"subscription_required": True}, more=more))
    assert called.request("GET", "/orders/items/7").status == status
    # Whoever holds a key of it keeps it.
    key = called.key(product="free")
    assert called.request("GET", "/orders/items/7", key=key).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("GET", "/orders/nothing"), ("PUT", "/orders/items/7")],
)
def test_what_fits_no_operation_is_not_found_whatever_is_wrong(method: str, path: str):
    answer = chain(stack()).request(method, path)
    assert (answer.status, answer.text) == (
        404,
        '{ "statusCode": 404, "message": "Resource not found" }',
    )


def test_the_backend_gets_base_path_and_the_whole_query_under_its_own_host():
    backend = Recorder()
    chain(stack(), backend).request(
        "GET", "/orders/items/7?a=1&subscription-key=", headers={"X": "y"}
    )
    request = backend.received[0]
    assert str(request.url) == "https://backend.example/base/items/7?a=1&subscription-key="
    assert request.headers["Host"] == "backend.example"
    assert request.headers["X-Forwarded-For"] == "203.0.113.7"


def test_base_splices_the_outer_scope_and_a_section_that_is_absent_inherits():
    def added(value: str) -> str:
        header = '<set-header name="Order" exists-action="append">'
        return f"{header}<value>{value}</value></set-header>"

    def scope(name: str) -> str:
        before, after = added(f"{name}-before"), added(f"{name}-after")
        return f"<policies><inbound>{before}<base/>{after}</inbound></policies>"

    more = {
        "azurerm_api_management_policy": {
            "all": {
                "api_management_id": "${azurerm_api_management.gw.id}",
                "xml_content": scope("all").replace("<base/>", "")[: -len("</policies>")]
                + "<backend><forward-request/></backend></policies>",
            }
        },
        "azurerm_api_management_api_operation_policy": {
            "get": {
                **GATEWAY,
                "api_name": "orders",
                "operation_id": "get",
                "xml_content": scope("operation"),
            }
        },
    }
    answer = chain(stack(policy=scope("api"), more=more)).request("GET", "/orders/items/7")
    assert answer.received is not None
    assert answer.received.headers["Order"].split(",") == [
        *("operation-before", "api-before", "all-before", "all-after"),
        *("api-after", "operation-after"),
    ]


def test_a_section_that_is_there_and_empty_runs_nothing():
    answer = chain(stack(backend="")).request("GET", "/orders/items/7")
    assert answer.received is None
    assert (answer.status, answer.trace.assumed) == (200, ["response.none"])
    with pytest.raises(AssumedError, match=r"response\.none"):
        chain(stack(backend=""), strict=True).request("GET", "/orders/items/7")


def test_what_is_not_simulated_stops_the_call_unless_it_may_pass():
    content = stack(inbound="<base/><validate-odata-request/>")
    with pytest.raises(
        CallStoppedError, match="validate-odata-request is not simulated"
    ) as stopped:
        chain(content).request("GET", "/orders/items/7")
    assert stopped.value.trace is not None
    assert "validate-odata-request is not simulated, so the call stops here." in stopped.value.trace
    passing = chain(content, allow_not_simulated={"validate-odata-request"})
    assert passing.request("GET", "/orders/items/7").status == 200


def test_what_is_not_known_stops_the_call_until_it_is_given():
    content = stack(inbound='<base/><set-header name="A"><value>${var.a}</value></set-header>')
    content["variable"] = {"a": {"type": "string"}}
    with pytest.raises(CallStoppedError, match=r'give it with values=\{"var.a"'):
        chain(content).request("GET", "/orders/items/7")
    answer = chain(content, values={"var.a": "told"}).request("GET", "/orders/items/7")
    assert answer.received is not None
    assert answer.received.headers["A"] == "told"


def test_what_a_plan_does_not_know_yet_is_not_asked_for_by_a_name():
    with pytest.raises(NotKnownError) as stopped:
        chain(stack()).known.text(LATER, "an entry of allowed_audiences")
    assert str(stopped.value) == (
        "an entry of allowed_audiences (known after apply) is not known here: give cdktf.out or, "
        "after the apply, the output of `terraform show -json`"
    )


def test_named_values_are_put_in_and_secret_ones_are_never_shown():
    more = {
        "azurerm_api_management_named_value": {
            "n": {**GATEWAY, "display_name": "Pass", "value": "hunter22", "secret": True}
        }
    }
    inbound = (
        '<base/><set-header name="A"><value>{{pass}}</value></set-header>'
        "<trace source='t'><message>it is {{Pass}}</message></trace>"
    )
    answer = chain(stack(inbound=inbound, more=more)).request("GET", "/orders/items/7")
    assert answer.received is not None
    assert answer.received.headers["A"] == "hunter22"
    assert "it is ***" in answer.trace
    assert "hunter22" not in str(answer.trace.document())


def test_an_error_runs_on_error_which_may_change_the_answer():
    failing = Recorder(SimulatedResponse.of(500, "no"))
    content = stack(
        backend='<forward-request fail-on-error-status-code="true"/>',
        outbound="<base/><set-status code='204' reason='No'/>",
        on_error="<base/><set-header name='X-Failed'><value>yes</value></set-header>",
    )
    answer = chain(content, failing).request("GET", "/orders/items/7")
    assert (answer.status, answer.headers["X-Failed"], answer.text) == (500, "yes", "no")
    assert answer.error is not None
    assert (answer.error.source, answer.error.section) == ("forward-request", "backend")


def test_the_trace_has_the_shape_of_api_managements():
    document = chain(stack()).request("GET", "/orders/items/7").trace.document()
    assert set(document) == {"serviceName", "traceId", "traceEntries"}
    assert list(document["traceEntries"]) == ["inbound", "backend", "outbound"]
    entry = document["traceEntries"]["inbound"][0]
    assert set(entry) == {"source", "timestamp", "elapsed", "data"}
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{7}", entry["elapsed"])
    assert entry["data"]["request"]["method"] == "GET"


def test_every_behaviour_that_a_step_rests_on_is_in_the_table_and_tagged():
    known = behaviours()
    assert {each.sureness for each in known.values()} == {"documented", "observed", "assumed"}
    assert all(each.source and each.what.endswith(".") for each in known.values())


def test_wait_sends_at_the_same_time_by_the_machines_clock():
    together = Barrier(2)

    class Both(Recorder):
        def send(self, request: SimulatedRequest) -> SimulatedResponse:
            if request.url.host == "x.example":
                together.wait(10)
            return super().send(request)

    inbound = "".join(
        f'<send-request mode="new" response-variable-name="r{n}"><set-url>https://x.example/{n}'
        "</set-url></send-request>"
        for n in (1, 2)
    )
    told = '<value>@(string.Join(",", context.Variables.Keys.OrderBy(k =&gt; k)))</value>'
    text = f'<base/><wait for="all">{inbound}</wait><set-header name="V">{told}</set-header>'
    answer = chain(stack(inbound=text), Both(), clock=SystemClock()).request(
        "GET", "/orders/items/7"
    )
    assert answer.received is not None
    assert answer.received.headers["V"] == "r1,r2"


def test_a_function_at_a_url_that_does_not_answer_in_time_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        function = answering(f"http://127.0.0.1:{silent.getsockname()[1]}")
        request = SimulatedRequest("GET", HttpUrl.parse("https://func.example/"), timeout=0.05)
        with pytest.raises(BackendTimeoutError):
            function(request)
