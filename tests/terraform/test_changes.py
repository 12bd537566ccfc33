"""Each change of the settings is one apply, opens nothing on the way, and does what we say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.changes import Change
from tests.terraform.harness import needs_stand_in
from tests.terraform.outcomes import PAGE, outcomes, parts, rows


@needs_stand_in
@pytest.mark.parametrize("changes", parts(), ids=lambda part: next(iter(part)))
def test_changes_and_the_changes_back_do_what_the_page_says(
    changes: dict[str, Change], tmp_path: Path
) -> None:
    found = outcomes(tmp_path, changes)
    assert [problem for outcome in found for problem in outcome.problems()] == []
    page = PAGE.read_text()
    assert [row for row in rows(found) if row not in page] == []
