"""An API with its outputs, and as much of Azure Functions as the echo needs, called at once."""
# ruff: noqa: F821

import json
from types import SimpleNamespace

from tests.docs.pieces import orders_in

gateway, orders = orders_in(self)


def route(path, *, methods, auth_level):
    def register(function):
        request = SimpleNamespace(headers={"X-One": "value"}, params={"two": "value"})
        response = function(request)
        assert json.loads(response.body) == {"headers": ["X-One"], "query": ["two"]}
        assert "value" not in response.body, "a value is a key or a token"
        assert (path, methods, auth_level) == ("echo", ["GET"], "anonymous")
        assert response.mimetype == "application/json"
        return function

    return register


app = SimpleNamespace(route=route)
func = SimpleNamespace(
    AuthLevel=SimpleNamespace(ANONYMOUS="anonymous"),
    HttpRequest=object,
    HttpResponse=lambda body, mimetype: SimpleNamespace(body=body, mimetype=mimetype),
)
