"""No false alarm on the examples: what they synthesize has no error, and the gateway gets in."""

from __future__ import annotations

import functools
import runpy
from pathlib import Path

import pytest

import constructs_lib  # noqa: F401
from constructs_lib.trust import analyse, read

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/main.py"))
# Where the registration is managed elsewhere, nobody can know from here what Entra does.
UNKNOWN = {"existing_registration"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_raises_no_alarm(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cdktf

    monkeypatch.chdir(example.parent)
    monkeypatch.setattr(cdktf, "App", functools.partial(cdktf.App, outdir=str(tmp_path)))
    runpy.run_path(str(example), run_name="__main__")
    analysis = analyse(read(tmp_path))
    assert [each.message for each in analysis.findings if each.severity == "error"] == []
    assert [(each.caller.label, each.reason) for each in analysis.answers if each.unwanted] == []
    through = {each.verdict for each in analysis.answers if each.caller.kind == "gateway"}
    assert through == ({"unknown"} if example.parent.name in UNKNOWN else {"open"})
    outside = {each.verdict for each in analysis.answers if not each.caller.trusted}
    assert outside == {"closed"}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5
