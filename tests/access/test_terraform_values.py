"""Values are what Terraform makes of them: converted, repeated, and left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks, read_terraform
from constructs_lib.access.chain import Chain
from constructs_lib.access.terraform.expressions import evaluate
from constructs_lib.access.terraform.values import Opaque, Term, same
from tests.access.samples import APP, Document, chain, directory, easy_auth

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
        "${{for each in module.several : each.name => each.id}}",
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
    on: dict[str, object] = {"type": "bool"}
    document["variable"] = {"on": on}
    easy_auth(document)["require_authentication"] = "${var.on ? true : false}"
    assert "SF102" not in rules(document)
    assert "open" not in {a.verdict for a in analysed(document).answers if not a.wanted}
    on["default"] = False
    assert "SF102" in rules(document)


# Dynamic blocks -----------------------------------------------------------------------------------


def moved_into_dynamic(document: Document, for_each: object) -> None:
    """Easy Auth's block as a dynamic one."""
    content = app(document).pop("auth_settings_v2")
    app(document)["dynamic"] = {"auth_settings_v2": {"for_each": for_each, "content": content}}


@pytest.mark.parametrize("none", [[], {}, "${[]}", "${var.protect ? [1] : []}", "${local.none}"])
def test_a_dynamic_block_of_nothing_is_absent(none: object) -> None:
    document = chain()
    document["variable"] = {"protect": {"type": "bool", "default": False}}
    document["locals"] = {"none": []}
    moved_into_dynamic(document, none)
    assert "SF101" in rules(document)


@pytest.mark.parametrize("some", [[1], {"a": 1}, "${[1]}", "${var.protect ? [1] : []}"])
def test_a_dynamic_block_of_something_is_present(some: object) -> None:
    document = chain()
    document["variable"] = {"protect": {"type": "bool", "default": True}}
    moved_into_dynamic(document, some)
    assert rules(document) == set()


@pytest.mark.parametrize("some", ["${var.protect ? [1] : []}", "${var.list}", "${toset(f())}"])
def test_a_dynamic_block_of_who_knows_what_proves_nothing(some: str) -> None:
    document = chain()
    document["variable"] = {"protect": {"type": "bool"}, "list": {"type": "list(string)"}}
    moved_into_dynamic(document, some)
    analysis = analysed(document)
    beside = {"plain-http", "publishing", "gateway-without-key"}
    assert {a.verdict for a in analysis.answers if a.caller.kind not in beside} == {"unknown"}
    assert {each.severity for each in analysis.findings} == {"note"}


def test_what_may_be_left_out_is_still_followed() -> None:
    document = chain()
    document["variable"] = {"list": {"type": "list(string)"}}
    moved_into_dynamic(document, "${var.list}")
    content = app(document)["dynamic"]["auth_settings_v2"]["content"]
    content["active_directory_v2"]["client_id"] = "${azuread_application.gone.client_id}"
    assert lead_nowhere(document) == {"azuread_application.gone"}


def test_static_and_dynamic_blocks_of_a_name_both_count() -> None:
    document = chain()
    site = app(document)["site_config"]
    site["ip_restriction_default_action"] = "Deny"
    site["ip_restriction"] = [{"ip_address": "203.0.113.7/32"}]
    assert "SF411" not in rules(document)
    site["dynamic"] = {
        "ip_restriction": {
            "for_each": ["0.0.0.0/0"],
            "content": {"ip_address": "${ip_restriction.value}"},
        }
    }
    assert "SF411" in rules(document)


@pytest.mark.parametrize("named", [{}, {"iterator": "rule"}])
def test_iterators_mean_their_items(named: dict[str, str]) -> None:
    document = chain()
    subnet = "${azurerm_subnet.gw.id}"
    document["resource"]["azurerm_subnet"] = {"gw": {"name": "gw"}}
    service = document["resource"][GATEWAY]["gateway"]
    service["virtual_network_configuration"] = {"subnet_id": subnet}
    iterator = named.get("iterator", "ip_restriction")
    app(document)["site_config"] |= {
        "ip_restriction_default_action": "Deny",
        "dynamic": {
            "ip_restriction": {
                "for_each": [subnet],
                "content": {"virtual_network_subnet_id": f"${{{iterator}.value}}"},
                **named,
            }
        },
    }
    assert rules(document) == set()
    del service["virtual_network_configuration"]
    assert "SF401" in rules(document)


