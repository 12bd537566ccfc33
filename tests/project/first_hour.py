"""What a new user of the installed command line meets, and what it says when something is wrong.

Each function gets a shell whose `secured-functions` is the installed one, in a folder with the
written project `orders`; it runs command lines, and looks at their exit codes and at what they say.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Shell(Protocol):
    """Runs a command line, and returns its standard output and error."""

    def __call__(self, line: str, /, *, exits: int = 0, **variables: str) -> str: ...


def init_refuses_what_cannot_be_installed(sh: Shell, folder: Path) -> None:
    said = sh("secured-functions init x --yes --name extra --library /nowhere.whl", exits=2)
    assert "/nowhere.whl" in said
    assert not (folder / "x").exists()
    assert "This takes some minutes" in (folder / "orders/Makefile").read_text("utf-8")


def a_functions_project_is_named_from_the_current_folder(sh: Shell, folder: Path) -> None:
    assert "nowhere" in sh(
        "secured-functions init x --yes --name extra --functions-project nowhere", exits=2
    )
    shutil.copytree(folder / "orders/functions", folder / "code")
    for number, code in enumerate(("code", "./code", f"{folder}/code")):
        sh(f"secured-functions init p{number} --yes --name extra --functions-project {code}")
        settings = (folder / f"p{number}/environments/dev.yaml").read_text("utf-8")
        [written] = re.findall(r"functions_project: \"?([^\s\"]+)", settings)
        assert (folder / f"p{number}/environments" / written).resolve() == folder / "code"


def an_mcp_server_is_written_tested_and_clean(sh: Shell, folder: Path) -> None:
    init = "secured-functions init tools --yes --name tools --mcp"
    assert "give --users" in sh(init, exits=2)
    assert not (folder / "tools").exists()
    sh(f"{init} --users 0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22")
    assert "5 passed" in sh("cd tools && python -m pytest --quiet")
    sh("cd tools && python main.py")
    assert sh("secured-functions check tools/cdktf.out") == "nothing found\n"
    assert re.search(r"tool +greet", sh("secured-functions operations tools/functions"))


def a_project_with_a_pipfile_becomes_complete(sh: Shell, folder: Path) -> None:
    project = folder / "piped"
    project.mkdir()
    (project / "cdktf.json").write_text('{"language": "python", "app": "python main.py"}')
    (project / "main.py").write_text("from cdktf import App\n\napp = App()\napp.synth()\n")
    (project / "Pipfile").write_text('[packages]\ncdktf = "*"\n')
    init = "secured-functions init piped --yes --force --name piped"
    left = sh(init, exits=1)
    assert "Pipfile" in left
    (project / "Pipfile").write_text(
        '[packages]\ncdktf = "*"\nsecured-functions = {extras = ["cli", "cdktf", "testing"]}\n'
        'pytest = "*"\nnodejs-wheel = "*"\n'
    )
    assert "Pipfile" not in sh(init)


def wrong_settings_end_with_their_place(sh: Shell, folder: Path) -> None:
    settings = folder / "orders/environments/dev.yaml"
    right = settings.read_text("utf-8")
    settings.write_text(f"{right}gateway: {{}}\n".replace("gateway:\n", "was:\n", 1), "utf-8")
    for command in ("secured-functions settings", "python main.py"):
        said = sh(f"cd orders && {command}", exits=2)
        assert re.search(r"environments/dev\.yaml:\d+: was", said)
        assert not re.search("valid dictionary|not 0, not|pydantic", said)
    settings.write_text(right, "utf-8")


def names_that_azure_has_once_are_taken_once(sh: Shell, folder: Path) -> None:
    dev = folder / "orders/environments/dev.yaml"
    assert re.search(r"name: func-orders-dev-\w{4}\n", dev.read_text("utf-8"))
    copy = dev.with_name("prod.yaml")
    shutil.copy(dev, copy)
    for command in ("secured-functions settings", "python main.py"):
        said = sh(f"cd orders && {command}", exits=2)
        for what in ("resource group", "function app", "API Management service"):
            assert re.search(rf"prod\.yaml:\d+: .*{what} .* is taken by \S*dev\.yaml:", said)
    copy.unlink()


def reports_say_what_they_are(sh: Shell, folder: Path) -> None:
    alike = sh("secured-functions access cdktf.out --compare cdktf.out")
    assert alike.startswith("No door differs from cdktf.out.\n")
    assert ".pdf" in sh("secured-functions access cdktf.out --output x.pdf", exits=2)
    assert not (folder / "x.pdf").exists()
    for name in ("x.htm", "x.markdown"):
        sh(f"secured-functions access cdktf.out --output {name}")
        assert re.match(r"<!doctype html>|## ", (folder / name).read_text("utf-8"))


def a_report_of_forty_apps_shows_those_that_are_alike_once(sh: Shell, folder: Path) -> None:
    apps = {f"orders{number}": {"name": f"func-{number}"} for number in range(40)}
    forty = {"resource": {"azurerm_linux_function_app": apps}}
    (folder / "forty.tf.json").write_text(json.dumps(forty))
    assert "The same holds for" in sh(
        "secured-functions access forty.tf.json --output forty.html", exits=1
    )
    assert (folder / "forty.html").read_text("utf-8").count(" data-like=") >= 39


def output_that_cannot_be_written_is_no_finding(sh: Shell, folder: Path) -> None:
    for command in ("check forty.tf.json", "access forty.tf.json", "explain SF101"):
        for to in (">&-", ">/dev/full"):
            said = sh(f"secured-functions {command} {to}", exits=2)
            assert said.startswith("secured-functions: standard output cannot be written: ")


def missing_node_is_named(sh: Shell, folder: Path) -> None:
    python = sh("command -v python").strip()
    said = sh(f"cd orders && '{python}' main.py", exits=2, PATH=str(folder))
    assert "Node" in said


def what_is_no_terraform_json_is_named(sh: Shell, folder: Path) -> None:
    (folder / "plan.out").write_bytes(b"PK\x03\x04\xff\xfe\x00binary")
    assert "terraform show -json" in sh("secured-functions check plan.out", exits=2)
    (folder / "main.tf").write_text('resource "azurerm_linux_function_app" "orders" {}\n')
    assert "main.tf" in sh("secured-functions check main.tf", exits=2)


def sarif_of_standard_input_names_no_file(sh: Shell, folder: Path) -> None:
    sarif = sh("secured-functions check - --format sarif < forty.tf.json", exits=1)
    assert json.loads(sarif)["runs"][0]["results"]
    assert "standard" not in re.sub(r'"(text|markdown)": ".*"', "", sarif)


PROMISES: tuple[Callable[[Shell, Path], None], ...] = (
    init_refuses_what_cannot_be_installed,
    a_functions_project_is_named_from_the_current_folder,
    an_mcp_server_is_written_tested_and_clean,
    a_project_with_a_pipfile_becomes_complete,
    wrong_settings_end_with_their_place,
    names_that_azure_has_once_are_taken_once,
    reports_say_what_they_are,
    a_report_of_forty_apps_shows_those_that_are_alike_once,
    output_that_cannot_be_written_is_no_finding,
    missing_node_is_named,
    what_is_no_terraform_json_is_named,
    sarif_of_standard_input_names_no_file,
)
