"""A written project synthesizes and its tests pass; a project that is there keeps what it has."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__
from constructs_lib.cli import main
from constructs_lib.init.facts import Facts, find_facts, with_stacks
from constructs_lib.init.library import installed, requirement
from constructs_lib.init.questions import answer
from tests.mcp_server.client import ask
from tests.mcp_server.local import local

ID = "11111111-1111-4111-8111-111111111111"
SITE = f"/subscriptions/{ID}/resourceGroups/rg-x/providers/Microsoft.Web/sites/func-x"
GATEWAY = ("--gateway-name", "apim-contoso", "--gateway-resource-group", "rg-platform")
REGISTRATION = ("--client-id", ID, "--tenant-id", ID)
USERS = ("--users", "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22")
CALLERS = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
STARTS = {
    "new": (),
    "existing-gateway": GATEWAY,
    "existing-registration": REGISTRATION,
    "existing-function-app": (*GATEWAY, *REGISTRATION, "--function-app-id", SITE),
}

MCP_STARTS = {
    start: ("--mcp", *flags, *USERS)
    if start != "existing-registration"
    else ("--mcp", *flags, "--callers-client-id", CALLERS)
    for start, flags in STARTS.items()
}

MAIN = '''"""Ours."""

from __future__ import annotations

from cdktf import App, TerraformStack

app = App()
TerraformStack(app, "network")
app.synth()
'''


def init(folder: Path, *flags: str) -> int:
    return main(["init", str(folder), "--yes", "--name", "orders", "--subscription-id", ID, *flags])


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def run_in(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    repository = Path(__file__).resolve().parent.parent.parent
    env = {**os.environ, "PYTHONPATH": str(repository), "PYTHONDONTWRITEBYTECODE": "1"}
    env |= variables
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True
    )


@pytest.fixture(autouse=True)
def _no_azure_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("constructs_lib.init.facts._account", lambda folder: {})


@pytest.fixture
def existing(tmp_path: Path) -> Path:
    """A CDKTF project with files of its own."""
    settings = {"language": "python", "app": "pipenv run python main.py", "projectId": "theirs"}
    (tmp_path / "cdktf.json").write_text(json.dumps(settings))
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "Makefile").write_text("synth:\n\tcdktf synth\n")
    (tmp_path / "requirements.txt").write_text("cdktf==0.21.0\npytest")
    (tmp_path / ".gitignore").write_text(".venv/\n")
    return tmp_path


# -- a new project


# One process for all, as starting it is what takes long.
_TEST_ALL = """
import os, sys, pytest
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    code = pytest.main(["-q", "-p", "no:cacheprovider", "--basetemp", folder + "/.tests"])
    sys.path.remove(folder)
    for name in ("secured_stacks", "test_access", "test_policies"):
        del sys.modules[name]
    print(f"{int(code)}: {folder}")
