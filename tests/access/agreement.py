"""What one analysis says and another, of the same system, has to say too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib.access import Analysis
from constructs_lib.access.terraform.shown import read_shown


def agrees(less: Analysis, more: Analysis) -> None:
    """See that what is known of less is said of more: all but what was unknown stays as it was."""
    known = {who: verdict for who, verdict in verdicts(less).items() if verdict != "unknown"}
    later = verdicts(more)
    assert known
    assert {who: later.get(who, verdict) for who, verdict in known.items()} == known
    assert {each.rule for each in less.findings} - {"SF901"} <= {
        each.rule for each in more.findings
    }


def verdicts(analysis: Analysis) -> dict[tuple[str, str, str], str]:
    """What is said of each caller of each target."""
    return {
        (each.caller.kind, each.caller.address or "", each.target.address): each.verdict
        for each in analysis.answers
    }


def shown(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state file of root resources as `terraform show -json` shows it, without a process."""
    resources = [
        {
            "address": _address(each, instance),
            "mode": each["mode"],
            "type": each["type"],
            "name": each["name"],
            "values": {name: _plain(value) for name, value in instance["attributes"].items()},
            **({"index": instance["index_key"]} if "index_key" in instance else {}),
        }
        for each in state["resources"]
        for instance in each["instances"]
    ]
    outputs = {name: {"value": each["value"]} for name, each in state["outputs"].items()}
    root = {"resources": resources}
    return {"format_version": "1.0", "values": {"outputs": outputs, "root_module": root}}


def _plain(value: Any) -> Any:
    """An attribute; one of any type stands in the file together with its type."""
    typed = isinstance(value, dict) and value.keys() == {"value", "type"}
    return value["value"] if typed else value


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    data = "data." if resource["mode"] == "data" else ""
    key = instance.get("index_key")
    index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
    return f"{data}{resource['type']}.{resource['name']}{index}"


def configuration(state: Mapping[str, Any]) -> Any:
    """A state file as a configuration."""
    return read_shown("state", "state", shown(state), None)
