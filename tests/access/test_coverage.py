"""Every argument of the chain's resources is spoken of, and none leaves a door closed unread."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.access import Analysis, analyse, read_stacks
from constructs_lib.access.terraform import coverage
from tests.access.samples import Document, chain
from tests.terraform.harness import needs_stand_in

OUTSIDERS = frozenset(
    {"anonymous", "application", "application-with-role", "foreign", "function-key", "user"}
)


def test_every_argument_of_the_schemas_has_an_entry() -> None:
    missing = [
        f"{kind} {path}"
        for kind, paths in coverage.arguments().items()
        for path in sorted(paths)
        if path != "id" and coverage.entry(kind, path) is None
    ]
    assert missing == []
    assert sum(map(len, coverage.arguments().values())) > 1000


def test_every_entry_says_why_and_speaks_of_what_there_is() -> None:
    for entry in coverage.entries():
        assert entry.why, entry
        exact = [kind for kind in entry.types if "*" not in kind]
        for argument in entry.arguments:
            if argument == "*" or not any(kind in coverage.arguments() for kind in exact):
                continue
            known = {path for kind in exact for path in coverage.arguments().get(kind, ())}
            inside = argument.removesuffix(".*")
            assert any(path == inside or path.startswith(f"{inside}.") for path in known), (
                entry.types,
                argument,
            )


@needs_stand_in
def test_the_list_of_arguments_is_fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tools import provider_arguments

    written = coverage.ARGUMENTS.read_text(encoding="utf-8")
    monkeypatch.setattr(coverage, "ARGUMENTS", tmp_path / "arguments.json")
    provider_arguments.main()
    assert (tmp_path / "arguments.json").read_text(encoding="utf-8") == written


# The property -------------------------------------------------------------------------------------

# Values that no argument of any of the types can have with its usual meaning.
VALUES: list[Any] = ["${var.unknown}", True, False, "x", 1, ["x"], {"x": "y"}]
LINKS = sorted(
    (kind, path)
    for kind in chain()["resource"]
    for path in coverage.arguments().get(kind, ())
    if (entry := coverage.entry(kind, path)) is not None
    and entry.standing != "harmless"
    and path not in ("name", "display_name", "id")
)


def verdicts(analysis: Analysis) -> dict[tuple[str, str], str]:
    return {
        (each.caller.id, each.target.address): each.verdict
        for each in analysis.answers
        if each.caller.kind in OUTSIDERS
    }


def changed(kind: str, path: str, value: Any) -> Document:
    document = chain()
    for body in document["resource"][kind].values():
        place = body
        *blocks, last = path.split(".")
        for block in blocks:
            inner = place.setdefault(block, {})
            place = inner[0] if isinstance(inner, list) else inner
            if not isinstance(place, dict):
                return document
        place[last] = copy.deepcopy(value)
    return document


@given(st.sampled_from(LINKS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_decides_is_looked_at_when_it_is_not_known(link: tuple[str, str]) -> None:
    """A value that nobody knows never leaves an answer wrong: it is closed for a reason elsewhere.

    Where the argument could open the door, the answer is no longer `closed`, or the link that
    closes is another one: the allow-lists, the role, the audience.
    """
    kind, path = link
    analysis = analyse(read_stacks({"stack": changed(kind, path, "${var.unknown}")}))
    for answer in analysis.answers:
        if answer.caller.kind in OUTSIDERS and answer.verdict == "closed":
            decided = answer.attribute or ""
            rests_on_it = (
                answer.address is not None
                and answer.address.startswith(f"{kind}.")
                and decided == path
                and "." in path
            )
            assert not rests_on_it or _may_not_open(path), (path, answer.reason)


def _may_not_open(path: str) -> bool:
    """Whether an unknown value can only narrow: an entry more, or another one, of a list."""
    return path.rpartition(".")[2] in {
        "allowed_applications",
        "allowed_identities",
        "jwt_allowed_client_applications",
    }


@pytest.mark.parametrize("kind", sorted(chain()["resource"]))
def test_an_argument_of_the_future_is_never_taken_for_nothing(kind: str) -> None:
    if not coverage.listed(kind):
        pytest.skip("what the type says as a whole is in the table")
    analysis = analyse(read_stacks({"stack": changed(kind, "argument_of_the_future", "x")}))
    [found] = [each for each in analysis.findings if each.rule == "SF906"]
    assert "argument_of_the_future" in found.message
    before = verdicts(analyse(read_stacks({"stack": chain()})))
    after = verdicts(analysis)
    for answer in analysis.answers:
        if answer.verdict == "closed":  # By another link, of which everything is known.
            assert not (answer.address or "").startswith(f"{kind}."), answer.reason
    assert {key for key, verdict in after.items() if verdict == "open"} == set()
    assert before.keys() == after.keys()


@given(st.sampled_from(LINKS), st.sampled_from(VALUES))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_value_breaks_the_analysis(link: tuple[str, str], value: Any) -> None:
    analysis = analyse(read_stacks({"stack": changed(*link, value)}))
    assert "null" not in json.dumps([each.message for each in analysis.findings])
    assert analysis.answers
