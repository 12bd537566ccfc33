"""The walk-through prints what its page shows; `python -m tests.docs.walk_through` renews it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.docs.terminal_pictures import PICTURES, text_of
from tests.docs.walk_through import NOT_RUN, WalkThrough, picture, plain


# One test, since what costs are the commands.
def test_each_command_prints_what_the_page_shows(tmp_path: Path, azure: Any) -> None:
    steps = list(WalkThrough(tmp_path, azure).go())
    said = "".join(step.said for step in steps)
    for step in steps:
        if step.picture:
            drawn = (PICTURES / f"walk-{step.picture}.svg").read_text(encoding="utf-8")
            assert text_of(drawn) == text_of(picture(step)), step.command
            assert step.below == ""
        else:
            assert step.below == plain(step.said), f"{step.block.place}: {step.command}"
    assert sum(step.command.startswith(NOT_RUN) for step in steps) == len(NOT_RUN)
    written = tmp_path / "project/orders/cdktf.out/stacks/dev/cdk.tf.json"
    resources = json.loads(written.read_text(encoding="utf-8"))["resource"]
    deployed = next(step.below for step in steps if step.command == "make deploy")
    assert f"Resources: {sum(map(len, resources.values()))} added" in deployed
    assert "environments/dev.yaml:" in said
    assert "SF102" in said
    assert "HTTP 200" in said
