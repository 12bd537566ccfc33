"""Where the output goes: no traceback and no exit code 1 when it cannot be written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib import cli

OPEN = {"resource": {"azurerm_linux_function_app": {"orders": {"name": "func-orders"}}}}


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    file = tmp_path / "cdk.tf.json"
    file.write_text(json.dumps(OPEN), "utf-8")
    return file


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (">&-", "secured-functions: standard output cannot be written: it is closed\n"),
        (
            ">/dev/full",
            "secured-functions: standard output cannot be written: No space left on device\n",
        ),
    ],
)
def test_output_that_cannot_be_written_is_no_finding(to: str, said: str, stack: Path) -> None:
    start = "import sys; from constructs_lib.cli import main; sys.exit(main())"
    program = f"'{sys.executable}' -c '{start}' check '{stack}'"
    ran = subprocess.run(
        ["sh", "-c", f"{program} {to}"], capture_output=True, text=True, timeout=60
    )
    assert ran.stderr == said
    assert ran.returncode == 2


def test_a_terminal_without_the_characters_gets_findings_spelt_out_and_documents_in_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "policy.xml"
    header = '<set-header name="x" exists-action="é" />'
    policy = f"<policies><inbound><base />{header}</inbound></policies>"
    file.write_text(policy, "utf-8")
    shown: dict[str, bytes] = {}
    for command in (["check", str(file)], ["format", "-"]):
        out = io.BytesIO()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(policy.encode()), "utf-8"))
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding="ascii"))
        cli.main(["policy", *command])
        shown[command[0]] = out.getvalue()
    assert "é" in shown["format"].decode("utf-8")
    assert b"`\\xe9`" in shown["check"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
@pytest.mark.parametrize("command", ["check", "access"])
def test_colours_are_for_terminals_alone(
    command: str,
    environment: dict[str, str],
    coloured: bool,
    stack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cli.main([command, str(stack)]) == 1
    assert "\033[" not in capsys.readouterr().out
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((120, 40)))
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    assert cli.main([command, str(stack)]) == 1
    assert ("\033[" in terminal.getvalue()) == coloured


def test_the_shell_completes_commands_and_options(tmp_path: Path) -> None:
    start = "import sys; from constructs_lib.cli import main; sys.exit(main())"
    line = "secured-functions check --write-b"
    answer = tmp_path / "answer"
    ran = subprocess.run(
        ["bash", "-c", f"exec 8>'{answer}' 9>/dev/null; '{sys.executable}' -c '{start}'"],
        env={
            **os.environ,
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.read_text("utf-8").strip() == "--write-baseline", ran.stderr


@pytest.mark.parametrize("command", ["check", "access"])
@pytest.mark.parametrize("name", ["x.pdf", "x.md5", "x.toml"])
def test_a_name_that_no_format_goes_with_is_refused(
    command: str, name: str, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = stack.parent / name
    assert cli.main([command, str(stack), "--output", str(file)]) == 2
    assert "there is no format for" in capsys.readouterr().err
    assert not file.exists()
    named = ["--output", str(file), "--format", "json"]
    assert cli.main([command, str(stack), *named]) == 1
    assert json.loads(file.read_text("utf-8"))["findings"]


@pytest.mark.parametrize(
    ("command", "name", "start"),
    [
        ("check", "x.json", "{"),
        ("check", "x.SARIF", '{\n  "$schema"'),
        ("check", "x.xml", "<?xml"),
        ("check", "x.txt", "{stack} ("),
        ("check", "x", "{stack} ("),
        ("access", "x.htm", "<!doctype html>"),
        ("access", "x.markdown", "## "),
        ("access", "x.txt", "func-orders"),
        ("access", "x", "func-orders"),
    ],
)
def test_the_name_of_the_file_chooses_the_format(
    command: str, name: str, start: str, stack: Path
) -> None:
    assert cli.main([command, str(stack), "--output", str(stack.parent / name)]) == 1
    text = (stack.parent / name).read_text("utf-8")
    assert text.startswith(start.replace("{stack}", str(stack)))


def test_two_alike_are_said_to_be_so_in_plain_words(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["access", str(stack), "--compare", str(stack)]) == 0
    assert capsys.readouterr().out.startswith(f"No door differs from {stack}.\n\n")
