"""Folders, plans and states are read as Terraform reads them; what is not read is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks, read_terraform
from constructs_lib.access.report.view import View
from tests.access.kinds import APP, AUTH, SURE, Case, holds
from tests.access.samples import Document, chain, easy_auth

PLAIN = Path(__file__).parent / "plain_hcl"


def folder(directory: Path, **files: Any) -> Analysis:
    """The analysis of a folder; a name's `__` stands for its dot."""
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (directory / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return analyse(read_terraform(directory))


def off(**arguments: Any) -> Document:
    return {
        "resource": {APP: {"orders": arguments or {"auth_settings_v2": {"auth_enabled": False}}}}
    }


def variable(default: Any = True) -> Document:
    document = chain()
    easy_auth(document)["auth_enabled"] = "${var.auth}"
    document["variable"] = {"auth": {"default": default}}
    return document


# Override files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["override__tf__json", "z_override__tf__json"])
def test_an_override_file_replaces_blocks(tmp_path: Path, name: str) -> None:
    analysis = folder(tmp_path, main__tf__json=chain(), **{name: off()})
    holds(analysis, "SF101", {"anonymous": "open"})
    assert len(analysis.function_apps) == 1


def test_an_override_file_leaves_other_arguments(tmp_path: Path) -> None:
    written = off(https_only=False)
    holds(folder(tmp_path, main__tf__json=chain(), override__tf__json=written), "SF402")


def test_the_last_override_file_counts(tmp_path: Path) -> None:
    analysis = folder(
        tmp_path,
        main__tf__json=chain(),
        a_override__tf__json=off(https_only=False),
        b_override__tf__json=off(https_only=True),
    )
    holds(analysis, "clean")


def test_an_override_of_a_variable_counts(tmp_path: Path) -> None:
    written = {"variable": {"auth": {"default": False}}}
    analysis = folder(tmp_path, main__tf__json=variable(), override__tf__json=written)
    holds(analysis, "SF101", {"anonymous": "open"})


# Values of variables ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("terraform__tfvars__json", {"auth": False}),
        ("x__auto__tfvars__json", {"auth": False}),
        ("terraform__tfvars", "# comment\nauth = false\n"),
        ("x__auto__tfvars", 'other = "x"\nauth = false // off'),
        ("terraform__tfvars", "auth = false\nother = {\n  auth = true\n}\n"),
        ("terraform__tfvars", "auth = false\nother = [{\n  auth = true\n}]\n"),
        ("terraform__tfvars", "# it's a list [\nauth = false\n"),
        ("terraform__tfvars", 'other = <<END\n  # { "\n  http://[\nEND\nauth = false\n'),
        ("terraform__tfvars", "auth = false\nother = <<END\n  auth = true\nEND\n"),
        ("terraform__tfvars", 'auth = false\nother = {\n  name = "}"\n  auth = true\n}\n'),
    ],
)
def test_a_file_of_variables_counts(tmp_path: Path, name: str, content: Any) -> None:
    analysis = folder(tmp_path, main__tf__json=variable(), **{name: content})
    holds(analysis, "error", {"anonymous": "open"})


def test_the_last_file_of_variables_counts(tmp_path: Path) -> None:
    analysis = folder(
        tmp_path,
        main__tf__json=variable(),
        terraform__tfvars__json={"auth": False},
        a__auto__tfvars__json={"auth": True},
    )
    holds(analysis, "clean")


@pytest.mark.parametrize("name", ["prod__tfvars", "prod__tfvars__json"])
def test_a_file_of_values_that_terraform_may_be_told_of_counts(tmp_path: Path, name: str) -> None:
    content: Any = {"auth": False} if name.endswith("json") else "auth = false"
    analysis = folder(tmp_path, main__tf__json=variable(), **{name: content})
    holds(analysis, "told", {"anonymous": "unknown"})


def test_values_after_brackets_that_do_not_end_are_unknown(tmp_path: Path) -> None:
    analysis = folder(
        tmp_path, main__tf__json=variable(), terraform__tfvars="other = [\nauth = false\n"
    )
    holds(analysis, "told", {"anonymous": "unknown"})


def test_a_value_that_is_computed_is_unknown(tmp_path: Path) -> None:
    analysis = folder(tmp_path, main__tf__json=variable(), terraform__tfvars="auth = 1 > 2 ? a : b")
    holds(analysis, "told", {"anonymous": "unknown"})


# The same name twice ------------------------------------------------------------------------------


def test_two_properties_of_one_name_both_count(tmp_path: Path) -> None:
    text = json.dumps(chain())
    open_app = {APP: {"more": {"name": "func-more", "https_only": True}}}
    twice = text[:-1] + ', "resource": ' + json.dumps(open_app) + "}"
    holds(folder(tmp_path, main__tf__json=twice), "SF101")


def test_the_first_of_two_counts_too(tmp_path: Path) -> None:
    open_app = {APP: {"more": {"name": "func-more", "https_only": True}}}
    twice = '{"resource": ' + json.dumps(open_app) + ", " + json.dumps(chain())[1:]
    holds(folder(tmp_path, main__tf__json=twice), "SF101")


def test_an_argument_that_stands_twice_is_said(tmp_path: Path) -> None:
    text = json.dumps(chain()).replace(
        '"https_only": true', '"https_only": true, "https_only": false'
    )
    holds(folder(tmp_path, main__tf__json=text), "told")


# What is not read ---------------------------------------------------------------------------------


