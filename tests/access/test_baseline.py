"""A baseline accepts what was there before, by place: neither by line nor by words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.toml_text import load_toml, quoted
from constructs_lib._core.findings import Finding
from constructs_lib.access import Analysis, analyse, read_stacks
from constructs_lib.access.baseline import (
    BaselineEntry,
    BaselinePlace,
    accept_baseline,
    accept_rules,
    baseline_text,
    gone,
    read_baseline,
)
from constructs_lib.access.report import View
from tests.access.samples import APP, chain

DAY = date(2026, 3, 1)
OPEN = f"{APP}.orders"


def analysed(**changes: object) -> Analysis:
    document = chain()
    document["resource"][APP]["orders"].update(changes)
    return analyse(read_stacks({"stack": document}))


BROKEN = analysed(https_only=False)
ANYBODY = analysed(auth_settings_v2=None)


def written(tmp_path: Path, findings: tuple[Finding, ...] = BROKEN.findings) -> Path:
    file = tmp_path / "baseline.toml"
    file.write_text(baseline_text(findings, today=DAY, reason="old"), "utf-8")
    return file


def test_what_was_there_before_is_accepted_and_its_door_stands_so(tmp_path: Path) -> None:
    before = View(ANYBODY).count
    left = accept_baseline(ANYBODY, read_baseline(written(tmp_path, ANYBODY.findings)))
    assert left.findings == ()
    assert {(each.finding.rule, each.since, each.reason) for each in left.accepted} == {
        ("SF101", DAY, "old")
    }
    count = View(left).count
    assert before["wrong"] > 3
    assert (count["wrong"], count["accepted"]) == (0, before["wrong"])


def test_what_is_new_is_not(tmp_path: Path) -> None:
    entries = read_baseline(written(tmp_path))
    both = analysed(https_only=False, auth_settings_v2=None)
    assert {each.rule for each in accept_baseline(both, entries).findings} == {"SF101"}


def test_neither_lines_nor_words_nor_the_file_matter(tmp_path: Path) -> None:
    entries = read_baseline(written(tmp_path))
    [found] = BROKEN.findings
    moved = replace(found, message="in other words", path="moved.tf", line=99)
    assert accept_baseline(replace(BROKEN, findings=(moved,)), entries).findings == ()
    elsewhere = replace(found, attribute="another")
    assert accept_baseline(replace(BROKEN, findings=(elsewhere,)), entries).findings


def test_one_stack_says_nothing_of_another(tmp_path: Path) -> None:
    [found] = BROKEN.findings
    dev, prod = (replace(found, stack=name) for name in ("dev", "prod"))
    entries = read_baseline(written(tmp_path, (dev,)))
    assert accept_baseline(replace(BROKEN, findings=(dev, prod)), entries).findings == (prod,)


def test_what_is_gone_is_told(tmp_path: Path) -> None:
    entries = read_baseline(written(tmp_path))
    assert gone(entries, [accept_baseline(BROKEN, entries)]) == []
    assert gone(entries, [analysed()]) == entries
    assert str(entries[0].place) == f"SF402 stack: {OPEN}.https_only"


def test_days_and_reasons_that_somebody_wrote_stay() -> None:
    [place] = {BaselinePlace.of(each) for each in BROKEN.findings}
    before = BaselineEntry(place, date(2020, 1, 1), 'because of "it"')
    text = baseline_text(BROKEN.findings, today=DAY, reason="new", before=[before])
    assert "since = 2020-01-01" in text
    assert r'reason = "because of \"it\""' in text
    assert 'reason = "new"' not in text


def test_a_skipped_rule_is_accepted_everywhere() -> None:
    left = accept_rules(BROKEN, {"SF402": "a proxy in front"})
    assert left.findings == ()
    assert [each.reason for each in left.accepted] == ["a proxy in front"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "has no key 'x'"),
        ("accepted = 1", "accepted is no list"),
        ("accepted = [1]", "accepted 1: is no table"),
        ('[[accepted]]\nrule = "SF101"', "has no day"),
        ("[[accepted]]\nsince = 2026-01-01T00:00:00", "has no day"),
        ("[[accepted]]\nsince = 2026-01-01", "has no reason"),
        ('[[accepted]]\nsince = 2026-01-01\nreason = " "', "has no reason"),
        ('[[accepted]]\nsince = 2026-01-01\nreason = "x"', "names no rule and address"),
        ('[[accepted]]\nsince = 2026-01-01\nreason = "x"\nrule = 1', "rule is no text"),
        ("[[accepted]]\nadress = 1", "has no key 'adress'"),
        ("[[accepted]", ":1:11: is not TOML"),
        ("a = ", "is not TOML"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place(
    text: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        read_baseline(file)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(file))


@given(st.text())
def test_any_text_can_be_written_and_read_again(text: str) -> None:
    expected = "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
    assert load_toml(f"a = {quoted(text)}", "x") == {"a": expected}
