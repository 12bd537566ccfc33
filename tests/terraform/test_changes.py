"""Each change of the settings is one apply, opens nothing on the way, and does what we say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.stack.settings import json_schema
from tests.terraform.changes import CHANGES, ELSEWHERE
from tests.terraform.changes.change import Change
from tests.terraform.harness import needs_stand_in
from tests.terraform.modules import Modules
from tests.terraform.outcomes import (
    BEGIN,
    END,
    PAGE,
    head_of,
    outcomes,
    parts,
    rows,
    synthesized,
)


@needs_stand_in
@pytest.mark.parametrize("changes", parts(), ids=lambda part: next(iter(part)))
def test_changes_and_the_changes_back_do_what_the_page_says(
    changes: dict[str, Change], tmp_path: Path
) -> None:
    found = outcomes(tmp_path, changes)
    assert [problem for outcome in found for problem in outcome.problems()] == []
    page = PAGE.read_text()
    assert [row for row in rows(found) if row not in page] == []


def test_the_page_tells_each_change_and_no_other() -> None:
    table = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    told = [row.rsplit(" | ", 2)[0] for row in table]
    heads = [head_of(change, back=back) for change in CHANGES for back in (False, True)]
    assert told == [head for head in heads if head]


def test_every_key_of_the_settings_is_in_the_table_or_the_text() -> None:
    sections = json.loads(json_schema())["$defs"]
    keys = {
        key
        for name, section in sections.items()
        if not name.endswith("State")  # where Terraform keeps its state is no resource
        for key in section.get("properties", {})
    }
    told = {word for change in CHANGES for word in re.split(r"[., ]+", change.setting)}
    # Sections whose rows are those of the keys in them.
    told |= {"gateway", "apis", "function_app", "registration"}
    assert keys - told - ELSEWHERE.keys() == set()
    page = PAGE.read_text()
    assert [key for key in ELSEWHERE if f"`{key}`" not in page and f"{key}:" not in page] == []


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
