"""Checks, at every synth, that nobody but the gateway can call: one line for any stack.

    validate_access(app)

The stacks may be made of our constructs, of plain L1 constructs, or of both; the check reads what
they synthesize to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, cast

import jsii
from cdktf import App, TerraformStack
from constructs import Construct, IValidation

from constructs_lib._core.rules import Severity
from constructs_lib.access import Analysis, analyse, read_stacks


def validate_access(
    scope: App | TerraformStack, *, fail_on: Literal["error", "warning"] = "error"
) -> None:
    """Make synth fail when a rule of the access check is broken.

    CDKTF raises a RuntimeError then. A program that does not handle it ends with what is wrong in
    place of jsii's two tracebacks, and with exit code 1.

    Args:
        scope: The app, for all of its stacks, or one stack. What a stack refers to in others is
            followed in both cases.
        fail_on: The least severity that fails.
    """
    scope.node.add_validation(_AccessValidation(scope, fail_on))  # pyright: ignore[reportArgumentType] - jsii matches protocols by its decorator


def analyse_app(scope: Construct) -> Analysis:
    """Who can call what in the app that `scope` belongs to, as it would be synthesized now."""
    return analyse(read_stacks(_documents(scope), "synth"))


@jsii.implements(IValidation)
class _AccessValidation:
    """Runs the check when the app is synthesized."""

    def __init__(self, scope: App | TerraformStack, fail_on: Severity) -> None:
        self.scope = scope
        self.fail_on = fail_on

    def validate(self) -> list[str]:
        """What is wrong, one message for each finding."""
        stack = None if isinstance(self.scope, App) else self.scope.node.id
        documents = _documents(self.scope)
        failing = ("error",) if self.fail_on == "error" else ("error", "warning")
        problems = [
            f"{finding.rule} {finding.address or ''}"
            f"{'.' + finding.attribute if finding.attribute else ''}: "
            f"{finding.message}. {finding.fix}."
            for finding in analyse(read_stacks(documents, "synth")).findings
            if finding.severity in failing and (stack is None or finding.stack == stack)
        ]
        if problems:
            _end_plainly(problems)
        return problems


def _end_plainly(problems: Sequence[str]) -> None:
    """Let a program that this ends say the problems only: jsii's tracebacks show none of its lines.

    Anything else that ends the program is shown as before.
    """
    before = sys.excepthook

    def end(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, RuntimeError) and all(each in str(error) for each in problems):
            print("synth is refused by the access check:", *problems, sep="\n  ", file=sys.stderr)
        else:
            before(kind, error, traceback)

    sys.excepthook = end


def _documents(scope: Construct) -> dict[str, dict[str, Any]]:
    """Each stack's Terraform JSON, as the synthesizer would write it."""
    stacks: Sequence[Any] = [
        each for each in scope.node.root.node.find_all() if TerraformStack.is_stack(each)
    ]
    return {
        stack.node.id: cast("dict[str, Any]", json.loads(json.dumps(stack.to_terraform())))
        for stack in stacks
    }
