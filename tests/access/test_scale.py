"""A thousand APIs on one gateway: the work grows with their number, and memory stays small."""

from __future__ import annotations

import cProfile
import json
import pstats
import tracemalloc
from typing import Any

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.samples import Document, chain

SHARED = ("azurerm_api_management", "azurerm_user_assigned_identity")


def many(number: int) -> Document:
    """The sample with `number` APIs, each with a registration and an app of its own."""
    document: Document = {"data": chain()["data"], "resource": {}}
    for kind, resources in chain()["resource"].items():
        text = json.dumps(resources)
        document["resource"][kind] = {}
        for position in range(1 if kind in SHARED else number):
            renamed: dict[str, Any] = json.loads(
                text.replace("orders", f"orders-{position}").replace(
                    '"gateway": {"app_role', f'"gateway-{position}": {{"app_role'
                )
            )
            document["resource"][kind] |= renamed
    return document


def steps(number: int) -> tuple[int, Analysis]:
    """How many calls an analysis makes: a measure that no other work on the machine disturbs."""
    document = many(number)
    profile = cProfile.Profile()
    analysis = profile.runcall(lambda: analyse(read_stacks({"stack": document})))
    return int(pstats.Stats(profile).total_calls), analysis  # type: ignore[attr-defined]


def test_twice_the_apis_are_twice_the_work() -> None:
    steps(1)
    half, _ = steps(60)
    whole, analysis = steps(120)
    assert whole < 2.1 * half
    assert len(analysis.apis) == 120
    assert analysis.findings == ()
    assert not [each for each in analysis.answers if not each.wanted]


def test_a_thousand_apis_fit_into_300_megabytes() -> None:
    document = many(100)
    tracemalloc.start()
    try:
        analysis = analyse(read_stacks({"stack": document}))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(analysis.apis) == 100
    assert 10 * peak < 300_000_000


def test_a_thousand_apis_of_one_app() -> None:
    document = chain()
    for kind in ("api", "api_policy"):
        resources = document["resource"][f"azurerm_api_management_{kind}"]
        text = json.dumps(resources["orders"])
        for position in range(1000):
            name = f"azurerm_api_management_api.orders{position}"
            copied = text.replace("azurerm_api_management_api.orders", name)
            resources[f"orders{position}"] = json.loads(copied) | (
                {"name": f"orders{position}"} if kind == "api" else {}
            )
    analysis = analyse(read_stacks({"stack": document}))
    through = [each for each in analysis.answers if each.caller.kind == "gateway"]
    assert len(through) == 1001
    assert {each.verdict for each in through} == {"open"}
