"""Tell whether two stacks have the same resources, whatever the names in their addresses are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STACK = Path("stacks/benchmark/cdk.tf.json")
# Names that the library derives and nobody else would: the account's holds a checksum.
DERIVED = {("azurerm_storage_account", "name")}


def resources(output: Path) -> dict[str, Any]:
    """Read a synthesized stack with its resources named by type and order."""
    synthesized = json.loads((output / STACK).read_text())
    kinds = {"resource": "", "data": "data."}
    names = {
        f"{prefix}{type_}.{name}": f"{prefix}{type_}.{number}"
        for kind, prefix in kinds.items()
        for type_, found in synthesized[kind].items()
        for number, name in enumerate(found)
    }
    bodies = {
        names[f"{prefix}{type_}.{name}"]: {
            key: value for key, value in body.items() if key != "//" and (type_, key) not in DERIVED
        }
        for kind, prefix in kinds.items()
        for type_, found in synthesized[kind].items()
        for name, body in found.items()
    }
    text = json.dumps(bodies, sort_keys=True)
    # The longest first, as one name may be the beginning of another.
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f"{name}.", f"{names[name]}.").replace(f'"{name}"', f'"{names[name]}"')
    return json.loads(text)
