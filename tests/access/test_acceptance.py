"""A finding is accepted for one resource, with a reason, and no further."""

from __future__ import annotations

from typing import Any

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.access.samples import APP, Document, chain, easy_auth

ORDERS = f"{APP}.orders"


def accepting(document: Document, **accepted: dict[str, Any]) -> Analysis:
    value = {address.replace("__", "."): rules for address, rules in accepted.items()}
    document["output"] = {"secured_functions_accepted": {"value": value}}
    return analyse(read_stacks({"stack": document}))


def open_app() -> Document:
    document = chain()
    document["resource"][APP]["orders"]["https_only"] = False
    document["resource"][APP]["nightly"] = {
        **document["resource"][APP]["orders"],
        "name": "func-nightly",
    }
    return document


def test_it_holds_for_its_resource_and_rule_alone() -> None:
    analysis = accepting(open_app(), **{ORDERS: {"SF402": "behind a proxy"}})
    assert [(a.finding.address, a.reason) for a in analysis.accepted] == [
        (ORDERS, "behind a proxy")
    ]
    assert [(f.rule, f.address) for f in analysis.findings] == [("SF402", f"{APP}.nightly")]


def test_without_a_reason_it_does_not_hold() -> None:
    analysis = accepting(open_app(), **{ORDERS: {"SF402": "  "}})
    assert analysis.accepted == ()
    assert {f.rule for f in analysis.findings} == {"SF402", "SF902"}


def test_one_that_fits_nothing_is_found() -> None:
    analysis = accepting(chain(), **{ORDERS: {"SF402": "old", "SF999": "new"}})
    assert [f.rule for f in analysis.findings] == ["SF902", "SF902"]
    assert {f.severity for f in analysis.findings} == {"warning"}


def test_it_holds_in_its_own_stack_alone() -> None:
    document = open_app()
    document["output"] = {
        "secured_functions_accepted": {
            "value": {ORDERS: {"SF402": "x"}, f"{APP}.nightly": {"SF402": "x"}}
        }
    }
    analysis = analyse(read_stacks({"dev": document, "prod": open_app()}))
    assert {f.path for f in analysis.findings} == {"prod"}
    assert len(analysis.accepted) == 2


def test_tags_carry_the_reasons_that_constructs_ask_for() -> None:
    document = chain()
    easy_auth(document)["excluded_paths"] = ["/api/health"]
    app = document["resource"][APP]["orders"]
    app["site_config"]["scm_ip_restriction_default_action"] = "Allow"
    app["tags"] = {
        "secured-functions:anonymous-paths": "the load balancer probes it",
        "secured-functions:open-deployment": "deployed from hosted agents",
    }
    analysis = analyse(read_stacks({"stack": document}))
    assert analysis.findings == ()
    assert {(a.finding.rule, a.reason) for a in analysis.accepted} == {
        ("SF113", "the load balancer probes it"),
        ("SF410", "deployed from hosted agents"),
    }


def test_other_outputs_and_values_are_no_acceptance() -> None:
    for value in ("x", ["x"], {ORDERS: "x"}, None):
        document = open_app()
        document["output"] = {"secured_functions_accepted": {"value": value}}
        assert analyse(read_stacks({"stack": document})).accepted == ()
