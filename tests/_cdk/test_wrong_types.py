"""A prop of a wrong type is refused with the construct's path, the argument and what to write."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cdktf import App, TerraformStack

from constructs_lib import (
    AppRegistration,
    EasyAuth,
    ExistingGateway,
    FunctionApi,
    FunctionApp,
    Gateway,
    InputError,
    ProtectedFunctionApp,
    ProtectedOutsideApp,
    SecuredFunctionApi,
)
from constructs_lib._cdk.props.fields import fields, members
from constructs_lib._cdk.props.reading import Reader
from constructs_lib._core.problems import ValueObject
from tests.stack.test_every_prop import SECTIONS

CONSTRUCTS = (
    *(AppRegistration, EasyAuth, ExistingGateway, FunctionApi, FunctionApp, Gateway),
    *(ProtectedFunctionApp, ProtectedOutsideApp, SecuredFunctionApi),
)
VALUE_OBJECTS = [section for section in SECTIONS if issubclass(section, ValueObject)]


def wrong(kind: Any) -> object:
    """A value that is of none of the kinds that are allowed."""
    choices = members(kind)
    return next(
        value
        for value in (3, "text", [])
        if not any(Reader().fits(choice, value) for choice in choices)
    )


@pytest.mark.parametrize(
    ("construct", "prop"),
    [(construct, prop) for construct in CONSTRUCTS for prop in fields(construct)],
)
def test_a_construct_names_itself_the_argument_and_what_to_write(construct, prop) -> None:
    stack = TerraformStack(App(), "test")
    value = wrong(fields(construct)[prop].kind)
    with pytest.raises(InputError) as refused:
        construct(stack, "it", **{prop: value})
    shown = re.escape(repr(value))
    said = str(refused.value)
    assert re.search(rf"^test/it: {prop}: {shown} is not allowed \(\w.+\)$", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("kind", "prop"), [(kind, prop) for kind in VALUE_OBJECTS for prop in fields(kind)]
)
def test_within_a_value_object_the_argument_is_named_too(kind, prop) -> None:
    value = wrong(fields(kind)[prop].kind)
    given = object.__new__(kind)
    for name, field in fields(kind).items():
        object.__setattr__(given, name, value if name == prop else field.default)
    reader = Reader()
    reader.take(kind, given, ("it",))
    assert any(
        problem.place == ("it", prop) and problem.fix and "is not allowed" in problem.problem
        for problem in reader.problems
    )
