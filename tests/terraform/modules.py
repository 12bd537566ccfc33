"""Many small stacks as the modules of one configuration, so that one plan and one apply do for all.

The stand-ins keep what exists in a file, as Azure would: what is deleted takes all with it that
lies in it, and a later plan finds it missing.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terraform.harness import environment, execute, run
from tests.terraform.providers import running, stand_ins
from tests.terraform.state import STATES, keeper

Planned = dict[str, dict[str, tuple[str, ...]]]

# More at once only wait for each other: there are few processors.
QUICKLY = "-parallelism=4"
_ADDRESS = re.compile(r"module\.(?P<module>[\w-]+)\.(?P<address>.+)")
_GIVEN = {"azurerm": {"features": [{}]}, "azuread": {}, "azapi": {}}


@dataclass(frozen=True)
class Step:
    """Something that Terraform began or ended in an apply.

    Attributes:
        action: `create`, `update` or `delete`; a replacement is two steps.
        address: To which resource.
        done: Whether it is the end; the beginning otherwise.
        error: Why it could not be done.
    """

    action: str
    address: str
    done: bool
    error: str = ""


@dataclass
class Modules:
    """A folder with a module for each stack.

    Attributes:
        folder: Where the configuration and the state are.
        running: What `TF_REATTACH_PROVIDERS` has to be for the stand-ins that keep the cloud.
    """

    folder: Path
    running: str

    @classmethod
    @contextlib.contextmanager
    def kept_in(cls, folder: Path, **told: str) -> Iterator[Modules]:
        """Start stand-ins that keep in the folder what exists; `told` are further knobs."""
        told["TERRAFORM_OFFLINE_CLOUD"] = str(folder / "cloud.json")
        with running(environment(**told), stand_ins()) as reattach:
            yield cls(folder, reattach)

    def write(self, stacks: Mapping[str, dict[str, Any]]) -> None:
        """Write the Terraform JSON of each stack, by the name of its module."""
        needed: dict[str, Any] = {}
        for name, document in stacks.items():
            terraform = {**document["terraform"]}
            # The root says both, once.
            terraform.pop("backend", None)
            needed |= terraform["required_providers"]
            module = {key: value for key, value in document.items() if key != "provider"}
            path = self.folder / name / "main.tf.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({**module, "terraform": terraform}))
        backend = {"http": {"address": keeper() + self._path}}
        root = {
            "terraform": {"required_providers": needed, "backend": backend},
            "provider": {name: [_GIVEN[name]] for name in needed},
            "module": {name: {"source": f"./{name}"} for name in stacks},
        }
        (self.folder / "main.tf.json").write_text(json.dumps(root))
        self.terraform("init")

    def terraform(self, *command: str, expect: int = 0) -> str:
        """Run one terraform command."""
        reattach = {} if command[0] == "init" else {"TF_REATTACH_PROVIDERS": self.running}
        changes = {"TF_CLI_ARGS": "-no-color", **reattach}
        return run("terraform", *command, folder=self.folder, expect=expect, **changes)

    def make(self, stacks: Mapping[str, dict[str, Any]]) -> None:
        """Write the stacks, and apply them to nothing."""
        self.write(stacks)
        planned, made = self.change()
        assert planned
        assert [step for steps in made.values() for step in steps if step.error] == []

    def plan(self) -> Planned:
        """Plan; the actions by address for each module, without what stays as it is."""
        said = self.terraform("plan", "-json", "-out=plan.tfplan", QUICKLY)
        return _planned(map(json.loads, said.splitlines()))

    def apply(self) -> dict[str, list[Step]]:
        """Apply what was planned; what was done in each module, in its order."""
        return _done(self._apply("plan.tfplan"))

    def change(self) -> tuple[Planned, dict[str, list[Step]]]:
        """Plan and apply at once, where the state is what is there: just made, or just read."""
        messages = self._apply("-auto-approve", "-refresh=false")
        return _planned(messages), _done(messages)

    def _apply(self, *arguments: str) -> list[dict[str, Any]]:
        command = ("terraform", "apply", "-json", QUICKLY, *arguments)
        said = execute(*command, folder=self.folder, TF_REATTACH_PROVIDERS=self.running).stdout
        return [json.loads(line) for line in said.splitlines()]

    @property
    def state(self) -> str:
        """What Terraform remembers, as JSON."""
        return STATES[self._path]

    @state.setter
    def state(self, text: str) -> None:
        STATES[self._path] = text

    def taint(self, types: Container[str], module: str) -> set[str]:
        """Have Terraform replace what is of these types in a module; the addresses.

        With several `-replace` Terraform 1.11 overlooks some of what is to be replaced with them.
        """
        state = json.loads(self.state)
        tainted = [
            each
            for each in state["resources"]
            if each["type"] in types and each["module"] == f"module.{module}"
        ]
        for resource in tainted:
            for instance in resource["instances"]:
                instance["status"] = "tainted"
        if tainted:
            self.state = json.dumps(state)
        return {f"{each['type']}.{each['name']}" for each in tainted}

    @property
    def _path(self) -> str:
        return self.folder.as_posix()

    def destroy(self) -> None:
        """Destroy everything."""
        self.terraform("destroy", "-auto-approve", QUICKLY)


def _planned(messages: Iterable[dict[str, Any]]) -> Planned:
    planned: Planned = {}
    for message in messages:
        if message["type"] != "planned_change":
            continue
        action = message["change"]["action"]
        # A resource that only gets another address stays as it is.
        if action not in ("read", "move"):
            module, address = _split(message["change"]["resource"]["addr"])
            both = ("delete", "create") if action == "replace" else (action,)
            planned.setdefault(module, {})[address] = both
    return planned


def _done(messages: Iterable[dict[str, Any]]) -> dict[str, list[Step]]:
    steps: dict[str, list[Step]] = {}
    for message in messages:
        if message["type"] in ("apply_start", "apply_complete"):
            hook = message["hook"]
            module, address = _split(hook["resource"]["addr"])
            done = message["type"] == "apply_complete"
            steps.setdefault(module, []).append(Step(hook["action"], address, done))
        elif message["type"] == "diagnostic" and message["@level"] == "error":
            diagnostic = message["diagnostic"]
            module, address = _split(diagnostic["address"])
            error = f"{diagnostic['summary']}: {diagnostic['detail']}"
            steps.setdefault(module, []).append(Step("error", address, True, error))
    return steps


def _split(address: str) -> tuple[str, str]:
    found = _ADDRESS.fullmatch(address)
    assert found, address
    return found["module"], found["address"]
