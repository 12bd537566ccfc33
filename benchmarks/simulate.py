"""Measure how many requests a second the simulated gateway answers, through the recipe's policies.

    python benchmarks/simulate.py                 a second of requests, on one core
    python benchmarks/simulate.py --seconds 10

The backend answers at once and the token is cached, as the gateway caches it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
GATEWAY = {"api_management_name": "apim"}
POLICY = """<policies><inbound><base/>
  <set-backend-service base-url="https://orders.azurewebsites.net/api"/>
  <authentication-managed-identity resource="api://orders"/>
  <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete"/>
  <set-query-parameter name="subscription-key" exists-action="delete"/>
  <set-header name="x-functions-key" exists-action="delete"/>
  <set-query-parameter name="code" exists-action="delete"/>
</inbound></policies>"""
STACK: dict[str, Any] = {
    "resource": {
        "azurerm_api_management": {"g": {"name": "apim", "identity": {"type": "SystemAssigned"}}},
        "azurerm_api_management_api": {"a": {**GATEWAY, "name": "orders", "path": "orders"}},
        "azurerm_api_management_api_operation": {
            "o": {
                **GATEWAY,
                "api_name": "orders",
                "operation_id": "get",
                "method": "GET",
                "url_template": "/orders/{id}",
            }
        },
        "azurerm_api_management_api_policy": {
            "p": {**GATEWAY, "api_name": "orders", "xml_content": POLICY}
        },
    }
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=1)
    sys.path.insert(0, str(REPOSITORY))
    print(f"{rate(parser.parse_args().seconds):,.0f} requests a second on one core")


def rate(seconds: float) -> float:
    """Requests a second, in the time of this process."""
    from constructs_lib.simulation.chain import Chain
    from constructs_lib.simulation.http import Request, Response
    from constructs_lib.simulation.outside import ManagedIdentity, Token

    class Outside:
        """A backend and an issuer that cost nothing."""

        def send(self, request: Request) -> Response:
            return Response.of(200, b"{}" if request.headers else b"")

        def token(self, identity: ManagedIdentity, resource: str) -> Token:
            return Token(f"{identity.name} {resource}", float("inf"))

        def document(self, url: str) -> None:
            assert not url

    chain = Chain.read(STACK, backend=Outside(), tokens=Outside())
    key, answered, begun = chain.key(), 0, time.process_time()
    while (spent := time.process_time() - begun) < seconds:
        answer = chain.request("GET", "/orders/orders/7?a=1", key=key)
        assert answer.status == 200
        answered += 1
    return answered / spent


if __name__ == "__main__":
    main()
