"""A token of whoever is logged in to the Azure CLI: it opens nothing, or what it should."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from constructs_lib._core.errors import InputError
from constructs_lib.verify.secret import Secret

NOT_ENTITLED = {
    "AADSTS50105": "the user is not assigned to the application",
    "AADSTS501051": "the application is not assigned to a role of the application",
    "AADSTS65001": "nobody has consented to the Azure CLI asking for the application",
    "AADSTS650057": "the application is not among the permissions of the Azure CLI",
}
"""Errors with which Entra refuses a token to a caller that is not entitled to one.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""


@dataclass(frozen=True)
class NoToken:
    """Why there is no token.

    Attributes:
        reason: What is known about it; never the command's own text, which may hold anything.
        entitled: False if Entra refused because the caller has no right to a token.
    """

    reason: str
    entitled: bool = True


def azure_cli(option: str) -> str:
    """Return the path of the Azure CLI.

    Args:
        option: The option that needs it, for errors.

    Raises:
        InputError: There is none.
    """
    command = shutil.which("az")
    if command is None:
        raise InputError(
            f"{option} needs the Azure CLI, and there is no `az` on the PATH",
            fix="install it and run `az login`",
        )
    return command


def token_of_login(command: str, audience: str, *, timeout: float = 60) -> Secret | NoToken:
    """Ask the Azure CLI for a token of the current login.

    Args:
        command: Path of the Azure CLI.
        audience: Client id that the token is for.
        timeout: Seconds that it may take.
    """
    arguments = ["account", "get-access-token", "--resource", audience]
    try:
        done = subprocess.run(  # noqa: S603 - the audience is a UUID, checked when read
            [command, *arguments, "--query", "accessToken", "--output", "tsv"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return NoToken(f"`az` did not answer within {timeout:.0f} s")
    except OSError as error:
        return NoToken(f"`az` does not start ({error.strerror})")
    if done.returncode == 0:
        try:
            where = "the token of `az account get-access-token`"
            return Secret(done.stdout, where=where, scheme="Bearer")
        except InputError as error:
            return NoToken(str(error))
    code = re.search(r"AADSTS\d+", done.stderr)
    if code is None:
        return NoToken("`az account get-access-token` failed: run `az login` first")
    meaning = NOT_ENTITLED.get(code[0])
    if meaning:
        return NoToken(f"Entra issues no token: {code[0]}, {meaning}", entitled=False)
    return NoToken(f"`az account get-access-token` failed with {code[0]}")
