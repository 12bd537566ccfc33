"""Accept what the access check finds on one resource, with a reason that every report shows."""

from __future__ import annotations

import re

import jsii
from cdktf import (
    IAnyProducer,
    IResolveContext,
    Lazy,
    TerraformDataSource,
    TerraformElement,
    TerraformOutput,
    TerraformResource,
    TerraformStack,
)

from constructs_lib._cdk.per_stack import once_per_stack
from constructs_lib._core.errors import InputError

# The access check reads this output; it has the name too, because it imports no construct.
OUTPUT = "secured_functions_accepted"


def accept(resource: TerraformElement, rule: str, *, reason: str) -> None:
    """Accept what a rule finds on one resource; the reason appears in every report.

    It becomes part of the stack's output `secured_functions_accepted`, which the synthesized JSON,
    the plan and the state all show.

    Args:
        resource: The resource that the finding names.
        rule: The rule's id, for example `SF410`.
        reason: Why it is right here, and who says so.

    Raises:
        InputError: For an empty reason or what cannot be the id of a rule. One that does not exist
            is found by the check.
    """
    path = resource.node.path
    if not re.fullmatch(r"SFP?\d{3}", rule):
        raise InputError(
            f"{rule!r} is not a rule", where=path, fix="see `secured-functions check --rules`"
        )
    if not reason.strip():
        raise InputError(
            f"{rule} is accepted without a reason", where=path, fix="say why, and who decided it"
        )
    once_per_stack(resource, _AcceptedOutput).accepted.entries.append(
        (resource, rule, reason.strip())
    )


def accept_at(stack: TerraformStack, address: str, rule: str, *, reason: str) -> None:
    """Accept what a rule finds on the resource of a stack with this address.

    Raises:
        InputError: If the stack has no such resource, and for what `accept` refuses.
    """
    for element in stack.node.find_all():
        if isinstance(element, TerraformElement) and _address(element) == address:
            accept(element, rule, reason=reason)
            return
    raise InputError(
        f"accepts {rule} of {address!r}, and there is no such resource",
        where=stack.node.path,
        fix="write the address that the finding names",
    )


@jsii.implements(IAnyProducer)
class _Accepted:
    """What a stack accepts; addresses are read at synth, after logical ids were overridden."""

    def __init__(self) -> None:
        self.entries: list[tuple[TerraformElement, str, str]] = []

    def produce(self, context: IResolveContext) -> dict[str, dict[str, str]]:  # noqa: ARG002
        """The value of the output."""
        value: dict[str, dict[str, str]] = {}
        for resource, rule, reason in self.entries:
            value.setdefault(_address(resource), {})[rule] = reason
        return value


class _AcceptedOutput(TerraformOutput):
    """The output that carries what a stack accepts."""

    def __init__(self, stack: TerraformStack) -> None:
        self.accepted = _Accepted()
        super().__init__(
            stack,
            OUTPUT,
            value=Lazy.any_value(self.accepted),  # pyright: ignore[reportArgumentType] - jsii matches protocols by its decorator
            description="What is accepted of the access check, and why",
        )


def _address(element: TerraformElement) -> str:
    name = element.friendly_unique_id
    if isinstance(element, TerraformDataSource):
        return f"data.{element.terraform_resource_type}.{name}"
    if isinstance(element, TerraformResource):
        return f"{element.terraform_resource_type}.{name}"
    return name
