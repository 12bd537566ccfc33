"""Reads `function.json`: Node v3, Python v1, PowerShell, C# script and custom handlers."""

from __future__ import annotations

from functools import partial
from typing import cast

from constructs_lib._core.files.json_text import Json
from constructs_lib.operations.json_file import JsonFile
from constructs_lib.operations.sources.reading import HttpTrigger, Reading


def read_function_files(reading: Reading) -> None:
    """Read `<function>/function.json` of every function."""
    for path in sorted(reading.root.glob("*/function.json")):
        document = reading.read_json(path)
        if document is not None:
            _read_function(path.parent.name, document, reading)


def _read_function(function: str, document: JsonFile, reading: Reading) -> None:
    bindings = document.get("bindings")
    for number, given in enumerate(_list(bindings)):
        members = cast("dict[str, Json]", given if isinstance(given, dict) else {})
        written = {key.lower(): key for key in members}  # the host takes keys in any case
        binding = {key.lower(): value for key, value in members.items()}
        kind = str(binding.get("type", ""))
        if not kind.lower().endswith("trigger"):
            continue
        home = ("bindings", number)
        if kind.lower() != "httptrigger":
            place = document.place(*home, written["type"])
            reading.add_other(function, kind, place, partial(_mcp_name, binding))
            return
        route = binding.get("route")
        disabled = document.get("disabled")
        if isinstance(disabled, str):
            reading.report(
                "OP101",
                f"whether {function} is disabled depends on the setting {disabled!r}",
                document.place("disabled"),
            )
        reading.add(
            HttpTrigger(
                function=function,
                place=document.place(*home, written["route" if route is not None else "type"]),
                route=route if isinstance(route, str) else None,
                methods=tuple(str(method) for method in _list(binding.get("methods"))),
                auth_level=str(binding.get("authlevel") or "function").lower(),
                disabled=disabled is True,
            )
        )
        return
    reading.report("OP102", f"{function} has no trigger among its bindings", document.place())


def _mcp_name(binding: dict[str, Json], kind: str) -> str:
    return str(binding.get(f"{kind}name") or "")


def _list(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []
