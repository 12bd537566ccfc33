"""`secured-functions operations`: what a project or an OpenAPI document has to publish."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.cli._help import Commands, Help

if TYPE_CHECKING:
    from constructs_lib.operations import Operation, Operations


def register(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = Help(
        purpose="List the operations of a Functions project or an OpenAPI document.",
        more="They are ready for files of settings (yaml, json) or for reading (table). Findings "
        "go to standard error.",
        examples=[
            "secured-functions operations ../orders-functions --format yaml",
            "secured-functions operations orders.yaml --reconcile ../orders-functions",
        ],
        done="all could be read",
        found="the two that --reconcile compares differ",
    ).command(commands, "operations")
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="folder of a project, or file of a document"
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "yaml"),
        default="table",
        help="kind of output (default: table)",
    )
    parser.add_argument(
        "--reconcile",
        metavar="PATH",
        type=Path,
        help="compare with this document, or this project, and show what only one of them has",
    )
    parser.add_argument(
        "--route-prefix",
        metavar="PREFIX",
        help="route prefix that a document's servers are compared with (default: the project's)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the operations, and the findings to standard error."""
    path: Path = options.path
    other: Path | None = options.reconcile
    if other is None:
        operations = _read(path, options.route_prefix)
        differences: tuple[Finding, ...] = ()
        findings = operations.findings
    else:
        operations, differences, findings = _compare(path, other, options.route_prefix)
    _print_findings((*findings, *differences))
    if any(finding.severity == "error" for finding in findings):
        raise InputError(
            "not all operations could be read, so none are printed",
            where=str(path),
            fix="see the errors above",
        )
    print(_FORMATS[options.format](operations), end="")
    return 1 if differences else 0


def _read(path: Path, route_prefix: str | None) -> Operations:
    from constructs_lib.operations import Operations

    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path))
    if path.is_dir():
        return Operations.from_functions_project(path, strict=False)
    return Operations.from_openapi(path, route_prefix=route_prefix, strict=False)


def _compare(
    path: Path, other: Path, route_prefix: str | None
) -> tuple[Operations, tuple[Finding, ...], tuple[Finding, ...]]:
    from constructs_lib.operations.reconcile import reconcile

    if path.is_dir() == other.is_dir():
        raise InputError(
            "--reconcile compares a project with a document",
            where=str(other),
            fix="name a folder and a file",
        )
    project_path, document_path = (path, other) if path.is_dir() else (other, path)
    project = _read(project_path, None)
    prefix = project.route_prefix if route_prefix is None else route_prefix
    document = _read(document_path, prefix)
    findings = (*project.findings, *document.findings)
    return (
        project if path.is_dir() else document,
        reconcile(project, document),
        findings,
    )


def _print_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        place = ":".join(str(part) for part in (finding.path, finding.line, finding.column) if part)
        fix = f" ({finding.fix})" if finding.fix else ""
        print(
            f"{place}: {finding.severity}: {finding.message}{fix} [{finding.rule}]",
            file=sys.stderr,
        )


def _table(operations: Operations) -> str:
    rows = [("METHOD", "URL TEMPLATE", "ID", "PARAMETERS")]
    for operation in operations:
        parameters = ", ".join(
            f"{parameter.name}: {parameter.type}"
            + (f" = {parameter.default}" if parameter.default is not None else "")
            for parameter in operation.parameters
        )
        rows.append((operation.method, operation.url_template, operation.id, parameters))
    text = _aligned(rows)
    if operations.mcp:
        found = [
            (each.kind, each.name or "?", each.function, each.source) for each in operations.mcp
        ]
        text += "\n" + _aligned([("MCP", "NAME", "FUNCTION", "SOURCE"), *found])
    return text


def _aligned(rows: list[tuple[str, str, str, str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join((*(row[i].ljust(widths[i]) for i in range(3)), row[3])).rstrip() for row in rows
    ]
    return "\n".join(lines) + "\n"


def _settings(operations: Operations) -> dict[str, Any]:
    """Return what `apis.<name>` of the settings takes."""
    settings: dict[str, Any] = {}
    if operations.route_prefix is not None:
        settings["route_prefix"] = operations.route_prefix
    settings["operations"] = [_entry(operation) for operation in operations]
    return settings


def _entry(operation: Operation) -> dict[str, str]:
    entry = {
        "method": operation.method,
        "url_template": operation.url_template,
        "id": operation.id,
        "display_name": operation.display_name,
    }
    if operation.description:
        entry["description"] = operation.description
    return entry


def _json(operations: Operations) -> str:
    return json.dumps(_settings(operations), indent=2, ensure_ascii=False) + "\n"


def _yaml(operations: Operations) -> str:
    import yaml

    return yaml.safe_dump(_settings(operations), sort_keys=False, allow_unicode=True, width=100)


_FORMATS = {"table": _table, "json": _json, "yaml": _yaml}
