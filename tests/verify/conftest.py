from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constructs_lib import cli
from constructs_lib.verify.run import Backoff
from tests.verify import local_azure
from tests.verify.harness import Run, assert_nothing_secret
from tests.verify.local_azure import World


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.reset()
    world.close()


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    running_world.reset()
    yield running_world
    running_world.reset()


@pytest.fixture
def az(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Azure CLI whose login is a developer of the tenant."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "az"
    token = world.token(local_azure.DEVELOPER_CLIENT, local_azure.DEVELOPER_PRINCIPAL)
    command.write_text(
        f"#!/bin/sh\n"
        f'test "$*" = "account get-access-token --resource {local_azure.AUDIENCE} '
        f'--query accessToken --output tsv" || exit 9\n'
        f"echo {token}\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return command


@pytest.fixture
def verify(
    world: World,
    az: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Run]:
    """Run the command against the world, and see that it shows nothing secret, however it ends."""
    monkeypatch.setattr(cli, "COMMANDS", ("verify",))
    monkeypatch.setenv("SECURED_FUNCTIONS_KEY", local_azure.KEY)
    monkeypatch.setenv("FUNCTION_KEY", local_azure.FUNCTION_KEY)
    file = tmp_path / "outputs.json"

    def run(
        *arguments: str,
        outputs: object = local_azure.OUTPUTS,
        everything: bool = True,
        form: str = "json",
        limit: float = 60,
        pause: float = 600,
    ) -> Run:
        # A pause beyond the time limit: each check asks once, however slow the machine is.
        backoff = functools.partial(Backoff, first=pause, ceiling=pause)
        monkeypatch.setattr("constructs_lib.verify.run.Backoff", backoff)
        file.write_text(json.dumps(outputs))
        options = ["verify", str(file), f"--format={form}", f"--time-limit={limit}"]
        options += [f"--cacert={world.cafile}", *world.connections()]
        if everything:
            options += ["--echo=/echo", "--as-identity", "--function-key-env=FUNCTION_KEY"]
        code = cli.main([*options, *arguments])
        captured = capfd.readouterr()
        shown = [
            captured.out,
            captured.err,
            *(path.read_text() for path in tmp_path.glob("report*")),
        ]
        assert_nothing_secret("".join(shown), world)
        return Run(code, captured.out, captured.err)

    return run
