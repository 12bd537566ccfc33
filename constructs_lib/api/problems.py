"""What API Management would refuse of an API's props together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import Problem
from constructs_lib._core.secrets import secret_reason
from constructs_lib.api.key_migration import Stage
from constructs_lib.api.props import KeyVaultSecret
from constructs_lib.operations import Operation, Operations


def api_problems(
    *,
    operations: Operations | Sequence[Operation | str] = (),
    subscription_required: bool = True,
    anonymous_reason: str | None = None,
    subscriptions: Sequence[str] = (),
    named_values: Mapping[str, KeyVaultSecret | str] | None = None,
    migration: Stage | None = None,
    function_key: KeyVaultSecret | str | None = None,
    **_: object,
) -> Iterator[Problem]:
    """Find what is wrong with the props of an API; see `FunctionApi` for what they mean."""
    yield from _operation_problems(operations)
    if not subscription_required and not (anonymous_reason or "").strip():
        yield Problem(
            "subscription_required",
            "without a subscription the gateway lets everybody in",
            "leave it true, or say in anonymous_reason what checks callers instead",
        )
    for number, name in enumerate(subscriptions):
        if name in subscriptions[:number] or not name:
            yield Problem("subscriptions", f"{name!r} is empty or twice", "name each once")
    yield from _named_value_problems(named_values or {})
    if function_key is not None and migration is None:
        yield Problem(
            "function_key",
            "the gateway calls with its identity and sends no key",
            "leave it out, or write keys or both as the stage of the migration",
        )
    if function_key is None and migration in ("keys", "both"):
        yield Problem(
            "function_key",
            f"the stage {migration} sends the function key",
            "give a KeyVaultSecret, or the name of the named value that holds it",
        )


def _operation_problems(operations: Operations | Sequence[Operation | str]) -> Iterator[Problem]:
    try:
        found = operations if isinstance(operations, Operations) else Operations.of(*operations)
    except InputError as error:
        place = f"{error.where}: " if error.where else ""
        yield Problem("operations", f"{place}{error.problem}", error.fix or "")
        return
    if not len(found):
        yield Problem(
            "operations",
            "an API without operations answers 404 to everything",
            'name them, for example ["GET /orders/{id}"]',
        )


def _named_value_problems(named_values: Mapping[str, KeyVaultSecret | str]) -> Iterator[Problem]:
    for name, value in named_values.items():
        at = ("named_values", name)
        if isinstance(value, KeyVaultSecret) or is_token(value):
            continue
        if not value:
            yield Problem(at, "has no text", "give it one, or a KeyVaultSecret")
        elif reason := secret_reason(name, value):
            yield Problem(
                at,
                f"{name} holds a secret in plain text: {reason}",
                "give the secret_id of a KeyVaultSecret, or choose another name if it is no secret",
            )
