"""The contract as an output of the directory team's stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from constructs_lib._core.errors import InputError
from constructs_lib.registration.contract import OUTPUT, VERSION

if TYPE_CHECKING:
    from cdktf import TerraformOutput
    from constructs import Construct

    from constructs_lib.registration.app_registration import AppRegistration


def add_contract(scope: Construct, registrations: Mapping[str, AppRegistration]) -> TerraformOutput:
    """Add the output `directory_contract` to the directory team's stack; once for each stack.

    Args:
        scope: The stack.
        registrations: The registrations by the name that teams ask for, after `grant` was called
            for every caller.

    Raises:
        InputError: If there is none, or one whose role nobody has.
    """
    from cdktf import TerraformOutput

    for name, registration in registrations.items():
        if not registration.principals:
            raise InputError(
                f"nobody has the role of {name}",
                where=f"{registration.node.path}: grants",
                fix="call grant(principal) for the gateway's identity first",
            )
    if not registrations:
        raise InputError("no registration to hand over", where=scope.node.path)
    output = TerraformOutput(
        scope,
        f"output-{OUTPUT}",
        description="What teams need of the directory: terraform output -json " + OUTPUT,
        value={
            "contract": VERSION,
            "tenant_id": next(iter(registrations.values())).tenant_id,
            "registrations": {
                name: {
                    "client_id": registration.client_id,
                    "token_version": registration.token_version,
                    "audiences": list(registration.audiences),
                    "callers": {
                        caller.name: {
                            "client_id": caller.client_id,
                            "object_id": caller.object_id,
                        }
                        for caller in registration.principals
                    },
                }
                for name, registration in registrations.items()
            },
        },
    )
    output.override_logical_id(OUTPUT)
    return output