"""


def test_written_projects_synthesize_and_their_tests_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders: list[str] = []
    for kind, starts in (("api", STARTS), ("mcp", MCP_STARTS)):
        for start, flags in starts.items():
            folders.append(str(tmp_path / kind / start))
            assert init(Path(folders[-1]), "--name", "weather", "--start", start, *flags) == 0
    done = run_in(tmp_path, "-c", _TEST_ALL, *folders)
    assert re.findall(r"^(\d): (.+)", done.stdout, re.MULTILINE) == [
        ("0", folder) for folder in folders
    ], done.stdout + done.stderr
    passed = re.findall(r"^(\d) passed", done.stdout, re.MULTILINE)
    # Nobody can sign in where the registration of the callers is elsewhere.
    assert passed == ["5", "5", "5", "5", "5", "5", "4", "5"]
    capsys.readouterr()
    [written] = Path(tmp_path / "mcp/new/.tests").glob("cdktf.out0/stacks/dev/cdk.tf.json")
    assert main(["check", str(written)]) == 0
    assert capsys.readouterr().out == "nothing found\n"
    with local(json.loads(written.read_text("utf-8")), tmp_path) as here:
        headers = {"Authorization": f"Bearer {here.token()}"}
        assert asyncio.run(ask(here.url, headers=headers, **here.http())) == (["add", "count"], "5")


def test_the_apps_entry_writes_the_stack(tmp_path: Path) -> None:
    assert init(tmp_path) == 0
    done = run_in(tmp_path, "main.py")
    assert done.returncode == 0, done.stderr
    stack = json.loads((tmp_path / "cdktf.out/stacks/dev/cdk.tf.json").read_text())
    gateway = next(iter(stack["resource"]["azurerm_api_management"].values()))
    # Names that are unique in the world are not proposed as everybody would choose them.
    assert re.fullmatch("apim-orders-dev-[0-9a-f]{4}", gateway["name"])
    assert stack["provider"]["azurerm"][0]["subscription_id"] == ID


def test_wrong_settings_end_with_their_place_and_no_traceback(tmp_path: Path) -> None:
    init(tmp_path)
    settings = tmp_path / "environments/dev.yaml"
    settings.write_text(settings.read_text().replace("sku:", "skuu:"))
    done = run_in(tmp_path, "main.py")
    assert done.returncode == 2
    assert "dev.yaml" in done.stderr
    assert "did you mean 'sku'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_end_a_target_before_the_engine_starts(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/.ready").touch()
    command = "import sys; from constructs_lib.cli import main; sys.exit(main())"
    for program, line in {
        "terraform": "exit 0",
        "cdktf": "echo the engine started",
        "secured-functions": f'exec {sys.executable} -c "{command}" "$@"',
    }.items():
        (tmp_path / ".venv/bin" / program).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / ".venv/bin" / program).chmod(0o755)
    repository = str(Path(__file__).resolve().parent.parent.parent)
    path = f"{tmp_path}/.venv/bin{os.pathsep}{os.environ['PATH']}"

    def make(target: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", "-o", ".venv/.ready", target],
            cwd=tmp_path,
            env={**os.environ, "MAKEFLAGS": "", "PATH": path, "PYTHONPATH": repository},
            capture_output=True,
            text=True,
        )

    assert make("synth").stdout == "the engine started\n"
    settings = tmp_path / "environments/dev.yaml"
    settings.write_text(settings.read_text().replace("sku:", "skuu:"))
    for target in ("synth", "deploy"):
        done = make(target)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("did you mean 'sku'?") == 1


def test_name_that_is_found_and_does_not_fit_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "x"), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "'x' was found, which is not 2 to 30 lower-case letters" in said
    assert "(give --name)" in said
    assert not (tmp_path / "x").exists()


def test_targets_say_which_program_is_missing(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.ready").touch()
    (tmp_path / "bin").mkdir()
    for program in ("sh", "make"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program) or program)
    for target in ("deploy", "publish", "request", "verify"):
        done = subprocess.run(
            ["make", "-o", ".venv/.ready", target],
            cwd=tmp_path,
            env={"PATH": str(tmp_path / "bin")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert f"{target}: terraform is not installed, or not on the PATH\n" in done.stderr


def test_init_and_schema_need_no_node(tmp_path: Path) -> None:
    flags = ("--yes", "--name", "orders", "--subscription-id", ID)
    code = f"import sys; from constructs_lib.cli import main; sys.exit(main(['init', *{flags}]))"
    done = run_in(tmp_path, "-c", code, JSII_NODE=str(tmp_path / "no-node"))
    assert (done.returncode, done.stderr) == (0, "")
    done = run_in(tmp_path, "main.py", JSII_NODE=str(tmp_path / "no-node"))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "there is no Node.js on the PATH" in done.stderr


@pytest.mark.parametrize("flags", [(), ("--mcp", *USERS)])
def test_second_init_changes_nothing(
    flags: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path, *flags)
    before = contents(tmp_path)
    capsys.readouterr()
    # What is published is known from the settings; who may sign in stands there.
    assert init(tmp_path, *flags[1:]) == 0
    assert contents(tmp_path) == before
    assert capsys.readouterr().out == "nothing is missing\n"


def test_no_file_has_a_place_left_open(tmp_path: Path) -> None:
    for ci, *flags in (("github",), ("azure", "--mcp", *USERS)):
        init(tmp_path / ci, "--ci", ci, *flags)
        for name, text in contents(tmp_path / ci).items():
            assert "%%" not in text, name


def test_wheel_can_be_installed_in_place_of_a_release(tmp_path: Path) -> None:
    wheel = tmp_path / "secured_functions-9-py3-none-any.whl"
    wheel.touch()
    init(tmp_path / "orders", "--library", str(wheel))
    line = f"secured-functions[cli,cdktf,simulation,testing] @ {wheel.as_uri()}\n"
    assert line in (tmp_path / "orders/requirements.txt").read_text()


def test_project_is_for_the_engine_that_is_named_or_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "said", "--engine", "cdktn", "--azurerm", "5", "--library", __version__)
    found = tmp_path / "found"
    found.mkdir()
    (found / "requirements.txt").write_text("cdktn>=0.24\n")
    (found / "cdktf.json").write_text('{"language": "python", "app": "python main.py"}')
    (found / "main.py").write_text(MAIN.replace("cdktf", "cdktn"))
    assert init(found, "--force", "--library", __version__) == 0
    for folder in (tmp_path / "said", found):
        written = contents(folder)
        requirement = f"secured-functions[cli,terrain,simulation,testing]=={__version__}"
        assert requirement in written["requirements.txt"].splitlines()
        assert json.loads(written["package.json"])["devDependencies"] == {"cdktn-cli": "0.24.0"}
        for name in ("main.py", "secured_stacks.py", "tests/test_access.py"):
            assert "from cdktn import App" in written[name]
            assert "cdktf import" not in written[name]
    written = contents(tmp_path / "said")
    assert 'azurerm: "5"' in written["environments/dev.yaml"]
    assert "CI=1 cdktn synth" in written["Makefile"]
    assert "[CDK Terrain](https://cdktn.io) with Secured Functions." in written["README.md"]
    outside = ("--start", "existing-function-app", *STARTS["existing-function-app"])
    init(tmp_path / "outside", *outside, "--engine", "cdktn", "--azurerm", "4")
    stacks = (tmp_path / "outside/secured_stacks.py").read_text()
    assert f'add_providers(self, subscription_id="{ID}", azurerm="4")' in stacks
    assert "from cdktn import App, LocalBackend, TerraformStack" in stacks


PUBLISHED = f"secured-functions[cli,simulation,testing]=={__version__}"


@pytest.mark.parametrize(
    ("direct_url", "line"),
    [
        (None, PUBLISHED),
        ({"url": "file:{there}", "archive_info": {}}, "[cli,simulation,testing] @ file:{there}"),
        (
            {"url": "file:{there}", "dir_info": {"editable": True}},
            "[cli,simulation,testing] @ file:{there}",
        ),
        (
            {"url": "https://git.example/sf", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "[cli,simulation,testing] @ git+https://git.example/sf@c0ffee",
        ),
        ({"url": "file:///gone.whl", "archive_info": {}}, None),
    ],
)
def test_project_installs_what_wrote_it(
    direct_url: dict[str, Any] | None,
    line: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = json.dumps(direct_url).replace("{there}", str(tmp_path)) if direct_url else None
    found = SimpleNamespace(read_text=lambda name: text if name == "direct_url.json" else None)
    monkeypatch.setattr("constructs_lib.init.library.distribution", lambda name: found)
    if line is None:
        with pytest.raises(InputError, match=r"/gone\.whl, which is no longer there"):
            installed()
    else:
        assert installed().endswith(line.replace("{there}", str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/nowhere.whl", "is neither a version nor a file that is there"),
        ("latest", "is neither a version nor a file that is there"),
        ("secured_functions-9.txt", "cannot be installed as secured-functions"),
        (".", "cannot be installed as secured-functions"),
    ],
)
def test_library_that_cannot_be_installed_is_refused(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secured_functions-9.txt").touch()
    with pytest.raises(InputError, match=said):
        requirement(name)


# -- answers


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--start", "existing-gateway"), "give --gateway-name --gateway-resource-group"),
        (("--start", "existing-registration"), "give --client-id --tenant-id"),
        (("--start", "existing"), "'existing' is not an answer"),
        (("--gateway-name", "a: b", "--gateway-resource-group", "g"), "'a: b' is not an answer"),
        (("--state-resource-group", "rg-terraform"), "give --state-resource-group and"),
        (("--subscription-id", "mine"), "subscription_id"),
        (("--mcp",), "may sign in to the MCP server (give --users)"),
        (("--mcp", "--users", "everybody"), "--users: 'everybody' is not an answer"),
        (USERS, "--users: matters only for an MCP server (--mcp)"),
        (
            ("--mcp", *STARTS["existing-registration"], *USERS, "--callers-client-id", ID),
            "--users: matters only for an MCP server (--mcp) whose callers' registration is new",
        ),
        (("--function-app-id", SITE), "matters only with --start existing-function-app"),
        ((*GATEWAY, "--publisher-name", "Ann"), "matters only for a new gateway"),
        (GATEWAY[2:], "matters only for a gateway that is there (--gateway-name)"),
    ],
)
def test_unusable_answers_write_nothing(
    flags: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "orders", *flags) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "orders").exists()


def test_only_what_cannot_be_found_out_is_asked() -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return {"client id": "no uuid" if len(asked) == 1 else ID}.get(text[:9], "")

    facts = Facts(
        name="orders", ci="azure", author="Ann", email="ann@contoso.example", tenant_id=ID
    )
    given = {"start": "existing-registration", "name": "orders", "location": "westeurope"}
    said: list[str] = []
    answers = answer(given, facts, ask, said.append)
    assert [text[:9] for text in asked] == ["client id", "client id", "address o"]
    assert "write a UUID" in said[0]
    assert (answers.client_id, answers.tenant_id, answers.ci) == (ID, ID, "azure")
    assert answers.publisher_name == "Ann"


@pytest.mark.parametrize(
    ("remote", "ci", "name"),
    [
        ("git@github.com:contoso/Orders.API.git", "github", "orders-api"),
        ("https://dev.azure.com/contoso/shop/_git/orders", "azure", "orders"),
        ("https://git.contoso.example/shop/orders.git", None, "orders"),
    ],
)
def test_name_and_pipeline_come_from_the_remote(
    remote: str, ci: str | None, name: str, tmp_path: Path
) -> None:
    for command in (["init", "-q"], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    facts = find_facts(tmp_path)
    assert (facts.ci, facts.name) == (ci, name)


def functions(folder: Path) -> Path:
    """A Functions project: that of another new project."""
    init(folder)
    return folder / "functions"


def test_routes_of_a_functions_project_in_the_folder_are_published(tmp_path: Path) -> None:
    functions(tmp_path / "other").rename(tmp_path / "app")
    assert init(tmp_path) == 0
    assert 'functions_project: "../app"' in (tmp_path / "environments/dev.yaml").read_text()
    assert not (tmp_path / "functions").exists()


@pytest.mark.parametrize("given", ["other/functions", "{here}/other/functions"])
@pytest.mark.parametrize("start", ["new", "existing-function-app"])
def test_functions_project_is_named_from_the_current_folder(
    given: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions(tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "team/orders"
    flags = ("--start", start, *STARTS[start])
    assert init(project, *flags, "--functions-project", given.format(here=tmp_path)) == 0
    written = contents(project)
    if start == "new":
        assert 'functions_project: "../../../other/functions"' in written["environments/dev.yaml"]
    else:
        assert 'project("../../other/functions")' in written["secured_stacks.py"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "nowhere: there is no such folder"),
        (".", "host.json is missing"),
        ("empty", "no function was found"),
    ],
)
def test_functions_project_that_cannot_be_read_is_refused(
    given: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("empty/host.json").write_text('{"version": "2.0"}')
    assert init(tmp_path / "orders", "--functions-project", given) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "orders").exists()


TOOL = """import azure.functions as func

