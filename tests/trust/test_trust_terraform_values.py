"""Values are what Terraform makes of them: converted, repeated, and left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trust_samples import APP, Document, chain, easy_auth

from constructs_lib.trust import Analysis, analyse, read_stacks

GATEWAY = "azurerm_api_management"
Change = Callable[[Document], object]


def analysed(document: Document) -> Analysis:
    return analyse(read_stacks({"stack": document}))


def rules(document: Document) -> set[str]:
    return {each.rule for each in analysed(document).findings}


def app(document: Document) -> Document:
    return document["resource"][APP]["orders"]


def of(document: Document, kind: str) -> Document:
    return document["resource"][kind]["orders"]


# Booleans as text ---------------------------------------------------------------------------------


def written(value: object) -> dict[str, Change]:
    """A change per rule that a boolean of this value breaks."""
    basic = "publish_basic_authentication_enabled"
    return {
        "SF102": lambda d: easy_auth(d).update(require_authentication=value),
        "SF101": lambda d: easy_auth(d).update(auth_enabled=value),
        "SF402": lambda d: app(d).update(https_only=value),
        "SF204": lambda d: of(d, "azuread_service_principal").update(
            app_role_assignment_required=value
        ),
        "SF501": lambda d: of(d, f"{GATEWAY}_api").update(subscription_required=value),
        "SF403": lambda d: app(d).update({f"webdeploy_{basic}": value}),
        "SF404": lambda d: app(d).update({f"ftp_{basic}": value}),
    }


@pytest.mark.parametrize("text", ["false", "0", '${tobool("false")}', "${var.no}", "${local.no}"])
@pytest.mark.parametrize("rule", ["SF101", "SF102", "SF204", "SF402", "SF501"])
def test_false_as_text_is_false(rule: str, text: str) -> None:
    document = chain()
    document["variable"] = {"no": {"type": "bool", "default": "false"}}
    document["locals"] = {"no": "false"}
    written(text)[rule](document)
    assert rule in rules(document)


@pytest.mark.parametrize("text", ["true", "1", '${tobool("true")}', "${var.yes}"])
@pytest.mark.parametrize("rule", ["SF403", "SF404"])
def test_true_as_text_is_true(rule: str, text: str) -> None:
    document = chain()
    document["variable"] = {"yes": {"default": "true"}}
    written(text)[rule](document)
    assert rule in rules(document)


def test_a_right_chain_of_text_is_right() -> None:
    document = chain()
    for rule, change in written("true").items():
        if rule not in ("SF403", "SF404"):
            change(document)
    for rule in ("SF403", "SF404"):
        written("false")[rule](document)
    assert rules(document) == set()


def test_what_is_text_stays_text() -> None:
    document = chain()
    app(document)["app_settings"] = {"enabled": "true", "LOGGING_enabled": "false"}
    configuration = read_stacks({"stack": document})
    [resource] = configuration.of_type(APP)
    settings = configuration.body(resource).value("app_settings")
    assert settings == {"enabled": "true", "LOGGING_enabled": "false"}
