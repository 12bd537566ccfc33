"""No false alarm on the examples: what they synthesize has no error, and the gateway gets in."""

from __future__ import annotations

import functools
import runpy
from pathlib import Path

import pytest

import constructs_lib  # noqa: F401
from constructs_lib.access import analyse, read_terraform

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/main.py"))
# Where a link is managed elsewhere, nobody can know from here.
THROUGH: dict[str, set[str]] = {
    "directory_contract": {"unknown"},
    "existing_registration": {"unknown"},
    "function_app_outside_terraform": {"unknown"},
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_raises_no_alarm(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cdktf

    monkeypatch.chdir(example.parent)
    monkeypatch.setattr(cdktf, "App", functools.partial(cdktf.App, outdir=str(tmp_path)))
    runpy.run_path(str(example), run_name="__main__")
    analysis = analyse(read_terraform(tmp_path))
    assert [each.message for each in analysis.findings if each.severity == "error"] == []
    accepted = {each.finding.address for each in analysis.accepted}
    unwanted = [each for each in analysis.answers if each.unwanted]
    assert [each.reason for each in unwanted if each.address not in accepted] == []
    through = {each.verdict for each in analysis.answers if each.caller.kind == "gateway"}
    assert through == THROUGH.get(example.parent.name, {"open"})
    outside = [each for each in analysis.answers if not each.caller.trusted]
    assert [each.reason for each in outside if each.verdict == "unknown"] == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5