app = func.FunctionApp()


@app.mcp_tool()
def add(a: int, b: int) -> int:
    return a + b
"""
ROUTE = """

@app.route("sums")
def sums(request: func.HttpRequest) -> str:
    return "0"
"""


def write_functions(folder: Path, source: str) -> None:
    folder.mkdir(parents=True)
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "function_app.py").write_text(source)


def test_functions_decide_whether_an_mcp_server_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_functions(tmp_path / "tools/code", TOOL)
    assert init(tmp_path / "tools", *USERS) == 0
    settings = (tmp_path / "tools/environments/dev.yaml").read_text()
    assert "mcp_servers:\n  orders:\n" in settings
    assert "apis:" not in settings
    assert "cd code &&" in (tmp_path / "tools/Makefile").read_text()
    write_functions(tmp_path / "both/code", TOOL + ROUTE)
    capsys.readouterr()
    for flag, kind, other in (("--no-mcp", "apis", "mcp"), ("--mcp", "mcp_servers", "no-mcp")):
        folder = tmp_path / "both" / flag[2:]
        users = USERS if flag == "--mcp" else ()
        code = ("--functions-project", str(tmp_path / "both/code"))
        assert init(folder, flag, *users, *code) == 0
        assert f"\n{kind}:\n" in (folder / "environments/dev.yaml").read_text()
        assert f"init --{other}" in capsys.readouterr().out
    asked: list[str] = []
    facts = find_facts(tmp_path / "both")
    answers = answer({"start": "new"}, facts, lambda text: asked.append(text) or "", lambda _: None)
    assert "publish tools of MCP, for users who sign in at Entra, and no HTTP API [no]: " in asked
    assert not answers.mcp


def test_what_is_not_there_or_stands_in_the_settings_is_not_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_functions(tmp_path / "tools/code", TOOL)
    write_functions(tmp_path / "routes/code", TOOL.partition("\n\n\n")[0] + ROUTE)
    assert init(tmp_path / "tools", "--no-mcp") == 2
    assert (
        "code: there is no HTTP function, which is what an HTTP API publishes (leave --no-mcp out)"
        in (capsys.readouterr().err)
    )
    assert init(tmp_path / "routes", "--mcp", *USERS) == 2
    assert "code: there is no tool, resource or prompt of MCP" in capsys.readouterr().err
    for folder in ("tools", "routes"):
        assert [*(tmp_path / folder).iterdir()] == [tmp_path / folder / "code"]
    init(tmp_path / "api")
    init(tmp_path / "server", "--mcp", *USERS)
    capsys.readouterr()
    for folder, flags, said in (
        ("api", ("--mcp", *USERS), "the project publishes an HTTP API already"),
        ("server", ("--no-mcp",), "the project publishes an MCP server already"),
    ):
        before = contents(tmp_path / folder)
        assert init(tmp_path / folder, *flags) == 2
        assert f"environments/dev.yaml: {said}" in capsys.readouterr().err
        assert contents(tmp_path / folder) == before


def test_questions_are_short_and_explained_once() -> None:
    asked: list[str] = []
    said: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return {1: "no", 2: "new"}.get(len(asked), "")

    answer({}, Facts(name="orders", ci="github"), ask, said.append)
    assert asked[:2] == ["what you start from [new]: "] * 2
    assert {text.split()[0] for text in said[:4]} == STARTS.keys()
    assert "'no' is not an answer" in said[4]
    assert not said[5:]
    assert all(len(text) <= 90 for text in (*asked, *said[:4]))


# -- a project that is there


def test_existing_project_keeps_its_files_and_shows_what_would_change(
    existing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(existing)
    assert init(existing) == 1
    after = contents(existing)
    assert {name: after[name] for name in before} == before
    assert {"secured_stacks.py", "secured-functions.mk", "tests/test_access.py"} <= after.keys()
    assert "README.md" not in after
    shown = capsys.readouterr().out
    assert "+add_stacks(app)\n app.synth()" in shown
    assert re.search(r"^\+secured-functions\[cli,cdktf,simulation,testing\]", shown, re.MULTILINE)
    assert "+pytest" not in shown


def test_force_makes_the_shown_changes_and_the_app_has_both_stacks(existing: Path) -> None:
    assert init(existing, "--force") == 0
    done = run_in(existing, "main.py")
    assert done.returncode == 0, done.stderr
    stacks = {path.name for path in (existing / "cdktf.out/stacks").iterdir()}
    assert stacks == {"network", "orders-dev"}
    settings = existing / "environments/orders-dev.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("sku:", "skuu:"))
    done = run_in(existing, "main.py")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "did you mean 'sku'?" in done.stderr
    settings.write_text(text)
    again = contents(existing)
    assert init(existing, "--force") == 0
    assert contents(existing) == again


def test_pipeline_of_an_existing_project_uses_the_added_targets(existing: Path) -> None:
    init(existing, "--ci", "github")
    workflow = (existing / ".github/workflows/secured-functions.yml").read_text()
    assert "run: make -f secured-functions.mk test" in workflow
    assert "run: make test" not in workflow


@pytest.mark.parametrize(
    ("name", "before", "added"),
    [
        (
            "Pipfile",
            "[packages]\n",
            'secured-functions = {{version = "=={version}", '
            'extras = ["cli", "cdktf", "simulation", "testing"]}}\n'
            'pytest = "*"\n',
        ),
        (
            "pyproject.toml",
            "[project]\ndependencies = [\n",
            '"secured-functions[cli,cdktf,simulation,testing]=={version}",\n"pytest"\n]\n',
        ),
    ],
)
def test_project_with_another_list_of_packages_is_told_what_to_add_and_is_then_complete(
    name: str, before: str, added: str, existing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = added.format(version=__version__)
    (existing / "requirements.txt").unlink()
    (existing / name).write_text(before)
    flags = ("--force", "--ci", "github", "--library", __version__)
    assert init(existing, *flags) == 1
    note = next(line for line in capsys.readouterr().out.splitlines() if name in line)
    assert note.startswith(f"left to do: {name}: add ")
    for line in added.replace(",\n", "\n").splitlines()[:2]:
        assert line in note
    assert not (existing / "secured-functions.mk").exists()
    assert not (existing / ".github").exists()

    (existing / name).write_text(before + added)
    assert init(existing, *flags) == 0
    assert capsys.readouterr().out == "nothing is missing\n"


def test_unrelated_main_stays_and_the_app_starts_from_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('unrelated')\n")
    assert init(tmp_path) == 0
    assert (tmp_path / "main.py").read_text() == "print('unrelated')\n"
    command = json.loads((tmp_path / "cdktf.json").read_text())["app"]
    done = run_in(tmp_path, *command.split()[1:])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cdktf.out/stacks/dev/cdk.tf.json").is_file()
    before = contents(tmp_path)
    assert init(tmp_path) == 0
    assert contents(tmp_path) == before


def test_project_of_another_language_is_refused_untouched(
    existing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (existing / "cdktf.json").write_text('{"language": "typescript", "app": "npx ts-node main.ts"}')
    before = contents(existing)
    assert init(existing) == 2
    assert "npx ts-node main.ts" in capsys.readouterr().err
    assert contents(existing) == before


@pytest.mark.parametrize(
    "source", ["from cdktf import App\nApp().synth()\n", "import cdktf\na.synth()\nb.synth()\n"]
)
def test_app_that_is_not_plain_is_left_to_a_person(source: str) -> None:
    with pytest.raises(ValueError, match="where one is looked for"):
        with_stacks(source, "main.py")


def test_call_is_added_at_its_depth_and_the_import_before_the_others() -> None:
    source = "'''Doc.'''\nfrom __future__ import annotations\nimport cdktf\n\ndef main():\n    a = cdktf.App()\n    a.synth()\n"  # noqa: E501
    assert with_stacks(source, "main.py").splitlines()[2:] == [
        "from secured_stacks import add_stacks",
        "import cdktf",
        "",
        "def main():",
        "    a = cdktf.App()",
        "    add_stacks(a)",
        "    a.synth()",
    ]


@pytest.fixture
def said_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a person at a terminal answers to which beginning of a question; else Enter."""
    said: dict[str, str] = {}

    def ask(text: str) -> str:
        found = next((answer for start, answer in said.items() if text.startswith(start)), "")
        if found == "^D":
            raise EOFError
        return found

    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", ask)
    return said


