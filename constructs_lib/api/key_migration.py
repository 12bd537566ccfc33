"""From function keys to the gateway's identity, in stages of which none refuses a request.

| stage | the gateway sends | Easy Auth | applied first |
| --- | --- | --- | --- |
| `keys` | the function key | written, but off | the function app |
| `both` | key and token | enforced | the gateway's policy |
| `identity` | the token | enforced | the function app |

In each stage the side that becomes more generous is applied first, so that going back one stage is
as safe as going on. Functions get the level `anonymous` between `both` and `identity`.

Source: Azure Functions host, `AuthenticationLevelHandler`: the key is read from the header, and
from the query parameter only if there is no such header.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from constructs_lib.api.props import KeyVaultSecret
from constructs_lib.operations import Operation
from constructs_lib.policy import Element, SetHeader, SetQueryParameter

Stage = Literal["keys", "both", "identity"]

STAGES: tuple[Stage, ...] = ("keys", "both", "identity")

KEY_HEADER = "x-functions-key"
KEY_PARAMETER = "code"

KEYS_REASON = (
    "Migration from keys to identity, stage keys: the functions still ask for their key; "
    'migration="both" ends this'
)


def key_policy(
    stage: Stage, named_value: str | None, operations: Iterable[Operation]
) -> list[Element]:
    """What the secured part of the policy does with function keys in a stage.

    A key that a caller brings goes nowhere: it would open what the host guards with keys, such as
    `/admin`, to whoever has an old one, as the gateway's token satisfies Easy Auth.

    Args:
        stage: The stage; `identity` also without a migration.
        named_value: The named value that holds the key; not read in `identity`.
        operations: What is published; a query parameter `code` that one of them declares is kept.
    """
    if stage == "identity":
        header = SetHeader(name=KEY_HEADER, exists_action="delete")
    else:
        header = SetHeader(
            name=KEY_HEADER, exists_action="override", values=f"{{{{{named_value}}}}}"
        )
    if any(_declares(operation, KEY_PARAMETER) for operation in operations):
        return [header]
    return [header, SetQueryParameter(name=KEY_PARAMETER, exists_action="delete")]


def key_of(
    stage: Stage | None, api_name: str, given: KeyVaultSecret | str | None, *, outlives_policy: bool
) -> tuple[str, dict[str, KeyVaultSecret | str]]:
    """Return the name of the named value that holds the function key, and what is to be made.

    Args:
        stage: The stage, if the API moves from keys to the identity.
        api_name: The API's name.
        given: The key, or the name of a named value that the gateway has already.
        outlives_policy: Whether Terraform removes it after the change of the policy that reads it.
            If not, it stays as long as the key is given, and goes in an apply of its own.
    """
    name = given if isinstance(given, str) else f"{api_name}-function-key"
    if isinstance(given, KeyVaultSecret) and not (outlives_policy and stage == "identity"):
        return name, {name: given}
    return name, {}


def _declares(operation: Operation, name: str) -> bool:
    query = operation.request.query_parameters if operation.request else ()
    return any(parameter.name.lower() == name for parameter in (*operation.parameters, *query))
