"""An API with its outputs, and as much of Azure Functions as the echo needs, called at once."""
# ruff: noqa: F821

import json
from collections.abc import Callable

from tests.docs.pieces import orders_in

gateway, orders = orders_in(self)


class func:
    """`azure.functions`."""

    class AuthLevel:
        ANONYMOUS = "anonymous"

    class HttpRequest:
        def __init__(self) -> None:
            self.headers = {"X-One": "value"}
            self.params = {"two": "value"}

    class HttpResponse:
        def __init__(self, body: str, mimetype: str) -> None:
            self.body = body
            self.mimetype = mimetype


Echo = Callable[[func.HttpRequest], func.HttpResponse]


class app:
    """A function app that calls what is registered with it."""

    @staticmethod
    def route(path: str, *, methods: list[str], auth_level: str) -> Callable[[Echo], Echo]:
        def register(function: Echo) -> Echo:
            response = function(func.HttpRequest())
            assert json.loads(response.body) == {"headers": ["X-One"], "query": ["two"]}
            assert "value" not in response.body, "a value is a key or a token"
            assert (path, methods, auth_level) == ("echo", ["GET"], "anonymous")
            assert response.mimetype == "application/json"
            return function

        return register
