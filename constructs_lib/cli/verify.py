"""`secured-functions verify`: test a deployed system from outside."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib.cli._help import Commands, Group, Help
from constructs_lib.cli._options import format_of

if TYPE_CHECKING:
    from constructs_lib.verify.checks import Plan
    from constructs_lib.verify.client import Address
    from constructs_lib.verify.outputs import Outputs, Probe
    from constructs_lib.verify.report import ResultFormat
    from constructs_lib.verify.run import Check, Judgement, Result
    from constructs_lib.verify.secret import Secret
    from constructs_lib.verify.streaming import Tool

_NAMES: dict[str, ResultFormat] = {".txt": "table", ".json": "json", ".xml": "junit"}
KEY_VARIABLE = "SECURED_FUNCTIONS_KEY"
_TOOL = "count:'{\"to\": 5}'"


def register(commands: Commands) -> None:
    """Add the command's parser to `commands`."""
    parser = Help(
        purpose="Test a deployed system from outside: every closed door, and the way in.",
        more="A subscription key comes from an environment variable, a file descriptor or a "
        "prompt, never from an argument, which every user of the machine can read.",
        examples=[
            "terraform output -json | secured-functions verify --skip gateway-key",
            "secured-functions verify outputs.json --probe GET:/health --key-prompt",
        ],
        done="every check passed or was left out",
        found="something failed",
    ).command(commands, "verify")
    parser.add_argument(
        "outputs",
        nargs="?",
        default="-",
        metavar="OUTPUTS",
        help="file with what terraform output -json or cdktf output --outputs-file says "
        "(default: the standard input)",
    )
    parser.add_argument(
        "--stack", metavar="STACK", help="which stack, where the file holds several"
    )
    _add_checks(parser.add_argument_group("what to check"))
    _add_keys(parser.add_argument_group("keys"))
    _add_callers(parser.add_argument_group("callers of MCP servers"))
    _add_patience(parser.add_argument_group("patience and connections"))
    report = parser.add_argument_group("report")
    report.add_argument(
        "--format",
        choices=("table", "json", "junit"),
        help="kind of report (default: what the name of FILE ends with, or else table)",
    )
    report.add_argument(
        "--output",
        metavar="FILE",
        help="write the report there, and the table to standard output as well",
    )
    report.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=run)


def _add_checks(what: Group) -> None:
    what.add_argument(
        "--probe",
        action="append",
        default=[],
        metavar="[API=]METHOD:PATH",
        help="operation that is safe to call, for example GET:/health (that of the outputs if left "
        "out)",
    )
    what.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="[API=]STATUS[,STATUS]",
        help="what the operation answers when all is well (any 2xx if left out)",
    )
    what.add_argument(
        "--echo",
        action="append",
        default=[],
        metavar="[API=]PATH",
        help='GET operation that answers with JSON {"headers": …, "query": …} of what reached it',
    )
    what.add_argument(
        "--as-identity",
        action="store_true",
        help="try a token of the current az login: Easy Auth must refuse it",
    )
    what.add_argument(
        "--accept-network-refusal",
        action="store_true",
        help="count it as not checked, in place of failed, when the network refuses before Easy "
        "Auth could",
    )
    what.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="CHECK",
        help="leave out a check, for example gateway-key or 'gateway-*'",
    )


def _add_keys(key: Group) -> None:
    key.add_argument(
        "--key-env",
        action="append",
        default=[],
        metavar="[API=]NAME",
        help=f"environment variable with the subscription key ({KEY_VARIABLE} if left out)",
    )
    key.add_argument("--key-fd", type=int, metavar="N", help="file descriptor to read the key from")
    key.add_argument("--key-prompt", action="store_true", help="ask for the key on the terminal")
    key.add_argument(
        "--function-key-env",
        action="append",
        default=[],
        metavar="[API=]NAME",
        help="environment variable with a real function key, to show that it opens nothing (a "
        "made-up one is tried if left out)",
    )


def _add_callers(caller: Group) -> None:
    caller.add_argument(
        "--as-caller",
        action="store_true",
        help="call them with a token of the current az login: the gateway must let it in",
    )
    caller.add_argument(
        "--token-env",
        action="append",
        default=[],
        metavar="[API=]NAME",
        help="environment variable with the token of a caller",
    )
    caller.add_argument(
        "--stream-tool",
        action="append",
        default=[],
        metavar="[API=]TOOL[:JSON]",
        help="tool that is safe to call and reports progress while it runs, and its arguments, for "
        f"example {_TOOL}",
    )


