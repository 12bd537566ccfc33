"""Policies as they are written, made ready to run: values compiled, places noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import Element
from constructs_lib.policy.reference import POLICIES
from constructs_lib.policy.values import NAMED_VALUE
from constructs_lib.simulation.call import PolicyStep, SimulatedCall
from constructs_lib.simulation.known import NotKnownError
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, PolicyPlace

if TYPE_CHECKING:
    from constructs_lib.simulation.csharp import CompiledExpression

HOLE = "\ue010"
"""Begins what stands in a policy's text for a value that is not known."""

_HOLE = re.compile("\ue010(\\d+)\ue011")

Value: TypeAlias = "Callable[[SimulatedCall], Any]"
Text: TypeAlias = "Callable[[SimulatedCall], str]"
Texts: TypeAlias = "Callable[[SimulatedCall], list[str]]"
Run: TypeAlias = "Callable[[SimulatedCall], None]"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where policies stand: what their texts refer to.

    Attributes:
        scope: `global`, `product`, `api` or `operation`.
        section: `inbound`, `backend`, `outbound` or `on-error`.
        named_values: The service's named values by name in lower case.
        policies: What makes statements ready to run, by their names.
        missing: What values that are not known are called, by the number of their hole.
    """

    scope: str
    section: str
    named_values: Mapping[str, str | NotKnownError]
    policies: Mapping[str, Callable[[Statement], Run]]
    missing: tuple[NotKnownError, ...] = ()


class RefusedError(Exception):
    """API Management would not save the policy."""


class Statement:
    """An element of a policy.

    Args:
        element: It.
        around: Where it stands.
        path: Its path in the section.
    """

    __slots__ = ("around", "element", "path")

    def __init__(self, element: Element, around: Surroundings, path: str) -> None:
        self.element = element
        self.around = around
        self.path = path

    @property
    def name(self) -> str:
        """Its name."""
        return self.element.name

    def has(self, name: str) -> bool:
        """Whether it has an attribute."""
        return name in self.element.attributes

    def value(self, name: str, default: Any = None) -> Value:
        """An attribute: the text, or what its expression gives."""
        raw = self.element.attributes.get(name)
        if raw is None:
            return lambda _: default
        place = self.element.place
        at = (place.attributes.get(name) if place else None) or (1, 1)
        return self._compiled(raw, at)

    def text(self, name: str, default: str = "") -> Text:
        """An attribute as text."""
        return as_text(self.value(name, default))

    def content(self) -> Value:
        """What stands in it: the text, or what its expression gives."""
        place = self.element.place
        return self._compiled(self.element.text, (place.line, place.column) if place else (1, 1))

    def literal(self, name: str, default: str = "") -> str:
        """An attribute in which no expression may stand.

        Raises:
            CallStoppedError: If it is not known.
        """
        text = self.given(self.element.attributes.get(name, default))
        if isinstance(text, NotKnownError):
            raise CallStoppedError(str(text))
        return text

    def boolean(self, name: str, *, default: bool) -> Callable[[SimulatedCall], bool]:
        """An attribute that is true or false."""
        value = self.value(name, default)
        return lambda call: as_boolean(value(call), f"{self.name} {name}")

    def number(self, name: str, default: float = 0) -> Callable[[SimulatedCall], float]:
        """An attribute that is a number."""
        value = self.value(name, default)

        def number(call: SimulatedCall) -> float:
            given = value(call)
            try:
                return float(given if isinstance(given, (int, float)) else str(given).strip())
            except ValueError:
                raise PolicyFailedError(
                    f"The value of {name} is not a number.",
                    reason="ExpressionValueEvaluationFailure",
                ) from None

        return number

    def children(self, *names: str) -> list[Statement]:
        """The elements in it, or those of some names."""
        return [each for each in self._children() if not names or each.name in names]

    def child(self, name: str) -> Statement | None:
        """The element of a name in it."""
        return next(iter(self.children(name)), None)

    def texts(self, name: str, item: str = "") -> Texts:
        """The texts of the elements of a name, or of the items in it: `<audiences><audience>…`."""
        listed = self.child(name) if item else self
        found = listed.children(item or name) if listed is not None else []
        texts = [as_text(each.content()) for each in found]
        return lambda call: [text(call) for text in texts]

    def steps(self, *apart: str) -> list[PolicyStep]:
        """The policies in it, ready to run, but for those that are read apart."""
        return [step_of(each) for each in self._children() if each.name not in apart]

    def _children(self) -> Iterator[Statement]:
        counts: dict[str, int] = {}
        for each in self.element.elements():
            counts[each.name] = counts.get(each.name, 0) + 1
            path = f"{self.path}/{each.name}[{counts[each.name]}]"
            yield Statement(each, self.around, path.lstrip("/"))

    def given(self, raw: str) -> str | NotKnownError:
        """A text with named values put in; an error, if one or another part is not known."""
        hole = _HOLE.search(raw)
        if hole:
            return self.around.missing[int(hole.group(1))]
        if "{{" not in raw or self.element.attributes.get("template", "").lower() == "liquid":
            return raw
        missing: list[NotKnownError] = []

        def replaced(match: re.Match[str]) -> str:
            value = self.around.named_values.get(match.group(1).lower())
            if value is None:
                raise RefusedError(f"Cannot find a property '{match.group(1)}'")
            if isinstance(value, NotKnownError):
                missing.append(value)
                return ""
            return value

        text = NAMED_VALUE.sub(replaced, raw)
        return missing[0] if missing else text

    def _compiled(self, raw: str, at: tuple[int, int]) -> Value:
        text = self.given(raw)
        if isinstance(text, NotKnownError):
            sentence = str(text)

            def stop(_: SimulatedCall) -> Any:
                raise CallStoppedError(sentence)

            return stop
        if not is_expression(text):
            return lambda _: text
        return evaluated(text, at)


def evaluated(text: str, at: tuple[int, int]) -> Value:
    """An expression, to be run with a call.

    Raises:
        RefusedError: If API Management would not save it.
    """
    from constructs_lib.simulation.csharp import (
        BudgetExceeded,
        ExpressionFailed,
        ExpressionRefused,
        NotSimulated,
    )

    try:
        expression = _expression(text.strip(), *at)
    except ExpressionRefused as error:
        raise RefusedError(str(error)) from None
    except NotSimulated as error:
        sentence = str(error)

        def stop(_: SimulatedCall) -> Any:
            raise CallStoppedError(f"{sentence}: {text}")

        return stop

    shown = text.strip()[2:-1]

    def evaluate(call: SimulatedCall) -> Any:
        try:
            value = expression.evaluate(call.view())
        except ExpressionFailed as error:
            message = f"Expression evaluation failed. {error.message}"
            call.trace.add("expression", message, expression=shown, details=error.dotnet_type)
            raise PolicyFailedError(message, reason="ExpressionValueEvaluationFailure") from None
        except (NotSimulated, BudgetExceeded) as error:
            raise CallStoppedError(f"{error or type(error).__name__}: {text}") from None
        call.trace.add(
            "expression", "Expression was successfully evaluated.", expression=shown, value=value
        )
        return value

    return evaluate


@lru_cache(maxsize=4096)
def _expression(text: str, line: int, column: int) -> CompiledExpression:
    from constructs_lib.simulation.csharp import compile_expression

    return compile_expression(text, line=line, column=column)


def as_text(value: Value) -> Text:
    """A value as the text that a policy makes of it."""
    return lambda call: text_of(value(call))


def text_of(value: Any) -> str:
    """What a policy makes of an expression's value."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    # Whoever has no expressions does without what they need.
    from constructs_lib.simulation.csharp.formatting import to_text

    return to_text(value)


