"""Expressions in policies see the call, change it, and fail as `LastError` says."""

from __future__ import annotations

import pytest

from constructs_lib.simulation.chain import GatewayAnswer
from constructs_lib.simulation.signals import CallStoppedError
from tests.simulation.stacks import chain, stack


def called(inbound: str) -> GatewayAnswer:
    return chain(stack(inbound=f"<base/>{inbound}")).request("GET", "/orders/items/7")


def test_a_variable_keeps_what_an_expression_gives_for_the_policies_after_it():
    answer = called(
        '<set-variable name="v" value="@(context.Request.MatchedParameters["id"] + "!")"/>'
        '<choose><when condition="@(context.Request.Method == "GET")"><set-header name="A">'
        '<value>@((string)context.Variables["v"])</value></set-header></when></choose>'
    )
    assert answer.received is not None
    assert answer.received.headers["A"] == "7!"


def test_the_answer_of_a_request_of_the_policys_own_is_read_as_json():
    answer = called(
        '<send-request mode="new" response-variable-name="r"><set-url>https://x.example/</set-url>'
        '</send-request><set-header name="A"><value>@(((IResponse)context.Variables["r"])'
        '.Body.As<JObject>()["ok"].ToString())</value></set-header>'
    )
    assert answer.received is not None
    assert answer.received.headers["A"] == "True"


def test_an_exception_is_500_with_its_place_and_the_words_of_dotnet():
    answer = called(
        '<set-header name="A"><value>@(((string)null).Length.ToString())</value></set-header>'
    )
    error = answer.error
    assert (answer.status, error is not None) == (500, True)
    assert error is not None
    assert (error.source, error.reason) == ("set-header", "ExpressionValueEvaluationFailure")
    assert (error.section, error.scope, error.path) == ("inbound", "api", "set-header[1]")
    assert error.message == (
        "Expression evaluation failed. Object reference not set to an instance of an object."
    )


def test_what_the_service_would_not_save_stops_the_call():
    with pytest.raises(CallStoppedError, match=r"would refuse the policy .*'Foo'"):
        called('<set-header name="A"><value>@(context.Foo)</value></set-header>')
