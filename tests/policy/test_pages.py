"""The pages about policies say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from constructs_lib.policy.reference import POLICIES

PAGES = sorted((Path(__file__).parents[2] / "docs" / "policy").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_shows_how(page: Path) -> None:
    """`tests/docs/test_snippets.py` runs what it shows."""
    assert "\n```python\n" in page.read_text(encoding="utf-8") or page.stem == "rules"


def test_every_task_has_a_page() -> None:
    assert {"README", "rate-limit", "caller-token", "cors", "retry", "fragments", "rules"} <= {
        page.stem for page in PAGES
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists()


def test_the_number_of_policies_is_right() -> None:
    page = next(page for page in PAGES if page.stem == "README").read_text(encoding="utf-8")
    assert f"each of the {len(POLICIES)} policies" in " ".join(page.split())
