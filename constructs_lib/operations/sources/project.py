"""Reads the operations of an Azure Functions project from its files.

Nothing of the project is run or imported. One function becomes an operation per method and per URL
template that its route needs (see `route`); its id is `<method>-<function>`, as in API Management's
own import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Json
from constructs_lib.operations.findings import FilePlace, refuse_errors
from constructs_lib.operations.json_file import JsonFile
from constructs_lib.operations.operation import (
    ID_PATTERN,
    METHODS,
    Contents,
    McpFunction,
    Operation,
    Parameter,
    derive_id,
)
from constructs_lib.operations.route import RouteError, UrlTemplate, parse_route
from constructs_lib.operations.sources.function_json import read_function_files
from constructs_lib.operations.sources.reading import HttpTrigger, Reading

DEFAULT_ROUTE_PREFIX = "api"
# Azure Functions host, src/WebJobs.Script/Utility.cs: what a function may be called.
_FUNCTION_NAME = re.compile(r"(?!host$)[a-z][\w-]{0,127}", re.ASCII | re.I)
# Azure Functions host, src/WebJobs.Script/Host/ScriptHost.cs, ValidateHttpFunction: what a route
# may not begin with, whatever the prefix is.
_KEPT_ROUTE = re.compile(r"/*(admin|runtime)", re.I)
# Azure/azure-functions-host#5322: below these the host itself answers, and `.auth` is Easy Auth's.
_KEPT_PREFIX = re.compile(r"(admin|runtime|\.auth)(/|$)", re.I)
_UNREAD = re.compile(r"\bFunction(Name)?\b|Trigger\b")
_PREFIX_SETTING = re.compile(
    r"AzureFunctionsJobHost(__|:)extensions(__|:)http(__|:)routePrefix", re.I
)
_DISABLED_SETTING = re.compile(r"AzureWebJobs[._](?P<function>.+)[._]Disabled", re.I)


def read_project(root: Path, *, strict: bool) -> Contents:
    """Read a project; see `Operations.from_functions_project`."""
    host_file = root / "host.json"
    if not host_file.is_file():
        raise InputError(
            "this is not the folder of an Azure Functions project, host.json is missing",
            where=root.as_posix(),
            fix="name the folder that has host.json",
        )
    reading = Reading(root)
    host = reading.read_json(host_file)
    prefix = _route_prefix(host, reading)
    _read_functions(reading)
    _read_settings(root / "local.settings.json", reading)
    if host is not None:
        _apply_allow_list(host, reading)
    level = _mcp_level(host, reading)
    entries = _operations(reading, prefix)
    findings = tuple(
        sorted(reading.findings, key=lambda f: (f.path or "", f.line or 0, f.column or 0, f.rule))
    )
    if strict:
        refuse_errors(findings, "the project")
    return Contents(
        entries=tuple(entries),
        route_prefix=prefix,
        mcp=tuple(sorted(reading.mcp, key=lambda each: (each.kind, each.function.lower()))),
        mcp_level=level,
        findings=findings,
    )


def _read_functions(reading: Reading) -> None:
    from constructs_lib.operations.sources.dotnet_java import read_annotated
    from constructs_lib.operations.sources.node import read_node
    from constructs_lib.operations.sources.python import read_python

    read_function_files(reading)
    read_python(reading)
    read_node(reading)
    read_annotated(reading)
    unread = reading.files(".fs", ".kt", ".groovy", ".scala", registers=_UNREAD)
    for path in unread:
        if _UNREAD.search(reading.read_text(path) or ""):
            place = FilePlace(reading.display(path))
            reading.report("OP113", "functions in this language are not read", place)
            break
    if (reading.root / "proxies.json").exists():
        place = FilePlace(reading.display(reading.root / "proxies.json"))
        reading.report("OP116", "proxies.json is not read", place)
    if not reading.functions and not any(f.severity == "error" for f in reading.findings):
        reading.report("OP113", "no function was found", FilePlace(reading.display(reading.root)))


def _find(document: JsonFile, *keys: str) -> tuple[tuple[str, ...], Json]:
    """Find a value by keys whose case does not matter; return its keys as written, and it."""
    value, pointer = document.value, ()
    for key in keys:
        members = cast("dict[str, Json]", value) if isinstance(value, dict) else {}
        name = next((name for name in members if name.lower() == key.lower()), None)
        if name is None:
            return (), None
        value, pointer = members[name], (*pointer, name)
    return pointer, value


def _route_prefix(host: JsonFile | None, reading: Reading) -> str:
    if host is None:
        return DEFAULT_ROUTE_PREFIX
    pointer, value = _find(host, "extensions", "http", "routePrefix")
    if not pointer and host.get("version") != "2.0":  # version 1 of the host had it in `http`
        pointer, value = _find(host, "http", "routePrefix")
    if not pointer:
        return DEFAULT_ROUTE_PREFIX
    # Azure Functions host, src/WebJobs.Script/Config/HostJsonFileConfigurationSource.cs: null is
    # handed on as an empty text.
    return _checked_prefix("" if value is None else value, host.place(*pointer), reading)


def _checked_prefix(value: Json, place: FilePlace, reading: Reading) -> str:
    prefix = str(value).strip("/")
    if not isinstance(value, str) or re.search(r"[{}%*?\s]", prefix):
        reading.report("OP101", f"the route prefix {value!r} is not a plain path", place)
    elif _KEPT_PREFIX.match(prefix):
        reading.report("OP115", f"the host keeps every path below /{prefix} for itself", place)
    return prefix


def _mcp_level(host: JsonFile | None, reading: Reading) -> Literal["System", "Anonymous"] | None:
    """Read who may call the MCP endpoint without a key, and what else there is to say of it.

    Source: azure-functions-host, webhookAuthorizationLevel, of which only two values let it start.
    """
    if host is None or not reading.mcp:
        return None
    pointer, encrypted = _find(host, "extensions", "mcp", "encryptClientState")
    if encrypted is False:
        reading.report("OP124", "encryptClientState is false", host.place(*pointer))
    pointer, bundle = _find(host, "extensionBundle", "id")
    if isinstance(bundle, str) and bundle.lower().endswith(".experimental"):
        reading.report("OP125", f"{bundle} fails to load in slots", host.place(*pointer))
    keys = ("extensions", "mcp", "system", "webhookAuthorizationLevel")
    pointer, level = _find(host, *keys)
    place = host.place(*pointer)
    match str(level or "System").lower():
        case "anonymous":
            return "Anonymous"
        case "system":
            message = "the MCP endpoint asks for a key, unless an app setting says otherwise"
            reading.report("OP122", message, place)
            return "System"
        case _:
            reading.report("OP123", f"{level!r} is no level of the MCP endpoint", place)
            return None


def _read_settings(path: Path, reading: Reading) -> None:
    """Look for settings that change what the files say; the app in Azure may have them too."""
    document = reading.read_json(path) if path.is_file() else None
    pointer, values = _find(document, "Values") if document else ((), None)
    if document is None or not isinstance(values, dict):
        return
    for name, value in cast("dict[str, Json]", values).items():
        if _PREFIX_SETTING.fullmatch(name):
            reading.report(
                "OP114",
                f"the setting makes the route prefix {value!r}",
                document.place(*pointer, name),
            )
        match = _DISABLED_SETTING.fullmatch(name)
        if match and str(value).lower() in ("1", "true"):
            _disable(reading, partial(_has_name, names={match["function"].lower()}))


def _apply_allow_list(host: JsonFile, reading: Reading) -> None:
    """Take the host's word for which functions it loads: `functions` in host.json."""
    _, given = _find(host, "functions")
    if isinstance(given, list):
        names = {str(name).lower() for name in cast("list[Json]", given)}
        _disable(reading, lambda trigger: not _has_name(trigger, names))


