"""`secured-functions request`: what to ask the directory team for, as text or as a script."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from constructs_lib._core.errors import InputError


def register(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "request",
        help="write what a team without directory rights asks for: text or an az script",
        description=(
            "Writes a request to those who may create app registrations and assign roles. Their"
            " answer is the contract that `AppRegistration.from_contract` reads."
        ),
        epilog=(
            "The object id of a gateway's identity: az apim show --name NAME --resource-group GROUP"
            " --query identity.principalId"
        ),
    )
    parser.add_argument(
        "registrations", nargs="+", metavar="NAME", help="name of a registration, one for each app"
    )
    parser.add_argument(
        "--caller",
        action="append",
        required=True,
        metavar="NAME=OBJECT_ID",
        help="who may call: the gateway's identity, and others (repeat it)",
    )
    parser.add_argument("--tenant-id", metavar="ID", help="the tenant that it must be")
    parser.add_argument("--format", choices=("text", "az"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the request."""
    from constructs_lib.registration.request import DirectoryRequest

    request = DirectoryRequest(
        registrations=options.registrations,
        callers=_callers(options.caller),
        tenant_id=options.tenant_id,
    )
    print(request.as_script() if options.format == "az" else request.as_text(), end="")
    return 0


def _callers(given: Sequence[str]) -> dict[str, str]:
    callers: dict[str, str] = {}
    for each in given:
        name, separator, object_id = each.partition("=")
        if not separator:
            raise InputError(
                f"{each!r} names no caller",
                where="--caller",
                fix="write a name and an object id, gateway=0b6f9d4e-…",
            )
        if callers.setdefault(name, object_id) != object_id:
            raise InputError(f"{name!r} is given twice", where="--caller", fix="rename one")
    return callers
