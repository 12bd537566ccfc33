"""Providers that stay while many terraform commands run.

Terraform starts each provider up to four times in one command, which takes longer than all the
rest. Those that `TF_REATTACH_PROVIDERS` names it takes as they run, and lets them run:
https://developer.hashicorp.com/terraform/plugin/debugging#starting-a-provider-in-debug-mode
One process answers for a provider then, so that a stack must not configure it in several ways.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

# Without this a provider says that it is one, and ends.
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

# How the variables start that tell stand-ins to fail, or to write down what they do.
TO_STAND_INS = "TERRAFORM_OFFLINE_"


def stand_ins(azurerm: str = "4") -> dict[str, Path]:
    """The programs of the stand-in providers by address; none if terraform would use real ones.

    Of azurerm it is the one of the major version that is given.

    Real providers are machine code, and applying with them would make real resources. A stand-in
    is a script.
    """
    try:
        configuration = Path(os.environ["TF_CLI_CONFIG_FILE"]).read_text()
    except (KeyError, OSError):
        return {}
    mirror = re.search(r'filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"', configuration)
    if mirror is None:
        return {}
    found = [
        path for path in Path(mirror[1]).glob("*/*/*/*/*/terraform-provider-*") if path.is_file()
    ]
    found = [
        path
        for path in found
        if path.parts[-4] != "azurerm" or path.parts[-3].startswith(f"{azurerm}.")
    ]
    programs = {path.relative_to(mirror[1]).parent.parent.parent.as_posix(): path for path in found}
    return programs if all(map(is_script, programs.values())) else {}


def is_script(path: Path) -> bool:
    """Whether a program starts with the line that names its interpreter."""
    with path.open("rb") as program:
        return program.read(2) == b"#!"


@contextlib.contextmanager
def running(
    environment: Mapping[str, str], addresses: Container[str], azurerm: str = "4"
) -> Iterator[str]:
    """Start stand-ins, each once; what `TF_REATTACH_PROVIDERS` has to be, until they end."""
    with contextlib.ExitStack() as ending:
        # They leave their sockets behind when they are ended.
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="providers-"))
        programs = {
            address: program
            for address, program in stand_ins(azurerm).items()
            if address in addresses
        }
        started = {}
        for address, program in programs.items():
            started[address] = ending.enter_context(
                subprocess.Popen(
                    [program],
                    env={**environment, "TF_PLUGIN_MAGIC_COOKIE": COOKIE, "TMPDIR": folder},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            ending.callback(started[address].terminate)
        yield json.dumps({address: handshake(process) for address, process in started.items()})


def handshake(process: subprocess.Popen[str]) -> dict[str, Any]:
    """How to reach a provider, from the line that it prints as soon as it listens."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.count("|") >= 4, f"{process.args} said {line!r} where it should say where it is"
    _, version, network, place, protocol, *_ = line.split("|")
    return {
        "Protocol": protocol,
        "ProtocolVersion": int(version),
        "Pid": process.pid,
        "Test": True,
        "Addr": {"Network": network, "String": place},
    }


def initialised(folder: Path) -> set[str]:
    """The addresses of the providers that `terraform init` has found for a folder."""
    lock = folder / ".terraform.lock.hcl"
    return set(re.findall(r'^provider "(.+)"', lock.read_text(), re.M)) if lock.exists() else set()


@functools.cache
def shared() -> str:
    """What `TF_REATTACH_PROVIDERS` has to be for stand-ins that run until this process ends."""
    ending = contextlib.ExitStack()
    atexit.register(ending.close)
    untold = {n: value for n, value in os.environ.items() if not n.startswith(TO_STAND_INS)}
    return ending.enter_context(running(untold, stand_ins()))


@contextlib.contextmanager
def used_by_all() -> Iterator[None]:
    """Let whatever this process starts have terraform take the stand-ins that run already."""
    with pytest.MonkeyPatch.context() as patch:
        if stand_ins():
            patch.setenv("TF_REATTACH_PROVIDERS", shared())
        yield
