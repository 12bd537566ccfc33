"""`secured-functions access`: options, exit codes, files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import access, cli
from constructs_lib._core.errors import InputError
from tests.access.report.samples import ANONYMOUS, RIGHT, WRONG, analysis, passes, unknown

SAMPLES = {
    "right": RIGHT,
    "wrong": WRONG,
    "unknown": analysis(unknown(ANONYMOUS)),
    "open": analysis(passes(ANONYMOUS)),
}
BARE_APP = {
    "resource": {"azurerm_linux_function_app": {"orders": {"name": "func-orders"}}},
}


@pytest.fixture(autouse=True)
def _command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "COMMANDS", ("access",))


@pytest.fixture
def samples(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: str) -> str:
        if path not in SAMPLES:
            raise InputError("cannot be read", where=path)
        return path

    monkeypatch.setattr(access, "read_terraform", read)
    monkeypatch.setattr(access, "analyse", SAMPLES.__getitem__)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["right"], 0),
        (["unknown"], 0),
        (["wrong"], 1),
        (["missing"], 2),
        (["right", "--compare", "wrong"], 0),
        (["wrong", "--compare", "right"], 1),
        (["wrong", "--compare", "wrong"], 0),
        (["open", "--compare", "unknown"], 1),
        (["right", "--compare", "missing"], 2),
        (["-", "--compare", "-"], 2),
    ],
)
@pytest.mark.usefixtures("samples")
def test_the_exit_code_says_whether_something_is_open(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["access", *arguments]) == code
    shown = capsys.readouterr()
    assert bool(shown.err) == (code == 2)
    assert bool(shown.out) == (code != 2)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.json", "{"), ("a.md", "## "), ("a.HTML", "<!doctype html>"), ("a.txt", "func-orders")],
)
@pytest.mark.usefixtures("samples")
def test_the_name_of_the_file_chooses_the_format(
    name: str, start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["access", "wrong", "--output", str(tmp_path / name)]) == 1
    assert (tmp_path / name).read_text("utf-8").startswith(start)
    assert "WRONG" in capsys.readouterr().out


@pytest.mark.usefixtures("samples")
def test_the_format_goes_to_standard_output_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["access", "wrong", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == 1


@pytest.mark.usefixtures("samples")
def test_nothing_is_written_for_input_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert cli.main(["access", "missing", "--output", str(file)]) == 2
    assert cli.main(["access", "right", "--output", str(tmp_path / "no" / "report.html")]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("samples")
def test_a_terminal_without_the_characters_still_gets_its_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bytes_shown = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(bytes_shown, encoding="ascii"))
    assert cli.main(["access", "wrong", "--format", "markdown"]) == 1
    assert b"\\U0001f513" in bytes_shown.getvalue()


def _file(path: Path, document: dict[str, Any]) -> str:
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def test_a_function_app_without_easy_auth_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(tmp_path / "cdk.tf.json", BARE_APP)
    assert cli.main(["access", file, "--output", str(tmp_path / "access.html")]) == 1
    assert "Easy Auth is not enabled" in capsys.readouterr().out
    assert "auth_settings_v2" in (tmp_path / "access.html").read_text("utf-8")


def test_an_app_that_is_added_without_easy_auth_is_an_opened_door(tmp_path: Path) -> None:
    before = _file(tmp_path / "before.tf.json", {"resource": {}})
    after = _file(tmp_path / "after.tf.json", BARE_APP)
    assert cli.main(["access", after, "--compare", before]) == 1
    assert cli.main(["access", before, "--compare", after]) == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"resource": 1}'])
def test_input_that_is_no_terraform_json_is_refused_in_a_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text(text)
    code = cli.main(["access", str(file)])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert (code, bool(shown.err)) in {(2, True), (0, False)}
