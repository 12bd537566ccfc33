"""What is wrong with the input of a command is said in a sentence, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "cdktf.json").write_text('{"app": "python main.py", "output": "cdktf.out"}')
    (tmp_path / "nothing.tf.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("summary", "cdktf.out: is not what cdktf wrote (synthesize first: make synth, or cdktf"),
        ("export dev out", "cdktf.out: is not what cdktf wrote (synthesize first: make synth, or"),
        ("check", "cdktf.out: cannot be read: No such file or directory (give cdktf.out after a"),
        (
            "check empty",
            "empty: holds no Terraform (give cdktf.out after a synth, a cdk.tf.json, a",
        ),
        ("check cdktf.json", "cdktf.json: is JSON, but no Terraform configuration (give cdktf.out"),
        ("check --skip SF1 empty", "--skip: there is no rule SF1 (did you mean"),
        ("access nowhere", "nowhere: cannot be read: No such file or directory (give cdktf.out"),
        ("explain SF1", "there is no rule SF1 (did you mean"),
        ("policy format nowhere", "nowhere"),
        (
            "operations empty",
            "empty: this is not the folder of an Azure Functions project, host.json",
        ),
        ("request a --caller x", "--caller: 'x' names no caller (write a name and an object id"),
        ("verify nowhere", "nowhere: cannot be read: No such file or directory"),
        ("policy check x.xml --output x.pdf", "x.pdf: there is no format for .pdf (end it in"),
        ("verify nothing.tf.json --output x.pdf", "x.pdf: there is no format for .pdf (end it in"),
        ("serve nothing.tf.json", "nothing.tf.json: there is neither a gateway nor a function app"),
        (
            "serve --function a nothing.tf.json",
            "--function 'a' is not NAME=VALUE (write orders=http://",
        ),
        ("serve --host a empty", "--host 'a' is not an address (write 127.0.0.1, for example)"),
        ("settings empty", "empty: no environments there (write one as <environment>.yaml)"),
        ("settings cdktf.json", "cdktf.json: is a file (name the folder that it lies in)"),
        ("init cdktf.json", "cdktf.json: is not a folder"),
        ("init new --yes --ci gitlab", "--ci: 'gitlab' is not an answer (write github, azure or"),
    ],
)
def test_it_is_said_in_a_sentence(
    words: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert cli.main(words.split()) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"secured-functions: {said}")
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert sorted(folder.rglob("*")) == before


def test_a_time_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("x", "0", "nan", "86400"):
        with pytest.raises(SystemExit, match="2"):
            cli.main(["verify", "--time-limit", text])
        assert f"--time-limit: '{text}' is not a number of seconds" in capsys.readouterr().err


def test_where_there_is_nothing_to_check_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "nothing.tf.json"]) == 0
    said = "nothing.tf.json: there is no function app in it\nnothing found\n"
    assert capsys.readouterr().out == said
