"""`secured-functions request`: what to ask the directory team for, as text or as a script."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from constructs_lib._core.errors import InputError
from constructs_lib.cli._help import Commands, Help


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="Write a request to those who may create app registrations and assign roles.",
        more="It is a text for people or a script of az. The answer is a contract, which files of "
        "settings and AppRegistration.from_contract read. The object id of a gateway's identity "
        "is told by: az apim show --name NAME --resource-group GROUP --query identity.principalId",
        examples=[
            "secured-functions request orders --caller gateway=OBJECT_ID",
            "secured-functions request orders bills --caller gw=OBJECT_ID --format az",
        ],
    ).command(commands, "request")
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
    parser.add_argument(
        "--format", choices=("text", "az"), default="text", help="kind of output (default: text)"
    )
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
