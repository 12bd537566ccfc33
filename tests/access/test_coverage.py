"""Every argument of the chain's resources is spoken of, and none leaves a door closed unread."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.access import Analysis, analyse, read_stacks
from constructs_lib.access.terraform import coverage
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.values import Term, Value
from tests.access.samples import APP, Document, chain, easy_auth
from tests.access.test_mcp import server
from tests.terraform.harness import needs_stand_in

OUTSIDERS = frozenset(
    {"anonymous", "application", "application-with-role", "foreign", "function-key", "user"}
    | {"gateway-without-key", "host-key", "mcp-other-client", "plain-http", "publishing"}
)


def test_every_argument_of_the_schemas_has_an_entry() -> None:
    missing = [
        f"{kind} {path}"
        for kind, paths in coverage.arguments().items()
        for path in sorted(paths)
        if path != "id" and coverage.entry(kind, path) is None
    ]
    assert missing == []
    assert sum(map(len, coverage.arguments().values())) > 1000


def test_every_entry_says_why_and_speaks_of_what_there_is() -> None:
    for entry in coverage.entries():
        assert entry.why, entry
        exact = [kind for kind in entry.types if "*" not in kind]
        for argument in entry.arguments:
            if argument == "*" or not any(kind in coverage.arguments() for kind in exact):
                continue
            known = {path for kind in exact for path in coverage.arguments().get(kind, ())}
            inside = argument.removesuffix(".*")
            assert any(path == inside or path.startswith(f"{inside}.") for path in known), (
                entry.types,
                argument,
            )


@needs_stand_in
def test_the_list_of_arguments_is_fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tools import provider_arguments

    written = coverage.ARGUMENTS.read_text(encoding="utf-8")
    monkeypatch.setattr(coverage, "ARGUMENTS", tmp_path / "arguments.json")
    provider_arguments.main()
    assert (tmp_path / "arguments.json").read_text(encoding="utf-8") == written


# The property -------------------------------------------------------------------------------------

UNKNOWN = "${var.unknown}"
# What some argument can open or close a door with, and what none of them means anything with.
VALUES: list[Any] = [
    True,
    False,
    "x",
    1,
    ["x"],
    {"x": "y"},
    None,
    "Allow",
    "Deny",
    "AllowAnonymous",
]
VALUES += ["Return401", "0.0.0.0/0", "Internet", "AllAllowed", "AzureADMultipleOrgs", ["/x"]]


def behind_network_rules() -> Document:
    """Easy Auth is off, so that the network rules and the passwords of both sites decide."""
    document = chain()
    easy_auth(document)["auth_enabled"] = False
    app = document["resource"][APP]["orders"]
    app["webdeploy_publish_basic_authentication_enabled"] = True
    rule = {"name": "x", "priority": 1, "action": "Allow", "ip_address": "192.0.2.0/24"}
    for name in ("ip_restriction", "scm_ip_restriction"):
        app["site_config"] |= {name: [rule], f"{name}_default_action": "Deny"}
    return document


def with_slot_and_product() -> Document:
    """A slot that decides for itself, and a product that may let callers in without a key."""
    document = chain()
    app = document["resource"][APP]["orders"]
    document["resource"][f"{APP}_slot"] = {
        "blue": {**copy.deepcopy(app), "name": "blue", "function_app_id": f"${{{APP}.orders.id}}"}
    }
    gateway = {"api_management_name": "${azurerm_api_management.gateway.name}"}
    product = {**gateway, "product_id": "p", "published": True, "subscription_required": True}
    document["resource"]["azurerm_api_management_product"] = {"p": product}
    api = "${azurerm_api_management_api.orders.name}"
    served = {**gateway, "product_id": "p", "api_name": api}
    document["resource"]["azurerm_api_management_product_api"] = {"p": served}
    return document


def on_flex_consumption() -> Document:
    text = json.dumps(chain()).replace(APP, "azurerm_function_app_flex_consumption")
    return json.loads(text)


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "chain": chain,
    "network": behind_network_rules,
    "slot": with_slot_and_product,
    "flex": on_flex_consumption,
    "mcp": server,
}
LINKS = sorted(
    (name, kind, path)
    for name, make in DOCUMENTS.items()
    for kind in make()["resource"]
    for path in coverage.arguments().get(kind, ())
    if (entry := coverage.entry(kind, path)) is not None
    and entry.standing != "harmless"
    and path not in ("name", "display_name", "id")
    # What stands there is what links refer to each other by.
    and path.rpartition(".")[2] not in ("client_id", "function_app_id", "product_id", "api_name")
)


def verdicts(analysis: Analysis) -> dict[tuple[str, str], str]:
    return {
        (each.caller.id, each.target.address): each.verdict
        for each in analysis.answers
        if each.caller.kind in OUTSIDERS
    }


def changed(kind: str, path: str, value: Any, of: Callable[[], Document] = chain) -> Document:
    document = of()
    for body in document["resource"][kind].values():
        place = body
        *blocks, last = path.split(".")
        for block in blocks:
            inner = place.setdefault(block, {})
            place = inner[0] if isinstance(inner, list) and inner else inner
            if not isinstance(place, dict):
                return document
        place[last] = copy.deepcopy(value)
    return document


def opened(link: tuple[str, str, str], value: Any) -> dict[tuple[str, str], str]:
    name, kind, path = link
    analysis = analyse(read_stacks({"stack": changed(kind, path, value, DOCUMENTS[name])}))
    assert "null" not in json.dumps([each.message for each in analysis.findings])
    assert analysis.answers
    return verdicts(analysis)


@given(st.sampled_from(LINKS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_not_known_closes_no_door_that_some_value_opens(link: tuple[str, str, str]) -> None:
    """And none is open for sure that some value closes."""
    unknown = opened(link, UNKNOWN)
    for value in VALUES:
        for door, verdict in opened(link, value).items():
            said = unknown.get(door, "unknown")
            assert "unknown" in (said, verdict) or said == verdict, (link, value, door, said)


def test_the_property_would_notice_an_argument_that_nobody_looks_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = Body.value

    def overlooking(body: Body, name: str, default: Value = None) -> Value:
        found = value(body, name, default)
        looked_at = name != "require_authentication" or not isinstance(found, Term)
        return found if looked_at else True

    monkeypatch.setattr(Body, "value", overlooking)
    link = ("chain", APP, "auth_settings_v2.require_authentication")
    assert link in LINKS
    with pytest.raises(AssertionError):
        test_what_is_not_known_closes_no_door_that_some_value_opens.hypothesis.inner_test(link)


@pytest.mark.parametrize("kind", sorted(chain()["resource"]))
def test_an_argument_of_the_future_is_never_taken_for_nothing(kind: str) -> None:
    if not coverage.listed(kind):
        pytest.skip("what the type says as a whole is in the table")
    analysis = analyse(read_stacks({"stack": changed(kind, "argument_of_the_future", "x")}))
    [found] = [each for each in analysis.findings if each.rule == "SF906"]
    assert "argument_of_the_future" in found.message
    before = verdicts(analyse(read_stacks({"stack": chain()})))
    after = verdicts(analysis)
    for answer in analysis.answers:
        if answer.verdict == "closed":  # By another link, of which everything is known.
            assert not (answer.address or "").startswith(f"{kind}."), answer.reason
    assert {key for key, verdict in after.items() if verdict == "open"} == set()
    assert before.keys() == after.keys()
