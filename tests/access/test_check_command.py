"""`secured-functions check`: exit codes, formats, explanations."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from constructs_lib import cli
from constructs_lib.access.rules import RULES
from tests.access.samples import APP, Document, chain, easy_auth


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "COMMANDS", ("check",))


def broken() -> Document:
    document = chain()
    document["resource"][APP]["orders"]["https_only"] = False
    return document


def warned() -> Document:
    document = chain()
    easy_auth(document)["unauthenticated_action"] = "RedirectToLoginPage"
    return document


def write(folder: Path, document: Document, name: str = "cdk.tf.json") -> str:
    file = folder / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def test_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", write(tmp_path, chain())]) == 0
    assert capsys.readouterr().out == "nothing found\n"


def test_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, broken())
    assert cli.main(["check", path]) == 1
    out = capsys.readouterr().out
    assert f"{path} ({APP}.orders.https_only): error SF402:" in out
    assert "Set https_only = true" in out


def test_several_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = write(tmp_path, chain()), write(tmp_path, broken(), "bad.tf.json")
    assert cli.main(["check", good, bad]) == 1
    assert good not in capsys.readouterr().out


def test_warnings_fail_only_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path, warned())
    assert cli.main(["check", path]) == 0
    assert cli.main(["check", path, "--fail-on", "warning"]) == 1


def test_unusable_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "nothing")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("secured-functions: ")


def test_json_names_what_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = broken()
    accepted = {f"{APP}.orders": {"SF402": "behind a TLS proxy"}}
    document["output"] = {"secured_functions_accepted": {"value": accepted}}
    assert cli.main(["check", write(tmp_path, document), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["findings"] == []
    assert [each["reason"] for each in said["accepted"]] == ["behind a TLS proxy"]
    assert cli.main(["check", write(tmp_path, document)]) == 0
    assert "accepted SF402: behind a TLS proxy" in capsys.readouterr().out


def test_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", write(tmp_path, broken()), "--format", "sarif"]) == 1
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert {each["id"] for each in run["tool"]["driver"]["rules"]} == set(RULES)
    [result] = run["results"]
    logical = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    assert (result["ruleId"], logical) == ("SF402", f"{APP}.orders.https_only")


def test_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = write(tmp_path, chain()), write(tmp_path, broken(), "bad.tf.json")
    assert cli.main(["check", good, bad, "--format", "junit"]) == 1
    cases = ElementTree.fromstring(capsys.readouterr().out).findall(".//testcase")
    assert [bool(case.findall("failure")) for case in cases] == [False, True]


def test_output_is_written_as_a_whole_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    path = write(tmp_path, broken())
    assert cli.main(["check", path, "--format", "json", "--output", str(file)]) == 1
    assert json.loads(file.read_text(encoding="utf-8"))["findings"][0]["rule"] == "SF402"
    assert capsys.readouterr().out == ""
    assert cli.main(["check", path, "--output", str(tmp_path / "no" / "x")]) == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cdk.tf.json", "found.json"]


@pytest.mark.parametrize("rule", ["SF305", "sf305"])
def test_explain(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--explain", rule]) == 0
    out = capsys.readouterr().out
    assert RULES["SF305"].reason in out
    assert RULES["SF305"].fix in out
    assert RULES["SF305"].url in out


def test_explain_what_is_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--explain", "SF999"]) == 2
    assert "did you mean SF9" in capsys.readouterr().err


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(RULES)
