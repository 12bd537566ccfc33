"""Takes values as annotations ask for them, and notes everything that is wrong on the way.

What a file of settings may say as text (`python 3.12`, the name of a slot) a construct takes too.
A value that Terraform only knows later is a token; it passes unchecked.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, cast, get_args, get_origin

from constructs_lib._cdk.arguments import is_token
from constructs_lib._cdk.props.fields import (
    BindingResource,
    Evaluated,
    bare,
    fields,
    is_list,
    is_map,
    is_record,
    members,
    short_form,
)
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import DocumentPath, Problem, ValueObject
from constructs_lib._core.secrets import secret_shape


class ValueRule(Protocol):
    """What an annotation says of a value besides its type."""

    @property
    def rule(self) -> str:
        """What to write."""
        ...

    def allows(self, value: Any) -> bool:
        """Tell whether a value obeys."""
        ...


class ValueReader:
    """Takes the values that somebody gave to a construct.

    Attributes:
        problems: What was wrong with those that were taken.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, at: DocumentPath, problem: str, fix: str) -> None:
        """Note what is wrong with the value at a place."""
        self.problems.append(Problem(at, problem, fix))

    def take(self, kind: Evaluated, value: Any, at: DocumentPath) -> Any:
        """Return the value as the kind asks for it; what cannot be used is returned as it is."""
        return self.chosen(members(kind), value, at)

    def chosen(self, choices: Sequence[Evaluated], value: Any, at: DocumentPath) -> Any:
        """Return the value as the first kind asks for it that it fits, as `take` does."""
        if value is None and type(None) in choices:
            return None
        for choice in choices:
            if self.fits(choice, value):
                return self.taken(choice, value, at)
        if not (_comes_later(value) and any(map(_is_plain, choices))):
            text = json.dumps(value) if isinstance(value, (int, float)) else ""
            fix = f"{text!r}, as text" if text and _allowed(text, choices) else self.words(choices)
            return self.refused(value, at, f"write {fix}")
        return value

    def unusable(self, value: Any) -> Any:
        """Return what stands for a value that is wrong; nobody uses it."""
        return value

    def fits(self, kind: Evaluated, value: Any) -> bool:
        """Tell whether a value is of a kind as far as its own type says."""
        kind, _ = bare(kind)
        if get_origin(kind) is Literal:
            return type(value) in map(type, get_args(kind))
        if isinstance(value, str):
            return kind is str or short_form(kind) is not None or kind is object
        if is_list(kind) or get_origin(kind) is tuple:
            return isinstance(value, (list, tuple))
        if is_map(kind):
            return isinstance(value, Mapping)
        if kind in (int, float):
            return isinstance(value, (int, kind)) and not isinstance(value, bool)
        if not isinstance(kind, type):
            return False
        if issubclass(kind, BindingResource):
            return _is_resource(value)
        if hasattr(cast("Any", kind), "_is_protocol") and cast("Any", kind)._is_protocol:
            return _is_resource(value)
        return isinstance(value, kind)

    def taken(self, kind: Evaluated, value: Any, at: DocumentPath) -> Any:
        """Return a value that fits, with everything within it looked at."""
        kind, rules = bare(kind)
        broken = [rule for rule in rules if not (_comes_later(value) or rule.allows(value))]
        if broken:
            return self.refused(value, at, cast("ValueRule", broken[0]).rule)
        if get_origin(kind) is Literal:
            if value not in get_args(kind) and not _comes_later(value):
                return self.refused(value, at, f"write {self.words([kind])}")
        elif isinstance(value, str) and kind is not str and (parse := short_form(kind)):
            return self._parsed(parse, value, at)
        elif is_list(kind):
            return self._list(get_args(kind)[0], value, at)
        elif get_origin(kind) is tuple:
            kinds = get_args(kind)
            if len(value) != len(kinds):
                return self.refused(value, at, f"write {self.words([kind])}")
            return tuple(map(self.take, kinds, value, [(*at, i) for i in range(len(kinds))]))
        elif is_map(kind):
            of_key, of_value = get_args(kind)
            return {
                self.take(of_key, key, (*at, key)): self.take(of_value, each, (*at, key))
                for key, each in cast("dict[str, Any]", value).items()
            }
        elif isinstance(value, ValueObject):
            return self._looked_into(value, at)
        return value

    def refused(self, value: Any, at: DocumentPath, fix: str) -> Any:
        """Note that a value is not allowed, and return what stands for it."""
        self.note(at, f"{self.shown(value)} is not allowed", fix)
        return self.unusable(value)

    def _parsed(self, parse: Any, text: str, at: DocumentPath) -> Any:
        reader = ValueReader()
        try:
            made = parse(text)
            if isinstance(made, ValueObject):
                made = reader._looked_into(made, ())
        except InputError as error:
            self.note(at, error.problem, error.fix or "")
            return self.unusable(text)
        # The text as a whole is wrong: what is within it has no place of its own.
        self.problems += [problem._replace(at=at) for problem in reader.problems]
        return self.unusable(text) if reader.problems else made

    def _list(self, kind: Evaluated, values: Any, at: DocumentPath) -> Any:
        taken = [self.take(kind, each, (*at, number)) for number, each in enumerate(values)]
        same = all(new is old for new, old in zip(taken, values, strict=True))
        return values if same else tuple(taken)

    def _looked_into(self, value: ValueObject, at: DocumentPath) -> ValueObject:
        before = len(self.problems)
        changed: dict[str, Any] = {}
        for name, field in fields(type(value)).items():
            given = getattr(value, name)
            taken = self.chosen(field.choices, given, (*at, name))
            if taken is not given:
                changed[name] = taken
        if len(self.problems) > before:
            return value
        if changed:
            value = dataclasses.replace(cast("Any", value), **changed)
        self.problems += [problem.below(at) for problem in value.problems()]
        return value

    def words(self, choices: Sequence[Evaluated]) -> str:
        """Say in words what may be written."""
        words = [self.word(choice) for choice in choices if choice is not type(None)]
        if any(getattr(choice, "EXAMPLE", None) for choice in choices):
            words = [word for word in words if word != "text"]  # of which there is an example
        words = list(dict.fromkeys(word for word in words if word))
        return (", or " if any(" " in word for word in words) else " or ").join(words)

    def word(self, kind: Evaluated) -> str:
        """Say in words what may be written of one kind; nothing if it is no way to write it."""
        kind, rules = bare(kind)
        if rules:
            return str(rules[-1].rule).removeprefix("write ")
        if get_origin(kind) is Literal:
            choices = [each if isinstance(each, str) else repr(each) for each in get_args(kind)]
            return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
        if is_list(kind):
            each = self.words(members(get_args(kind)[0]))
            return (
                f"a list with any of {each[7:]}" if each[:7] == "one of " else f"a list of {each}"
            )
        if get_origin(kind) is tuple:
            return f"a list of {len(get_args(kind))}: " + ", ".join(map(self.word, get_args(kind)))
        if is_map(kind):
            return f"a mapping from names to {self.words(members(get_args(kind)[1]))}"
        if is_record(kind):
            return self.record(kind)
        plain = {str: "text", int: "a whole number", float: "a number", bool: self.SWITCH}
        return plain.get(kind) or self.other(kind)

    SWITCH = "True or False"

    def shown(self, value: object) -> str:
        """Return a value as a message may repeat it: messages end up in the logs of a CI."""
        if isinstance(value, str) and secret_shape(value):
            return "what looks like a secret"
        if isinstance(value, dict) and value:
            return "{…}"
        if isinstance(value, (list, tuple)) and not _numbers(cast("list[object]", value)):
            return "[…]"
        text = repr(cast("object", value))
        return text if len(text) <= 80 else f"{text[:80]}…"

    def record(self, kind: type) -> str:
        """Say how a record is written."""
        needed = [f"{name}=…" for name, field in fields(kind).items() if field.required]
        example = getattr(kind, "EXAMPLE", None)
        text = f"{example!r} or " if example else ""
        return f"{text}{kind.__name__}({', '.join(needed)})"

    def other(self, kind: Evaluated) -> str:
        """Say how an object of another class is written."""
        name = str(getattr(kind, "__name__", kind))
        return f"an {name}" if name[0] in "AEIO" else f"a {name}"


def _allowed(text: str, choices: Iterable[Evaluated]) -> bool:
    """Tell whether a text is one of the choices."""
    for kind, rules in map(bare, choices):
        if text in get_args(kind) if get_origin(kind) is Literal else kind is str:
            return all(rule.allows(text) for rule in rules)
    return False


def _numbers(value: Iterable[object]) -> bool:
    return all(isinstance(each, (int, float)) for each in value)


def _comes_later(value: object) -> bool:
    """Tell whether only Terraform knows a value."""
    if isinstance(value, (str, int, float, list)):
        return is_token(value)  # pyright: ignore[reportUnknownArgumentType] - any list
    return hasattr(type(value), "creation_stack")


def _is_plain(kind: Evaluated) -> bool:
    """Tell whether a kind is data, which Terraform may compute."""
    kind, _ = bare(kind)
    return (
        kind in (str, int, float, bool)
        or get_origin(kind) is Literal
        or is_list(kind)
        or is_map(kind)
    )


def _is_resource(value: object) -> bool:
    return not isinstance(value, (bool, int, float, str, list, tuple, dict, type(None)))
