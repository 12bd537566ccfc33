"""Terraform's own language: read as Terraform reads it, with lines, and unknown where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib import cli
from constructs_lib._core.errors import InputError
from constructs_lib.access import Analysis, analyse, read_terraform
from constructs_lib.access.report.view import View
from constructs_lib.access.terraform import folder as folders
from constructs_lib.access.terraform import reading
from constructs_lib.access.terraform.hcl import read_hcl

APP = """\
variable "name" {}
variable "https" { default = true }

resource "azurerm_linux_function_app" "this" {
  name       = "func-${var.name}"
  https_only = var.https

  site_config {
    minimum_tls_version = "1.0"
  }
}

output "host" { value = azurerm_linux_function_app.this.default_hostname }
"""
CALL = """\
locals {
  apps = {
    orders  = { https = true }
    billing = { https = false }
  }
}

module "app" {
  source   = "./modules/app"
  for_each = local.apps
  name     = each.key
  https    = each.value.https
}
"""


def project(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_tf", ".tf")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


def analysed(folder: Path, **files: str) -> Analysis:
    return analyse(read_terraform(project(folder, **files)))


def places(analysis: Analysis, rule: str, folder: Path) -> list[tuple[str, str | None]]:
    return [
        (f"{(each.path or '').removeprefix(f'{folder}/')}:{each.line}", each.address)
        for each in analysis.findings
        if each.rule == rule
    ]


def test_a_module_is_read_for_each_of_its_instances(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, main_tf=CALL, modules__app__main_tf=APP)
    this = "azurerm_linux_function_app.this"
    assert {each.name: each.address for each in analysis.function_apps} == {
        "func-orders": f'module.app["orders"].{this}',
        "func-billing": f'module.app["billing"].{this}',
    }
    at = "modules/app/main.tf:6"
    assert places(analysis, "SF402", tmp_path) == [(at, f'module.app["billing"].{this}')]
    assert places(analysis, "SF407", tmp_path) == [
        ("modules/app/main.tf:9", f'module.app["{name}"].{this}') for name in ("billing", "orders")
    ]
    assert places(analysis, "SF101", tmp_path)[0][0] == "modules/app/main.tf:4"


def test_what_a_module_gives_back_is_followed(tmp_path: Path) -> None:
    both = CALL.replace("for_each = local.apps\n", "").replace("each.key", '"orders"')
    both = both.replace("each.value.https", "true")
    both += """
resource "azurerm_api_management" "gateway" { name = "apim-x" }
resource "azurerm_api_management_api" "orders" {
  name                = "orders"
  path                = "orders"
  api_management_name = azurerm_api_management.gateway.name
  service_url         = "https://${module.app.host}/api"
}
"""
    analysis = analysed(tmp_path, main_tf=both, modules__app__main_tf=APP)
    [api] = analysis.apis
    assert api.targets == ("module.app.azurerm_linux_function_app.this",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("./modules/app", "Azure/avm-res-web-site/azurerm"), "its source is Azure/avm-res"),
        (("./modules/app", "./modules/none"), "its source is ./modules/none"),
        (("local.apps", "var.apps"), "how many there are of it is known only in a plan"),
    ],
)
def test_a_module_that_is_not_read_is_said(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    files = {"main_tf": CALL.replace(*change), "modules__app__main_tf": APP}
    analysis = analysed(tmp_path, **files)
    assert [each.rule for each in analysis.findings] == ["SF905"]
    assert said in analysis.findings[0].message


def test_a_value_that_another_file_may_give_is_unknown(tmp_path: Path) -> None:
    plain = APP.replace('variable "name" {}', 'variable "name" { default = "x" }')
    assert places(analysed(tmp_path, main_tf=plain), "SF402", tmp_path) == []
    off = plain.replace("default = true", "default = false")
    assert places(analysed(tmp_path, main_tf=off), "SF402", tmp_path)
    (tmp_path / "prod.tfvars").write_text("https = true\n")
    assert places(analysed(tmp_path, main_tf=off), "SF402", tmp_path) == []
    (tmp_path / "terraform.tfvars").write_text("https = false\n")
    assert places(analysed(tmp_path, main_tf=off), "SF402", tmp_path)


def test_override_files_are_merged(tmp_path: Path) -> None:
    override = 'resource "azurerm_linux_function_app" "this" {\n  https_only = false\n}\n'
    assert places(analysed(tmp_path, main_tf=APP, main_override_tf=override), "SF402", tmp_path)


def test_a_file_that_cannot_be_read_leaves_everything_unknown(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, main_tf=APP, other_tf="resource {\n")
    assert {each.verdict for each in analysis.answers} == {"unknown"}
    assert f"{tmp_path}/other.tf:2:1: is not HCL that can be read" in " ".join(
        each.message for each in analysis.findings
    )
    project(tmp_path, main_tf="resource {\n")
    with pytest.raises(InputError, match=r"other.tf:2:1: .*terraform show -json"):
        read_terraform(tmp_path)


def test_a_file_that_only_opentofu_reads_leaves_everything_unknown(tmp_path: Path) -> None:
    (tmp_path / "override.tofu").write_text(APP)
    analysis = analysed(tmp_path, main_tf=APP)
    assert {each.verdict for each in analysis.answers} == {"unknown"}
    assert "override.tofu is read by OpenTofu only" in " ".join(
        each.message for each in analysis.findings
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x = <<-XML\n    <a>\n    </a>\n  XML\n", "<a>\n</a>\n"),
        ("x = { y = <<-XML\n    <a>\n    </a>\n  XML\n}\n", {"y": "<a>\n</a>\n"}),
        ("x = [<<XML\n<a>${var.b}</a>\nXML\n, 1]\n", ["<a>${var.b}</a>\n", 1]),
    ],
)
def test_a_heredoc_is_text_wherever_it_stands(written: str, value: object) -> None:
    read = read_hcl(f'resource "a" "b" {{\n{written}}}\n', "x.tf")
    assert read.document["resource"][0]["a"]["b"]["x"] == value


@pytest.mark.parametrize(
    "kind",
    ["var.types.site", "local.site", '"${local.site}"'],
    ids=["a part of a variable", "a local value", "a template"],
)
def test_a_computed_type_of_azapi_is_read(tmp_path: Path, kind: str) -> None:
    text = f"""
