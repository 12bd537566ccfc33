"""A written project synthesizes and its tests pass; a project that is there keeps what it has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib.cli import main
from constructs_lib.init.facts import Facts, find_facts, with_stacks
from constructs_lib.init.questions import answer

ID = "11111111-1111-4111-8111-111111111111"
SITE = f"/subscriptions/{ID}/resourceGroups/rg-x/providers/Microsoft.Web/sites/func-x"
GATEWAY = ("--gateway-name", "apim-contoso", "--gateway-resource-group", "rg-platform")
REGISTRATION = ("--client-id", ID, "--tenant-id", ID)
STARTS = {
    "new": (),
    "existing-gateway": GATEWAY,
    "existing-registration": REGISTRATION,
    "existing-function-app": (*GATEWAY, *REGISTRATION, "--function-app-id", SITE),
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


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    repository = Path(__file__).resolve().parent.parent.parent
    env = {**os.environ, "PYTHONPATH": str(repository), "PYTHONDONTWRITEBYTECODE": "1"}
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


@pytest.mark.parametrize("start", STARTS)
def test_written_project_synthesizes_and_its_tests_pass(start: str, tmp_path: Path) -> None:
    assert init(tmp_path / "orders", "--start", start, *STARTS[start]) == 0
    done = run_in(tmp_path / "orders", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_apps_entry_writes_the_stack(tmp_path: Path) -> None:
    assert init(tmp_path) == 0
    done = run_in(tmp_path, "main.py")
    assert done.returncode == 0, done.stderr
    stack = json.loads((tmp_path / "cdktf.out/stacks/dev/cdk.tf.json").read_text())
    gateway = next(iter(stack["resource"]["azurerm_api_management"].values()))
    assert gateway["name"] == "apim-orders-dev"
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


def test_second_init_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path)
    before = contents(tmp_path)
    capsys.readouterr()
    assert init(tmp_path) == 0
    assert contents(tmp_path) == before
    assert capsys.readouterr().out == "nothing is missing\n"


def test_no_file_has_a_place_left_open(tmp_path: Path) -> None:
    for ci in ("github", "azure"):
        init(tmp_path / ci, "--ci", ci)
        for name, text in contents(tmp_path / ci).items():
            assert "%%" not in text, name


def test_wheel_can_be_installed_in_place_of_a_release(tmp_path: Path) -> None:
    wheel = tmp_path / "secured_functions-9-py3-none-any.whl"
    wheel.touch()
    init(tmp_path / "orders", "--library", str(wheel))
    line = f"secured-functions[cli,testing] @ {wheel.as_uri()}\n"
    assert line in (tmp_path / "orders/requirements.txt").read_text()


# -- answers


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--start", "existing-gateway"), "give --gateway-name --gateway-resource-group"),
        (("--start", "existing-registration"), "give --client-id --tenant-id"),
        (("--start", "existing"), "'existing' is no answer"),
        (("--gateway-name", "a: b", "--gateway-resource-group", "g"), "'a: b' is no answer"),
        (("--state-resource-group", "rg-terraform"), "give --state-resource-group and"),
        (("--subscription-id", "mine"), "subscription_id"),
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
    assert [text[:9] for text in asked] == ["client id", "client id"]
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


def test_routes_of_a_functions_project_beside_it_are_published(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/host.json").write_text('{"version": "2.0"}')
    assert init(tmp_path) == 0
    assert 'functions_project: "../app"' in (tmp_path / "environments/dev.yaml").read_text()


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
    assert re.search(r"^\+secured-functions\[cli,testing\]==", shown, re.MULTILINE)
    assert "+pytest" not in shown


def test_force_makes_the_shown_changes_and_the_app_has_both_stacks(existing: Path) -> None:
    assert init(existing, "--force") == 0
    done = run_in(existing, "main.py")
    assert done.returncode == 0, done.stderr
    stacks = {path.name for path in (existing / "cdktf.out/stacks").iterdir()}
    assert stacks == {"network", "orders-dev"}
    again = contents(existing)
    assert init(existing, "--force") == 0
    assert contents(existing) == again


def test_pipeline_of_an_existing_project_uses_the_added_targets(existing: Path) -> None:
    init(existing, "--ci", "github")
    workflow = (existing / ".github/workflows/secured-functions.yml").read_text()
    assert "run: make -f secured-functions.mk test" in workflow
    assert "run: make test" not in workflow


def test_project_of_pipenv_is_told_what_to_add(
    existing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (existing / "requirements.txt").unlink()
    (existing / "Pipfile").write_text("[packages]\n")
    assert init(existing, "--force", "--ci", "github") == 1
    assert "Pipfile: add secured-functions[cli,testing]==" in capsys.readouterr().out
    assert not (existing / "secured-functions.mk").exists()
    assert not (existing / ".github").exists()


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