def _has_name(function: HttpTrigger | McpFunction, names: set[str]) -> bool:
    return function.function.lower() in names


def _disable(reading: Reading, matches: Callable[[HttpTrigger | McpFunction], bool]) -> None:
    reading.mcp = [each for each in reading.mcp if not matches(each)]
    reading.triggers = [
        replace(trigger, disabled=True) if matches(trigger) else trigger
        for trigger in reading.triggers
    ]


def _operations(reading: Reading, prefix: str) -> list[Operation]:
    found: dict[tuple[str, str], Operation] = {}
    variants: list[Operation] = []
    known: dict[str, HttpTrigger] = {}
    for trigger in sorted(reading.triggers, key=lambda trigger: trigger.function.lower()):
        if trigger.disabled:
            reading.report("OP107", f"{trigger.function} is disabled and left out", trigger.place)
            continue
        if not _FUNCTION_NAME.fullmatch(trigger.function):
            reading.report(
                "OP119", f"{trigger.function!r} is not the name of a function", trigger.place
            )
            continue
        # The host compares names without regard to case. What only its place tells apart is one
        # function that was read twice, in its source and in what was compiled of it.
        twin = known.setdefault(trigger.function.lower(), trigger)
        if replace(trigger, place=twin.place) != twin:
            message = f"{trigger.function!r} is the name of the function in {twin.place} as well"
            reading.report("OP119", message, trigger.place)
            continue
        _check_level(trigger, reading)
        methods = _methods(trigger, reading)
        for template in _templates(trigger, prefix, reading):
            for method in methods:
                try:
                    operation = _operation(trigger, method, template)
                except InputError as error:
                    reading.report("OP103", error.problem, trigger.place)
                    continue
                if template.missing:
                    variants.append(operation)
                else:
                    _merge(found, operation, reading, trigger.place)
    # What a route only matches with a segment left out yields to what another route spells out.
    for operation in variants:
        if operation.match_key not in found:
            found[operation.match_key] = operation
    return sorted(found.values(), key=lambda operation: operation.display_name.lower())


