"""A run of the command, and the search for secrets in what it shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.verify import local_azure
from tests.verify.local_azure import World


@dataclass
class Run:
    """A run of the command: what a caller sees of it."""

    code: int
    out: str
    err: str

    @property
    def results(self) -> list[dict[str, Any]]:
        return json.loads(self.out)["results"]

    def failed(self) -> set[str]:
        return {result["rule"] for result in self.results if result["outcome"] == "failed"}

    def of(self, rule: str) -> list[dict[str, Any]]:
        return [result for result in self.results if result["rule"] == rule]


def assert_nothing_secret(shown: str, world: World) -> None:
    for secret in (local_azure.KEY, local_azure.FUNCTION_KEY, *world.tokens):
        for form in (secret, quote(secret, safe=""), secret.rpartition(".")[2]):
            assert form not in shown
    assert "Bearer" not in shown