def _add_patience(time: Group) -> None:
    time.add_argument(
        "--time-limit",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="for all checks together, waiting included (default: 300)",
    )
    time.add_argument(
        "--request-timeout",
        type=_seconds,
        default=20.0,
        metavar="SECONDS",
        help="for one answer (default: 20)",
    )
    time.add_argument("--cacert", metavar="FILE", help="certificate authorities to trust (PEM)")
    time.add_argument(
        "--connect-to",
        action="append",
        default=[],
        metavar="HOST:PORT:ADDRESS:PORT",
        help="connect to ADDRESS:PORT for requests to HOST:PORT; names stay, as with curl",
    )


def run(options: argparse.Namespace) -> int:
    """Verify, report, and return the exit code."""
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib.verify.checks import plan_checks
    from constructs_lib.verify.client import Client
    from constructs_lib.verify.outputs import read_outputs
    from constructs_lib.verify.report import render

    output = Path(options.output) if options.output else None
    form: ResultFormat = options.format or format_of(output, _NAMES, "table")
    from_stdin = options.outputs == "-"
    if from_stdin and options.key_fd == 0:
        raise InputError("the outputs and the key cannot both come from standard input")
    where = "standard input" if from_stdin else options.outputs
    outputs = read_outputs(_read(options.outputs), where=where, stack=options.stack)
    client = Client(
        timeout=options.request_timeout,
        cafile=options.cacert,
        connect_to=dict(map(_connection, options.connect_to)),
    )
    checks = plan_checks(_plan(options, outputs), client)
    try:
        results = _run(checks, options)
    except KeyboardInterrupt:
        raise InputError("interrupted: no report") from None
    if output:
        write_whole(output, render(results, form))
    shown = "table" if output else form
    terminal = sys.stdout.isatty()
    colour = terminal and "NO_COLOR" not in os.environ
    width = os.get_terminal_size().columns if terminal else 140
    sys.stdout.write(render(results, shown, width=width, colour=colour))
    sys.stdout.flush()
    return int(any(result.outcome == "failed" for result in results))


def _run(checks: Sequence[Check], options: argparse.Namespace) -> list[Result]:
    """Run the checks with progress on standard error: one moving line on a terminal."""
    from rich.console import Console

    from constructs_lib.verify.run import run as run_checks

    console = Console(stderr=True, quiet=options.quiet, markup=False, highlight=False)
    done: list[Result] = []
    state = console.status(f"0 of {len(checks)} checks")
    moving = console.is_terminal and not options.quiet

    def say(text: str) -> None:
        if moving:
            state.update(f"{len(done)} of {len(checks)} checks, {text}")
        else:
            console.print(text, soft_wrap=True)

    def waiting(check: Check, verdict: Judgement) -> None:
        say(f"waiting for {check.rule} of {check.api} at {check.target}: {verdict.observed}")

    def finished(result: Result) -> None:
        done.append(result)
        if moving or result.outcome == "failed":
            say(f"{result.outcome} {result.rule} of {result.api} at {result.target}")

    if moving:
        state.start()
    else:
        console.print(f"{len(checks)} checks, at most {options.time_limit:.0f} s", soft_wrap=True)
    try:
        return run_checks(checks, limit=options.time_limit, waiting=waiting, done=finished)
    finally:
        state.stop()


def _plan(options: argparse.Namespace, outputs: Outputs) -> Plan:
    from constructs_lib.verify.checks import Plan
    from constructs_lib.verify.identity import azure_cli
    from constructs_lib.verify.rules import RULES

    skip: set[str] = set()
    for pattern in options.skip:
        found = {rule for rule in RULES if fnmatchcase(rule, pattern)}
        if not found:
            raise InputError(f"--skip {pattern}: no such check", fix=f"one of {', '.join(RULES)}")
        skip |= found
    probes = {name: api.probe for name, api in outputs.apis.items() if api.probe}
    apis, servers = list(outputs.apis), [name for name, api in outputs.apis.items() if api.mcp]
    if (options.as_caller or options.token_env or options.stream_tool) and not servers:
        raise InputError(
            "--as-caller, --token-env and --stream-tool are for MCP servers, and there is none",
            fix="leave them out, or give the outputs of a stack with mcp_servers",
        )
    given = _per_api("--probe", options.probe, apis)
    expected = _per_api("--expect", options.expect, apis)
    echoes = _per_api("--echo", options.echo, apis)
    tools = _per_api("--stream-tool", options.stream_tool, servers)
    for name, path in echoes.items():
        if not path.startswith("/") or not path.isascii() or not path.isprintable() or " " in path:
            raise InputError(f"--echo {name}: {path!r} is not a path", fix="for example /echo")
    return Plan(
        outputs=outputs,
        keys=_keys(options, outputs),
        probes=probes | {name: _probe(text) for name, text in given.items()},
        expected={name: _statuses(text) for name, text in expected.items()},
        echoes=echoes,
        function_keys=_from_environment("--function-key-env", options.function_key_env, apis),
        tokens=_from_environment("--token-env", options.token_env, servers, scheme="Bearer"),
        caller_cli=azure_cli("--as-caller") if options.as_caller else None,
        stream_tools={name: _tool(text) for name, text in tools.items()},
        azure_cli=azure_cli("--as-identity") if options.as_identity else None,
        accept_network_refusal=options.accept_network_refusal,
        skip=frozenset(skip),
    )


