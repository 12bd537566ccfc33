"""Terraform JSON means the same in Terraform's own language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib.cli.export import hcl
from tests.terraform.harness import needs_stand_in, run


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (12, "12"),
        ("text", '"text"'),
        ('a "b"\\c\td', '"a \\"b\\"\\\\c\\td"'),
        ("\x00\u2028", '"\\u0000\\u2028"'),
        ("${azurerm_x.y.id}", "azurerm_x.y.id"),
        ('${lookup(a, "b")}', 'lookup(a, "b")'),
        ('x-${lookup(a, "b")}-"c"', '"x-${lookup(a, "b")}-\\"c\\""'),
        ("$${not} %%{read}", '"$${not} %%{read}"'),
        ("%{ if a }b%{ endif }", '"%{ if a }b%{ endif }"'),
        ([], "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"b": 1, "long-name": True, "with space": "x"}, None),
    ],
)
def test_values(value: object, written: str | None) -> None:
    text = hcl.expression(value)
    if written is None:
        written = '{\n  b            = 1\n  long-name    = true\n  "with space" = "x"\n}'
    assert text == written


def test_lists_that_are_long_have_a_line_for_each_item() -> None:
    items = [f"item-{number:02}" for number in range(12)]
    lines = hcl.expression(items, "  ").splitlines()
    assert lines == ["[", *(f'    "{item}",' for item in items), "  ]"]


def test_names_and_blocks_of_a_resource() -> None:
    body = {
        "//": {"metadata": {"path": "x"}},
        "name": "func",
        "tags": {"team": "a"},
        "identity": {"type": "SystemAssigned"},
        "site_config": {"ip_restriction": [{"name": "a"}, {"name": "b"}]},
        "depends_on": ["azurerm_service_plan.plan"],
        "lifecycle": {
            "prevent_destroy": True,
            "ignore_changes": ["tags"],
            "precondition": [{"condition": "${var.a}", "error_message": "Say a."}],
        },
    }
    assert hcl.resource("resource", "azurerm_linux_function_app", "app", body) == (
        """resource "azurerm_linux_function_app" "app" {
  name = "func"
  tags = {
    team = "a"
  }

  identity {
    type = "SystemAssigned"
  }

  site_config {
    ip_restriction {
      name = "a"
    }

    ip_restriction {
      name = "b"
    }
  }

  depends_on = [azurerm_service_plan.plan]

  lifecycle {
    ignore_changes  = [tags]
    prevent_destroy = true

    precondition {
      condition     = var.a
      error_message = "Say a."
    }
  }
}
"""
    )


def test_a_policy_stands_in_lines() -> None:
    text = "<policies>\n  <inbound />\n</policies>\n"
    body = {"api_name": "orders", "xml_content": text}
    written = hcl.resource("resource", "azurerm_api_management_api_policy", "p", body)
    assert f'\n  api_name    = "orders"\n  xml_content = <<XML\n{text}XML\n' in written


def test_an_end_that_stands_in_the_text_is_another() -> None:
    written = hcl.section(("locals",), {"a": "<a>\nXML\n</a>\n"})
    assert written == "locals {\n  a = <<XML_\n<a>\nXML\n</a>\nXML_\n}\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("azurerm_of_the_future", {"thing": {"a": 1}}),
        ("azurerm_of_the_future", {"things": [{"a": 1}]}),
        ("azurerm_linux_function_app", {"identity": "${local.identity}"}),
        ("azurerm_linux_function_app", {"name": "${a\n+ b}-c"}),
    ],
)
def test_what_could_be_either_stays_json(kind: str, body: dict[str, object]) -> None:
    with pytest.raises(hcl.NotWritable):
        hcl.resource("resource", kind, "x", body)


VALUES = [
    *("", "a", 'say "x"', "back\\slash", "tab\tline\nend\n", "\x01\x1f\x7f\u2028é漢😀", "\r\n"),
    *(
        "$",
        "$$",
        "%",
        "a$b%c",
        "$${x}",
        "%%{x}",
        "${1 + 1}",
        'a-${upper("b")}',
        "%{if true}y%{endif}",
    ),
    *('<a>\n  <b c="${upper("d")}" />\n\n\t$${e}\n</a>\n', "one\ntwo\nthree", "\n\n\n"),
    *(0, -3, 1.5, 12345678901, True, False, None, [], {}, ["a", ["b", 2], {"c": None}]),
    *({"a": {"b-c": "d", "e f": "g", '${upper("h")}': 1}}, {"long": "x" * 90, "s": ["y" * 50] * 3}),
]


@needs_stand_in
def test_terraform_finds_the_same_values_in_both_languages(tmp_path: Path) -> None:
    outputs = {f"v{number}": {"value": value} for number, value in enumerate(VALUES)}
    (tmp_path / "json").mkdir()
    (tmp_path / "hcl").mkdir()
    (tmp_path / "json/main.tf.json").write_text(json.dumps({"output": outputs}))
    written = "\n".join(hcl.section(("output", key), body) for key, body in outputs.items())
    (tmp_path / "hcl/main.tf").write_text(written)
    modules = {name: {"source": f"./{name}"} for name in ("json", "hcl")}
    both = {name: {"value": f"${{module.{name}}}"} for name in modules}
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": modules, "output": both}))
    run("terraform", "init", folder=tmp_path)
    run("terraform", "apply", "-auto-approve", folder=tmp_path)
    found = json.loads(run("terraform", "output", "-json", folder=tmp_path))
    assert found["hcl"] == found["json"]
    assert found["json"]["value"]["v4"] == VALUES[4]
    assert run("terraform", "fmt", "-check", "-diff", "hcl", folder=tmp_path) == ""
