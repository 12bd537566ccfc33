"""The sample estate of plain HCL, as a team checks it: commands, hooks, the pipelines' steps."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from constructs_lib import cli
from constructs_lib.access import analyse, read_terraform

ROOT = Path(__file__).parents[2]
SLOT = """
resource "azurerm_linux_function_app_slot" "orders" {
  name                                           = "staging"
  function_app_id                                = module.app["orders"].app_id
  storage_account_name                           = "stestateorders"
  storage_uses_managed_identity                  = true
  https_only                                     = true
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false

  site_config {}
}
"""


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "estate"
    shutil.copytree(ROOT / "examples/hcl_estate", folder)
    shutil.copytree(folder, folder / ".base")
    monkeypatch.chdir(folder)
    return folder


def add_slot(estate: Path) -> int:
    """Add an open slot, and return the line that it stands in."""
    main = estate / "main.tf"
    text = main.read_text("utf-8")
    main.write_text(text + SLOT, "utf-8")
    return text.count("\n") + 2


def test_it_has_ten_apps_of_which_eight_are_closed_to_all_but_the_gateway(estate: Path) -> None:
    analysis = analyse(read_terraform("."))
    assert len(analysis.function_apps) == 10
    assert {(each.rule, each.address and each.address[:6]) for each in analysis.findings} == {
        (rule, "azurer") for rule in ("SF101", "SF403", "SF404", "SF410")
    }
    assert all("legacy" in (each.address or "") for each in analysis.findings)
    reached = {each.target.name for each in analysis.answers if each.caller.kind == "gateway"}
    assert len(reached) == 8
    assert all(each.wanted for each in analysis.answers if each.caller.kind == "gateway")


def test_what_is_there_passes_and_one_open_slot_is_one_finding_at_its_line(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check"]) == 0
    assert cli.main(["access"]) == 0
    line = add_slot(estate)
    capsys.readouterr()
    assert cli.main(["check"]) == 1
    said = [each for each in capsys.readouterr().out.splitlines() if "accepted" not in each]
    found = [each for each in said if ": error " in each]
    assert found == [
        f"main.tf:{line} (azurerm_linux_function_app_slot.orders.auth_settings_v2): error SF101: "
        "Anybody without a token reaches func-estate-orders/staging: Easy Auth is not enabled, so "
        "every request reaches the function"
    ]
    assert said[-1] == "1 error"
    assert cli.main(["access", "--output", "access.json"]) == 1
    assert f"main.tf:{line} azurerm_linux_function_app_slot.orders" in capsys.readouterr().out
    answers = json.loads((estate / "access.json").read_text("utf-8"))["answers"]
    opened = [each for each in answers if each["rule"] == "SF101" and "slot" in each["address"]]
    assert {(each["path"], each["line"]) for each in opened} == {("main.tf", line)}
    # What no resource decides, such as a token that Entra refuses to everybody, has no place.
    assert all(each["line"] for each in answers if each["address"])
    for name in ("access.html", "access.md", "access.txt"):
        assert cli.main(["access", "--output", name]) == 1
        place = f"main.tf:{line} azurerm_linux_function_app_slot.orders: auth_settings_v2"
        # The table tells of an error at its door.
        assert (place in Path(name).read_text("utf-8")) == (name != "access.txt")
    assert cli.main(["access", "--compare", ".base"]) == 1


def run_steps(steps: list[dict[str, Any]], inputs: dict[str, str], folder: Path) -> tuple[int, str]:
    """Run the steps of a composite action or template; the first that fails is the last."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    main = "import sys; from constructs_lib.cli import main; sys.exit(main())"
    for name, script in {
        "secured-functions": f'exec {sys.executable} -c "{main}" "$@"',
        "gh": 'echo "gh $*"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    shown = ""
    for step in steps:
        script = step.get("run") or step.get("bash")
        if script is None or "pip install" in script:
            continue
        environment = {
            name: inputs.get(str(value).strip("${} ").rpartition(".")[2], "")
            for name, value in step.get("env", {}).items()
        }
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=folder,
            env={
                "PATH": os.pathsep.join([str(programs), os.defpath]),
                "PYTHONPATH": str(ROOT),
                "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
                **environment,
            },
            capture_output=True,
            text=True,
        )
        shown += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, shown
    return 0, shown


def test_the_action_says_what_a_pull_request_opens_and_fails(estate: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    inputs = {name: each["default"] for name, each in action["inputs"].items()}
    inputs |= {"base": ".base", "number": "7"}
    steps = action["runs"]["steps"]
    line = add_slot(estate)
    code, shown = run_steps(steps, inputs, estate)
    assert code == 1, shown
    assert "gh pr comment 7 --body-file access.md --edit-last --create-if-none" in shown
    assert f"::error file=main.tf,line={line},title=SF101 azurerm_linux_function_app_slot" in shown
    report = (estate / "access.md").read_text("utf-8")
    assert (estate / "summary.md").read_text("utf-8") == report
    assert report.startswith("## 6 doors are open that should be closed")
    assert "**opened**" in report
    sarif = json.loads((estate / "secured-functions.sarif").read_text("utf-8"))
    [result] = sarif["runs"][0]["results"]
    assert result["ruleId"] == "SF101"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "main.tf"},
        "region": {"startLine": line},
    }


def test_the_actions_scripts_hold_no_expression_that_somebody_else_fills() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    steps = action["runs"]["steps"]
    assert [each for each in steps if "${{" in each.get("run", "")] == []
    assert all("@" in each["uses"] and len(each["uses"].split("@")[1]) == 40 for each in steps[:1])


def test_the_template_of_azure_pipelines_does_the_same(estate: Path) -> None:
    template = yaml.safe_load((ROOT / "pipelines/azure-check.yml").read_text("utf-8"))
    inputs = {each["name"]: each["default"] for each in template["parameters"]}
    add_slot(estate)
    code, shown = run_steps(template["steps"], inputs, estate)
    assert code == 1
    assert "##vso[task.uploadsummary]" in shown
    assert '<failure type="SF101"' in (estate / "check.xml").read_text("utf-8")


def test_every_hook_is_a_command_and_fails_where_it_should(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = {
        each["id"]: each
        for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    }
    used = yaml.safe_load((estate / ".pre-commit-config.yaml").read_text("utf-8"))
    assert {each["id"] for repo in used["repos"] for each in repo["hooks"]} <= hooks.keys()

    def run(id: str, *files: Path) -> int:
        program, *arguments = shlex.split(hooks[id]["entry"])
        assert program == "secured-functions"
        return cli.main([*arguments, *map(str, files)])

    for folder in ("environments", "policies"):
        shutil.copytree(ROOT / folder, estate / folder)
    assert run("secured-functions-settings") == 0
    settings = estate / "environments/dev.yaml"
    settings.write_text(settings.read_text("utf-8").replace("location:", "loction:"), "utf-8")
    assert run("secured-functions-settings") == 2
    assert "environments/dev.yaml:" in capsys.readouterr().err
    policy = estate / "policy.xml"
    policy.write_text("<policies><inbound><base/></inbound></policies>", "utf-8")
    assert run("secured-functions-check") == 0
    add_slot(estate)
    assert run("secured-functions-check") == 1
    assert run("secured-functions-policy-format", policy) == 0
    assert run("secured-functions-policy-check", policy) == 0
    policy.write_text("<policies><inbound></policies>", "utf-8")
    assert run("secured-functions-policy-check", policy) == 2