def _operation(trigger: HttpTrigger, method: str, template: UrlTemplate) -> Operation:
    name = f"{method.lower()}-{trigger.function}"
    if template.missing:
        name += f"-without-{template.missing[0]}"
    if not ID_PATTERN.fullmatch(name):
        name = derive_id(method, f"/{trigger.function}{template.template}")
    return Operation(
        method=method,
        url_template=template.template,
        id=name,
        display_name=trigger.function,
        parameters=template.parameters,
        source=f"{trigger.place.path}:{trigger.place.line}",
    )


def _merge(
    found: dict[tuple[str, str], Operation],
    operation: Operation,
    reading: Reading,
    place: FilePlace,
) -> None:
    twin = found.setdefault(operation.match_key, operation)
    if twin is operation:
        return
    reading.report(
        "OP109",
        f"{operation.name} of {operation.display_name} matches what {twin.name} of"
        f" {twin.display_name} ({twin.source}) does",
        place,
    )
    # One operation serves both, so its parameters can only promise what is true of both.
    parameters = tuple(
        mine if mine.type == other.type else Parameter(name=mine.name)
        for mine, other in zip(twin.parameters, operation.parameters, strict=True)
    )
    found[twin.match_key] = replace(twin, parameters=parameters)


def _check_level(trigger: HttpTrigger, reading: Reading) -> None:
    if trigger.auth_level not in ("anonymous", "function", "admin"):
        reading.report(
            "OP101", f"{trigger.function} has the level {trigger.auth_level!r}", trigger.place
        )
    elif trigger.auth_level != "anonymous":
        reading.report(
            "OP105",
            f'{trigger.function} has the level "{trigger.auth_level}" and wants a key as well',
            trigger.place,
        )


def _methods(trigger: HttpTrigger, reading: Reading) -> tuple[str, ...]:
    if not trigger.methods:
        reading.report("OP108", f"{trigger.function} answers every method", trigger.place)
        return METHODS
    return tuple(dict.fromkeys(method.upper() for method in trigger.methods))


def _templates(trigger: HttpTrigger, prefix: str, reading: Reading) -> tuple[UrlTemplate, ...]:
    route = trigger.route or trigger.function
    if "\ufffd" in route:
        reading.report(
            "OP101", f"the route {route!r} has characters that are not UTF-8", trigger.place
        )
        return ()
    if "%" in route:
        reading.report("OP101", f"the route {route!r} depends on an app setting", trigger.place)
        return ()
    try:
        parsed = parse_route(route)
    except RouteError as error:
        reading.report("OP103", f"the route {route!r} is wrong: {error}", trigger.place)
        return ()
    for parameter in parsed.parameters:
        for constraint in parameter.unknown_constraints:
            reading.report("OP104", f"the host has no constraint {constraint!r}", trigger.place)
    if route.startswith("/") and prefix:
        reading.report(
            "OP118",
            f"the route {route!r} starts with a slash, so two follow the prefix",
            trigger.place,
        )
    if _KEPT_ROUTE.match(route):
        reading.report(
            "OP115",
            f"the host refuses {route!r}, as it refuses every route that begins with admin or"
            " runtime",
            trigger.place,
        )
        return ()
    templates = parsed.url_templates()
    in_reach = {name for template in templates for name in template.missing}
    for parameter in parsed.parameters:
        if parameter.optional and parameter.name not in in_reach:
            reading.report(
                "OP117", f"{parameter.name!r} is optional where it has to be present", trigger.place
            )
    return templates
