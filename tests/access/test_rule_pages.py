"""`docs/rules/README.md` says what the table of rules says."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.access.rule_pages import page
from constructs_lib.access.rules import RULES


def test_the_page_is_what_the_table_makes_of_it(repository: Path) -> None:
    written = (repository / "docs/rules/README.md").read_text(encoding="utf-8")
    assert written == page(), (
        "run `python -m constructs_lib.access.rule_pages docs/rules/README.md`"
    )


def test_every_rule_has_its_place_on_the_page() -> None:
    text = page()
    for rule in RULES.values():
        assert f'<a id="{rule.id.lower()}"></a>' in text
        assert rule.anchor.endswith(f"#{rule.id.lower()}")
        assert rule.reason in text
        assert rule.fix in text


def test_ids_are_unique_and_told_by_chapter() -> None:
    assert all(identifier == rule.id for identifier, rule in RULES.items())
    assert list(RULES) == sorted(RULES)
    assert all(rule.reason.endswith(".") and rule.fix.endswith(".") for rule in RULES.values())


def test_every_rule_is_tested(repository: Path) -> None:
    tests = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("access", "mutants")
        for file in (repository / "tests" / folder).glob("test_*.py")
    )
    assert [rule for rule in RULES if f'"{rule}"' not in tests] == []
