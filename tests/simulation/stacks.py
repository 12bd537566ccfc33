"""Stacks to simulate: a gateway with one API, whose policies each test gives."""

from __future__ import annotations

from typing import Any

from constructs_lib.simulation.chain import SimulatedGateways
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.outside import ManualClock, Random

GATEWAY = {"api_management_name": "apim"}
KEY_NAMES = {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}


def stack(
    *,
    inbound: str = "<base/>",
    backend: str = "<base/>",
    outbound: str = "<base/>",
    on_error: str = "<base/>",
    policy: str | None = None,
    api: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A stack with the API `orders`, which demands no key unless `api` says so."""
    text = policy or (
        f"<policies><inbound>{inbound}</inbound><backend>{backend}</backend>"
        f"<outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>"
    )
    resources: dict[str, Any] = {
        "azurerm_api_management": {"gw": {"name": "apim", "identity": {"type": "SystemAssigned"}}},
        "azurerm_api_management_api": {
            "orders": {
                **GATEWAY,
                "name": "orders",
                "path": "orders",
                "revision": "1",
                "service_url": "https://backend.example/base",
                "subscription_required": False,
                "subscription_key_parameter_names": KEY_NAMES,
                **(api or {}),
            }
        },
        "azurerm_api_management_api_operation": {
            name: {
                **GATEWAY,
                "api_name": "orders",
                "operation_id": name,
                "display_name": name,
                "method": method,
                "url_template": template,
            }
            for name, method, template in (
                ("get", "GET", "/items/{id}"),
                ("search", "GET", "/search?q={q}"),
                ("post", "POST", "/items"),
            )
        },
        "azurerm_api_management_api_policy": {
            "orders": {**GATEWAY, "api_name": "orders", "xml_content": text}
        },
    }
    for kind, blocks in (more or {}).items():
        resources.setdefault(kind, {}).update(blocks)
    return {"resource": resources}


class Recorder:
    """A backend that answers what it is told, and keeps what it received."""

    def __init__(self, *answers: SimulatedResponse | Exception) -> None:
        self.received: list[SimulatedRequest] = []
        self._answers = list(answers)

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        """Answer the next answer; the last one for ever."""
        self.received.append(request.copy())
        if not self._answers:
            return SimulatedResponse.of(200, {"ok": True})
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if answer.body.streams else answer.copy()


def chain(content: dict[str, Any], backend: Any = None, **options: Any) -> SimulatedGateways:
    """A chain of a stack, at a time that stands still."""
    options.setdefault("clock", ManualClock())
    options.setdefault("random", Random(1))
    return SimulatedGateways.read(content, backend=backend or Recorder(), **options)