def as_boolean(value: Any, what: str) -> bool:
    """What a policy makes of a value that must be true or false.

    Raises:
        PolicyFailedError: If it is neither.
    """
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise PolicyFailedError(
            f"Expression evaluation failed. The value of {what} is not a Boolean.",
            reason="ExpressionValueEvaluationFailure",
        )
    return text == "true"


def step_of(statement: Statement) -> PolicyStep:
    """A policy, ready to run.

    Raises:
        RefusedError: If API Management would not save it.
    """
    name, around = statement.name, statement.around
    make = around.policies.get(name)
    if make is not None:
        try:
            run = make(statement)
        except CallStoppedError as error:
            run = _stopping(str(error))
    elif name in POLICIES:
        run = _not_simulated(name)
    else:
        raise RefusedError(f"there is no policy <{name}>")
    identifier = statement.element.attributes.get("id")
    place = PolicyPlace(name, around.scope, around.section, statement.path, identifier)
    return PolicyStep(place, run)


def _stopping(sentence: str) -> Run:
    def run(_: SimulatedCall) -> None:
        raise CallStoppedError(sentence)

    return run


def _not_simulated(name: str) -> Run:
    sentence = f"{name} is not simulated"

    def run(call: SimulatedCall) -> None:
        allowed = call.gateway.allow_not_simulated
        if allowed is True or (not isinstance(allowed, bool) and name in allowed):
            call.trace.add(name, f"{sentence}; the call goes on as if it were not there.")
            return
        call.trace.add(name, f"{sentence}, so the call stops here.")
        raise CallStoppedError(
            f"{sentence}: leave it out, or pass over it with allow_not_simulated={{'{name}'}}, or "
            f"--pass-over {name}"
        )

    return run
