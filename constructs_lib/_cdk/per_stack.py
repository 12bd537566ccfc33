"""What is known or made once for each stack, kept in one place and as long as the stack lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import IConstruct

PerStack = TypeVar("PerStack")

_stacks: WeakKeyDictionary[IConstruct, TerraformStack] = WeakKeyDictionary()
_made: WeakKeyDictionary[TerraformStack, dict[Callable[..., Any], Any]] = WeakKeyDictionary()


def stack_of(construct: IConstruct) -> TerraformStack:
    """Return the stack of `construct`; jsii's kernel is asked once for each."""
    if isinstance(construct, TerraformStack):
        return construct
    stack = _stacks.get(construct)
    if stack is None:
        stack = _stacks[construct] = TerraformStack.of(construct)
    return stack


def lies_in(construct: IConstruct, scope: IConstruct) -> None:
    """Note that a construct is being made within a scope, so that it is in the same stack.

    A construct never moves to another scope, and the kernel need not be asked then.
    """
    stack = scope if isinstance(scope, TerraformStack) else _stacks.get(scope)
    if stack is not None:
        _stacks[construct] = stack


def once_per_stack(construct: IConstruct, make: Callable[[TerraformStack], PerStack]) -> PerStack:
    """Return what `make` made of the stack of `construct`; it is called at the first use."""
    stack = stack_of(construct)
    made = _made.setdefault(stack, {})
    if make not in made:
        made[make] = make(stack)
    return cast("PerStack", made[make])
