"""Values are what Terraform makes of them: converted, repeated, and left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trust_samples import APP, Document, chain, directory, easy_auth

from constructs_lib.trust import Analysis, analyse, read_stacks
from constructs_lib.trust.terms import evaluate

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


# What an expression mentions ----------------------------------------------------------------------


def lead_nowhere(document: Document) -> set[str | None]:
    return {each.attribute for each in analysed(document).findings if each.rule == "SF904"}


@pytest.mark.parametrize(
    "expression",
    [
        '${file("${path.module}/policies/orders.xml")}',
        '${templatefile("policies/orders.xml.tftpl", { id = "x.y" })}',
        '${var.v2 ? "https://login.microsoftonline.com/x/v2.0" : "https://sts.windows.net/x/"}',
        "${[for a in [azurerm_user_assigned_identity.gateway] : a.client_id]}",
        "${{for k, v in azurerm_user_assigned_identity.gateway : k => v.client_id}}",
        "${ephemeral.azurerm_key_vault_secret.k.value}",
        '${lookup(azurerm_user_assigned_identity.gateway, "a.b").c.d}',
    ],
)
def test_what_only_looks_like_a_resource_is_none(expression: str) -> None:
    document = chain()
    document["variable"] = {"v2": {"type": "bool"}}
    of(document, f"{GATEWAY}_api_policy")["xml_content"] = expression
    directory(document)["tenant_auth_endpoint"] = expression
    assert lead_nowhere(document) == set()


@pytest.mark.parametrize(
    "expression",
    [
        "${azuread_application.gone.client_id}",
        "${sha1(azuread_application.gone.client_id)}",
        '${var.v2 ? azuread_application.gone.client_id : "x"}',
        '${true ? "x" : azuread_application.gone.client_id}',
        '${sha1("api://${azuread_application.gone.client_id}/x")}',
        "${[for a in [azuread_application.gone] : a.client_id]}",
        '${azuread_application.gone["a"].client_id}',
    ],
)
def test_a_resource_that_is_missing_is_named_wherever_it_stands(expression: str) -> None:
    document = chain()
    document["variable"] = {"v2": {"type": "bool"}}
    directory(document)["tenant_auth_endpoint"] = expression
    assert lead_nowhere(document) == {"azuread_application.gone"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("${var.yes ? 1 : 2}", 1),
        ("${var.no ? 1 : 2}", 2),
        ("${!var.no ? 1 : 2}", 1),
        ('${var.name == "a:b" && !(var.no) ? "x" : "y"}', "x"),
        ('${var.name != "a:b" || var.no}', False),
        ("${var.yes ? var.no ? 1 : 2 : 3}", 2),
        ("${1 == true}", False),
        ("${[var.no ? 1 : 2]}", [2]),
    ],
)
def test_conditions_that_are_known_are_decided(expression: str, value: object) -> None:
    known = {"yes": True, "no": "false", "name": "a:b"}
    assert evaluate(expression, lambda steps: known[str(steps[1])]) == value


def test_a_condition_that_is_not_known_is_not_decided() -> None:
    document = chain()
    document["variable"] = {"on": {"type": "bool"}}
    easy_auth(document)["require_authentication"] = "${var.on ? true : false}"
    assert "SF102" not in rules(document)
    assert "open" not in {a.verdict for a in analysed(document).answers if not a.wanted}
    document["variable"]["on"]["default"] = False
    assert "SF102" in rules(document)