def test_hcl_beside_is_said(tmp_path: Path) -> None:
    analysis = folder(tmp_path, main__tf__json=chain(), other__tf='resource "x" {')
    holds(analysis, "told", {"anonymous": "unknown"})
    assert "other.tf" in " ".join(each.message for each in analysis.findings)


MODULES = [
    Case(
        "a module may hold further apps",
        "told",
        {"module.app": {"source": "Azure/avm-res-web-site/azurerm", "name": "func-x"}},
        {"anonymous": "closed"},
    ),
    Case(
        "a module that is given the app may change it",
        "told",
        {"module.m": {"source": "./m", "site": f"${{{APP}.orders.id}}"}},
        {"anonymous": "unknown"},
    ),
    Case(
        "what is removed and not destroyed stays",
        "told",
        {"removed": [{"from": f"{APP}.old", "lifecycle": {"destroy": False}}]},
    ),
    Case(
        "what is destroyed does not",
        "clean",
        {"removed": [{"from": f"{APP}.old", "lifecycle": {"destroy": True}}]},
    ),
    Case(
        "what stays and decides nothing is not told",
        "clean",
        {"removed": [{"from": "azurerm_resource_group.old", "lifecycle": {"destroy": False}}]},
    ),
    Case("null is absent", "SF101", {AUTH: None}),
]


@pytest.mark.parametrize("case", MODULES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()


def test_apps_in_a_module_alone_are_not_none() -> None:
    document = chain()
    del document["resource"][APP]
    document["module"] = {"app": {"source": "x"}}
    document["resource"]["azurerm_api_management_backend"]["orders"]["url"] = (
        "https://${module.app.host}/api"
    )
    analysis = analyse(read_stacks({"stack": document}))
    holds(analysis, "told")
    assert View(analysis).headline != "There is no function app in it."


# Plans and states ---------------------------------------------------------------------------------


def shown(tmp_path: Path, name: str = "plan.json", **changes: Any) -> Analysis:
    document = json.loads((PLAIN / name).read_text(encoding="utf-8")) | changes
    file = tmp_path / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return analyse(read_terraform(file))


@pytest.mark.parametrize(
    "changes",
    [
        {"errored": True},
        {"complete": False},
        {"deferred_changes": [{"reason": "x", "resource_change": {"address": "a.b"}}]},
    ],
    ids=["a plan with an error", "a part of one", "one that puts something off"],
)
def test_a_plan_that_is_not_whole_is_said(tmp_path: Path, changes: dict[str, Any]) -> None:
    analysis = shown(tmp_path, **changes)
    assert "SF905" in {each.rule for each in analysis.findings}
    assert View(analysis).headline not in SURE


def dynamic(tmp_path: Path, paths: Any, unknown: Any) -> Analysis:
    """A first plan whose Easy Auth is made by `dynamic`: Terraform writes no expression for it."""
    text = (PLAIN / "hand_written_plan.json").read_text(encoding="utf-8")
    document = json.loads(text)
    for each in document["planned_values"]["root_module"]["resources"]:
        if each["type"] == APP:
            [settings] = each["values"]["auth_settings_v2"]
            settings["excluded_paths"] = paths
    for change in document["resource_changes"]:
        if change["type"] == APP:
            told = change["change"]["after_unknown"].setdefault("auth_settings_v2", [{}])
            told[0]["excluded_paths"] = unknown
    for each in document["configuration"]["root_module"]["resources"]:
        if each["type"] == APP:
            del each["expressions"]["auth_settings_v2"]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return analyse(read_terraform(file))


def test_what_a_dynamic_block_leaves_open_stays_unknown(tmp_path: Path) -> None:
    holds(dynamic(tmp_path, None, True), "told")


def test_a_path_in_a_dynamic_block_that_is_unknown_is_a_path(tmp_path: Path) -> None:
    holds(dynamic(tmp_path, [None], [True]), "SF113")


def test_what_is_known_in_a_dynamic_block_is_read(tmp_path: Path) -> None:
    holds(dynamic(tmp_path, ["/api/x"], [False]), "SF113")


@pytest.mark.parametrize("zero", ["", [], None])
def test_zero_values_of_a_state_are_absence(tmp_path: Path, zero: Any) -> None:
    document = json.loads((PLAIN / "state.json").read_text(encoding="utf-8"))
    for module in document["values"]["root_module"]["child_modules"]:
        for each in module["resources"]:
            if each["type"] == APP:
                [settings] = each["values"]["auth_settings_v2"]
                settings["excluded_paths"] = zero if zero != "" else []
                [directory] = settings["active_directory_v2"]
                directory["client_secret_setting_name"] = zero
    file = tmp_path / "state.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    holds(analyse(read_terraform(file)), "clean")


def test_an_app_elsewhere_that_a_gateway_calls_is_not_nothing() -> None:
    document = chain()
    del document["resource"][APP]
    backend = document["resource"]["azurerm_api_management_backend"]["orders"]
    backend["url"] = "https://func-elsewhere.azurewebsites.net/api"
    analysis = analyse(read_stacks({"stack": document}))
    holds(analysis, "SF901")
    assert "func-elsewhere" in " ".join(each.message for each in analysis.findings)


def test_a_file_of_variables_may_hold_comments_only(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text(json.dumps(chain()), encoding="utf-8")
    (tmp_path / "terraform.tfvars").write_text("# on = false\n", encoding="utf-8")
    assert analyse(read_terraform(tmp_path)).findings == ()
