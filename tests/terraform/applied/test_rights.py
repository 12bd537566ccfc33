"""The right to change what one owns in the directory is enough, for all who are named as owners."""

from __future__ import annotations

from pathlib import Path

from tests.terraform.changes.change import Change
from tests.terraform.harness import ANOTHER, CALLER, needs_stand_in
from tests.terraform.modules import Modules
from tests.terraform.outcomes import synthesized

MADE = Change(
    setting="apis.*.registration",
    what="made by one, who names another, who changes it later",
    before={"api": {"registration": {"owners": [ANOTHER]}}},
    after={"api": {"registration": {"owners": [CALLER], "display_name": "Orders"}}},
    does="in place",
)


@needs_stand_in
def test_an_owner_who_did_not_make_a_registration_changes_and_destroys_it(tmp_path: Path) -> None:
    before, after = (synthesized({"orders": MADE}, after=later) for later in (False, True))
    with Modules.kept_in(tmp_path, TERRAFORM_OFFLINE_OWNED_BY="1") as modules:
        modules.make(before)
        # From here on the caller is whom the maker has named.
        cloud = tmp_path / "cloud.json"
        modules.state = exchanged(modules.state)
        cloud.write_text(exchanged(cloud.read_text()))
        modules.write(after)
        planned = modules.plan()["orders"]
        assert {address.partition(".")[0] for address in planned} == {"azuread_application"}
        assert [step for step in modules.apply()["orders"] if step.error] == []
        assert modules.plan() == {}
        modules.destroy()


def exchanged(text: str) -> str:
    """A text in which the two principals have taken each other's place."""
    return text.replace(CALLER, "the first").replace(ANOTHER, CALLER).replace("the first", ANOTHER)
