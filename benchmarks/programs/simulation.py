"""Say how many requests a second a simulated stack answers, part by part in turn.

    python benchmarks/programs/simulation.py FOLDER PATH [ROUNDS [SECONDS]]

Two parts, each with the subscription key checked, all policies run and the whole trace kept: the
gateway in front of a backend that answers at once, with a token that it has already, and the whole
chain, where Easy Auth checks the token's RS256 signature and claims and a function answers. The
seconds are those that this process spends on a core.
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from constructs_lib.simulation.chain import SimulatedGateways
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.outside import AccessToken, SimulatedIdentity
from constructs_lib.testing import simulate


class Outside:
    """A backend and an issuer that cost nothing."""

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        assert request.headers["Authorization"]
        return SimulatedResponse.of(200, b"{}")

    def token(self, identity: SimulatedIdentity, resource: str) -> AccessToken:
        return AccessToken(f"{identity.name} {resource}", float("inf"))

    def document(self, url: str) -> None:
        raise AssertionError(url)


def rate(call: Callable[[], Any], seconds: float) -> float:
    """Calls a second; each is answered with 200."""
    answered, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < seconds:
        assert call().status == 200
        answered += 1
    return answered / spent


def main(folder: str, path: str, rounds: str = "5", seconds: str = "1") -> None:
    gateway = SimulatedGateways.read(folder, backend=Outside(), tokens=Outside())
    whole = simulate(folder, functions={"orders": lambda _: "{}"})
    key = gateway.key()
    parts: dict[str, Callable[[], Any]] = {
        "gateway": lambda: gateway.request("GET", path, key=key),
        "chain": lambda: whole.get(path, key=key),
    }
    found: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(int(rounds)):
        for name, call in parts.items():
            found[name].append(rate(call, float(seconds)))
    print(json.dumps({name: round(median(rates)) for name, rates in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