def test_iterators_of_who_knows_what_lead_nowhere_in_particular() -> None:
    document = chain()
    document["variable"] = {"subnets": {"type": "map(string)"}}
    app(document)["site_config"]["dynamic"] = {
        "ip_restriction": {
            "for_each": "${var.subnets}",
            "content": {"virtual_network_subnet_id": "${ip_restriction.value.id}"},
        }
    }
    assert lead_nowhere(document) == set()


# Instances ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("none", [{"count": 0}, {"count": "0"}, {"for_each": {}}, {"for_each": []}])
@pytest.mark.parametrize(
    ("kind", "name"),
    [(f"{GATEWAY}_api_policy", "orders"), ("azuread_app_role_assignment", "gateway")],
)
def test_a_resource_without_instances_is_not_there(
    kind: str, name: str, none: dict[str, object]
) -> None:
    without, document = chain(), chain()
    del without["resource"][kind][name]
    document["resource"][kind][name].update(none)
    assert rules(document) == rules(without) != set()


@pytest.mark.parametrize("none", ["${var.slots ? 1 : 0}", "${0}"])
def test_a_slot_without_instances_is_not_judged(none: str) -> None:
    document = chain()
    document["variable"] = {"slots": {"default": False}}
    slot: Document = {"name": "next", "function_app_id": f"${{{APP}.orders.id}}", "count": none}
    document["resource"][f"{APP}_slot"] = {"next": slot}
    assert rules(document) == set()
    slot["count"] = 1
    assert "SF101" in rules(document)


def keyed(document: Document, address: str, key: str) -> Document:
    """The document with each reference to a resource by a key."""
    index = json.dumps(f"[{key}]")[1:-1]
    return json.loads(json.dumps(document).replace(f"{address}.", f"{address}{index}."))


IDENTITY_ADDRESS = "azurerm_user_assigned_identity.gateway"
REPETITIONS = [({"for_each": {"gw": 1}}, '"gw"'), ({"count": 2}, "1"), ({"count": 1}, "0")]


@pytest.mark.parametrize(("repetition", "key"), REPETITIONS)
def test_an_identity_by_its_key(repetition: dict[str, object], key: str) -> None:
    document = keyed(chain(), IDENTITY_ADDRESS, key)
    document["resource"]["azurerm_user_assigned_identity"]["gateway"].update(repetition)
    assert rules(document) == set()
    assert {a.verdict for a in analysed(document).answers if a.caller.kind == "gateway"} == {"open"}


def test_another_key_is_another_identity() -> None:
    document = keyed(chain(), IDENTITY_ADDRESS, '"gw"')
    identity = document["resource"]["azurerm_user_assigned_identity"]["gateway"]
    identity["for_each"] = '${toset(["gw", "other"])}'
    assert rules(document) == set()
    other = '${azurerm_user_assigned_identity.gateway["other"].client_id}'
    directory(document)["allowed_applications"] = [other]
    assert "SF109" in rules(document)


@pytest.mark.parametrize("key", ['"gw"', "0", "var.key"])
def test_instances_that_are_not_known_raise_no_error(key: str) -> None:
    document = keyed(chain(), IDENTITY_ADDRESS, key)
    document["variable"] = {"which": {"type": "any"}, "key": {"type": "string"}}
    repetition = "count" if key == "0" else "for_each"
    identity = document["resource"]["azurerm_user_assigned_identity"]["gateway"]
    identity[repetition] = "${var.which}"
    assert "error" not in {each.severity for each in analysed(document).findings}


@pytest.mark.parametrize(
    ("repetition", "key"), [({"for_each": {"blue": 1, "green": 2}}, '"blue"'), ({"count": 2}, "1")]
)
def test_a_backend_of_one_instance_of_an_app(repetition: dict[str, object], key: str) -> None:
    document = keyed(chain(), f"{APP}.orders", key)
    word = "each.key" if "for_each" in repetition else "count.index"
    app(document).update(repetition, name=f"func-orders-${{{word}}}")
    analysis = analysed(document)
    assert "error" not in {each.severity for each in analysis.findings}
    [target] = {a.target.address for a in analysis.answers if a.wanted and a.verdict == "open"}
    assert target == f"{APP}.orders[{key}]"


