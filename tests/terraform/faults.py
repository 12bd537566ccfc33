"""Applies that fail in the middle: one stack of every type, the offline providers' fault switch.

Run as a program, it makes the table of docs/guides/faults-and-ordering.md, a fault at a time:

    python tests/terraform/faults.py
"""

from __future__ import annotations

import datetime
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.terraform.harness import execute, has_stand_in, stack_of_every_type
from tests.terraform.order import Order

HERE = Path(__file__).resolve().parent
QUICKLY = ("-refresh=false", "-parallelism=4")


@dataclass(frozen=True)
class Step:
    """One thing that Terraform did, or tried to do.

    Attributes:
        action: `create`, `update`, `delete` or `read`.
        address: To which resource or data source.
        done: Whether it worked.
    """

    action: str
    address: str
    done: bool


class FaultyStack:
    """The stack of every type, applied and destroyed with faults, and what is there after each.

    Attributes:
        order: What needs what.
        live: The addresses that are there now.
        steps: Everything that was done since the last `reset`.
        doors: What stood open after any of these steps.
    """

    def __init__(self, folder: Path) -> None:
        stack = stack_of_every_type(folder)
        local = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
        (stack.folder / "state_override.tf.json").write_text(json.dumps(local))
        stack.terraform("init")
        self.stack = stack
        self.order = Order(stack.document)
        self.reset()

    @property
    def types(self) -> list[str]:
        """The types of resources that can fail, sorted: all but what Terraform remembers."""
        return sorted(self.stack.document["resource"].keys() - {"terraform_data"})

    @property
    def data_types(self) -> list[str]:
        """The types of data sources as the fault switch names them, sorted."""
        return [f"data.{kind}" for kind in sorted(self.stack.document["data"])]

    def reset(self) -> None:
        """Forget what was made."""
        for path in self.stack.folder.glob("terraform.tfstate*"):
            path.unlink()
        self.live: set[str] = set()
        self.steps: list[Step] = []
        self.doors: list[str] = []

    def run(self, command: str, fail: str = "") -> list[Step]:
        """Apply or destroy with faults; return the steps."""
        done = execute(
            *("terraform", command, "-json", "-auto-approve", *QUICKLY),
            folder=self.stack.folder,
            TERRAFORM_OFFLINE_FAIL=fail,
        )
        steps: list[Step] = []
        for message in map(json.loads, done.stdout.splitlines()):
            if message["type"] in ("apply_complete", "apply_errored"):
                hook = message["hook"]
                step = Step(
                    hook["action"],
                    hook["resource"]["addr"],
                    message["type"] == "apply_complete",
                )
                steps.append(step)
                self._follow(step)
        said = f"{command} {fail}: exit status {done.returncode}\n{done.stdout[-3000:]}"
        assert fail or done.returncode == 0, said
        return steps

    def _follow(self, step: Step) -> None:
        self.steps.append(step)
        if not step.done or step.action == "read":
            return
        if step.action == "delete":
            self.live.discard(step.address)
        else:
            self.live.add(step.address)
        self.doors += [f"after {step}: {door}" for door in self.order.open_doors(self.live)]

    def in_state(self) -> list[str]:
        """The addresses of the resources in the state, each as often as it is there."""
        state = json.loads((self.stack.folder / "terraform.tfstate").read_text())
        return [
            f"{resource['type']}.{resource['name']}"
            for resource in state["resources"]
            for _ in resource["instances"]
            if resource["mode"] == "managed"
        ]

    def assert_converged(self) -> None:
        """Everything was made once, nothing is missing or tainted, and a plan is empty."""
        wanted = sorted(address for address in self.order.resources if address[:5] != "data.")
        made = Counter(step.address for step in self.steps if step.action == "create" and step.done)
        assert sorted(made.elements()) == wanted
        assert sorted(self.in_state()) == wanted
        self.stack.terraform("plan", "-detailed-exitcode", *QUICKLY)


def table(stack: FaultyStack) -> str:
    """Let each type fail once, alone, and say what came of it."""
    lines = [
        "| fails once | made before, of it, waiting | second apply | plan | doors open |",
        "| --- | --- | --- | --- | --- |",
    ]
    cases = [(kind, "create") for kind in stack.types]
    cases += [(kind, "read") for kind in stack.data_types]
    for kind, operation in cases:
        stack.reset()
        first = stack.run("apply", f"{kind}:{operation}")
        before = sum(step.done and step.action == "create" for step in first)
        failed = [step.address for step in first if not step.done]
        assert operation == "read" or failed, f"no creation of {kind} failed"
        own = len(stack.stack.document["resource"].get(kind, {}))
        second = stack.run("apply")
        after = sum(step.done and step.action == "create" for step in second)
        stack.assert_converged()
        what = f"`{kind}`" if operation == "create" else f"`{kind}` (read)"
        lines.append(
            f"| {what} | {before}, {own}, {after - own} | converges | empty "
            f"| {len(stack.doors) or 'none'} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    if not has_stand_in():
        sys.exit("the offline providers are needed: applying with real ones makes real resources")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        stack = FaultyStack(Path(folder))
        text = table(stack)
    count, minutes = len(text.splitlines()) - 2, (time.monotonic() - started) / 60
    print(text)
    print(f"\n{datetime.date.today()}: {count} faults in {minutes:.0f} minutes.")


if __name__ == "__main__":
    main()
