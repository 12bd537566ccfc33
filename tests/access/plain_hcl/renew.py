"""Renews the JSON files beside it, with stand-in providers configured.

    python -m tests.access.plain_hcl.renew

It plans and applies a copy of the project, plans the hand-written stack of `tests.access.samples`,
and keeps of the output what an access check could read.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.access.samples import planned

HERE = Path(__file__).parent

LEFT_OUT = ("azurerm_storage_account", "azurerm_service_plan", "azurerm_resource_group")
UNREAD = ("sensitive_values", "before_sensitive", "after_sensitive", "site_credential")
HOSTS = ("provider_name", "full_name")


def trimmed(value: Any) -> Any:
    """Without other resources, and without what holds keys."""
    if isinstance(value, dict):
        return {name: trimmed(inner) for name, inner in value.items() if name not in UNREAD + HOSTS}
    if isinstance(value, list):
        return [
            trimmed(item)
            for item in value
            if not (isinstance(item, dict) and item.get("type") in LEFT_OUT)
        ]
    return value


def terraform(folder: Path, *arguments: str) -> str:
    command = ["terraform", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        shutil.copytree(HERE, folder)
        terraform(folder, "init", "-input=false")
        terraform(folder, "plan", "-out=plan")
        plan = json.loads(terraform(folder, "show", "-json", "plan"))
        terraform(folder, "apply", "-auto-approve", "plan")
        state = json.loads(terraform(folder, "show", "-json"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "cdk.tf.json").write_text(json.dumps(planned()), encoding="utf-8")
        terraform(folder, "init", "-input=false")
        terraform(folder, "plan", "-out=plan")
        written = json.loads(terraform(folder, "show", "-json", "plan"))
    for name, document in (("plan", plan), ("state", state), ("hand_written_plan", written)):
        document.pop("timestamp", None)
        text = json.dumps(trimmed(document), indent=1) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