@pytest.mark.parametrize(
    "keys", [{"a": "x", "b": "y"}, '${toset(["a", "b"])}', "${local.keys}", "${var.keys}"]
)
def test_an_api_and_its_policy_for_each(keys: object) -> None:
    document = chain()
    document["locals"] = {"keys": {"a": {}, "b": {}}}
    document["variable"] = {"keys": {"type": "set(string)"}}
    name = f"${{{GATEWAY}_api.orders[each.key].name}}"
    of(document, f"{GATEWAY}_api").update(for_each=keys, name="${each.key}", path="${each.key}")
    of(document, f"{GATEWAY}_api_policy").update(for_each=keys, api_name=name)
    assert "error" not in {each.severity for each in analysed(document).findings}


def test_instances_of_instances() -> None:
    document = chain()
    apis = f"${{{GATEWAY}_api.orders}}"
    of(document, f"{GATEWAY}_api").update(for_each={"a": 1, "b": 2}, name="${each.key}")
    of(document, f"{GATEWAY}_api_policy").update(for_each=apis, api_name="${each.value.name}")
    assert rules(document) <= {"SF506"}
    assert {api.name for api in analysed(document).apis} == {"a", "b"}


@pytest.mark.parametrize("word", ["count", "for_each"])
@pytest.mark.parametrize(
    "value", [None, True, -1, 2.5, 10**12, "9" * 5000, [["a"]], "${local.circle}", "${each.key}"]
)
def test_what_counts_nothing_breaks_nothing(word: str, value: object) -> None:
    document = chain()
    document["locals"] = {"circle": "${local.circle}"}
    app(document)[word] = value
    app(document)["site_config"]["dynamic"] = {"ip_restriction": {"for_each": value}}
    assert analysed(document).answers or value == -1


def test_what_repeats_by_itself_cannot_be_told() -> None:
    document = chain()
    app(document)["for_each"] = f"${{{APP}.orders}}"
    assert "error" not in {each.severity for each in analysed(document).findings}


def test_what_is_computed_of_another_key_is_something_else() -> None:
    document = chain()
    document["variable"] = {"ids": {"type": "map(string)"}}
    client = "${lookup(var.ids, each.key)}"
    app(document).update(for_each={"a": 1, "b": 2}, name="func-${each.key}")
    directory(document)["client_id"] = client
    configuration = read_stacks({"stack": document})
    one, other, again = (
        configuration.body(each).blocks("auth_settings_v2")[0].blocks("active_directory_v2")[0]
        for each in (*configuration.of_type(APP), next(configuration.of_type(APP)))
    )
    assert same(one.value("client_id"), other.value("client_id")) is None
    assert same(one.value("client_id"), again.value("client_id")) is True


# Instances in plans -------------------------------------------------------------------------------

BASE = "<policies><inbound /><backend><forward-request /></backend></policies>"
JSON_ID = {"constant_value": f"${{{GATEWAY}.gw[each.key].id}}"}


def plan(keys: dict[str, str], expression: dict[str, object]) -> Document:
    """A plan of gateways for each key, and of policies for all, each with the key it is given."""

    def instance(kind: str, name: str, key: str, values: dict[str, object]) -> Document:
        address = f'{kind}.{name}["{key}"]'
        return {
            "address": address,
            "mode": "managed",
            "type": kind,
            "name": name,
            "index": key,
            "values": values,
        }

    gateways = [instance(GATEWAY, "gw", key, {"name": f"apim-{key}"}) for key in keys]
    policies = [
        instance(f"{GATEWAY}_policy", "all", key, {"xml_content": xml}) for key, xml in keys.items()
    ]
    changes = [
        {"address": each["address"], "change": {"after_unknown": {"api_management_id": True}}}
        for each in policies
    ]
    references: list[object] = [f"{GATEWAY}.gw", "each.key"]
    declared = {
        "address": f"{GATEWAY}_policy.all",
        "expressions": {"api_management_id": {"references": references, **expression}},
    }
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [*gateways, *policies]}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": [declared]}},
    }


@pytest.mark.parametrize("expression", [{}, JSON_ID])
def test_each_policy_of_a_plan_finds_the_gateway_of_its_key(
    tmp_path: Path, expression: dict[str, object]
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan({"we": BASE, "ne": BASE}, expression)), encoding="utf-8")
    found = Chain(read_terraform(file)).gateways
    assert {each.name: each.policy and each.policy.address for each in found} == {
        "apim-we": f'{GATEWAY}_policy.all["we"]',
        "apim-ne": f'{GATEWAY}_policy.all["ne"]',
    }


