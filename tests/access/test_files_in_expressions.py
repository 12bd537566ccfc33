"""Policies that stand in files of the folder are read as Terraform reads them, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks, read_terraform
from constructs_lib.access.terraform.files import LARGEST
from tests.access.samples import AUDIENCE, CLIENT, chain, policy, without_token

POLICY = "azurerm_api_management_api_policy.orders"
TEMPLATE = policy("${audience}", "${client}").replace(
    "${azurerm_api_management_backend.orders.name}", "func-orders"
)
GIVEN = f"{{ audience = {AUDIENCE[2:-1]}, client = {CLIENT[2:-1]} }}"


def written(folder: Path, expression: str, **files: str) -> Path:
    """The sample with an expression as its policy, and files beside it."""
    document = chain()
    document["resource"]["azurerm_api_management_api_policy"]["orders"]["xml_content"] = (
        f"${{{expression}}}"
    )
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_xml", ".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "main.tf.json").write_text(json.dumps(document))
    return folder


def rules(analysis: Analysis) -> set[str]:
    return {each.rule for each in analysis.findings}


@pytest.mark.parametrize(
    "expression",
    [
        f'templatefile("${{path.module}}/policies/orders.xml", {GIVEN})',
        f'templatefile("${{path.root}}/policies/orders.xml", {GIVEN})',
        f'templatefile("policies/orders.xml", {GIVEN})',
        f'templatefile(format("%s/policies/%s.xml", path.module, "orders"), {GIVEN})',
        f'templatefile("${{path.module}}/policies/orders.xml", {GIVEN.replace(",", chr(10))})',
    ],
)
def test_a_template_is_filled_in(expression: str, tmp_path: Path) -> None:
    folder = written(tmp_path, expression, policies__orders_xml=TEMPLATE)
    assert rules(analyse(read_terraform(folder))) == set()
    written(tmp_path, expression, policies__orders_xml=without_token(TEMPLATE))
    assert "SF301" in rules(analyse(read_terraform(folder)))


def test_a_file_is_text_and_no_template(tmp_path: Path) -> None:
    text = TEMPLATE.replace("${audience}", "{{audience}}").replace("${client}", "{{client}}")
    folder = written(tmp_path, 'file("${path.module}/orders.xml")', orders_xml=text)
    document = json.loads((folder / "main.tf.json").read_text())
    document["resource"]["azurerm_api_management_named_value"] = {
        name: {
            "name": name,
            "display_name": name,
            "value": value,
            "api_management_name": "apim-sample",
            "resource_group_name": "rg",
        }
        for name, value in (("audience", AUDIENCE), ("client", CLIENT))
    }
    (folder / "main.tf.json").write_text(json.dumps(document))
    assert rules(analyse(read_terraform(folder))) == set()
    (folder / "orders.xml").write_text(TEMPLATE)
    assert rules(analyse(read_terraform(folder))) != set()


def test_a_template_that_branches_is_not_known(tmp_path: Path) -> None:
    text = TEMPLATE.replace("<inbound>", "<inbound>%{ if strict }<x />%{ endif }")
    expression = f'templatefile("orders.xml", {GIVEN})'
    analysis = analyse(read_terraform(written(tmp_path, expression, orders_xml=text)))
    assert rules(analysis) == {"SF901"}


@pytest.mark.parametrize(
    "expression",
    [
        f'templatefile("orders.xml", merge({{ audience = {AUDIENCE[2:-1]} }}, var.more))',
        f'replace(file("orders.xml"), "AUDIENCE", {AUDIENCE[2:-1]})',
    ],
)
def test_of_a_computed_policy_nothing_is_said_that_it_may_hold(
    expression: str, tmp_path: Path
) -> None:
    analysis = analyse(read_terraform(written(tmp_path, expression, orders_xml=TEMPLATE)))
    assert rules(analysis) - {"SF904"} == {"SF901"}
    assert [each.verdict for each in analysis.answers if each.caller.kind == "gateway"] == [
        "unknown"
    ]


def test_a_module_reads_its_own_files(tmp_path: Path) -> None:
    inner = written(tmp_path / "module", 'file("${path.module}/orders.xml")', orders_xml="<no")
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": {"m": {"source": "./module"}}}))
    analysis = analyse(read_terraform(tmp_path))
    assert "SF309" in rules(analysis)
    (inner / "orders.xml").write_text(without_token(TEMPLATE))
    assert "SF301" in rules(analyse(read_terraform(tmp_path)))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("${path.module}/../outside.xml", "it lies outside of the folder"),
        ("${path.module}/link.xml", "it lies outside of the folder"),
        ("/etc/hostname", "it lies outside of the folder"),
        ("${path.module}/none.xml", "it is not there"),
        ("${path.module}", "it is not there"),
        ("${path.module}/large.xml", "it is larger than 1 MB"),
        ("${path.module}/bytes.xml", "it is not text in UTF-8"),
        ("${path.module}/${var.name}.xml", "its name is known only after apply"),
        ("${path.cwd}/orders.xml", "its folder is not known here"),
    ],
)
def test_a_file_that_is_not_read_is_said(path: str, why: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", f'file("{path}")', large_xml=" " * (LARGEST + 1))
    (tmp_path / "outside.xml").write_text(policy())
    (folder / "link.xml").symlink_to(tmp_path / "outside.xml")
    (folder / "bytes.xml").write_bytes(b"\xff\xfe\xfa")
    document = json.loads((folder / "main.tf.json").read_text())
    (folder / "main.tf.json").write_text(json.dumps(document | {"variable": {"name": {}}}))
    analysis = analyse(read_terraform(folder))
    assert rules(analysis) == {"SF901"}
    assert any(why in each.message for each in analysis.findings)
    through = {each.verdict for each in analysis.answers if each.caller.kind == "gateway"}
    assert through <= {"unknown"}


def test_what_lies_in_no_folder_reads_no_files() -> None:
    document = chain()
    policies = document["resource"]["azurerm_api_management_api_policy"]
    policies["orders"]["xml_content"] = '${file("/etc/hostname")}'
    [found] = analyse(read_stacks({"stack": document})).findings
    assert "its folder is not known here" in found.message
