"""The stack that a construct belongs to, without asking jsii's kernel for each one anew."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import IConstruct

_known: WeakKeyDictionary[IConstruct, TerraformStack] = WeakKeyDictionary()


def stack_of(construct: IConstruct) -> TerraformStack:
    """Return the stack of `construct`; the kernel is asked once."""
    if isinstance(construct, TerraformStack):
        return construct
    stack = _known.get(construct)
    if stack is None:
        stack = _known[construct] = TerraformStack.of(construct)
    return stack
