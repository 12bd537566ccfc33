"""What may go wrong with an expression: refused, failed, not simulated, over its budget."""

from __future__ import annotations

from dataclasses import dataclass, field

from constructs_lib._core.errors import InputError


class ExpressionRefused(InputError):
    """API Management would not save the expression.

    Args:
        message: Why, in the words of the C# compiler or of API Management.
        line: Where, counted from 1.
        column: Where, counted from 1.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(f"line {line}, column {column}: {message}")


class ExpressionFailed(Exception):
    """The expression throws, as it would in API Management.

    Args:
        message: The message of the .NET exception.
        dotnet_type: The exception's full type name, such as `System.FormatException`.
        inner: The exception that this one was made of.
    """

    def __init__(
        self, message: str, dotnet_type: str, inner: ExpressionFailed | None = None
    ) -> None:
        self.message = message
        self.dotnet_type = dotnet_type
        self.inner = inner
        super().__init__(message)


class NotSimulated(Exception):
    """The expression uses something that API Management knows and the simulation does not.

    Args:
        what: What that is, such as `XNode.ReadFrom`.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} is not simulated")


class BudgetExceeded(Exception):
    """The expression needs more steps, time or memory than it may use."""


@dataclass(slots=True)
class Budget:
    """How much an evaluation may use.

    Attributes:
        steps: Statements, calls and items of collections.
        seconds: Time on the wall clock.
        memory: Characters, bytes and items that are made in all.
    """

    steps: int = field(default=1_000_000)
    seconds: float = field(default=2.0)
    memory: int = field(default=64_000_000)
