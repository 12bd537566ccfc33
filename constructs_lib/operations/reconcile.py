"""Compares the operations of a Functions project with those of its OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib._core.findings import Finding
from constructs_lib.operations.operation import Operation, Parameter
from constructs_lib.operations.operations import Operations
from constructs_lib.operations.rules import RULES


def reconcile(project: Operations, document: Operations) -> tuple[Finding, ...]:
    """Name what one of the two has and the other has not.

    Operations are the same if the same requests match them; names of parameters do not matter. A
    catch-all route of the project covers every path below it.

    Args:
        project: What the functions answer.
        document: What the API promises.

    Returns:
        `OP301` for operations that no function answers, `OP302` for functions that the document
        does not have, `OP303` for parameters whose types differ.
    """
    return tuple(_differences(project, document))


def _differences(project: Operations, document: Operations) -> Iterator[Finding]:
    answered = {operation.match_key: operation for operation in project}
    promised = {operation.match_key: operation for operation in document}
    catch_alls = [operation for operation in project if _covers(operation) is not None]
    for key, operation in promised.items():
        if key in answered:
            yield from _types(answered[key], operation)
        elif not any(_matches(catch_all, operation) for catch_all in catch_alls):
            yield _finding(
                "OP301",
                operation,
                f"{operation.name} is in the document and no function answers it",
            )
    for key, operation in answered.items():
        covered = _covers(operation) is not None and any(_matches(operation, o) for o in document)
        if key not in promised and not covered:
            yield _finding(
                "OP302",
                operation,
                f"{operation.name} ({operation.display_name}) is not in the document",
            )


def _types(function: Operation, described: Operation) -> Iterator[Finding]:
    for mine, other in zip(function.parameters, _in_order(described), strict=False):
        # A route without a constraint says nothing about the type.
        if mine.type not in ("string", other.type):
            yield _finding(
                "OP303",
                function,
                f"{function.name}: the route takes {mine.name!r} as {mine.type},"
                f" the document as {other.type}",
            )


def _in_order(operation: Operation) -> list[Parameter]:
    return sorted(operation.parameters, key=lambda p: operation.url_template.find(f"{{{p.name}}}"))


def _covers(operation: Operation) -> str | None:
    """Return the path that everything below is matched of, for a wildcard."""
    match = re.fullmatch(r"(?P<base>[^*]*/)(?:\*|\{\*[^}]*\})", operation.url_template)
    return match["base"].lower() if match else None


def _matches(catch_all: Operation, operation: Operation) -> bool:
    base = _covers(catch_all)
    return (
        base is not None
        and catch_all.method == operation.method
        and operation.url_template.lower().startswith(base)
    )


def _finding(rule: str, operation: Operation, message: str) -> Finding:
    path, _, line = (operation.source or "").rpartition(":")
    return Finding.of(
        RULES[rule],
        message,
        path=(path if line.isdigit() else operation.source) or None,
        line=int(line) if line.isdigit() else None,
    )
