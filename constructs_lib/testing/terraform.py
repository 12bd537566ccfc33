"""Runs `terraform test` on a stack with mocked providers, and reads the plan and state from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.testing.mocks import write_terraform_test


@dataclass(frozen=True, kw_only=True)
class MockedApply:
    """What `terraform test` planned and applied.

    Attributes:
        plan: The plan, in the format of `terraform show -json`, without provider schemas.
        state: The state after the apply, in the same format.
    """

    plan: Mapping[str, Any]
    state: Mapping[str, Any]

    def planned(self, address: str) -> Mapping[str, Any]:
        """Return the planned values of a resource.

        Raises:
            AssertionError: It is not in the plan.
        """
        for change in self.plan["resource_changes"]:
            if change["address"] == address:
                return change["change"]["after"]
        addresses = ", ".join(change["address"] for change in self.plan["resource_changes"])
        raise AssertionError(f"{address} is not planned, only {addresses}")

    def output(self, name: str) -> Any:
        """Return the value of an output after the apply.

        Raises:
            AssertionError: There is no such output.
        """
        outputs = self.state.get("outputs", {})
        if name not in outputs:
            raise AssertionError(f"no output {name}, only {', '.join(outputs) or 'none'}")
        return outputs[name]["value"]


def mocked_apply(
    folder: str | Path,
    work: str | Path,
    *,
    variables: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    conditions: Mapping[str, str] | None = None,
    timeout: float = 600,
) -> MockedApply:
    """Plan and apply a stack with mocked providers, in a copy of its folder.

    Args:
        folder: The stack's folder.
        work: An empty folder for the copy and what Terraform leaves there.
        variables: See `write_terraform_test`.
        overrides: See `write_terraform_test`.
        conditions: See `write_terraform_test`.
        timeout: Seconds that each Terraform command may take.

    Raises:
        AssertionError: Terraform refused; the message holds its diagnostics.
        InputError: There is no Terraform, or no usable JSON in the folder.
    """
    work = Path(work)
    shutil.copytree(folder, work, dirs_exist_ok=True, ignore=_not_of_the_stack)
    path = write_terraform_test(
        work,
        variables=variables,
        overrides=overrides,
        conditions=conditions,
        stacks=Path(folder).parent,
    )
    _run(work, timeout, "init", "-backend=false", "-input=false", "-no-color")
    output = _run(work, timeout, "test", f"-filter={path.name}", "-json", "-verbose")
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found = {m["type"]: m[m["type"]] for m in messages if m["type"] in ("test_plan", "test_state")}
    for document in found.values():
        document.pop("provider_schemas", None)
    return MockedApply(plan=found["test_plan"], state=found["test_state"])


def _not_of_the_stack(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith((".terraform", "terraform.tfstate"))]


def _run(folder: Path, timeout: float, *arguments: str) -> str:
    terraform = shutil.which(os.environ.get("TERRAFORM_BINARY_NAME", "terraform"))
    if terraform is None:
        raise InputError("there is no `terraform` on the PATH")
    done = subprocess.run(  # noqa: S603 - no shell, and the arguments are ours
        [terraform, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
    )
    if done.returncode:
        said = "\n".join(_diagnostics(done.stdout)) or done.stdout + done.stderr
        raise AssertionError(f"terraform {arguments[0]}:\n{said}")
    return done.stdout


def _diagnostics(output: str) -> list[str]:
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found = [message["diagnostic"] for message in messages if message["type"] == "diagnostic"]
    return [
        f"{one.get('address', '')} {one['summary']}: {one.get('detail', '')}".strip()
        for one in found
        if one["severity"] == "error"
    ]
