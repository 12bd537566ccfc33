"""The types of the fixtures, for tests that state the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from constructs_lib.testing.synthesized import Synthesized
from constructs_lib.testing.terraform import MockedApply

if TYPE_CHECKING:
    from cdktf import App, TerraformStack


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
