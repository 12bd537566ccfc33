"""The garbage collector rests while something large is built, and is left as it was found."""

from __future__ import annotations

import gc

import pytest

from constructs_lib._core.collector import paused


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_left_as_it_was_found(before: bool) -> None:
    @paused()
    def collects() -> None:
        raise ValueError(gc.isenabled())

    resume = gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        with pytest.raises(ValueError, match="False"):
            collects()
        assert gc.isenabled() is before
    finally:
        (gc.enable if resume else gc.disable)()
