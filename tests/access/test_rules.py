"""The rules of the access check: in order, and each with a test."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.access.rules import CHAPTERS, RULES


def test_ids_are_in_the_order_of_their_chapters() -> None:
    own = [id for id in RULES if not id.startswith("SFP")]
    assert own == sorted(own)
    assert len({id[:3] for id in own}) == len(CHAPTERS)


def test_every_rule_is_tested(repository: Path) -> None:
    tests = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("access", "mutants")
        for file in (repository / "tests" / folder).glob("test_*.py")
    )
    assert [rule for rule in RULES if f'"{rule}"' not in tests] == []