def test_a_policy_of_a_plan_without_a_gateway_of_its_key_finds_none(tmp_path: Path) -> None:
    document = plan({"we": BASE, "ne": BASE}, {})
    resources = document["planned_values"]["root_module"]["resources"]
    [gateway] = [each for each in resources if each["address"] == f'{GATEWAY}.gw["ne"]']
    resources.remove(gateway)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    policies = {
        each.name: each.policy and each.policy.address
        for each in Chain(read_terraform(file)).gateways
    }
    assert policies.pop("apim-we") == f'{GATEWAY}_policy.all["we"]'
    assert list(policies.values()) == [f'{GATEWAY}_policy.all["ne"]']


# Loops and types ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('[for x in ["a", "b"] : upper(x)]', ["A", "B"]),
        ('[for x in ["a", "b"] : x if x != "a"]', ["b"]),
        ('{for i, x in ["a"] : x => i}', {"a": 0}),
        ("{for k, v in {x = {n = 1}} : k => v.n}", {"x": 1}),
        ('[for x in ["a"] : [for y in ["b"] : "${x}${y}"]]', [["ab"]]),
        ("{for x in [] : x.name => x}", {}),
        ('{for i, x in ["a"] : tostring(i) => x}', {"0": "a"}),
    ],
)
def test_a_loop_over_what_is_known_is_run(expression: str, value: object) -> None:
    assert evaluate(f"${{{expression}}}", lambda _: None) == value


@pytest.mark.parametrize(
    "expression",
    [
        "[for x in var.unknown : x]",
        '{for x in ["a"] : x => x...}',
        "[for x in [{}] : x.missing]",
        "{for x in [1] : var.unknown => x}",
        "{for x in [1] : null => x}",
        "{for x in [1] : [x] => x}",
        "[for x in [var.unknown] : x.attribute]",
    ],
)
def test_any_other_loop_is_not_known(expression: str) -> None:
    value = evaluate(f"${{{expression}}}", lambda _: Term((Opaque("?", known=False),)))
    assert isinstance(value, Term)


@pytest.mark.parametrize(
    ("optional", "rule"),
    [("optional(bool, false)", "SF501"), ("optional(bool, true)", None), ("bool", None)],
)
def test_an_attribute_that_is_left_out_has_the_default_of_its_type(
    optional: str, rule: str | None
) -> None:
    document = chain()
    kind = f"map(object({{key = {optional}, other = optional(string)}}))"
    document["variable"] = {"apis": {"type": kind, "default": {"orders": {}}}}
    of(document, f"{GATEWAY}_api")["subscription_required"] = '${var.apis["orders"].key}'
    assert ("SF501" in rules(document)) is (rule is not None)


@pytest.mark.parametrize(("nullable", "rules_broken"), [(False, {"SF113"}), (True, set[str]())])
def test_null_is_the_default_of_a_variable_that_is_never_null(
    nullable: bool, rules_broken: set[str], tmp_path: Path
) -> None:
    document = chain()
    variable = {"default": ["/api/open"], "nullable": nullable}
    document["variable"] = {"paths": variable}
    easy_auth(document)["excluded_paths"] = "${var.paths}"
    (tmp_path / "main.tf.json").write_text(json.dumps(document))
    (tmp_path / "terraform.tfvars.json").write_text('{"paths": null}')
    analysis = analyse(read_terraform(tmp_path))
    assert {each.rule for each in analysis.findings} == rules_broken


def test_a_type_that_cannot_be_read_leaves_its_variable_unknown() -> None:
    document = chain()
    document["variable"] = {"api": {"type": "object({key = optional(", "default": {}}}
    of(document, f"{GATEWAY}_api")["subscription_required"] = "${var.api.key}"
    assert "SF901" in rules(document)


def test_settings_that_may_be_none_break_no_rule() -> None:
    document = chain()
    settings = app(document).pop("auth_settings_v2")
    del settings["active_directory_v2"]["allowed_applications"]
    content = {"for_each": "${var.who_knows}", "content": settings}
    old = {"for_each": "${var.who_knows}", "content": {"enabled": True}}
    app(document)["dynamic"] = {"auth_settings_v2": content, "auth_settings": old}
    analysis = analysed(document)
    assert {each.severity for each in analysis.findings} == {"note"}
    assert {each.verdict for each in analysis.answers if each.caller.kind == "anonymous"} == {
        "unknown"
    }
