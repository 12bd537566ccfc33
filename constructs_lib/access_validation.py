"""Checks, at every synth, that nobody but the gateway can call: one line for any stack.

    validate_access(app)

The stacks may be made of our constructs, of plain L1 constructs, or of both; the check reads what
they synthesize to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, cast

import jsii
from cdktf import (
    App,
    IAnyProducer,
    IResolveContext,
    Lazy,
    TerraformDataSource,
    TerraformElement,
    TerraformOutput,
    TerraformResource,
    TerraformStack,
)
from constructs import Construct, IValidation

from constructs_lib.errors import InputError
from constructs_lib.findings import Severity
from constructs_lib.trust import Analysis, analyse, read_stacks
from constructs_lib.trust.acceptance import OUTPUT
from constructs_lib.trust.rules import RULES


def validate_access(
    scope: App | TerraformStack, *, fail_on: Literal["error", "warning"] = "error"
) -> None:
    """Make synth fail when a rule of the access check is broken.

    Args:
        scope: The app, for all of its stacks, or one stack. What a stack refers to in others is
            followed in both cases.
        fail_on: The least severity that fails.
    """
    scope.node.add_validation(_AccessValidation(scope, fail_on))  # pyright: ignore[reportArgumentType] - jsii matches protocols by its decorator


def analyse_app(scope: Construct) -> Analysis:
    """Who can call what in the app that `scope` belongs to, as it would be synthesized now."""
    return analyse(read_stacks(_documents(scope), "synth"))


def accept(resource: TerraformElement, rule: str, *, reason: str) -> None:
    """Accept what a rule finds on one resource; the reason appears in every report.

    It becomes part of the stack's output `secured_functions_accepted`, which the synthesized JSON,
    the plan and the state all show.

    Args:
        resource: The resource that the finding names.
        rule: The rule's id, for example `SF410`.
        reason: Why it is right here, and who says so.

    Raises:
        InputError: For a rule that does not exist or an empty reason.
    """
    path = resource.node.path
    if rule not in RULES:
        raise InputError(
            f"there is no rule {rule}", where=path, fix="see `secured-functions check --rules`"
        )
    if not reason.strip():
        raise InputError(
            f"{rule} is accepted without a reason", where=path, fix="say why, and who decided it"
        )
    stack = TerraformStack.of(resource)
    output = stack.node.try_find_child(OUTPUT)
    if not isinstance(output, _AcceptedOutput):
        output = _AcceptedOutput(stack)
    output.accepted.entries.append((resource, rule, reason.strip()))


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


@jsii.implements(IValidation)
class _AccessValidation:
    """Runs the check when the app is synthesized."""

    def __init__(self, scope: App | TerraformStack, fail_on: Severity) -> None:
        self.scope = scope
        self.fail_on = fail_on

    def validate(self) -> list[str]:
        """What is wrong, one message for each finding."""
        stack = None if isinstance(self.scope, App) else self.scope.node.id
        failing = ("error",) if self.fail_on == "error" else ("error", "warning")
        return [
            f"{finding.rule} {finding.address or ''}"
            f"{'.' + finding.attribute if finding.attribute else ''}: "
            f"{finding.message}. {finding.fix}."
            for finding in analyse_app(self.scope).findings
            if finding.severity in failing and (stack is None or finding.path == stack)
        ]


def _documents(scope: Construct) -> dict[str, dict[str, Any]]:
    """Each stack's Terraform JSON, as the synthesizer would write it."""
    stacks: Sequence[Any] = [
        each for each in scope.node.root.node.find_all() if TerraformStack.is_stack(each)
    ]
    return {
        stack.node.id: cast("dict[str, Any]", json.loads(json.dumps(stack.to_terraform())))
        for stack in stacks
    }


def _address(element: TerraformElement) -> str:
    name = element.friendly_unique_id
    if isinstance(element, TerraformDataSource):
        return f"data.{element.terraform_resource_type}.{name}"
    if isinstance(element, TerraformResource):
        return f"{element.terraform_resource_type}.{name}"
    return name
