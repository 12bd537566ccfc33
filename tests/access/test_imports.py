"""The analysis is light: it runs at every synth, and wherever no construct is installed."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("cdktf", "constructs", "jsii", "pydantic", "rich", "yaml")


def test_it_imports_no_construct_and_nothing_heavy() -> None:
    code = (
        "import sys, constructs_lib.access\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