variable "types" {{
  type = object({{ site = optional(string, "Microsoft.Web/sites@2024-04-01") }})
  default = {{}}
}}
locals {{
  site = "Microsoft.Web/sites@2024-04-01"
}}
resource "azapi_resource" "app" {{
  type      = {kind}
  name      = "func-orders"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  body      = {{ kind = "functionapp", properties = {{ httpsOnly = true }} }}
}}
"""
    analysis = analysed(tmp_path, main_tf=text)
    assert [each.name for each in analysis.function_apps] == ["func-orders"]


def test_where_a_part_is_not_read_nobody_says_that_there_is_no_function_app(tmp_path: Path) -> None:
    read = analysed(tmp_path, main_tf='resource "azurerm_resource_group" "x" { name = "x" }')
    assert View(read).headline == "There is no function app in it."
    partly = analysed(tmp_path, main_tf='module "x" { source = "example/app/azurerm" }')
    assert View(partly).headline.startswith("No function app was found, and a part was not read")


def test_a_function_app_on_container_apps_is_not_overlooked(tmp_path: Path) -> None:
    body = '{ kind = "functionapp", properties = {} }'
    resource = f"""
resource "azapi_resource" "app" {{
  type = "Microsoft.App/containerApps@2025-01-01"
  name = "func-container"
  body = {body}
}}
"""
    assert len(places(analysed(tmp_path, main_tf=resource), "SF905", tmp_path)) == 1
    plain = resource.replace('"functionapp"', '"containerapp"')
    assert places(analysed(tmp_path, main_tf=plain), "SF905", tmp_path) == []


def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (folders, reading):
        monkeypatch.setattr(module, "can_be_read", lambda: False)
    with pytest.raises(InputError, match=r"secured-functions\[hcl\].*terraform show -json"):
        read_terraform(project(tmp_path, main_tf=APP))


def test_strings_heredocs_and_names_are_what_json_syntax_says() -> None:
    text = r"""
resource "a" "b" {
  plain   = "x\"y\n$${z} ${var.q["r"]}"
  raw     = <<EOT
<p a="1\n">${var.x}</p>
EOT
  trimmed = <<-EOT
    a

      b
  EOT
  list    = [1, true, null, "x", var.y]
  map     = { A = "b", "c" = f(1) }
  dynamic "ip" {
    for_each = var.z
    iterator = it
    content { range = it.value }
  }
  lifecycle { ignore_changes = [tags, site_config[0].x] }
}
"""
    read = read_hcl(text, "x.tf")
    [[body]] = [kinds["a"].values() for kinds in read.document["resource"]]
    assert body == {
        "plain": 'x"y\n$${z} ${var.q["r"]}',
        "raw": '<p a="1\\n">${var.x}</p>\n',
        "trimmed": "a\n\n  b\n",
        "list": [1, True, None, "x", "${var.y}"],
        "map": {"A": "b", "c": "${f(1)}"},
        "dynamic": [
            {
                "ip": {
                    "for_each": "${var.z}",
                    "iterator": "it",
                    "content": [{"range": "${it.value}"}],
                }
            }
        ],
        "lifecycle": [{"ignore_changes": ["tags", "site_config[0].x"]}],
    }
    lines = read.lines["resource", "a", "b"]
    assert (lines[""], lines["raw"], lines["ip.range"]) == (2, 4, 17)


def planned(folder: Path, root: str) -> Path:
    """A plan of `APP` as terraform shows it, in a folder of its own."""
    address = "azurerm_linux_function_app.this"
    resource = {
        "address": f'module.app["a"].{address}',
        "mode": "managed",
        "type": "azurerm_linux_function_app",
        "name": "this",
        "values": {"name": "func-a", "https_only": False},
    }
    module = {"address": 'module.app["a"]', "resources": [resource]}
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"child_modules": [module]}},
        "configuration": {
            "root_module": {
                "resources": [{"address": root}] if root else [],
                "module_calls": {"app": {"source": "./modules/app", "module": {"resources": []}}},
            }
        },
    }
    file = folder / "plan.json"
    file.write_text(json.dumps(plan), "utf-8")
    return file


@pytest.mark.parametrize("root", ["", "azurerm_resource_group.elsewhere"])
def test_a_plan_leads_to_the_lines_of_the_hcl_beside_it(root: str, tmp_path: Path) -> None:
    project(tmp_path, main_tf=CALL, modules__app__main_tf=APP)
    analysis = analyse(read_terraform(planned(tmp_path, root)))
    # HCL that does not declare what the plan does is not its source.
    expected = "plan.json:None" if root else "modules/app/main.tf:6"
    [(at, address)] = places(analysis, "SF402", tmp_path)
    assert at == expected
    assert address == 'module.app["a"].azurerm_linux_function_app.this'


def test_sarif_leads_to_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path, main_tf=CALL, modules__app__main_tf=APP))
    assert cli.main(["check", ".", "--format", "sarif", "--rule", "SF402"]) == 1
    [result] = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "modules/app/main.tf"},
        "region": {"startLine": 6},
    }
