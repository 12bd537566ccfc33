"""What a new user of the installed command line meets, and what it says when something is wrong.

Each function gets a shell whose `secured-functions` is the installed one, in a folder with the
written project `orders`; it runs command lines, and looks at their exit codes and at what they say.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.access.report.headless_browser import Browser, find_browser

# Runs a command line on a terminal, whose keyboard is the standard input.
ON_A_TERMINAL = (
    "python -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "
)


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


def beside_somebody_elses_main_the_app_has_a_file_of_its_own(sh: Shell, folder: Path) -> None:
    (folder / "beside").mkdir()
    (folder / "beside/main.py").write_text("raise SystemExit('not the app')\n")
    sh("secured-functions init beside --yes --name beside")
    assert (folder / "beside/main.py").read_text() == "raise SystemExit('not the app')\n"
    command = json.loads((folder / "beside/cdktf.json").read_text())["app"]
    sh(f"cd beside && {command}")
    assert (folder / "beside/cdktf.out/stacks/dev/cdk.tf.json").is_file()


def a_project_of_cdk_terrain_stays_on_it(sh: Shell, folder: Path) -> None:
    project = folder / "terrain"
    project.mkdir()
    (project / "cdktf.json").write_text('{"language": "python", "app": "python main.py"}')
    (project / "main.py").write_text("from cdktn import App\n\napp = App()\napp.synth()\n")
    sh("secured-functions init terrain --yes --force --name terrain")
    assert "secured-functions[cli,terrain," in (project / "requirements.txt").read_text()
    assert "cdktn-cli" in (project / "package.json").read_text()
    assert "CI=1 cdktn synth" in (project / "Makefile").read_text()
    for path in project.rglob("*.py"):
        assert "from cdktf" not in path.read_text(), path
    assert sh("secured-functions init terrain --yes") == "nothing is missing\n"


def questions_are_short_and_say_once_what_the_choices_mean(sh: Shell, folder: Path) -> None:
    typed = shlex.join(["sideways", "", "Not A Name", "asked", *[""] * 10])
    said = sh(f"printf '%s\\n' {typed} | {ON_A_TERMINAL} secured-functions init asked")
    assert said.count("an API Management service is there") == 1
    # After a wrong answer the few words of the question come again, and nothing else does.
    assert said.count("what you start from [new]: ") == 2
    assert said.count("name of the project, the API and what is made [asked]: ") == 2
    assert "'sideways' is not an answer (write new, existing-gateway, " in said
    assert "rg-asked-dev" in (folder / "asked/environments/dev.yaml").read_text("utf-8")


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


def a_report_of_forty_apis_prints_on_a_few_pages(sh: Shell, folder: Path) -> None:
    sh("secured-functions init many --yes --name many")
    settings = folder / "many/environments/dev.yaml"
    before, apis, one, after = re.split(r"(?m)^(apis:\n)((?:  .*\n)+)", settings.read_text("utf-8"))
    alike = "".join(re.sub(r"(  |path: |func-)many", rf"\1many{n}", one) for n in range(40))
    settings.write_text(f"{before}{apis}{alike}{after}", "utf-8")
    sh("cd many && python main.py && secured-functions access --output ../many.html")
    page = (folder / "many.html").read_text("utf-8")
    targets = re.findall(r'<details class="target"[^>]*>', page)
    assert len(targets) == 40
    assert sum(" data-like=" not in each for each in targets) == 1
    assert re.search(r"@media print \{.*?\[data-like\] \{\s*display: none", page, re.DOTALL)
    browser = find_browser()
    if browser is not None:
        (folder / "browser").mkdir()
        with Browser(browser, folder / "browser") as printer:
            printer.show((folder / "many.html").as_uri())
            pdf = base64.b64decode(printer.call("Page.printToPDF")["data"])
        assert 1 <= len(re.findall(rb"/Type ?/Page\b", pdf)) <= 6


def output_that_cannot_be_written_is_no_finding(sh: Shell, folder: Path) -> None:
    for command in ("check forty.tf.json", "access forty.tf.json", "explain SF101"):
        for to in (">&-", ">/dev/full"):
            said = sh(f"secured-functions {command} {to}", exits=2)
            assert said.startswith("secured-functions: standard output cannot be written: ")


def missing_node_is_named(sh: Shell, folder: Path) -> None:
    python = sh("command -v python").strip()
    said = sh(f"cd orders && '{python}' main.py", exits=2, PATH=str(folder))
    assert "Node" in said


def missing_terraform_is_named(sh: Shell, folder: Path) -> None:
    few = folder / "few"
    few.mkdir()
    for program in ("make", "sh"):
        (few / program).symlink_to(shutil.which(program) or program)
    (folder / "orders/.venv").mkdir()
    (folder / "orders/.venv/.ready").touch()
    for target in ("deploy", "publish", "request", "verify"):
        said = sh(f"cd orders && make -o .venv/.ready {target}", exits=2, PATH=str(few))
        assert f"{target}: terraform is not installed, or not on the PATH\n" in said


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
    beside_somebody_elses_main_the_app_has_a_file_of_its_own,
    a_project_of_cdk_terrain_stays_on_it,
    questions_are_short_and_say_once_what_the_choices_mean,
    wrong_settings_end_with_their_place,
    names_that_azure_has_once_are_taken_once,
    reports_say_what_they_are,
    a_report_of_forty_apps_shows_those_that_are_alike_once,
    a_report_of_forty_apis_prints_on_a_few_pages,
    output_that_cannot_be_written_is_no_finding,
    missing_node_is_named,
    missing_terraform_is_named,
    what_is_no_terraform_json_is_named,
    sarif_of_standard_input_names_no_file,
)
