"""Runs apps as their users do, and the real terraform on the stacks that they synthesize."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.examples import synthesized
from tests.terraform.providers import TO_STAND_INS, initialised, running, shared, stand_ins
from tests.terraform.secrets import resource_schemas, secrets

ROOT = Path(__file__).resolve().parents[2]

HOW_TO_ENABLE = (
    "put terraform on the PATH and let TF_CLI_CONFIG_FILE name a configuration whose "
    "filesystem_mirror holds stand-in providers, as .ci/run does; or set TERRAFORM_TESTS=registry "
    "to init and validate with the real providers"
)

# Settings of the caller's shell that would change what terraform does.
UNWANTED = (
    "TERRAFORM_OFFLINE_CLOUD",
    "TERRAFORM_OFFLINE_FAIL",
    "TERRAFORM_OFFLINE_LOG",
    "TERRAFORM_OFFLINE_OWNED_BY",
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_LOG",
    "TF_REATTACH_PROVIDERS",
    "TF_WORKSPACE",
)

CLOUD = "TERRAFORM_OFFLINE_CLOUD"

# Whom the stand-ins take azuread to be signed in as, and somebody else.
CALLER = "4adb685a-ebfc-5751-a7af-5f1d16f953db"
ANOTHER = "0f8fad5b-d9cb-469f-a165-70867728950e"

# What an app takes from the repository itself, or not at all.
LEFT_OUT = {"benchmarks", "cdktf.out", "constructs_lib", "dist", "docs", "node_modules", "site"}


def has_stand_in() -> bool:
    """Whether terraform would use stand-in providers, with which it can apply without harm."""
    return bool(stand_ins())


def reason_to_skip(*, apply: bool = True) -> str | None:
    """Why terraform cannot run here, and how to change that; `None` if it can."""
    if shutil.which("terraform") is None:
        return f"terraform is not on the PATH: {HOW_TO_ENABLE}"
    if has_stand_in() or (not apply and os.environ.get("TERRAFORM_TESTS") == "registry"):
        return None
    return f"no providers that can be used without Azure: {HOW_TO_ENABLE}"


needs_stand_in = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))
needs_providers = pytest.mark.skipif(
    reason_to_skip(apply=False) is not None, reason=str(reason_to_skip(apply=False))
)

needs_cdktf = pytest.mark.skipif(
    not (ROOT / "node_modules/.bin/cdktf").exists(), reason="cdktf-cli is missing: make set-up"
)


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user's shell in which `make set-up` has been done."""
    variables = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    tools = [str(Path(sys.executable).parent), str(ROOT / "node_modules/.bin")]
    return {
        **variables,
        "PATH": os.pathsep.join([*tools, variables["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "CI": "1",
        "CHECKPOINT_DISABLE": "1",
        "DISABLE_VERSION_CHECK": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        # Terraform ends before it is worth its while to collect what it no longer needs.
        "GOGC": "400",
        **changes,
    }


def execute(*command: str | Path, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command, terraform with stand-ins that run already; all that it prints is `stdout`.

    `init` still looks for the providers. Stand-ins that are to fail are told so when they start.
    """
    told = {name: value for name, value in changes.items() if name.startswith(TO_STAND_INS)}
    with contextlib.ExitStack() as ending:
        starts = command[0] == "terraform" and command[1] != "init" and has_stand_in()
        if starts and "TF_REATTACH_PROVIDERS" not in changes:
            changes["TF_REATTACH_PROVIDERS"] = (
                ending.enter_context(running(environment(**told), initialised(folder)))
                if any(told.values())
                else shared()
            )
        return subprocess.run(
            command,
            cwd=folder,
            env=environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )


def run(*command: str | Path, folder: Path, expect: int = 0, **changes: str) -> str:
    """Run a command and return what it prints; fail with that if its exit status is another."""
    done = execute(*command, folder=folder, **changes)
    if done.returncode != expect:
        said = f"{' '.join(map(str, command))}: exit status {done.returncode}, not {expect}"
        pytest.fail(f"{said}\n{done.stdout[-8000:]}", pytrace=False)
    return done.stdout


def copy_of_project(folder: Path) -> Path:
    """A copy of the app and the examples: state files and generated code go there, not here."""
    generated = shutil.ignore_patterns("cdktf.out", "__pycache__", "*.tfstate*")
    for path in ROOT.iterdir():
        if path.name.startswith(".") or path.name in LEFT_OUT:
            continue
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=generated)
        else:
            shutil.copy(path, folder)
    return folder


def synthesize(app: Path, **changes: str) -> dict[str, Stack]:
    """Run an app in its folder; its stacks by name, each after those that it needs."""
    run(sys.executable, app, folder=app.parent, **changes)
    return stacks_of(app.parent / "cdktf.out")


def stack_of_every_type(folder: Path) -> Stack:
    """A stack with every type of resource that the library makes, synthesized into a folder."""
    output = synthesized(ROOT / "tests/terraform/every_type.py", folder)["every-type"].parent.parent
    return stacks_of(output)["every-type"]


def stacks_of(output: Path) -> dict[str, Stack]:
    """The stacks in an output folder by name, each after those that it needs."""
    waiting = json.loads((output / "manifest.json").read_text())["stacks"]
    stacks: dict[str, Stack] = {}
    while waiting:
        ready = [
            name for name, stack in waiting.items() if set(stack["dependencies"]) <= stacks.keys()
        ]
        assert ready, f"the stacks {', '.join(waiting)} need each other"
        for name in ready:
            stacks[name] = Stack((output / waiting.pop(name)["synthesizedStackPath"]).parent)
    return stacks


@contextlib.contextmanager
def owners_only(folder: Path) -> Iterator[Callable[[Iterable[Stack]], None]]:
    """Stand-ins for whoever has the right `Application.ReadWrite.OwnedBy` only.

    What exists is kept in a file, as Azure would, and not taken from the state. What comes is told
    the stacks that are to be applied with them.
    """
    knobs = {CLOUD: str(folder / "cloud.json"), "TERRAFORM_OFFLINE_OWNED_BY": "1"}
    with running(environment(**knobs), stand_ins()) as providers:

        def use(stacks: Iterable[Stack]) -> None:
            Path(knobs[CLOUD]).unlink(missing_ok=True)
            for stack in stacks:
                stack.knobs, stack.providers = knobs, providers

        yield use


@contextlib.contextmanager
def made_by_another(stacks: Iterable[Stack]) -> Iterator[None]:
    """Let whoever applies be another than who has applied before: a second principal."""
    files = [path for stack in stacks for path in (stack.state(), Path(stack.knobs[CLOUD]))]
    _replace(files, CALLER, ANOTHER)
    yield
    _replace(files, ANOTHER, CALLER)


def _replace(files: Iterable[Path], old: str, new: str) -> None:
    for path in set(files):
        path.write_text(path.read_text().replace(old, new))


class Stack:
    """A folder with Terraform JSON, and its life from `init` to `destroy`.

    Attributes:
        schemas: What the providers say of each type of resource; the same for all stacks.
        knobs: What the stand-ins are told.
        providers: What `TF_REATTACH_PROVIDERS` has to be for stand-ins that were told so.
    """

    schemas: ClassVar[dict[str, Any]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.knobs: dict[str, str] = {}
        self.providers: str | None = None
        self.document = json.loads((folder / "cdk.tf.json").read_text())
        for name, configurations in self.document.get("provider", {}).items():
            assert len(configurations) == 1, f"{name}: see tests.terraform.providers"
        settings = self.document.get("terraform", {})
        if "local" not in settings.get("backend", {}):
            # State in Azure or in HCP Terraform is out of reach: an override puts it here.
            local = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
            (folder / "state_override.tf.json").write_text(json.dumps(local))

    def terraform(self, *command: str) -> str:
        """Run one terraform command."""
        changes = {"TF_REATTACH_PROVIDERS": self.providers} if self.providers else {}
        return run("terraform", *command, folder=self.folder, TF_CLI_ARGS="-no-color", **changes)

    def prepare(self) -> None:
        """Init, and see that no secret is used: this needs no credentials."""
        self.terraform("init")
        if not self.document.get("resource", {}).keys() <= Stack.schemas.keys():
            Stack.schemas |= resource_schemas(self.terraform("providers", "schema", "-json"))
        assert secrets(self.document, Stack.schemas) == []

    def validate(self) -> None:
        """Validate what is prepared, as each plan does first."""
        self.terraform("validate")

    def apply(self) -> None:
        """Plan and apply."""
        self.terraform("apply", "-auto-approve")

    def planned(self) -> dict[str, Any]:
        """Plan; what `terraform show -json` says of it. `apply_planned` does what it says."""
        self.terraform("plan", "-out=plan")
        return json.loads(self.terraform("show", "-json", "plan"))

    def apply_planned(self) -> None:
        """Apply what was planned."""
        self.terraform("apply", "plan")

    def assert_plan_is_empty(self) -> None:
        """A second plan changes nothing (`-detailed-exitcode` is 2 otherwise)."""
        self.terraform("plan", "-detailed-exitcode")

    def destroy(self) -> None:
        """Destroy, and see that nothing is left."""
        self.terraform("destroy", "-auto-approve", "-refresh=false")
        assert json.loads(self.state().read_text())["resources"] == []

    def state(self) -> Path:
        """The file with the state."""
        settings = self.document.get("terraform", {}).get("backend", {}).get("local", {})
        return self.folder / settings.get("path", "terraform.tfstate")

    def planned_types(self) -> set[str]:
        """The types of the resources that a plan would create; `terraform_data` cannot fail."""
        messages = map(json.loads, self.terraform("plan", "-json").splitlines())
        changes = [m["change"] for m in messages if m["type"] == "planned_change"]
        created = {c["resource"]["resource_type"] for c in changes if c["action"] == "create"}
        return created - {"terraform_data"}

    def apply_while_every_creation_fails_once(self) -> set[str]:
        """Apply again and again; each creation fails at its first attempt and works at its second.

        Returns:
            The types of the resources whose creation failed.
        """
        log = self.folder / "operations.jsonl"
        failed: set[tuple[str, str]] = set()
        while True:
            let_pass = "|".join(re.escape(f"{kind}.{name}") for kind, name in sorted(failed))
            # The rules are separated by blanks, so that a blank in a name needs another spelling.
            rule = rf"(?!(?:{let_pass})$)\w+\..*".replace(r"\ ", r"\s")
            log.write_text("")
            changes = {
                **self.knobs,
                "TERRAFORM_OFFLINE_FAIL": f"{rule}:create",
                "TERRAFORM_OFFLINE_LOG": str(log),
            }
            command = ("terraform", "apply", "-auto-approve", "-refresh=false")
            execute(*command, folder=self.folder, **changes)
            entries = [json.loads(line) for line in log.read_text().splitlines()]
            new = {(e["type"], e["name"]) for e in entries if e["outcome"] == "failed"}
            if not new:
                return {kind for kind, _ in failed}
            assert not new & failed, f"{new & failed} failed although they were let pass"
            failed |= new
