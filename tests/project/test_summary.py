"""`secured-functions summary` shows what a synth made, and refuses what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib.cli import main

STACK = {"resource": {"azurerm_api_management": {"gateway": {"name": "apim-orders"}}}}


@pytest.fixture
def synthesized(tmp_path: Path) -> Path:
    """The folder of a synth with the stack `dev`."""
    manifest = {"stacks": {"dev": {"synthesizedStackPath": "cdk.tf.json"}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "cdk.tf.json").write_text(json.dumps(STACK))
    return tmp_path


def test_each_stack_is_told(synthesized: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(synthesized)]) == 0
    assert capsys.readouterr().out.split() == [
        *("dev:", "1", "resources", "in", str(synthesized / "cdk.tf.json")),
        *("gateway", "apim-orders"),
    ]


@pytest.mark.parametrize(
    "resources",
    [
        "null",
        "[]",
        '{"a": 5}',
        '{"azurerm_api_management": [1]}',
        '{"azurerm_api_management": {"a": null}}',
        '{"a": ' * 200 + "1" + "}" * 200,
        "[" * 100_000,
    ],
)
def test_what_is_no_stack_is_refused(
    synthesized: Path, resources: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = synthesized / "cdk.tf.json"
    file.write_text(f'{{"resource": {resources}}}')
    assert main(["summary", str(synthesized)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"secured-functions: {file}: is not Terraform JSON (synthesize again)\n"


@pytest.mark.parametrize(
    "manifest",
    [
        "null",
        "[]",
        '{"stacks": []}',
        '{"stacks": {"a": null}}',
        '{"stacks": {"a": {}}}',
        "[" * 9999,
    ],
)
def test_a_folder_that_no_synth_wrote_is_refused(
    synthesized: Path, manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (synthesized / "manifest.json").write_text(manifest)
    assert main(["summary", str(synthesized)]) == 2
    said = "is not what cdktf wrote (synthesize first: make synth, or cdktf synth)"
    assert said in capsys.readouterr().err
