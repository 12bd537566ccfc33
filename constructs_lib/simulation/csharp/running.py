"""What an evaluation uses up, and what it is given."""

from __future__ import annotations

import time
from typing import Any

from constructs_lib.simulation.context import ExpressionContext
from constructs_lib.simulation.csharp.errors import Budget, BudgetExceeded

_STRIDE = 512


class Run:
    """One evaluation.

    Args:
        context: What the expression sees.
        budget: What it may use.
    """

    __slots__ = ("_budget", "_end", "_left", "caught", "context", "fuel", "memory", "returned")

    def __init__(self, context: ExpressionContext, budget: Budget) -> None:
        self.context = context
        self.fuel = min(_STRIDE, budget.steps)
        self._left = budget.steps - self.fuel
        self._budget = budget
        self._end = time.monotonic() + budget.seconds
        self.memory = budget.memory
        self.returned: Any = None
        self.caught: list[Any] = []

    def step(self) -> None:
        """Count one step."""
        self.fuel -= 1
        if self.fuel < 0:
            if self._left <= 0:
                raise BudgetExceeded(f"it takes more than {self._budget.steps} steps")
            if time.monotonic() > self._end:
                raise BudgetExceeded(f"it takes more than {self._budget.seconds} seconds")
            self.fuel = min(_STRIDE, self._left)
            self._left -= self.fuel

    def seconds_left(self) -> float:
        """The time that it still has."""
        return max(0.001, self._end - time.monotonic())

    def grow(self, size: int) -> None:
        """Count characters, bytes or items that are about to be made."""
        self.memory -= size
        if self.memory < 0:
            raise BudgetExceeded(f"it makes more than {self._budget.memory} characters and items")
