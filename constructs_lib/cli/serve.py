"""`secured-functions serve`: run the chain on this machine."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib._core.errors import InputError
from constructs_lib.cli._help import Commands, Help

if TYPE_CHECKING:
    from constructs_lib.simulation.local import LocalChain
    from constructs_lib.simulation.server.app import Simulator
    from constructs_lib.simulation.server.recorded_calls import Recorded
    from constructs_lib.simulation.server.run import Listener


def register(commands: Commands) -> None:
    """Add the command's parser to `commands`."""
    parser = Help(
        purpose="Run gateway, Entra and Easy Auth on this machine, in front of your functions.",
        more="They are as the Terraform JSON has them, and each has a port of its own. Nothing is "
        "sent to Azure. What is not simulated stops a call and says so.",
        examples=[
            "secured-functions serve",
            "secured-functions serve --function orders=http://localhost:7071 --trace",
        ],
        done="it was ended",
    ).command(commands, "serve")
    parser.add_argument(
        "path",
        nargs="?",
        default="cdktf.out",
        metavar="PATH",
        help="what check takes (default: cdktf.out)",
    )
    parser.add_argument(
        "--function",
        action="append",
        default=[],
        metavar="APP=URL",
        help="where the functions of an app or slot listen, for example "
        "orders=http://localhost:7071 (an echo if left out)",
    )
    parser.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value that the JSON does not tell: var.name, a reference, or a named value",
    )
    parser.add_argument(
        "--pass-over",
        action="append",
        default=[],
        metavar="POLICY",
        help="a policy that is not simulated and may be left out",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="stop calls that rest on what is only assumed",
    )
    _add_listening(parser)
    parser.add_argument("--trace", action="store_true", help="print what happens to each call")
    parser.set_defaults(run=run)


def _add_listening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=7070,
        help="of the page; the other ports follow it (default: 7070; 0: any that are free)",
    )
    parser.add_argument(
        "--tls",
        metavar="FOLDER",
        help="answer for all host names with TLS too, and write ca.pem and outputs.json there, "
        "with which verify can test the chain",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted, and return the exit code."""
    from constructs_lib.testing.simulate import demand_extra

    demand_extra("starlette", "uvicorn")
    from constructs_lib.simulation.server.app import Simulator
    from constructs_lib.simulation.server.run import listeners

    if not 0 <= options.port < 65_000:
        raise InputError(f"--port {options.port} is not from 0 to 64999")
    try:
        ipaddress.ip_address(options.host)
    except ValueError:
        raise InputError(
            f"--host {options.host!r} is not an address", fix="write 127.0.0.1, for example"
        ) from None

    def told(call: Recorded) -> None:
        print(call, flush=True)
        if options.trace:
            print(call.story, end="", flush=True)

    simulator = Simulator(lambda: _chain(options), told)
    if not (simulator.chain.gateways.services or list(simulator.chain.sites)):
        problem = "there is neither a gateway nor a function app in it"
        raise InputError(problem, where=options.path, fix="name what a synth wrote")
    folder = Path(options.tls) if options.tls else None
    found = listeners(simulator, address=options.host, port=options.port, tls=folder)
    words = _welcome(simulator, found)
    if folder is not None:
        words += "\n" + _verify(options, simulator, folder, found)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, simulator, found, words))
    return 0


async def _serve(
    options: argparse.Namespace, simulator: Simulator, found: list[Listener], words: str
) -> None:
    from constructs_lib.simulation.server.run import Servers, watch

    servers, stopped = Servers(found), asyncio.Event()

    def stop() -> None:
        stopped.set()
        servers.stop()

    with suppress(NotImplementedError):  # Windows has no handlers of signals in a loop.
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stop)
    print(words, flush=True)  # Whoever has read it may end it.
    watching = watch(
        Path(options.path), simulator.reload, lambda text: print(text, flush=True), stopped
    )
    await asyncio.gather(servers.run(), watching)


def _chain(options: argparse.Namespace) -> LocalChain:
    from constructs_lib.access import read_terraform
    from constructs_lib.simulation.local import LocalChain

    return LocalChain(
        read_terraform(options.path),
        functions=_pairs("--function", options.function, "orders=http://localhost:7071"),
        values=_pairs("--value", options.value, "var.environment=dev"),
        allow_not_simulated=frozenset(options.pass_over),
        strict=options.strict,
    )


def _pairs(option: str, given: list[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise InputError(
                f"{option} {text!r} is not NAME=VALUE", fix=f"write {example}, for example"
            )
        if name in found:
            raise InputError(f"{option} names {name} twice")
        found[name] = value
    return found


def _welcome(simulator: Simulator, found: list[Listener]) -> str:
    width = max(len(each.what) for each in found)
    lines = [
        f"{each.what:<{width}}  {each.url}" + (f"  {each.host}" if each.host else "")
        for each in found
    ]
    gateways = simulator.chain.gateways
    for name, each in gateways.services.items():
        if not each.service.apis:
            lines.append(f"{name} has no API that could be called")
            continue
        header = each.service.apis[0].facts.key_header
        lines.append(f"key of all APIs of {name}: {gateways.key(gateway=name)} ({header})")
    return "\n".join([*lines, "Ctrl+C ends it."])


def _verify(
    options: argparse.Namespace, simulator: Simulator, folder: Path, found: list[Listener]
) -> str:
    """Write the outputs, and say how to test the chain with `verify`."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib.access import read_terraform
    from constructs_lib.simulation.outputs import outputs_of
    from constructs_lib.simulation.server.app import deployment_host

    outputs = outputs_of(read_terraform(options.path), simulator.chain.gateways.known)
    write_whole(folder / "outputs.json", json.dumps(outputs, indent=2) + "\n")
    secure, plain = found[-2].socket.getsockname()[1], found[-1].socket.getsockname()[1]
    hosts = list(simulator.hosts())
    apps = [site.host for site in simulator.chain.sites]
    hosts += [deployment_host(each) for each in apps]
    words = ["secured-functions verify", str(folder / "outputs.json"), f"--cacert {folder}/ca.pem"]
    for host in hosts:
        words.append(f"--connect-to {host}:443:{options.host}:{secure}")
        words.append(f"--connect-to {host}:80:{options.host}:{plain}")
    return " \\\n  ".join(words)