def _keys(options: argparse.Namespace, outputs: Outputs) -> dict[str, Secret]:
    from constructs_lib.verify.secret import Secret

    common: Secret | None = None
    if options.key_fd is not None:
        where = f"--key-fd {options.key_fd}"
        try:
            with os.fdopen(options.key_fd, encoding="utf-8") as file:
                common = Secret(file.read(), where=where)
        except (OSError, UnicodeDecodeError):
            raise InputError("cannot be read", where=where) from None
    elif options.key_prompt:
        common = Secret(_ask(), where="the key")
    elif os.environ.get(KEY_VARIABLE):
        common = Secret(os.environ[KEY_VARIABLE], where=KEY_VARIABLE)
    keys = dict.fromkeys(outputs.apis, common) if common else {}
    return keys | _from_environment("--key-env", options.key_env, list(outputs.apis))


def _ask() -> str:
    with warnings.catch_warnings():
        # Where there is no terminal, getpass would warn and then show what is typed.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass("Subscription key: ")
        except (getpass.GetPassWarning, EOFError):
            raise InputError("--key-prompt needs a terminal", fix=KEY_VARIABLE) from None


def _from_environment(
    option: str, given: Sequence[str], apis: Sequence[str], *, scheme: str = ""
) -> dict[str, Secret]:
    from constructs_lib.verify.secret import Secret

    variables = _per_api(option, given, apis)
    for variable in variables.values():
        if not os.environ.get(variable):
            # Not naming it: somebody may have given the key in place of the variable's name.
            raise InputError(
                f"{option}: no such environment variable, or it is empty",
                fix="export it, and give its name",
            )
    return {
        name: Secret(os.environ[variable], where=option, scheme=scheme)
        for name, variable in variables.items()
    }


def _per_api(option: str, given: Sequence[str], apis: Sequence[str]) -> dict[str, str]:
    """Sort `[API=]VALUE` by API; a value without one is for every API that has none of its own."""
    common: dict[str, str] = {}
    own: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if equals and name in apis:
            own[name] = value
        elif equals and name.replace("-", "").replace("_", "").isalnum():
            raise InputError(
                f"{option}: there is no API of that name", fix=f"one of {', '.join(apis)}"
            )
        else:
            common = dict.fromkeys(apis, text)
    return common | own


def _probe(text: str) -> Probe:
    from pydantic import ValidationError

    from constructs_lib.verify.outputs import Probe

    method, _, path = text.partition(":")
    try:
        return Probe(method=method, path=path)
    except ValidationError:
        raise InputError(f"--probe {text!r} is not METHOD:PATH", fix="GET:/health") from None


def _tool(text: str) -> Tool:
    import json

    from constructs_lib.verify.streaming import Tool

    name, colon, arguments = text.partition(":")
    try:
        given: Any = json.loads(arguments) if colon else {}
    except (ValueError, RecursionError):
        given = None
    # Up to 128 characters (MCP 2025-11-25, "Tool Names"); and a header has to carry it.
    if not re.fullmatch(r"[!-~]{1,128}", name):
        raise InputError(f"--stream-tool {name[:60]!r}: no name of a tool", fix=_TOOL)
    if not isinstance(given, dict):
        raise InputError(f"--stream-tool {name}: its arguments are no JSON object", fix=_TOOL)
    return Tool(name=name, arguments=cast("dict[str, Any]", given))


def _statuses(text: str) -> frozenset[int]:
    statuses = frozenset(int(part) for part in text.split(",") if part.isdecimal())
    if len(statuses) != len(text.split(",")) or not all(100 <= code <= 599 for code in statuses):
        raise InputError(f"--expect {text!r} is not a list of statuses", fix="200,204")
    return statuses


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < 86_400:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, above 0, up to a day")


def _connection(text: str) -> tuple[Address, Address]:
    parts = text.split(":")
    ports = [int(part) for part in parts[1::2] if part.isdecimal() and int(part) < 65_536]
    if len(parts) != 4 or len(ports) != 2:
        raise InputError(
            f"--connect-to {text!r} is not HOST:PORT:ADDRESS:PORT",
            fix="func-orders.azurewebsites.net:443:127.0.0.1:8443",
        )
    return (parts[0].lower(), ports[0]), (parts[2], ports[1])


def _read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from None
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", where=path) from None
