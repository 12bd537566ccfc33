"""Each change of the settings is one apply, opens nothing on the way, and does what we say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.terraform.changes.change import Change
from tests.terraform.harness import needs_stand_in
from tests.terraform.modules import Modules
from tests.terraform.outcomes import PAGE, outcomes, parts, rows, synthesized


@needs_stand_in
@pytest.mark.parametrize("changes", parts(), ids=lambda part: next(iter(part)))
def test_changes_and_the_changes_back_do_what_the_page_says(
    changes: dict[str, Change], tmp_path: Path
) -> None:
    found = outcomes(tmp_path, changes)
    assert [problem for outcome in found for problem in outcome.problems()] == []
    page = PAGE.read_text()
    assert [row for row in rows(found) if row not in page] == []


@needs_stand_in
@pytest.mark.parametrize(
    "after", [{"app": {"hosting": {"kind": "premium"}}}, {"gateway": {"sku": "StandardV2_1"}}]
)
def test_a_plan_that_would_destroy_what_is_kept_is_refused(
    after: dict[str, Any], tmp_path: Path
) -> None:
    kept = {"app": {"prevent_destroy": True}, "gateway": {"prevent_destroy": True}}
    change = Change(setting="", what="", before=kept, after=after, does="replaced")
    before, changed = (synthesized({"kept": change}, after=later) for later in (False, True))
    with Modules.kept_in(tmp_path) as modules:
        modules.make(before)
        modules.write(changed)
        said = modules.terraform("plan", expect=1)
    assert "Instance cannot be destroyed" in said
