"""What a project says of its checks, and what the command line says instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib import cli
from tests.access.samples import APP, chain

HEAD = "[tool.secured-functions]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    document = chain()
    document["resource"][APP]["orders"] |= {
        "https_only": False,
        "webdeploy_publish_basic_authentication_enabled": True,
    }
    (tmp_path / ".git").mkdir()
    (tmp_path / "stack.tf.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


def check(*arguments: object) -> int:
    return cli.main(["check", *map(str, arguments)])


def test_paths_are_seen_from_the_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(f'{HEAD}paths = ["stack.tf.json"]\n', "utf-8")
    assert check() == 1
    assert "../stack.tf.json (" in capsys.readouterr().out
    assert cli.main(["access"]) == 1


@pytest.mark.parametrize("name", ["secured-functions.toml", "pyproject.toml"])
def test_a_rule_is_skipped_with_its_reason(
    name: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = HEAD if name == "pyproject.toml" else ""
    table = "tool.secured-functions.skip" if head else "skip"
    text = f'{head}paths = ["stack.tf.json"]\n[{table}]\nSF402 = "a proxy in front"\n'
    (project / name).write_text(text, "utf-8")
    assert check() == 0
    assert "accepted SF402: a proxy in front" in capsys.readouterr().out
    assert cli.main(["access"]) == 0
    assert "SF402" not in capsys.readouterr().out.splitlines()[-1]


def test_the_command_line_goes_before_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f'{HEAD}paths = ["none"]\nfail-on = "error"\n'
    (project / "pyproject.toml").write_text(text, "utf-8")
    stack = project / "stack.tf.json"
    assert check(stack, "--skip", "sf402") == 0
    assert "accepted SF402: skipped on the command line" in capsys.readouterr().out
    assert check(stack, "--skip", "SF402=why not", "--fail-on", "warning") == 1
    assert "accepted SF402: why not" in capsys.readouterr().out
    assert check(stack, "--rule", "SF403") == 0
    assert "SF402" not in capsys.readouterr().out
    assert check(stack, "--rule", "SF403", "--rule", "sf402") == 1


def test_nothing_above_the_repository_counts(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(f'{HEAD}paths = ["stack.tf.json"]\n', "utf-8")
    (project / "sub/.git").mkdir()
    assert check() == 2
    assert "cdktf.out" in capsys.readouterr().err


def test_a_baseline_is_written_and_only_what_is_new_fails(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'{HEAD}paths = ["stack.tf.json"]\nbaseline = "accepted.toml"\n'
    file = project / "accepted.toml"
    assert check(project / "stack.tf.json", "--write-baseline", file) == 0
    assert "2 findings accepted" in capsys.readouterr().out
    (project / "pyproject.toml").write_text(text, "utf-8")
    assert check() == 0
    assert cli.main(["access"]) == 0
    capsys.readouterr()

    stack = project / "stack.tf.json"
    document = json.loads(stack.read_text("utf-8"))
    document["resource"][APP]["orders"]["https_only"] = True
    document["resource"][APP]["orders"]["auth_settings_v2"] = None
    stack.write_text(json.dumps(document), "utf-8")
    assert check() == 1
    said = capsys.readouterr().out
    assert f"accepted.toml: not found any more: SF402 {APP}.orders.https_only\n" in said
    assert said.endswith("1 error\n")
    assert check("--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["rule"] for each in found["findings"]] == ["SF101"]
    assert [each["rule"] for each in found["gone"]] == ["SF402"]
    assert [each["since"] is not None for each in found["accepted"]] == [True]
    # Of a rule that is not looked for, nobody can tell whether it is gone.
    assert check("--rule", "SF101") == 1
    assert "not found any more" not in capsys.readouterr().out

    # Written anew, it has what is there now, with the days and reasons that were there before.
    file.write_text(file.read_text("utf-8").replace("found when", "mine, found when"), "utf-8")
    assert check("--write-baseline", file, "--reason", "new today") == 0
    lines = file.read_text("utf-8").splitlines()
    assert sum(line.startswith('reason = "mine') for line in lines) == 1
    assert 'reason = "new today"' in lines
    assert check("--fail-on", "note") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pathes = []", "has no key 'pathes' (did you mean paths?)"),
        ('paths = "x"', "paths is no list"),
        ('fail-on = "never"', "fail-on cannot be 'never'"),
        ("baseline = 1", "baseline is no text"),
        ('baseline = "none.toml"', "none.toml: there is no such file"),
        ("skip = []", "skip is no table"),
        ("skip = {SF101 = ''}", "SF101 has no reason"),
        ("skip = {SF999 = 'x'}", "there is no rule SF999"),
        ("skip = ", "is not TOML"),
    ],
)
def test_what_has_no_meaning_is_refused(
    text: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "secured-functions.toml").write_text(text, "utf-8")
    assert check(project / "stack.tf.json") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("secured-functions: ../")
    assert said in shown.err


def test_rules_that_do_not_exist_and_files_without_a_table_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = project / "stack.tf.json"
    assert check(stack, "--rule", "SF40") == 2
    assert check(stack, "--skip", "SF40=x") == 2
    (project / "pyproject.toml").write_text("", "utf-8")
    assert check(stack) == 1
    assert check(stack, "--config", project / "pyproject.toml") == 2
    assert "has no table [tool.secured-functions]" in capsys.readouterr().err
    assert check(stack, "--write-baseline", project / "x.toml", "--reason", " ") == 2
    assert not (project / "x.toml").exists()
