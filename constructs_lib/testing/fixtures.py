"""The types of the fixtures, for tests that state the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from constructs_lib.testing.synthesized import Synthesized
from constructs_lib.testing.terraform import MockedApply

if TYPE_CHECKING:
    from cdktf import App, TerraformStack

    from constructs_lib.testing.simulate import SimulatedChain, Source


class Synthesize(Protocol):
    """The fixture `synthesize`."""

    def __call__(self, make: Callable[[App], TerraformStack], /) -> Synthesized:
        """Synthesize the stack that a function makes in a new app."""
        ...


class ApplyMocked(Protocol):
    """The fixture `mocked_apply`."""

    def __call__(
        self,
        stack: Synthesized,
        /,
        *,
        variables: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        conditions: Mapping[str, str] | None = None,
        timeout: float = 600,
    ) -> MockedApply:
        """Plan and apply a synthesized stack with mocked providers; see `testing.mocked_apply`."""
        ...


class JsonSnapshot(Protocol):
    """The fixture `json_snapshot`."""

    def __call__(self, value: object, /) -> None:
        """Compare a value with the JSON file of this test in `__snapshots__` beside it."""
        ...


class Simulate:
    """The fixture `simulated`: runs stacks locally, with a time that stands still.

    Attributes:
        clock: The time; `advance` moves it.
    """

    def __init__(self) -> None:
        from constructs_lib.testing.simulate import demand_extra

        demand_extra()
        from constructs_lib.simulation.outside import ManualClock

        self.clock = ManualClock()

    def __call__(self, stack: Source, /, **options: Any) -> SimulatedChain:
        """Run a stack locally; the options are those of `testing.simulate`."""
        from constructs_lib.simulation.outside import Random
        from constructs_lib.testing.simulate import simulate

        given: dict[str, Any] = {"clock": self.clock, "random": Random(1), **options}
        return simulate(stack, **given)