def test_each_change_needs_its_own_yes(
    existing: Path, said_on_the_terminal: dict[str, str]
) -> None:
    said_on_the_terminal["change main.py?"] = "y"
    before = contents(existing)
    assert main(["init", str(existing), "--name", "orders", "--ci", "none"]) == 1
    after = contents(existing)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"main.py"}


def test_breaking_off_writes_nothing(
    existing: Path, said_on_the_terminal: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    said_on_the_terminal["change requirements.txt?"] = "^D"
    before = contents(existing)
    assert main(["init", str(existing), "--name", "orders"]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert contents(existing) == before


def test_guide_shows_what_is_shown(
    existing: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = (repository / "docs/guides/start-a-project.md").read_text("utf-8")
    init(existing)
    assert guide.split("```diff\n")[1].split("```")[0] in capsys.readouterr().out
    init(existing / "other", "--start", "existing-registration")
    assert capsys.readouterr().err in guide
    for start in STARTS:
        assert f"| `{start}` |" in guide


# -- all or nothing


def test_failing_write_leaves_everything_as_it_was(
    existing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(existing)
    replace = Path.replace

    def fail_late(self: Path, target: Path) -> Path:
        if target.name == "settings.schema.json":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_late)
    assert init(existing, "--force") == 2
    assert "so nothing was: No space left on device" in capsys.readouterr().err
    assert contents(existing) == before
    assert not (existing / "environments").exists()


def test_link_out_of_the_project_is_not_written_through(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (project / "environments").symlink_to(outside)
    assert init(project) == 2
    assert list(outside.iterdir()) == []
    assert list(project.iterdir()) == [project / "environments"]


def test_change_is_shown_as_a_diff(existing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(existing)
    shown = capsys.readouterr().out
    assert "--- main.py\n+++ main.py\n@@ " in shown
    assert "\n+add_stacks(app)\n app.synth()\n" in shown
