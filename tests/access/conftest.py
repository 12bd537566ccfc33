"""What is true of every analysis that a test of this room makes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from constructs_lib._core.findings import fails
from constructs_lib.access import Analysis, Configuration, analysis
from constructs_lib.access.report import View


@pytest.fixture(autouse=True, scope="package")
def _check_and_access_agree() -> Iterator[None]:
    """A door stands wrong only where `check` has an error of its rule, with what to do."""
    made = analysis._analyse  # pyright: ignore[reportPrivateUsage]

    def agreeing(configuration: Configuration) -> Analysis:
        analysed = made(configuration)
        view = View(analysed)
        errors = {each.rule for each in analysed.findings if each.severity == "error"}
        for target in view.targets:
            for door in target.doors:
                if door.standing in ("wrong", "weak"):
                    assert door.answer.rule, door
                    assert door.fix, door
                if door.standing == "wrong":
                    assert door.answer.rule in errors, door
        assert fails(analysed.findings) == bool(errors)
        assert all(rule in view.headline for rule in errors), view.headline
        return analysed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "_analyse", agreeing)
        yield
