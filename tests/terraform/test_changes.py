"""The page of changes is complete; `make changes` finds whether it is true."""

from __future__ import annotations

import json
import re

from constructs_lib.stack.settings import json_schema
from tests.terraform.changes import CHANGES, ELSEWHERE
from tests.terraform.outcomes import BEGIN, END, PAGE, head_of


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
