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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.access.samples import planned

HERE = Path(__file__).parent
RECIPES = HERE.parent / "recipes"

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


def without_states(plan: Any) -> Any:
    """A plan without what each change starts from and leads to, which stands in it once more."""
    for change in plan["resource_changes"]:
        for name in ("before", "after"):
            change["change"].pop(name, None)
    return plan


def terraform(folder: Path, *arguments: str) -> str:
    command = ["terraform", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def write(file: Path, document: Any, indent: int | None = 1) -> None:
    file.write_text(json.dumps(document, indent=indent) + "\n", encoding="utf-8")


def first_plan(fill: Callable[[Path], Any]) -> Any:
    """The plan of a folder in which nothing was applied yet."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fill(folder)
        terraform(folder, "init", "-input=false")
        terraform(folder, "plan", "-out=plan")
        return json.loads(terraform(folder, "show", "-json", "plan"))


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        shutil.copytree(HERE, folder)
        terraform(folder, "init", "-input=false")
        terraform(folder, "plan", "-out=plan")
        plan = json.loads(terraform(folder, "show", "-json", "plan"))
        terraform(folder, "apply", "-auto-approve", "plan")
        state = json.loads(terraform(folder, "show", "-json"))
    written = first_plan(lambda folder: write(folder / "cdk.tf.json", planned()))
    recipes = first_plan(lambda folder: shutil.copytree(RECIPES, folder, dirs_exist_ok=True))
    for file, document in (
        (HERE / "plan.json", plan),
        (HERE / "state.json", state),
        (HERE / "hand_written_plan.json", written),
    ):
        document.pop("timestamp", None)
        write(file, trimmed(document))
    recipes.pop("timestamp", None)
    write(RECIPES / "plan.json", trimmed(without_states(recipes)), indent=None)


if __name__ == "__main__":
    main()
