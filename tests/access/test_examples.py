"""No false alarm on the examples: what they synthesize has no error, and the gateway gets in."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.access import analyse, read_terraform
from tests.examples import EXAMPLES, name_of, output_of

# Where a link is managed elsewhere, nobody can know from here.
THROUGH: dict[str, set[str]] = {
    "directory_contract": {"unknown"},
    "existing_registration": {"unknown"},
    "function_app_outside_terraform": {"unknown"},
}


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_raises_no_alarm(example: Path) -> None:
    analysis = analyse(read_terraform(output_of(example)))
    assert [each.message for each in analysis.findings if each.severity == "error"] == []
    accepted = {each.finding.address for each in analysis.accepted}
    unwanted = [each for each in analysis.answers if each.unwanted]
    assert [each.reason for each in unwanted if each.address not in accepted] == []
    through = {each.verdict for each in analysis.answers if each.caller.kind == "gateway"}
    assert through == THROUGH.get(example.parent.name, {"open"})
    outside = [each for each in analysis.answers if not each.caller.trusted]
    unknown = {each.reason for each in outside if each.verdict == "unknown"}
    assert {each for each in unknown if "Functions host" not in each} == set()
    # Where the gateway still sends a key, only the functions' levels keep out who has none.
    assert bool(unknown) is (example.parent.name == "migrate_from_keys")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5
