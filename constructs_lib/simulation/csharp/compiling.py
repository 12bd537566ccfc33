"""An expression made ready to run."""

from __future__ import annotations

from constructs_lib.policy.csharp import parse
from constructs_lib.simulation.context import ExpressionContext
from constructs_lib.simulation.csharp.errors import Budget, ExpressionRefused, NotSimulated


class Expression:
    """An expression that API Management would save; `compile_expression` makes it.

    Args:
        text: It, with `@(…)` or `@{…}`.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def evaluate(self, context: ExpressionContext, *, budget: Budget | None = None) -> object:
        """Run it.

        Returns:
            The result as a value of the simulation: `str`, `bool`, `int`, `float`, None and the
            types of `csharp.values`. `csharp.values.to_text` gives what a policy makes of it.

        Raises:
            ExpressionFailed: If it throws.
            NotSimulated: If it uses what is not simulated.
            BudgetExceeded: If it needs more than the budget.
        """
        raise NotSimulated(f"{self.text} in {context} with {budget}")


def compile_expression(text: str, *, line: int = 1, column: int = 1) -> Expression:
    """Check an expression as API Management does when it saves a policy, and make it ready to run.

    Args:
        text: The expression with `@(…)` or `@{…}`, named values already put in.
        line: Line of its `@` in the document, counted from 1.
        column: Column of its `@` in the document, counted from 1.

    Raises:
        ExpressionRefused: If API Management would not save it.
    """
    if parse(text) is None:
        raise ExpressionRefused("the expression is not valid C#", line, column)
    return Expression(text)
