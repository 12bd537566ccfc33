"""A context to evaluate expressions in."""

import random
from datetime import datetime, timezone

from constructs_lib.simulation.context import ExpressionContext, IDeployment, IGroup, IUser
from constructs_lib.simulation.csharp import Budget, compile_expression
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.http import (
    HttpBody,
    HttpHeaders,
    HttpUrl,
    SimulatedRequest,
    SimulatedResponse,
)

BODY = b'{"name": "Ann", "age": 41, "tags": ["a", "b"], "at": "2024-05-06T07:08:09Z", "no": null}'
BEARER = (
    "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiJtZSIsInJvbGVzIjpbIngiLCJ5Il0sImV4cCI6MjAwMDAwMDAwMH0.c2ln"
)


def context(body=BODY, **variables):
    """A request with a body, two headers and a user, at noon of 29 February 2024."""
    request = SimulatedRequest(
        "POST",
        HttpUrl.parse("https://api.example:8443/orders/7?x=1&x=2&q=a%20b"),
        HttpHeaders({"X-Many": ["1", "2"], "Authorization": BEARER}),
        HttpBody(body),
        "203.0.113.9",
    )
    return ExpressionContext(
        request,
        response=SimulatedResponse.of(404, {"error": "none"}),
        matched_parameters={"id": "7"},
        variables=variables,
        user=IUser("u1", "ann@example.org", groups=[IGroup("g", "Staff")]),
        deployment=IDeployment(region="West Europe"),
        now=lambda: datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=timezone.utc),
        random=random.Random(1),
    )


def evaluate(text, budget=None, body=BODY, **variables):
    """The value of an expression."""
    return compile_expression(text).evaluate(
        context(body, **variables), budget=budget or Budget(seconds=10)
    )


def text_of(text, **variables):
    """The value of an expression as text."""
    return to_text(evaluate(text, **variables))
